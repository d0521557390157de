"""How a notice is judged, whose family it leaves without work, who sees whom, and layoffs nobody reported."""

from datetime import date, timedelta

import pytest

from assistance import layoff_signs
from assistance.choices import Timeliness
from assistance.models import LayoffNotice, LayoffPerson
from city.choices import Role
from city.models import Parameter
from households import ledger
from tests.assistance.factories import LayoffNoticeFactory, LayoffPersonFactory
from tests.city.factories import AreaFactory, EmployerFactory, PostingFactory
from tests.desks import elsewhere
from tests.households.factories import HouseholdFactory, LabourSpellFactory, ResidentFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
PLANNED = date(2026, 12, 31)


@pytest.fixture
def community():
    return AreaFactory(community=True)


@pytest.fixture
def street(community):
    return PostingFactory(area=community.parent, role=Role.STREET_REVIEWER)


def judge(notice):
    return layoff_signs.judged(LayoffNotice.objects.with_listed().filter(pk=notice.pk), TODAY)[0]


def test_a_list_longer_than_the_plan_counts(street):
    notice = LayoffNoticeFactory(area=street.area, planned=9, staff_total=100, planned_on=PLANNED)
    assert not judge(notice).required
    for _number in range(10):
        LayoffPersonFactory(notice=notice)
    told = judge(notice)
    assert (told.persons, told.required, told.timeliness) == (10, True, Timeliness.AWAITED)


def test_the_share_is_cut_off_never_rounded_up(street):
    notice = LayoffNoticeFactory(area=street.area, planned=9_999, staff_total=100_000, planned_on=PLANNED)
    assert str(judge(notice).share) == "9.99"


def test_parameters_of_the_area_decide(street):
    notice = LayoffNoticeFactory(
        area=street.area, planned=5, staff_total=500, planned_on=PLANNED, reported_on=TODAY, carried_out_on=PLANNED
    )
    Parameter.objects.create(
        name="layoff_threshold", area=street.area, in_force_from=TODAY, value={"persons": 5, "share": "0.5"}
    )
    Parameter.objects.create(name="layoff_notice_days", area=street.area, in_force_from=TODAY, value=60)
    Parameter.objects.create(name="layoff_rehire_months", area=street.area, in_force_from=TODAY, value=2)
    told = judge(notice)
    assert (told.required, told.timeliness, told.is_flagged) == (True, Timeliness.SHORT, True)
    assert told.hired_first_until == date(2027, 2, 28)


def test_a_withdrawn_notice_is_not_flagged(street):
    notice = LayoffNoticeFactory(area=street.area, planned_on=date(2026, 1, 1), state="withdrawn")
    assert not judge(notice).is_flagged


def family(community, *ages, jobs=1):
    """A household of persons born in these years; the first `jobs` of them work."""
    home = HouseholdFactory(community=community)
    people = [
        ResidentFactory(home=home, birth_date=date(year, 1, 1), works_from=date(year + 16, 1, 1)) for year in ages
    ]
    for one in people[:jobs]:
        LabourSpellFactory(resident=one)
    ledger.rebuild([one.pk for one in people])
    for one in people:
        one.refresh_from_db()
    return people


def ranks(notice):
    return dict(notice.persons.with_family(notice).values_list("resident", "rank"))


def test_families_without_another_worker_and_with_dependants_come_first(community):
    notice = LayoffNoticeFactory(area=community.parent, planned_on=PLANNED)
    with_child = family(community, 1980, 2015)[0]
    with_old = family(community, 1980, 1950)[0]
    alone = family(community, 1980)[0]
    with_grown = family(community, 1980, 2005)[0]
    safe = family(community, 1980, 1981, 2015, jobs=2)[0]
    for one in (with_child, with_old, alone, with_grown, safe):
        LayoffPersonFactory(notice=notice, resident=one)
    LayoffPersonFactory(notice=notice, resident=None, id_hash="1" * 32)
    assert ranks(notice) == {
        with_child.pk: 0,
        with_old.pk: 0,
        alone.pk: 1,
        with_grown.pk: 1,
        safe.pk: 2,
        None: 2,
    }


def test_two_of_one_family_on_the_list_do_not_keep_each_other(community):
    notice = LayoffNoticeFactory(area=community.parent, planned_on=PLANNED)
    couple = family(community, 1980, 1981, jobs=2)
    for one in couple:
        LayoffPersonFactory(notice=notice, resident=one)
    assert set(ranks(notice).values()) == {1}


def test_the_day_planned_decides_who_works_then(community):
    notice = LayoffNoticeFactory(area=community.parent, planned_on=PLANNED)
    worker, other = family(community, 1980, 1981)
    LayoffPersonFactory(notice=notice, resident=worker)
    LabourSpellFactory(resident=other, started_on=PLANNED + timedelta(days=1))
    ledger.rebuild([other.pk])
    assert ranks(notice) == {worker.pk: 1}
    other.labour_spells.update(started_on=PLANNED)
    ledger.rebuild([other.pk])
    assert ranks(notice) == {worker.pk: 2}


