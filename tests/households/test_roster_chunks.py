"""A roster is looked up, decided and written chunk by chunk, each while the last is under way: nobody can tell."""

from dataclasses import replace

import pytest

from city.choices import AreaLevel
from city.digests import digests
from city.models import Area, Employer
from city.sheets import pipeline
from city.sheets.registry import Terms, kind_named
from city.trail import acting
from households import ledger
from households.models import Household, LowIncomeStatus, Resident
from tests.city.factories import AreaFactory
from tests.city.sheet_files import dict_sheet, id_number
from tests.households.sheet_runs import CODE, DAY, person, refused_columns, run, told

pytestmark = pytest.mark.django_db

CODE_OF_FIRM = "91110108551385082Q"


@pytest.fixture(autouse=True)
def community():
    return AreaFactory(community=True, code=CODE)


@pytest.fixture(params=[1, 2, 3, 100])
def roster(request, monkeypatch):
    """Reads a sheet in chunks of so many rows."""
    monkeypatch.setattr("city.sheets.cells.PIECE", 1)
    kind = replace(kind_named("roster"), chunk=request.param)

    def roster(*rows, write=True):
        with acting(reason="test"):
            return pipeline.run(kind, dict_sheet(*rows), Terms(DAY, None, write))

    return roster


def member(order, **cells):
    return person(身份证号=id_number("19800101", f"{order:03d}"), 姓名=f"王{'甲乙丙丁戊己庚辛'[order % 8]}", **cells)


def test_a_household_and_what_later_rows_tell_of_it_are_one(roster):
    result = roster(
        member(1),
        member(2, 住址="1号楼", 网格="东"),
        member(3, 住址="2号楼", 低保="是"),
        member(4, 低保="否"),
        member(5, 户号="2", 网格="东"),
        member(6, 户号="2", 网格="西"),
    )
    assert told(result) == (5, 0, 1)
    assert refused_columns(result) == {(5, "低保")}
    homes = Household.objects.order_by("number").values_list("number", "address", "grid__name")
    assert list(homes) == [("1", "1号楼", "东"), ("2", "", "东")]
    assert LowIncomeStatus.objects.count() == 1
    assert Area.objects.filter(level=AreaLevel.GRID).count() == 1
    assert ledger.check() == {"persons": 5, "differ": 0}


def test_an_employer_new_in_every_row_is_one_and_keeps_its_first_name(roster):
    job = {"就业状态": "就业", "状态起始日期": "2025-01-01", "统一社会信用代码": CODE_OF_FIRM}
    result = roster(*(member(order, **job, 就业单位=f"第{order}名") for order in range(1, 6)))
    assert told(result) == (5, 0, 0)
    assert list(Employer.objects.values_list("name", flat=True)) == ["第1名"]


def test_a_number_repeated_far_below_is_refused(roster):
    result = roster(member(1), member(2), member(3), member(1))
    assert refused_columns(result) == {(5, "身份证号")}
    assert Resident.objects.count() == 3


def test_a_household_whose_first_rows_are_refused_counts_from_the_first_accepted(roster):
    bad = {"离开日期": "2026-01-01"}
    result = roster(member(1, 住址="错", **bad), member(2, 住址="错", **bad), member(3, 住址="对"))
    assert told(result) == (1, 0, 2)
    assert Household.objects.get().address == "对"


def test_the_same_sheet_again_and_its_dry_run_change_nothing(roster):
    rows = [
        member(order, 户号=str(order // 2), 住址=f"{order // 2}号", 联系电话=f"139{order:08d}")
        for order in range(1, 8)
    ]
    assert told(roster(*rows, write=False)) == (7, 0, 0)
    assert Resident.objects.count() == 0
    roster(*rows)
    before = digests()
    assert told(roster(*rows, write=False)) == (0, 7, 0)
    assert told(roster(*rows)) == (0, 7, 0)
    assert digests() == before


def test_persons_known_and_new_side_by_side_have_the_spans_of_a_rebuild(roster):
    run("roster", member(1), member(2), member(3))
    state = {"就业状态": "失业", "状态起始日期": "2025-06-01"}
    result = roster(*(member(order, 户号="9", **state) for order in range(1, 7)))
    assert told(result) == (6, 0, 0)
    assert ledger.check() == {"persons": 6, "differ": 0}
    assert set(Resident.objects.values_list("community__code", flat=True)) == {CODE}
