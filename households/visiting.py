"""Which households are owed a visit and which were missed: asked of episodes and visits, stored nowhere.

A household is visited while an episode is open on any day of the round, and for some months after elimination.
It is due while its round has no completed visit, and late when the round before ended without one.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, Subquery

from city.choices import AreaLevel
from city.models import Area
from city.parameters import dated_all
from households.choices import VisitOutcome
from households.models import Household, Visit, ZeroEmploymentEpisode
from households.rules import building_of, short_address, visit_round, walking_order


def rounds_of(communities, day):
    """`{round: [community ids]}` of these areas, by the parameters in force; communities of one policy share one."""
    parameters = dated_all()
    interval, after = parameters["visit_interval_months"], parameters["visited_after_elimination_months"]
    rounds = {}
    for area in communities:
        ids = area.path_ids
        one = visit_round(day, int(interval.of(ids, day)), int(after.of(ids, day)))
        rounds.setdefault(one, []).append(area.pk)
    return rounds


def _owed(interval, seen_on):
    episodes = ZeroEmploymentEpisode.objects.to_visit(interval.first, seen_on, interval.eliminated_after)
    return Q(Exists(episodes.filter(household=OuterRef("pk"))))


def _completed():
    return Visit.objects.standing().filter(household=OuterRef("pk"), outcome=VisitOutcome.COMPLETED)


def _visited(first, last):
    return Q(Exists(_completed().filter(visited_on__range=(first, last))))


def with_visits(households, rounds):
    """Annotates `is_owed`, `is_visited`, `is_late`, `last_visit_on` (completed); of the last visit in vain `tried_on`
    and `tried_as`, its outcome.
    """
    owed, visited, late, day = Q(pk__in=[]), Q(pk__in=[]), Q(pk__in=[]), date.min
    for one, ids in rounds.items():
        here, day = Q(community__in=ids), one.day
        owed |= here & _owed(one.now, one.day)
        visited |= here & _visited(one.now.first, one.day)
        late |= here & _owed(one.before, one.before.last) & ~_visited(one.before.first, one.day)
    standing = (
        Visit.objects.standing().filter(household=OuterRef("pk"), visited_on__lte=day).order_by("-visited_on", "-pk")
    )
    last = standing.filter(outcome=VisitOutcome.COMPLETED).values("visited_on")[:1]
    tried = standing.exclude(outcome=VisitOutcome.COMPLETED)
    tried = {"tried_on": Subquery(tried.values("visited_on")[:1]), "tried_as": Subquery(tried.values("outcome")[:1])}
    facts = {"is_owed": owed, "is_visited": visited, "is_late": late}
    facts = {name: ExpressionWrapper(fact, BooleanField()) for name, fact in facts.items()}
    return households.annotate(**facts, last_visit_on=Subquery(last), **tried)


def due(rounds, grid=None):
    """Households of these communities (or of one grid of theirs) without the completed visit their round owes."""
    ids = [key for group in rounds.values() for key in group]
    households = Household.objects.filter(community__in=ids)
    if grid is not None:
        households = households.filter(grid=grid)
    return with_visits(households, rounds).filter(is_owed=True, is_visited=False)


def _in_vain_since(household):
    """The day of the last visit in vain, where it is later than the last completed one."""
    last, tried = household.last_visit_on, household.tried_on
    return tried if tried and (last is None or tried > last) else None


@dataclass(frozen=True)
class Due:
    """A household owed a visit, with what a walk is planned by; `place` is its address without the community."""

    household: Household
    grid: str
    building: str
    place: str
    due_by: date

    @property
    def is_late(self):
        return self.household.is_late

    @property
    def last_visit_on(self):
        return self.household.last_visit_on

    @property
    def tried_on(self):
        return self.household.tried_on

    @property
    def has_moved(self):
        """The last visit found that nobody of the household lives there any more."""
        return _in_vain_since(self.household) is not None and self.household.tried_as == VisitOutcome.MOVED


def due_in_walking_order(communities, day, grid=None):
    """All due and late visits by grid, building and address, in two queries."""
    rounds = rounds_of(communities, day)
    due_by = {key: one.now.last for one, ids in rounds.items() for key in ids}
    names = {area.pk: area.name for area in communities}
    found = [
        Due(
            household,
            household.grid.name if household.grid else "",
            building_of(household.address, names[household.community_id]),
            short_address(household.address, names[household.community_id]),
            due_by[household.community_id],
        )
        for household in due(rounds, grid).select_related("grid")
    ]
    return sorted(found, key=_walk)


def in_walking_order(households, community):
    """Households (with their grids) of one community as one walks: by grid, building and address."""
    return sorted(households, key=lambda one: _steps(one, building_of(one.address, community.name)))


def _walk(due):
    return _steps(due.household, due.building)


def _steps(household, building):
    grid = household.grid.name if household.grid else ""
    return tuple(map(walking_order, (grid, building, household.address, household.number)))


def most_pressing(dues, number):
    """The first to be seen to: late ones, never or longest ago visited first; handed back in walking order."""
    chosen = sorted(dues, key=lambda one: (not one.is_late, one.last_visit_on or date.min))[:number]
    return sorted(chosen, key=_walk)


@dataclass(frozen=True)
class NextVisit:
    """What the page of one household says of its visits; `due_by` None: none is owed.

    `tried_on`: the last one in vain, where it is later than the last completed one.
    """

    last_visit_on: date | None
    due_by: date | None
    is_late: bool = False
    tried_on: date | None = None
    has_moved: bool = False


def next_visit(household, day):
    """When this household is to be visited next: by the end of this round, or of the next once this one is done."""
    ((one, _ids),) = rounds_of([household.community], day).items()
    found = with_visits(Household.objects.filter(pk=household.pk), {one: [household.community_id]}).get()
    tried = _in_vain_since(found)
    in_vain = {"tried_on": tried, "has_moved": tried is not None and found.tried_as == VisitOutcome.MOVED}
    if not found.is_owed:
        return NextVisit(found.last_visit_on, None, **in_vain)
    if not found.is_visited:
        return NextVisit(found.last_visit_on, one.now.last, found.is_late, **in_vain)
    return NextVisit(found.last_visit_on, one.next_last, **in_vain)


@dataclass(frozen=True)
class Station:
    """A community's visits on a day."""

    community: Area
    due: int
    late: int


def stations(area, day):
    """Every community of the area with what its station owes, those most behind first: three queries."""
    communities = list(Area.objects.within(area).filter(level=AreaLevel.COMMUNITY).select_related("parent"))
    if not communities:
        return []
    counts = (
        due(rounds_of(communities, day))
        .order_by()
        .values("community")
        .annotate(due=Count("pk"), late=Count("pk", filter=Q(is_late=True)))
    )
    found = {row["community"]: row for row in counts}
    none = {"due": 0, "late": 0}
    listed = [Station(one, **{name: found.get(one.pk, none)[name] for name in none}) for one in communities]
    return sorted(listed, key=lambda one: (-one.late, -one.due, one.community.code))
