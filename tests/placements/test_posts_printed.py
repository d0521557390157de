"""L7, the ledger of posts as of a day, and the application for posts on paper."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from city import paper
from city.ledgers import ledger_named
from placements.choices import PlacementEnd
from placements.models import PostPlan
from placements.services import placements, posts
from tests.desks import elsewhere
from tests.placements.post_desk import another, make_post_desk, open_posts
from tests.placements.test_posts_to_work import put_on

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk():
    with translation.override("en"):
        yield make_post_desk()


def lines(area, day=None):
    """`[{heading: cell}]` of L7."""
    ledger = ledger_named("L7")
    rows = ledger.rows(area, day or timezone.localdate())
    return [dict(zip(ledger.headings, cells, strict=True)) for cells in rows]


def test_the_ledger_tells_who_works_where_and_until_when(desk):
    filled, empty = open_posts(desk, headcount=2)
    placement = put_on(desk, filled)
    today = timezone.localdate()
    first, second = lines(desk.community)
    assert (first["岗位编号"], first["单位"], first["地点"]) == (filled.number, desk.employer.name, "一号广场")
    assert (first["工资"], first["资金来源"], first["状态"]) == ("2490.00", "District finance", "Filled")
    assert (first["在岗人"], first["人员类别"]) == (desk.person.name, placement.hardship.get_category_display())
    assert first["合同起止"].startswith(f"{today} 至 ")
    assert first["到期日"] > today + 300 * DAY
    assert (second["岗位编号"], second["状态"], second["在岗人"], second["到期日"]) == (
        empty.number,
        "Post open",
        "",
        "",
    )


def test_the_ledger_of_a_day_takes_back_what_came_later(desk, time_machine):
    kept, moved = open_posts(desk, headcount=2)
    placement = put_on(desk, kept)
    then = timezone.localdate()
    time_machine.move_to(timezone.now() + 5 * DAY)
    placements.end(
        placement_id=placement.pk,
        last_day=timezone.localdate(),
        reason=PlacementEnd.UNFIT,
        version=placement.version,
        by=desk.clerk,
    )
    far = elsewhere(desk.community)
    posts.transfer(post_id=moved.pk, to_area=far, version=moved.version, reason="need", words="", by=desk.city)
    open_posts(desk)
    time_machine.move_to(timezone.now() + DAY)
    assert [(row["岗位编号"], row["状态"]) for row in lines(desk.community, then)] == [
        (kept.number, "Filled"),
        (moved.number, "Post open"),
    ]
    assert lines(far, then) == []
    assert [row["岗位编号"] for row in lines(far)] == [moved.number]
    assert [row["状态"] for row in lines(desk.community)] == ["Post open", "Post open"]


@pytest.mark.parametrize("posts_there", [1, 30])
def test_the_ledger_costs_the_same_at_any_size(desk, django_assert_num_queries, posts_there):
    for post in open_posts(desk, headcount=posts_there):
        put_on(desk, post, another(desk))
    with django_assert_num_queries(5):
        assert len(lines(desk.community)) == posts_there


def test_the_application_is_printed_with_its_decision(desk):
    (post,) = open_posts(desk)
    form = paper.form_named("post_plan")
    plan = form.find(desk.clerk, post.plan_id)
    values = form.values(plan, desk.clerk)
    assert values["decision"].startswith(f"同意设置。{desk.district.staff.name}")
    assert json.dumps(values, ensure_ascii=False).count(desk.employer.credit_code) == 1
    assert paper.pdf(form.layout, values).startswith(b"%PDF")


def test_an_application_of_another_area_is_not_printed(desk):
    (post,) = open_posts(desk)
    stranger = make_post_desk()
    with pytest.raises(PostPlan.DoesNotExist):
        paper.form_named("post_plan").find(stranger.clerk, post.plan_id)
