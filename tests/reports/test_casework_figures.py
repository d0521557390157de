"""The figures casework feeds: promises, the four things known, and work after a course, at their edges."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from households import ledger
from households.choices import LabourState
from households.models import FourClear
from reports.services import explain
from tests.assistance.factories import CaseFactory, CommitmentFactory, CourseFactory, EnrolmentFactory
from tests.city.factories import AreaFactory, ClockFactory
from tests.households.factories import (
    HardshipCertificationFactory,
    HouseholdFactory,
    LabourSpellFactory,
    MembershipFactory,
    ResidentFactory,
)
from tests.reports.test_engine import figure, person, put

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("Asia/Shanghai")
D = date(2026, 10, 31)
DAY = timedelta(days=1)
EMPLOYED, UNEMPLOYED = LabourState.EMPLOYED, LabourState.UNEMPLOYED


@pytest.fixture
def community():
    return AreaFactory(community=True)


@pytest.fixture
def home(community):
    return HouseholdFactory(community=community)


def promise(home, due=D, hour=23, made=date(2026, 1, 2), state=UNEMPLOYED, **values):
    at = datetime(due.year, due.month, due.day, hour, 59, 59, tzinfo=HERE) if due else None
    clock = ClockFactory(started_at=datetime(made.year, made.month, made.day, tzinfo=HERE), due_at=at)
    case = CaseFactory(resident=person(home, state=state), community=home.community)
    return CommitmentFactory(case=case, clock=clock, made_on=made, **values)


# Promises


@pytest.mark.parametrize(("kept", "expected"), [(D - DAY, (1, 1)), (D, (1, 1)), (D + DAY, (0, 1)), (None, (0, 1))])
def test_a_promise_is_kept_in_time_up_to_its_due_day(community, home, kept, expected):
    promise(home, kept_on=kept)
    assert figure("commitment_on_time_rate", community, D + 2 * DAY) == expected


def test_a_promise_counts_from_its_due_day_to_the_end_of_the_period(community, home):
    promise(home)
    days = [D - DAY, D, date(2026, 12, 31), date(2027, 1, 1)]
    assert [figure("commitment_on_time_rate", community, day) for day in days] == [(0, 0), (0, 1), (0, 1), (0, 0)]


def test_the_period_of_promises_is_the_areas_own(community, home):
    promise(home, due=date(2026, 10, 31))
    put(community, "assessment_year_starts", "11-01")
    assert figure("commitment_on_time_rate", community, date(2026, 12, 31)) == (0, 0)


def test_a_promise_that_stands_still_is_not_due(community, home):
    promise(home, due=None)
    assert figure("commitment_on_time_rate", community, D) == (0, 0)
    assert figure("commitments_overdue", community, D) == 0


def test_the_due_day_is_the_citys_day(community, home):
    promise(home, due=D, hour=1)
    assert [figure("commitments_overdue", community, day) for day in (D - DAY, D)] == [0, 1]


def test_a_promise_is_overdue_until_it_is_kept_or_void(community, home):
    promise(home, due=D, kept_on=D + 3 * DAY)
    promise(home, due=D, voided_on=D + 2 * DAY, void_reason="refusals")
    days = [D - DAY, D, D + 2 * DAY, D + 3 * DAY]
    assert [figure("commitments_overdue", community, day) for day in days] == [0, 2, 1, 0]


def test_a_promise_stays_with_the_station_that_gave_it(community, home):
    given = promise(home)
    away = HouseholdFactory()
    MembershipFactory(resident=given.case.resident, household=away, started_on=date(2026, 6, 1))
    assert figure("commitments_overdue", community, D) == 1
    (row,) = explain.as_rows(community, D, "commitments_overdue", "numerator")
    assert row["household"] == away.number
    assert row["id_number"] == given.case.resident.id_number
    assert row["community"] == community.code


# The four things known


def hardship(home, **values):
    resident = person(home, state=UNEMPLOYED, **values)
    HardshipCertificationFactory(resident=resident, certified_on=date(2020, 1, 1))
    return resident


ALL = {"family": "three", "cause": "laid_off", "work_wish": "any", "training_wish": "none"}


@pytest.mark.parametrize("missing", ALL)
def test_all_four_must_be_known(community, home, missing):
    FourClear.objects.create(resident=hardship(home), noted_on=D, **ALL)
    FourClear.objects.create(resident=hardship(home), noted_on=D, **ALL | {missing: ""})
    assert figure("four_clear_rate", community) == (1, 2)


def test_what_was_noted_last_by_the_day_holds(community, home):
    resident = hardship(home)
    FourClear.objects.create(resident=resident, noted_on=D, **ALL)
    FourClear.objects.create(resident=resident, noted_on=D + DAY, **ALL | {"cause": ""})
    days = [D - DAY, D, D + DAY]
    assert [figure("four_clear_rate", community, day) for day in days] == [(0, 1), (1, 1), (0, 1)]


# Work after a course


def trained(home, completed=date(2026, 3, 31), **values):
    resident = ResidentFactory(home=home, spell={"state": UNEMPLOYED, "started_on": date(2026, 1, 1)})
    EnrolmentFactory(resident=resident, course=CourseFactory(), state="completed", completed_on=completed, **values)
    return resident


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        (date(2026, 9, 30), (1, 1)),
        (date(2026, 10, 1), (0, 1)),
        (date(2026, 3, 31), (1, 1)),
    ],
)
def test_a_job_counts_within_six_months_of_the_course(community, home, started, expected):
    LabourSpellFactory(resident=trained(home), started_on=started)
    assert figure("training_to_job_rate", community, D) == expected


def test_a_job_lost_before_the_course_ended_does_not_count(community, home):
    resident = ResidentFactory(home=home, spell={"state": EMPLOYED, "started_on": date(2026, 1, 1)})
    LabourSpellFactory(resident=resident, started_on=date(2026, 3, 31), state=UNEMPLOYED)
    EnrolmentFactory(resident=resident, state="completed", completed_on=date(2026, 3, 31))
    assert figure("training_to_job_rate", community, D) == (0, 1)


def test_a_job_counts_from_the_day_it_begins(community, home):
    LabourSpellFactory(resident=trained(home), started_on=date(2026, 5, 1))
    days = [date(2026, 3, 30), date(2026, 4, 30), date(2026, 5, 1)]
    assert [figure("training_to_job_rate", community, day) for day in days] == [(0, 0), (0, 1), (1, 1)]


def test_two_courses_are_one_person(community, home):
    resident = trained(home)
    EnrolmentFactory(resident=resident, state="completed", completed_on=date(2026, 5, 1))
    assert figure("training_to_job_rate", community, D) == (0, 1)


def test_the_months_after_a_course_are_a_parameter(community, home):
    LabourSpellFactory(resident=trained(home), started_on=date(2026, 10, 1))
    put(community, "training_job_months", 7)
    assert figure("training_to_job_rate", community, D) == (1, 1)


def test_lists_and_figures_are_one(community, home):
    trained(home)
    LabourSpellFactory(resident=trained(home), started_on=date(2026, 5, 1))
    ledger.rebuild()
    parts = {
        part: len(list(explain.as_rows(community, D, "training_to_job_rate", part)))
        for part in ("numerator", "denominator", "gap")
    }
    assert parts == {"numerator": 1, "denominator": 2, "gap": 1}
