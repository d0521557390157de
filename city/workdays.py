"""Working days counted on the city's own calendar table, seeded from the published make-up days."""

from datetime import date, timedelta

import chinese_calendar
from django.utils import timezone
from django.utils.translation import gettext as _

from city.models import CalendarDay


class Calendar:
    """The working days, read once: counting costs no further query.

    In a year the city has not entered, Monday to Friday count; the year is noted in `guessed` and shown as a warning.
    Of a year entered in part (a sheet of holidays alone), the days left out count so too.
    """

    def __init__(self, days=None):
        rows = CalendarDay.objects.values_list("day", "is_working") if days is None else days
        self.days = dict(rows)
        self.years = {day.year for day in self.days}
        self.guessed = set()

    def is_working(self, day):
        if day.year in self.years:
            return self.days.get(day, day.weekday() < 5)
        self.guessed.add(day.year)
        return day.weekday() < 5

    def add(self, day, count):
        """The day `count` working days after `day`, counted from the day after."""
        while count:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day


def published_years():
    """Years the chinesecalendar package knows with their make-up days."""
    years = {day.year for day in chinese_calendar.holidays}
    return range(min(years), max(years) + 1)


def seed(first, last):
    """Write the published calendar of the years `first` to `last`; days the city already has are left alone."""
    names = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    rows = []
    for day in chinese_calendar.get_dates(date(first, 1, 1), date(last, 12, 31)):
        name = names.get(chinese_calendar.get_holiday_detail(day)[1], "")
        rows.append(CalendarDay(day=day, is_working=chinese_calendar.is_workday(day), name=name))
    CalendarDay.objects.bulk_create(rows, ignore_conflicts=True)


def missing_years(today):
    """This year and the next, as far as the calendar table lacks them: deadlines there cannot be counted."""
    known = set(CalendarDay.objects.filter(day__year__gte=today.year).values_list("day__year", flat=True).distinct())
    return [year for year in (today.year, today.year + 1) if year not in known]


def calendar_warning():
    """For those who keep the calendar: what to enter before deadlines there are guessed from Monday to Friday."""
    years = missing_years(timezone.localdate())
    if not years:
        return ""
    return _("The working-day calendar lacks %(years)s: deadlines there count Monday to Friday.") % {
        "years": ", ".join(map(str, years))
    }
