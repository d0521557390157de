"""The row of the exports: a list of persons as a sheet, against XlsxWriter writing the same cells."""

import io
import time

from python_calamine import load_workbook
from xlsxwriter import Workbook

from city import files
from city.choices import AreaLevel, Role
from city.models import Area, Posting, Run, StoredFile
from reports.services.exports import export_listing


def measure(on):
    city = Area.objects.get(level=AreaLevel.CITY)
    run = Run.objects.create(
        job="export_listing",
        posting=Posting.objects.filter(role=Role.CITY_OFFICE).first(),
        parameters={
            "area": city.code, "indicator": "employment_rate", "part": "denominator", "on": on.isoformat(),
            "format": "xlsx", "language": "zh-hans",
        },
    )  # fmt: skip
    started = time.perf_counter()
    result = export_listing(run)
    export = time.perf_counter() - started
    stored = StoredFile.objects.get(stored_as=result["file"])
    rows = load_workbook(io.BytesIO(files.read(stored))).get_sheet_by_index(0).to_python()
    files.discard(stored)
    started = time.perf_counter()
    with Workbook(io.BytesIO(), {"constant_memory": True, "in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    yield f"export of {len(rows) - 1} rows to xlsx", export, time.perf_counter() - started, 1.5
