"""The nightly match, each kind on both sides of each of its days."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from city.choices import AreaLevel, FindingState
from city.digests import digests
from city.models import Finding, Parameter
from households import ledger, matching
from households.choices import Channel, LabourState, LeaveReason, OutsideKind
from households.models import InsuranceMonth, LedgerSpan, Membership, OutsideFact
from households.services.matching import match
from tests.city.factories import AreaFactory, EmployerFactory
from tests.households.factories import (
    HouseholdFactory,
    LabourSpellFactory,
    MembershipFactory,
    ResidentFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MONTH, END = date(2026, 10, 1), date(2026, 10, 31)
ON = date(2026, 11, 20)
EMPLOYED, UNEMPLOYED, INACTIVE = LabourState.EMPLOYED, LabourState.UNEMPLOYED, LabourState.INACTIVE


@pytest.fixture
def home():
    return HouseholdFactory()


def person(home, state=None, since=date(2026, 1, 1), **values):
    spell = {"state": state, "started_on": since, **values} if state else None
    return ResidentFactory(home=home, spell=spell)


def insured(resident, month=MONTH, name="甲公司", code="", **values):
    return InsuranceMonth.objects.create(
        id_hash=resident.id_hash, month=month, employer_name=name, credit_code=code, **values
    )


def fact(resident, kind, started_on=date(2026, 9, 1), ended_on=None, **values):
    return OutsideFact.objects.create(
        id_hash=resident.id_hash, kind=kind, started_on=started_on, ended_on=ended_on, **values
    )


def found(on=ON):
    """{kind: names of the persons found}"""
    ledger.rebuild()
    match(on)
    rows = Finding.objects.filter(state=FindingState.OPEN).values_list("kind", "resident_finding__resident__name")
    result = {}
    for kind, name in rows:
        result.setdefault(kind, set()).add(name)
    return result


def of(resident, kind):
    return {kind: {resident.name}}


@pytest.mark.parametrize(
    ("state", "values", "is_found"),
    [
        (None, {}, True),
        (UNEMPLOYED, {}, True),
        (EMPLOYED, {}, False),
        *[(INACTIVE, {"inactive_reason": reason}, reason != "retired") for reason in ("student", "other", "retired")],
    ],
)
def test_insured_by_an_employer_and_recorded_without_work(home, state, values, is_found):
    one = person(home, state, **values)
    insured(one)
    assert found() == (of(one, "insured_but_unemployed") if is_found else {})


@pytest.mark.parametrize(("started_on", "is_found"), [(END, False), (END + DAY, True)])
def test_the_ledger_of_the_last_day_of_the_month_counts(home, started_on, is_found):
    one = person(home, UNEMPLOYED)
    LabourSpellFactory(resident=one, started_on=started_on)
    insured(one)
    assert bool(found()) == is_found


def test_while_a_month_runs_the_last_ended_day_counts(home):
    one = person(home, UNEMPLOYED)
    LabourSpellFactory(resident=one, started_on=date(2026, 10, 20))
    insured(one)
    assert found(on=date(2026, 10, 19)) == of(one, "insured_but_unemployed")
    assert found(on=date(2026, 10, 20)) == {}


def test_only_the_latest_month_counts_and_none_to_come(home):
    one, other = person(home, UNEMPLOYED), person(home, UNEMPLOYED)
    insured(one, month=date(2026, 9, 1))
    insured(other)
    insured(one, month=date(2026, 12, 1))
    assert found() == of(other, "insured_but_unemployed")


def test_who_pays_without_an_employer_may_be_without_work(home):
    one = person(home, UNEMPLOYED)
    insured(one, name="")
    assert found() == {}
    InsuranceMonth.objects.update(credit_code="91330100MA27XF6J85")
    assert found() == of(one, "insured_but_unemployed")


@pytest.mark.parametrize(("works_from", "is_found"), [(END, True), (END + DAY, False)])
def test_nobody_is_asked_about_before_working_age(home, works_from, is_found):
    one = ResidentFactory(home=home, birth_date=works_from.replace(year=2010), spell=None)
    assert one.works_from == works_from
    insured(one)
    assert bool(found()) == is_found


@pytest.mark.parametrize(("retires_on", "is_found"), [(END, False), (END + DAY, True)])
def test_nobody_is_asked_about_after_working_age(home, retires_on, is_found):
    one = person(home, UNEMPLOYED)
    one.retires_on = retires_on
    one.save()
    insured(one)
    assert bool(found()) == is_found


def test_the_evidence_names_both_sides_and_no_full_number(home):
    one = person(home, UNEMPLOYED)
    insured(one, name="甲公司", code="91330100MA27XF6J85", kinds="养老", base="4812.5")
    insured(one, name="乙公司")
    found()
    finding = Finding.objects.get()
    assert finding.evidence == {
        "month": "2026-10",
        "state": 2,
        "since": "2026-01-01",
        "reason": "",
        "employers": [
            {"name": "乙公司", "code": "", "kinds": "", "base": None},
            {"name": "甲公司", "code": "91330100MA27XF6J85", "kinds": "养老", "base": "4812.50"},
        ],
    }
    assert finding.area == home.community
    assert finding.resident_finding.resident == one
    assert one.id_number not in f"{finding.key} {finding.evidence}"


@pytest.fixture
def covered(home):
    """Two colleagues whom the month holds, so that the district counts as imported."""
    for _number in range(2):
        insured(person(home, EMPLOYED, insured=True))


@pytest.mark.parametrize(
    ("values", "is_found"),
    [
        ({"insured": True}, True),
        ({"insured": None}, False),
        ({"insured": False}, False),
        ({"insured": True, "since": MONTH}, True),
        ({"insured": True, "since": MONTH + DAY}, False),
    ],
)
def test_recorded_as_insured_a_whole_month_and_absent_from_it(home, covered, values, is_found):
    one = person(home, EMPLOYED, **values)
    assert found() == (of(one, "employed_not_insured") if is_found else {})


@pytest.mark.parametrize(("ended_on", "is_found"), [(END - DAY, False), (END, True)])
def test_a_job_that_ended_within_the_month_is_no_difference(home, covered, ended_on, is_found):
    one = person(home, EMPLOYED, insured=True)
    LabourSpellFactory(resident=one, state=UNEMPLOYED, started_on=ended_on + DAY)
    assert bool(found().get("employed_not_insured")) == is_found


@pytest.mark.parametrize(("absent", "is_found"), [(2, True), (3, False)])
def test_a_district_the_month_hardly_holds_is_not_asked_about(home, covered, absent, is_found):
    for _number in range(absent):
        person(home, EMPLOYED, insured=True)
    assert bool(found().get("employed_not_insured")) == is_found


def test_the_share_is_a_parameter_and_each_district_counts_alone(home, covered):
    city = home.community.parent.parent.parent
    street = AreaFactory(level=AreaLevel.STREET, parent=AreaFactory(level=AreaLevel.DISTRICT, parent=city))
    other = HouseholdFactory(community=AreaFactory(level=AreaLevel.COMMUNITY, parent=street))
    here, there = person(home, EMPLOYED, insured=True), person(other, EMPLOYED, insured=True)
    assert found() == of(here, "employed_not_insured")
    Parameter.objects.create(
        name="insurance_coverage_share", area=street.parent, in_force_from=date(2026, 1, 1), value="0"
    )
    assert found() == {"employed_not_insured": {here.name, there.name}}


def test_without_a_month_nobody_is_absent(home):
    person(home, EMPLOYED, insured=True)
    assert found() == {}


@pytest.mark.parametrize(
    ("kind", "state", "values", "expected"),
    [
        (OutsideKind.PENSION, UNEMPLOYED, {}, "pension_but_labour_force"),
        (OutsideKind.PENSION, EMPLOYED, {}, "pension_but_labour_force"),
        (OutsideKind.PENSION, INACTIVE, {"inactive_reason": "student"}, None),
        (OutsideKind.PENSION, None, {}, None),
        (OutsideKind.BUSINESS, UNEMPLOYED, {}, "business_but_unemployed"),
        (OutsideKind.BUSINESS, None, {}, "business_but_unemployed"),
        (OutsideKind.BUSINESS, EMPLOYED, {}, None),
        (OutsideKind.BUSINESS, INACTIVE, {"inactive_reason": "retired"}, None),
        (OutsideKind.INSURED_ELSEWHERE, UNEMPLOYED, {}, "insured_elsewhere"),
        (OutsideKind.INSURED_ELSEWHERE, INACTIVE, {"inactive_reason": "other"}, "insured_elsewhere"),
        (OutsideKind.INSURED_ELSEWHERE, EMPLOYED, {}, None),
        (OutsideKind.PRISON, UNEMPLOYED, {}, "in_prison"),
        (OutsideKind.PRISON, EMPLOYED, {}, "in_prison"),
        (OutsideKind.PRISON, None, {}, "in_prison"),
        (OutsideKind.PRISON, INACTIVE, {"inactive_reason": "other"}, None),
    ],
)
def test_facts_of_other_offices_against_the_state(home, kind, state, values, expected):
    one = person(home, state, **values)
    fact(one, kind)
    assert found() == (of(one, expected) if expected else {})


@pytest.mark.parametrize(
    ("started_on", "ended_on", "is_found"),
    [(ON, None, True), (ON + DAY, None, False), (ON - DAY, ON, True), (ON - 2 * DAY, ON - DAY, False)],
)
@pytest.mark.parametrize("kind", [kind for kind in OutsideKind if kind != OutsideKind.DEATH])
def test_a_fact_counts_from_its_first_to_its_last_day(home, kind, started_on, ended_on, is_found):
    fact(person(home, UNEMPLOYED), kind, started_on, ended_on)
    assert bool(found()) == is_found


@pytest.mark.parametrize(("died_on", "is_found"), [(ON - DAY, True), (ON, False)])
def test_the_dead_are_residents_on_their_last_day_only(home, died_on, is_found):
    one = ResidentFactory(home=home, birth_date=date(1940, 1, 1))
    fact(one, OutsideKind.DEATH, died_on)
    assert not LedgerSpan.objects.filter(resident=one).exists()
    assert found() == (of(one, "dead_but_resident") if is_found else {})


@pytest.mark.parametrize(("left_on", "is_found"), [(ON, False), (ON + DAY, True)])
def test_who_left_by_the_day_is_no_resident(home, left_on, is_found):
    one = person(home)
    MembershipFactory(resident=one, household=None, leave_reason=LeaveReason.DIED, started_on=left_on)
    fact(one, OutsideKind.DEATH)
    assert bool(found()) == is_found


def test_a_death_is_found_where_the_person_lives_now(home):
    one, other = person(home), HouseholdFactory()
    MembershipFactory(resident=one, household=other, started_on=date(2026, 5, 1))
    fact(one, OutsideKind.DEATH)
    found()
    assert Finding.objects.get().area == other.community


def test_persons_nobody_knows_here_are_matched_once_they_are_known(home):
    stranger = ResidentFactory.build()
    insured(stranger)
    assert found() == {}
    one = ResidentFactory(home=home, id_number=stranger.id_number, id_hash=stranger.id_hash)
    assert found() == of(one, "insured_but_unemployed")


def test_a_new_month_asks_again_and_one_that_agrees_drops_the_question(home):
    one = person(home, UNEMPLOYED)
    insured(one)
    found()
    finding = Finding.objects.get()
    insured(one, month=date(2026, 11, 1))
    assert found() == of(one, "insured_but_unemployed")
    assert Finding.objects.get().pk == finding.pk
    LabourSpellFactory(resident=one, started_on=date(2026, 11, 2))
    assert found() == {}
    assert Finding.objects.get().state == FindingState.DROPPED


def many(home, number):
    """Persons of every kind of difference."""
    for _each in range(number):
        insured(person(home, UNEMPLOYED))
        insured(person(home, EMPLOYED, insured=True))
        person(home, EMPLOYED, insured=True)
        for kind in OutsideKind:
            fact(person(home, UNEMPLOYED), kind)


def test_a_second_night_changes_nothing(home):
    many(home, 2)
    assert sorted(found()) == sorted(
        [
            matching.INSURED_BUT_UNEMPLOYED,
            matching.EMPLOYED_NOT_INSURED,
            matching.DEAD_BUT_RESIDENT,
            *matching._OF_FACT.values(),
        ]
    )
    before = digests()
    match(ON)
    match(ON + DAY)
    assert digests() == before


@pytest.mark.parametrize("number", [1, 30])
def test_the_statements_do_not_grow_with_the_city(home, number):
    many(home, number)
    ledger.rebuild()
    with CaptureQueriesContext(connection) as queries:
        match(ON)
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) <= 55


def test_nothing_but_findings_is_written(home):
    many(home, 1)
    ledger.rebuild()
    before = digests()
    match(ON)
    changed = {table for table, digest in digests().items() if digest != before[table]}
    assert changed == {"city_finding", "households_residentfinding"}


@pytest.fixture
def confirming(home):
    city = home.community.parent.parent.parent
    Parameter.objects.create(name="insurance_confirms", area=city, in_force_from=date(2026, 1, 1), value=True)


def test_a_month_confirms_only_where_the_city_wishes_so(home):
    one = person(home, EMPLOYED, insured=True, employer_name="甲公司")
    insured(one)
    found()
    assert one.labour_spells.get().confirmed_on == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("values", "day"),
    [
        ({"employer_name": "甲公司"}, END),
        ({"employer_name": "乙公司"}, date(2026, 1, 1)),
        ({"employer_name": "甲公司", "confirmed_on": END + DAY}, END + DAY),
        ({"employer_name": "甲公司", "state": UNEMPLOYED}, date(2026, 1, 1)),
    ],
)
def test_a_month_confirms_work_at_the_very_employer_and_never_backwards(home, confirming, values, day):
    one = person(home, **{"state": EMPLOYED, "insured": True, **values})
    insured(one)
    found()
    spell = one.labour_spells.get()
    assert (spell.confirmed_on, spell.source) == (day, "roster")
    assert LedgerSpan.objects.get(spell=spell).confirmed_on == day


def test_an_employer_is_the_same_by_credit_code(home, confirming):
    employer = EmployerFactory(credit_code="91330100MA27XF6J85")
    one = person(home, EMPLOYED, insured=True, employer=employer, channel=Channel.EMPLOYER)
    insured(one, name="", code=employer.credit_code)
    found()
    assert one.labour_spells.get().confirmed_on == END
    assert Membership.objects.filter(resident=one).count() == 1
