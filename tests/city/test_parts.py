"""The registries low apps render and high apps fill."""

from types import SimpleNamespace

import pytest
from django.utils.translation import gettext_lazy

from city import parts
from city.choices import Role
from city.models import Posting


@pytest.fixture(autouse=True)
def empty_registries(monkeypatch):
    for name in ("_panels", "_starts", "_warnings"):
        monkeypatch.setattr(parts, name, {})


CLERK, AUDITOR = Posting(role=Role.STATION_CLERK), Posting(role=Role.AUDIT_ADMIN)


def test_panels_come_in_order_with_their_context_to_who_may_see_them():
    parts.register_panel("resident", "later", "b.html", lambda request, subject: {"of": subject}, order=2)
    parts.register_panel(
        "resident", "first", "a.html", lambda request, subject: {}, permission="households.view_residents", order=1
    )
    parts.register_panel("resident", "empty", "c.html", lambda request, subject: None)
    shown = parts.panels_for("resident", SimpleNamespace(posting=CLERK), "somebody")
    assert [(panel.template, panel.context) for panel in shown] == [("a.html", {}), ("b.html", {"of": "somebody"})]
    assert [panel.template for panel in parts.panels_for("resident", SimpleNamespace(posting=AUDITOR), "x")] == [
        "b.html"
    ]
    assert parts.panels_for("household", SimpleNamespace(posting=CLERK), "x") == []


def test_the_day_opens_where_the_last_registration_says():
    parts.register_start([Role.STATION_CLERK], lambda posting: "/first/")
    parts.register_start([Role.STATION_CLERK], lambda posting: "/second/")
    assert parts.start_for(CLERK) == "/second/"
    assert parts.start_for(AUDITOR) is None


def test_warnings_go_to_who_can_see_to_them():
    parts.register_warning("calendar", lambda: gettext_lazy("Rules"), permission="city.read_trail")
    parts.register_warning("quiet", lambda: "", permission="city.read_trail")
    assert len(parts.warnings_for(AUDITOR)) == 1
    assert parts.warnings_for(CLERK) == []
