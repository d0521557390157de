"""The proposal against a solver that shares nothing with it, and its limits one by one."""

import random
from math import inf

import pytest

from placements.allocation import DEFAULT_WEIGHTS, Divisions, OpenPost, Person, propose, reasons_of
from placements.choices import Hours, LeftOut, PostCategory

CITY = 1
FAR_BIGGER_THAN_POINTS = 10**6


def small_city():
    """One city, two districts, four streets, eight communities: ids 1, 2–3, 4–7, 8–15."""
    parents = {CITY: None, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 3}
    parents |= {community: 4 + (community - 8) // 2 for community in range(8, 16)}
    return Divisions(parents)


def anybody(draw, key, divisions):
    community = draw.randrange(8, 16)
    chain = divisions.chain(community)
    return Person(
        id=key,
        start=draw.choice([community, community, community, chain[1], chain[2]]),
        district=chain[2],
        rank=draw.randrange(4),
        wish=draw.choice(["", PostCategory.CLEANING, PostCategory.SECURITY]),
        wage=draw.choice([0, 2500, 3000]),
        hours=draw.choice([Hours.ANY, Hours.FULL_TIME, Hours.PART_TIME]),
        landless=draw.random() < 0.3,
    )


def any_post(draw, key):
    return OpenPost(
        id=key,
        community=draw.randrange(8, 16),
        category=draw.choice([PostCategory.CLEANING, PostCategory.SECURITY, PostCategory.GREENING]),
        wage=draw.choice([2490, 2600, 3000]),
        full_time=draw.random() < 0.7,
        landless_only=draw.random() < 0.2,
    )


def cheapest(table):
    """{row: column}, a column for every row at the least cost: the rows come one by one, and make the others move."""
    owner = {}
    for row in range(len(table)):
        seat_one_more(table, owner, row)
    return {row: column for column, row in owner.items()}


def seat_one_more(table, owner, newcomer):
    """Along the cheapest chain of moves: the newcomer takes a column, who had it takes another, until one is free."""
    price, came_by = {newcomer: 0}, {}  # row without a column: what the chain cost so far; (row before, column taken)
    is_settled = False
    while not is_settled:
        is_settled = True
        for column, row in owner.items():
            for before in list(price):
                cost = price[before] + table[before][column] - table[row][column]
                if row != before and cost < price.get(row, inf):
                    price[row], came_by[row], is_settled = cost, (before, column), False
    free = [column for column in range(len(table[0])) if column not in owner]
    _cost, column, row = min((price[row] + table[row][column], column, row) for row in price for column in free)
    while row != newcomer:
        before, taken = came_by[row]
        owner[column] = row
        column, row = taken, before
    owner[column] = newcomer


def optimum(people, posts, divisions, farthest):
    """(how many of each rank get a post, points) by another way: people × (posts + a place for each who gets none)."""
    table = []
    for person in people:
        nothing = FAR_BIGGER_THAN_POINTS * (4 - person.rank)
        row = []
        for post in posts:
            steps = divisions.steps_up(person.start, post.community)
            reasons = reasons_of(person, post, steps, DEFAULT_WEIGHTS)
            if steps and divisions.height(divisions.chain(person.start)[steps]) > farthest:
                reasons = None
            row.append(10**12 if reasons is None else sum(points for _code, points in reasons))
        table.append(row + [nothing] * len(people))
    chosen = cheapest(table)
    pairs = [(people[row], table[row][column]) for row, column in chosen.items() if column < len(posts)]
    return sorted(person.rank for person, _points in pairs), sum(points for _person, points in pairs)


@pytest.mark.parametrize("seed", range(80))
def test_it_is_the_optimum_of_an_independent_solver(seed):
    draw = random.Random(seed)
    divisions = small_city()
    people = [anybody(draw, key, divisions) for key in range(draw.randrange(1, 28))]
    posts = [any_post(draw, key) for key in range(draw.randrange(1, 22))]
    farthest = draw.choice([0, 1, 2, 3, 3, 3])
    found = propose(people, posts, divisions, farthest=farthest)
    assert (sorted(person.rank for person, *_rest in found.pairs), found.cost) == optimum(
        people, posts, divisions, farthest
    )
    assert len({person.id for person, *_rest in found.pairs}) == len(found.pairs)
    assert len({post.id for _person, post, *_rest in found.pairs}) == len(found.pairs)
    assert len(found.pairs) + len(found.left_out) == len(people)


def test_who_comes_first_gets_the_last_post_however_far():
    divisions = small_city()
    near, first = Person(1, 8, 2, rank=3), Person(2, 15, 3, rank=0)
    found = propose([near, first], [OpenPost(1, 8, PostCategory.CLEANING, 2490)], divisions)
    assert [person.id for person, *_rest in found.pairs] == [2]
    assert found.left_out == [(near, LeftOut.TAKEN)]


def test_nobody_is_left_out_to_save_points():
    divisions = small_city()
    people = [Person(1, 8, 2, rank=1), Person(2, 8, 2, rank=1)]
    posts = [OpenPost(1, 8, PostCategory.CLEANING, 2490), OpenPost(2, 15, PostCategory.CLEANING, 2490)]
    assert len(propose(people, posts, divisions).pairs) == 2


def test_a_quota_leaves_people_of_the_district_out():
    divisions = small_city()
    people = [Person(key, 8, 2, rank=1) for key in range(3)]
    posts = [OpenPost(key, 8, PostCategory.CLEANING, 2490) for key in range(3)]
    found = propose(people, posts, divisions, quotas={2: 1})
    assert [person.id for person, *_rest in found.pairs] == [0]
    assert {limit for _person, limit in found.left_out} == {LeftOut.QUOTA}


def test_posts_for_landless_farmers_are_theirs():
    divisions = small_city()
    posts = [OpenPost(1, 8, PostCategory.CLEANING, 2490, landless_only=True)]
    farmer, other = Person(1, 8, 2, rank=3, landless=True), Person(2, 8, 2, rank=0)
    found = propose([other, farmer], posts, divisions)
    assert [person.id for person, *_rest in found.pairs] == [1]
    assert found.left_out == [(other, LeftOut.NO_POST)]


def test_the_reasons_of_a_pair_add_up_to_its_cost():
    divisions = small_city()
    person = Person(1, 8, 2, rank=0, wish=PostCategory.SECURITY, wage=3000, hours=Hours.PART_TIME)
    found = propose([person], [OpenPost(1, 10, PostCategory.CLEANING, 2490)], divisions)
    ((_person, _post, cost, reasons),) = found.pairs
    assert reasons == [("distance", 20), ("wish", 6), ("wage", 4), ("hours", 3)]
    assert cost == 33


def test_nobody_and_nothing():
    assert propose([], [], small_city()).pairs == []
    assert propose([Person(1, 8, 2, 0)], [], small_city()).left_out == [(Person(1, 8, 2, 0), LeftOut.NO_POST)]
