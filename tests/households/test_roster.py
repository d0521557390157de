import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from city.choices import AreaLevel
from city.ciphers import keyed_hash
from city.models import Area, Employer
from households import ledger
from households.models import (
    HardshipCertification,
    Household,
    LabourSpell,
    LedgerSpan,
    LowIncomeStatus,
    Membership,
    Resident,
    UnemploymentRegistration,
)
from tests.city.factories import AreaFactory
from tests.city.sheet_files import id_number
from tests.households.sheet_runs import CODE, DAY, person, refused_columns, run, told

pytestmark = pytest.mark.django_db

NUMBER = id_number("19800101", "124")
OTHER = id_number("19850505", "137")
JOB = {"就业状态": "就业", "状态起始日期": "2025-01-01"}


@pytest.fixture(autouse=True)
def community():
    return AreaFactory(community=True, code=CODE)


def roster(*rows, **options):
    return run("roster", *rows, **options)


def points(model, *names):
    return list(model.objects.order_by("started_on").values_list(*names))


def test_a_new_person_lives_there_from_birth_and_everything_said_is_kept():
    result = roster(
        person(
            **JOB,
            就业渠道="单位就业",
            就业单位="某厂",
            统一社会信用代码="91110108551385082Q",
            合同月数=12,
            月收入="2490.50",
            参保="是",
            信息来源="入户",
            核实日期="2026-03-01",
            网格="第一网格",
            住址="1号楼",
            联系电话="13800138000",
            低保="是",
            失地农民="是",
            征地日期="2010-05-01",
            女性退休类别="55",
            困难类型="4050、残疾",
            困难认定日期="2025-06-01",
            失业登记日期="2024-12-01",
            户籍性质="农村",
            文化程度="大专",
        )
    )
    assert told(result) == (1, 0, 0)
    resident = Resident.objects.get()
    assert (resident.id_number, resident.id_hash) == (NUMBER, keyed_hash(NUMBER))
    assert (resident.name, resident.initials, resident.sex, resident.birth_date) == (
        "王芳",
        "WF",
        "female",
        date(1980, 1, 1),
    )
    assert (resident.phone, resident.hukou, resident.education) == ("13800138000", "rural", "college")
    assert (resident.landless, resident.land_acquired_on) == (True, date(2010, 5, 1))
    assert (resident.female_retirement_age, resident.works_from) == (55, date(1996, 1, 1))
    household = Household.objects.get()
    assert (household.number, household.address, household.grid.name) == ("1", "1号楼", "第一网格")
    assert household.grid.path == f"{household.community.path}{household.grid_id}/"
    assert points(Membership, "started_on", "household", "relation") == [(date(1980, 1, 1), household.pk, "head")]
    assert points(LowIncomeStatus, "started_on", "low_income") == [(DAY, True)]
    spell = LabourSpell.objects.get()
    assert (spell.state, spell.channel, spell.employer, spell.employer_name) == (
        1,
        "employer",
        Employer.objects.get(),
        "某厂",
    )
    assert (spell.contract_months, spell.monthly_income, spell.insured) == (12, Decimal("2490.50"), True)
    assert (spell.source, spell.confirmed_on) == ("visit", date(2026, 3, 1))
    assert UnemploymentRegistration.objects.get().registered_on == date(2024, 12, 1)
    assert set(HardshipCertification.objects.values_list("category", "certified_on")) == {
        ("age_4050", date(2025, 6, 1)),
        ("disabled", date(2025, 6, 1)),
    }
    assert LedgerSpan.objects.filter(state=1, household=household).exists()
    assert ledger.check() == {"persons": 1, "differ": 0}
    assert told(roster(person(**JOB, 联系电话="13800138000", 困难类型="残疾", 困难认定日期="2025-06-01"))) == (0, 1, 0)


def test_the_same_number_again_in_a_file_and_a_known_one_under_another_name_are_refused():
    result = roster(person(), person(身份证号=OTHER, 姓名="李强"), person(身份证号=NUMBER.lower(), 姓名="别人"))
    assert told(result) == (2, 0, 1)
    assert "2" in result.errors[0]["message"]
    assert refused_columns(result) == {(4, "身份证号")}
    assert refused_columns(roster(person(姓名="别人"))) == {(2, "姓名")}


def test_every_error_of_a_row_comes_back_at_once():
    result = roster(
        person(
            社区代码="330102009009",
            姓名="",
            联系电话="1",
            就业状态="就业",
            困难类型="残疾",
            月收入="1.234",
            离开日期="2026-01-01",
        )
    )
    assert refused_columns(result) == {
        (2, column)
        for column in ("社区代码", "姓名", "联系电话", "状态起始日期", "困难认定日期", "月收入", "离开原因")
    }
    assert not Resident.objects.exists()
    assert not Household.objects.exists()


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"社区代码": "330100000000"}, "社区代码"),
        ({"身份证号": id_number("20260401", "124")}, "身份证号"),
        ({"就业状态": "就业", "状态起始日期": "1980-01-01"}, "状态起始日期"),
        ({"离开原因": "迁出"}, "离开日期"),
        ({"离开日期": "1980-01-01", "离开原因": "死亡"}, "离开日期"),
        ({"失业登记日期": "1979-12-31"}, "失业登记日期"),
        ({"失业登记日期": "2025-01-01", **JOB}, "失业登记日期"),
        ({"失业登记日期": "2025-02-01", **JOB, "就业状态": "不在业"}, "失业登记日期"),
        ({"就业状态": "在职", "状态起始日期": "2025-01-01"}, "就业状态"),
    ],
)
def test_a_row_that_cannot_be_is_refused(cells, column):
    AreaFactory(code="330100000000")
    assert refused_columns(roster(person(**cells))) == {(2, column)}


