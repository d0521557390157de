from datetime import date, datetime, time
from decimal import Decimal

import pytest

from city.sheets import columns
from city.sheets.columns import CellError, shown
from tests.city.sheet_files import id_number

DAY = date(2026, 10, 31)


@pytest.mark.parametrize(
    "cell",
    [
        DAY,
        datetime.fromisoformat("2026-10-31T00:00"),
        "2026-10-31",
        "2026/10/31",
        "2026.10.31",
        "20261031",
        "2026年10月31日",
        "２０２６－１０－３１",
        " 2026 - 10 - 31",
        "2026-10-31 00:00:00",
        20261031.0,
    ],
)
def test_every_form_of_a_date_is_read(cell):
    assert columns.day(cell) == DAY


@pytest.mark.parametrize(
    "cell",
    ["2026-02-31", "31.10.2026", "46326", 46326.0, "2026-13-01", "1899-12-31", "2026", "昨天", time(3, 4), True],
)
def test_what_is_no_date_is_refused(cell):
    with pytest.raises(CellError):
        columns.day(cell)


@pytest.mark.parametrize(
    ("cell", "amount"),
    [("2490", "2490"), (2490.5, "2490.5"), ("1,234.50", "1234.5"), ("０", "0"), (2490.1000000000004, "2490.1")],
)
def test_money_has_two_decimals(cell, amount):
    assert columns.money(cell) == Decimal(amount)


@pytest.mark.parametrize("cell", ["-1", -0.01, "1.234", 1.005, "abc", "1,5", "NaN", "Infinity", DAY, "100000000"])
def test_what_is_no_money_is_refused(cell):
    with pytest.raises(CellError):
        columns.money(cell)


@pytest.mark.parametrize(("cell", "number"), [(12.0, 12), ("12", 12), ("１２", 12), ("0", 0)])
def test_whole_numbers(cell, number):
    assert columns.whole_number(1200)(cell) == number


@pytest.mark.parametrize("cell", [12.5, "-1", "十二", "1201"])
def test_what_is_no_whole_number_is_refused(cell):
    with pytest.raises(CellError):
        columns.whole_number(1200)(cell)


@pytest.mark.parametrize(
    ("cell", "number"), [("0012", "12"), (12.0, "12"), ("000", "0"), ("A-01", "A-01"), ("０１２", "12")]
)
def test_a_household_number_has_no_leading_zeros(cell, number):
    assert columns.household_number(cell) == number


@pytest.mark.parametrize("cell", ["330102001001", 330102001001.0, "３３０１０２００１００１", " 330102 001001 "])
def test_a_division_code_is_twelve_digits_however_written(cell):
    assert columns.division_code(cell) == "330102001001"


@pytest.mark.parametrize("cell", ["33010200100", "3301020010011", "33010200100A", DAY])
def test_another_division_code_is_refused(cell):
    with pytest.raises(CellError):
        columns.division_code(cell)


def test_an_id_number_is_normalised():
    number = id_number("19491231", "002")
    assert columns.id_number(f" {number[:6]} {number[6:].lower()}") == number
    assert columns.id_number("130503670401001") == "130503196704010016"


@pytest.mark.parametrize("cell", [330102197109291700.0, "330102197109291751", "330102197102301751", "12345", DAY])
def test_another_id_number_is_refused(cell):
    with pytest.raises(CellError):
        columns.id_number(cell)


def test_a_credit_code_is_checked():
    assert columns.credit_code("９１１１０１０８５５１３８５０８２q"[:18].upper()) == "91110108551385082Q"
    for cell in ["911101085513850820", 911101085513850820.0]:
        with pytest.raises(CellError):
            columns.credit_code(cell)


@pytest.mark.parametrize(("cell", "number"), [(13800138000.0, "13800138000"), ("0571-8888 8888", "0571-88888888")])
def test_a_phone_number(cell, number):
    assert columns.phone(cell) == number


@pytest.mark.parametrize("cell", ["123456", "1380013800a", "138001380001380013800", "13800138000、13800138001"])
def test_another_phone_number_is_refused(cell):
    with pytest.raises(CellError):
        columns.phone(cell)


@pytest.mark.parametrize(("cell", "answer"), [("是", True), (" 否", False), ("TRUE", True), ("FALSE", False)])
def test_yes_and_no(cell, answer):
    assert columns.yes_no(cell) is answer


@pytest.mark.parametrize("cell", ["有", "Y", "1", 1.0])
def test_another_answer_is_refused(cell):
    with pytest.raises(CellError):
        columns.yes_no(cell)


def test_several_words_have_any_separator_and_count_once():
    parse = columns.several({"4050": "age", "残疾": "disabled", "其他": "other"})
    assert parse("4050、残疾，其他；残疾 ") == ("age", "disabled", "other")
    assert parse(4050.0) == ("age",)
    with pytest.raises(CellError):
        parse("4050、无")


@pytest.mark.parametrize(
    ("cell", "name"),
    [("张 三", "张三"), ("张　三", "张三"), ("买买提•吐尔逊", "买买提·吐尔逊"), ("John  Smith", "John Smith")],
)
def test_names_are_normalised(cell, name):
    assert columns.person_name(cell) == name


@pytest.mark.parametrize("cell", ["张3", 12.0, "张\x00三", "#N/A", "张" * 61])
def test_another_name_is_refused(cell):
    with pytest.raises(CellError):
        columns.person_name(cell)


def test_a_number_past_fifteen_digits_is_not_shown_as_if_it_were_whole():
    assert shown(330102197109291750.0) == "3.30102E+17"
    assert [shown(cell) for cell in (12.0, 1.5, DAY, "", None)] == ["12", "1.5", "2026-10-31", "", ""]
