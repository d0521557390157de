from datetime import date

import pytest

from assistance.models import Attendance
from tests.assistance.factories import (
    CaseFactory,
    CommitmentFactory,
    CourseFactory,
    EnrolmentFactory,
    FollowUpFactory,
    LayoffNoticeFactory,
    LayoffPersonFactory,
    PairingFactory,
    PlanFactory,
    ReferralFactory,
)
from tests.city.factories import AreaFactory
from tests.constraints import assert_refused, named
from tests.households.factories import ResidentFactory

pytestmark = pytest.mark.django_db
D = date(2026, 10, 1)
BEFORE = date(2026, 9, 30)


def again(factory, *same, **values):
    """Writes a row and one that has the named values of it."""

    def write():
        first = factory(**values)
        factory(**values, **{name: getattr(first, name) for name in same})

    return write


def attendance_twice():
    enrolment = EnrolmentFactory()
    for _number in range(2):
        Attendance.objects.create(enrolment=enrolment, day=D)


CASES = {
    "case_number_unique": again(CaseFactory, "number"),
    "case_one_open": again(CaseFactory, "resident"),
    "case_placed_with_a_day": lambda: CaseFactory(state="placed"),
    "case_closed_with_a_day": lambda: CaseFactory(closed_on=D),
    "commitment_kept_or_void": lambda: CommitmentFactory(kept_on=D, voided_on=D, void_reason="lapsed"),
    "commitment_void_with_a_reason": lambda: CommitmentFactory(voided_on=D),
    "referral_refused_with_a_reason": lambda: ReferralFactory(answer="refused_by_person", answered_on=D),
    "referral_answered_with_a_day": lambda: ReferralFactory(answer="hired", answered_on=BEFORE),
    "followup_one_a_day": again(FollowUpFactory, "case"),
    "followup_done_with_an_outcome": lambda: FollowUpFactory(done_on=D),
    "plan_one_per_person": lambda: again(PlanFactory, "episode", resident=ResidentFactory())(),
    "plan_one_per_household": again(PlanFactory, "episode"),
    "pairing_of_a_household_or_an_area": lambda: PairingFactory(area=AreaFactory()),
    "pairing_in_order": lambda: PairingFactory(ended_on=BEFORE),
    "course_number_unique": again(CourseFactory, "number"),
    "course_in_order": lambda: CourseFactory(ends_on=BEFORE),
    "course_has_places": lambda: CourseFactory(places=0),
    "enrolment_unique": again(EnrolmentFactory, "course", "resident"),
    "enrolment_completed_with_a_day": lambda: EnrolmentFactory(state="completed"),
    "enrolment_jobs_of_a_business": lambda: EnrolmentFactory(jobs_created=3),
    "attendance_one_a_day": attendance_twice,
    "layoffnotice_unique": again(LayoffNoticeFactory, "employer"),
    "layoffnotice_not_more_than_the_staff": lambda: LayoffNoticeFactory(planned=101),
    "layoffperson_unique": again(LayoffPersonFactory, "notice", "resident"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses(name):
    assert_refused("assistance", name, CASES[name])


def test_every_constraint_is_tried():
    assert set(named("assistance")) == set(CASES)
