"""Lists and boards as files: made by a job, kept for a week, handed to whoever asked. Numbers stay masked."""

import csv
import io
from datetime import date

from django.utils import translation
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from city.choices import AreaLevel
from city.ciphers import mask_number
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
CHUNK = 2_000
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")


def ask_for(name, request, parameters):
    """Note the export in the trail and start its job; returns the run whose page shows progress and the file."""
    record_event("export", request=request, details={"job": name, **parameters})
    return enqueue(name, posting=request.posting, parameters=parameters | {"language": translation.get_language()})


def _text(value):
    return "" if value is None else str(value)


def _as_csv(rows):
    """UTF-8 with a mark, so that Excel and WPS read it; a cell that would run as a formula is quoted."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        cells = [_text(cell) for cell in row]
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def _as_xlsx(rows):
    """Counts stay numbers; everything else is written as text, never as a formula or a link."""
    buffer = io.BytesIO()
    with Workbook(buffer, {"constant_memory": True, "in_memory": True}) as book:
        sheet = book.add_worksheet()
        heading = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 20, 18)
        for number, row in enumerate(rows):
            style = heading if number == 0 else None
            for place, value in enumerate(row):
                if type(value) is int:
                    sheet.write_number(number, place, value, style)
                elif value is not None:
                    sheet.write_string(number, place, str(value), style)
    return buffer.getvalue()


WRITERS = {"xlsx": _as_xlsx, "csv": _as_csv}


def _finish(run, rows, name):
    """Write the rows (the first is the heading), store the file, and tell where it is."""
    format_ = run.parameters["format"]
    counted = 0

    def counting():
        nonlocal counted
        for counted, row in enumerate(rows):
            if counted % CHUNK == 0:
                progress(run, counted)
            yield row

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


_PERSON = (
    "resident__name", "resident__id_number", "household__number", "community__name", "community__code",
    "state", "state_since", "spell__inactive_reason", "confirmed_on",
)  # fmt: skip


def _listing_rows(area, asked):
    key, part, on = asked["indicator"], asked["part"], date.fromisoformat(asked["on"])
    rows = explain.listing(area, on, key, part)
    place = [_("Household"), _("Community"), _("Community code"), _("Reason")]
    if rows.model is LedgerSpan:
        yield [_("Name"), _("ID number"), *place]
        # Plain values: a list may hold every person of a city.
        why = explain.person_reasons(part)
        for name, number, household, community, code, *span in rows.values_list(*_PERSON).iterator(CHUNK):
            yield [name, mask_number(number), household, community, code, why(*span)]
        return
    yield place
    for row in rows.iterator(chunk_size=CHUNK):
        household = getattr(row, "household", row)
        yield [household.number, household.community.name, household.community.code, explain.reason(row, part)]


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
