"""Pure rules about persons and their homes: working age, the retirement date, rounds of visits, buildings."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from city.rules import add_months

_STEPS = {60: (4, 36), 55: (4, 36), 50: (2, 60)}


def delay_months(birth_date, base):
    """Months the decision of 13 September 2024 adds to a base age of 60, 55 or 50, by birth month."""
    step, cap = _STEPS[base]
    months = (birth_date.year + base - 2025) * 12 + birth_date.month
    return 0 if months <= 0 else min(-(-months // step), cap)


def retirement_date(birth_date, sex, female_retirement_age=None):
    """Statutory retirement date; a woman of unknown category counts as 50 (a choice)."""
    base = 60 if sex == "male" else female_retirement_age or 50
    return add_months(birth_date, base * 12 + delay_months(birth_date, base))


@lru_cache(maxsize=2**16)
def working_age_window(birth_date, sex, female_retirement_age=None):
    """(16th birthday, retirement date): of working age from the first to the day before the second."""
    return add_months(birth_date, 16 * 12), retirement_date(birth_date, sex, female_retirement_age)


def age_on(birth_date, day):
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


@dataclass(frozen=True)
class Interval:
    """Calendar months in which one visit is owed, also by households eliminated later than `eliminated_after`."""

    first: date
    last: date
    eliminated_after: date


@dataclass(frozen=True)
class Round:
    """The interval a day lies in, seen on that day, and the one before it, seen on its last day."""

    day: date
    now: Interval
    before: Interval
    next_last: date


def visit_round(day, interval_months, months_after_elimination):
    """Rounds of one, two, three … calendar months; those that divide a year begin with it."""
    months = day.year * 12 + day.month - 1
    start = months - months % interval_months
    first = date(start // 12, start % 12 + 1, 1)
    eve = first - timedelta(days=1)

    def interval(first, seen_on):
        last = add_months(first, interval_months) - timedelta(days=1)
        return Interval(first, last, add_months(seen_on, -months_after_elimination))

    before = interval(add_months(first, -interval_months), eve)
    return Round(day, interval(first, day), before, add_months(first, 2 * interval_months) - timedelta(days=1))


_BUILDING = re.compile(r".*?(?:号楼|[幢栋座弄])|.*?号")
_NUMBERS = re.compile(r"(\d+)")


def short_address(address, community):
    """An address without the names of street and community that everybody here knows."""
    return address.rpartition(community)[2] or address


def building_of(address, community=""):
    """The building of an address, without street and community before it; all of it where none is named."""
    inside = short_address(address, community) if community else address
    found = _BUILDING.match(inside)
    return found.group() if found else inside


def walking_order(text):
    """Sorts addresses as one walks: building 2 before building 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in _NUMBERS.split(text)]


CHECKED_EVERY_MONTHS = 12


def next_check_on(issued_on, last_checked_on=None):
    """By when a certificate is due for its annual check: a year after the last one, or after it was issued."""
    return add_months(last_checked_on or issued_on, CHECKED_EVERY_MONTHS)
