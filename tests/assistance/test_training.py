"""Places, attendance, results, and what the ledger says came of them."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import translation

from assistance.choices import EnrolmentState
from assistance.models import Attendance, Enrolment
from assistance.services import training
from assistance.services.training import CannotEnrol
from city.choices import Role
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from households import ledger
from tests.assistance.factories import CourseFactory, EnrolmentFactory
from tests.city.factories import AreaFactory, PostingFactory
from tests.households.factories import HouseholdFactory, LabourSpellFactory, ResidentFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 10, 14)
DONE = date(2026, 4, 10)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False), translation.override("en"):
        yield


@pytest.fixture
def community():
    return AreaFactory(community=True)


@pytest.fixture
def clerk(community):
    return PostingFactory(area=community, role=Role.STATION_CLERK)


@pytest.fixture
def street(community):
    return PostingFactory(area=community.parent, role=Role.STREET_REVIEWER)


def course_of(posting, **values):
    return CourseFactory(**{"area": posting.area, "state": "running", **values})


def people(number, course, **values):
    return [EnrolmentFactory(course=course, **values) for _number in range(number)]


def enrol(course, clerk, resident=None):
    return training.enrol(course_id=course.pk, resident=resident or ResidentFactory(), by=clerk)


def test_places_are_given_until_they_are_taken(street, clerk):
    course = course_of(street, state="enrolling", places=2)
    people(1, course, state="dropped")
    first = enrol(course, clerk)
    enrol(course, clerk)
    with pytest.raises(CannotEnrol, match="all 2 places"):
        enrol(course, clerk)
    Enrolment.objects.filter(pk=first.pk).update(state="dropped")
    enrol(course, clerk)
    assert course.enrolments.exclude(state="dropped").count() == 2


@pytest.mark.parametrize("state", ["planned", "approved", "running", "completed", "assessed", "cancelled"])
def test_only_an_open_course_takes_people(street, clerk, state):
    with pytest.raises(CannotEnrol, match="not open"):
        enrol(course_of(street, state=state), clerk)


def test_nobody_is_enrolled_twice_not_even_after_leaving(street, clerk):
    course, resident = course_of(street, state="enrolling"), ResidentFactory()
    one = enrol(course, clerk, resident)
    for state in (EnrolmentState.ENROLLED, EnrolmentState.DROPPED):
        Enrolment.objects.filter(pk=one.pk).update(state=state)
        with pytest.raises(CannotEnrol, match="already"):
            enrol(course, clerk, resident)


def save(course, enrolments, days, ticks, street, seen=None):
    seen = training.fingerprint(training.ticks_of([one.pk for one in enrolments], days)) if seen is None else seen
    training.save_attendance(course=course, enrolments=enrolments, days=days, ticks=ticks, seen=seen, by=street)


def week():
    return [date(2026, 10, 12) + timedelta(days=number) for number in range(7)]


def test_a_page_of_attendance_is_saved_as_it_stands(street):
    course = course_of(street)
    one, other = people(2, course)
    ticks = {(one.pk, week()[0]), (one.pk, week()[1]), (other.pk, week()[0])}
    save(course, [one, other], week(), ticks, street)
    assert training.ticks_of([one.pk, other.pk], week()) == ticks
    one.refresh_from_db()
    assert one.state == EnrolmentState.ATTENDING
    fewer = {(one.pk, week()[1])}
    save(course, list(course.enrolments.all()), week(), fewer, street)
    assert training.ticks_of([one.pk, other.pk], week()) == fewer


def test_attendance_lies_within_the_course_and_not_in_the_future(street):
    course = course_of(street, starts_on=date(2026, 10, 13), ends_on=date(2026, 10, 30))
    (one,) = people(1, course)
    save(course, [one], week(), {(one.pk, day) for day in week()}, street)
    assert set(Attendance.objects.values_list("day", flat=True)) == {date(2026, 10, 13), TODAY}


def test_who_left_or_is_done_is_off_the_sheet(street):
    course = course_of(street)
    gone, done = people(1, course, state="dropped") + people(1, course, state="completed", completed_on=TODAY)
    save(course, [gone, done], week(), {(gone.pk, TODAY), (done.pk, TODAY)}, street, seen=training.fingerprint([]))
    assert not Attendance.objects.exists()


def test_a_page_somebody_else_changed_is_not_saved_over(street):
    course = course_of(street)
    (one,) = people(1, course)
    stale = training.fingerprint([])
    save(course, [one], week(), {(one.pk, TODAY)}, street)
    with pytest.raises(Conflict):
        save(course, list(course.enrolments.all()), week(), set(), street, seen=stale)
    assert Attendance.objects.count() == 1


@pytest.mark.parametrize("state", ["enrolling", "completed", "cancelled"])
def test_attendance_is_kept_while_the_course_runs(street, state):
    course = course_of(street, state=state)
    (one,) = people(1, course)
    with pytest.raises(Conflict):
        save(course, [one], week(), {(one.pk, TODAY)}, street)


def results(course, street, *rows):
    training.record_results(course=course, results=[(one, one.version, *row) for one, *row in rows], by=street)


def test_results_of_a_page_are_saved_together_or_not_at_all(street):
    course = course_of(street)
    one, other = people(2, course)
    with pytest.raises(training.ResultsRefused) as refused:
        results(course, street, (one, TODAY, "", None), (other, None, "A2", None))
    assert {key: error.field for key, error in refused.value.errors.items()} == {other.pk: "certificate_number"}
    assert set(course.enrolments.values_list("state", flat=True)) == {"enrolled"}
    one, other = course.enrolments.order_by("pk")
    results(course, street, (one, TODAY, "", None), (other, TODAY, "A2", TODAY))
    assert list(course.enrolments.order_by("pk").values_list("state", "completed_on", "certified_on")) == [
        ("completed", TODAY, None),
        ("certified", TODAY, TODAY),
    ]


@pytest.mark.parametrize("day", [date(2026, 9, 30), TODAY + timedelta(days=1)])
def test_nobody_completes_before_the_course_or_tomorrow(street, day):
    course = course_of(street)
    (one,) = people(1, course)
    with pytest.raises(training.ResultsRefused):
        results(course, street, (one, day, "", None))


@pytest.mark.parametrize("day", [DONE - timedelta(days=1), TODAY + timedelta(days=1)])
def test_a_certificate_is_gained_after_completing_and_not_tomorrow(street, day):
    course = course_of(street, state="completed")
    (one,) = people(1, course, state="completed", completed_on=DONE)
    with pytest.raises(training.ResultsRefused):
        results(course, street, (one, None, "A1", day))
    one.refresh_from_db()
    results(course, street, (one, None, "A1", DONE))


def test_a_start_up_course_is_followed_to_its_jobs(street, clerk):
    course = course_of(street, kind="startup", state="assessed")
    (one,) = people(1, course, state="completed", completed_on=DONE)

    def record(by, version, day=DONE, jobs=3):
        return training.record_business(enrolment=one, started_on=day, jobs_created=jobs, by=by, version=version)

    assert record(clerk, 0).version == 1
    assert record(street, 1, jobs=5).jobs_created == 5
    with pytest.raises(Conflict):
        record(street, 1)
    for day in (DONE - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(StepRefused):
            record(clerk, 2, day=day)
    with pytest.raises(NotAllowed):
        record(PostingFactory(role=Role.CITY_LEADER, area=AreaFactory()), 2)
    type(course).objects.filter(pk=course.pk).update(kind="skill")
    one.refresh_from_db()
    with pytest.raises(StepRefused):
        record(clerk, 2)


@pytest.mark.parametrize(
    ("started_on", "lost_on", "got"),
    [
        (date(2026, 4, 10), None, True),
        (date(2026, 10, 10), None, True),
        (date(2026, 10, 11), None, False),
        (date(2026, 1, 1), date(2026, 4, 10), False),
        (date(2026, 1, 1), date(2026, 4, 11), True),
    ],
)
def test_a_job_within_six_months_is_read_from_the_ledger(street, started_on, lost_on, got):
    resident = ResidentFactory(home=HouseholdFactory(community=street.area))
    LabourSpellFactory(resident=resident, started_on=started_on)
    if lost_on:
        LabourSpellFactory(resident=resident, started_on=lost_on, state=2)
    ledger.rebuild([resident.pk])
    course = course_of(street)
    EnrolmentFactory(course=course, resident=resident, state="completed", completed_on=DONE)
    figures = course.enrolments.figures(TODAY, 6)
    assert (figures["completed"], figures["employed"]) == (1, int(got))


def test_a_job_still_to_come_is_no_result_yet(street):
    resident = ResidentFactory(home=HouseholdFactory(community=street.area))
    LabourSpellFactory(resident=resident, started_on=TODAY + timedelta(days=1))
    ledger.rebuild([resident.pk])
    course = course_of(street)
    EnrolmentFactory(course=course, resident=resident, state="completed", completed_on=TODAY)
    assert course.enrolments.figures(TODAY, 6)["employed"] == 0
    assert course.enrolments.figures(TODAY + timedelta(days=1), 6)["employed"] == 1


def test_the_chain_of_a_start_up_course(street):
    course = course_of(street, kind="startup")
    people(2, course, state="completed", completed_on=DONE)
    people(1, course, state="certified", completed_on=DONE, business_started_on=DONE, jobs_created=4)
    people(1, course, state="dropped")
    figures = course.enrolments.figures(TODAY, 6)
    assert (figures["enrolled"], figures["completed"], figures["certified"]) == (3, 3, 1)
    assert (figures["started"], figures["jobs"]) == (1, 4)
    assert [row["course__kind"] for row in Enrolment.objects.figures_by_kind(TODAY, 6)] == ["startup"]
