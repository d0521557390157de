"""Who was at a course on which day (培训考勤): one row a person and a day, as the trainer's own list has them."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistance.choices import CourseState, EnrolmentState
from assistance.models import Attendance, Course, Enrolment
from assistance.workflow import ENROLMENT
from city import bulk
from city.ciphers import keyed_hash
from city.moves import follow, move
from city.sheets.columns import Column, day, id_number_column, text
from city.sheets.registry import NEW, UNCHANGED, SheetKind
from households.sheets.known import among

COLUMNS = (
    Column("班号", text(30), required=True, help=gettext_lazy("number of the course")),
    id_number_column(required=True, help=gettext_lazy("as text; finds the person on the course")),
    Column("日期", day, required=True, help=gettext_lazy("a day the person was there")),
)


class AttendancePlan:
    def __init__(self, terms):
        self.terms = terms
        self._courses, self._enrolments, self._known = {}, {}, set()

    def take(self, rows):
        self._load(rows)
        found = {}
        for row in rows:
            enrolment = self._enrolment(row)
            if enrolment is None:
                continue
            key = (enrolment.pk, row.values[2])
            row.outcome = UNCHANGED if key in self._known or key in found else NEW
            if row.outcome == NEW:
                found[key] = enrolment
        if self.terms.write:
            self._write(found)

    def finish(self):
        """Every row was decided when it was taken."""

    def _load(self, rows):
        courses = Course.objects.filter(number__in={row.values[0] for row in rows if row.values[0]})
        self._courses = {course.number: course for course in courses.select_related("area")}
        hashes = among({keyed_hash(row.values[1]) for row in rows if row.values[1]})
        enrolments = Enrolment.objects.filter(
            course__in=[course.pk for course in courses], resident__id_hash__in=hashes
        ).select_related("resident")
        if self.terms.write:
            enrolments = enrolments.select_for_update(of=("self",)).order_by("pk")
        self._enrolments = {(one.course_id, one.resident.id_hash): one for one in enrolments}
        known = Attendance.objects.filter(enrolment__in=among(one.pk for one in enrolments))
        self._known = set(known.values_list("enrolment_id", "day"))

    def _enrolment(self, row):
        """The person on the course, or None with what is wrong noted."""
        number, id_number, on = row.values
        if row.errors:
            return None
        course = self._course(row, number)
        enrolment = course and self._enrolments.get((course.pk, keyed_hash(id_number)))
        if course and enrolment is None:
            row.refuse("身份证号", _("Nobody with this number is on the course."))
        elif course and (enrolment.pk, on) not in self._known:
            self._check(row, course, enrolment, on)
        return None if row.errors else enrolment

    def _course(self, row, number):
        course = self._courses.get(number)
        posting = self.terms.posting
        if course is None:
            row.refuse("班号", _("There is no course of this number."))
        elif posting is not None and not course.is_run_by(posting):
            row.refuse("班号", _("This course is held by another office."))
        else:
            return course
        return None

    @staticmethod
    def _check(row, course, enrolment, on):
        if course.state != CourseState.RUNNING:
            row.refuse("班号", _("Attendance is kept while the course runs."))
        elif enrolment.state not in EnrolmentState.PRESENT:
            row.refuse("身份证号", _("This person has left the course or completed it."))
        elif not course.starts_on <= on <= min(course.ends_on, timezone.localdate()):
            row.refuse("日期", _("Not a day of the course, or a day to come."))

    def _write(self, found):
        bulk.insert(Attendance, ("enrolment_id", "day"), sorted(found))
        self._known |= set(found)
        first = {enrolment.pk: enrolment for enrolment in found.values()}
        for enrolment in first.values():
            if enrolment.state == EnrolmentState.ENROLLED:
                self._attend(enrolment)

    def _attend(self, enrolment):
        """Whoever was there for the first time attends from now on."""
        by = self.terms.posting
        if by is None:
            follow(enrolment, "attend", workflow=ENROLMENT)
        else:
            move(enrolment, "attend", workflow=ENROLMENT, by=by, version=enrolment.version)


KIND = SheetKind(
    name="attendance",
    title=gettext_lazy("Course attendance"),
    columns=COLUMNS,
    key="日期",
    permission="assistance.run_courses",
    plan=AttendancePlan,
)
