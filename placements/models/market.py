from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assistance.models import Referral
from city.models import Area, Employer, Flowing, Staff
from households.models import Resident
from placements.choices import EventKind, Hours, PointKind, PostCategory, SeekerEnd, VacancyEnd, VacancyState
from placements.models.posts import Post, WithinQuerySet


class ServicePoint(models.Model):
    """A branch of the agency or a training point in a community, with the plan made together (S1 联合)."""

    kind = models.CharField(_("kind"), max_length=10, choices=PointKind)
    name = models.CharField(_("service point"), max_length=120)
    area = models.ForeignKey(Area, models.PROTECT, related_name="service_points", verbose_name=_("in"))
    address = models.CharField(_("street address"), max_length=200, blank=True)
    floor_area = models.PositiveIntegerField(_("floor area in m²"), null=True, blank=True)
    joint_plan = models.TextField(_("plan made together"), blank=True)
    opened_on = models.DateField(_("opened"))
    closed_on = models.DateField(_("closed down"), null=True, blank=True)

    objects = WithinQuerySet.as_manager()

    natural = ("name", "area")

    class Meta:
        verbose_name = _("service point")
        verbose_name_plural = _("service points")
        constraints = [
            models.UniqueConstraint(name="servicepoint_unique", fields=["area", "name"]),
            models.CheckConstraint(
                name="servicepoint_in_order", condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on"))
            ),
        ]

    def __str__(self):
        return self.name


class Event(models.Model):
    """A campaign or an event, with what came of it."""

    kind = models.CharField(_("kind"), max_length=20, choices=EventKind)
    name = models.CharField(_("event"), max_length=120)
    area = models.ForeignKey(Area, models.PROTECT, related_name="events", verbose_name=_("held by"))
    point = models.ForeignKey(ServicePoint, models.PROTECT, null=True, blank=True, related_name="events")
    place = models.CharField(_("place"), max_length=120, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    attended = models.PositiveIntegerField(_("persons who came"), null=True, blank=True)
    employers = models.PositiveIntegerField(_("employers who came"), null=True, blank=True)
    intentions = models.PositiveIntegerField(_("intentions agreed"), null=True, blank=True)
    words = models.TextField(_("in words"), blank=True)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")

    objects = WithinQuerySet.as_manager()

    natural = ("name", "area", "starts_on")

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(name="event_unique", fields=["area", "name", "starts_on"]),
            models.CheckConstraint(
                name="event_in_order",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("An event cannot end before it begins."),
            ),
        ]
        indexes = [models.Index(fields=["starts_on", "id"], name="event_by_day")]

    def __str__(self):
        return self.name


class VacancyQuerySet(models.QuerySet):
    def visible_to(self, posting):
        """Those of the area; a published vacancy is for everybody."""
        return self.filter(Q(area__path__startswith=posting.area.path) | Q(state=VacancyState.PUBLISHED))

    def run_by(self, posting):
        return self.filter(area__path__startswith=posting.area.path)

    def open_on(self, day):
        """Published and valid: what the public may read."""
        return self.filter(state=VacancyState.PUBLISHED, valid_from__lte=day, valid_until__gte=day)


