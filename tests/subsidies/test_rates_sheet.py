"""Rates as a sheet: each row is proposed for signature; dirt comes back at its cell."""

from decimal import Decimal

import pytest

from city.choices import AreaLevel, Role
from city.models import Move, PolicyDocument
from city.sheets.registry import kinds_for
from subsidies.choices import Basis, Favoured, RateState, Scheme
from subsidies.models import Rate
from subsidies.services import rates
from tests.city.factories import AreaFactory, PostingFactory
from tests.desks import superior
from tests.households.sheet_runs import refused_columns, run, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return superior(AreaFactory(community=True), AreaLevel.CITY)


@pytest.fixture
def office(city):
    return PostingFactory(role=Role.CITY_OFFICE, area=city)


def row(city, scheme="岗位补贴", **cells):
    known = {
        "补贴项目": scheme,
        "区划代码": city.code,
        "生效日期": "2026-01-01",
        "合同月数": "12",
        "计发基数": "最低工资",
        "比例": "50%",
        "文件号": "成就发〔2026〕1号",
    }
    return known | cells


def load(office, *rows, **options):
    return run("subsidy_rates", *rows, posting=office, **options)


def test_rows_are_proposed_for_somebody_else_to_sign(city, office):
    second = row(
        city, "灵活就业社保补贴", 合同月数="", 计发基数="缴费", 比例="2/3", 缴费比例="28%", 对象="就业困难人员",
        上限="1000", 暂行="是", 截止日期="2026-12-31",
    )  # fmt: skip
    third = row(city, "职业介绍补贴", 合同月数="", 计发基数="人", 比例="", 标准="500", 第二次拨付月数="6")
    assert told(load(office, row(city), second, third)) == (3, 0, 0)
    post, flexible, introduction = Rate.objects.order_by("pk")
    assert (post.scheme, post.share, post.contract_months, post.state) == (
        Scheme.POST, "1/2", 12, RateState.PROPOSED,
    )  # fmt: skip
    assert (flexible.basis, flexible.share, flexible.contribution) == (Basis.CONTRIBUTION, "2/3", "7/25")
    assert (flexible.favoured, flexible.ceiling, flexible.provisional) == (Favoured.HARDSHIP, Decimal(1000), True)
    assert (introduction.amount, introduction.second_half_after) == (Decimal(500), 6)
    assert PolicyDocument.objects.get().number == "成就发〔2026〕1号"
    assert Move.objects.filter(workflow="subsidies.rate", action="propose", staff=office.staff).count() == 3
    other = PostingFactory(role=Role.CITY_OFFICE, area=city)
    assert rates.decide(rate_id=post.pk, action="sign", version=0, by=other).state == RateState.SIGNED


def test_the_same_sheet_twice_changes_nothing(city, office):
    load(office, row(city))
    assert told(load(office, row(city))) == (0, 1, 0)
    assert Rate.objects.count() == 1


def test_another_rate_of_the_same_day_comes_back(city, office):
    load(office, row(city))
    again = load(office, row(city, 比例="60%"), row(city, 比例="60%", 生效日期="2026-07-01"))
    assert told(again) == (1, 0, 1)
    assert refused_columns(again) == {(2, "生效日期")}


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"补贴项目": "房租补贴"}, "补贴项目"),
        ({"区划代码": "999999999999"}, "区划代码"),
        ({"生效日期": ""}, "生效日期"),
        ({"截止日期": "2025-12-31"}, "截止日期"),
        ({"合同月数": "6"}, "合同月数"),
        ({"计发基数": "天"}, "计发基数"),
        ({"比例": "150%"}, "比例"),
        ({"比例": "一半"}, "比例"),
        ({"比例": ""}, "标准"),
        ({"标准": "0"}, "标准"),
        ({"标准": "5"}, "标准"),
        ({"缴费比例": "20%"}, "缴费比例"),
        ({"第二次拨付月数": "6"}, "第二次拨付月数"),
        ({"文件号": ""}, "文件号"),
    ],
)
def test_dirt_comes_back_at_its_cell(city, office, cells, column):
    result = load(office, row(city, **cells))
    assert refused_columns(result) == {(2, column)}
    assert not Rate.objects.exists()


def test_a_dry_run_writes_nothing(city, office):
    assert told(load(office, row(city), write=False)) == (1, 0, 0)
    assert not Rate.objects.exists()


def test_only_for_the_city_office(city, office):
    district = PostingFactory(role=Role.DISTRICT_OFFICER, area=AreaFactory(district=True))
    assert "subsidy_rates" in {kind.name for kind in kinds_for(office)}
    assert "subsidy_rates" not in {kind.name for kind in kinds_for(district)}
