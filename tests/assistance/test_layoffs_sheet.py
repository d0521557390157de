"""The list of staff as a sheet: notices are made or added to, persons matched; dirt comes back with its reason."""

from datetime import date

import pytest

from assistance.models import LayoffNotice, LayoffPerson
from city.choices import Role
from city.models import Employer, Move
from city.rules import id_check_digit
from households.models import Resident
from tests.assistance.factories import LayoffNoticeFactory
from tests.city.factories import AreaFactory, PostingFactory
from tests.city.sheet_files import dict_sheet, id_number
from tests.desks import elsewhere
from tests.households.factories import ResidentFactory
from tests.households.sheet_runs import refused_columns, run, told

pytestmark = pytest.mark.django_db


def good_code(body):
    """A unified social credit code with its check character (GB 32100-2015)."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(letter) * pow(3, place, 31) for place, letter in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


CODE = good_code("91330100MA0000001")
OTHER = good_code("91330100MA0000002")


@pytest.fixture
def street():
    return PostingFactory(area=AreaFactory(community=True).parent, role=Role.STREET_REVIEWER)


def row(order=1, **cells):
    return {
        "统一社会信用代码": CODE,
        "单位名称": "一厂",
        "职工总数": "100",
        "计划实施日期": "2026-12-31",
        "姓名": "王芳",
        "身份证号": id_number("19800101", f"{order:03}"),
        **cells,
    }


def load(street, *rows, **options):
    return run("layoffs", *rows, posting=street, **options)


def test_a_list_makes_the_notice_the_employer_and_its_history(street):
    resident = ResidentFactory(id_number=id_number("19800101", "002"))
    assert told(load(street, row(1, 岗位="车工"), row(2), row(3, 姓名="李四"))) == (3, 0, 0)
    notice = LayoffNotice.objects.select_related("employer").get()
    assert (notice.employer.name, notice.area, notice.staff_total, notice.planned) == ("一厂", street.area, 100, 3)
    assert (notice.planned_on, notice.state, notice.reported_on) == (date(2026, 12, 31), "drafted", None)
    assert list(notice.persons.order_by("pk").values_list("name", "job", "resident")) == [
        ("王芳", "车工", None),
        ("王芳", "", resident.pk),
        ("李四", "", None),
    ]
    assert notice.persons.earliest("pk").id_number == id_number("19800101", "001")
    assert Move.objects.values_list("key", "action", "to_state", "staff").get() == (
        notice.pk,
        "draw_up",
        "drafted",
        street.staff_id,
    )


def test_the_same_list_twice_changes_nothing(street):
    rows = [row(number) for number in range(1, 4)]
    load(street, *rows)
    assert told(load(street, *rows)) == (0, 3, 0)
    assert (LayoffPerson.objects.count(), Move.objects.count()) == (3, 1)


def test_a_dry_run_writes_nothing(street):
    assert told(load(street, row(), write=False)) == (1, 0, 0)
    assert not LayoffNotice.objects.exists()
    assert not Employer.objects.exists()


def test_a_later_list_adds_and_corrects(street):
    load(street, row(1), row(2))
    result = load(
        street,
        row(1, 岗位="焊工", 职工总数=""),
        row(2, 职工总数="", 单位名称=""),
        row(3, 职工总数="200", 计划裁员人数="30"),
    )
    assert told(result) == (2, 1, 0)
    notice = LayoffNotice.objects.get()
    assert (notice.staff_total, notice.planned, notice.persons.count()) == (200, 30, 3)
    assert notice.persons.get(job="焊工").name == "王芳"


def test_several_notices_in_one_file(street):
    rows = [row(1), row(1, 统一社会信用代码=OTHER, 单位名称="二厂"), row(1, 计划实施日期="2027-01-31")]
    assert told(load(street, *rows)) == (3, 0, 0)
    assert LayoffNotice.objects.count() == 3
    assert Employer.objects.count() == 2


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"统一社会信用代码": "91330100MA00000019"}, "统一社会信用代码"),
        ({"统一社会信用代码": ""}, "统一社会信用代码"),
        ({"单位名称": ""}, "单位名称"),
        ({"职工总数": ""}, "职工总数"),
        ({"职工总数": "约一百"}, "职工总数"),
        ({"职工总数": "0"}, "职工总数"),
        ({"计划裁员人数": "101"}, "计划裁员人数"),
        ({"计划裁员人数": "0"}, "计划裁员人数"),
        ({"计划实施日期": ""}, "计划实施日期"),
        ({"计划实施日期": "年底"}, "计划实施日期"),
        ({"姓名": ""}, "姓名"),
        ({"身份证号": "330102198001010019"}, "身份证号"),
        ({"身份证号": ""}, "身份证号"),
        ({"所在区划代码": "999999999999"}, "所在区划代码"),
    ],
)
def test_dirt_comes_back_at_its_column_and_the_good_rows_land(street, cells, column):
    result = load(street, row(2, **cells), row(1))
    assert refused_columns(result) == {(2, column)}
    assert told(result) == (1, 0, 1)


def test_rows_of_one_notice_do_not_contradict_each_other(street):
    rows = [row(1), row(2, 职工总数="90"), row(1, 姓名="李四"), row(3, 计划裁员人数="5"), row(4, 计划裁员人数="6")]
    assert refused_columns(load(street, *rows)) == {(3, "职工总数"), (4, "姓名"), (6, "计划裁员人数")}


def test_no_more_are_listed_than_work_there(street):
    result = load(street, *[row(number, 职工总数="2") for number in range(1, 4)])
    assert refused_columns(result) == {(4, "职工总数")}
    assert LayoffNotice.objects.get().planned == 2


def test_a_list_is_closed_after_the_layoff_but_tells_nothing_new_quietly(street):
    load(street, row(1))
    LayoffNotice.objects.update(state="carried_out")
    assert told(load(street, row(1))) == (0, 1, 0)
    assert refused_columns(load(street, row(2))) == {(2, "计划实施日期")}


def test_the_notice_of_another_area_is_not_touched(street):
    load(street, row(1))
    far = elsewhere(AreaFactory(level="community", parent=street.area)).parent
    stranger = PostingFactory(area=far, role=Role.STREET_REVIEWER)
    assert refused_columns(load(stranger, row(2))) == {(2, "统一社会信用代码")}
    assert refused_columns(load(stranger, row(2, 所在区划代码=street.area.code))) == {(2, "所在区划代码")}


def test_the_command_needs_to_know_where_the_employer_is(street):
    assert refused_columns(run("layoffs", row(1))) == {(2, "所在区划代码")}
    assert told(run("layoffs", row(1, 所在区划代码=street.area.code))) == (1, 0, 0)
    assert LayoffNotice.objects.get().area == street.area


def test_a_notice_entered_by_hand_is_found_by_employer_and_day(street):
    employer = Employer.objects.create(credit_code=CODE, name="一厂有限公司")
    notice = LayoffNoticeFactory(employer=employer, area=street.area, planned=20, planned_on=date(2026, 12, 31))
    assert told(load(street, row(1))) == (1, 0, 0)
    notice.refresh_from_db()
    assert (notice.planned, notice.persons.count(), Employer.objects.get().name) == (20, 1, "一厂有限公司")


def dirty(number):
    """Row `number` of ten thousand: every tenth is spoilt one of five ways; 8,000 know a resident's number."""
    cells = {"职工总数": "20000", "姓名": f"员工{'甲乙丙丁'[number % 4]}", "身份证号": number_of(number)}
    match number % 50:
        case 10:
            cells["身份证号"] = cells["身份证号"][:-1] + ("0" if cells["身份证号"][-1] != "0" else "1")
        case 20:
            cells["姓名"] = ""
        case 30:
            cells["计划实施日期"] = "待定"
        case 40:
            cells["职工总数"] = "二万"
        case 0:
            cells["身份证号"] = number_of(number - 1)
            cells["姓名"] = "别人"
    return row(**cells)


def number_of(number):
    body = f"{330102 + number // 900}19800101{number % 900 + 100:03}"
    return body + id_check_digit(body)


def test_ten_thousand_rows_with_dirt_lose_nothing(street, django_assert_max_num_queries):
    count = 10_000
    Resident.objects.bulk_create(
        ResidentFactory.build(id_number=number_of(number)) for number in range(1, count + 1) if number % 5
    )
    data = dict_sheet(*map(dirty, range(1, count + 1)))
    with django_assert_max_num_queries(60):
        result = load(street, data=data)
    assert result.rows == count
    accepted, unchanged, rejected = told(result)
    assert accepted + unchanged + rejected == count
    assert (accepted, rejected) == (count - count // 10, count // 10)
    assert len({error["row"] for error in result.errors}) == rejected
    persons = LayoffPerson.objects.all()
    assert persons.count() == accepted
    expected = sum(1 for number in range(1, count + 1) if number % 10 and number % 5)
    assert persons.filter(resident__isnull=False).count() == expected