class Vacancy(Flowing):
    """Jobs an employer offers (空岗): gathered, published while valid, closed."""

    number = models.CharField(_("vacancy number"), max_length=30)
    area = models.ForeignKey(Area, models.PROTECT, related_name="vacancies", verbose_name=_("where"))
    employer = models.ForeignKey(Employer, models.PROTECT, related_name="vacancies", verbose_name=_("employer"))
    event = models.ForeignKey(Event, models.PROTECT, null=True, blank=True, related_name="vacancies")
    title = models.CharField(_("job offered"), max_length=60)
    occupation = models.CharField(_("occupation"), max_length=60, blank=True)
    skills = models.CharField(_("skills asked for"), max_length=120, blank=True)
    requirements = models.CharField(_("requirements"), max_length=200, blank=True)
    headcount = models.PositiveSmallIntegerField(_("places"))
    wage_from = models.DecimalField(_("monthly wage from"), max_digits=10, decimal_places=2)
    wage_to = models.DecimalField(_("monthly wage to"), max_digits=10, decimal_places=2, null=True, blank=True)
    hours = models.CharField(_("working hours"), max_length=10, choices=Hours, default=Hours.FULL_TIME)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    gathered_on = models.DateField(_("gathered"))
    state = models.CharField(_("state"), max_length=10, choices=VacancyState, default=VacancyState.GATHERED)
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    end_reason = models.CharField(_("why closed"), max_length=10, choices=VacancyEnd, blank=True)

    objects = VacancyQuerySet.as_manager()

    class Meta:
        verbose_name = _("vacancy")
        verbose_name_plural = _("vacancies")
        constraints = [
            models.UniqueConstraint(name="vacancy_number_unique", fields=["number"]),
            models.CheckConstraint(name="vacancy_has_places", condition=Q(headcount__gt=0)),
            models.CheckConstraint(
                name="vacancy_in_order",
                condition=Q(valid_until__gte=F("valid_from")),
                violation_error_message=_("A vacancy cannot end before it begins."),
            ),
            models.CheckConstraint(
                name="vacancy_wages_in_order",
                condition=Q(wage_to=None) | Q(wage_to__gte=F("wage_from")),
                violation_error_message=_("The upper wage lies below the lower one."),
            ),
            models.CheckConstraint(
                name="vacancy_closed_with_a_reason",
                condition=Q(state="closed", closed_on__isnull=False) & ~Q(end_reason="")
                | ~Q(state="closed") & Q(closed_on=None, end_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["area", "state", "number"], name="vacancy_list"),
            models.Index(fields=["valid_until", "id"], name="vacancy_public", condition=Q(state="published")),
            models.Index(fields=["gathered_on"], name="vacancy_by_day"),
        ]

    def __str__(self):
        return f"{self.title} {self.number}"


class JobSeekerQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(resident__in=Resident.objects.visible_to(posting))

    def in_force_on(self, day):
        return self.filter(registered_on__lte=day).filter(Q(ended_on=None, valid_until__gte=day) | Q(ended_on__gt=day))


class JobSeeker(models.Model):
    """A registration as a job seeker (求职登记): each is one person-time.

    `version` tells a stale page from a fresh one.
    """

    version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="job_searches")
    registered_on = models.DateField(_("registered"))
    valid_until = models.DateField(_("valid until"))
    occupation = models.CharField(_("occupation wished for"), max_length=60, blank=True)
    post_category = models.CharField(_("welfare post wished for"), max_length=20, choices=PostCategory, blank=True)
    skills = models.CharField(_("skills and trade"), max_length=120, blank=True)
    wage_wished = models.DecimalField(
        _("monthly wage wished for"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    hours = models.CharField(_("working hours"), max_length=10, choices=Hours, default=Hours.ANY)
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="job_seekers", verbose_name=_("wishes to work in")
    )
    words = models.CharField(_("in words"), max_length=200, blank=True)
    ended_on = models.DateField(_("ended"), null=True, blank=True)
    end_reason = models.CharField(_("why ended"), max_length=15, choices=SeekerEnd, blank=True)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")

    objects = JobSeekerQuerySet.as_manager()

    natural = ("resident", "registered_on")

    class Meta:
        verbose_name = _("job-seeker registration")
        verbose_name_plural = _("job-seeker registrations")
        constraints = [
            models.UniqueConstraint(name="jobseeker_one_a_day", fields=["resident", "registered_on"]),
            models.UniqueConstraint(
                name="jobseeker_one_open",
                fields=["resident"],
                condition=Q(ended_on=None),
                violation_error_message=_("This person is registered as a job seeker already."),
            ),
            models.CheckConstraint(
                name="jobseeker_in_order",
                condition=Q(valid_until__gte=F("registered_on"))
                & (Q(ended_on=None) | Q(ended_on__gte=F("registered_on"))),
            ),
            models.CheckConstraint(
                name="jobseeker_ended_with_a_reason",
                condition=Q(ended_on=None, end_reason="") | Q(ended_on__isnull=False) & ~Q(end_reason=""),
            ),
        ]
        indexes = [models.Index(fields=["registered_on", "id"], name="jobseeker_by_day")]

    def __str__(self):
        return f"{self.resident} {self.registered_on}"


class OfferQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(referral__resident__in=Resident.objects.visible_to(posting))


class Offer(models.Model):
    """What a referral put before a person: a public-welfare post, or a vacancy. The answer is the referral's."""

    referral = models.OneToOneField(Referral, models.CASCADE, primary_key=True, related_name="offer")
    post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="offers")
    vacancy = models.ForeignKey(Vacancy, models.PROTECT, null=True, blank=True, related_name="offers")

    objects = OfferQuerySet.as_manager()

    natural = ("referral",)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.CheckConstraint(
                name="offer_of_one_thing",
                condition=Q(post=None, vacancy__isnull=False) | Q(post__isnull=False, vacancy=None),
            ),
        ]

    def __str__(self):
        return f"{self.referral}"
