from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from city.choices import AreaLevel, Role, RunState
from city.commands import last_ended_day
from city.models import CalendarDay, Run
from city.templatetags.runs import job_title
from reports.models import AreaStatus, RuleSet
from reports.synthetic import demo


@pytest.fixture
def small(monkeypatch):
    """A demo of a village, two nights and one month end."""
    for name, number in {"RESIDENTS": 160, "COMMUNITIES": 8, "NIGHTS": 2, "MONTHS": 1}.items():
        monkeypatch.setattr(demo, name, number)


def silent(done, total):
    pass


def city_days():
    return set(AreaStatus.objects.filter(area__level=AreaLevel.CITY).values_list("on", flat=True))


def test_two_years_of_month_ends_and_five_weeks_of_nights_are_shown():
    days = demo.days_to_show(date(2026, 3, 30))
    assert days == sorted(set(days))
    assert {date(2024, 3, 31), date(2024, 2, 29)} & set(days) == {date(2024, 3, 31)}
    assert set(days) >= {date(2026, 3, 29), date(2026, 2, 24), date(2025, 12, 31)}
    assert date(2026, 3, 30) not in days


@pytest.mark.django_db
def test_a_first_start_founds_and_computes_and_a_second_only_catches_up(small):
    demo.found(silent)
    demo.look_back(last_ended_day(), silent)
    assert set(demo.days_to_show(last_ended_day())) | {last_ended_day()} == city_days()
    nights = Run.objects.filter(job="night", state=RunState.DONE).order_by("business_day")
    assert [run.business_day for run in nights] == [last_ended_day() - timedelta(days=1), last_ended_day()]
    assert all(job_title(run.job) != run.job for run in Run.objects.all())
    assert CalendarDay.objects.exists()
    rules = RuleSet.objects.count()
    computed = set(AreaStatus.objects.values_list("computed_at", flat=True))
    demo.found(silent)
    demo.look_back(last_ended_day(), silent)
    assert RuleSet.objects.count() == rules
    assert set(AreaStatus.objects.values_list("computed_at", flat=True)) == computed


@pytest.mark.django_db
def test_one_sign_in_per_role_and_none_whose_password_was_changed(small):
    demo.found(silent)
    assert len(demo.sign_ins()) == len(Role)
    username = demo.sign_ins()[0][2]
    staff = demo.Posting.objects.get(staff__number=username).staff
    staff.set_password("another one entirely")
    staff.save()
    assert username not in [row[2] for row in demo.sign_ins()]


@pytest.mark.django_db
@pytest.mark.parametrize(("clock", "nights"), [((1, 29), 0), ((1, 30), 1), ((23, 0), 1)])
def test_the_schedule_runs_the_night_once_after_half_past_one(monkeypatch, clock, nights):
    ran = []
    monkeypatch.setattr(demo, "catch_up", lambda: ran.append(1))
    schedule = demo.Nights()
    now = datetime.combine(schedule.done_on + timedelta(days=1), datetime.min.time()).replace(
        hour=clock[0], minute=clock[1], tzinfo=timezone.get_current_timezone()
    )
    monkeypatch.setattr(demo.timezone, "localtime", lambda: now)
    schedule.glance(1)
    schedule.glance(2)
    assert len(ran) == nights


def test_production_has_no_demo(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="APP_ENV"):
        call_command("demo")