@pytest.mark.parametrize(
    "cells", [{"失业登记日期": "2025-02-01", **JOB, "就业状态": "失业"}, {"状态起始日期": "2025-01-01"}]
)
def test_what_only_looks_wrong_is_taken(cells):
    assert told(roster(person(**cells))) == (1, 0, 0)


@pytest.mark.parametrize(
    ("state", "start", "accepted", "spells"),
    [
        ("失业", "2025-06-01", True, [(1, date(2025, 1, 1)), (2, date(2025, 6, 1))]),
        ("就业", "2025-06-01", True, [(1, date(2025, 1, 1)), (1, date(2025, 6, 1))]),
        ("就业", "2026-12-01", True, [(1, date(2025, 1, 1)), (1, date(2026, 12, 1))]),
        ("失业", "2025-01-01", False, [(1, date(2025, 1, 1))]),
        ("就业", "2024-12-31", False, [(1, date(2025, 1, 1))]),
    ],
)
def test_a_state_meets_the_latest_one(state, start, accepted, spells):
    roster(person(**JOB))
    result = roster(person(就业状态=state, 状态起始日期=start, 联系电话="13800138000"))
    assert told(result) == ((1, 0, 0) if accepted else (0, 0, 1))
    assert points(LabourSpell, "state", "started_on") == spells
    assert bool(Resident.objects.get().phone) is accepted


def test_an_earlier_state_told_again_is_known_and_a_future_one_counts_as_the_latest():
    roster(person(**JOB))
    roster(person(就业状态="失业", 状态起始日期="2026-12-01"))
    assert told(roster(person(**JOB, 合同月数=24))) == (0, 1, 0)
    assert told(roster(person(就业状态="就业", 状态起始日期="2026-06-01"))) == (0, 0, 1)
    assert LabourSpell.objects.filter(contract_months=24).count() == 0


def test_the_latest_state_told_again_is_corrected_where_cells_are_filled():
    roster(person(**JOB, 合同月数=12, 月收入=3000, 核实日期="2025-05-01"))
    assert told(roster(person(**JOB, 月收入=3200, 核实日期="2025-04-01"))) == (1, 0, 0)
    spell = LabourSpell.objects.get()
    assert (spell.contract_months, spell.monthly_income, spell.confirmed_on) == (12, Decimal(3200), date(2025, 5, 1))
    assert told(roster(person(**JOB, 核实日期="2026-01-05"))) == (1, 0, 0)
    assert LedgerSpan.objects.get(state=1).confirmed_on == date(2026, 1, 5)
    assert told(roster(person(**JOB, 核实日期="2026-01-05"))) == (0, 1, 0)


def test_a_reason_goes_with_inactive_and_work_details_with_employed():
    roster(person(就业状态="不在业", 状态起始日期="2025-01-01", 就业渠道="单位就业", 月收入=1))
    spell = LabourSpell.objects.get()
    assert (spell.inactive_reason, spell.channel, spell.monthly_income) == ("other", "", None)
    assert told(roster(person(就业状态="不在业", 状态起始日期="2025-01-01"))) == (0, 1, 0)
    assert told(roster(person(就业状态="不在业", 状态起始日期="2025-01-01", 未就业原因="在校"))) == (1, 0, 0)
    assert LabourSpell.objects.get().inactive_reason == "student"


@pytest.mark.parametrize(
    ("day", "outcome"), [("2025-03-01", (0, 1, 0)), ("2025-02-28", (0, 0, 1)), ("2025-03-02", (1, 0, 0))]
)
def test_a_registration_meets_the_latest_known(day, outcome):
    roster(person(失业登记日期="2025-03-01"))
    assert told(roster(person(失业登记日期=day))) == outcome


def test_a_move_starts_on_the_day_of_the_sheet():
    roster(person(), person(户号="2", 身份证号=OTHER, 姓名="李强"))
    later = DAY + timedelta(days=10)
    assert told(roster(person(户号="002", 与户主关系="配偶"), on=later)) == (1, 0, 0)
    assert told(roster(person(户号="002", 与户主关系="配偶"), on=later)) == (0, 1, 0)
    stays = Membership.objects.filter(resident__id_hash=keyed_hash(NUMBER)).order_by("started_on")
    assert list(stays.values_list("started_on", "household__number", "relation")) == [
        (date(1980, 1, 1), "1", "head"),
        (later, "2", "spouse"),
    ]
    assert told(roster(person(户号="3"), on=later)) == (1, 0, 0)
    assert stays.count() == 2
    assert told(roster(person(户号="1"))) == (0, 1, 0)
    assert told(roster(person(户号="1", 与户主关系="其他"))) == (1, 0, 0)
    assert ledger.check()["differ"] == 0


