"""Every step of a course and of an enrolment × ten roles × areas: allowed where the table says, refused elsewhere."""

from datetime import date

import pytest
import time_machine
from django.utils import translation

from assistance.choices import CourseState, EnrolmentState
from assistance.models import Course, Enrolment
from assistance.services import training
from assistance.workflow import COURSE, ENROLMENT
from city.choices import AreaLevel, Role
from city.models import Move
from city.moves import NotAllowed, StepRefused, begin
from config.conflict import Conflict
from tests.assistance.factories import CourseFactory, EnrolmentFactory
from tests.city.factories import AreaFactory, PostingFactory
from tests.desks import _PLACES, elsewhere, superior
from tests.households.factories import HouseholdFactory, ResidentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_course")]
COURSE_STEPS = [(step.action, state) for step in COURSE for state in step.sources]
STREET, DISTRICT, CITY = Role.STREET_REVIEWER, Role.DISTRICT_OFFICER, Role.CITY_OFFICE
#: Who may take a step of a course held at a level.
RUNNERS = {
    AreaLevel.STREET: {STREET, DISTRICT, CITY},
    AreaLevel.DISTRICT: {DISTRICT, CITY},
    AreaLevel.CITY: {CITY},
}
NOT_THE_STREET = {"approve", "assess"}


@pytest.fixture
def after_the_course():
    with time_machine.travel("2026-11-21 10:00+08:00", tick=False), translation.override("en"):
        yield


@pytest.fixture
def community():
    return AreaFactory(community=True)


def posted(role, community):
    return PostingFactory(role=role, area=superior(community, _PLACES.get(role, AreaLevel.CITY)))


def words_for(workflow, action):
    step = workflow.steps[action][0]
    return {"reason": step.reasons.values[0] if step.reasons else "", "words": "in words"}


def outcome(course, action, by):
    try:
        training.take_course_step(
            course=course, action=action, by=by, version=course.version, **words_for(COURSE, action)
        )
    except NotAllowed:
        return "refused"
    return "taken"


@pytest.mark.parametrize("level", RUNNERS)
@pytest.mark.parametrize(("action", "state"), COURSE_STEPS)
def test_who_may_take_a_step_of_a_course(community, level, action, state):
    expected = RUNNERS[level] - ({STREET} if action in NOT_THE_STREET else set())
    far = elsewhere(community)
    for role in Role:
        for place, allowed in ((community, role in expected), (far, role in expected and role == CITY)):
            course = CourseFactory(area=superior(community, level), state=state)
            assert (outcome(course, action, posted(role, place)) == "taken") is allowed, (role, place)
            course.refresh_from_db()
            assert (course.state != state) is allowed
            assert Move.objects.filter(workflow=COURSE.name, key=course.pk).count() == allowed


@pytest.mark.parametrize("action", list(COURSE.steps))
@pytest.mark.parametrize("state", CourseState.values)
def test_from_another_state_a_step_is_a_conflict_and_leaves_no_trace(community, action, state):
    if (action, state) in COURSE_STEPS:
        return
    course = CourseFactory(area=community.parent, state=state)
    with pytest.raises(Conflict):
        outcome(course, action, posted(DISTRICT, community))
    course.refresh_from_db()
    assert (course.state, course.version) == (state, 0)
    assert not Move.objects.exists()


def planned(by):
    values = {
        "title": "焊工",
        "kind": "skill",
        "provider": "技校",
        "trade": "",
        "starts_on": date(2026, 10, 1),
        "ends_on": date(2026, 10, 30),
        "places": 2,
    }
    return training.plan_course(values=values, by=by)


def test_who_planned_a_course_does_not_approve_it(community):
    officer = posted(DISTRICT, community)
    course = planned(officer)
    with pytest.raises(StepRefused, match="Somebody else"):
        outcome(course, "approve", officer)
    assert outcome(course, "approve", posted(DISTRICT, community)) == "taken"


@pytest.mark.parametrize("role", Role)
def test_who_may_plan_a_course(community, role):
    by = posted(role, community)
    if role in RUNNERS[AreaLevel.STREET]:
        assert planned(by).area == by.area
    else:
        with pytest.raises(NotAllowed):
            planned(by)
        assert not Course.objects.exists()


def test_courses_are_numbered_by_area_and_year(community):
    street = posted(STREET, community)
    first, second = planned(street), planned(street)
    assert first.number == f"PX{street.area.code[:9]}-2026-001"
    assert second.number.endswith("-002")


def test_a_course_neither_starts_early_nor_ends_early(community):
    course = CourseFactory(area=community.parent, state="enrolling", starts_on="2026-11-22", ends_on="2026-11-30")
    course.refresh_from_db()
    by = posted(STREET, community)
    with pytest.raises(StepRefused, match="2026-11-22"):
        outcome(course, "start", by)
    Course.objects.filter(pk=course.pk).update(starts_on="2026-11-21", state="running")
    course.refresh_from_db()
    with pytest.raises(StepRefused, match="2026-11-30"):
        outcome(course, "complete", by)


