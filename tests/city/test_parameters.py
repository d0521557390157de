from datetime import date

import pytest

from city import parameters
from city.choices import AreaLevel
from city.models import MinimumWage, Parameter
from city.parameters import Dated
from tests.city.factories import AreaFactory

pytestmark = pytest.mark.django_db
NAME = "long_term_unemployed_months"
NEW_YEAR = date(2026, 1, 1)


@pytest.fixture
def community():
    return AreaFactory(community=True)


def put(area, value, day=NEW_YEAR):
    Parameter.objects.create(name=NAME, area=area, in_force_from=day, value=value)


def test_without_a_row_the_declared_default_holds(community):
    assert parameters.value(NAME, community, NEW_YEAR) == 6


def test_the_nearest_superior_wins(community):
    street = community.parent
    put(street.parent.parent, 12)
    assert parameters.value(NAME, community, NEW_YEAR) == 12
    put(street, 9)
    assert parameters.value(NAME, community, NEW_YEAR) == 9
    assert parameters.value(NAME, street.parent, NEW_YEAR) == 12


def test_a_value_holds_from_its_day_until_the_next(community):
    put(community, 12, date(2026, 3, 1))
    put(community, 3, date(2026, 7, 1))
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 6, 30), date(2026, 7, 1)]
    assert [parameters.value(NAME, community, day) for day in days] == [6, 12, 12, 3]


def test_a_nearer_value_of_the_future_leaves_the_superiors_in_force(community):
    put(community.parent, 12)
    put(community, 3, date(2027, 1, 1))
    assert parameters.value(NAME, community, NEW_YEAR) == 12


def test_every_division_is_resolved_at_once_and_grids_are_none(community, django_assert_num_queries):
    AreaFactory(level=AreaLevel.GRID, parent=community, code=None)
    put(community.parent, 12)
    with django_assert_num_queries(2):
        resolved = parameters.resolve(NAME, NEW_YEAR)
    assert resolved[community.pk] == resolved[community.parent_id] == 12
    assert resolved[community.parent.parent_id] == 6
    assert len(resolved) == 4


def test_what_is_tried_out_wins_in_its_area_and_changes_nothing(community):
    city = community.parent.parent.parent
    put(city, 12, date(2026, 6, 1))
    tried = parameters.dated_all([(NAME, city.pk, date(2020, 1, 1), 3)])[NAME]
    assert tried.of(community.path_ids, date(2026, 7, 1)) == 3
    assert parameters.value(NAME, community, date(2026, 7, 1)) == 12


def test_what_is_tried_out_leaves_a_nearer_area_alone(community):
    city = community.parent.parent.parent
    put(community, 9)
    tried = parameters.dated_all([(NAME, city.pk, date(2020, 1, 1), 3)])[NAME]
    assert tried.of(community.path_ids, NEW_YEAR) == 9


def test_an_area_without_a_minimum_wage_has_none(community):
    MinimumWage.objects.create(area=community.parent, in_force_from=NEW_YEAR, monthly=2490)
    wages = parameters.minimum_wages()
    assert wages.of(community.path_ids, NEW_YEAR) == 2490
    assert wages.of(community.path_ids, date(2025, 12, 31)) is None
    assert wages.of(community.parent.parent.path_ids, NEW_YEAR) is None


def test_rows_may_come_in_any_order():
    rows = [(1, date(2026, 5, 1), "may"), (1, date(2026, 9, 1), "september"), (1, date(2026, 1, 1), "january")]
    assert Dated(rows, None).of([1], date(2026, 6, 1)) == "may"