def test_a_person_leaves_and_comes_back():
    roster(person(离开日期="2026-02-01", 离开原因="迁出"))
    assert points(Membership, "started_on", "leave_reason") == [(date(1980, 1, 1), ""), (date(2026, 2, 1), "moved")]
    assert told(roster(person(离开日期="2026-02-01", 离开原因="迁出"))) == (0, 1, 0)
    assert told(roster(person(离开日期="2026-02-01", 离开原因="失联"))) == (1, 0, 0)
    assert told(roster(person())) == (1, 0, 0)
    assert points(Membership, "started_on", "leave_reason")[-1] == (DAY, "")


def test_who_left_must_have_lived_there_the_day_before():
    roster(person())
    assert refused_columns(roster(person(户号="2", 离开日期=DAY, 离开原因="迁出"))) == {(2, "户号")}
    assert told(roster(person(户号="2", 离开日期="2026-04-30", 离开原因="迁出"))) == (1, 0, 0)
    assert points(Membership, "started_on", "household__number") == [
        (date(1980, 1, 1), "1"),
        (DAY, "2"),
        (date(2026, 4, 30), None),
    ]


def test_low_income_is_the_households_from_the_day_of_the_sheet():
    both = [person(低保="是"), person(身份证号=OTHER, 姓名="李强")]
    roster(*both)
    assert told(roster(*both, on=DAY + timedelta(days=1))) == (0, 2, 0)
    assert refused_columns(roster(person(低保="否"), person(身份证号=OTHER, 姓名="李强", 低保="是"))) == {(3, "低保")}
    assert points(LowIncomeStatus, "started_on", "low_income") == [(DAY, False)]
    roster(person(低保="是"), on=DAY + timedelta(days=5))
    assert points(LowIncomeStatus, "low_income") == [(False,), (True,)]


def test_the_first_row_of_a_household_gives_its_address_and_grid():
    both = [person(住址="1号楼", 网格="一"), person(身份证号=OTHER, 姓名="李强", 住址="2号楼", 网格="二")]
    assert told(roster(*both)) == (2, 0, 0)
    assert told(roster(*both)) == (0, 2, 0)
    assert Household.objects.values_list("address", "grid__name").get() == ("1号楼", "一")
    assert Area.objects.filter(level=AreaLevel.GRID).count() == 1


def test_an_empty_cell_changes_nothing_and_a_filled_one_corrects():
    roster(person(联系电话="13800138000", 户籍性质="城镇", 失地农民="是", 女性退休类别="50"))
    before = Resident.objects.get().retires_on
    assert told(roster(person())) == (0, 1, 0)
    assert told(roster(person(联系电话="13900139000", 户籍性质="农村", 失地农民="否", 女性退休类别="55"))) == (1, 0, 0)
    resident = Resident.objects.get()
    assert (resident.phone, resident.hukou, resident.landless) == ("13900139000", "rural", False)
    assert resident.phone_hash == keyed_hash("13900139000")
    assert resident.retires_on > before
    assert LedgerSpan.objects.filter(retires_on=resident.retires_on).exists()


def test_the_retirement_category_is_for_women():
    man = person(身份证号=id_number("19800101", "133"), 女性退休类别="55")
    assert told(roster(man)) == (1, 0, 0)
    assert told(roster(man)) == (0, 1, 0)
    assert Resident.objects.get().female_retirement_age is None


def test_a_refused_row_speaks_for_no_household():
    roster(person(联系电话="1", 低保="是", 住址="错"), person(身份证号=OTHER, 姓名="李强", 低保="否", 住址="对"))
    assert Household.objects.get().address == "对"


def test_a_dry_run_tells_the_same_and_writes_nothing(monkeypatch):
    rows = [
        person(身份证号=id_number("19850505", f"{order:03}"), 姓名="李强", 户号=order % 7, 网格="一")
        for order in range(1, 40)
    ]
    rows += [rows[3], person(户号="x" * 40), person(**JOB)]
    before = json.loads(json.dumps(run("roster", *rows, write=False).as_json()))
    assert not Household.objects.exists()
    assert run("roster", *rows).as_json() == before
    assert before["accepted"] + before["unchanged"] + before["rejected"] == before["rows"] == 42


@pytest.mark.parametrize("size", [2, 60])
def test_a_chunk_costs_the_same_queries_at_any_size(size):
    rows = [
        person(
            身份证号=id_number("19850505", f"{number:03}"),
            姓名="李强",
            户号=number,
            **JOB,
            网格="一",
            联系电话="13800138000",
        )
        for number in range(1, size + 1)
    ]
    for most in (35, 20):
        with CaptureQueriesContext(connection) as queries:
            roster(*rows)
        assert len(queries) <= most
