"""What a column of a sheet is: its heading and the parser that turns a cell into a value or says why it cannot.

A parser gets a non-empty cell as the reader gives it (text without outer spaces, number, date, time) and
returns the value in the form the model holds, or raises CellError with a message for the person who filled it in.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from city.rules import IdNumberError, half_width, normalise_id_number

FIRST_YEAR, LAST_YEAR = 1900, 2199

#: Excel holds 15 digits of a number; from here on the last ones are lost.
_EXACT_NUMBER = 10**15

_WIDE_ALPHANUMERICS = {
    code: code - 0xFEE0 for first, last in ("０９", "ＡＺ", "ａｚ") for code in range(ord(first), ord(last) + 1)
} | {0x3000: " ", 0xA0: " ", 0x200B: None, 0xFEFF: None}
_DOTS = re.compile(r"\s*[•‧∙・●．]\s*")
_ERROR_CELL = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|GETTING_DATA|SPILL!|CALC!)")
_DATE = re.compile(
    r"(?:(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})年(\d{1,2})月(\d{1,2})日|(\d{4})(\d{2})(\d{2}))"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.0+)?)?)?"
)
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_PHONE = re.compile(r"\+?\d[\d-]{6,19}")


class CellError(ValueError):
    """The cell cannot be what its column asks for; the message says why."""


class Bad:
    """Stands in a row for a cell that could not be read: false, so that no other check stumbles over it."""

    __slots__ = ("message",)

    def __init__(self, message):
        self.message = message

    def __bool__(self):
        return False


@dataclass(frozen=True)
class Column:
    """`number_refused`: a numeric cell has lost digits here and is refused with that reason, as is a formula.

    `repeats` False: hardly a cell is like another, so that remembering what they mean does not pay.
    """

    heading: str
    parse: Callable
    required: bool = False
    help: str | Promise = ""
    choices: tuple[str, ...] = ()
    number_refused: bool = False
    repeats: bool = True


def shown(value):
    """A cell as text: in error lists, error sheets, and wherever a number stands for a text.

    A number past Excel's 15 digits is shown the way Excel shows it, so that nobody takes it for the real one.
    """
    if value.__class__ is str:
        return value
    if value is None:
        return ""
    if isinstance(value, float | int):
        if abs(value) >= _EXACT_NUMBER:
            return f"{value:.5E}"
        return str(int(value)) if value == int(value) else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else str(value)


def plain(value):
    """Text of a text or number cell with full-width letters, digits and punctuation made plain and no spaces."""
    if value.__class__ is not str:
        if not isinstance(value, float | int):
            raise CellError(_("This is a date or a time; text is expected."))
        return shown(value)
    text = half_width(value)
    return text if text.isalnum() else re.sub(r"[\s\u200b\ufeff]", "", text)


def _refuse_error_cell(value):
    if value.startswith("#") and _ERROR_CELL.fullmatch(value):
        raise CellError(_("The cell holds an Excel error."))


def text(max_length):
    def parse(value):
        if value.__class__ is not str:
            value = shown(value)
        elif not (value.isascii() and value.isalnum()):
            value = " ".join(value.translate(_WIDE_ALPHANUMERICS).split())
            if not value.isprintable():
                raise CellError(_("There are characters in this text that cannot be printed."))
        _refuse_error_cell(value)
        if len(value) > max_length:
            raise CellError(_("The text is longer than %(length)d characters.") % {"length": max_length})
        return value

    return parse


_plain_text = text(200)


def person_name(value):
    if value.__class__ is not str:
        raise CellError(_("A name is expected."))
    name = _plain_text(value)
    if not name.isascii():
        name = _DOTS.sub("·", name)
        name = "".join(name.split()) if not re.search("[A-Za-z]", name) else name
    if any(character.isdigit() for character in name):
        raise CellError(_("A name holds no digits."))
    if len(name) > 60:
        raise CellError(_("The text is longer than %(length)d characters.") % {"length": 60})
    return name


def division_code(value):
    code = plain(value)
    if len(code) != 12 or not (code.isascii() and code.isdigit()):
        raise CellError(_("A division code has 12 digits."))
    return code


def household_number(value):
    number = plain(value)
    if number.isdigit():
        number = number.lstrip("0") or "0"
    if not number.isprintable() or len(number) > 30:
        raise CellError(_("The text is longer than %(length)d characters.") % {"length": 30})
    _refuse_error_cell(number)
    return number.upper()


def day(value):
    if value.__class__ is date:
        found = value
    elif isinstance(value, datetime):
        found = value.date()
    elif isinstance(value, str | float):
        written = half_width(shown(value)).strip()
        match = _DATE.fullmatch(written) or _DATE.fullmatch(re.sub(r"\s", "", written))
        if not match:
            raise CellError(_("This is no date; write it like 2026-10-31."))
        parts = [part for part in match.groups() if part is not None and part.isdigit()]
        try:
            found = date(*map(int, parts))
        except ValueError:
            raise CellError(_("There is no such day in the calendar.")) from None
    else:
        raise CellError(_("This is no date; write it like 2026-10-31."))
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise CellError(_("The year of this date cannot be right."))
    return found


_YES_NO = {"是": True, "否": False}
#: What a logical cell of Excel reads as.
_LOGICAL = {"TRUE": True, "FALSE": False}


def yes_no(value):
    answer = (_YES_NO | _LOGICAL).get(plain(value)) if value.__class__ is str else None
    if answer is None:
        raise CellError(_("Write 是 or 否."))
    return answer


def _number(value):
    if not isinstance(value, str | float | int):
        raise CellError(_("A number is expected."))
    number = plain(value) if isinstance(value, str) else f"{value:.15g}"
    if _GROUPED.fullmatch(number):
        number = number.replace(",", "")
    try:
        found = Decimal(number)
    except InvalidOperation:
        raise CellError(_("A number is expected.")) from None
    if not found.is_finite():
        raise CellError(_("A number is expected."))
    if found < 0:
        raise CellError(_("The number must not be negative."))
    return found


_CENT = Decimal("0.01")


def money(value):
    """Yuan, with at most two decimals: a third one is more likely a slip than a fraction of a fen."""
    amount = _number(value)
    if amount >= 10**8:
        raise CellError(_("The number is too large."))
    if amount != amount.quantize(_CENT):
        raise CellError(_("Money has at most two decimals."))
    return amount.quantize(_CENT)


def whole_number(highest):
    def parse(value):
        number = _number(value)
        if number > highest:
            raise CellError(_("The number is too large."))
        if number != int(number):
            raise CellError(_("A whole number is expected."))
        return int(number)

    return parse


def choice(words):
    """`words`: {Chinese word: stored value}."""
    found = {half_width(word): stored for word, stored in words.items()}

    def parse(value):
        stored = found.get(plain(value))
        if stored is None:
            raise CellError(_("Choose one of: %(words)s.") % {"words": "、".join(words)})
        return stored

    return parse


def several(words):
    """Several words of a choice in one cell, separated by 、 or any usual separator; a tuple without repetitions."""
    one = choice(words)

    def parse(value):
        named = [word for word in re.split(r"[、,;/|\s]+", half_width(shown(value))) if word]
        return tuple(dict.fromkeys(one(word) for word in named)) or None

    return parse


_ID_REASONS = {
    "form": gettext_lazy("An ID number has 18 characters: 17 digits and a digit or X."),
    "check": gettext_lazy("The check digit of this ID number is wrong."),
    "date": gettext_lazy("The birth date in this ID number does not exist."),
}


def id_number(value):
    if value.__class__ is not str:
        raise CellError(_("The cell holds a number: Excel has lost digits of it. Format the column as text."))
    try:
        return normalise_id_number(value)
    except IdNumberError as error:
        raise CellError(str(_ID_REASONS[str(error)])) from None


#: A code is asked for with every person who works there.
_checked_credit_code = lru_cache(maxsize=2**17)(uscc.validate)


def credit_code(value):
    if value.__class__ is not str:
        raise CellError(_("The cell holds a number: Excel has lost digits of it. Format the column as text."))
    try:
        return _checked_credit_code(plain(value).upper())
    except ValidationError:
        raise CellError(_("This unified social credit code is wrong.")) from None


def phone(value):
    number = plain(value)
    if not _PHONE.fullmatch(number):
        raise CellError(_("A phone number has 7 to 20 digits; + and - are allowed."))
    return number


def choice_column(heading, words, **options):
    return Column(heading, choice(words), choices=tuple(words), **options)


def yes_no_column(heading, **options):
    return Column(heading, yes_no, choices=tuple(_YES_NO), **options)


def id_number_column(heading="身份证号", **options):
    return Column(heading, id_number, number_refused=True, repeats=False, **options)


def credit_code_column(heading="统一社会信用代码", **options):
    return Column(heading, credit_code, number_refused=True, **options)
