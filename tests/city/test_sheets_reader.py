import io
import struct
import sys
import zipfile

import pytest
from django.conf import settings

from city.sheets.columns import Column, division_code, id_number_column, text
from city.sheets.reader import SheetRefused
from city.sheets.reader import opened as open_sheet
from city.sheets.registry import SheetKind
from tests.city.sheet_files import csv_bytes, xlsx_bytes

KIND = SheetKind(
    name="tried",
    title="Tried",
    columns=(
        Column("区划代码", division_code, required=True),
        Column("名称", text(20), required=True),
        id_number_column(),
    ),
    key="区划代码",
    permission="city.import_sheets",
    plan=None,
)
HEADINGS = ["区划代码", "名称", "身份证号"]
ROW = ["330100000000", "试点市", ""]


def read(data):
    with open_sheet(KIND, data) as sheet:
        return sheet, [row for piece in sheet.pieces() for row in piece]


def refusal(data):
    with pytest.raises(SheetRefused) as refused:
        read(data)
    return refused.value.key


def repacked(data, **changed):
    """The xlsx with parts added or replaced; a function gets the part as it was."""
    target = io.BytesIO()
    changed = {name.replace("__", "/"): part for name, part in changed.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            part = changed.pop(name, source.read(name))
            archive.writestr(name, part(source.read(name)) if callable(part) else part)
        for name, part in changed.items():
            archive.writestr(name, part)
    return target.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_every_encoding_of_the_contract(encoding):
    sheet, rows = read(csv_bytes(HEADINGS, [ROW], encoding))
    assert (sheet.places, rows) == ([0, 1, 2], [(2, ROW, None)])


def test_another_encoding_is_refused():
    assert refusal(csv_bytes(HEADINGS, [ROW], "utf-16")) == "type"
    assert refusal(b"\xff\xff\xff\xff,\xff") == "encoding"


def test_rows_are_numbered_as_excel_numbers_them_in_csv():
    data = csv_bytes(["表", ""], [["", ""], HEADINGS, ["", "", ""], ["330100000000", "两\n行", ""], ROW])
    sheet, rows = read(data)
    assert sheet.heading_row == 3
    assert [row[0] for row in rows] == [5, 6]


@pytest.mark.parametrize(("top", "left"), [(0, 0), (3, 0), (0, 2), (5, 4)])
def test_rows_are_numbered_as_excel_numbers_them_in_xlsx(top, left):
    data = xlsx_bytes(HEADINGS, [ROW, ["", "", ""], ROW], top=top, left=left)
    sheet, rows = read(data)
    assert sheet.heading_row == top + 1
    assert [row[0] for row in rows] == [top + 2, top + 4]
    assert [rows[0][1][place] for place in sheet.places] == ROW


def test_columns_stand_in_any_order_and_unknown_ones_are_told():
    sheet, _rows = read(csv_bytes(["名称*", "备用", "区 划 代 码", "错误原因", "备用"], [["x", "", "1", "", ""]]))
    assert sheet.places == [2, 0, None]
    assert sheet.unknown == ["备用"]


@pytest.mark.parametrize(
    ("headings", "key", "named"),
    [(["名称"], "heading", "区划代码"), (["区划代码"], "column", "名称"), ([*HEADINGS, "名称"], "twice", "名称")],
)
def test_a_column_that_is_missing_or_stands_twice_fails_the_file_with_its_name(headings, key, named):
    with pytest.raises(SheetRefused) as refused:
        read(csv_bytes(headings, [ROW]))
    assert refused.value.key == key
    assert named in str(refused.value)


def test_formulas_and_error_cells_are_marked_where_they_stand():
    def fill(book, sheet):
        sheet.write_formula(3, 4, '="330102197109291750"', None, "330102197109291750")
        sheet.write_formula(3, 3, "=NA()", None, "#N/A")

    _sheet, rows = read(xlsx_bytes(HEADINGS, [ROW, ROW], top=1, left=2, fill=fill))
    assert [row[2] for row in rows] == [None, {1: "error", 2: "formula"}]


def test_the_sheet_that_holds_the_key_column_is_read_and_hidden_ones_are_not():
    def fill(book, sheet):
        sheet.hide()
        book.add_worksheet("封面").write_string(0, 0, "说明")
        second = book.add_worksheet("数据")
        second.activate()
        second.set_first_sheet()
        second.write_row(0, 0, HEADINGS)
        second.write_row(1, 0, ["330100000000", "第二张"])

    _sheet, rows = read(xlsx_bytes(HEADINGS, [ROW], fill=fill))
    assert rows == [(2, ["330100000000", "第二张", ""], None)]


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"xl__vbaProject.bin": b"x"}, "macros"),
        ({"[Content_Types].xml": lambda part: part.replace(b"sheet.main", b"sheet.macroEnabled.main")}, "macros"),
        ({"xl__externalLinks__externalLink1.xml": b"<x/>"}, "links"),
        ({"xl__embeddings__a.zip": b"x"}, "nested"),
        ({"xl__media__a.png": b"PK\x03\x04"}, "nested"),
        ({"xl__styles.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}, "type"),
        ({"xl__worksheets__sheet1.xml": b"<worksheet" + b" " * 90_000_000}, "bomb"),
        ({f"xl__media__{number}.png": b"x" for number in range(1_001)}, "bomb"),
    ],
)
def test_a_hostile_workbook_is_refused(changed, key):
    assert refusal(repacked(xlsx_bytes(HEADINGS, [ROW]), **changed)) == key


