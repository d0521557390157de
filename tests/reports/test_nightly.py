import time
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from city.choices import AreaLevel, RunState
from city.digests import digest
from city.models import Run
from households import ledger
from households.choices import LabourState
from reports.models import AreaStatus, CriterionResult
from reports.services import night, nightly, policies
from tests.city.factories import AreaFactory
from tests.households.factories import HouseholdFactory, ResidentFactory, ZeroEmploymentEpisodeFactory

pytestmark = pytest.mark.django_db
D = date(2026, 10, 31)
DAY = timedelta(days=1)


@pytest.fixture
def city():
    """Two districts with two communities each."""
    city = AreaFactory()
    for _district in range(2):
        street = AreaFactory(level=AreaLevel.STREET, parent=AreaFactory(level=AreaLevel.DISTRICT, parent=city))
        for place in range(2):
            home = HouseholdFactory(community=AreaFactory(level=AreaLevel.COMMUNITY, parent=street))
            for state in (LabourState.EMPLOYED, LabourState.UNEMPLOYED)[place:]:
                ResidentFactory(home=home, spell={"state": state})
            ZeroEmploymentEpisodeFactory(household=home)
    policies.load(policies.source_of("hangzhou-2008"), city)
    ledger.rebuild()
    return city


def nights_done():
    return list(
        Run.objects.filter(job=nightly.NIGHT, state=RunState.DONE)
        .order_by("pk")
        .values_list("business_day", flat=True)
    )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/Los_Angeles"])
@pytest.mark.parametrize("missed", [0, 1, 3, 10])
def test_missed_nights_are_caught_up_in_order_once_each(city, time_machine, monkeypatch, zone, missed):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        time_machine.move_to("2026-10-20 17:30:00+00:00", tick=False)
        list(nightly.run_here())
        time_machine.shift(timedelta(days=missed + 1))
        list(nightly.run_here())
        list(nightly.run_here())
    finally:
        monkeypatch.undo()
        time.tzset()
    assert nights_done() == [date(2026, 10, 20) + DAY * place for place in range(missed + 2)]
    late = Run.objects.filter(job=nightly.NIGHT, result__late=True).values_list("business_day", flat=True)
    assert sorted(late) == [date(2026, 10, 21) + DAY * place for place in range(missed)]


@pytest.mark.parametrize(("moment", "due"), [("15:59:00", D - 2 * DAY), ("16:01:00", D - DAY)])
def test_the_night_of_a_day_is_due_when_the_day_has_ended_in_shanghai(time_machine, moment, due):
    time_machine.move_to(f"2026-10-30 {moment}+00:00", tick=False)
    assert nightly.due_days(nightly.last_ended_day()) == [due]


def test_a_failed_night_is_due_again_although_a_later_one_was_done():
    Run.objects.create(job=nightly.NIGHT, business_day=D - 3 * DAY, state=RunState.FAILED)
    Run.objects.create(job=nightly.NIGHT, business_day=D - 2 * DAY, state=RunState.DONE)
    Run.objects.create(job=nightly.NIGHT, business_day=D + 5 * DAY, state=RunState.DONE)
    assert nightly.due_days(D) == [D - 3 * DAY, D - DAY, D]


def test_when_all_is_done_nothing_is_due():
    Run.objects.create(job=nightly.NIGHT, business_day=D, state=RunState.DONE)
    assert nightly.due_days(D) == []


def test_the_schedule_makes_one_run_a_night(city, time_machine, django_capture_on_commit_callbacks):
    time_machine.move_to("2026-11-01 01:30:00+08:00", tick=False)
    for _twice in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            nightly.schedule()
    assert nights_done() == [D]


def stored():
    return digest(AreaStatus), digest(CriterionResult)


def test_a_night_again_replaces_and_equals(city):
    list(nightly.run_here(D))
    first, rows = stored(), AreaStatus.objects.count()
    list(nightly.run_here(D))
    assert (stored(), AreaStatus.objects.count()) == (first, rows)


def test_a_night_by_district_equals_the_whole(city, settings):
    night.recompute_status(D)
    whole = stored()
    AreaStatus.objects.all().delete()
    settings.NIGHT_BY_DISTRICT = True
    list(nightly.run_here(D))
    assert stored() == whole
    assert Run.objects.filter(job=nightly.PART, state=RunState.DONE).count() == 2


def test_a_night_by_district_fails_with_its_part(city, settings, monkeypatch):
    settings.NIGHT_BY_DISTRICT = True
    monkeypatch.setattr(nightly, "measure", lambda terms: 1 / 0)
    (run,) = nightly.run_here(D)
    assert (run.state, run.error) == (RunState.FAILED, "division by zero")
    assert not AreaStatus.objects.exists()


@pytest.mark.parametrize("broken", ["judge_all", "_result"])
def test_the_last_good_night_stays_visible_while_a_new_one_fails(city, monkeypatch, broken):
    list(nightly.run_here(D))
    good = stored()
    ResidentFactory(home=city.__class__.objects.communities().first().households.get(), spell={"state": 1})
    ledger.rebuild()
    with monkeypatch.context() as patch:
        patch.setattr(night, broken, lambda *arguments: 1 / 0)
        (run,) = nightly.run_here(D)
    assert run.state == RunState.FAILED
    assert stored() == good
    (run,) = nightly.run_here(D)
    assert run.state == RunState.DONE
    assert stored() != good


def test_an_area_recomputed_alone_leaves_its_superiors(city):
    night.recompute_status(D)
    district = city.children.first()
    ResidentFactory(home=district.children.first().children.first().households.get(), spell={"state": 1})
    ledger.rebuild()
    before = AreaStatus.objects.get(area=city, on=D).figures
    assert night.recompute_status(D, district)["areas"] == 4
    assert AreaStatus.objects.get(area=city, on=D).figures == before
    assert AreaStatus.objects.get(area=district, on=D).figures["employment_rate"] == [2, 4]


def test_only_the_communities_named_are_recomputed(city):
    chosen = list(city.__class__.objects.communities().values_list("pk", flat=True)[:1])
    assert night.recompute_status(D, communities=chosen)["areas"] == 1


def test_a_night_that_guessed_the_calendar_says_so(city):
    policies.load(policies.source_of("hangzhou-2008").replace("{ quarter_end = true }", "{ working_days = 3 }"), city)
    ZeroEmploymentEpisodeFactory(household=HouseholdFactory(community__parent=city), certified_on=date(2031, 3, 3))
    assert night.recompute_status(date(2031, 3, 31))["warnings"] == ["calendar_missing:2031"]
    assert "warnings" not in night.recompute_status(date(2025, 3, 31))


@pytest.mark.parametrize(("last", "ready"), [(None, True), (0, True), (2, True), (3, False)])
def test_the_system_is_ready_while_the_last_night_is_not_too_long_ago(time_machine, last, ready):
    time_machine.move_to("2026-11-01 12:00+08:00", tick=False)
    if last is not None:
        Run.objects.create(job=nightly.NIGHT, business_day=D - last * DAY, state=RunState.DONE)
    Run.objects.create(job=nightly.NIGHT, business_day=D, state=RunState.FAILED) if last else None
    assert nightly.readiness() is ready


def test_the_command_names_the_night_that_failed(city, monkeypatch):
    monkeypatch.setattr(nightly, "recompute_status", lambda *arguments, **values: 1 / 0)
    with pytest.raises(Exception, match="division by zero"):
        call_command("nightly", "--on", str(D))
    assert connection.is_usable()
