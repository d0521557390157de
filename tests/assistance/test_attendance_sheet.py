"""Attendance as a sheet: what the page would take is taken, the rest is refused with its reason, twice is once."""

from datetime import date

import pytest
import time_machine

from assistance.choices import EnrolmentState
from assistance.models import Attendance
from city.choices import Role
from city.models import Move
from tests.assistance.factories import CourseFactory, EnrolmentFactory
from tests.city.factories import AreaFactory, PostingFactory
from tests.households.factories import ResidentFactory
from tests.households.sheet_runs import refused_columns, run, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel("2026-10-14 10:00+08:00", tick=False):
        yield


@pytest.fixture
def street():
    return PostingFactory(area=AreaFactory(street=True), role=Role.STREET_REVIEWER)


def on_course(street, **values):
    course = CourseFactory(area=street.area, number="PX1", state="running")
    return EnrolmentFactory(course=course, resident=ResidentFactory(), **values)


def row(enrolment, day="2026-10-12", **cells):
    return {"班号": "PX1", "身份证号": enrolment.resident.id_number, "日期": day, **cells}


def test_days_are_added_and_the_person_attends(street):
    one = on_course(street)
    rows = [row(one), row(one, "2026-10-13"), row(one)]
    assert told(run("attendance", *rows, posting=street)) == (2, 1, 0)
    assert set(Attendance.objects.values_list("day", flat=True)) == {date(2026, 10, 12), date(2026, 10, 13)}
    one.refresh_from_db()
    assert one.state == EnrolmentState.ATTENDING
    assert Move.objects.get(workflow="assistance.enrolment").staff == street.staff
    assert told(run("attendance", *rows, posting=street)) == (0, 3, 0)


def test_the_command_loads_it_for_the_city(street):
    one = on_course(street)
    assert told(run("attendance", row(one))) == (1, 0, 0)
    one.refresh_from_db()
    assert one.state == EnrolmentState.ATTENDING


def test_a_dry_run_writes_nothing(street):
    one = on_course(street)
    assert told(run("attendance", row(one), posting=street, write=False)) == (1, 0, 0)
    assert not Attendance.objects.exists()


@pytest.mark.parametrize(
    ("values", "cells", "column"),
    [
        ({}, {"班号": "PX2"}, "班号"),
        ({}, {"身份证号": "330102198001011240"}, "身份证号"),
        ({}, {"日期": "2026-09-30"}, "日期"),
        ({}, {"日期": "2026-10-15"}, "日期"),
        ({"state": "dropped"}, {}, "身份证号"),
        ({"state": "completed", "completed_on": date(2026, 10, 13)}, {}, "身份证号"),
        ({"course__state": "enrolling"}, {}, "班号"),
    ],
)
def test_what_cannot_be_is_refused(street, values, cells, column):
    state = values.pop("course__state", None)
    one = on_course(street, **values)
    if state:
        type(one.course).objects.update(state=state)
    assert refused_columns(run("attendance", row(one, **cells), posting=street)) == {(2, column)}
    assert not Attendance.objects.exists()


def test_a_course_of_another_office_is_not_theirs_to_keep(street):
    one = on_course(street)
    other = PostingFactory(area=AreaFactory(street=True), role=Role.STREET_REVIEWER)
    assert refused_columns(run("attendance", row(one), posting=other)) == {(2, "班号")}
