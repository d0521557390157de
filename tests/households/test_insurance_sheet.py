import random
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from city.choices import SheetState
from city.ciphers import keyed_hash
from city.models import SheetImport
from city.services import sheet_imports
from city.sheets.columns import CellError
from city.sheets.reader import SheetRefused
from city.sheets.registry import kind_named
from city.trail import acting
from households.models import InsuranceMonth
from households.sheets.insurance import month
from tests.city.sheet_files import csv_bytes, id_number, xlsx_bytes
from tests.households.sheet_runs import refused_columns, run, told

pytestmark = pytest.mark.django_db
CODE = "91330100MA27XF6J85"
ROW = {
    "身份证号": id_number(),
    "参保月份": "2026-02",
    "单位名称": "甲公司",
    "险种": "养老",
    "缴费基数": "4812.00",
}
HEADINGS = ["身份证号", "参保月份", "单位名称", "统一社会信用代码", "险种", "缴费基数"]


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to("2026-03-15 09:00:00+08:00", tick=False)


def stored():
    rows = InsuranceMonth.objects.order_by("month", "id_hash", "credit_code")
    return list(rows.values_list("id_hash", "month", "credit_code", "employer_name", "kinds", "base"))


def test_a_month_is_kept_by_hash_also_of_a_person_nobody_knows():
    assert told(run("insurance", ROW)) == (1, 0, 0)
    assert stored() == [(keyed_hash(id_number()), date(2026, 2, 1), "", "甲公司", "养老", Decimal("4812.00"))]


def test_the_same_file_twice_changes_nothing():
    rows = [ROW, {**ROW, "身份证号": id_number("19900101")}, {**ROW, "参保月份": "2026-01"}]
    run("insurance", *rows)
    before = stored()
    assert told(run("insurance", *rows)) == (0, 3, 0)
    assert stored() == before


def test_a_dry_run_counts_and_writes_nothing():
    run("insurance", ROW)
    rows = [{**ROW, "缴费基数": "5000"}, {**ROW, "参保月份": "2026-01"}, {**ROW, "参保月份": "x"}]
    assert told(run("insurance", *rows, write=False)) == (2, 0, 1)
    assert [row[-1] for row in stored()] == [Decimal("4812.00")]


def test_other_details_under_the_same_key_correct_and_empty_cells_leave_them():
    run("insurance", ROW)
    assert told(run("insurance", {**ROW, "缴费基数": "5000", "险种": "", "单位名称": ""})) == (1, 0, 0)
    assert stored()[0][3:] == ("甲公司", "养老", Decimal("5000.00"))
    assert told(run("insurance", {**ROW, "缴费基数": "", "单位名称": "乙公司"})) == (1, 0, 0)
    assert stored()[0][3:] == ("乙公司", "养老", Decimal("5000.00"))


def test_rows_of_one_person_month_and_employer_are_one_whatever_their_order():
    rows = [
        {**ROW, "险种": "养老", "缴费基数": "4812"},
        {**ROW, "险种": "失业、工伤", "缴费基数": "5100"},
        {**ROW, "险种": "养老", "缴费基数": "", "单位名称": ""},
        {**ROW, "统一社会信用代码": CODE, "险种": "医疗"},
    ]
    assert told(run("insurance", *rows)) == (4, 0, 0)
    first = stored()
    assert [row[2:] for row in first] == [
        ("", "甲公司", "养老、失业、工伤", Decimal("5100.00")),
        (CODE, "甲公司", "医疗", Decimal("4812.00")),
    ]
    assert told(run("insurance", *reversed(rows))) == (0, 4, 0)
    assert stored() == first


@pytest.mark.parametrize(
    "cell",
    [
        *("2026-02", "2026/2", "2026.02", "202602", "２０２６年２月", "2026年02月份", "2026-02-28", "20260201"),
        *(202602.0, date(2026, 2, 14)),
    ],
)
def test_a_month_is_read_however_offices_write_it(cell):
    assert month(cell) == date(2026, 2, 1)


@pytest.mark.parametrize("cell", ["2026", "2026-13", "2026-00", "二月", "02-2026", "1899-12", 20260, "2026-2-30"])
def test_what_is_no_month_is_refused(cell):
    with pytest.raises(CellError):
        month(cell)


def test_an_excel_date_stands_for_its_month_and_columns_may_stand_in_any_order():
    rows = [[4812.5, date(2026, 2, 20), "养老", id_number(), "甲公司"]]
    data = xlsx_bytes(["缴费基数", "参保月份", "险种", "身份证号", "单位名称"], rows)
    assert told(run("insurance", data=data)) == (1, 0, 0)
    assert stored()[0][1:] == (date(2026, 2, 1), "", "甲公司", "养老", Decimal("4812.50"))


