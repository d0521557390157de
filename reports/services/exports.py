"""Lists and boards as files: made by a job, kept for a week, handed to whoever asked. Numbers stay masked."""

import csv
import io
from datetime import date

from django.utils import translation
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from city.choices import AreaLevel
from city.files import store
from city.jobs import enqueue, job, progress
from city.models import Area
from city.trail import acting, record_event
from households.models import LedgerSpan
from reports.board import ORDER, board_rows, statuses_of
from reports.indicators import INDICATORS
from reports.services import explain
from reports.templatetags.figures import percent

KEPT_DAYS = 7
CHUNK = 1_000
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def ask_for(name, request, parameters):
    """Note the export in the trail and start its job; returns the run whose page shows progress and the file."""
    record_event("export", request=request, details={"job": name, **parameters})
    return enqueue(name, posting=request.posting, parameters=parameters | {"language": translation.get_language()})


def _as_csv(rows):
    """UTF-8 with a mark, so that Excel and WPS read it; a cell that would run as a formula is quoted."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow(
            [f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell for cell in row]
        )
    return text.getvalue().encode("utf-8-sig")


def _as_xlsx(rows):
    buffer = io.BytesIO()
    options = {"constant_memory": True, "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(buffer, options) as book:
        sheet = book.add_worksheet()
        heading = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 20, 18)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row, None if number else heading)
    return buffer.getvalue()


WRITERS = {"xlsx": _as_xlsx, "csv": _as_csv}


def _cell(value):
    """Counts stay numbers; dates, choices and translations become text."""
    return value if isinstance(value, int) else "" if value is None else str(value)


def _finish(run, rows, name):
    """Write the rows (the first is the heading), store the file, and tell where it is."""
    format_ = run.parameters["format"]
    counted = 0

    def counting():
        nonlocal counted
        for counted, row in enumerate(rows):
            if counted % CHUNK == 0:
                progress(run, counted)
            yield [_cell(cell) for cell in row]

    content = WRITERS[format_](counting())
    with acting(posting=run.posting, reason="export"):
        stored = store(
            f"{name}.{format_}", content, content_type=TYPES[format_], posting=run.posting, keep_days=KEPT_DAYS
        )
    progress(run, counted, counted)
    return {"file": str(stored.stored_as), "name": stored.name, "rows": counted}


@job("export_listing")
def export_listing(run):
    """The persons, households or episodes behind one part of one figure, as the ledger has them now."""
    asked = run.parameters
    area = Area.objects.visible_to(run.posting).get(code=asked["area"])
    with translation.override(asked.get("language")):
        return _finish(run, _listing_rows(area, asked), f"{asked['indicator']}-{asked['part']}-{asked['on']}")


def _listing_rows(area, asked):
    key, part, on = asked["indicator"], asked["part"], date.fromisoformat(asked["on"])
    rows = explain.listing(area, on, key, part)
    of_persons = rows.model is LedgerSpan
    person = [_("Name"), _("ID number")] if of_persons else []
    yield [*person, _("Household"), _("Community"), _("Community code"), _("Reason")]
    for row in rows.iterator(chunk_size=CHUNK):
        household = getattr(row, "household", row)
        community = row.community if of_persons else household.community
        person = [row.resident.name, row.resident.masked_number] if of_persons else []
        yield [*person, household.number, community.name, community.code, explain.reason(row, part, on)]


@job("export_board")
def export_board(run):
    """What the board showed, all pages of it."""
    asked = run.parameters
    with translation.override(asked.get("language")):
        return _finish(run, _board_rows(run.posting, asked), f"status-{asked['on']}")


def _board_rows(posting, asked):
    area = Area.objects.visible_to(posting).get(code=asked["area"]) if asked.get("area") else None
    indicator = asked.get("indicator")
    statuses = statuses_of(
        posting, date.fromisoformat(asked["on"]), area=area, verdict=asked.get("verdict"), indicator=indicator
    )
    figures = [indicator] if indicator else list(INDICATORS)
    yield [
        _("District"), _("Street"), _("Community"), _("Community code"), _("Day"), _("Verdict"),
        *[heading for key in figures for heading in _figure_headings(key)], _("What stands in the way"),
    ]  # fmt: skip
    for row in board_rows(list(statuses.order_by(*ORDER[asked["sort"]]))):
        street = row.area.parent
        yield [
            street.parent.name if street.parent.level == AreaLevel.DISTRICT else "",
            street.name,
            row.area.name,
            row.area.code,
            row.status.on,
            row.status.get_verdict_display() if row.status.verdict else "",
            *[cell for key in figures for cell in _figure_cells(key, row.status.figures.get(key))],
            "; ".join(str(words or label) for label, words, _verdict in row.obstacles),
        ]


def _figure_headings(key):
    label = str(INDICATORS[key].label)
    return [label, _("%(figure)s, percent") % {"figure": label}] if INDICATORS[key].is_ratio else [label]


def _figure_cells(key, figure):
    numerator, denominator = figure or (None, None)
    if not INDICATORS[key].is_ratio:
        return [numerator]
    return ["" if numerator is None else f"{numerator}/{denominator}", percent(numerator, denominator)]