def test_a_station_sees_its_residents_and_the_employers_street_the_figures(community, street):
    far = elsewhere(community)
    notice = LayoffNoticeFactory(area=street.area, planned_on=PLANNED)
    LayoffNoticeFactory(area=far.parent, planned_on=PLANNED)
    ours, theirs = family(community, 1980)[0], family(far, 1980)[0]
    for one in (ours, theirs):
        LayoffPersonFactory(notice=notice, resident=one)
    station, their_station = (PostingFactory(area=place, role=Role.STATION_CLERK) for place in (community, far))
    their_street = PostingFactory(area=far.parent, role=Role.STREET_REVIEWER)
    for posting in (street, station, their_station, their_street):
        assert notice in LayoffNotice.objects.visible_to(posting)
    seen = {
        posting: LayoffPerson.objects.visible_to(posting).values_list("resident", flat=True)
        for posting in (street, station, their_station, their_street)
    }
    assert [list(rows) for rows in seen.values()] == [[ours.pk], [ours.pk], [theirs.pk], [theirs.pk]]
    nobody = PostingFactory(area=elsewhere(far), role=Role.STATION_CLERK)
    assert notice not in LayoffNotice.objects.visible_to(nobody)
    assert [(row["number"], row["only"]) for row in notice.persons.counts_by_community(notice)] == [(1, 1), (1, 1)]


def laid_off(employer, community, number, day):
    """So many residents whose last day at the employer was the day before."""
    home = HouseholdFactory(community=community)
    people = [ResidentFactory(home=home) for _number in range(number)]
    for one in people:
        LabourSpellFactory(resident=one, employer=employer)
        LabourSpellFactory(resident=one, state=2, started_on=day)
    ledger.rebuild([one.pk for one in people])
    return people


@pytest.mark.parametrize(("here", "there", "found"), [(20, 0, True), (19, 0, False), (15, 5, True), (0, 20, False)])
def test_as_many_as_must_be_reported_lost_their_work_and_no_notice_tells(community, street, here, there, found):
    employer = EmployerFactory()
    laid_off(employer, community, here, TODAY - timedelta(days=5))
    laid_off(employer, elsewhere(community), there, TODAY - timedelta(days=20))
    signs = layoff_signs.unreported(street, TODAY)
    assert [(sign.employer, sign.persons, sign.ours) for sign in signs] == (
        [(employer, here + there, here)] if found else []
    )


@pytest.mark.parametrize(("apart", "found"), [(29, True), (30, False)])
def test_thirty_days_make_one_layoff(community, street, apart, found):
    employer = EmployerFactory()
    laid_off(employer, community, 10, TODAY)
    laid_off(employer, community, 10, TODAY - timedelta(days=apart))
    assert bool(layoff_signs.unreported(street, TODAY)) is found


@pytest.mark.parametrize(
    ("state", "planned_on", "found"),
    [
        ("drafted", TODAY, False),
        ("withdrawn", TODAY, True),
        ("closed", TODAY - timedelta(days=200), True),
    ],
)
def test_a_notice_of_that_time_tells_of_it(community, street, state, planned_on, found):
    employer = EmployerFactory()
    laid_off(employer, community, 20, TODAY)
    LayoffNoticeFactory(employer=employer, area=street.area, state=state, planned_on=planned_on, staff_total=1000)
    assert bool(layoff_signs.unreported(street, TODAY)) is found


def test_a_tenth_of_a_staff_known_from_an_older_notice_is_enough(community, street):
    employer = EmployerFactory()
    laid_off(employer, community, 5, TODAY)
    assert layoff_signs.unreported(street, TODAY) == []
    LayoffNoticeFactory(
        employer=employer, area=street.area, state="closed", planned_on=date(2025, 1, 1), planned=5, staff_total=50
    )
    assert [sign.persons for sign in layoff_signs.unreported(street, TODAY)] == [5]


def test_who_went_on_to_another_job_or_retired_was_not_laid_off(community, street):
    employer = EmployerFactory()
    people = laid_off(employer, community, 20, TODAY)
    people[0].labour_spells.filter(state=2).update(state=1)
    people[1].labour_spells.filter(state=2).update(state=3, inactive_reason="retired")
    assert layoff_signs.unreported(street, TODAY) == []


@pytest.mark.parametrize("employers", [1, 5])
def test_the_search_costs_the_same_whatever_it_finds(community, street, django_assert_num_queries, employers):
    for _number in range(employers):
        laid_off(EmployerFactory(), community, 20, TODAY)
    with django_assert_num_queries(5):
        assert len(layoff_signs.unreported(street, TODAY)) == employers
