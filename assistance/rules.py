"""Pure rules of assistance."""

from datetime import datetime, time, timedelta
from fractions import Fraction

from assistance.choices import Timeliness


def twice_late_before(moment, unit, allowance, calendar):
    """What was due before the answer is late by its whole allowance again: the latest a district waits for a street.

    `moment` is aware, in the city's time zone. Working days are counted back from the last one that has ended.
    """
    if unit == "hours":
        return moment - timedelta(hours=allowance)
    day, counted = moment.date(), 0
    while counted < allowance:
        day -= timedelta(days=1)
        counted += calendar.is_working(day)
    return datetime.combine(day, time.min, moment.tzinfo)


def must_be_reported(persons, staff_total, threshold):
    """Twenty persons, or a tenth of the staff: whoever reaches either must report first, both ends inclusive.

    `staff_total` None: nobody knows, and the share cannot tell.
    """
    if persons >= threshold["persons"]:
        return True
    return staff_total is not None and persons >= Fraction(threshold["share"]) * staff_total


def timeliness(*, required, planned_on, reported_on, carried_out_on, notice_days, today):
    """How a layoff that must be reported was: counted to the day it was planned for, or came to be if that was sooner.

    Reported after that day is too late; fewer than `notice_days` before it, at short notice.
    """
    if not required:
        return Timeliness.NOT_REQUIRED
    if reported_on is None:
        return Timeliness.UNREPORTED if carried_out_on or planned_on < today else Timeliness.AWAITED
    day = min(planned_on, carried_out_on or planned_on)
    if reported_on > day:
        return Timeliness.LATE
    return Timeliness.SHORT if reported_on + timedelta(days=notice_days) > day else Timeliness.IN_TIME


def densest(days, span):
    """(first day, last day, how many) of the `span` days that hold the most of these days; the latest of equals."""
    days = sorted(days)
    best, first = None, 0
    for last, day in enumerate(days):
        while (day - days[first]).days >= span:
            first += 1
        if best is None or last - first + 1 >= best[2]:
            best = (days[first], day, last - first + 1)
    return best


def weeks_of(first, last):
    """The days of a course cut into calendar weeks, Monday first: [[day, …], …]."""
    weeks = []
    day = first
    while day <= last:
        if not weeks or day.weekday() == 0:
            weeks.append([])
        weeks[-1].append(day)
        day += timedelta(days=1)
    return weeks
