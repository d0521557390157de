"""Vacancies and job seekers as sheets: good rows land, dirt comes back, the second load changes nothing."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from city.choices import Role
from city.models import Employer, Move
from placements.models import JobSeeker, Vacancy
from placements.services import seekers
from tests.city.factories import EmployerFactory, PostingFactory
from tests.desks import elsewhere
from tests.households.sheet_runs import refused_columns, run, told
from tests.placements.market_desk import step
from tests.placements.post_desk import another, make_post_desk

pytestmark = pytest.mark.django_db
CODE, OTHER = "11320000MB151840XJ", "91350100M000100Y43"


@pytest.fixture
def desk():
    desk = make_post_desk()
    _name(desk.person)
    return desk


def _name(person):
    person.name = "王芳"
    person.save(update_fields=["name"])
    return person


def vacancy(**cells):
    return {
        "统一社会信用代码": CODE,
        "单位名称": "一厂",
        "岗位名称": "保洁员",
        "招聘人数": "2",
        "月工资起": "3000",
        "有效期起": "2026-03-01",
        "有效期止": "2026-04-30",
        **cells,
    }


def load_vacancies(desk, *rows, **options):
    return run("vacancies", *rows, posting=options.pop("posting", desk.clerk), **options)


def test_a_row_gathers_a_vacancy_with_its_history(desk):
    rows = [vacancy(月工资止="3,500", 工种="保洁", 用工形式="轮班"), vacancy(岗位名称="保安", 单位名称="")]
    assert told(load_vacancies(desk, *rows)) == (2, 0, 0)
    first, second = Vacancy.objects.order_by("number")
    year = timezone.localdate().year
    code = desk.community.code
    assert [first.number, second.number] == [f"KG{code}-{year}-{order:04}" for order in (1, 2)]
    assert (first.employer.name, first.area, first.state, first.version) == ("一厂", desk.community, "gathered", 0)
    assert (first.wage_from, first.wage_to, first.hours) == (Decimal("3000"), Decimal("3500"), "shifts")
    assert (second.hours, second.wage_to, second.gathered_on) == ("full_time", None, timezone.localdate())
    moves = Move.objects.filter(workflow="placements.vacancy").values_list("action", "to_state", "staff")
    assert list(moves) == [("gather", "gathered", desk.clerk.staff_id)] * 2
    assert step(first, "close", desk.clerk, reason="wrong").state == "closed"


def test_the_same_vacancies_twice_change_nothing(desk):
    rows = [vacancy(), vacancy(岗位名称="保安")]
    load_vacancies(desk, *rows)
    assert told(load_vacancies(desk, *rows)) == (0, 2, 0)
    assert (Vacancy.objects.count(), Move.objects.count(), Employer.objects.filter(credit_code=CODE).count()) == (
        2,
        2,
        1,
    )


def test_a_dry_run_gathers_nothing(desk):
    assert told(load_vacancies(desk, vacancy(), write=False)) == (1, 0, 0)
    assert not Vacancy.objects.exists()
    assert not Employer.objects.filter(credit_code=CODE).exists()


def test_a_later_sheet_puts_a_vacancy_right_until_it_is_closed(desk):
    load_vacancies(desk, vacancy())
    assert told(load_vacancies(desk, vacancy(招聘人数="9", 有效期止="2026-12-31"))) == (1, 0, 0)
    found = Vacancy.objects.get()
    assert (found.headcount, found.valid_until) == (9, date(2026, 12, 31))
    step(found, "close", desk.clerk, reason="filled")
    result = load_vacancies(desk, vacancy(招聘人数="3", 有效期止="2026-12-31"))
    assert refused_columns(result) == {(2, "岗位名称")}
    assert told(load_vacancies(desk, vacancy(招聘人数="9", 有效期止="2026-12-31"))) == (0, 1, 0)


@pytest.mark.parametrize(
    ("cells", "columns"),
    [
        ({"统一社会信用代码": "11320000MB151840XK"}, {"统一社会信用代码"}),
        ({"统一社会信用代码": OTHER, "单位名称": ""}, {"单位名称"}),
        ({"单位名称": "二厂"}, {"单位名称"}),
        ({"岗位名称": ""}, {"岗位名称"}),
        ({"招聘人数": "0"}, {"招聘人数"}),
        ({"招聘人数": "若干"}, {"招聘人数"}),
        ({"月工资起": "面议"}, {"月工资起"}),
        ({"月工资止": "2000"}, {"月工资止"}),
        ({"月工资起": "2489"}, {"月工资起"}),
        ({"有效期止": "2026-02-28"}, {"有效期止"}),
        ({"有效期起": "2026-02-30"}, {"有效期起"}),
        ({"工作区划代码": "999999999999"}, {"工作区划代码"}),
        ({"用工形式": "三班倒"}, {"用工形式"}),
        ({"招聘人数": "", "月工资起": "", "用工形式": "x"}, {"招聘人数", "月工资起", "用工形式"}),
    ],
)
def test_a_dirty_vacancy_comes_back_at_its_columns_and_the_good_rows_land(desk, cells, columns):
    EmployerFactory(credit_code=CODE, name="一厂")
    result = load_vacancies(desk, vacancy(**{"岗位名称": "保安", **cells}), vacancy())
    assert refused_columns(result) == {(2, column) for column in columns}
    assert told(result) == (1, 0, 1)
    assert Vacancy.objects.get().title == "保洁员"


def test_rows_of_one_vacancy_do_not_contradict_each_other(desk):
    assert refused_columns(load_vacancies(desk, vacancy(), vacancy(招聘人数="3"))) == {(3, "招聘人数")}


def test_vacancies_are_gathered_in_the_own_area_alone(desk):
    away = elsewhere(desk.community)
    assert refused_columns(load_vacancies(desk, vacancy(工作区划代码=away.code))) == {(2, "工作区划代码")}
    rows = [vacancy(), vacancy(工作区划代码=away.code)]
    assert refused_columns(load_vacancies(desk, *rows, posting=desk.city)) == {(2, "工作区划代码")}
    assert Vacancy.objects.get().area == away


def test_one_job_in_two_communities_is_two_vacancies(desk):
    rows = [vacancy(工作区划代码=desk.community.code), vacancy(工作区划代码=desk.street.area.code)]
    assert told(load_vacancies(desk, *rows, posting=desk.street)) == (2, 0, 0)


def seeker(person, **cells):
    return {"身份证号": person.id_number, "姓名": person.name, "登记日期": "2026-03-02", **cells}


def load_seekers(desk, *rows, **options):
    return run("job_seekers", *rows, posting=options.pop("posting", desk.clerk), **options)


def test_a_row_registers_a_job_seeker(desk):
    cells = {
        "求职工种": "保洁", "专业技能": "家政", "期望月薪": "3200", "用工形式": "非全日制",
        "求职地区代码": desk.street.area.code, "公益性岗位意向": "保洁", "备注": "近",
    }  # fmt: skip
    assert told(load_seekers(desk, seeker(desk.person, **cells))) == (1, 0, 0)
    found = JobSeeker.objects.get()
    assert (found.resident, found.registered_on, found.staff) == (desk.person, date(2026, 3, 2), desk.clerk.staff)
    assert found.valid_until == seekers.last_day(date(2026, 3, 2), 6)
    assert (found.occupation, found.skills, found.wage_wished) == ("保洁", "家政", Decimal("3200"))
    assert (found.hours, found.area, found.post_category, found.words) == (
        "part_time",
        desk.street.area,
        "cleaning",
        "近",
    )


def test_an_empty_day_is_that_of_the_sheet(desk):
    load_seekers(desk, seeker(desk.person, 登记日期=""), on=date(2026, 3, 5))
    assert JobSeeker.objects.get().registered_on == date(2026, 3, 5)
    assert told(load_seekers(desk, seeker(desk.person, 登记日期=""), on=date(2026, 3, 9))) == (0, 1, 0)


def test_the_same_job_seekers_twice_change_nothing(desk):
    rows = [seeker(desk.person), seeker(_name(another(desk)))]
    load_seekers(desk, *rows)
    assert told(load_seekers(desk, *rows)) == (0, 2, 0)
    seekers.end_expired(date(2027, 1, 1))
    assert told(load_seekers(desk, *rows)) == (0, 2, 0)
    assert JobSeeker.objects.count() == 2


def test_a_later_sheet_puts_a_wish_right_while_it_stands(desk):
    load_seekers(desk, seeker(desk.person))
    assert told(load_seekers(desk, seeker(desk.person, 求职工种="保安"))) == (1, 0, 0)
    assert JobSeeker.objects.get().occupation == "保安"
    seekers.end_expired(date(2027, 1, 1))
    assert refused_columns(load_seekers(desk, seeker(desk.person, 求职工种="保洁"))) == {(2, "登记日期")}


def test_one_open_registration_a_person(desk):
    rows = [seeker(desk.person), seeker(desk.person, 登记日期="2026-03-03")]
    assert refused_columns(load_seekers(desk, *rows)) == {(3, "登记日期")}
    load = load_seekers(desk, seeker(desk.person, 登记日期="2026-03-09"))
    assert refused_columns(load) == {(2, "登记日期")}
    assert refused_columns(load_seekers(desk, seeker(desk.person), seeker(desk.person, 备注="x"))) == {(3, "备注")}


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"身份证号": "330102198001010019"}, "身份证号"),
        ({"身份证号": "11010519491231002X"}, "身份证号"),
        ({"姓名": "王别人"}, "姓名"),
        ({"姓名": ""}, "姓名"),
        ({"登记日期": "2026-04-01"}, "登记日期"),
        ({"登记日期": "2090-04-01"}, "登记日期"),
        ({"登记日期": "三月"}, "登记日期"),
        ({"期望月薪": "面议"}, "期望月薪"),
        ({"用工形式": "夜班"}, "用工形式"),
        ({"求职地区代码": "999999999999"}, "求职地区代码"),
        ({"公益性岗位意向": "经理"}, "公益性岗位意向"),
    ],
)
def test_a_dirty_job_seeker_comes_back_at_its_column_and_the_good_rows_land(desk, cells, column):
    result = load_seekers(desk, seeker(_name(another(desk)), **cells), seeker(desk.person))
    assert column in {heading for row, heading in refused_columns(result) if row == 2}
    assert told(result) == (1, 0, 1)
    assert JobSeeker.objects.get().resident == desk.person


def test_the_residents_of_others_are_nobody_here(desk):
    stranger = PostingFactory(role=Role.STATION_CLERK, area=elsewhere(desk.community))
    assert refused_columns(load_seekers(desk, seeker(desk.person), posting=stranger)) == {(2, "身份证号")}


def test_who_is_too_young_or_retired_is_not_registered(desk):
    young = _name(another(desk))
    type(young).objects.filter(pk=young.pk).update(works_from=date(2026, 3, 2) + timedelta(days=1))
    assert refused_columns(load_seekers(desk, seeker(young))) == {(2, "登记日期")}
