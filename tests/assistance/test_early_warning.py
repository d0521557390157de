"""Households that would have nobody in work: every expected end, from both sides of its day."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from assistance.early_warning import Outlook, days_ahead
from city.choices import Role
from city.models import Parameter
from households import ledger
from households.models import InsuranceMonth
from tests.assistance.factories import LayoffNoticeFactory, LayoffPersonFactory
from tests.city.factories import AreaFactory, EmployerFactory, PostingFactory
from tests.households.factories import (
    HouseholdFactory,
    LabourSpellFactory,
    MembershipFactory,
    ResidentFactory,
    ZeroEmploymentEpisodeFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
IN_30 = TODAY + timedelta(days=30)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def community():
    return AreaFactory(community=True)


@pytest.fixture
def clerk(community):
    return PostingFactory(area=community, role=Role.STATION_CLERK)


@pytest.fixture
def home(community):
    return HouseholdFactory(community=community)


def worker(home, **spell):
    values = {"started_on": date(2026, 1, 1), **spell}
    person = ResidentFactory(home=home)
    LabourSpellFactory(resident=person, **values)
    ledger.rebuild([person.pk])
    return person


def found(posting, until=IN_30):
    return list(Outlook(posting.area, TODAY).at_risk(until).values_list("nobody_from", flat=True))


def reasons(posting, until=IN_30):
    outlook = Outlook(posting.area, TODAY)
    return [reason for row in outlook.explained(outlook.at_risk(until)) for _person, reason in row.reasons]


def ending(day):
    """A contract whose first day without work is `day`, whatever the month."""
    return {"started_on": date(day.year - 1, day.month, day.day), "contract_months": 12}


@pytest.mark.parametrize(
    ("day", "warned"),
    [(TODAY, False), (TODAY + timedelta(days=1), True), (IN_30, True), (IN_30 + timedelta(days=1), False)],
)
def test_a_contract_that_ends_in_time(clerk, home, day, warned):
    worker(home, **ending(day))
    assert found(clerk) == ([day] if warned else [])


def test_a_contract_of_the_31st_ends_with_the_shorter_month(clerk, home):
    worker(home, started_on=date(2026, 8, 31), contract_months=3)
    assert found(clerk) == [date(2026, 11, 30)]
    assert "2026-11-29" in reasons(clerk)[0]


@pytest.mark.parametrize("other", [{}, {"contract_months": 60}])
def test_somebody_whose_work_goes_on_keeps_the_household(clerk, home, other):
    worker(home, **ending(IN_30))
    worker(home, **other)
    assert found(clerk) == []


def test_the_last_of_several_ends_is_the_day(clerk, home):
    first, last = TODAY + timedelta(days=3), TODAY + timedelta(days=20)
    people = [worker(home, **ending(day)) for day in (first, last)]
    assert found(clerk) == [last]
    assert found(clerk, until=last - timedelta(days=1)) == []
    assert [person.name in reason for person, reason in zip(people, reasons(clerk), strict=True)] == [True, True]


@pytest.mark.parametrize(("retires_on", "warned"), [(TODAY, False), (TODAY + timedelta(days=1), True), (IN_30, True)])
def test_the_retirement_of_the_only_worker_with_somebody_left_to_work(clerk, home, retires_on, warned):
    person = worker(home)
    worker(home, state=2)
    person.retires_on = retires_on
    person.save(update_fields=["retires_on"])
    ledger.rebuild([person.pk])
    assert found(clerk) == ([retires_on] if warned else [])
    assert all("retires" in reason for reason in reasons(clerk))


def test_a_household_where_nobody_is_left_to_work_is_not_warned_of(clerk, home):
    person = worker(home)
    person.retires_on = IN_30
    person.save(update_fields=["retires_on"])
    ledger.rebuild([person.pk])
    assert found(clerk) == []


@pytest.mark.parametrize(
    ("state", "planned_on", "expected"),
    [
        ("drafted", IN_30 - timedelta(days=1), [IN_30]),
        ("assessed", IN_30, []),
        ("intervening", TODAY - timedelta(days=9), [TODAY]),
        ("withdrawn", TODAY, []),
        ("carried_out", TODAY, []),
    ],
)
def test_an_announced_layoff(clerk, home, state, planned_on, expected):
    employer = EmployerFactory()
    person = worker(home, employer=employer)
    notice = LayoffNoticeFactory(employer=employer, state=state, planned_on=planned_on)
    LayoffPersonFactory(notice=notice, resident=person)
    assert found(clerk) == expected
    assert all(planned_on.isoformat() in reason for reason in reasons(clerk))


def test_a_layoff_elsewhere_than_one_works_ends_nothing(clerk, home):
    person = worker(home, employer=EmployerFactory())
    LayoffPersonFactory(notice=LayoffNoticeFactory(planned_on=TODAY), resident=person)
    assert found(clerk) == []
    person.labour_spells.update(employer=None)
    assert found(clerk) == [TODAY + timedelta(days=1)]


def insured(person, *months):
    for month in months:
        InsuranceMonth.objects.create(id_hash=person.id_hash, month=date(2026, month, 1))


@pytest.mark.parametrize(
    ("months", "warned"),
    [((8, 9), True), ((7,), True), ((6,), False), ((8, 9, 10), False), ((), False)],
)
def test_insurance_that_stopped(clerk, home, months, warned):
    insured(ResidentFactory(), 10)
    insured(worker(home), *months)
    assert found(clerk) == ([TODAY] if warned else [])
    assert all("no longer insured" in reason for reason in reasons(clerk))


@pytest.mark.parametrize(("started_on", "warned"), [(date(2026, 10, 1), True), (date(2026, 10, 2), False)])
def test_a_job_begun_within_the_latest_month_may_not_be_in_it_yet(clerk, home, started_on, warned):
    insured(ResidentFactory(), 10)
    insured(worker(home, started_on=started_on), 9)
    assert bool(found(clerk)) is warned


@pytest.mark.parametrize(("absent", "warned"), [(1, True), (2, False)])
def test_a_month_that_hardly_holds_the_district_warns_of_nobody(clerk, home, absent, warned):
    beside = HouseholdFactory(community=home.community)
    insured(worker(beside, insured=True), 10)
    for _number in range(absent):
        insured(worker(home, insured=True), 9)
    assert bool(found(clerk)) is warned


def test_an_end_that_is_recorded_already(clerk, home):
    person = worker(home)
    LabourSpellFactory(resident=person, state=2, started_on=IN_30)
    ledger.rebuild([person.pk])
    assert found(clerk) == [IN_30]
    assert "as recorded" in reasons(clerk)[0]


def test_somebody_recorded_to_start_in_time_keeps_the_household(clerk, home):
    worker(home, **ending(IN_30))
    other = worker(home, state=2)
    LabourSpellFactory(resident=other, state=1, started_on=IN_30)
    ledger.rebuild([other.pk])
    assert found(clerk) == []
    other.labour_spells.filter(state=1).update(started_on=IN_30 + timedelta(days=1))
    ledger.rebuild([other.pk])
    assert found(clerk) == [IN_30]


def test_a_worker_who_moves_out_leaves_the_household_behind(clerk, home):
    person = worker(home)
    worker(home, state=2)
    MembershipFactory(resident=person, household=HouseholdFactory(community=home.community), started_on=IN_30)
    ledger.rebuild([person.pk])
    assert found(clerk) == [IN_30]


def test_a_household_with_an_open_episode_is_known_already(clerk, home):
    worker(home, **ending(IN_30))
    episode = ZeroEmploymentEpisodeFactory(household=home)
    assert found(clerk) == []
    type(episode).objects.update(eliminated_on=date(2026, 10, 1))
    assert found(clerk) == [IN_30]


def test_nobody_at_work_is_no_warning(clerk, home):
    worker(home, state=2)
    assert found(clerk) == []


def test_only_the_own_area_is_shown_and_counted_by_community(community, clerk, home):
    street = PostingFactory(area=community.parent, role=Role.STREET_REVIEWER)
    beside = AreaFactory(level="community", parent=community.parent)
    for place in (home, HouseholdFactory(community=beside), HouseholdFactory(community=beside)):
        worker(place, **ending(IN_30))
    worker(HouseholdFactory(), **ending(IN_30))
    assert len(found(clerk)) == 1
    counts = Outlook(street.area, TODAY).counts_by_community(IN_30)
    assert counts == [(beside, 2), (community, 1)]


def test_the_days_ahead_are_the_areas(community):
    Parameter.objects.create(name="early_warning_days", area=community, in_force_from=TODAY, value=[45, 15])
    assert days_ahead(community, TODAY) == [15, 45]


@pytest.mark.parametrize("households", [1, 30])
def test_the_same_queries_at_one_and_thirty(clerk, community, django_assert_num_queries, households):
    for _number in range(households):
        worker(HouseholdFactory(community=community), **ending(IN_30))
    with django_assert_num_queries(7):
        assert len(reasons(clerk)) == households
