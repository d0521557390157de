from datetime import date
from decimal import Decimal

import pytest

from city.choices import AreaLevel, Role
from city.ciphers import keyed_hash
from city.models import Area, AreaCode, CalendarDay, MinimumWage, Posting, Staff
from tests.city.factories import AreaFactory
from tests.city.sheet_files import id_number
from tests.households.sheet_runs import refused_columns, run, told

pytestmark = pytest.mark.django_db

CITY = {"区划代码": "330100000000", "名称": "试点市", "级别": "市"}
DISTRICT = {"区划代码": "330102000000", "名称": "一区", "级别": "区县"}
STREET = {"区划代码": "330102001000", "名称": "一街道", "级别": "街道"}
COMMUNITY = {"区划代码": "330102001001", "名称": "一社区", "级别": "社区", "类别": "撤村建居", "设有工作站": "否"}
ALL = [COMMUNITY, STREET, DISTRICT, CITY]


def test_areas_come_in_any_order_and_their_superior_from_the_code():
    assert told(run("areas", *ALL)) == (4, 0, 0)
    areas = {area.level: area for area in Area.objects.all()}
    ids = [areas[level].pk for level in ("city", "district", "street", "community")]
    assert areas["community"].path == "/" + "".join(f"{key}/" for key in ids)
    assert (areas["community"].kind, areas["community"].has_station) == ("village_turned", False)
    assert areas["street"].has_station
    assert AreaCode.objects.count() == 4
    assert told(run("areas", *ALL)) == (0, 4, 0)


def test_a_known_area_is_corrected_where_cells_are_filled():
    run("areas", *ALL)
    assert told(run("areas", {**COMMUNITY, "名称": "新名", "类别": "", "设有工作站": "是"}, DISTRICT)) == (1, 1, 0)
    area = Area.objects.get(level="community")
    assert (area.name, area.kind, area.has_station) == ("新名", "village_turned", True)


def test_an_area_known_by_a_former_code_stays_the_same():
    run("areas", *ALL)
    area = Area.objects.get(level="community")
    AreaCode.objects.create(area=area, code="330102001099")
    assert told(run("areas", {**COMMUNITY, "区划代码": "330102001099", "名称": "改名"})) == (1, 0, 0)
    assert Area.objects.get(level="community").name == "改名"


def test_a_street_that_moves_takes_everything_below_along():
    run("areas", *ALL, {"区划代码": "330103000000", "名称": "二区", "级别": "区县"})
    assert told(run("areas", {**STREET, "上级代码": "330103000000"})) == (1, 0, 0)
    second = Area.objects.get(name="二区")
    assert set(Area.objects.within(second).values_list("name", flat=True)) == {"二区", "一街道", "一社区"}


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([COMMUNITY], (2, "上级代码")),
        ([*ALL, {**COMMUNITY, "名称": "又"}], (6, "区划代码")),
        ([*ALL, {**CITY, "区划代码": "330200000000", "上级代码": "330100000000"}], (6, "上级代码")),
        ([*ALL, {**COMMUNITY, "区划代码": "330102001002", "上级代码": "330102000000"}], (6, "上级代码")),
        ([*ALL, {**COMMUNITY, "区划代码": "33010200100"}], (6, "区划代码")),
    ],
)
def test_an_area_that_cannot_be_is_refused(rows, refused):
    assert refused_columns(run("areas", *rows)) == {refused}


def test_an_area_does_not_change_its_level():
    run("areas", *ALL)
    assert refused_columns(run("areas", {**STREET, "级别": "社区", "上级代码": "330102001000"})) >= {(2, "级别")}


def test_minimum_wages_are_kept_by_area_and_day():
    run("areas", *ALL)
    row = {"区划代码": "330100000000", "生效日期": "2026-01-01", "月最低工资": "2490"}
    assert told(run("minimum_wages", row)) == (1, 0, 0)
    assert told(run("minimum_wages", row, row)) == (0, 2, 0)
    assert told(run("minimum_wages", {**row, "月最低工资": "2500.5"})) == (1, 0, 0)
    assert MinimumWage.objects.get().monthly == Decimal("2500.5")
    bad = [{**row, "月最低工资": "1"}, {**row, "月最低工资": "0"}, {**row, "区划代码": "330199000000"}]
    assert told(run("minimum_wages", row, *bad)) == (1, 0, 3)