@pytest.mark.parametrize(("cell", "outcome"), [("2026-03", (1, 0, 0)), ("2026-04", (0, 0, 1))])
def test_this_month_may_be_told_the_next_may_not(cell, outcome):
    assert told(run("insurance", {**ROW, "参保月份": cell})) == outcome


def test_every_error_of_a_row_is_told_at_once():
    bad = {
        "身份证号": "330102198001011234",
        "参保月份": "2026-04",
        "单位名称": "长" * 121,
        "统一社会信用代码": "91330100",
        "险种": "",
        "缴费基数": "-1",
    }
    result = run("insurance", ROW, bad)
    assert told(result) == (1, 0, 1)
    assert refused_columns(result) == {
        (3, name) for name in ("身份证号", "参保月份", "单位名称", "统一社会信用代码", "缴费基数")
    }


def dirty(generator, number):
    """A row that is good four times out of five; and what must become of it."""
    good = [
        id_number("19800101", f"{number % 1000:03}", f"{330100 + number // 1000}"),
        "2026-02",
        "甲",
        "",
        "养老",
        "4000",
    ]
    spoil = {
        0: (0, "330102198001011234"),
        1: (1, "2026-02-30"),
        2: (3, "X" * 18),
        3: (5, "3.141"),
        4: (0, ""),
        5: (1, "2027-01"),
    }
    if generator.random() < 0.8:
        if generator.random() < 0.3:
            good[0] = f" {good[0].lower()} "
        return good, True
    place, cell = spoil[generator.randrange(len(spoil))]
    good[place] = cell
    return good, False


def test_of_ten_thousand_dirty_rows_none_is_lost():
    generator = random.Random(7)
    rows = [dirty(generator, number) for number in range(10_000)]
    data = csv_bytes(HEADINGS, [cells for cells, _good in rows], encoding="gb18030")
    result = run("insurance", data=data)
    good = sum(is_good for _cells, is_good in rows)
    assert told(result) == (good, 0, 10_000 - good)
    assert InsuranceMonth.objects.count() == good
    assert {error["row"] for error in result.errors} == {
        place for place, (_cells, is_good) in enumerate(rows, 2) if not is_good
    }
    assert told(run("insurance", data=data)) == (0, good, 10_000 - good)


@pytest.mark.parametrize("rows", [1, 300])
def test_the_statements_do_not_grow_with_the_file(rows):
    data = csv_bytes(HEADINGS, [[id_number("19800101", f"{n:03}"), "2026-02", "甲", "", "", ""] for n in range(rows)])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        run("insurance", data=data)
    written = [query["sql"] for query in queries if "insurancemonth" in query["sql"] and "staged" in query["sql"]]
    assert len(written) <= 9


def imported(*rows):
    kind = kind_named("insurance")
    result = sheet_imports.import_now(kind, csv_bytes(HEADINGS, rows), on=date(2026, 3, 15))
    return result, SheetImport.objects.latest("pk")


def undone(sheet):
    with acting(reason="test"):
        sheet_imports.undo(sheet_id=sheet.pk, posting=None)
    sheet.refresh_from_db()
    return sheet.state


def cells(number, base="4000"):
    return [id_number("19800101", number), "2026-02", "甲", "", "养老", base]


def test_an_undone_sheet_takes_its_rows_along_and_puts_back_what_it_corrected(django_capture_on_commit_callbacks):
    imported(cells("001"), cells("003"))
    before = stored()
    _result, second = imported(cells("001", "5000"), cells("005"))
    with django_capture_on_commit_callbacks(execute=True):
        undone(second)
    second.refresh_from_db()
    assert second.state == SheetState.UNDONE
    assert stored() == before


def test_a_sheet_corrected_by_a_later_one_is_not_undone(django_capture_on_commit_callbacks):
    _result, first = imported(cells("001"), cells("003"))
    imported(cells("001", "5000"))
    before = stored()
    with django_capture_on_commit_callbacks(execute=True):
        undone(first)
    first.refresh_from_db()
    assert first.state == SheetState.COMMITTED
    assert first.summary["undo_refused"]
    assert stored() == before


def test_a_file_of_this_kind_may_hold_more_than_others(settings):
    settings.SHEET_MAX_ROWS = 2
    assert told(run("insurance", *[{**ROW, "身份证号": id_number(order=f"{n:03}")} for n in range(5)])) == (5, 0, 0)
    with pytest.raises(SheetRefused):
        run("outside_facts", *[{"身份证号": "1", "种类": "死亡", "起始日期": "1"}] * 3)
