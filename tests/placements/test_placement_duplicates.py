"""One person entered twice becomes one, with the posts, placements, searches and offers of both."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from city.choices import Role
from households.ledger import LedgerRefused
from households.models import LabourSpell
from households.services import duplicates
from placements.choices import PlacementEnd, PostState
from placements.models import JobSeeker, Placement
from placements.services import offers, placements
from tests.city.factories import PostingFactory
from tests.households.factories import ResidentFactory
from tests.placements.factories_placements import BusinessFactory
from tests.placements.post_desk import another, make_post_desk, open_posts, open_vacancy
from tests.placements.test_posts_to_work import put_on

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk():
    desk = make_post_desk()
    desk.reviewer = PostingFactory(area=desk.community.parent, role=Role.STREET_REVIEWER)
    return desk


def merge(desk, survivor, other):
    duplicates.merge_residents(survivor_id=survivor.pk, other_id=other.pk, by=desk.reviewer)


def seek(person, day):
    return JobSeeker.objects.create(resident=person, registered_on=day, valid_until=day + 90 * DAY)


def test_everything_of_the_other_goes_to_the_survivor(desk):
    """The survivor's file is bare: the post, its placement with its spell, the search and the offer come over."""
    (post,) = open_posts(desk)
    vacancy = open_vacancy(desk)
    other = desk.person
    survivor = ResidentFactory(home=desk.home)
    search = seek(other, timezone.localdate())
    offer = offers.offer_vacancy(resident_id=other.pk, vacancy_id=vacancy.pk, by=desk.clerk)
    business = BusinessFactory(owner=other)
    placement = put_on(desk, post, other)
    merge(desk, survivor, other)
    for row in (post, placement, search, business, offer.referral):
        row.refresh_from_db()
    assert {post.holder, placement.resident, search.resident, business.owner, offer.referral.resident} == {survivor}
    assert placement.spell.resident == survivor
    placements.end(
        placement_id=placement.pk,
        last_day=timezone.localdate(),
        reason=PlacementEnd.TERM,
        version=placement.version,
        by=desk.clerk,
    )
    post.refresh_from_db()
    assert post.state == PostState.OPEN


def test_a_spell_that_gives_way_keeps_its_placement_on_the_survivors(desk):
    """Both files tell of the same first day: the placement points to the spell that stays."""
    other, survivor = desk.person, another(desk)
    placement = put_on(desk, open_posts(desk)[0], other)
    stays = LabourSpell.objects.create(
        resident=survivor,
        started_on=timezone.localdate(),
        confirmed_on=timezone.localdate(),
        state=1,
        channel="employer",
    )
    merge(desk, survivor, other)
    placement.refresh_from_db()
    assert (placement.resident, placement.spell) == (survivor, stays)


def test_two_posts_stop_the_merging_with_what_to_do(desk):
    first, second = open_posts(desk, headcount=2)
    other = another(desk)
    put_on(desk, first)
    put_on(desk, second, other)
    with pytest.raises(LedgerRefused):
        merge(desk, desk.person, other)
    assert Placement.objects.filter(resident=other).count() == 1


def test_two_open_searches_stop_the_merging(desk):
    other = another(desk)
    seek(desk.person, date(2026, 9, 1))
    seek(other, date(2026, 9, 2))
    with pytest.raises(LedgerRefused):
        merge(desk, desk.person, other)


def test_a_search_of_the_same_day_stands_once(desk):
    other = another(desk)
    for person in (desk.person, other):
        seek(person, date(2026, 9, 1))
    merge(desk, desk.person, other)
    assert JobSeeker.objects.get().resident == desk.person
