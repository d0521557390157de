"""Who goes to which post: the least-cost flow over priority, distance, wish, wage and hours, within quotas.

Pure: plain values in, plain values out. People who wish the same flow together up the divisions, settle there on a
category, a wage and hours one after the other, and flow down to posts of that kind; so the network stays small
whatever the number of people, and its optimum is that of all pairs.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import inf

import numpy as np
from ortools.graph.python import min_cost_flow

from placements.choices import Hours, LeftOut

DEFAULT_WEIGHTS = {"distance": 10, "wish": 6, "wage": 4, "hours": 3}
#: How far somebody may be sent: within the own community, street, district, or anywhere in the city.
WITHIN_COMMUNITY, WITHIN_STREET, WITHIN_DISTRICT, ANYWHERE = range(4)


_FEW = 12
_MOSTLY_ENOUGH = 10
_TURNS = ("source", "quota", "up", "any", "category", "pay", "down", "sink")
_NOT_ON_OFFER = "-"


@dataclass(frozen=True, slots=True)
class Person:
    """`start`: the division to work in by wish, else the own community; `wage`: wished, 0 for any."""

    id: int
    start: int
    district: int
    rank: int
    wish: str = ""
    wage: int = 0
    hours: str = Hours.ANY.value
    landless: bool = False


@dataclass(frozen=True, slots=True)
class OpenPost:
    id: int
    community: int
    category: str
    wage: int
    full_time: bool = True
    landless_only: bool = False


@dataclass
class Proposed:
    """`pairs`: (person, post, cost, reasons as (code, points)); `left_out`: (person, limit)."""

    pairs: list = field(default_factory=list)
    left_out: list = field(default_factory=list)

    @property
    def cost(self):
        return sum(cost for _person, _post, cost, _reasons in self.pairs)


def reasons_of(person, post, steps_up, weights):
    """What each point of a pair's cost is for, as (code, points); None when the person may not have this post.

    `steps_up`: how many divisions up from `person.start` the post's community is found.
    """
    if post.landless_only and not person.landless:
        return None
    return [
        ("distance", steps_up * weights["distance"]),
        ("wish", weights["wish"] if person.wish and person.wish != post.category else 0),
        ("wage", weights["wage"] if post.wage < person.wage else 0),
        ("hours", 0 if hours_fit(person.hours, post.full_time) else weights["hours"]),
    ]


def hours_fit(hours, full_time):
    return hours not in (Hours.FULL_TIME, Hours.PART_TIME) or (hours == Hours.FULL_TIME) == full_time


class Divisions:
    """`parents`: {division id: superior's id, None for the city}."""

    def __init__(self, parents):
        self.parents = parents

    def chain(self, key):
        found = []
        while key is not None:
            found.append(key)
            key = self.parents[key]
        return found

    def height(self, key):
        """0 for a community, 3 for the city."""
        return ANYWHERE + 1 - len(self.chain(key))

    def steps_up(self, start, community):
        """How many divisions up from `start` the community is found below."""
        above = set(self.chain(community))
        return next(steps for steps, key in enumerate(self.chain(start)) if key in above)


def propose(people, posts, divisions, *, weights=None, quotas=None, farthest=ANYWHERE):
    """As many as possible of those who come first, then of the next; among these ways the one of least cost.

    `people` in the order in which they wait; `quotas`: {district id: most people of it who get a post}; `farthest`:
    who wishes for a wider division than that is looked after in all of it.
    """
    weights = DEFAULT_WEIGHTS | (weights or {})
    limits = divisions, quotas or {}, farthest
    assigned = _assign(people, posts, weights, *limits)
    found = Proposed()
    for person, post in assigned:
        steps_up = divisions.steps_up(person.start, post.community)
        reasons = reasons_of(person, post, steps_up, weights)
        found.pairs.append((person, post, sum(points for _code, points in reasons), reasons))
    placed = {person.id for person, _post in assigned}
    limits = _Limits(posts, *limits, Counter(person.district for person, _post in assigned))
    found.left_out += [(person, limits.of(person)) for person in people if person.id not in placed]
    return found


def _assign(people, posts, weights, *limits):
    """[(person, post)]

    How many of each rank get a post does not depend on wishes, so that is found first, in a network without them. Then
    a small bonus for a rank mostly leads to the same numbers, and the sooner; only the largest surely does.
    """
    free_of_charge = dict.fromkeys(weights, 0)
    per_rank = Counter(person.rank for person, _post in _Network(people, posts, free_of_charge, 1, *limits).solve())
    people = [person for person in people if per_rank[person.rank]]
    dearest = ANYWHERE * weights["distance"] + sum(weights[one] for one in ("wish", "wage", "hours"))
    for times in (_MOSTLY_ENOUGH, len(posts)):
        assigned = _Network(people, posts, weights, dearest * times + 1, *limits).solve()
        if Counter(person.rank for person, _post in assigned) == per_rank:
            break
    return assigned


class _Limits:
    """Which limit left a person out."""

    def __init__(self, posts, divisions, quotas, farthest, per_district):
        self.divisions, self.quotas, self.farthest, self.per_district = divisions, quotas, farthest, per_district
        self.kept = defaultdict(set)  # division: whether posts below it are kept for landless farmers
        for community, landless_only in {(post.community, post.landless_only) for post in posts}:
            for key in divisions.chain(community):
                self.kept[key].add(landless_only)
        self.known = {}

    def of(self, person):
        if self.per_district[person.district] >= self.quotas.get(person.district, inf):
            return LeftOut.QUOTA
        key = person.start, person.landless
        if key not in self.known:
            self.known[key] = self._at(*key)
        return self.known[key]

    def _at(self, start, landless):
        within = [
            key for key in self.divisions.chain(start) if key == start or self.divisions.height(key) <= self.farthest
        ]
        kept = set().union(*(self.kept.get(key, ()) for key in within))
        return LeftOut.TAKEN if False in kept or (True in kept and landless) else LeftOut.NO_POST


class _Network:
    """source → district (its quota) → up the divisions → category → hours → wage → posts below → sink.

    Nodes are tuples that say what they stand for; `_TURNS` is the order in which people walk through them.
    """

    def __init__(self, people, posts, weights, worth, divisions, quotas, farthest):
        """`worth`: what it is worth to serve somebody of a rank before somebody of the next."""
        self.people, self.divisions, self.weights, self.farthest = people, divisions, weights, farthest
        self.quotas, self.worth = quotas, worth
        self.free = defaultdict(list)  # (community, kind): posts
        for post in posts:
            self.free[post.community, self._kind(post)].append(post)
        self.kinds = defaultdict(set)  # division: kinds of posts below it
        for community, kind in self.free:
            for key in divisions.chain(community):
                self.kinds[key].add(kind)
        self.most = min(len(people), len(posts))
        self.categories = {post.category for post in posts}
        self.pays = sorted({post.wage for post in posts})
        self.any_for_landless = any(post.landless_only for post in posts)
        self.nodes, self.tails, self.heads, self.capacities, self.points = {}, [], [], [], []

    def solve(self):
        """[(person, post)]"""
        if not self.people or not self.free:
            return []
        self._people_arcs()
        self._climbing_arcs()
        self._descending_arcs()
        return self._follow(self._flow())

    def _arc(self, tail, head, points, capacity=None):
        """`capacity` left out: wide enough for everybody."""
        self.tails.append(self.nodes.setdefault(tail, len(self.nodes)))
        self.heads.append(self.nodes.setdefault(head, len(self.nodes)))
        self.capacities.append(self.most if capacity is None else capacity)
        self.points.append(points)

    def _kind(self, post):
        """What of a post makes a difference."""
        weigh = self.weights
        return (
            post.category if weigh["wish"] else "",
            post.wage if weigh["wage"] else 0,
            post.full_time if weigh["hours"] else True,
            post.landless_only,
        )

    def _profile(self, person):
        """What of somebody's wishes makes a difference among these posts: who differs in nothing else is alike."""
        wish, wage, hours = "", 0, Hours.ANY
        if self.weights["wish"] and person.wish:
            wish = person.wish if person.wish in self.categories else _NOT_ON_OFFER
        if self.weights["wage"]:
            place = bisect_left(self.pays, person.wage)
            wage = self.pays[place] if place < len(self.pays) else inf
        if self.weights["hours"] and person.hours in (Hours.FULL_TIME, Hours.PART_TIME):
            hours = person.hours
        return wish, wage, str(hours), person.landless and self.any_for_landless

    def _wish_points(self, wish, category):
        return self.weights["wish"] if wish and wish != category else 0

    def _wage_points(self, wage, pay):
        return self.weights["wage"] if pay < wage else 0

    def _hours_points(self, hours, full_time):
        return 0 if hours_fit(hours, full_time) else self.weights["hours"]

    def _flow(self):
        """[(tail, head, points, how many go that way)], where anybody does."""
        flow = min_cost_flow.SimpleMinCostFlow()
        self._arc(("source",), ("sink",), 0)
        arcs = [np.array(one, dtype=np.int64) for one in (self.tails, self.heads, self.capacities, self.points)]
        flow.add_arcs_with_capacity_and_unit_cost(*arcs)
        supplies = np.zeros(len(self.nodes), dtype=np.int64)
        supplies[self.nodes["source",]], supplies[self.nodes["sink",]] = self.most, -self.most
        flow.set_nodes_supplies(np.arange(len(self.nodes)), supplies)
        status = flow.solve()
        if status != flow.OPTIMAL:
            raise RuntimeError(f"no optimal allocation: {status}")
        flows = flow.flows(np.arange(len(self.tails)))
        used = np.flatnonzero(flows)
        tails, heads, _capacities, points = arcs
        return zip(
            tails[used].tolist(), heads[used].tolist(), points[used].tolist(), flows[used].tolist(), strict=True
        )

    def _people_arcs(self):
        """Whoever comes first is worth more than any saving of points among all the others."""
        self.waiting = defaultdict(list)  # people alike, in the order in which they wait
        per_district, last = defaultdict(int), 0
        for order, person in enumerate(self.people):
            group = person.district, person.rank, person.start, self._profile(person)
            self.waiting[group].append((person.rank, order, person))
            per_district[person.district] += 1
            last = max(last, person.rank)
        self.groups = {}  # (tail, head, points): people alike
        for (district, rank, start, profile), people in self.waiting.items():
            tail, head, points = ("quota", district), ("up", start, profile), -self.worth * (1 + last - rank)
            self._arc(tail, head, points, len(people))
            self.groups[self.nodes[tail], self.nodes[head], points] = people
        for district, number in per_district.items():
            self._arc(("source",), ("quota", district), 0, min(number, self.quotas.get(district, number)))

    def _climbing_arcs(self):
        """From each division up to its superior at the price of the distance, or into the kinds of posts below it."""
        standing = defaultdict(set)  # division: profiles that come there
        todo = {(start, profile) for _district, _rank, start, profile in self.waiting}
        while todo:
            key, profile = todo.pop()
            standing[key].add(profile)
            superior = self.divisions.parents[key]
            if superior is None or self.divisions.height(superior) > self.farthest:
                continue
            self._arc(("up", key, profile), ("up", superior, profile), self.weights["distance"])
            if profile not in standing[superior]:
                todo.add((superior, profile))
        for key, profiles in standing.items():
            self._settling_arcs(key, profiles)

    def _settling_arcs(self, key, profiles):
        """One decision after the other, each with its points; people who decided alike share the way from there.

        Where there are few kinds or few profiles, each profile goes to each kind at once.
        """
        kinds = self.kinds.get(key, ())
        if len(profiles) * len(kinds) <= _FEW * (len(profiles) + len(kinds)):
            for profile in profiles:
                self._direct_arcs(key, profile, kinds)
            return
        pays = defaultdict(lambda: defaultdict(list))  # category: {(full_time, landless_only): wages}
        for category, pay, full_time, landless_only in sorted(kinds):
            pays[category][full_time, landless_only].append(pay)
        chosen = self._wish_arcs(key, profiles, pays)
        self._work_arcs(key, chosen, pays)
        self._wage_arcs(key, pays)

    def _direct_arcs(self, key, profile, kinds):
        wish, wage, hours, landless = profile
        for kind in kinds:
            category, pay, full_time, landless_only = kind
            if landless or not landless_only:
                price = self._wish_points(wish, category) + self._wage_points(wage, pay)
                price += self._hours_points(hours, full_time)
                self._arc(("up", key, profile), ("down", key, kind), price)

    def _wish_arcs(self, key, profiles, pays):
        """Into the category wished for, or into any other at the price of the wish."""
        anything, chosen = set(), set()
        for profile in profiles:
            wish, *rest = profile
            rest = tuple(rest)
            self._arc(("up", key, profile), ("any", key, rest), self.weights["wish"] if wish else 0)
            anything.add(rest)
            if wish in pays:
                self._arc(("up", key, profile), ("category", key, wish, rest), 0)
                chosen.add((wish, rest))
        for rest in anything:
            for category in pays:
                self._arc(("any", key, rest), ("category", key, category, rest), 0)
                chosen.add((category, rest))
        return chosen

    def _work_arcs(self, key, chosen, pays):
        """Into posts of the category by their hours: at the wage wished for, or at the least at the price of it."""
        for category, rest in chosen:
            wage, hours, landless = rest
            tail = ("category", key, category, rest)
            for work, wages in pays[category].items():
                full_time, landless_only = work
                if landless_only and not landless:
                    continue
                points = self._hours_points(hours, full_time)
                enough = bisect_left(wages, wage)
                if enough < len(wages):
                    self._arc(tail, ("pay", key, category, work, enough), points)
                if enough:
                    self._arc(tail, ("pay", key, category, work, 0), points + self.weights["wage"])

    def _wage_arcs(self, key, pays):
        """Whoever is content with a wage is so with every higher one."""
        for category, works in pays.items():
            for work, wages in works.items():
                for place, pay in enumerate(wages):
                    tail = ("pay", key, category, work, place)
                    self._arc(tail, ("down", key, (category, pay, *work)), 0)
                    if place + 1 < len(wages):
                        self._arc(tail, ("pay", key, category, work, place + 1), 0)

    def _descending_arcs(self):
        for key, kinds in self.kinds.items():
            superior = self.divisions.parents[key]
            for kind in kinds if superior is not None else ():
                self._arc(("down", superior, kind), ("down", key, kind), 0)
        for (community, kind), posts in self.free.items():
            self._arc(("down", community, kind), ("sink",), 0, len(posts))

    def _follow(self, flow):
        """People walk along the flow: who comes first stays nearest, and takes the first post of the kind."""
        names = list(self.nodes)
        ways = defaultdict(list)  # node: (points, head, how many)
        here = defaultdict(list)
        for tail, head, points, number in flow:
            people = self.groups.get((tail, head, points))
            if people is not None:
                here[head] += people[:number]
            elif names[tail] != ("source",):
                ways[tail].append((points, head, number))
        pairs = []
        for node in sorted(ways, key=lambda one: self._turn(names[one])):
            name = names[node]
            people, onward = here.pop(node, ()), ways[node]
            if len(onward) > 1:
                people = sorted(people, key=lambda one: one[:2])
                onward.sort()
            for _points, head, number in onward:
                moving, people = people[:number], people[number:]
                if names[head] == ("sink",):
                    pairs += zip(
                        (one[2] for one in sorted(moving, key=lambda one: one[:2])), self.free[name[1:]], strict=False
                    )
                else:
                    here[head] += moving
        return pairs

    def _turn(self, name):
        """Up from the communities to the city, across, and down again."""
        kind = _TURNS.index(name[0])
        if name[0] in ("up", "down"):
            height = self.divisions.height(name[1])
            return kind, height if name[0] == "up" else -height
        return kind, name[-1] if name[0] == "pay" else 0
