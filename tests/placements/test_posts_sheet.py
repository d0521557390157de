"""Posts that exist already as a sheet: one row an approved application, its places open posts; dirt comes back."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from city.choices import Role
from city.models import Employer, MinimumWage, Move
from city.sheets.registry import kinds_for
from placements.choices import PlanState, PostState
from placements.models import Post, PostPlan
from tests.city.factories import PostingFactory
from tests.desks import elsewhere
from tests.households.sheet_runs import refused_columns, run, told
from tests.placements.post_desk import make_post_desk, plan_posts

pytestmark = pytest.mark.django_db
CODE = "91330100MA0000001F"


@pytest.fixture
def desk():
    return make_post_desk()


def row(desk, number="岗批〔2026〕1号", **cells):
    return {
        "批复编号": number,
        "社区代码": desk.community.code,
        "统一社会信用代码": CODE,
        "单位名称": "清洁公司",
        "岗位名称": "保洁员",
        "类别": "保洁",
        "领域": "社区管理",
        "工作地点": "一号广场",
        "月工资": "2490",
        "资金来源": "区财政",
        "岗位数": "3",
        "批复日期": "2026-01-15",
        **cells,
    }


def load(desk, *rows, by=None, **options):
    return run("posts", *rows, posting=by or desk.district, **options)


def test_a_row_makes_an_opened_application_and_its_open_posts(desk):
    assert told(load(desk, row(desk), row(desk, "岗批2", 仅限失地农民="是", 每周工时="20", 月工资="1245"))) == (
        2,
        0,
        0,
    )
    plan, half = PostPlan.objects.select_related("employer").order_by("pk")
    assert (plan.state, plan.headcount, plan.employer.name) == (PlanState.OPENED, 3, "清洁公司")
    assert (plan.monthly_wage, plan.minimum_wage, plan.weekly_hours) == (Decimal(2490), Decimal(2490), 40)
    assert (plan.category, plan.field, plan.funding, plan.landless_only) == (
        "cleaning",
        "community",
        "district",
        False,
    )
    assert (half.weekly_hours, half.landless_only) == (20, True)
    posts = list(plan.posts.order_by("number"))
    assert [post.number for post in posts] == [f"岗批〔2026〕1号-00{turn}" for turn in (1, 2, 3)]
    assert {(post.state, post.area, post.opened_on) for post in posts} == {
        (PostState.OPEN, desk.community, date(2026, 1, 15))
    }
    assert Move.objects.filter(workflow="placements.post", staff=desk.district.staff).count() == 6
    assert Employer.objects.filter(credit_code=CODE).count() == 1


def test_the_same_sheet_twice_changes_nothing(desk):
    rows = [row(desk), row(desk, "岗批2")]
    load(desk, *rows)
    assert told(load(desk, *rows)) == (0, 2, 0)
    assert (PostPlan.objects.count(), Post.objects.count(), Move.objects.count()) == (2, 6, 8)


def test_a_dry_run_writes_nothing(desk):
    assert told(load(desk, row(desk), write=False)) == (1, 0, 0)
    assert not PostPlan.objects.exists()
    assert not Employer.objects.filter(credit_code=CODE).exists()


def test_a_later_sheet_corrects_and_adds_posts(desk):
    load(desk, row(desk))
    assert told(load(desk, row(desk, 工作地点="二号广场", 岗位数="5"))) == (1, 0, 0)
    plan = PostPlan.objects.get()
    assert (plan.place, plan.headcount, plan.posts.count()) == ("二号广场", 5, 5)
    assert refused_columns(load(desk, row(desk, 岗位数="4"))) == {(2, "岗位数")}


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"批复编号": ""}, "批复编号"),
        ({"批复编号": "长" * 31}, "批复编号"),
        ({"社区代码": "999999999999"}, "社区代码"),
        ({"社区代码": ""}, "社区代码"),
        ({"统一社会信用代码": "91330100MA00000010"}, "统一社会信用代码"),
        ({"单位名称": ""}, "单位名称"),
        ({"岗位名称": ""}, "岗位名称"),
        ({"类别": "讲课"}, "类别"),
        ({"领域": "天文"}, "领域"),
        ({"工作地点": ""}, "工作地点"),
        ({"月工资": "2489.99"}, "月工资"),
        ({"月工资": "1244.99", "每周工时": "20"}, "月工资"),
        ({"月工资": "两千"}, "月工资"),
        ({"每周工时": "41"}, "每周工时"),
        ({"每周工时": "0"}, "每周工时"),
        ({"资金来源": "国库"}, "资金来源"),
        ({"岗位数": "0"}, "岗位数"),
        ({"岗位数": "501"}, "岗位数"),
        ({"仅限失地农民": "也许"}, "仅限失地农民"),
        ({"批复日期": "2999-01-01"}, "批复日期"),
        ({"批复日期": "去年"}, "批复日期"),
    ],
)
def test_dirt_comes_back_at_its_column_and_the_good_rows_land(desk, cells, column):
    result = load(desk, row(desk, "坏", **cells), row(desk, "好", 统一社会信用代码="91330100MA0000002J"))
    assert refused_columns(result) == {(2, column)}
    assert told(result) == (1, 0, 1)
    assert PostPlan.objects.get().number == "好"


def test_all_errors_of_a_row_come_at_once(desk):
    wrong = row(desk, 类别="讲课", 月工资="1", 岗位数="0", 单位名称="", 批复日期="2999-01-01")
    assert refused_columns(load(desk, wrong)) == {
        (2, "类别"), (2, "月工资"), (2, "岗位数"), (2, "单位名称"), (2, "批复日期"),
    }  # fmt: skip


def test_the_wage_is_held_to_the_minimum_of_the_day_of_the_approval(desk):
    MinimumWage.objects.create(area=desk.city.area, in_force_from=date(2026, 2, 1), monthly=Decimal(2600))
    late = row(desk, "后", 批复日期="2026-02-01")
    assert refused_columns(load(desk, row(desk, "前", 批复日期="2026-01-31"), late)) == {(3, "月工资")}
    assert refused_columns(load(desk, row(desk, "早", 批复日期="2019-12-31"))) == {(2, "月工资")}


def test_rows_of_one_number_do_not_contradict_each_other(desk):
    assert refused_columns(load(desk, row(desk), row(desk), row(desk, 岗位名称="保安"))) == {(4, "批复编号")}
    assert Post.objects.count() == 3


def test_a_number_stays_with_its_community_and_employer(desk):
    load(desk, row(desk))
    moved = row(desk, 社区代码=elsewhere(desk.community).code)
    other = row(desk, 统一社会信用代码="91330100MA0000002J")
    assert refused_columns(load(desk, moved, other, by=desk.city)) == {(2, "社区代码"), (3, "统一社会信用代码")}


def test_an_application_under_way_is_not_overtaken(desk):
    plan = plan_posts(desk)
    cells = {"统一社会信用代码": desk.employer.credit_code}
    PostPlan.objects.filter(pk=plan.pk).update(number="岗批9")
    assert (2, "批复编号") in refused_columns(load(desk, row(desk, "岗批9", **cells)))


def test_another_district_is_out_of_reach(desk):
    stranger = PostingFactory(area=elsewhere(desk.community).parent.parent, role=Role.DISTRICT_OFFICER)
    assert refused_columns(load(desk, row(desk), by=stranger)) == {(2, "社区代码")}


def test_who_may_load_posts():
    allowed = {role for role in Role if "posts" in {kind.name for kind in kinds_for(PostingFactory.build(role=role))}}
    assert allowed == {Role.DISTRICT_OFFICER, Role.CITY_OFFICE}


def dirty(desk, number):
    """Row `number` of two thousand: every tenth is spoilt one of five ways."""
    cells = {
        10: {"类别": "讲课"}, 20: {"月工资": "1"}, 30: {"社区代码": "999999999999"}, 40: {"岗位数": "许多"},
        0: {"批复日期": str(timezone.localdate().replace(year=2199))},
    }.get(number % 50, {})  # fmt: skip
    return row(desk, f"批{number}", **{"岗位数": "2", **({} if number % 10 else cells)})


def test_two_thousand_rows_with_dirt_lose_nothing(desk, django_assert_max_num_queries):
    count = 2_000
    with django_assert_max_num_queries(60):
        result = load(desk, *[dirty(desk, number) for number in range(1, count + 1)])
    accepted, unchanged, rejected = told(result)
    assert (accepted, unchanged, rejected) == (count - count // 10, 0, count // 10)
    assert (PostPlan.objects.count(), Post.objects.count()) == (accepted, accepted * 2)
