"""Which households are owed a visit: the rounds, who is late, in which order one walks."""

from datetime import date

import pytest

from city.models import Parameter
from households import visiting
from households.choices import VisitOutcome
from households.models import Household
from households.rules import building_of, visit_round, walking_order
from reports.indicators import INDICATORS
from reports.terms import Terms
from tests.city.factories import AreaFactory
from tests.desks import superior
from tests.households.factories import HouseholdFactory, VisitFactory, ZeroEmploymentEpisodeFactory

DAY = date(2026, 11, 21)


@pytest.fixture
def community():
    return AreaFactory(community=True)


def due(community, day=DAY, grid=None):
    return visiting.due_in_walking_order([community], day, grid)


def home(community, certified_on=date(2026, 9, 1), visits=(), **episode):
    household = HouseholdFactory(community=community)
    ZeroEmploymentEpisodeFactory(household=household, certified_on=certified_on, **episode)
    for day in visits:
        VisitFactory(household=household, visited_on=day)
    return household


@pytest.mark.parametrize(
    ("day", "months", "first", "last", "before", "next_last"),
    [
        (date(2026, 11, 1), 1, date(2026, 11, 1), date(2026, 11, 30), date(2026, 10, 1), date(2026, 12, 31)),
        (date(2026, 11, 30), 1, date(2026, 11, 1), date(2026, 11, 30), date(2026, 10, 1), date(2026, 12, 31)),
        (date(2026, 1, 15), 1, date(2026, 1, 1), date(2026, 1, 31), date(2025, 12, 1), date(2026, 2, 28)),
        (date(2026, 12, 31), 2, date(2026, 11, 1), date(2026, 12, 31), date(2026, 9, 1), date(2027, 2, 28)),
        (date(2026, 2, 28), 3, date(2026, 1, 1), date(2026, 3, 31), date(2025, 10, 1), date(2026, 6, 30)),
        (date(2026, 7, 1), 6, date(2026, 7, 1), date(2026, 12, 31), date(2026, 1, 1), date(2027, 6, 30)),
    ],
)
def test_rounds_are_whole_calendar_months(day, months, first, last, before, next_last):
    one = visit_round(day, months, 12)
    assert (one.now.first, one.now.last, one.before.first, one.next_last) == (first, last, before, next_last)


@pytest.mark.parametrize(
    ("address", "community", "building"),
    [
        ("银浦街道枫桥社区10幢1单元102室", "枫桥社区", "10幢"),
        ("文三路12号3幢401", "", "文三路12号3幢"),
        ("河滨新村8号楼2单元501", "", "河滨新村8号楼"),
        ("文三路12号", "", "文三路12号"),
        ("东村", "枫桥社区", "东村"),
        ("", "枫桥社区", ""),
    ],
)
def test_the_building_of_an_address(address, community, building):
    assert building_of(address, community) == building


def test_one_walks_by_number_and_not_by_letter():
    assert sorted(["10幢", "2幢", "甲楼", "2幢11室", "2幢3室"], key=walking_order) == [
        "2幢",
        "2幢3室",
        "2幢11室",
        "10幢",
        "甲楼",
    ]


@pytest.mark.django_db
def test_due_until_a_completed_visit_of_the_month_and_late_when_the_month_before_had_none(community):
    seen = home(community, visits=[date(2026, 11, 1)])
    due_now = home(community, visits=[date(2026, 10, 31)])
    missed = home(community, visits=[date(2026, 9, 30)])
    fresh = home(community, certified_on=date(2026, 11, 2))
    in_vain = home(community, visits=[date(2026, 10, 1)])
    VisitFactory(household=in_vain, visited_on=date(2026, 11, 3), outcome=VisitOutcome.NOBODY_IN)
    taken_back = home(community, visits=[date(2026, 10, 1)])
    VisitFactory(household=taken_back, visited_on=date(2026, 11, 4), superseded=True)
    to_come = home(community, certified_on=date(2026, 11, 22))
    found = {one.household: (one.is_late, one.last_visit_on, one.tried_on) for one in due(community)}
    assert seen not in found
    assert to_come not in found
    assert found == {
        due_now: (False, date(2026, 10, 31), None),
        missed: (True, date(2026, 9, 30), None),
        fresh: (False, None, None),
        in_vain: (False, date(2026, 10, 1), date(2026, 11, 3)),
        taken_back: (False, date(2026, 10, 1), None),
    }
    assert {one.due_by for one in due(community)} == {date(2026, 11, 30)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("eliminated_on", "is_due"), [(date(2025, 11, 21), False), (date(2025, 11, 22), True), (date(2026, 11, 21), True)]
)
def test_a_household_is_visited_for_twelve_months_after_elimination(community, eliminated_on, is_due):
    home(community, certified_on=date(2025, 1, 1), eliminated_on=eliminated_on)
    assert bool(due(community)) is is_due


