"""Courses: planned, approved, filled, attended, finished with certificates, and what became of start-ups."""

import hashlib

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.choices import CourseKind, CourseState, DropReason, EnrolmentState
from assistance.models import Attendance, Course, Enrolment
from assistance.workflow import COURSE, ENROLMENT
from city.choices import AreaLevel
from city.moves import NotAllowed, StepRefused, begin, move
from city.numbers import next_number
from city.trail import acting
from config.conflict import Conflict

#: Of a division code, those that tell a level's areas apart.
_DIGITS = {AreaLevel.CITY: 4, AreaLevel.DISTRICT: 6, AreaLevel.STREET: 9, AreaLevel.COMMUNITY: 12}


class ResultsRefused(Exception):
    """Some results contradict what is known: `errors` {enrolment id: StepRefused}. None of the page was saved."""

    def __init__(self, errors):
        super().__init__(errors)
        self.errors = errors


class CannotEnrol(Exception):
    """The course has no place for this person; the message says why."""


def plan_course(*, values, by, request=None):
    """A course of the posting's own area, under the next number of that area and year."""
    if not by.may("assistance.run_courses"):
        raise NotAllowed
    with acting(posting=by, reason="plan_course", request=request):
        year = values["starts_on"].year
        number = next_number("course", by.area, year)
        place = by.area.code[: _DIGITS[by.area.level]]
        course = Course(area=by.area, number=f"PX{place}-{year}-{number:03}", **values)
        return begin(course, workflow=COURSE, by=by, action="plan", request=request)


def correct_course(*, course, values, by, version, request=None):
    """Until it is approved, a plan may still be put right."""
    _must_run(course, by)
    with acting(posting=by, reason="correct_course", request=request):
        left = Course.objects.filter(pk=course.pk, state=CourseState.PLANNED, version=version)
        if not left.update(version=F("version") + 1, **values):
            raise Conflict(_("The course was changed or approved meanwhile."))
    course.refresh_from_db()
    return course


def take_course_step(*, course, action, by, version, reason="", words="", request=None):
    """A step of the course; cancelled, it lets everybody go who was on it."""
    _must_run(course, by)
    with acting(posting=by, reason=f"course_{action}", request=request):
        _check_step(course, action)
        moved = move(
            course, action, workflow=COURSE, by=by, version=version, reason=reason, words=words, request=request
        )
        if action == "cancel":
            for one in _present(course).order_by("pk"):
                move(one, "strike", workflow=ENROLMENT, by=by, version=one.version, reason=DropReason.CANCELLED)
        return moved


def _must_run(course, by):
    if not course.is_run_by(by):
        raise NotAllowed


def _present(course):
    return course.enrolments.filter(state__in=EnrolmentState.PRESENT)


def _check_step(course, action):
    today = timezone.localdate()
    if action == "start" and today < course.starts_on:
        raise StepRefused("action", _("The course starts on %(day)s.") % {"day": course.starts_on.isoformat()})
    if action == "complete":
        if today < course.ends_on:
            raise StepRefused("action", _("The course runs until %(day)s.") % {"day": course.ends_on.isoformat()})
        if number := _present(course).count():
            message = _("%(number)d persons have neither completed it nor left: enter their results first.")
            raise StepRefused("action", message % {"number": number})


def held(course_id):
    """The course, held until the transaction ends: of two who want the last place, the second waits and sees."""
    return Course.objects.select_for_update(of=("self",)).select_related("area").get(pk=course_id)


def enrol(*, course_id, resident, by, request=None):
    """Give a resident of the posting's area a place; raises CannotEnrol when there is none."""
    if not by.may("assistance.enrol_residents"):
        raise NotAllowed
    with acting(posting=by, reason="enrol", request=request):
        course = held(course_id)
        if course.state != CourseState.ENROLLING:
            raise CannotEnrol(_("The course is not open for enrolment."))
        if course.enrolments.filter(resident=resident).exists():
            raise CannotEnrol(_("%(name)s is on the list of this course already.") % {"name": resident.name})
        if course.enrolments.exclude(state=EnrolmentState.DROPPED).count() >= course.places:
            raise CannotEnrol(_("The course is full: all %(places)d places are taken.") % {"places": course.places})
        enrolment = Enrolment(course=course, resident=resident, enrolled_on=timezone.localdate())
        return begin(enrolment, workflow=ENROLMENT, by=by, action="enrol", request=request)


def leave_course(*, enrolment, action, by, version, reason, words="", request=None):
    """Taken off by the station ("drop") or struck off by who runs the course ("strike")."""
    if action == "strike":
        _must_run(enrolment.course, by)
    return move(
        enrolment, action, workflow=ENROLMENT, by=by, version=version, reason=reason, words=words, request=request
    )


