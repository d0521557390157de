import io

import pytest
from django.core.management import call_command
from openpyxl import load_workbook

from city.sheets.reader import opened
from city.sheets.registry import all_kinds
from city.sheets.writer import ErrorSheet, template

PAYLOADS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "|cmd", "＝1"]


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.name)
def test_a_template_is_a_sheet_of_its_kind(kind):
    data = template(kind)
    with opened(kind, data) as sheet:
        assert sheet.headings == kind.headings
        assert list(sheet.pieces()) == []
    assert len(load_workbook(io.BytesIO(data)).sheetnames) == 2


def test_the_error_sheet_holds_text_only():
    target = io.BytesIO()
    sheet = ErrorSheet(target)
    sheet.begin(["姓名", "错误原因", "备注"])
    for payload in PAYLOADS:
        sheet.add([payload, "旧", 330102197109291750.0], [("姓名", "坏"), ("", "整行")])
    sheet.close()
    assert sheet.rows == len(PAYLOADS)
    rows = list(load_workbook(target).active.iter_rows())
    assert [cell.value for cell in rows[0]] == ["姓名", "备注", "错误原因"]
    assert {cell.data_type for row in rows for cell in row} == {"s"}
    assert [row[0].value for row in rows[1:]] == PAYLOADS
    assert [cell.value for cell in rows[1][1:]] == ["3.30102E+17", "姓名：坏；整行"]


def test_the_page_about_sheets_is_up_to_date():
    call_command("describe_sheets", check=True)
