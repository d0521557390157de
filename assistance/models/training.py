from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from assistance.choices import CourseKind, CourseState, EnrolmentState
from city.expressions import AddMonths
from city.models import Area, Flowing
from households.choices import LabourState, Relation
from households.models import LedgerSpan, Membership, Resident


class CourseQuerySet(models.QuerySet):
    def visible_to(self, posting):
        """A course is open to everybody below the area that holds it, and seen by everybody above."""
        return self.filter(Q(area__path__startswith=posting.area.path) | Q(area__in=posting.area.path_ids))

    def with_taken(self):
        """`taken`: places that are not free any more."""
        on_it = ~Q(enrolments__state=EnrolmentState.DROPPED)
        return self.annotate(taken=Count("enrolments", filter=on_it))


class Course(Flowing):
    """A training course, held by an area for everybody in it."""

    number = models.CharField(_("course number"), max_length=30)
    title = models.CharField(_("course"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=CourseKind)
    provider = models.CharField(_("provider"), max_length=120)
    trade = models.CharField(_("trade"), max_length=60, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="courses", verbose_name=_("held by"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    places = models.PositiveSmallIntegerField(_("places"))
    state = models.CharField(_("state"), max_length=10, choices=CourseState, default=CourseState.PLANNED)

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        constraints = [
            models.UniqueConstraint(name="course_number_unique", fields=["number"]),
            models.CheckConstraint(
                name="course_in_order",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("A course cannot end before it begins."),
            ),
            models.CheckConstraint(name="course_has_places", condition=Q(places__gt=0)),
        ]

    def __str__(self):
        return self.title

    def is_run_by(self, posting):
        """A course is in the hands of the office that holds it and of its superiors; the others send their people."""
        return posting.may("assistance.run_courses") and self.area.path.startswith(posting.area.path)


class EnrolmentQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(resident__in=Resident.objects.visible_to(posting))

    def with_job_by(self, day, months):
        """`got_job`: in work by `day`, on any day from the end of the course until so many months later."""
        works = LedgerSpan.objects.filter(
            resident=OuterRef("resident"),
            state=LabourState.EMPLOYED,
            first_on__lte=AddMonths(OuterRef("completed_on"), Value(months)),
            last_on__gte=OuterRef("completed_on"),
        )
        return self.annotate(got_job=Exists(works.filter(first_on__lte=day)))

    def with_relation(self):
        """`relation`: what the trainee was in the household on the day of enrolment; `home`: that household."""
        stays = Membership.objects.filter(resident=OuterRef("resident"), started_on__lte=OuterRef("enrolled_on"))
        stays = stays.order_by("-started_on")
        return self.annotate(
            relation=Subquery(stays.values("relation")[:1]), home=Subquery(stays.values("household")[:1])
        )

    def with_figures(self, day, months):
        """To be grouped: who completed, what came of it, and the chain of a start-up course."""
        done = Q(state__in=EnrolmentState.DONE)
        return self.with_job_by(day, months).with_relation(), {
            "enrolled": Count("pk", filter=~Q(state=EnrolmentState.DROPPED)),
            "completed": Count("pk", filter=done),
            "children": Count("pk", filter=done & Q(relation=Relation.CHILD)),
            "certified": Count("pk", filter=Q(state=EnrolmentState.CERTIFIED)),
            "employed": Count("pk", filter=done & Q(got_job=True)),
            "started": Count("pk", filter=Q(business_started_on__isnull=False)),
            "jobs": Coalesce(Sum("jobs_created"), 0),
        }

    def figures(self, day, months):
        rows, figures = self.with_figures(day, months)
        return rows.aggregate(**figures)

    def figures_by_kind(self, day, months):
        """The same for every kind of course."""
        rows, figures = self.with_figures(day, months)
        return rows.order_by().values("course__kind").annotate(**figures).order_by("course__kind")


class Enrolment(Flowing):
    """A person in a course, to the certificate, the job, and for a start-up course the business and its jobs."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="enrolments")
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="enrolments")
    enrolled_on = models.DateField(_("enrolled"))
    state = models.CharField(_("state"), max_length=10, choices=EnrolmentState, default=EnrolmentState.ENROLLED)
    completed_on = models.DateField(_("completed"), null=True, blank=True)
    certificate_number = models.CharField(_("certificate"), max_length=40, blank=True)
    certified_on = models.DateField(_("certificate gained"), null=True, blank=True)
    business_started_on = models.DateField(_("business started"), null=True, blank=True)
    jobs_created = models.PositiveSmallIntegerField(_("jobs created"), null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.UniqueConstraint(
                name="enrolment_unique",
                fields=["course", "resident"],
                violation_error_message=_("This person is enrolled already."),
            ),
            models.CheckConstraint(
                name="enrolment_completed_with_a_day",
                condition=Q(state__in=["completed", "certified"], completed_on__isnull=False)
                | ~Q(state__in=["completed", "certified"]) & Q(completed_on=None),
            ),
            models.CheckConstraint(
                name="enrolment_jobs_of_a_business",
                condition=Q(jobs_created=None) | Q(business_started_on__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["completed_on"], name="enrolment_by_completion")]

    def __str__(self):
        return f"{self.course} {self.resident}"

    @property
    def relation_label(self):
        """Of a row of `with_relation`."""
        return Relation(self.relation).label if self.relation else ""


class Attendance(models.Model):
    """A day somebody was there; the transport allowance counts these."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="attendance")
    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        constraints = [models.UniqueConstraint(name="attendance_one_a_day", fields=["enrolment", "day"])]

    def __str__(self):
        return f"{self.day}"