@pytest.mark.django_db
@pytest.mark.parametrize(("withdrawn_on", "is_due"), [(date(2026, 11, 1), False), (date(2026, 11, 2), True)])
def test_a_withdrawn_household_is_visited_in_the_month_it_was_open(community, withdrawn_on, is_due):
    home(community, withdrawn_on=withdrawn_on)
    assert bool(due(community)) is is_due


@pytest.mark.django_db
def test_the_parameters_of_the_nearest_superior_in_force_decide(community):
    city = superior(community, "city")
    Parameter.objects.create(name="visit_interval_months", area=city, in_force_from=date(2026, 1, 1), value=3)
    Parameter.objects.create(
        name="visited_after_elimination_months", area=city, in_force_from=date(2026, 1, 1), value=2
    )
    home(community, visits=[date(2026, 10, 1)])
    home(community, certified_on=date(2026, 1, 1), eliminated_on=date(2026, 9, 20))
    owed = home(community, visits=[date(2026, 6, 30)])
    assert [(one.household, one.is_late, one.due_by) for one in due(community)] == [(owed, True, date(2026, 12, 31))]


@pytest.mark.django_db
def test_what_is_due_and_what_is_covered_make_up_the_indicator(community):
    """The indicator's denominator is who is owed a visit this month; its gap is who is due."""
    for day in (date(2026, 11, 1), date(2026, 11, 20), date(2026, 10, 31), date(2026, 9, 1)):
        home(community, visits=[day])
        home(community, certified_on=date(2025, 3, 1), eliminated_on=day)
    home(community, withdrawn_on=date(2026, 11, 10))
    coverage = INDICATORS["visit_coverage"]
    terms = Terms(DAY)
    owed = coverage.population.rows(terms)
    gap = owed.exclude(coverage.hit(terms))
    assert {one.pk for one in gap} == {one.household.pk for one in due(community)}
    assert owed.count() == 9


@pytest.mark.django_db
def test_by_grid_then_building_then_address(community):
    grids = [AreaFactory(level="grid", code=None, parent=community, name=f"第{n}网格") for n in (10, 2)]
    places = [(0, "1幢1室"), (1, "10幢1室"), (1, "9幢11室"), (1, "9幢2室")]
    for grid, address in places:
        household = home(community)
        Household.objects.filter(pk=household.pk).update(grid=grids[grid], address=address)
    assert [one.household.address for one in due(community)] == ["9幢2室", "9幢11室", "10幢1室", "1幢1室"]
    assert [one.household.address for one in due(community, grid=grids[0])] == ["1幢1室"]


@pytest.mark.django_db
@pytest.mark.parametrize("households", [1, 30])
def test_the_same_queries_at_any_size(community, households, django_assert_num_queries):
    other = AreaFactory(level="community", parent=community.parent)
    for _number in range(households):
        home(community)
        home(other, visits=[DAY])
    with django_assert_num_queries(2):
        assert len(due(community)) == households
    with django_assert_num_queries(3):
        behind = visiting.stations(community.parent, DAY)
    assert [(one.community, one.due, one.late) for one in behind] == [
        (community, households, households),
        (other, 0, 0),
    ]


@pytest.mark.django_db
def test_an_area_without_communities_has_no_stations():
    assert visiting.stations(AreaFactory(), DAY) == []


@pytest.mark.django_db
def test_the_most_pressing_are_late_and_longest_unseen(community):
    never, long_ago, lately = (
        home(community),
        home(community, visits=[date(2026, 9, 1)]),
        home(community, visits=[date(2026, 10, 30)]),
    )
    pressing = [one.household for one in visiting.most_pressing(due(community), 2)]
    assert set(pressing) == {never, long_ago}
    assert lately not in pressing


@pytest.mark.django_db
def test_the_next_visit_of_one_household(community):
    owed = home(community, visits=[date(2026, 9, 1)])
    seen = home(community, visits=[date(2026, 11, 3)])
    free = HouseholdFactory(community=community)
    assert visiting.next_visit(owed, DAY) == visiting.NextVisit(date(2026, 9, 1), date(2026, 11, 30), True)
    assert visiting.next_visit(seen, DAY) == visiting.NextVisit(date(2026, 11, 3), date(2026, 12, 31))
    assert visiting.next_visit(free, DAY) == visiting.NextVisit(None, None)
    for day in (date(2026, 10, 2), date(2026, 11, 2)):
        VisitFactory(household=seen, visited_on=day, outcome="nobody_in")
    VisitFactory(household=owed, visited_on=date(2026, 11, 2), outcome="refused")
    assert [visiting.next_visit(one, DAY).tried_on for one in (seen, owed)] == [None, date(2026, 11, 2)]
