"""Doubts about money on the page of those who clear them up."""

from django.urls import reverse
from django.utils.translation import gettext as _

from city import findings
from city.desk import ON_THE_DESK, Line, WorkList
from subsidies.choices import Doubt
from subsidies.reconciling import UNRECONCILED

_KINDS = (*Doubt.values, UNRECONCILED)


def to_clear_up(request, _subject):
    """Open doubts about claims of the area, the oldest first; nothing where there are none."""
    rows = findings.visible_to(request.posting).open().filter(kind__in=_KINDS).order_by("pk")
    total = rows.count()
    if not total:
        return None
    shown = list(rows[:ON_THE_DESK])
    subjects = findings.subjects_of(shown)
    return WorkList(
        name="claim-doubts",
        title=_("Doubts about subsidy claims"),
        lines=[_line(finding, subjects[finding.pk]) for finding in shown],
        total=total,
        late=None,
        more_url=reverse("city:findings"),
    )


def _line(finding, subject):
    kind = findings.kind_named(finding.kind)
    return Line(
        title=f"{subject.name} · {kind.label}",
        url=reverse("city:finding", args=[finding.pk]),
        sub=" · ".join(filter(None, [kind.describe(finding.evidence).summary, subject.sub])),
        due=_("since %(day)s") % {"day": finding.found_on.isoformat()},
    )


def register_panels(register):
    register(
        "reviews",
        "claim_doubts",
        "city/_worklist.html",
        to_clear_up,
        permission="subsidies.decide_doubts",
        order=31,
    )
