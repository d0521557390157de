from datetime import date

import pytest

from city import workdays
from city.models import CalendarDay
from city.workdays import Calendar

pytestmark = pytest.mark.django_db


@pytest.fixture
def published():
    workdays.seed(2026, 2026)
    return Calendar()


def test_working_days_step_over_the_spring_festival_and_count_its_make_up_days(published):
    """Spring Festival 2026: 15 to 23 February off, Saturday 14 and Saturday 28 February worked."""
    assert published.is_working(date(2026, 2, 14))
    assert published.add(date(2026, 2, 13), 1) == date(2026, 2, 14)
    assert published.add(date(2026, 2, 14), 1) == date(2026, 2, 24)
    assert published.add(date(2026, 2, 27), 1) == date(2026, 2, 28)


def test_working_days_step_over_the_national_day_and_count_its_make_up_days(published):
    """National Day 2026: 1 to 7 October off, Sunday 20 September and Saturday 10 October worked."""
    assert published.add(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert published.is_working(date(2026, 9, 20))
    assert published.is_working(date(2026, 10, 10))
    assert published.add(date(2026, 10, 9), 2) == date(2026, 10, 12)


def test_no_working_days_later_is_the_day_itself(published):
    assert published.add(date(2026, 10, 1), 0) == date(2026, 10, 1)


def test_a_year_without_a_calendar_counts_monday_to_friday_and_is_reported():
    calendar = Calendar()
    assert calendar.add(date(2031, 10, 3), 1) == date(2031, 10, 6)
    assert calendar.guessed == {2031}


def test_a_count_over_new_year_reports_only_the_year_that_is_missing(published):
    published.add(date(2026, 12, 31), 1)
    assert published.guessed == {2027}


def test_a_year_entered_in_part_counts_the_other_days_by_the_week():
    CalendarDay.objects.create(day=date(2031, 10, 6), is_working=False, name="moved")
    calendar = Calendar()
    assert calendar.add(date(2031, 10, 3), 1) == date(2031, 10, 7)
    assert calendar.guessed == set()


def test_seeding_again_leaves_the_citys_own_days_alone(published):
    CalendarDay.objects.filter(day=date(2026, 2, 14)).update(is_working=False)
    workdays.seed(2026, 2026)
    assert CalendarDay.objects.filter(day__year=2026).count() == 365
    assert not CalendarDay.objects.get(day=date(2026, 2, 14)).is_working


def test_this_year_and_the_next_are_missed_when_they_are(published):
    assert workdays.missing_years(date(2026, 5, 1)) == [2027]
    assert workdays.missing_years(date(2027, 5, 1)) == [2027, 2028]


def test_the_package_knows_the_present_year():
    assert 2026 in workdays.published_years()
