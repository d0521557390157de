"""Each rule of the tables of placements refuses its bad row by name."""

from datetime import date

import pytest

from households.choices import Channel
from households.models import HardshipCertification
from placements.models import Business, Placement
from tests.constraints import assert_refused
from tests.placements.factories_placements import BusinessFactory, PlacementFactory
from tests.placements.post_desk import another, make_post_desk, open_posts

pytestmark = pytest.mark.django_db
D = date(2026, 10, 1)
BEFORE = date(2026, 9, 30)


@pytest.fixture
def desk():
    return make_post_desk()


def place(desk, **values):
    return PlacementFactory(**{"resident": desk.person, "community": desk.community} | values)


def on_post(desk, person=None, post=None, **values):
    person = person or desk.person
    known = {
        "resident": person,
        "channel": Channel.WELFARE_POST,
        "post": post or open_posts(desk)[0],
        "hardship": HardshipCertification.objects.get(resident=person),
        "priority": "aged",
        "turn": 1,
        "post_months": 36,
    }
    return place(desk, **known | values)


def same_number(desk):
    place(desk, number="P1")
    place(desk, number="P1")


def one_post_for_two(desk):
    first = on_post(desk)
    on_post(desk, another(desk), first.post)


def two_posts_for_one(desk):
    on_post(desk)
    on_post(desk, turn=2)


def the_same_turn_again(desk):
    on_post(desk, state="ended", agreed_from=None, end_reason="term")
    on_post(desk)


def same_business(desk):
    first = BusinessFactory(owner=desk.person)
    BusinessFactory(owner=desk.person, name=first.name)


CASES = {
    "business_unique": same_business,
    "business_in_order": lambda desk: BusinessFactory(owner=desk.person, opened_on=D, closed_on=BEFORE),
    "placement_number_unique": same_number,
    "placement_one_a_post": one_post_for_two,
    "placement_one_post_a_person": two_posts_for_one,
    "placement_twice_on_posts": the_same_turn_again,
    "placement_post_rules": lambda desk: on_post(desk, post_months=37),
    "placement_on_a_post_by_its_channel": lambda desk: place(desk, channel=Channel.WELFARE_POST),
    "placement_day_agreed_until_confirmed": lambda desk: place(desk, agreed_from=None),
    "placement_ended_with_a_reason": lambda desk: place(desk, state="ended", agreed_from=None),
    "placement_exported_somewhere": lambda desk: place(desk, channel=Channel.EXPORT),
}
TURNED = {
    "a third turn": ("placement_post_rules", lambda desk: on_post(desk, turn=3)),
    "no hardship": ("placement_post_rules", lambda desk: on_post(desk, hardship=None)),
    "no place in the order": ("placement_post_rules", lambda desk: on_post(desk, priority="")),
    "a turn without a post": ("placement_post_rules", lambda desk: place(desk, turn=1)),
    "a day agreed though confirmed": (
        "placement_day_agreed_until_confirmed",
        lambda desk: place(desk, state="confirmed"),
    ),
    "a reason though at work": ("placement_ended_with_a_reason", lambda desk: place(desk, end_reason="term")),
    "dropped without a reason": ("placement_ended_with_a_reason", lambda desk: place(desk, state="dropped")),
    "a destination without export": ("placement_exported_somewhere", lambda desk: place(desk, destination="outside")),
}


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses(desk, name):
    assert_refused("placements", name, lambda: CASES[name](desk))


@pytest.mark.parametrize("case", TURNED)
def test_the_database_refuses_the_other_way_round(desk, case):
    name, write = TURNED[case]
    assert_refused("placements", name, lambda: write(desk))


def test_every_constraint_of_placements_is_tried():
    assert {one.name for table in (Business, Placement) for one in table._meta.constraints} == set(CASES)


def test_until_retirement_the_term_may_be_longer(desk):
    assert on_post(desk, post_months=59, until_retirement=True).pk