def fingerprint(ticks):
    """What a page of the attendance sheet showed, to tell whether it was changed since."""
    return hashlib.sha256(repr(sorted(ticks)).encode()).hexdigest()


def ticks_of(enrolments, days):
    """{(enrolment id, day)} of who was there, of these persons on these days."""
    rows = Attendance.objects.filter(enrolment__in=enrolments, day__in=days)
    return set(rows.values_list("enrolment_id", "day"))


def save_attendance(*, course, enrolments, days, ticks, seen, by, request=None):
    """A page of the attendance sheet as it is now: `ticks` {(enrolment id, day)} of these persons on these days.

    Whoever was there for the first time attends from now on.
    """
    _must_run(course, by)
    with acting(posting=by, reason="save_attendance", request=request):
        course = held(course.pk)
        if course.state != CourseState.RUNNING:
            raise Conflict(_("Attendance is kept while the course runs."))
        last = min(course.ends_on, timezone.localdate())
        open_days = [day for day in days if course.starts_on <= day <= last]
        present = {one.pk: one for one in enrolments if one.state in EnrolmentState.PRESENT}
        before = ticks_of(present, open_days)
        if seen != fingerprint(before):
            raise Conflict(_("Somebody else changed this page of the attendance sheet meanwhile."))
        wanted = {(key, day) for key, day in ticks if key in present and day in open_days}
        for key, day in sorted(before - wanted):
            Attendance.objects.filter(enrolment=key, day=day).delete()
        Attendance.objects.bulk_create(Attendance(enrolment_id=key, day=day) for key, day in sorted(wanted - before))
        for key in sorted({key for key, _day in wanted}):
            if present[key].state == EnrolmentState.ENROLLED:
                move(present[key], "attend", workflow=ENROLMENT, by=by, version=present[key].version, request=request)


def record_results(*, course, results, by, request=None):
    """The results of a page at once, all or none: [(enrolment, version, completed_on, certificate, certified_on)]."""
    _must_run(course, by)
    errors = {}
    with acting(posting=by, reason="record_results", request=request):
        for enrolment, version, *result in results:
            enrolment.course = course
            try:
                _record_result(enrolment, version, *result, by)
            except StepRefused as refused:
                errors[enrolment.pk] = refused
        if errors:
            raise ResultsRefused(errors)


def _record_result(enrolment, version, completed_on, certificate_number, certified_on, by):
    """What is known already is not said again."""
    if enrolment.state in EnrolmentState.PRESENT and completed_on:
        course = enrolment.course
        if course.state != CourseState.RUNNING or not course.starts_on <= completed_on <= timezone.localdate():
            raise StepRefused("completed_on", _("A course is completed while it runs, on no day to come."))
        move(enrolment, "complete", workflow=ENROLMENT, by=by, version=version, completed_on=completed_on)
        version = enrolment.version
    if certificate_number and enrolment.state != EnrolmentState.CERTIFIED:
        _certify(enrolment, version, certificate_number, certified_on or enrolment.completed_on, by)


def _certify(enrolment, version, number, day, by):
    if enrolment.completed_on is None:
        raise StepRefused("certificate_number", _("A certificate comes after completing the course."))
    if not enrolment.completed_on <= day <= timezone.localdate():
        raise StepRefused("certified_on", _("A certificate is not gained before completing, nor on a day to come."))
    values = {"certificate_number": number, "certified_on": day}
    move(enrolment, "certify", workflow=ENROLMENT, by=by, version=version, **values)


def record_business(*, enrolment, started_on, jobs_created, by, version, request=None):
    """What became of a start-up course: the business and, later, the jobs it made."""
    if not (by.may("assistance.enrol_residents") or enrolment.course.is_run_by(by)):
        raise NotAllowed
    if enrolment.course.kind != CourseKind.STARTUP or enrolment.state not in EnrolmentState.DONE:
        raise StepRefused("business_started_on", _("A business follows a completed start-up course."))
    if not enrolment.completed_on <= started_on <= timezone.localdate():
        raise StepRefused("business_started_on", _("Not before completing the course, nor on a day to come."))
    with acting(posting=by, reason="record_business", request=request):
        left = Enrolment.objects.filter(pk=enrolment.pk, version=version)
        values = {"business_started_on": started_on, "jobs_created": jobs_created}
        if not left.update(version=F("version") + 1, **values):
            raise Conflict(_("This enrolment was changed meanwhile."))
    enrolment.refresh_from_db()
    return enrolment
