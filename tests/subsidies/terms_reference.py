"""The longest time somebody is paid, by walking the calendar month by month; shares no step with the rules."""

import random
from datetime import date, timedelta

from households.rules import retirement_date
from subsidies.rules import last_month_paid

#: The decision of 13 September 2024: (original age, months of birth a month of delay takes, most months of delay).
_CATEGORIES = {"man": (60, 4, 36), "woman 55": (55, 4, 36), "woman 50": (50, 2, 60)}
_AGES = {"man": ("male", None), "woman 55": ("female", 55), "woman 50": ("female", 50)}


def later(day, months):
    """The same day so many months on, or the last one of a shorter month."""
    year, month = day.year, day.month
    for _step in range(months):
        month += 1
        if month > 12:
            year, month = year + 1, 1
    while True:
        try:
            return date(year, month, day.day)
        except ValueError:
            day -= timedelta(days=1)


def delays():
    """`{(category, year, month of the original retirement): months of delay}` as the decision's tables print them."""
    table = {}
    for category, (_age, step, most) in _CATEGORIES.items():
        year, month, delay, run = 2025, 1, 1, 0
        while year < 2060:
            table[category, year, month] = delay
            run += 1
            if run == step:
                run, delay = 0, min(delay + 1, most)
            month += 1
            if month > 12:
                year, month = year + 1, 1
    return table


_DELAYS = delays()


def retires(birth, category, reformed):
    years = _CATEGORIES[category][0]
    original = later(birth.replace(day=1), years * 12)
    delay = _DELAYS.get((category, original.year, original.month), 0) if reformed else 0
    return later(birth, years * 12 + delay)


def anniversary(day, years):
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def last_paid(first, approved_on, retires_on, most, years):
    """The last of the months paid, walked one by one; None when there is none."""
    near = anniversary(approved_on, years) > retires_on
    month, count = first, 0
    while (month.year, month.month) < (retires_on.year, retires_on.month) and (near or count < most):
        count += 1
        last, month = month, later(month, 1)
    return last if count else None


def cases(number, seed=1):
    """(birth, category, reformed, first month, day approved, most months, years before retirement)."""
    draw = random.Random(seed)
    for _case in range(number):
        birth = date(1955, 1, 1) + timedelta(days=draw.randrange(40 * 365))
        if draw.random() < 0.3:
            birth = later(birth.replace(day=1), 1) - timedelta(days=1)
        category = draw.choice(list(_CATEGORIES))
        reformed = draw.random() < 0.8
        left = draw.randrange(-6, 120)
        first = later(date(1990, 1, 1), max(_index(retires(birth, category, reformed)) - left, 0))
        approved = later(first, draw.randrange(6)) + timedelta(days=draw.randrange(28))
        yield birth, category, reformed, first, approved, draw.choice((24, 36, 60)), draw.choice((3, 5))


def _index(day):
    return (day.year - 1990) * 12 + day.month - 1


def different(number, seed=1):
    """The cases of so many that the rules decide otherwise."""
    wrong = []
    for birth, category, reformed, first, approved, most, years in cases(number, seed):
        retires_on = retires(birth, category, reformed)
        if reformed and retirement_date(birth, *_AGES[category]) != retires_on:
            wrong.append((birth, category))
        last = last_month_paid(first, approved, retires_on, most, years)
        if (last if last >= first else None) != last_paid(first, approved, retires_on, most, years):
            wrong.append((birth, category, reformed, first, approved, most, years))
    return wrong
