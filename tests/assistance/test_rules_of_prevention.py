"""Pure rules of layoffs and courses: thresholds at equality, from both sides."""

from datetime import date, timedelta

import pytest

from assistance import rules
from assistance.choices import Timeliness

THRESHOLD = {"persons": 20, "share": "0.10"}
PLANNED = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("persons", "staff", "required"),
    [
        (20, 100_000, True),
        (19, 100_000, False),
        (10, 100, True),
        (9, 100, False),
        (999, 10_000, True),
        (1, 10, True),
        (1, 11, False),
        (19, 191, False),
        (19, 190, True),
        (20, None, True),
        (19, None, False),
    ],
)
def test_twenty_persons_or_a_tenth_both_inclusive(persons, staff, required):
    assert rules.must_be_reported(persons, staff, THRESHOLD) is required


def test_nine_point_nine_nine_percent_is_no_tenth():
    """Of 10,000 staff 999 are 9.99 %: with a threshold of persons out of reach only the share decides."""
    high = {"persons": 5_000, "share": "0.10"}
    assert not rules.must_be_reported(999, 10_000, high)
    assert rules.must_be_reported(1_000, 10_000, high)


def judged(reported_on, *, required=True, carried_out_on=None, today=date(2026, 11, 21)):
    return rules.timeliness(
        required=required,
        planned_on=PLANNED,
        reported_on=reported_on,
        carried_out_on=carried_out_on,
        notice_days=30,
        today=today,
    )


@pytest.mark.parametrize(
    ("days_before", "expected"),
    [
        (31, Timeliness.IN_TIME),
        (30, Timeliness.IN_TIME),
        (29, Timeliness.SHORT),
        (0, Timeliness.SHORT),
        (-1, Timeliness.LATE),
    ],
)
def test_thirty_days_before_is_in_time_a_day_after_is_late(days_before, expected):
    assert judged(PLANNED - timedelta(days=days_before)) == expected


def test_a_layoff_sooner_than_planned_is_measured_by_the_day_it_came():
    reported = PLANNED - timedelta(days=40)
    assert judged(reported, carried_out_on=PLANNED - timedelta(days=10)) == Timeliness.IN_TIME
    assert judged(reported, carried_out_on=PLANNED - timedelta(days=11)) == Timeliness.SHORT
    assert judged(reported, carried_out_on=PLANNED - timedelta(days=41)) == Timeliness.LATE
    assert judged(reported, carried_out_on=PLANNED + timedelta(days=60)) == Timeliness.IN_TIME


@pytest.mark.parametrize(
    ("today", "carried_out_on", "expected"),
    [
        (PLANNED, None, Timeliness.AWAITED),
        (PLANNED + timedelta(days=1), None, Timeliness.UNREPORTED),
        (PLANNED - timedelta(days=5), PLANNED - timedelta(days=6), Timeliness.UNREPORTED),
    ],
)
def test_not_reported_by_the_day_it_was_planned_for_is_never_reported(today, carried_out_on, expected):
    assert judged(None, today=today, carried_out_on=carried_out_on) == expected


def test_a_small_layoff_need_not_be_reported():
    assert judged(None, required=False, carried_out_on=PLANNED) == Timeliness.NOT_REQUIRED


def test_the_densest_month_counts_thirty_days_inclusive():
    first = date(2026, 9, 1)
    assert rules.densest([first, first + timedelta(days=29)], 30) == (first, first + timedelta(days=29), 2)
    later = first + timedelta(days=30)
    assert rules.densest([first, later], 30) == (later, later, 1)
    assert rules.densest([], 30) is None


def test_a_course_is_cut_into_calendar_weeks():
    weeks = rules.weeks_of(date(2026, 10, 1), date(2026, 10, 12))
    assert [(week[0].day, week[-1].day) for week in weeks] == [(1, 4), (5, 11), (12, 12)]
