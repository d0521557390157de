"""Each indicator one day before, at and after the edges of its definition."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from city import workdays
from city.choices import AreaLevel
from city.models import MinimumWage, Parameter
from households import ledger
from households.choices import LabourState
from households.models import LabourSpell
from reports.engine import figures, measure, roll_up
from reports.judge import judge_all
from reports.terms import Terms
from tests.city.factories import AreaFactory
from tests.households.factories import (
    HardshipCertificationFactory,
    HouseholdFactory,
    LabourSpellFactory,
    MembershipFactory,
    ResidentFactory,
    UnemploymentRegistrationFactory,
    VisitFactory,
    ZeroEmploymentEpisodeFactory,
)
from tests.reports.factories import CriterionFactory, RuleSetFactory

pytestmark = pytest.mark.django_db
_, EMPLOYED, UNEMPLOYED, INACTIVE = LabourState
D = date(2026, 10, 31)
DAY = timedelta(days=1)


@pytest.fixture
def community():
    return AreaFactory(community=True)


@pytest.fixture
def home(community):
    return HouseholdFactory(community=community)


def figure(key, area, on=D):
    """`(numerator, denominator)`, or the number of a count, after the ledger was built."""
    ledger.rebuild()
    terms = Terms(on)
    found = figures(terms, terms.areas[area.pk], roll_up(terms, measure(terms))[area.pk])[key]
    return found.numerator if found.denominator is None else (found.numerator, found.denominator)


def person(home, state=EMPLOYED, since=date(2026, 1, 1), **values):
    spell = {"state": state, "started_on": since} | {
        key: values.pop(key) for key in ("contract_months", "monthly_income", "insured") if key in values
    }
    return ResidentFactory(home=home, spell=spell, **values)


def put(area, name, value, day=date(2008, 1, 1)):
    Parameter.objects.create(area=area, name=name, in_force_from=day, value=value)


# Persons


def test_working_age_begins_on_the_sixteenth_birthday(community, home):
    person(home, birth_date=date(2010, 10, 31))
    days = [D - DAY, D, D + DAY]
    assert [figure("employment_rate", community, day) for day in days] == [(0, 0), (1, 1), (1, 1)]


def test_working_age_ends_the_day_before_the_retirement_date(community, home):
    retired = person(home, birth_date=date(1965, 1, 20)).retires_on
    days = [retired - DAY, retired, retired + DAY]
    LabourSpell.objects.update(started_on=date(2020, 1, 1))
    assert [figure("employment_rate", community, day) for day in days] == [(1, 1), (0, 0), (0, 0)]


def test_the_inactive_and_the_unknown_are_no_labour_force(community, home):
    person(home)
    person(home, state=UNEMPLOYED)
    person(home, state=INACTIVE)
    ResidentFactory(home=home)
    assert figure("employment_rate", community) == (1, 2)


def test_a_state_holds_from_its_day_to_the_day_before_the_next(community, home):
    LabourSpellFactory(resident=person(home, state=UNEMPLOYED), started_on=D)
    assert [figure("employment_rate", community, day) for day in (D - DAY, D)] == [(0, 1), (1, 1)]


def test_who_moves_counts_in_the_new_community_from_that_day(community, home):
    other = HouseholdFactory()
    MembershipFactory(resident=person(home), household=other, started_on=D)
    assert [figure("employment_rate", community, day) for day in (D - DAY, D)] == [(1, 1), (0, 0)]
    assert [figure("employment_rate", other.community, day) for day in (D - DAY, D)] == [(0, 0), (1, 1)]


def test_who_left_or_died_is_no_resident_from_that_day(community, home):
    MembershipFactory(resident=person(home), household=None, leave_reason="died", started_on=D)
    assert [figure("employment_rate", community, day) for day in (D - DAY, D)] == [(1, 1), (0, 0)]


def test_a_future_day_counts_what_is_already_recorded(community, home):
    LabourSpellFactory(resident=person(home, contract_months=1), started_on=date(2027, 3, 1), state=UNEMPLOYED)
    days = [date(2027, 2, 28), date(2027, 3, 1)]
    assert [figure("employment_rate", community, day) for day in days] == [(1, 1), (0, 1)]


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_hardship_counts_from_its_certification_to_its_last_day(community, home, offset):
    HardshipCertificationFactory(resident=person(home), certified_on=D - 10 * DAY, ended_on=D + offset * DAY)
    HardshipCertificationFactory(resident=person(home, state=UNEMPLOYED), certified_on=D - offset * DAY)
    ended, begun = offset >= 0, offset >= 0
    assert figure("hardship_employment_rate", community) == (int(ended), ended + begun)


def test_two_certifications_of_one_person_are_one_hardship_person(community, home):
    resident = person(home)
    for category in ("age_4050", "disabled"):
        HardshipCertificationFactory(resident=resident, category=category)
    assert figure("hardship_employment_rate", community) == (1, 1)


@pytest.mark.parametrize(
    ("acquired_on", "registered_on", "counted"),
    [(None, D, 1), (D, D, 1), (D + DAY, D, 0), (None, D + DAY, 0), (None, None, 0)],
)
def test_a_landless_farmer_counts_with_land_acquired_and_a_registration(
    community, home, acquired_on, registered_on, counted
):
    resident = person(home, landless=True, land_acquired_on=acquired_on)
    if registered_on:
        UnemploymentRegistrationFactory(resident=resident, registered_on=registered_on)
    assert figure("landless_employment_rate", community) == (counted, counted)


def test_registered_in_the_period_counts_overlap_at_both_ends(community, home):
    """Found work on 1 January (registration ended the day before the period) and on 2 January (in it)."""
    for found in (date(2026, 1, 1), date(2026, 1, 2)):
        resident = person(home, since=found)
        UnemploymentRegistrationFactory(resident=resident, registered_on=date(2025, 6, 1))
    UnemploymentRegistrationFactory(resident=person(home, state=UNEMPLOYED), registered_on=D)
    UnemploymentRegistrationFactory(resident=person(home, state=UNEMPLOYED), registered_on=D + DAY)
    assert figure("registered_unemployed_placement_rate", community) == (1, 2)


@pytest.mark.parametrize(
    ("reason", "counted"),
    [("student", 0), ("serving", 0), ("unable", 0), ("retired", 0), ("unwilling", 1), ("other", 1)],
)
def test_who_left_the_labour_market_does_not_count_against_placement(community, home, reason, counted):
    resident = person(home, state=UNEMPLOYED)
    UnemploymentRegistrationFactory(resident=resident, registered_on=date(2026, 2, 1))
    LabourSpellFactory(resident=resident, state=INACTIVE, inactive_reason=reason, started_on=date(2026, 5, 1))
    assert figure("registered_unemployed_placement_rate", community) == (0, counted)
    assert figure("registered_unemployed_placement_rate", community, date(2026, 4, 29)) == (0, 1)


def test_an_exit_counts_from_the_last_day_of_the_registration(community, home):
    resident = person(home, state=UNEMPLOYED)
    UnemploymentRegistrationFactory(resident=resident, registered_on=date(2026, 2, 1))
    LabourSpellFactory(resident=resident, state=INACTIVE, inactive_reason="student", started_on=D + DAY)
    days = [D - DAY, D, D + DAY]
    found = [figure("registered_unemployed_placement_rate", community, day) for day in days]
    assert found == [(0, 1), (0, 0), (0, 0)]


def test_only_the_last_registration_tells_whether_somebody_left(community, home):
    resident = person(home, state=UNEMPLOYED)
    UnemploymentRegistrationFactory(resident=resident, registered_on=date(2026, 2, 1))
    LabourSpellFactory(resident=resident, state=INACTIVE, inactive_reason="student", started_on=date(2026, 3, 1))
    LabourSpellFactory(resident=resident, state=UNEMPLOYED, started_on=date(2026, 9, 1))
    UnemploymentRegistrationFactory(resident=resident, registered_on=D)
    days = [D - DAY, D]
    assert [figure("registered_unemployed_placement_rate", community, day) for day in days] == [(0, 0), (0, 1)]


def test_the_unemployed_count_as_registered_while_the_registration_is_in_force(community, home):
    UnemploymentRegistrationFactory(resident=person(home, state=UNEMPLOYED), registered_on=D)
    person(home, state=UNEMPLOYED)
    assert [figure("registration_rate", community, day) for day in (D - DAY, D)] == [(0, 2), (1, 2)]


def test_long_term_unemployment_begins_the_day_after_the_months_are_full(community, home):
    person(home, state=UNEMPLOYED, since=date(2026, 4, 30))
    days = [date(2026, 10, 29), date(2026, 10, 30), date(2026, 10, 31)]
    assert [figure("long_term_unemployed", community, day) for day in days] == [0, 0, 1]


def test_a_move_does_not_restart_long_term_unemployment(community, home):
    resident = person(HouseholdFactory(), state=UNEMPLOYED, since=date(2026, 1, 1))
    MembershipFactory(resident=resident, household=home, started_on=D)
    assert figure("long_term_unemployed", community) == 1


STABLE = {"contract_months": 12, "monthly_income": Decimal("2490.00"), "insured": True}


@pytest.mark.parametrize(
    ("changed", "stable"),
    [
        ({}, 1),
        ({"contract_months": 11}, 0),
        ({"contract_months": None}, 0),
        ({"monthly_income": Decimal("2489.99")}, 0),
        ({"monthly_income": Decimal("10000")}, 1),
        ({"monthly_income": None}, 0),
        ({"insured": False}, 0),
        ({"insured": None}, 0),
    ],
)
def test_stable_work_needs_contract_income_and_insurance(community, home, changed, stable):
    MinimumWage.objects.create(area=community.parent, in_force_from=D, monthly=Decimal("2490.00"))
    ZeroEmploymentEpisodeFactory(household=home, certified_on=D)
    person(home, **STABLE | changed)
    assert figure("stable_employment_rate", community) == (stable, 1)


def test_without_a_minimum_wage_nobody_is_stable(community, home):
    MinimumWage.objects.create(area=community, in_force_from=D + DAY, monthly=1)
    ZeroEmploymentEpisodeFactory(household=home)
    person(home, **STABLE)
    assert figure("stable_employment_rate", community) == (0, 1)


def test_stable_work_is_asked_of_households_ever_certified_by_the_day(community, home):
    ZeroEmploymentEpisodeFactory(household=home, certified_on=D, withdrawn_on=D)
    person(home, **STABLE)
    person(HouseholdFactory(community=community), **STABLE)
    assert [figure("stable_employment_rate", community, day) for day in (D - DAY, D)] == [(0, 0), (0, 1)]


# Households


def test_a_household_is_detected_while_nobody_of_any_age_works(community, home):
    person(home, state=UNEMPLOYED)
    old = person(home, state=INACTIVE, birth_date=date(1940, 1, 1))
    assert figure("zero_households_detected", community) == 1
    LabourSpellFactory(resident=old, started_on=D)
    assert [figure("zero_households_detected", community, day) for day in (D - DAY, D)] == [1, 0]


def test_a_household_without_labour_force_is_not_detected(community, home):
    person(home, state=INACTIVE)
    ResidentFactory(home=home)
    assert figure("zero_households_detected", community) == 0


def test_two_unemployed_members_are_one_detected_household(community, home):
    person(home, state=UNEMPLOYED)
    person(home, state=UNEMPLOYED)
    assert figure("zero_households_detected", community) == 1


def test_a_certified_household_is_open_and_no_longer_detected(community, home):
    person(home, state=UNEMPLOYED)
    ZeroEmploymentEpisodeFactory(household=home, certified_on=D - DAY, withdrawn_on=D + DAY)
    days = [D - 2 * DAY, D - DAY, D, D + DAY]
    assert [figure("zero_households_open", community, day) for day in days] == [0, 1, 1, 0]
    assert [figure("zero_households_detected", community, day) for day in days] == [1, 0, 0, 1]


def test_an_episode_eliminated_on_the_day_it_was_certified_is_never_open(community, home):
    ZeroEmploymentEpisodeFactory(household=home, certified_on=D, eliminated_on=D)
    assert figure("zero_households_open", community) == 0
    assert figure("zero_households_arisen", community) == figure("zero_households_eliminated", community) == 1
    assert figure("zero_households_overdue", community, date(2026, 12, 31)) == 0


@pytest.mark.parametrize(
    ("ends", "overdue"),
    [
        ({}, [0, 1]),
        ({"eliminated_on": date(2026, 10, 15)}, [0, 0]),
        ({"eliminated_on": date(2026, 10, 16)}, [0, 1]),
        ({"withdrawn_on": date(2026, 10, 14)}, [0, 0]),
        ({"withdrawn_on": date(2026, 10, 15)}, [0, 1]),
        ({"withdrawn_on": date(2026, 10, 16)}, [0, 1]),
    ],
)
def test_an_episode_is_overdue_the_day_after_its_deadline(community, home, ends, overdue):
    """Certified on 15 September, due one month later."""
    ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2026, 9, 15), **ends)
    days = [date(2026, 10, 15), date(2026, 10, 16)]
    assert [figure("zero_households_overdue", community, day) for day in days] == overdue


@pytest.mark.parametrize(
    ("rule", "last_day"),
    [
        ({"months": 1}, date(2026, 10, 25)),
        ({"days": 30}, date(2026, 10, 25)),
        ({"days": 10}, date(2026, 10, 5)),
        ({"working_days": 3}, date(2026, 9, 30)),
        ({"working_days": 4}, date(2026, 10, 8)),
        ({"quarter_end": True}, date(2026, 9, 30)),
        ({"month_end": True}, date(2026, 9, 30)),
    ],
)
def test_the_deadline_is_the_one_of_the_parameter(community, home, rule, last_day):
    """Certified on Friday 25 September 2026, before the National Day."""
    workdays.seed(2026, 2026)
    put(community.parent, "elimination_deadline", rule)
    ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2026, 9, 25))
    assert [figure("zero_households_overdue", community, day) for day in (last_day, last_day + DAY)] == [0, 1]


def test_the_deadline_is_the_one_in_force_when_the_episode_was_certified(community, home):
    put(community, "elimination_deadline", {"days": 10})
    put(community, "elimination_deadline", {"days": 60}, date(2026, 10, 2))
    for place, day in enumerate((date(2026, 10, 1), date(2026, 10, 2))):
        ZeroEmploymentEpisodeFactory(household=home, certified_on=day, eliminated_on=D if place == 0 else None)
    assert figure("zero_households_overdue", community) == 1


def test_arisen_eliminated_and_overdue_are_counted_from_the_first_day_of_the_period(community, home):
    ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2025, 12, 31), eliminated_on=date(2026, 1, 1))
    ZeroEmploymentEpisodeFactory(certified_on=date(2026, 1, 1), household=home, eliminated_on=date(2026, 6, 1))
    assert figure("zero_households_arisen", community) == 1
    assert figure("zero_households_eliminated", community) == 2
    assert figure("zero_households_overdue", community) == 1
    put(community, "assessment_year_starts", "11-01")
    assert figure("zero_households_arisen", community, date(2026, 10, 31)) == 2
    assert figure("zero_households_arisen", community, date(2026, 11, 1)) == 0


def test_the_base_are_episodes_open_before_the_period_and_still_open(community, home):
    ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2025, 12, 31), eliminated_on=D)
    ZeroEmploymentEpisodeFactory(household__community=community, certified_on=date(2026, 1, 1))
    assert [figure("zero_households_base_left", community, day) for day in (D - DAY, D)] == [1, 0]


def test_dual_employment_counts_two_workers_of_any_age(community, home):
    ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2026, 3, 1), eliminated_on=D)
    person(home)
    person(home, birth_date=date(1940, 1, 1))
    single = HouseholdFactory(community=community)
    ZeroEmploymentEpisodeFactory(household=single, certified_on=date(2026, 3, 1), eliminated_on=D)
    assert [figure("dual_employment_rate", community, day) for day in (D - DAY, D)] == [(0, 0), (1, 2)]


def test_a_household_with_a_new_open_episode_is_not_asked_for_dual_employment(community, home):
    ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2026, 3, 1), eliminated_on=date(2026, 5, 1))
    ZeroEmploymentEpisodeFactory(household=home, certified_on=D)
    assert [figure("dual_employment_rate", community, day) for day in (D - DAY, D)] == [(0, 1), (0, 0)]


@pytest.mark.parametrize(
    ("visited_on", "outcome", "way", "visited"),
    [
        (date(2026, 9, 30), "completed", "door", 0),
        (date(2026, 10, 1), "completed", "door", 1),
        (D, "completed", "phone", 1),
        (D + DAY, "completed", "door", 0),
        (D, "nobody_in", "door", 0),
        (D, "refused", "window", 0),
    ],
)
def test_a_household_is_covered_by_a_completed_visit_of_the_month(community, home, visited_on, outcome, way, visited):
    ZeroEmploymentEpisodeFactory(household=home)
    VisitFactory(household=home, visited_on=visited_on, outcome=outcome, way=way)
    assert figure("visit_coverage", community) == (visited, 1)


@pytest.mark.parametrize(
    ("ends", "due"),
    [
        ({"withdrawn_on": date(2026, 10, 1)}, 0),
        ({"withdrawn_on": date(2026, 10, 2)}, 1),
        ({"eliminated_on": date(2026, 10, 1)}, 1),
    ],
)
def test_an_episode_open_on_any_day_of_the_month_is_due_a_visit(community, home, ends, due):
    ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2026, 3, 1), **ends)
    assert figure("visit_coverage", community) == (0, due)


def test_visits_go_on_for_twelve_months_after_elimination(community, home):
    ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2025, 1, 1), eliminated_on=date(2025, 10, 15))
    days = [date(2026, 10, 14), date(2026, 10, 15)]
    assert [figure("visit_coverage", community, day) for day in days] == [(0, 1), (0, 0)]


def test_an_episode_certified_and_closed_on_one_day_is_due_no_visit_unless_eliminated(community, home):
    ZeroEmploymentEpisodeFactory(household=home, certified_on=D, withdrawn_on=D)
    assert figure("visit_coverage", community) == (0, 0)


# Areas


def test_streets_districts_and_the_city_are_sums(community, home):
    street = community.parent
    person(home)
    person(HouseholdFactory(community=AreaFactory(level=AreaLevel.COMMUNITY, parent=street)), state=UNEMPLOYED)
    elsewhere = AreaFactory(level=AreaLevel.STREET, parent=street.parent)
    far = AreaFactory(level=AreaLevel.COMMUNITY, parent=elsewhere, has_station=False)
    person(HouseholdFactory(community=far))
    found = [figure("employment_rate", area) for area in (street, elsewhere, street.parent, street.parent.parent)]
    assert found == [(1, 2), (1, 1), (2, 3), (2, 3)]
    assert figure("station_coverage", street.parent) == (2, 3)


def two_districts():
    """A city with one community in each of two districts."""
    city = AreaFactory()
    found = []
    for _number in range(2):
        district = AreaFactory(level=AreaLevel.DISTRICT, parent=city)
        street = AreaFactory(level=AreaLevel.STREET, parent=district)
        found.append((district, AreaFactory(level=AreaLevel.COMMUNITY, parent=street)))
    return city, *found


def test_each_district_is_counted_by_its_own_period_wage_and_months():
    city, (east, one), (west, two) = two_districts()
    put(east, "assessment_year_starts", "11-01")
    put(west, "long_term_unemployed_months", 12)
    MinimumWage.objects.create(area=east, in_force_from=date(2020, 1, 1), monthly=3000)
    for community in (one, two):
        home = HouseholdFactory(community=community)
        ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2025, 12, 1), eliminated_on=date(2026, 2, 1))
        person(home, **STABLE | {"monthly_income": 3000})
        person(home, state=UNEMPLOYED, since=date(2026, 1, 1))
    assert [figure("zero_households_arisen", area) for area in (one, two, city)] == [1, 0, 1]
    assert [figure("long_term_unemployed", area) for area in (one, two, city)] == [1, 0, 1]
    assert [figure("stable_employment_rate", area) for area in (one, two, city)] == [(1, 1), (0, 1), (1, 2)]


def judged_on(on=D):
    ledger.rebuild()
    return {judged.area.pk: judged for judged in judge_all(Terms(on))}


def test_each_district_judges_the_age_of_evidence_by_its_own_rules():
    city, (east, one), (west, two) = two_districts()
    CriterionFactory(ruleset__area=east, ruleset__evidence_months=3)
    CriterionFactory(ruleset__area=west)
    street_rules = CriterionFactory(ruleset__area=city, ruleset__level="street", ruleset__evidence_months=12).ruleset
    for community in (one, two):
        home = HouseholdFactory(community=community)
        person(home, since=date(2026, 1, 1))
        person(home, since=date(2026, 9, 1))
        person(home, state=UNEMPLOYED, since=date(2026, 1, 1))
        ResidentFactory(home=home)
    found = judged_on()
    east_figure = found[one.pk].figures["employment_rate"]
    assert (east_figure.worst, east_figure.best) == ((1, 4), (4, 4))
    assert found[two.pk].figures["employment_rate"].worst is None
    assert found[one.parent_id].ruleset == street_rules
    street_figure = found[two.parent_id].figures["employment_rate"]
    assert (street_figure.worst, street_figure.best) == ((2, 4), (3, 4))
    assert found[city.pk].ruleset is None
    assert found[city.pk].verdict is None
    assert found[city.pk].results == []


def test_evidence_is_stale_the_day_after_its_months_are_full(community, home):
    CriterionFactory(ruleset__area=community, ruleset__evidence_months=3)
    person(home, since=date(2026, 7, 31))
    days = [D, D + DAY]
    assert [judged_on(day)[community.pk].figures["employment_rate"].worst for day in days] == [(1, 1), (0, 1)]


def test_a_confirmation_after_the_day_counts_too(community, home):
    CriterionFactory(ruleset__area=community, ruleset__evidence_months=3)
    person(home, since=date(2026, 1, 1))
    VisitFactory(household=home, visited_on=D + 5 * DAY, unchanged=True)
    assert judged_on()[community.pk].figures["employment_rate"].worst == (1, 1)


def test_the_unknown_of_hardship_and_landless_are_those_who_would_belong(community, home):
    CriterionFactory(ruleset__area=community, ruleset__evidence_months=3)
    HardshipCertificationFactory(resident=ResidentFactory(home=home))
    farmer = ResidentFactory(home=home, landless=True)
    UnemploymentRegistrationFactory(resident=farmer)
    ResidentFactory(home=home, landless=True)
    own = judged_on()[community.pk].figures
    for key in ("hardship_employment_rate", "landless_employment_rate"):
        assert (own[key].worst, own[key].best) == ((0, 1), (1, 1))
    assert own["employment_rate"].best == (3, 3)


def test_the_nearest_rule_set_in_force_judges(community, home):
    city = community.parent.parent.parent
    far = CriterionFactory(ruleset__area=city).ruleset
    near = CriterionFactory(ruleset__area=community.parent, ruleset__in_force_from=D).ruleset
    person(home)
    assert judged_on(D - DAY)[community.pk].ruleset == far
    assert judged_on()[community.pk].ruleset == near


@pytest.mark.parametrize("communities", [1, 30])
def test_measuring_costs_the_same_queries_at_any_size(communities, django_assert_num_queries):
    street = AreaFactory(street=True)
    ruleset = RuleSetFactory(area=street, evidence_months=3)
    CriterionFactory(ruleset=ruleset)
    for _number in range(communities):
        home = HouseholdFactory(community=AreaFactory(level=AreaLevel.COMMUNITY, parent=street))
        person(home)
        ZeroEmploymentEpisodeFactory(household=home)
    ledger.rebuild()
    with django_assert_num_queries(21):
        judge_all(Terms(D))
