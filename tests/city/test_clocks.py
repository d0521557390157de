from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from city import clocks, facts, workdays
from city.models import Clock
from city.numbers import next_number
from city.rules import due_after, working_days_left
from config.conflict import Conflict
from tests.city.factories import AreaFactory

HERE = ZoneInfo("Asia/Shanghai")


def at(month, day, hour=10, year=2026):
    return datetime(year, month, day, hour, tzinfo=HERE)


def end_of(month, day):
    return datetime(2026, month, day, 23, 59, 59, 999999, tzinfo=HERE)


@pytest.fixture
def calendar(db):
    workdays.seed(2025, 2026)
    return workdays.Calendar()


@pytest.mark.parametrize(
    ("started", "days", "due"),
    [
        (at(11, 18), 2, end_of(11, 20)),
        (at(11, 20), 2, end_of(11, 24)),
        # Spring Festival 2026: off 15 to 23 February, Saturdays 14 and 28 February are worked.
        (at(2, 13), 1, end_of(2, 14)),
        (at(2, 13), 2, end_of(2, 24)),
        (at(2, 26), 2, end_of(2, 28)),
        # National Day 2026: off 1 to 7 October; Sunday 20 September and Saturday 10 October are worked.
        (at(9, 30), 2, end_of(10, 9)),
        (at(9, 30), 3, end_of(10, 10)),
        (at(9, 18), 1, end_of(9, 20)),
    ],
)
def test_working_days_over_holidays_and_make_up_days(calendar, started, days, due):
    assert due_after(started, "working_days", days, [], calendar) == due


def test_hours_run_through_nights_and_holidays(calendar):
    assert due_after(at(2, 14, 10), "hours", 72, [], calendar) == at(2, 17, 10)


def test_what_stood_still_is_added_to_hours(calendar):
    pauses = [(at(11, 18, 12), at(11, 18, 20)), (at(11, 21, 0), at(11, 22, 0))]
    assert due_after(at(11, 18, 10), "hours", 72, pauses, calendar) == at(11, 22, 18)


def test_a_pause_after_the_due_moment_changes_nothing(calendar):
    assert due_after(at(11, 18), "hours", 1, [(at(11, 19), at(11, 20))], calendar) == at(11, 18, 11)


def test_a_day_on_which_the_clock_stood_still_does_not_count(calendar):
    pauses = [(at(11, 19, 9), at(11, 19, 10))]
    assert due_after(at(11, 18), "working_days", 2, pauses, calendar) == end_of(11, 23)


def test_working_days_left_counts_the_last_day(calendar):
    assert working_days_left(date(2026, 9, 30), date(2026, 10, 10), calendar) == 3
    assert working_days_left(date(2026, 10, 10), date(2026, 10, 10), calendar) == 0


def test_a_paused_clock_has_no_due_moment_and_gets_one_again(calendar):
    clock = clocks.start_from({"working_days": 2}, at=at(11, 18), calendar=calendar)
    clocks.pause(clock, "ill", at=at(11, 19))
    assert Clock.objects.get().due_at is None
    assert clocks.left(clock, at(11, 30), calendar).paused
    clocks.resume(clock, at=at(11, 23), calendar=calendar)
    assert Clock.objects.get().due_at == end_of(11, 25)


def test_a_clock_is_paused_and_resumed_once(calendar):
    clock = clocks.start("hours", 72, at=at(11, 18), calendar=calendar)
    with pytest.raises(Conflict):
        clocks.resume(clock)
    clocks.pause(clock, "away", at=at(11, 18, 12))
    with pytest.raises(Conflict):
        clocks.pause(clock, "ill")
    clocks.stop(clock, at=at(11, 19))
    assert clock.due_at == at(11, 21, 10) + timedelta(hours=22)
    with pytest.raises(Conflict):
        clocks.pause(clock, "ill")


@pytest.mark.parametrize(
    ("unit", "allowance", "moment", "overdue", "soon"),
    [
        ("hours", 72, at(11, 18, 11), False, False),
        ("hours", 72, at(11, 20, 11), False, True),
        ("hours", 72, at(11, 21, 11), True, False),
        ("working_days", 2, at(11, 18, 11), False, False),
        ("working_days", 2, at(11, 20, 11), False, True),
        ("working_days", 2, at(11, 24, 11), True, False),
    ],
)
def test_what_a_page_says_is_left(calendar, unit, allowance, moment, overdue, soon):
    clock = clocks.start(unit, allowance, at=at(11, 18, 10), calendar=calendar)
    told = clocks.left(clock, moment, calendar)
    assert (told.overdue, told.soon) == (overdue, soon)


@pytest.mark.django_db
def test_numbers_run_by_series_area_and_year():
    one, other = AreaFactory(), AreaFactory()
    assert [next_number("card", one, 2026) for _ in range(3)] == [1, 2, 3]
    assert next_number("card", other, 2026) == next_number("card", one, 2027) == next_number("case", one, 2026) == 1


def test_facts_reach_who_subscribed_once(monkeypatch):
    monkeypatch.setattr(facts, "_handlers", {})
    heard = []
    for _again in range(2):
        facts.subscribe(facts.JobEnded, heard.append)
    fact = facts.JobEnded(1, date(2026, 10, 1), None)
    facts.tell(fact)
    facts.tell(facts.EpisodeEnded(1, None))
    assert heard == [fact]
    assert list(facts.table()) == ["JobEnded"]