def test_the_calendar_is_kept_by_day():
    row = {"日期": "2031-10-01", "工作日": "否", "名称": "国庆节"}
    assert told(run("calendar", row, {"日期": "2031-10-10", "工作日": "是"})) == (2, 0, 0)
    assert told(run("calendar", row)) == (0, 1, 0)
    assert told(run("calendar", {**row, "名称": "国庆"}, {**row, "工作日": "是"})) == (1, 0, 1)
    assert CalendarDay.objects.get(day="2031-10-01").name == "国庆"


@pytest.fixture
def community():
    return AreaFactory(community=True, code="330102001001")


def posted(**cells):
    row = {"工号": "A1", "姓名": "王芳", "身份证号": id_number(), "角色": "station_clerk", "区划代码": "330102001001"}
    return {**row, "起始日期": "2026-01-01", **cells}


def staff(*rows):
    return run("staff", *rows)


def test_a_person_has_an_account_that_waits_for_a_password_and_several_postings(community):
    AreaFactory(code="330100000000")
    rows = [
        posted(网格="一"),
        posted(角色="city_office", 区划代码="330100000000"),
        posted(工号="A2", 姓名="李强", 身份证号=id_number(order="125"), 角色=Role.STATION_HEAD.label),
    ]
    assert told(staff(*rows)) == (3, 0, 0)
    assert told(staff(*rows)) == (0, 3, 0)
    person = Staff.objects.get(number="A1")
    assert not person.has_usable_password()
    assert person.id_hash == keyed_hash(id_number())
    assert set(person.postings.values_list("role", "area__code", "grid__name")) == {
        ("station_clerk", "330102001001", "一"),
        ("city_office", "330100000000", None),
    }
    assert Area.objects.get(level=AreaLevel.GRID).path.startswith(community.path)


def test_a_posting_ends_and_one_without_a_start_is_the_one_in_force(community):
    assert told(staff(posted(起始日期=""))) == (1, 0, 0)
    assert Posting.objects.get().started_on == date(2026, 3, 31)
    assert told(staff(posted(起始日期="", 姓名="王芬"))) == (1, 0, 0)
    assert told(staff(posted(起始日期="", 姓名="王芬", 终止日期="2026-05-01"))) == (1, 0, 0)
    assert Posting.objects.get().ended_on == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([posted(角色="主任")], (2, "角色")),
        ([posted(角色="city_office")], (2, "角色")),
        ([posted(区划代码="330102009009")], (2, "区划代码")),
        ([posted(终止日期="2025-01-01")], (2, "终止日期")),
        ([posted(), posted(起始日期="2026-02-01")], (3, "起始日期")),
        ([posted(), posted(身份证号=id_number(order="125"))], (3, "身份证号")),
        ([posted(), posted(工号="A2")], (3, "身份证号")),
        ([posted(网格="一"), posted(网格="一", 工号="A2", 身份证号=id_number(order="125"))], (3, "网格")),
    ],
)
def test_a_posting_that_cannot_be_is_refused(community, rows, refused):
    assert refused in refused_columns(staff(*rows))
    assert Posting.objects.count() == len(rows) - 1


@pytest.mark.parametrize("other", ["city_office", "security_admin"])
def test_an_administrator_holds_no_other_role(other):
    AreaFactory(code="330100000000")
    both = [posted(角色=role, 区划代码="330100000000") for role in ("system_admin", other)]
    assert refused_columns(staff(*both)) == {(3, "角色")}
    both[0]["终止日期"] = "2026-01-31"
    both[1]["起始日期"] = "2026-02-01"
    assert told(staff(*both)) == (2, 0, 0)