def test_a_course_is_complete_when_everybody_has_a_result(community):
    course = CourseFactory(area=community.parent, state="running")
    enrolment = EnrolmentFactory(course=course, state="attending")
    by = posted(STREET, community)
    with pytest.raises(StepRefused, match="1 persons"):
        outcome(course, "complete", by)
    Enrolment.objects.filter(pk=enrolment.pk).update(state="dropped")
    assert outcome(course, "complete", by) == "taken"


def test_a_cancelled_course_lets_everybody_go(community):
    course = CourseFactory(area=community.parent, state="enrolling")
    for state in ("enrolled", "attending", "dropped"):
        EnrolmentFactory(course=course, state=state)
    assert outcome(course, "cancel", posted(STREET, community)) == "taken"
    assert set(course.enrolments.values_list("state", flat=True)) == {"dropped"}
    assert Move.objects.filter(workflow=ENROLMENT.name, reason="cancelled").count() == 2


def test_a_plan_is_corrected_until_it_is_approved(community):
    by = posted(STREET, community)
    course = planned(by)
    training.correct_course(course=course, values={"places": 5}, by=by, version=course.version)
    assert (course.places, course.version) == (5, 1)
    with pytest.raises(Conflict):
        training.correct_course(course=course, values={"places": 6}, by=by, version=0)
    with pytest.raises(NotAllowed):
        training.correct_course(
            course=course, values={"places": 6}, by=posted(STREET, elsewhere(community)), version=1
        )
    outcome(course, "approve", posted(DISTRICT, community))
    with pytest.raises(Conflict):
        training.correct_course(course=course, values={"places": 6}, by=by, version=course.version)


ENROLMENT_STEPS = {
    "drop": {Role.STATION_CLERK, Role.STATION_HEAD},
    "strike": RUNNERS[AreaLevel.STREET],
    "complete": RUNNERS[AreaLevel.STREET],
    "certify": RUNNERS[AreaLevel.STREET],
    "attend": RUNNERS[AreaLevel.STREET],
}


def enrolment_in(community, state):
    done = date(2026, 10, 30) if state in ("completed", "certified") else None
    resident = ResidentFactory(home=HouseholdFactory(community=community), community=community)
    course = CourseFactory(area=community.parent, state="running")
    return EnrolmentFactory(course=course, resident=resident, state=state, completed_on=done)


def take_enrolment_step(enrolment, action, by):
    one, day = enrolment, date(2026, 10, 30)
    match action:
        case "drop" | "strike":
            training.leave_course(enrolment=one, action=action, by=by, version=one.version, reason="health")
        case "attend":
            seen, tick = training.fingerprint([]), {(one.pk, day)}
            training.save_attendance(course=one.course, enrolments=[one], days=[day], ticks=tick, seen=seen, by=by)
        case _:
            result = (one, one.version, day, "A1" if action == "certify" else "", None)
            training.record_results(course=one.course, results=[result], by=by)


@pytest.mark.parametrize("action", ENROLMENT_STEPS)
def test_who_may_take_a_step_of_an_enrolment(community, action):
    assert set(ENROLMENT.steps) == set(ENROLMENT_STEPS)
    far = elsewhere(community)
    for state in ENROLMENT.steps[action][0].sources:
        for role in Role:
            for place, near in ((community, True), (far, role == CITY)):
                enrolment = enrolment_in(community, state)
                by = posted(role, place)
                # What lies outside the area is not found by the page; the right is what the service asks.
                near = near or action == "drop"
                allowed = role in ENROLMENT_STEPS[action] and near
                try:
                    take_enrolment_step(enrolment, action, by)
                    taken = True
                except NotAllowed:
                    taken = False
                enrolment.refresh_from_db()
                assert (taken, enrolment.state != state) == (allowed, allowed), (state, role, place)


@pytest.mark.parametrize("state", ["completed", "certified", "dropped"])
@pytest.mark.parametrize("action", ["drop", "strike"])
def test_nobody_leaves_a_course_twice_or_after_its_end(community, state, action):
    enrolment = enrolment_in(community, state)
    by = posted(Role.STATION_CLERK if action == "drop" else STREET, community)
    with pytest.raises(Conflict):
        take_enrolment_step(enrolment, action, by)
    assert not Move.objects.exists()


def test_leaving_needs_a_reason(community):
    enrolment = enrolment_in(community, EnrolmentState.ENROLLED)
    with pytest.raises(StepRefused):
        training.leave_course(
            enrolment=enrolment, action="drop", by=posted(Role.STATION_CLERK, community), version=0, reason=""
        )


def test_an_enrolment_begins_with_its_history(community):
    course = CourseFactory(area=community.parent, state="planned")
    with pytest.raises(NotAllowed):
        training.enrol(course_id=course.pk, resident=ResidentFactory(), by=posted(STREET, community))
    begin(
        course := CourseFactory.build(area=community.parent, number="X"), workflow=COURSE, by=posted(STREET, community)
    )
    assert Move.objects.get(workflow=COURSE.name, key=course.pk).to_state == "planned"
