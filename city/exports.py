"""Lists as files: made by a job, kept for a week, handed to whoever asked."""

import csv
import io

from django.utils import translation
from xlsxwriter import Workbook

from city.files import store
from city.jobs import enqueue, progress
from city.trail import acting, record_event

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


def as_csv(rows):
    """UTF-8 with a mark, so that Excel and WPS read it; a cell that would run as a formula is quoted."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        cells = [_text(cell) for cell in row]
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows):
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


WRITERS = {"xlsx": as_xlsx, "csv": as_csv}


def finish(run, rows, name):
    """Write the rows (the first is the heading), store the file, and tell where it is."""
    format_ = run.parameters.get("format", "xlsx")
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
