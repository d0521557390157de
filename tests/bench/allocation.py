"""The row of city-wide allocation: who goes to which of 20,000 posts among 50,000 who wait, against a few seconds."""

import random
import time

from placements.allocation import Divisions, OpenPost, Person, propose
from placements.choices import Hours, PostCategory

PEOPLE, POSTS = 50_000, 20_000
_A_FEW_SECONDS = 5
_SHAPE = (13, 15, 15)  # districts, streets of each, communities of each
_WAGES = (2260, 2490, 2600, 2800, 3000, 3200)


def _city():
    parents, level = {1: None}, [1]
    for number in _SHAPE:
        below = []
        for superior in level:
            for _one in range(number):
                key = len(parents) + 1
                parents[key] = superior
                below.append(key)
        level = below
    return Divisions(parents), level


def made_up(people=PEOPLE, posts=POSTS, seed=1):
    draw = random.Random(seed)
    divisions, communities = _city()
    waiting = []
    for key in range(people):
        chain = divisions.chain(draw.choice(communities))
        person = Person(
            id=key,
            start=draw.choice([*[chain[0]] * 6, chain[1], chain[2]]),
            district=chain[2],
            rank=draw.randrange(4),
            wish=draw.choice(["", "", *PostCategory.values]),
            wage=draw.choice([0, 0, 2500, 2800, 3000, 3500]),
            hours=draw.choice(Hours.values),
            landless=draw.random() < 0.1,
        )
        waiting.append(person)
    waiting.sort(key=lambda person: person.rank)
    free = [
        OpenPost(
            id=key,
            community=draw.choice(communities),
            category=draw.choice(PostCategory.values),
            wage=draw.choice(_WAGES),
            full_time=draw.random() < 0.7,
            landless_only=draw.random() < 0.05,
        )
        for key in range(posts)
    ]
    return waiting, free, divisions


def measure():
    asked = made_up()
    started = time.perf_counter()
    propose(*asked)
    yield f"proposal of {PEOPLE} people × {POSTS} posts", time.perf_counter() - started, _A_FEW_SECONDS, 1
