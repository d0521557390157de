"""The list behind a figure has as many rows as the figure says, and only those it is about."""

from datetime import date

import pytest

from households import ledger
from households.choices import LabourState
from reports.indicators import INDICATORS
from reports.judge import judge_all
from reports.services.explain import PARTS, as_rows, listing, reason
from reports.terms import Terms
from tests.city.factories import AreaFactory
from tests.households.factories import (
    HardshipCertificationFactory,
    HouseholdFactory,
    LabourSpellFactory,
    ResidentFactory,
    UnemploymentRegistrationFactory,
    VisitFactory,
    ZeroEmploymentEpisodeFactory,
)
from tests.reports.factories import CriterionFactory

pytestmark = pytest.mark.django_db
_, EMPLOYED, UNEMPLOYED, INACTIVE = LabourState
D = date(2026, 10, 31)
BOUNDED = [key for key, indicator in INDICATORS.items() if indicator.bounded]


@pytest.fixture
def community():
    """A community in which every part of every figure has somebody, some of them with values that are missing."""
    community = AreaFactory(community=True)
    city = community.parent.parent.parent
    CriterionFactory(ruleset__area=city, ruleset__evidence_months=3)
    for place in range(6):
        home = HouseholdFactory(community=community)
        states = [(EMPLOYED, 2), (UNEMPLOYED, 2), (UNEMPLOYED, 9), (INACTIVE, 3)]
        for order, (state, month) in enumerate(states[: place + 1 if place < 4 else 2]):
            if place == 3 and state == EMPLOYED:
                continue
            spell = {"state": state, "started_on": date(2026, month, 1)}
            if order == 0 and place % 2:
                spell |= {"contract_months": 24, "monthly_income": 5000, "insured": None}
            resident = ResidentFactory(home=home, spell=spell, landless=True)
            UnemploymentRegistrationFactory(resident=resident, registered_on=date(2026, month, 1))
            HardshipCertificationFactory(resident=resident)
        unknown = ResidentFactory(home=home, landless=True)
        HardshipCertificationFactory(resident=unknown)
        UnemploymentRegistrationFactory(resident=unknown)
        ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2025, 6, 1), eliminated_on=date(2026, 1, 5))
        if place % 3 == 0:
            ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2026, 5, place + 1))
        if place % 3 == 1:
            VisitFactory(household=home, visited_on=date(2026, 10, 3))
    detected = HouseholdFactory(community=community)
    for _number in range(2):
        ResidentFactory(home=detected, spell={"state": UNEMPLOYED, "started_on": date(2026, 10, 1)})
    ledger.rebuild()
    return community


@pytest.mark.parametrize("level", ["community", "city"])
@pytest.mark.parametrize("key", INDICATORS)
def test_the_lists_have_as_many_rows_as_the_figure_says(community, key, level):
    area = community if level == "community" else community.parent.parent.parent
    judged = next(one for one in judge_all(Terms(D, area)) if one.area.pk == area.pk)
    figure = judged.figures[key]
    rows = {part: len(list(listing(area, D, key, part))) for part in PARTS}
    assert rows["numerator"] == figure.numerator
    assert rows["denominator"] == (figure.denominator or 0)
    assert rows["gap"] == ((figure.denominator - figure.numerator) if INDICATORS[key].is_ratio else 0)
    assert all(rows[part] == len(list(as_rows(area, D, key, part))) for part in PARTS)


@pytest.mark.parametrize("key", BOUNDED)
def test_the_stale_and_the_unknown_explain_the_bounds(community, key):
    judged = next(one for one in judge_all(Terms(D, community)) if one.area.pk == community.pk)
    figure = judged.figures[key]
    stale, unknown = (len(list(listing(community, D, key, part))) for part in ("stale", "unknown"))
    assert figure.best[0] - figure.worst[0] == stale + unknown
    assert figure.worst[1] == figure.denominator + unknown
    assert stale
    assert unknown


@pytest.mark.parametrize("part", ["stale", "unknown"])
def test_a_superior_without_rules_lists_what_its_communities_have_to_confirm(community, part):
    street = community.parent
    calm = AreaFactory(level="community", parent=street)
    CriterionFactory(ruleset__area=calm)
    home = HouseholdFactory(community=calm)
    ResidentFactory(home=home)
    LabourSpellFactory(resident=ResidentFactory(home=home))
    ledger.rebuild()
    own = list(listing(community, D, "employment_rate", part))
    assert own
    assert list(listing(street, D, "employment_rate", part)) == own
    assert list(listing(calm, D, "employment_rate", part)) == []


def test_every_row_says_why_it_is_listed(community):
    for key, indicator in INDICATORS.items():
        for part in indicator.parts:
            for row in listing(community, D, key, part):
                assert str(reason(row, part)).strip()


def test_persons_and_households_come_in_the_shape_of_the_contract(community):
    person = next(as_rows(community, D, "employment_rate", "gap"))
    assert person.keys() == {"id_number", "name", "household", "community", "reason"}
    assert person["community"] == community.code
    assert len(person["id_number"]) == 18
    household = next(as_rows(community, D, "zero_households_open", "numerator"))
    assert household.keys() == {"household", "community", "reason"}


@pytest.mark.parametrize(
    "key", ["employment_rate", "visit_coverage", "zero_households_open", "zero_households_overdue"]
)
def test_a_list_costs_the_same_queries_at_any_size(community, key, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        list(as_rows(community, D, key, "numerator"))
