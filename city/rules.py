"""Pure rules of the frame: codes, dates, numbers. Plain values in, plain values out."""

import calendar
import re
from datetime import date, timedelta
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


def normalise_id_number(text):
    """The 18-character form of an ID number: full width, spaces, x and the 15-digit form of before 2000 all meet here.

    Raises IdNumberError with one of the keys `form`, `check`, `date`.
    """
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
    try:
        day = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdNumberError("date") from None
    if day.year < 1900:
        raise IdNumberError("date")
    return day


def sex_of(number):
    """Digit 17 odd: a man (GB 11643-1999)."""
    return "male" if int(number[16]) % 2 else "female"
