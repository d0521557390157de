"""Promises on their clocks: due moments over holidays and pauses, who must see to overdue ones, figures of any day."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from assistance.choices import CaseState
from assistance.models import Case, Commitment
from assistance.rules import twice_late_before
from assistance.services import cases
from city import clocks
from city.choices import AreaLevel
from city.models import Clock, Parameter
from city.rules import due_after
from city.workdays import Calendar
from tests.assistance.case_desk import case_in, make_desk, make_person, open_case, place, step
from tests.assistance.factories import CaseFactory, CommitmentFactory
from tests.city.factories import ClockFactory

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("Asia/Shanghai")
HOURS, DAYS = {"hours": 72}, {"working_days": 2}
YEAR = 2026


def at(month, day, hour=10, minute=0):
    return datetime(YEAR, month, day, hour, minute, tzinfo=HERE)


def end_of(month, day):
    return datetime(YEAR, month, day, 23, 59, 59, 999999, tzinfo=HERE)


def promised(desk, verified, allowed, person=None):
    """A promise made an hour after the verification at that moment."""
    Parameter.objects.update_or_create(
        name="commitment_deadline", area=desk.community, in_force_from=date(2026, 1, 1), defaults={"value": allowed}
    )
    with time_machine.travel(verified, tick=False):
        case = open_case(desk, person)
        step(desk, case, "verify")
    with time_machine.travel(verified + timedelta(hours=1), tick=False):
        step(desk, case, "commit")
    return Case.objects.get(pk=case.pk)


@pytest.mark.parametrize(
    ("verified", "allowed", "due"),
    [
        (at(11, 18), DAYS, end_of(11, 20)),
        (at(11, 20, 23, 59), DAYS, end_of(11, 24)),
        # Spring Festival 2026: off 15 to 23 February; the Saturdays 14 and 28 February are worked.
        (at(2, 12), DAYS, end_of(2, 14)),
        (at(2, 13), DAYS, end_of(2, 24)),
        (at(2, 14), DAYS, end_of(2, 25)),
        (at(2, 26), DAYS, end_of(2, 28)),
        (at(2, 13), HOURS, at(2, 16)),
        # National Day 2026: off 1 to 7 October; Sunday 20 September and Saturday 10 October are worked.
        (at(9, 18), DAYS, end_of(9, 21)),
        (at(9, 30), DAYS, end_of(10, 9)),
        (at(10, 8), DAYS, end_of(10, 10)),
        (at(9, 30), HOURS, at(10, 3)),
    ],
)
def test_two_working_days_and_72_hours_over_holidays_and_make_up_days(verified, allowed, due):
    case = promised(make_desk(), verified, allowed)
    assert case.commitment.clock.due_at == due


@pytest.mark.parametrize(
    ("allowed", "paused", "resumed", "due"),
    [
        (HOURS, at(11, 18, 12), at(11, 18, 20), at(11, 21, 18)),
        (HOURS, at(2, 13, 12), at(2, 24, 12), at(2, 27)),
        (DAYS, at(11, 19, 9), at(11, 19, 10), end_of(11, 23)),
        (DAYS, at(2, 13, 12), at(2, 24, 12), end_of(2, 26)),
        (DAYS, at(9, 30, 12), at(10, 8, 12), end_of(10, 10)),
    ],
)
def test_time_that_stood_still_does_not_count(allowed, paused, resumed, due):
    desk = make_desk()
    case = promised(desk, paused.replace(hour=10) if paused.hour > 10 else at(11, 18), allowed)
    with time_machine.travel(paused, tick=False):
        step(desk, case, "pause", reason="ill", words="hospital")
        left = clocks.left(Clock.objects.get(), paused, Calendar())
        assert left.paused
        assert not Commitment.objects.overdue_at(paused + timedelta(days=60)).exists()
    with time_machine.travel(resumed, tick=False):
        step(desk, case, "resume")
    assert Clock.objects.get().due_at == due


# Escalation


@pytest.mark.parametrize(
    ("allowed", "street_from", "district_from"),
    [
        (HOURS, at(11, 21), at(11, 24)),
        (DAYS, end_of(11, 20), end_of(11, 24)),
    ],
)
def test_overdue_promises_go_to_the_street_and_late_again_to_the_district(allowed, street_from, district_from):
    promised(make_desk(), at(11, 18), allowed)
    second = timedelta(seconds=1)
    told = Commitment.objects
    assert not told.escalated_to(AreaLevel.STREET, street_from).exists()
    assert told.escalated_to(AreaLevel.STREET, street_from + second).exists()
    for level in (AreaLevel.DISTRICT, AreaLevel.CITY):
        assert not told.escalated_to(level, district_from - second).exists()
        assert told.escalated_to(level, district_from + second).exists()


def test_each_promise_goes_up_by_its_own_allowance():
    desk = make_desk()
    by_hours = promised(desk, at(9, 30), HOURS)
    by_days = promised(desk, at(9, 30), DAYS, make_person(desk.home))
    seen = [set(Commitment.objects.escalated_to("district", moment)) for moment in (at(10, 7), at(10, 13))]
    assert seen == [{by_hours.commitment}, {by_hours.commitment, by_days.commitment}]


@pytest.mark.parametrize("unit", ["hours", "working_days"])
def test_late_by_the_allowance_again_agrees_with_the_clock(unit):
    """Counted back it must be what the clock counts forward, on every day around the holidays."""
    make_desk()
    calendar = Calendar()
    for moment in (at(2, 10) + timedelta(hours=7 * n) for n in range(80)):
        for allowance in (1, 2, 5):
            edge = twice_late_before(moment, unit, allowance, calendar)
            for due_at in (edge - timedelta(seconds=1), edge + timedelta(seconds=1)):
                late = due_after(due_at, unit, allowance, [], calendar) < moment
                assert late == (due_at < edge), (moment, allowance, due_at)


@pytest.mark.parametrize("end", ["kept", "void", "paused"])
def test_what_is_kept_void_or_stands_still_is_not_overdue(end):
    desk = make_desk()
    case = promised(desk, at(11, 18), DAYS)
    with time_machine.travel(at(11, 19), tick=False):
        if end == "kept":
            place(desk, case, on=date(2026, 11, 19))
        elif end == "void":
            step(desk, case, "lapse", reason="moved", words="gone")
        else:
            step(desk, case, "pause", reason="away")
    assert not Commitment.objects.overdue_at(at(12, 24)).exists()
    assert not Case.objects.overdue_at(at(12, 24)).exists()


def test_an_overdue_promise_kept_late_leaves_the_lists_and_keeps_its_due_day():
    desk = make_desk()
    case = promised(desk, at(11, 16), DAYS)
    assert Case.objects.overdue_at(at(11, 19)).get() == case
    with time_machine.travel(at(11, 20), tick=False):
        place(desk, case, on=date(2026, 11, 20))
    assert not Case.objects.overdue_at(at(11, 21)).exists()
    promise = Commitment.objects.get()
    assert (promise.clock.due_at, promise.kept_on) == (end_of(11, 18), date(2026, 11, 20))
    assert not Commitment.objects.kept_in_time().exists()


# Figures of any day


def stored(due, stopped=None, **values):
    clock = ClockFactory(started_at=at(1, 2), due_at=due, stopped_at=stopped)
    return CommitmentFactory(case=CaseFactory(), clock=clock, made_on=date(2026, 1, 2), **values)


D = date(2026, 10, 15)
DAY = timedelta(days=1)


def test_falling_due_counts_the_citys_days_at_both_ends():
    rows = [stored(moment) for moment in (end_of(10, 14), at(10, 15, 0), end_of(10, 15), at(10, 16, 0))]
    assert set(Commitment.objects.falling_due(D, D)) == set(rows[1:3])
    assert set(Commitment.objects.falling_due(D - DAY, D + DAY)) == set(rows)


def test_a_promise_without_a_due_moment_does_not_fall_due():
    stored(None)
    assert not Commitment.objects.falling_due(date(2026, 1, 1), date(2026, 12, 31)).exists()


@pytest.mark.parametrize(("voided_at", "counts"), [(at(10, 15, 9), False), (at(10, 15, 11), True)])
def test_a_promise_void_before_its_due_moment_never_fell_due(voided_at, counts):
    stored(at(10, 15, 10), stopped=voided_at, voided_on=D, void_reason="lapsed")
    assert Commitment.objects.falling_due(D, D).exists() == counts


@pytest.mark.parametrize(("kept", "in_time"), [(D - DAY, True), (D, True), (D + DAY, False), (None, False)])
def test_kept_in_time_is_by_the_due_day(kept, in_time):
    stored(at(10, 15, 0, 30), kept_on=kept)
    assert Commitment.objects.kept_in_time().exists() == in_time


def test_overdue_on_a_day_is_by_what_held_at_its_end():
    stored(end_of(10, 15), kept_on=D + 3 * DAY)
    stored(end_of(10, 15), stopped=at(10, 17), voided_on=D + 2 * DAY, void_reason="refusals")
    stored(None)
    days = [D - DAY, D, D + DAY, D + 2 * DAY, D + 3 * DAY]
    assert [Commitment.objects.overdue_on(day).count() for day in days] == [0, 2, 2, 1, 0]


def test_a_past_day_stays_as_it_was_whatever_is_paused_later():
    """A pause before the due moment can only move it past every day that was told already."""
    desk = make_desk()
    case = promised(desk, at(11, 16), DAYS)
    days = [date(2026, 11, 16) + n * DAY for n in range(3)]
    told = [Commitment.objects.overdue_on(day).count() for day in days[:2]]
    with time_machine.travel(at(11, 18, 9), tick=False):
        step(desk, case, "pause", reason="ill")
    with time_machine.travel(at(11, 23, 9), tick=False):
        step(desk, case, "resume")
    assert [Commitment.objects.overdue_on(day).count() for day in days] == [*told, 0]


def test_the_list_of_steps_follows_the_clock():
    desk = make_desk()
    case = case_in(desk, CaseState.COMMITTED)
    names = [one.action for one in cases.steps_for(case, desk.clerk)]
    assert names == ["start_placing", "pause", "lapse"]
    assert [one.action for one in cases.steps_for(case, desk.street)] == ["send_back"]
