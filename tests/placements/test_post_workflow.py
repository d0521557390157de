"""Every step of an application for posts and of a post × ten roles × areas, and what each step asks for."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from city.choices import AreaLevel, Role
from city.models import Move
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from placements.choices import PlanState, PostState
from placements.models import EmployerDetails, PlacementBase, Post, PostPlan, PostTransfer, Project
from placements.services import posts
from placements.workflow import POST, POST_PLAN
from tests.assistance.case_desk import make_person
from tests.city.factories import AreaFactory, EmployerFactory, PostingFactory
from tests.desks import _PLACES, elsewhere, superior
from tests.households.factories import HouseholdFactory
from tests.placements.post_desk import VALUES, another, make_post_desk, open_posts, plan_posts

pytestmark = pytest.mark.django_db
PLANNERS = {Role.STATION_CLERK, Role.STATION_HEAD, Role.STREET_REVIEWER, Role.DISTRICT_OFFICER}
DECIDERS = {Role.DISTRICT_OFFICER, Role.CITY_OFFICE}
PLACERS = {Role.STATION_CLERK, Role.STATION_HEAD, Role.STREET_REVIEWER}
PLAN_STEPS = {
    "plan_again": PLANNERS,
    "approve": DECIDERS,
    "send_back": DECIDERS,
    "open": PLANNERS,
    "cancel": PLANNERS,
}


@pytest.fixture
def desk():
    return make_post_desk()


def posted(role, community):
    return PostingFactory(role=role, area=superior(community, _PLACES.get(role, AreaLevel.CITY)))


def plan_in(desk, state):
    plan = plan_posts(desk)
    PostPlan.objects.filter(pk=plan.pk).update(state=state)
    plan.refresh_from_db()
    return plan


def take(plan, action, by, **told):
    step = POST_PLAN.steps[action][0]
    told = {"reason": step.reasons.values[0] if step.reasons else "", "words": "in words", **told}
    if action == "plan_again":
        return posts.plan_again(plan_id=plan.pk, values=VALUES, version=plan.version, by=by)
    return posts.take_plan_step(plan_id=plan.pk, action=action, version=plan.version, by=by, **told)


@pytest.mark.parametrize(
    ("action", "state"), [(step.action, state) for step in POST_PLAN for state in step.sources if state]
)
def test_who_may_take_a_step_of_an_application(desk, action, state):
    far = elsewhere(desk.community)
    for role in Role:
        for place, near in ((desk.community, True), (far, False)):
            plan = plan_in(desk, state)
            covers = near or _PLACES.get(role, AreaLevel.CITY) == AreaLevel.CITY
            allowed = covers and role in PLAN_STEPS[action]
            before = Move.objects.filter(workflow=POST_PLAN.name, key=plan.pk).count()
            try:
                take(plan, action, posted(role, place))
                taken = True
            except NotAllowed:
                taken = False
            plan.refresh_from_db()
            assert (taken, plan.state != state) == (allowed, allowed), (role, near)
            assert Move.objects.filter(workflow=POST_PLAN.name, key=plan.pk).count() == before + allowed


@pytest.mark.parametrize("action", sorted(PLAN_STEPS))
@pytest.mark.parametrize("state", PlanState.values)
def test_from_another_state_a_step_is_a_conflict_and_leaves_no_trace(desk, action, state):
    if POST_PLAN.step_from(state, action):
        return
    plan = plan_in(desk, state)
    by = desk.district if action in ("approve", "send_back") else desk.clerk
    with pytest.raises(Conflict):
        take(plan, action, by)
    plan.refresh_from_db()
    assert (plan.state, plan.version) == (state, 0)
    assert not Post.objects.exists()


def test_a_page_that_is_out_of_date_is_a_conflict(desk):
    plan = plan_posts(desk)
    take(plan, "approve", desk.district)
    with pytest.raises(Conflict):
        posts.take_plan_step(plan_id=plan.pk, action="open", version=plan.version, by=desk.clerk)


@pytest.mark.parametrize(
    ("action", "state", "missing"),
    [("send_back", "planned", "words"), ("send_back", "planned", "reason"), ("cancel", "planned", "reason")],
)
def test_words_and_reasons_are_asked_for(desk, action, state, missing):
    plan = plan_in(desk, state)
    with pytest.raises(StepRefused) as refused:
        take(plan, action, desk.district, **{missing: ""})
    assert refused.value.field == missing


def test_who_planned_it_again_does_not_approve(desk):
    plan = plan_in(desk, "returned")
    take(plan, "plan_again", desk.district)
    plan.refresh_from_db()
    with pytest.raises(StepRefused) as refused:
        take(plan, "approve", desk.district)
    assert refused.value.field == "action"


def test_planned_again_is_held_to_the_minimum_wage(desk):
    plan = plan_in(desk, "returned")
    with pytest.raises(StepRefused) as refused:
        posts.plan_again(
            plan_id=plan.pk, values=VALUES | {"monthly_wage": Decimal(100)}, version=plan.version, by=desk.clerk
        )
    assert refused.value.field == "monthly_wage"


def test_who_may_plan(desk):
    for role in Role:
        for place, near in ((desk.community, True), (elsewhere(desk.community), False)):
            by = posted(role, place)
            values = VALUES | {"employer": desk.employer}
            if near and role in PLANNERS:
                plan = posts.plan(area=desk.community, values=values, by=by)
                assert (plan.state, plan.minimum_wage) == (PlanState.PLANNED, Decimal(2490))
            else:
                with pytest.raises(NotAllowed):
                    posts.plan(area=desk.community, values=values, by=by)


def test_posts_are_planned_in_a_community_alone(desk):
    with pytest.raises(StepRefused) as refused:
        posts.plan(area=desk.street.area, values=VALUES | {"employer": desk.employer}, by=desk.street)
    assert refused.value.field == "area"


def test_opening_makes_a_post_for_each_place(desk):
    made = open_posts(desk, headcount=3)
    assert [post.number.rpartition("-")[2] for post in made] == ["001", "002", "003"]
    assert {(post.state, post.area, post.opened_on) for post in made} == {
        (PostState.OPEN, desk.community, timezone.localdate())
    }
    assert Move.objects.filter(workflow=POST.name, key__in=[post.pk for post in made], action="open").count() == 3


# Posts


def reserved(desk):
    (post,) = open_posts(desk)
    person = another(desk)
    return posts.reserve(post_id=post.pk, resident_id=person.pk, by=desk.clerk)


def test_who_may_reserve(desk):
    for role in Role:
        for place, near in ((desk.community, True), (elsewhere(desk.community), False)):
            (post,) = open_posts(desk)
            person = another(desk)
            by = posted(role, place)
            if near and role in PLACERS:
                assert posts.reserve(post_id=post.pk, resident_id=person.pk, by=by).holder == person
            else:
                with pytest.raises(NotAllowed):
                    posts.reserve(post_id=post.pk, resident_id=person.pk, by=by)
                post.refresh_from_db()
                assert post.state == PostState.OPEN


def test_an_open_post_elsewhere_is_reserved_for_ones_own(desk):
    (post,) = open_posts(desk)
    far = make_post_desk_in(elsewhere(desk.community), desk)
    assert posts.reserve(post_id=post.pk, resident_id=far.person.pk, by=far.clerk).state == PostState.RESERVED
    post.refresh_from_db()
    assert posts.take_post_step(post_id=post.pk, action="release", version=post.version, by=far.clerk).holder is None


def make_post_desk_in(community, desk):
    home = HouseholdFactory(community=community)
    return SimpleNamespace(person=make_person(home), clerk=PostingFactory(area=community, role=Role.STATION_CLERK))


@pytest.mark.parametrize(
    ("action", "make", "roles"),
    [("release", reserved, PLACERS), ("end", lambda desk: open_posts(desk)[0], PLANNERS)],
)
def test_who_may_take_a_step_of_a_post(desk, action, make, roles):
    for role in Role:
        for place, near in ((desk.community, True), (elsewhere(desk.community), False)):
            post = make(desk)
            covers = near or _PLACES.get(role, AreaLevel.CITY) == AreaLevel.CITY
            allowed = covers and role in roles
            told = {"post_id": post.pk, "action": action, "version": post.version, "by": posted(role, place)}
            try:
                posts.take_post_step(**told, reason="done")
                taken = True
            except NotAllowed:
                taken = False
            assert taken == allowed, (role, near)
            was = post.state
            post.refresh_from_db()
            assert (post.state != was) == allowed


@pytest.mark.parametrize("action", ["release", "end"])
@pytest.mark.parametrize("state", PostState.values)
def test_from_another_state_a_post_takes_no_step(desk, action, state):
    if POST.step_from(state, action):
        return
    (post,) = open_posts(desk)
    held = {"reserved": {"held_until": timezone.localdate()}, "filled": {"opened_on": None}}.get(state)
    if held:
        Post.objects.filter(pk=post.pk).update(state=state, holder=desk.person, **held)
    elif state == "ended":
        Post.objects.filter(pk=post.pk).update(state=state, opened_on=None)
    with pytest.raises(Conflict):
        posts.take_post_step(post_id=post.pk, action=action, version=post.version, by=desk.clerk, reason="done")


def test_a_post_ends_with_a_reason(desk):
    (post,) = open_posts(desk)
    with pytest.raises(StepRefused) as refused:
        posts.take_post_step(post_id=post.pk, action="end", version=post.version, by=desk.clerk)
    assert refused.value.field == "reason"


def test_who_may_move_a_post(desk):
    sibling = AreaFactory(community=True, parent=desk.community.parent)
    far = elsewhere(desk.community)
    for role in Role:
        for target, within in ((sibling, {Role.DISTRICT_OFFICER, Role.CITY_OFFICE}), (far, {Role.CITY_OFFICE})):
            (post,) = open_posts(desk)
            told = {"post_id": post.pk, "to_area": target, "version": post.version, "reason": "need", "words": ""}
            if role in within:
                assert posts.transfer(**told, by=posted(role, desk.community)).area == target
            else:
                with pytest.raises(NotAllowed):
                    posts.transfer(**told, by=posted(role, desk.community))
                assert not post.transfers.exists()


def test_a_post_moves_to_another_community_alone(desk):
    (post,) = open_posts(desk)
    told = {"post_id": post.pk, "version": post.version, "reason": "need", "words": "", "by": desk.district}
    for target in (desk.community, desk.community.parent):
        with pytest.raises(StepRefused) as refused:
            posts.transfer(**told, to_area=target)
        assert refused.value.field == "to_area"


def test_a_reserved_post_stays_where_it_is(desk):
    post = reserved(desk)
    target = AreaFactory(community=True, parent=desk.community.parent)
    with pytest.raises(Conflict):
        posts.transfer(
            post_id=post.pk, to_area=target, version=post.version, reason="need", words="", by=desk.district
        )


# What the database refuses


def refuses(constraint):
    return pytest.raises(IntegrityError, match=constraint)


def on_plan(desk, **values):
    PostPlan.objects.filter(pk=plan_posts(desk).pk).update(**values)


def on_post(desk, **values):
    Post.objects.filter(pk=open_posts(desk)[0].pk).update(**values)


def base(desk, **values):
    values = {"name": "一号基地", "area": desk.community, "capacity": 5, "opened_on": timezone.localdate(), **values}
    return PlacementBase.objects.create(employer=desk.employer, **values)


def project(desk, **values):
    values = {"name": "一号项目", "area": desk.community, "agreed_on": timezone.localdate(), **values}
    values = {"jobs_total": 10, "promised_share": Decimal("0.5"), **values}
    return Project.objects.create(investor=desk.employer, **values)


REFUSED = {
    "placementbase_in_order": lambda desk: base(desk, closed_on=timezone.localdate() - timedelta(days=1)),
    "project_share": lambda desk: project(desk, promised_share=Decimal("1.01")),
    "postplan_has_places": lambda desk: on_plan(desk, headcount=0),
    "postplan_hours": lambda desk: on_plan(desk, weekly_hours=41, monthly_wage=9_999),
    "postplan_pays_the_minimum_wage": lambda desk: on_plan(desk, weekly_hours=20, monthly_wage=Decimal("1244.99")),
    "post_held_by_somebody": lambda desk: on_post(desk, holder=desk.person),
    "post_reserved_for_a_while": lambda desk: on_post(desk, held_until=timezone.localdate()),
    "post_empty_since_a_day": lambda desk: on_post(desk, opened_on=None),
}


@pytest.mark.parametrize("constraint", sorted(REFUSED))
def test_the_database_refuses(desk, constraint):
    with refuses(constraint), transaction.atomic():
        REFUSED[constraint](desk)


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [("placementbase_unique", "area_id.*name"), ("project_unique", "area_id.*name")],
)
def test_names_are_unique_in_an_area(desk, constraint, columns):
    make = base if constraint.startswith("placementbase") else project
    make(desk)
    with refuses(f"{constraint}|{columns}"), transaction.atomic():
        make(desk)
    make(desk, area=desk.community.parent)


def test_numbers_are_unique(desk):
    first, second = open_posts(desk), open_posts(desk)
    with refuses("post_number_unique|post.number"), transaction.atomic():
        Post.objects.filter(pk=second[0].pk).update(number=first[0].number)
    with refuses("postplan_number_unique|postplan.number"), transaction.atomic():
        PostPlan.objects.filter(pk=second[0].plan_id).update(number=first[0].plan.number)


def test_a_person_holds_one_post(desk):
    first, second = open_posts(desk, headcount=2)
    held = {"state": "filled", "holder": desk.person, "opened_on": None}
    Post.objects.filter(pk=first.pk).update(**held)
    with refuses("post_one_a_person|holder_id"), transaction.atomic():
        Post.objects.filter(pk=second.pk).update(**held)


def test_a_transfer_goes_somewhere_else(desk):
    (post,) = open_posts(desk)
    with refuses("posttransfer_elsewhere"), transaction.atomic():
        PostTransfer.objects.create(
            post=post,
            from_area=desk.community,
            to_area=desk.community,
            moved_on=timezone.localdate(),
            reason="need",
            staff=desk.city.staff,
        )


def test_an_employer_has_one_row_of_details(desk):
    employer = EmployerFactory()
    EmployerDetails.objects.create(employer=employer)
    with pytest.raises(IntegrityError), transaction.atomic():
        EmployerDetails.objects.create(employer=employer)
