from datetime import date

import pytest

from city import parameters
from city.models import Parameter, PolicyDocument
from households import ledger
from reports.models import Criterion, RuleSet
from reports.services import policies
from reports.services.night import judge_area, recompute_status
from tests.city.factories import AreaFactory
from tests.households.factories import HouseholdFactory, ResidentFactory
from tests.reports.factories import policy_text

D = date(2026, 10, 31)


@pytest.fixture
def community(db):
    return AreaFactory(community=True)


@pytest.fixture
def city(community):
    return community.parent.parent.parent


@pytest.mark.parametrize("name", ["hangzhou-2008", "national-2016"])
def test_the_shipped_rule_sets_load(city, name):
    ruleset = policies.load(policies.source_of(name), city)
    assert ruleset.key == name
    assert ruleset.title == policies.presets()[name]
    assert ruleset.criteria.filter(kind="veto").exists()
    assert PolicyDocument.objects.get().number == ruleset.document.number


def test_every_shipped_rule_set_is_good():
    for name in policies.presets():
        assert policies.parse(policies.source_of(name), None).criteria


BAD = """
[ruleset]
key = "bad"
document = "none"
level = "village"
in_force_from = "2008-01-01"
evidence_months = "three"
assessment_year_starts = "13-01"
elimination_deadline = { weeks = 2 }
colour = "red"

[parameters]
long_term_unemployed_months = "six"
unheard_of = 1

[[criterion]]
indicator = "happiness"
comparator = ">"
threshold = "much"
kind = "wish"

[[criterion]]
manual = "site_inspection"
threshold = "1"
kind = "points"

[[criterion]]
indicator = "employment_rate"
comparator = ">="
threshold = "0.95"
kind = "required"
points = 5
"""


def test_a_bad_file_is_told_everything_at_once():
    with pytest.raises(policies.PolicyError) as told:
        policies.parse(BAD, None)
    told = " ".join(told.value.problems)
    for word in (
        "title", "community", "in_force_from", "evidence_months", "assessment_year_starts", "elimination_deadline",
        "colour", "long_term_unemployed_months", "unheard_of", "happiness", ">=", "0.96", "1", "2", "3",
    ):  # fmt: skip
        assert word in told
    assert len(policies_problems(BAD)) >= 13


def policies_problems(text):
    with pytest.raises(policies.PolicyError) as told:
        policies.parse(text, None)
    return told.value.problems


@pytest.mark.parametrize(
    "text",
    [
        "no toml at all",
        "a = 1",
        policy_text(head="pass_mark = -1"),
        policy_text(head="evidence_months = true"),
        policy_text(head='elimination_deadline = { quarter_end = false }'),
        policy_text(head="elimination_deadline = { months = 0 }"),
        policy_text(head="elimination_deadline = { months = 1, days = 1 }"),
        policy_text(head="[parameters]\nelimination_deadline = 30"),
        policy_text(head='[parameters]\nassessment_year_starts = "02-30"'),
        policy_text(threshold="NaN"),
        policy_text(threshold="0." + "9" * 30),
        policy_text().replace("employment_rate", "station_coverage"),
        policy_text(criteria='[[criterion]]\nkind = "veto"'),
        policy_text(criteria='[[criterion]]\nmanual = 5\nkind = "veto"'),
        policy_text().replace("[[criterion]]", "[criterion]"),
        policy_text().replace('"tried"', '"' + "long" * 20 + '"'),
        policy_text().replace('"Tried"', "5"),
    ],
)  # fmt: skip
def test_what_is_no_rule_set_is_refused_in_words(text):
    assert all(policies_problems(text))


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(policy_text(), encoding="utf-8-sig")
    assert policies.parse(policies.source_of(str(path)), None).ruleset.key == "tried"


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path):
    for place in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(policies.PolicyError, match=str(place)):
            policies.source_of(str(place))


def test_the_same_text_twice_is_one_rule_set(city):
    first, second = (policies.load(policy_text(), city) for _ in range(2))
    assert first == second
    assert (RuleSet.objects.count(), Criterion.objects.count(), Parameter.objects.count()) == (1, 1, 1)


def test_the_same_text_from_another_day_is_another_rule_set(city):
    policies.load(policy_text(), city)
    assert policies.load(policy_text(), city, date(2027, 1, 1)).in_force_from == date(2027, 1, 1)
    assert RuleSet.objects.count() == 2


def test_of_two_from_the_same_day_the_last_loaded_holds_even_one_known_before(community, city):
    mild = policy_text(threshold="0.5", head='assessment_year_starts = "11-01"')
    policies.load(mild, city)
    policies.load(policy_text(threshold="0.9"), city)
    assert judge_area(community, D).results[0].criterion.threshold == "0.9"
    assert parameters.value("assessment_year_starts", community, D) == "01-01"
    policies.load(mild, city)
    assert RuleSet.objects.count() == 2
    assert judge_area(community, D).results[0].criterion.threshold == "0.5"
    assert RuleSet.objects.in_force_on(D)[0].criteria.get().threshold == "0.5"
    assert parameters.value("assessment_year_starts", community, D) == "11-01"


def test_parameters_come_with_the_rule_set_dated_and_for_its_area(community, city):
    head = 'assessment_year_starts = "11-01"\nelimination_deadline = { days = 30 }\n'
    head += "[parameters]\nvisit_interval_months = 2"
    policies.load(policy_text(head=head), city, date(2026, 7, 1))
    before, after = date(2026, 6, 30), date(2026, 7, 1)
    for name, old, new in (
        ("assessment_year_starts", "01-01", "11-01"),
        ("elimination_deadline", {"months": 1}, {"days": 30}),
        ("visit_interval_months", 1, 2),
    ):
        assert [parameters.value(name, community, day) for day in (before, after)] == [old, new]
    assert Parameter.objects.first().document.number == "No. 1"


def test_a_rule_set_of_streets_leaves_the_period_of_the_communities_alone(community, city):
    text = policy_text(head='assessment_year_starts = "11-01"').replace('level = "community"', 'level = "street"')
    policies.load(text, city)
    assert parameters.value("assessment_year_starts", community, D) == "01-01"


def test_nearest_area_and_latest_day_choose(community, city):
    policies.load(policy_text(threshold="0.1"), city)
    policies.load(policy_text(threshold="0.2"), city, date(2026, 10, 1))
    policies.load(policy_text(threshold="0.3"), community.parent, D)
    days = [date(2026, 9, 30), date(2026, 10, 1), D]
    found = [judge_area(community, day).results[0].criterion.threshold for day in days]
    assert found == ["0.1", "0.2", "0.3"]


def test_a_later_rule_set_leaves_the_past_as_it_was(community, city):
    ResidentFactory(home=HouseholdFactory(community=community), spell={"state": 1})
    ledger.rebuild()
    policies.load(policy_text(threshold="0.5"), city)
    recompute_status(D)
    before = community.statuses.values("ruleset", "verdict", "figures").get()
    policies.load(policy_text(threshold="1.1", head='assessment_year_starts = "07-01"'), city, date(2026, 11, 1))
    recompute_status(D)
    assert community.statuses.values("ruleset", "verdict", "figures").get() == before
    assert before["verdict"] == "met"
    assert judge_area(community, date(2026, 11, 1)).verdict == "not_met"
