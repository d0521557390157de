"""Sheets as bytes, for tests."""

import csv
import io
from datetime import date, datetime

import xlsxwriter

from city.rules import id_check_digit


def id_number(birth="19800101", order="123", area="330102"):
    body = f"{area}{birth}{order}"
    return body + id_check_digit(body)


def csv_bytes(headings, rows, encoding="utf-8-sig"):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def dict_sheet(*rows, encoding="utf-8-sig"):
    """A csv sheet of rows given as {heading: cell}."""
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    return csv_bytes(headings, [[row.get(heading, "") for heading in headings] for row in rows], encoding)


def xlsx_bytes(headings, rows, *, top=0, left=0, fill=None):
    """An xlsx sheet; `fill(book, sheet)` may add to it."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    day_format = book.add_format({"num_format": "yyyy-mm-dd"})
    for at, cells in enumerate([headings, *rows]):
        for place, cell in enumerate(cells):
            where = (top + at, left + place)
            if isinstance(cell, datetime | date):
                sheet.write_datetime(*where, cell, day_format)
            elif isinstance(cell, bool):
                sheet.write_boolean(*where, cell)
            elif isinstance(cell, int | float):
                sheet.write_number(*where, cell)
            elif cell != "":
                sheet.write_string(*where, cell)
    if fill:
        fill(book, sheet)
    book.close()
    return target.getvalue()
