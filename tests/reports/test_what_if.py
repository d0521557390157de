from datetime import date
from decimal import Decimal

import pytest

from city.choices import AreaLevel
from city.models import Parameter
from households import ledger
from households.choices import LabourState
from reports.models import AreaStatus, RuleSet
from reports.services import policies, trying
from reports.services.night import recompute_status
from reports.services.what_if import flips, with_threshold
from tests.city.factories import AreaFactory
from tests.households.factories import HouseholdFactory, ResidentFactory, ZeroEmploymentEpisodeFactory
from tests.reports.factories import policy_text

pytestmark = pytest.mark.django_db
D = date(2026, 10, 31)
VETO = '[[criterion]]\nindicator = "zero_households_overdue"\ncomparator = "="\nthreshold = "0"\nkind = "veto"'


@pytest.fixture
def city():
    """Three communities of one street at 50%, 75% and 100% employed."""
    street = AreaFactory(street=True)
    for unemployed in (2, 1, 0):
        home = HouseholdFactory(community=AreaFactory(level=AreaLevel.COMMUNITY, parent=street))
        for place in range(4):
            state = LabourState.UNEMPLOYED if place < unemployed else LabourState.EMPLOYED
            ResidentFactory(home=home, spell={"state": state})
    ledger.rebuild()
    return street.parent.parent


def communities(city):
    return list(type(city).objects.within(city).communities().order_by("code"))


def test_another_threshold_turns_the_communities_between(city):
    half, most, every = communities(city)
    policies.load(policy_text(threshold="0.95"), city)
    found = flips(D, city, policies.parse(policy_text(threshold="0.75"), city))
    assert (found["met_now"], found["met_then"]) == (1, 2)
    assert found["flips"] == [{"area": most.code, "name": most.name, "from": "not_met", "to": "met"}]


def test_nothing_is_stored(city):
    policies.load(policy_text(), city)
    before = RuleSet.objects.count(), Parameter.objects.count()
    flips(D, city, policies.parse(policy_text(threshold="0.1"), city))
    assert (RuleSet.objects.count(), Parameter.objects.count(), AreaStatus.objects.count()) == (*before, 0)


def test_a_city_without_rules_has_no_verdict_now(city):
    found = flips(D, city, policies.parse(policy_text(threshold="0.5"), city))
    assert (found["met_now"], found["met_then"]) == (0, 3)
    assert [row["from"] for row in found["flips"]] == [None] * 3


@pytest.mark.parametrize("started", ["2008-01-01", "2026-10-01"])
def test_what_is_tried_is_what_comes_when_it_is_loaded(city, started):
    half = communities(city)[0]
    ZeroEmploymentEpisodeFactory(household=half.households.get(), certified_on=date(2026, 10, 10))
    policies.load(policy_text(threshold="0.5", criteria=VETO), city)
    text = policy_text("elimination_deadline = { days = 5 }", "0.75", VETO).replace("2008-01-01", started)
    found = flips(D, city, policies.parse(text, city))
    policies.load(text, city)
    assert recompute_status(D)["verdicts"]["met"] == found["met_then"] == 2


def test_a_policy_of_next_year_is_tried_as_though_it_held(city):
    half = communities(city)[0]
    ZeroEmploymentEpisodeFactory(household=half.households.get(), certified_on=date(2026, 10, 10))
    policies.load(policy_text(threshold="0.5", criteria=VETO), city)
    text = policy_text("elimination_deadline = { days = 5 }", "0.5", VETO).replace("2008-01-01", "2027-01-01")
    found = flips(D, city, policies.parse(text, city))
    assert [(row["area"], row["from"], row["to"]) for row in found["flips"]] == [(half.code, "met", "not_met")]


def test_a_nearer_rule_set_is_not_touched_by_one_tried_on_the_city(city):
    every = communities(city)[-1]
    policies.load(policy_text(threshold="0.1"), every.parent)
    assert flips(D, city, policies.parse(policy_text(threshold="1"), city))["flips"] == []


def test_one_threshold_changed_leaves_the_rule_set_and_its_parameters_alone(city):
    ruleset = policies.load(policy_text("elimination_deadline = { days = 5 }", "0.95", VETO), city)
    Parameter.objects.create(
        area=city, name="elimination_deadline", in_force_from=date(2026, 1, 1), value={"months": 3}
    )
    half = communities(city)[0]
    ZeroEmploymentEpisodeFactory(household=half.households.get(), certified_on=date(2026, 10, 10))
    known = RuleSet.objects.prefetch_related("criteria").get(pk=ruleset.pk)
    found = flips(D, city, with_threshold(known, "employment_rate", "0.5"))
    assert (found["met_now"], found["met_then"]) == (1, 3)
    assert [criterion.threshold for criterion in known.criteria.all()] == ["0.95", "0"]
    assert set(known.parameters) == {"assessment_year_starts", "elimination_deadline"}


def test_a_stored_night_is_tried_from_its_own_figures_and_agrees_with_measuring(city, django_assert_num_queries):
    ruleset = policies.load(policy_text(threshold="0.75", criteria=VETO), city)

    def tried(threshold):
        return trying.try_threshold(city, D, ruleset, indicator="employment_rate", threshold=Decimal(threshold))

    thresholds = ["0.25", "0.5", "0.8", "1"]
    measured = [tried(threshold) for threshold in thresholds]
    recompute_status(D)
    assert [tried(threshold) for threshold in thresholds] == measured
    assert any(answer["flips"] for answer in measured)
    with django_assert_num_queries(2):
        tried("0.6")
