"""Writes sheets: the template to fill in and the refused rows. Every cell is text, so nothing is a formula."""

import io

import xlsxwriter
from django.utils.translation import gettext as _

from city.sheets.columns import shown
from city.sheets.reader import REASON_HEADING

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST_CELL = 32_767


def _workbook(target):
    return xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "in_memory": False,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )


def template(kind):
    """The empty sheet of a kind as bytes: headings, required ones marked by colour, and a second sheet of help."""
    target = io.BytesIO()
    book = _workbook(target)
    as_text = book.add_format({"num_format": "@"})
    required = book.add_format({"bold": True, "font_color": "#9C0006", "bg_color": "#FFE8E8", "num_format": "@"})
    optional = book.add_format({"bold": True, "num_format": "@"})
    sheet = book.add_worksheet(str(kind.title)[:31])
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(kind.columns):
        sheet.set_column(place, place, max(12, 2 * len(column.heading) + 4), as_text)
        if column.choices and len(",".join(column.choices)) <= 255:
            sheet.data_validation(
                1, place, 5_000, place, {"validate": "list", "source": list(column.choices), "error_type": "warning"}
            )
        sheet.write_string(0, place, column.heading, required if column.required else optional)
    help_sheet = book.add_worksheet(_("How to fill in"))
    help_sheet.set_column(0, 1, 18)
    help_sheet.set_column(2, 3, 60)
    for place, heading in enumerate((_("Column"), _("Required"), _("What to write"), _("Choices"))):
        help_sheet.write_string(0, place, heading, optional)
    for number, column in enumerate(kind.columns, 1):
        for place, told in enumerate(
            (column.heading, _("yes") if column.required else "", str(column.help), "、".join(column.choices))
        ):
            help_sheet.write_string(number, place, told)
    book.close()
    return target.getvalue()


class ErrorSheet:
    """The refused rows in the sheet's own columns plus the reasons: to be corrected and imported again.

    `target` is a path or a writable binary file. Written row by row; nothing of it stays in memory.
    """

    def __init__(self, target):
        self._book = _workbook(target)
        self._sheet = self._book.add_worksheet()
        self._text = self._book.add_format({"num_format": "@"})
        self._row = 0
        self._places = []

    def begin(self, headings):
        # A sheet that was corrected has the reasons of last time; they are not carried on.
        self._places = [place for place, heading in enumerate(headings) if heading != REASON_HEADING]
        self._sheet.set_column(0, len(self._places), 16, self._text)
        self._write([headings[place] for place in self._places], REASON_HEADING)

    def add(self, cells, errors):
        reasons = "；".join(f"{heading}：{message}" if heading else message for heading, message in errors)
        self._write([cells[place] if place < len(cells) else "" for place in self._places], reasons)

    def _write(self, cells, reasons):
        for place, cell in enumerate([*cells, reasons]):
            if (told := shown(cell)) != "":
                self._sheet.write_string(self._row, place, told[:_LONGEST_CELL], self._text)
        self._row += 1

    @property
    def rows(self):
        return max(self._row - 1, 0)

    def close(self):
        self._book.close()
