"""A proposal from the register to reservations: guards, changes by hand, all or nothing."""

import pytest

from assistance.models import Referral
from city.choices import Role
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from placements.choices import Chosen, LeftOut, PostState, ProposalState
from placements.models import Post
from placements.services import allocation, posts
from tests.city.factories import PostingFactory
from tests.placements.post_desk import another, make_post_desk, open_posts

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return make_post_desk()


def propose(desk, **told):
    return allocation.propose(area=desk.city.area, by=desk.city, **told)


def test_everybody_who_waits_is_in_it_with_a_post_or_a_reason(desk):
    other, third = another(desk), another(desk)
    open_posts(desk, headcount=2)
    proposal = propose(desk)
    assert (proposal.posts_open, proposal.people_waiting) == (2, 3)
    paired = set(proposal.pairs.values_list("resident_id", flat=True))
    left = dict(proposal.left_out.values_list("resident_id", "limit"))
    assert paired | set(left) == {desk.person.pk, other.pk, third.pk}
    assert set(left.values()) == {LeftOut.TAKEN}


def test_carried_out_it_reserves_and_refers_in_one_go(desk):
    (post,) = open_posts(desk)
    proposal = propose(desk)
    proposal = allocation.commit(proposal_id=proposal.pk, version=proposal.version, by=desk.city)
    post.refresh_from_db()
    referral = Referral.objects.get()
    assert (proposal.state, post.state, post.holder_id) == (
        ProposalState.COMMITTED,
        PostState.RESERVED,
        desk.person.pk,
    )
    assert (referral.resident_id, referral.offer.post_id) == (desk.person.pk, post.pk)


def test_a_post_taken_meanwhile_stops_all_of_it(desk):
    other = another(desk)
    first, second = open_posts(desk, headcount=2)
    proposal = propose(desk)
    third = another(desk)
    posts.reserve(post_id=first.pk, resident_id=third.pk, by=desk.clerk)
    with pytest.raises(StepRefused) as refused:
        allocation.commit(proposal_id=proposal.pk, version=proposal.version, by=desk.city)
    assert first.number in refused.value.message
    assert Post.objects.get(pk=second.pk).state == PostState.OPEN
    assert not Referral.objects.filter(resident=other).exists()


def test_a_change_by_hand_is_carried_out_as_it_was_made(desk):
    other = another(desk)
    first, second = open_posts(desk, headcount=2)
    proposal = propose(desk)
    mine = proposal.pairs.get(resident=desk.person)
    theirs = proposal.pairs.get(resident=other)
    proposal = allocation.change_pair(
        proposal_id=proposal.pk,
        resident_id=desk.person.pk,
        post_id=theirs.post_id,
        version=proposal.version,
        by=desk.city,
    )
    assert proposal.left_out.get().resident_id == other.pk
    proposal = allocation.change_pair(
        proposal_id=proposal.pk, resident_id=other.pk, post_id=mine.post_id, version=proposal.version, by=desk.city
    )
    assert set(proposal.pairs.values_list("chosen", flat=True)) == {Chosen.HAND}
    allocation.commit(proposal_id=proposal.pk, version=proposal.version, by=desk.city)
    assert Post.objects.get(pk=theirs.post_id).holder_id == desk.person.pk
    assert Post.objects.get(pk=mine.post_id).holder_id == other.pk


def test_a_stale_page_changes_nothing(desk):
    open_posts(desk)
    proposal = propose(desk)
    told = {"proposal_id": proposal.pk, "resident_id": desk.person.pk, "post_id": None, "by": desk.city}
    allocation.change_pair(**told, version=proposal.version)
    with pytest.raises(Conflict):
        allocation.change_pair(**told, version=proposal.version)


def test_a_person_taken_off_by_hand_is_said_to_be(desk):
    open_posts(desk)
    proposal = propose(desk)
    allocation.change_pair(
        proposal_id=proposal.pk, resident_id=desk.person.pk, post_id=None, version=proposal.version, by=desk.city
    )
    assert proposal.left_out.get().limit == LeftOut.BY_HAND


def test_a_quota_of_a_district_is_kept(desk):
    another(desk)
    open_posts(desk, headcount=2)
    proposal = propose(desk, quotas={desk.district.area_id: 1})
    assert proposal.pairs.count() == 1
    assert proposal.left_out.get().limit == LeftOut.QUOTA


def test_a_street_proposes_nothing_and_a_district_only_for_itself(desk):
    with pytest.raises(NotAllowed):
        allocation.propose(area=desk.street.area, by=desk.street)
    with pytest.raises(NotAllowed):
        allocation.propose(area=desk.city.area, by=desk.district)
    assert allocation.propose(area=desk.district.area, by=desk.district).pk
    stranger = PostingFactory(area=make_post_desk().district.area, role=Role.DISTRICT_OFFICER)
    with pytest.raises(NotAllowed):
        allocation.propose(area=desk.district.area, by=stranger)


@pytest.mark.parametrize("people", [1, 12])
def test_it_costs_the_same_number_of_queries_for_many(desk, people, django_assert_max_num_queries):
    for _number in range(people):
        another(desk)
    open_posts(desk, headcount=3)
    with django_assert_max_num_queries(45):
        propose(desk)
