"""What apps do in a night: one that fails stops nothing, and the run tells what each did."""

from datetime import date, timedelta

import pytest
from django.db import OperationalError

from city import nightly
from city.choices import RunState
from city.models import Area, Run
from city.trail import acting
from reports.services import nightly as nights
from tests.city.factories import AreaFactory

pytestmark = pytest.mark.django_db
DAY = date(2026, 10, 31)


@pytest.fixture(autouse=True)
def steps(monkeypatch):
    monkeypatch.setattr(nightly, "_steps", {})


def break_off(day):
    with acting(reason="test"):
        Area.objects.update(name="half done")
    raise ValueError("no personal words here")


def test_steps_run_in_order_and_a_broken_one_is_taken_back():
    AreaFactory(name="whole")
    seen = []
    nightly.register_step("first", lambda day: seen.append(day))
    nightly.register_step("broken", break_off)
    nightly.register_step("last", lambda day: {"seen": len(seen)})
    assert nightly.run_steps(DAY) == {"first": None, "broken": {"failed": "ValueError"}, "last": {"seen": 1}}
    assert seen == [DAY]
    assert Area.objects.get().name == "whole"


def test_a_database_that_went_away_stops_the_night():
    def gone(day):
        raise OperationalError

    nightly.register_step("gone", gone)
    with pytest.raises(OperationalError):
        nightly.run_steps(DAY)


def test_the_nights_run_says_what_the_steps_did_and_late_nights_leave_them(time_machine):
    time_machine.move_to("2026-11-01 01:30:00+08:00", tick=False)
    AreaFactory(community=True)
    nightly.register_step("broken", break_off)
    nightly.register_step("looked", lambda day: {"on": day.isoformat()})
    (run,) = nights.run_here(DAY)
    assert run.state == RunState.DONE
    assert run.result["steps"] == {"broken": {"failed": "ValueError"}, "looked": {"on": "2026-10-31"}}
    (late,) = nights.run_here(DAY - timedelta(days=1))
    assert (late.result["late"], late.result["steps"]) == (True, {})
    assert Run.objects.filter(job=nights.NIGHT, state=RunState.DONE).count() == 2
