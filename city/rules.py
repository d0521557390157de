"""Pure rules of the frame: codes, dates, numbers. Plain values in, plain values out."""

import calendar
import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from operator import mul

FAR_FUTURE = date(9999, 12, 31)
_DAYS_EVERY_MONTH_HAS = 28


def add_months(day, months):
    """The day `months` later (or earlier), clamped to the month's last day: 31 January + 1 month = 28 February."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    month += 1
    if day.day <= _DAYS_EVERY_MONTH_HAS:
        return date(year, month, day.day)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def last_day_older_than(day, months):
    """The latest date `d` with `d + months < day`: everything up to it counts as older than `months` on `day`."""
    guess = add_months(day, -months) + timedelta(days=3)
    while add_months(guess, months) >= day:
        guess -= timedelta(days=1)
    return guess


def quarter_end(day):
    month = (day.month - 1) // 3 * 3 + 3
    return date(day.year, month, calendar.monthrange(day.year, month)[1])


def quarter_start(day):
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def month_end(day):
    return date(day.year, day.month, calendar.monthrange(day.year, day.month)[1])


def period_start(day, starts):
    """First day of the assessment period `day` lies in; `starts` is "MM-DD", for example "11-01"."""
    month, first = (int(part) for part in starts.split("-"))
    start = date(day.year, month, first)
    return start if start <= day else date(day.year - 1, month, first)


def parent_code(code, level):
    """The code of the superior, by position; None for a city."""
    if level == "community":
        return code[:9] + "000"
    if level == "street":
        return code[:6] + "000000"
    if level == "district":
        return code[:4] + "00000000"
    return None


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}


def half_width(text):
    """Full-width letters, digits and punctuation as their plain forms."""
    return text if text.isascii() else text.translate(_FULL_WIDTH)


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_ID_FORM = re.compile(r"[1-9]\d{16}[\dX]")
_OLD_ID_FORM = re.compile(r"[1-9]\d{14}")


class IdNumberError(ValueError):
    """The text is no ID number; the message says why."""


def id_check_digit(body):
    """Check character of the first 17 digits (GB 11643-1999)."""
    # The bytes of digits instead of their values: rosters ask this of every row.
    return _CHECKS[(sum(map(mul, body.encode(), _WEIGHTS)) - ord("0") * sum(_WEIGHTS)) % 11]


class _Weighed(dict):
    """Shares of the check sum by digits: places, birth dates and orders repeat down a sheet of a million persons.

    What is no part of a number raises ValueError and is not kept.
    """

    def __init__(self, place, length, check=None):
        super().__init__()
        self._place, self._length, self._check = place, length, check

    def __missing__(self, digits):
        if len(digits) != self._length or not (digits.isascii() and digits.isdigit()):
            raise ValueError(digits)
        if self._check:
            self._check(digits)
        if len(self) >= _WEIGHED_AT_ONCE:
            self.clear()
        weights = _WEIGHTS[self._place : self._place + self._length]
        self[digits] = found = sum(map(mul, map(int, digits), weights))
        return found


def _check_area(digits):
    if digits[0] == "0":
        raise ValueError(digits)


_WEIGHED_AT_ONCE = 2**16
_AREAS = _Weighed(0, 6, _check_area)
_BIRTHS = _Weighed(6, 8, lambda digits: birth_date_of("000000" + digits))
_ORDERS = _Weighed(14, 3)


def _is_in_form(text):
    """Whether the text is an ID number as it should be written; what is not may still become one."""
    try:
        total = _AREAS[text[:6]] + _BIRTHS[text[6:14]] + _ORDERS[text[14:17]]
    except ValueError:
        return False
    return text[17:] == _CHECKS[total % 11]


def normalise_id_number(text):
    """The 18-character form of an ID number: full width, spaces, x and the 15-digit form of before 2000 all meet here.

    Raises IdNumberError with one of the keys `form`, `check`, `date`.
    """
    if _is_in_form(text):
        return text
    number = half_width(text)
    if not number.isalnum():
        number = re.sub(r"[\s\u200b\ufeff'’-]", "", number)
    number = number.upper()
    if _OLD_ID_FORM.fullmatch(number):
        body = number[:6] + "19" + number[6:]
        number = body + id_check_digit(body)
    elif not _ID_FORM.fullmatch(number):
        raise IdNumberError("form")
    elif id_check_digit(number[:17]) != number[17]:
        raise IdNumberError("check")
    birth_date_of(number)
    return number


def birth_date_of(number):
    return _birth_date(number[6:14])


@lru_cache(maxsize=2**16)
def _birth_date(digits):
    # A city's residents share some thirty thousand birthdays.
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise IdNumberError("date") from None
    if day.year < 1900:
        raise IdNumberError("date")
    return day


def sex_of(number):
    """Digit 17 odd: a man (GB 11643-1999)."""
    return "male" if int(number[16]) % 2 else "female"


def due_after(started_at, unit, allowance, pauses, calendar):
    """The moment an allowance is used up: `started_at` and `pauses` [(from, to)] are aware, in the city's time zone.

    Hours run through nights and holidays; what stood still is added. Working days are counted from the day after
    `started_at` to the end of the last; a day on which the clock stood still at any moment does not count.
    """
    if unit == "hours":
        due_at = started_at + timedelta(hours=allowance)
        for paused_at, resumed_at in sorted(pauses):
            if paused_at < due_at:
                due_at += resumed_at - paused_at
        return due_at
    day = started_at.date()
    counted = 0
    while counted < allowance:
        day += timedelta(days=1)
        stood_still = any(paused.date() <= day <= resumed.date() for paused, resumed in pauses)
        counted += calendar.is_working(day) and not stood_still
    return datetime.combine(day, time.max, started_at.tzinfo)


def working_days_left(today, due_on, calendar):
    """Working days after `today` up to and with `due_on`."""
    day, count = today, 0
    while day < due_on:
        day += timedelta(days=1)
        count += calendar.is_working(day)
    return count
