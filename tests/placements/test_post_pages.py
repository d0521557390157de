"""Pages of posts, applications, employers, bases and projects: what each sees, what is sent once, the queries."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from city import parts
from city.choices import EmployerKind, Role
from city.desk import WorkList
from city.models import Employer
from city.rules import add_months
from households import ledger
from households.choices import Channel
from households.models import LabourSpell
from placements.choices import PlacementEnd, PlanState, PostState
from placements.models import EmployerDetails, Placement, PlacementBase, Post, PostPlan, PostTransfer, Project
from placements.services import placements, posts
from tests.city.factories import AreaFactory, EmployerFactory
from tests.desks import elsewhere, sign_in
from tests.placements.post_desk import another, make_post_desk, open_posts, plan_posts

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CODE = "91330100MA0000001F"


@pytest.fixture
def desk():
    return make_post_desk()


def url(name, *args):
    return reverse(f"placements:{name}", args=args)


def sent(**values):
    return {"idempotency_key": str(uuid.uuid4()), **values}


def asked(desk, **values):
    """An application as the form sends it."""
    return sent(
        **{
            "area": desk.community.pk,
            "credit_code": CODE,
            "employer_name": "清洁公司",
            "title": "保洁员",
            "category": "cleaning",
            "field": "community",
            "place": "一号广场",
            "headcount": "2",
            "monthly_wage": "2490",
            "weekly_hours": "40",
            "funding": "district",
            "base": "",
            "project": "",
            **values,
        }
    )


def put_on(desk, post, person=None, **told):
    person = person or desk.person
    placement = placements.report(
        resident_id=person.pk,
        channel=Channel.WELFARE_POST,
        agreed_from=timezone.localdate(),
        post_id=post.pk,
        by=desk.clerk,
        **told,
    )
    return placements.confirm(placement_id=placement.pk, version=placement.version, by=desk.head)


def began(placement, day):
    """The work began on an earlier day than today."""
    LabourSpell.objects.filter(resident=placement.resident, started_on__gte=day).exclude(
        pk=placement.spell_id
    ).delete()
    LabourSpell.objects.filter(pk=placement.spell_id).update(started_on=day)
    ledger.rebuild([placement.resident_id])


def as_(client, posting):
    client.force_login(posting.staff)
    return client


def lists(client, address, monkeypatch):
    """The lists of work laid on a desk, by name."""
    laid, panels_for = {}, parts.panels_for

    def told(*args):
        panels = panels_for(*args)
        laid.update({panel.context.name: panel.context for panel in panels if isinstance(panel.context, WorkList)})
        return panels

    monkeypatch.setattr(parts, "panels_for", told)
    assert client.get(address).status_code == 200
    monkeypatch.undo()
    return laid


# Applications


def test_an_application_goes_from_the_station_to_the_district_and_back(client, desk):
    as_(client, desk.clerk)
    answer = client.post(url("plan_posts"), asked(desk))
    plan = PostPlan.objects.get()
    assert answer["Location"] == url("plan", plan.pk)
    assert (plan.employer.credit_code, plan.employer.name, plan.headcount) == (CODE, "清洁公司", 2)
    as_(client, desk.district)
    step = {"action": "send_back", "version": plan.version, "reason": "wage", "words": "工资再议"}
    assert client.post(url("plan_step", plan.pk), sent(**step)).status_code == 302
    as_(client, desk.clerk)
    page = client.get(url("plan", plan.pk)).content.decode()
    assert "工资再议" in page
    plan.refresh_from_db()
    again = asked(desk, monthly_wage="2600", version=plan.version)
    assert client.post(url("plan_again", plan.pk), again).status_code == 302
    plan.refresh_from_db()
    assert (plan.state, plan.monthly_wage) == (PlanState.PLANNED, Decimal(2600))
    for posting, action in ((desk.district, "approve"), (desk.clerk, "open")):
        as_(client, posting)
        plan.refresh_from_db()
        client.post(url("plan_step", plan.pk), sent(action=action, version=plan.version))
    assert plan.posts.open().count() == 2
    page = client.get(url("plan", plan.pk)).content.decode()
    assert all(post.number in page for post in plan.posts.all())


def test_a_wage_below_the_minimum_is_refused_at_its_field(client, desk):
    as_(client, desk.clerk)
    answer = client.post(url("plan_posts"), asked(desk, monthly_wage="2489.99"))
    assert answer.status_code == 422
    assert "monthly_wage" in answer.context["form"].errors
    assert not PostPlan.objects.exists()
    assert not Employer.objects.filter(credit_code=CODE).exists()


def test_all_that_is_wrong_is_told_at_once(client, desk):
    as_(client, desk.clerk)
    wrong = asked(desk, credit_code="91330100MA00000010", headcount="0", weekly_hours="41", title="", monthly_wage="x")
    answer = client.post(url("plan_posts"), wrong)
    assert set(answer.context["form"].errors) == {
        "credit_code", "headcount", "weekly_hours", "title", "monthly_wage",
    }  # fmt: skip


def test_a_new_employer_needs_a_name_and_a_known_one_keeps_its_own(client, desk):
    as_(client, desk.clerk)
    answer = client.post(url("plan_posts"), asked(desk, employer_name=""))
    assert "employer_name" in answer.context["form"].errors
    EmployerFactory(credit_code=CODE, name="老公司")
    assert client.post(url("plan_posts"), asked(desk, employer_name="")).status_code == 302
    assert client.post(url("plan_posts"), asked(desk, employer_name="别名")).status_code == 302
    assert Employer.objects.get(credit_code=CODE).name == "老公司"


def test_an_application_sent_twice_is_one(client, desk):
    as_(client, desk.clerk)
    once = asked(desk)
    first, second = client.post(url("plan_posts"), once), client.post(url("plan_posts"), once)
    assert first["Location"] == second["Location"]
    assert PostPlan.objects.count() == 1


def test_a_station_applies_for_its_own_community_alone(client, desk):
    as_(client, desk.clerk)
    answer = client.post(url("plan_posts"), asked(desk, area=elsewhere(desk.community).pk))
    assert "area" in answer.context["form"].errors


def test_a_step_from_a_stale_page_is_a_conflict(client, desk):
    plan = plan_posts(desk)
    as_(client, desk.district)
    client.post(url("plan_step", plan.pk), sent(action="approve", version=plan.version))
    answer = client.post(
        url("plan_step", plan.pk), sent(action="send_back", version=plan.version, reason="need", words="w")
    )
    assert answer.status_code == 409


@pytest.mark.parametrize("name", ["plan", "post"])
def test_what_lies_in_another_community_is_not_there(client, desk, name):
    (post,) = open_posts(desk)
    Post.objects.filter(pk=post.pk).update(state=PostState.FILLED, holder=desk.person, opened_on=None)
    key = {"plan": post.plan_id, "post": post.pk}[name]
    sign_in(client, Role.STATION_CLERK, elsewhere(desk.community))
    assert client.get(url(name, key)).status_code == 404


def test_filters_of_the_applications(client, desk):
    plan_posts(desk)
    plan_posts(desk, category="security", employer=EmployerFactory(name="别家"))
    as_(client, desk.district)
    for query, number in (
        ("", 2), ("?category=security", 1), ("?state=planned", 2), ("?state=opened", 0), ("?employer=别", 1),
        (f"?area={desk.community.pk}", 2), (f"?area={elsewhere(desk.community).pk}", 2),
    ):  # fmt: skip
        assert len(client.get(url("plans") + query).context["page"]) == number, query


# Posts


def test_an_open_post_is_reserved_for_a_person_found(client, desk):
    (post,) = open_posts(desk)
    plain = another(desk, certified=False)
    as_(client, desk.clerk)
    answer = client.post(url("find_holder", post.pk), {"q": desk.person.id_number})
    found = {resident.pk: why for resident, _standing, why in answer.context["found"]}
    assert not found[desk.person.pk]
    refused = client.post(url("reserve_post", post.pk, plain.pk), sent(version=post.version))
    assert refused.status_code == 422
    answer = client.post(url("reserve_post", post.pk, desk.person.pk), sent(version=post.version))
    assert answer.status_code == 302
    page = client.get(url("post", post.pk)).content.decode()
    assert desk.person.name in page
    late = client.post(url("reserve_post", post.pk, another(desk).pk), sent(version=post.version))
    assert late.status_code == 409


def test_a_station_keeps_sight_of_the_post_its_person_holds_elsewhere(client, desk):
    (post,) = open_posts(desk)
    posts.transfer(
        post_id=post.pk, to_area=elsewhere(desk.community), version=0, reason="need", words="", by=desk.city
    )
    posts.reserve(post_id=post.pk, resident_id=desk.person.pk, by=desk.clerk)
    as_(client, desk.clerk)
    post.refresh_from_db()
    page = client.get(url("post", post.pk))
    assert [step.action for step in page.context["steps"]] == ["release"]
    step = sent(action="release", version=post.version)
    assert client.post(url("post_step", post.pk), step).status_code == 302
    assert Post.objects.get(pk=post.pk).state == PostState.OPEN


def test_a_post_moves_and_both_sides_read_why(client, desk):
    (post,) = open_posts(desk)
    far = elsewhere(desk.community)
    as_(client, desk.city)
    told = sent(version=post.version, to_area=far.pk, reason="help", words="支援")
    assert client.post(url("transfer_post", post.pk), told).status_code == 302
    for community, way in ((desk.community, "given"), (far, "taken")):
        sign_in(client, Role.STATION_CLERK, community)
        assert "支援" in client.get(url("transfers")).content.decode()
        assert len(client.get(url("transfers") + f"?way={way}").context["page"]) == 1
    sign_in(client, Role.STATION_CLERK, AreaFactory(community=True, parent=desk.community.parent))
    assert len(client.get(url("transfers")).context["page"]) == 0


def test_a_district_moves_posts_within_itself(client, desk):
    (post,) = open_posts(desk)
    as_(client, desk.district)
    told = sent(version=post.version, to_area=elsewhere(desk.community).pk, reason="help", words="")
    answer = client.post(url("transfer_post", post.pk), told)
    assert answer.status_code == 422
    assert "to_area" in answer.context["transfer_form"].errors
    assert not PostTransfer.objects.exists()


def test_filters_of_the_posts(client, desk):
    first, second = open_posts(desk, headcount=2)
    posts.reserve(post_id=first.pk, resident_id=desk.person.pk, by=desk.clerk)
    far = make_post_desk()
    open_posts(far, category="security")
    as_(client, desk.clerk)
    for query, number in (
        ("", 2), ("?state=open", 1), ("?state=reserved", 1), ("?category=security", 0), ("?show=anywhere", 2),
        ("?show=expiring", 0), ("?show=anywhere&category=security", 1),
    ):  # fmt: skip
        assert len(client.get(url("posts") + query).context["page"]) == number, query


def test_the_list_goes_on_where_the_page_ends(client, desk):
    made = open_posts(desk, headcount=60)
    as_(client, desk.clerk)
    first = client.get(url("posts") + "?state=open").context["page"]
    second = client.get(url("posts"), {"state": "open", "cursor": first.next}).context["page"]
    assert [post.pk for post in [*first, *second]] == [post.pk for post in made]


# Warnings on the desks


def test_terms_that_end_soon_by_the_days_of_the_parameter(client, desk, monkeypatch):
    today = timezone.localdate()
    ends = {}
    for post, left in zip(open_posts(desk, headcount=4), (10, 60, 90, 91), strict=True):
        placement = put_on(desk, post, another(desk))
        last_day = today + left * DAY
        began(placement, add_months(last_day + DAY, -placement.post_months))
        ends[placement.pk] = left
    as_(client, desk.clerk)
    shown = lists(client, reverse("city:today"), monkeypatch)["terms-ending"]
    assert [line.url for line in shown.lines] == [
        url("placement", key) for key, left in sorted(ends.items(), key=lambda one: one[1]) if left <= 90
    ]
    assert [line.soon for line in shown.lines] == [True, False, False]
    assert len(client.get(url("posts") + "?show=expiring").context["page"]) == 3
    as_(client, desk.street)
    assert lists(client, reverse("city:reviews"), monkeypatch)["terms-ending"].total == 3


@pytest.mark.parametrize(
    ("left_days_ago", "told_days_after", "total", "late"),
    [(5, None, 1, 0), (6, None, 1, 1), (10, 5, 0, 0), (10, 6, 1, 1), (50, 6, 0, 0)],
)
def test_an_employer_tells_in_time_that_somebody_left(
    client, desk, monkeypatch, left_days_ago, told_days_after, total, late
):
    today = timezone.localdate()
    last_day = today - left_days_ago * DAY
    (post,) = open_posts(desk)
    placement = put_on(desk, post)
    began(placement, date(2026, 1, 1))
    placement.refresh_from_db()
    placements.end(
        placement_id=placement.pk, last_day=last_day, reason=PlacementEnd.UNFIT, version=placement.version,
        by=desk.clerk,
    )  # fmt: skip
    if told_days_after is not None:
        Placement.objects.update(left_reported_on=last_day + told_days_after * DAY)
    as_(client, desk.clerk)
    shown = lists(client, reverse("city:today"), monkeypatch)["leavings"]
    assert (shown.total, shown.late, len(shown.lines)) == (total, late, total)


def test_applications_wait_on_the_desks_of_those_they_concern(client, desk, monkeypatch):
    waiting, returned, approved = plan_posts(desk), plan_posts(desk), plan_posts(desk)
    posts.take_plan_step(
        plan_id=returned.pk, action="send_back", version=0, reason="papers", words="缺材料", by=desk.district
    )
    posts.take_plan_step(plan_id=approved.pk, action="approve", version=0, by=desk.district)
    as_(client, desk.district)
    shown = lists(client, reverse("city:reviews"), monkeypatch)["plans-to-decide"]
    assert [line.url for line in shown.lines] == [url("plan", waiting.pk)]
    as_(client, desk.clerk)
    shown = lists(client, reverse("city:today"), monkeypatch)["plans-to-go-on"]
    assert [line.url for line in shown.lines] == [url("plan", returned.pk), url("plan", approved.pk)]
    assert "缺材料" in shown.lines[0].sub
    as_(client, desk.street)
    assert "plans-to-decide" not in lists(client, reverse("city:reviews"), monkeypatch)


# Employers, bases, projects


def test_an_employer_is_found_by_name_and_by_code(client, desk):
    EmployerFactory(credit_code=CODE, name="丝绸厂", kind=EmployerKind.DISPATCH)
    as_(client, desk.clerk)
    for query, names in (
        ("?q=丝", ["丝绸厂"]), (f"?q={CODE.lower()}", ["丝绸厂"]), ("?q=铁厂", []), ("?kind=dispatch", ["丝绸厂"]),
    ):  # fmt: skip
        rows = client.get(url("employers") + query).context["rows"]
        assert [employer.name for employer, _told in rows] == names


def test_what_an_employer_gave_and_took_is_told_of_the_own_area(client, desk):
    (post,) = open_posts(desk)
    put_on(desk, post)
    as_(client, desk.clerk)
    assert client.get(url("employer", desk.employer.pk)).context["told"] == {"posts": 1, "vacancies": 0, "placed": 1}
    sign_in(client, Role.STATION_CLERK, elsewhere(desk.community))
    page = client.get(url("employer", desk.employer.pk))
    assert page.context["told"] == {"posts": 0, "vacancies": 0, "placed": 0}
    assert desk.person.name not in page.content.decode()


def test_details_of_an_employer_are_kept(client, desk):
    as_(client, desk.clerk)
    told = {"kind": "labour_service", "staff_total": "40", "contact_person": "王", "contact_phone": "0571-88888888"}
    for number in ("40", "41"):
        address = url("save_employer", desk.employer.pk)
        assert client.post(address, sent(**told | {"staff_total": number})).status_code == 302
    details = EmployerDetails.objects.select_related("employer").get()
    assert (details.staff_total, details.contact_phone) == (41, "0571-88888888")
    assert details.employer.kind == EmployerKind.LABOUR_SERVICE
    answer = client.post(address, sent(**told | {"staff_total": "-1", "kind": "x"}))
    assert set(answer.context["form"].errors) == {"staff_total", "kind"}


def test_a_base_is_added_and_put_right(client, desk):
    as_(client, desk.street)
    told = {"name": "一号基地", "credit_code": CODE, "employer_name": "基地公司", "area": desk.street.area_id}
    told |= {"capacity": "20", "opened_on": "2026-01-01", "closed_on": "", "words": ""}
    assert client.post(url("add_base"), sent(**told)).status_code == 302
    base = PlacementBase.objects.get()
    assert client.post(url("add_base"), sent(**told)).status_code == 422
    assert client.post(url("edit_base", base.pk), sent(**told | {"capacity": "30"})).status_code == 302
    wrong = client.post(url("edit_base", base.pk), sent(**told | {"closed_on": "2025-12-31"}))
    assert wrong.status_code == 422
    base.refresh_from_db()
    assert (base.capacity, base.closed_on, base.employer.name) == (30, None, "基地公司")
    as_(client, desk.clerk)
    assert client.get(url("base", base.pk)).status_code == 200
    assert client.get(url("edit_base", base.pk)).status_code == 404
    sign_in(client, Role.STREET_REVIEWER, elsewhere(desk.community))
    assert client.get(url("base", base.pk)).status_code == 404


def test_a_project_says_what_it_promised_and_what_persons_fill(client, desk):
    as_(client, desk.street)
    told = {"name": "工业园", "credit_code": CODE, "employer_name": "投资公司", "area": desk.street.area_id}
    told |= {"agreed_on": "2026-01-01", "jobs_total": "21", "percent": "9.5"}
    assert client.post(url("add_project"), sent(**told)).status_code == 302
    project = Project.objects.get()
    assert project.promised_share == Decimal("0.095")
    first, _second = open_posts(desk, headcount=2, project=project)
    put_on(desk, first)
    told = client.get(url("project", project.pk)).context["told"]
    assert (told["promised"], told["posts"], told["filled"], told["missing"]) == (2, 2, 1, 1)
    assert client.get(url("projects")).context["rows"][0][1]["missing"] == 1
    wrong = client.post(url("add_project"), sent(name="x", credit_code=CODE, area=desk.street.area_id, percent="101"))
    assert {"percent", "agreed_on", "jobs_total"} <= set(wrong.context["form"].errors)


# How many queries


def cost(client, address):
    with CaptureQueriesContext(connection) as told:
        assert client.get(address).status_code == 200
    return len(told)


@pytest.mark.parametrize("name", ["posts", "plans", "transfers", "employers", "bases", "projects"])
def test_a_list_costs_the_same_with_1_and_30_rows(client, desk, name):
    far = elsewhere(desk.community)

    def grow(number):
        for _ in range(number):
            employer = EmployerFactory()
            base = PlacementBase.objects.create(
                name=f"b{employer.pk}", employer=employer, area=desk.community, capacity=1, opened_on=date(2026, 1, 1)
            )
            project = Project.objects.create(
                name=f"p{employer.pk}", investor=employer, area=desk.community, agreed_on=date(2026, 1, 1),
                jobs_total=10, promised_share=Decimal("0.5"),
            )  # fmt: skip
            kept, moved = open_posts(desk, headcount=2, employer=employer, base=base, project=project)
            put_on(desk, kept, another(desk))
            posts.transfer(post_id=moved.pk, to_area=far, version=0, reason="need", words="", by=desk.city)

    as_(client, desk.city)
    grow(1)
    cost(client, url(name))
    one = cost(client, url(name))
    grow(29)
    assert cost(client, url(name)) == one


def test_the_pages_of_a_post_and_a_plan_cost_the_same_with_1_and_30_rows(client, desk):
    first, *_others = open_posts(desk, headcount=1)
    big = open_posts(desk, headcount=30)
    far = AreaFactory(community=True, parent=desk.community.parent)
    as_(client, desk.city)
    plans = [cost(client, url("plan", plan)) for plan in (first.plan_id, big[0].plan_id)]
    assert plans[0] == plans[1]
    costs = []
    for turns in (1, 29):
        for _ in range(turns):
            for target in (far, desk.community):
                version = Post.objects.values_list("version", flat=True).get(pk=first.pk)
                posts.transfer(
                    post_id=first.pk, to_area=target, version=version, reason="need", words="", by=desk.city
                )
        costs.append(cost(client, url("post", first.pk)))
    assert costs[0] == costs[1]
