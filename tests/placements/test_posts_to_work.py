"""From an empty post to a person at work, and back: the ledger, the case and the episode follow by themselves."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from assistance.choices import CaseState
from city.moves import NotAllowed, StepRefused
from city.rules import add_months
from config.conflict import Conflict
from households.choices import Channel, EpisodeState, LabourState, Source
from households.models import LedgerSpan
from households.services import labour
from placements.choices import PlacementEnd, PlacementState, PostState, Priority
from placements.models import Placement, Post
from placements.services import placements, posts
from tests.assistance.case_desk import open_case, step
from tests.city.factories import AreaFactory
from tests.households.factories import ZeroEmploymentEpisodeFactory
from tests.placements.post_desk import VALUES, another, make_post_desk, open_posts, plan_posts

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk():
    return make_post_desk()


def put_on(desk, post, person=None, **told):
    today = timezone.localdate()
    placement = placements.report(
        resident_id=(person or desk.person).pk,
        channel=Channel.WELFARE_POST,
        agreed_from=today,
        post_id=post.pk,
        by=desk.clerk,
        **told,
    )
    return placements.confirm(placement_id=placement.pk, version=placement.version, by=desk.head)


def state_of(person, day):
    return LedgerSpan.objects.in_force_on(day).get(resident=person).state


def test_a_post_reserved_and_filled_puts_the_person_to_work(desk):
    (post,) = open_posts(desk)
    case = open_case(desk)
    step(desk, case, "verify")
    ZeroEmploymentEpisodeFactory(household=desk.home, certified_on=timezone.localdate() - 5 * DAY)
    posts.reserve(post_id=post.pk, resident_id=desk.person.pk, by=desk.clerk)
    placement = put_on(desk, post)
    post.refresh_from_db()
    case.refresh_from_db()
    today = timezone.localdate()
    assert (post.state, post.holder_id, post.held_until) == (PostState.FILLED, desk.person.pk, None)
    assert (placement.state, placement.turn, placement.priority) == (
        PlacementState.CONFIRMED,
        1,
        Priority.ZERO_HOUSEHOLD,
    )
    assert placement.spell.started_on == today
    assert state_of(desk.person, today) == LabourState.EMPLOYED
    assert case.state == CaseState.PLACED
    assert desk.home.episodes.get().state == EpisodeState.ELIMINATED


def test_ending_empties_the_post_and_the_ledger_goes_on(desk):
    (post,) = open_posts(desk)
    placement = put_on(desk, post)
    today = timezone.localdate()
    placements.end(
        placement_id=placement.pk, last_day=today, reason=PlacementEnd.UNFIT, version=placement.version, by=desk.clerk
    )
    post.refresh_from_db()
    placement.refresh_from_db()
    assert (post.state, post.holder_id, post.opened_on) == (PostState.OPEN, None, today)
    assert placement.state == PlacementState.ENDED
    assert state_of(desk.person, today + DAY) == LabourState.UNEMPLOYED


def test_below_the_minimum_wage_nothing_is_planned(desk):
    with pytest.raises(StepRefused) as refused:
        plan_posts(desk, monthly_wage=Decimal("2489.99"))
    assert refused.value.field == "monthly_wage"
    assert plan_posts(desk, monthly_wage=Decimal("1245"), weekly_hours=20).pk


def test_the_database_refuses_a_wage_below_the_minimum(desk):
    plan = plan_posts(desk)
    with pytest.raises(IntegrityError, match="postplan_pays_the_minimum_wage"), transaction.atomic():
        type(plan).objects.filter(pk=plan.pk).update(monthly_wage=Decimal("2489.99"))


def test_who_planned_does_not_approve(desk):
    plan = posts.plan(area=desk.community, values=VALUES | {"employer": desk.employer}, by=desk.district)
    with pytest.raises(StepRefused):
        posts.take_plan_step(plan_id=plan.pk, action="approve", version=plan.version, by=desk.district)


def test_one_person_holds_one_post(desk):
    first, second = open_posts(desk, headcount=2)
    posts.reserve(post_id=first.pk, resident_id=desk.person.pk, by=desk.clerk)
    with pytest.raises(Conflict):
        posts.reserve(post_id=second.pk, resident_id=desk.person.pk, by=desk.clerk)
    with pytest.raises(IntegrityError, match="post_one_a_person|holder"), transaction.atomic():
        Post.objects.filter(pk=second.pk).update(
            holder=desk.person, state=PostState.RESERVED, held_until=timezone.localdate()
        )


def test_a_reserved_post_is_nobody_elses(desk):
    (post,) = open_posts(desk)
    posts.reserve(post_id=post.pk, resident_id=desk.person.pk, by=desk.clerk)
    other = another(desk)
    with pytest.raises(Conflict):
        posts.reserve(post_id=post.pk, resident_id=other.pk, by=desk.clerk)
    with pytest.raises(Conflict):
        put_on(desk, post, other)


def test_only_certified_hardship_persons(desk):
    (post,) = open_posts(desk)
    with pytest.raises(StepRefused) as refused:
        posts.reserve(post_id=post.pk, resident_id=another(desk, certified=False).pk, by=desk.clerk)
    assert refused.value.field == "resident"


def test_two_placements_on_posts_in_a_life(desk, time_machine):
    (post,) = open_posts(desk)
    for turn in (1, 2):
        placement = put_on(desk, post)
        assert placement.turn == turn
        placements.end(
            placement_id=placement.pk,
            last_day=timezone.localdate(),
            reason=PlacementEnd.TERM,
            version=placement.version,
            by=desk.clerk,
        )
        time_machine.move_to(timezone.now() + 2 * DAY)
    with pytest.raises(StepRefused) as refused:
        put_on(desk, post)
    assert refused.value.field == "resident"


def test_the_database_counts_to_two(desk):
    (post,) = open_posts(desk)
    placement = put_on(desk, post)
    with pytest.raises(IntegrityError, match="placement_post_rules"), transaction.atomic():
        Placement.objects.filter(pk=placement.pk).update(turn=3)


@pytest.mark.parametrize(
    ("retires_in_months", "months", "until_retirement"),
    [(61, 36, False), (60, 36, False), (59, 59, True), (12, 12, True)],
)
def test_the_term_is_three_years_or_until_retirement(desk, retires_in_months, months, until_retirement):
    (post,) = open_posts(desk)
    retires_on = add_months(timezone.localdate(), retires_in_months)
    LedgerSpan.objects.filter(resident=desk.person).update(retires_on=retires_on)
    placement = placements.report(
        resident_id=desk.person.pk,
        channel=Channel.WELFARE_POST,
        agreed_from=timezone.localdate(),
        post_id=post.pk,
        by=desk.clerk,
    )
    assert (placement.post_months, placement.until_retirement) == (months, until_retirement)


def test_the_database_refuses_four_years(desk):
    (post,) = open_posts(desk)
    placement = put_on(desk, post)
    with pytest.raises(IntegrityError, match="placement_post_rules"), transaction.atomic():
        Placement.objects.filter(pk=placement.pk).update(post_months=37)


def test_a_clerk_reports_and_does_not_confirm(desk):
    (post,) = open_posts(desk)
    placement = placements.report(
        resident_id=desk.person.pk,
        channel=Channel.WELFARE_POST,
        agreed_from=timezone.localdate(),
        post_id=post.pk,
        by=desk.clerk,
    )
    with pytest.raises(NotAllowed):
        placements.confirm(placement_id=placement.pk, version=placement.version, by=desk.clerk)


def test_the_city_moves_an_open_post_and_a_street_does_not(desk):
    (post,) = open_posts(desk)
    elsewhere = AreaFactory(community=True, parent=desk.community.parent)
    told = {"post_id": post.pk, "to_area": elsewhere, "version": post.version, "reason": "need", "words": ""}
    with pytest.raises(NotAllowed):
        posts.transfer(**told, by=desk.street)
    posts.transfer(**told, by=desk.city)
    post.refresh_from_db()
    assert post.area == elsewhere
    assert post.transfers.get().from_area == desk.community


def test_reservations_end_by_themselves(desk):
    (post,) = open_posts(desk)
    posts.reserve(post_id=post.pk, resident_id=desk.person.pk, by=desk.clerk)
    held_until = Post.objects.get(pk=post.pk).held_until
    assert posts.release_overdue(held_until) == 0
    assert posts.release_overdue(held_until + DAY) == 1
    assert Post.objects.get(pk=post.pk).state == PostState.OPEN


def test_what_a_visit_tells_puts_the_placement_in_doubt(desk):
    (post,) = open_posts(desk)
    placement = put_on(desk, post)
    labour.lost_work(
        resident_id=desk.person.pk,
        on=timezone.localdate(),
        next_state=LabourState.UNEMPLOYED,
        source=Source.VISIT,
        by=desk.clerk,
    )
    placement.refresh_from_db()
    assert placement.state == PlacementState.DISPUTED


def reported(desk, post):
    """A placement on a post that nobody had reserved."""
    return placements.report(
        resident_id=desk.person.pk,
        channel=Channel.WELFARE_POST,
        agreed_from=timezone.localdate(),
        post_id=post.pk,
        by=desk.clerk,
    )


def test_a_post_is_kept_from_the_report_of_a_placement_on(desk):
    (post,) = open_posts(desk)
    placement = reported(desk, post)
    post.refresh_from_db()
    assert (post.state, post.holder) == (PostState.RESERVED, desk.person)
    with pytest.raises(Conflict):
        posts.reserve(post_id=post.pk, resident_id=another(desk).pk, by=desk.clerk)
    with pytest.raises(StepRefused, match=placement.number):
        posts.take_post_step(post_id=post.pk, action="release", version=post.version, by=desk.clerk)
    assert posts.release_overdue(post.held_until + DAY) == 0
    placements.confirm(placement_id=placement.pk, version=placement.version, by=desk.head)
    assert Post.objects.get().state == PostState.FILLED


def test_a_placement_on_a_post_reserved_for_another_is_refused_at_once(desk):
    (post,) = open_posts(desk)
    posts.reserve(post_id=post.pk, resident_id=another(desk).pk, by=desk.clerk)
    with pytest.raises(Conflict):
        reported(desk, post)
    assert not Placement.objects.exists()


def test_who_has_a_reservation_is_not_reported_on_another_post(desk):
    first, second = open_posts(desk, headcount=2)
    posts.reserve(post_id=first.pk, resident_id=desk.person.pk, by=desk.clerk)
    with pytest.raises(Conflict):
        reported(desk, second)