def test_a_part_larger_than_its_directory_says_is_a_bomb():
    data = bytearray(repacked(xlsx_bytes(HEADINGS, [ROW]), xl__media__a=b"x" * 5_000))
    at = data.index(b"PK\x01\x02", data.index(b"xl/media/a"))
    while data[at + 46 : at + 56] != b"xl/media/a":
        at = data.index(b"PK\x01\x02", at + 1)
    struct.pack_into("<L", data, at + 24, 10)
    assert refusal(bytes(data)) == "bomb"


@pytest.mark.parametrize("where", [(1_048_575, 1), (300_000, 80), (0, 16_383)])
def test_cells_far_outside_the_table_are_refused_and_take_no_memory(where):
    data = xlsx_bytes(HEADINGS, [ROW], fill=lambda book, sheet: sheet.write_string(*where, "x"))
    assert refusal(data) == "scattered"


def test_a_million_empty_rows_are_no_rows():
    def fill(book, sheet):
        for row in range(2, 20_000):
            sheet.set_row(row, 20)

    _sheet, rows = read(xlsx_bytes(HEADINGS, [ROW], fill=fill))
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "empty"),
        (b"MZ\x90 exe", "type"),
        (b"<html><table>", "type"),
        (b"%PDF-1.7", "type"),
        (b"PK\x03\x04 not a zip", "unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 not a workbook", "unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), "macros"),
    ],
)
def test_what_is_no_sheet_is_refused(data, key):
    assert refusal(data) == key


def test_a_zip_that_is_no_workbook_is_refused():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("content.xml", "<ods/>")
    assert refusal(target.getvalue()) == "type"


def test_size_and_rows_have_their_limits(settings):
    settings.SHEET_MAX_ROWS = 2
    assert len(read(csv_bytes(HEADINGS, [ROW, ["", "", ""], ROW]))[1]) == 2
    assert refusal(csv_bytes(HEADINGS, [ROW] * 3)) == "rows"
    settings.SHEET_MAX_BYTES = 10
    assert refusal(csv_bytes(HEADINGS, [ROW])) == "size"


def test_a_reading_process_that_dies_is_told_as_a_sheet_that_is_too_large(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert refusal(xlsx_bytes(HEADINGS, [ROW])) == "scattered"


def test_the_limits_are_those_of_the_settings():
    assert settings.SHEET_MAX_UNPACKED == 200 * 1024 * 1024
    assert settings.SHEET_MAX_ROWS == 200_000
