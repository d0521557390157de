from django.db import models
from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext_lazy as _

from city.fields import EncryptedTextField
from city.models import Area, Employer, Flowing, PolicyDocument, Staff
from households.models import Resident
from placements.choices import (
    FundingLevel,
    PlanState,
    PostCategory,
    PostField,
    PostState,
    TransferReason,
)

FULL_TIME_HOURS = 40


class WithinQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(area__path__startswith=posting.area.path)

    def near(self, posting):
        """Of the area, and of its superiors: those are for everybody below."""
        return self.filter(Q(area__path__startswith=posting.area.path) | Q(area__in=posting.area.path_ids))


class EmployerDetails(models.Model):
    """What the offices know of an employer besides its name and code. One row an employer."""

    employer = models.OneToOneField(Employer, models.CASCADE, primary_key=True, related_name="details")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="employers")
    staff_total = models.PositiveIntegerField(_("number of staff"), null=True, blank=True)
    contact_person = models.CharField(_("contact person"), max_length=60, blank=True)
    contact_phone = EncryptedTextField(_("contact person's phone"))
    address = models.CharField(_("address"), max_length=200, blank=True)
    words = models.CharField(_("in words"), max_length=200, blank=True)

    natural = ("employer",)

    class Meta:
        verbose_name = _("employer details")
        verbose_name_plural = _("employer details")

    def __str__(self):
        return f"{self.employer}"


class PlacementBase(models.Model):
    """A place that takes people at any time (就业安置基地, 劳务型就业实体)."""

    name = models.CharField(_("placement base"), max_length=120)
    employer = models.ForeignKey(Employer, models.PROTECT, related_name="bases")
    area = models.ForeignKey(Area, models.PROTECT, related_name="placement_bases", verbose_name=_("in"))
    capacity = models.PositiveSmallIntegerField(_("persons it can take"))
    opened_on = models.DateField(_("opened"))
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    words = models.CharField(_("in words"), max_length=200, blank=True)

    objects = WithinQuerySet.as_manager()

    natural = ("name", "area")

    class Meta:
        verbose_name = _("placement base")
        verbose_name_plural = _("placement bases")
        constraints = [
            models.UniqueConstraint(name="placementbase_unique", fields=["area", "name"]),
            models.CheckConstraint(
                name="placementbase_in_order", condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on"))
            ),
        ]

    def __str__(self):
        return self.name


class Project(models.Model):
    """An investment that promised a share of its jobs as posts for the people who lived there (S1 项目引进)."""

    name = models.CharField(_("project"), max_length=120)
    investor = models.ForeignKey(Employer, models.PROTECT, related_name="projects", verbose_name=_("investor"))
    area = models.ForeignKey(Area, models.PROTECT, related_name="projects", verbose_name=_("in"))
    agreed_on = models.DateField(_("agreed"))
    jobs_total = models.PositiveIntegerField(_("jobs in all"))
    promised_share = models.DecimalField(_("promised share"), max_digits=5, decimal_places=4)
    document = models.ForeignKey(PolicyDocument, models.PROTECT, null=True, blank=True)

    objects = WithinQuerySet.as_manager()

    natural = ("name", "area")

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = [
            models.UniqueConstraint(name="project_unique", fields=["area", "name"]),
            models.CheckConstraint(name="project_share", condition=Q(promised_share__gt=0, promised_share__lte=1)),
        ]

    def __str__(self):
        return self.name


class PostPlanQuerySet(WithinQuerySet):
    def waiting(self):
        return self.filter(state=PlanState.PLANNED)

    def with_posts(self):
        """`made`: the posts it has that have not ended; `filled`: those somebody works on."""
        return self.annotate(
            made=Count("posts", filter=~Q(posts__state=PostState.ENDED)),
            filled=Count("posts", filter=Q(posts__state=PostState.FILLED)),
        )


class PostPlan(Flowing):
    """An application for public-welfare posts of one kind; its places come into being when the district approves."""

    number = models.CharField(_("application number"), max_length=30)
    area = models.ForeignKey(Area, models.PROTECT, related_name="post_plans", verbose_name=_("for"))
    employer = models.ForeignKey(Employer, models.PROTECT, related_name="post_plans", verbose_name=_("employer"))
    base = models.ForeignKey(PlacementBase, models.PROTECT, null=True, blank=True, related_name="post_plans")
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="post_plans")
    title = models.CharField(_("post"), max_length=60)
    category = models.CharField(_("category"), max_length=20, choices=PostCategory)
    field = models.CharField(_("field"), max_length=20, choices=PostField)
    place = models.CharField(_("place of work"), max_length=120)
    monthly_wage = models.DecimalField(_("monthly wage"), max_digits=10, decimal_places=2)
    minimum_wage = models.DecimalField(
        _("minimum wage when planned"), max_digits=10, decimal_places=2, help_text=_("in force there on that day")
    )
    weekly_hours = models.PositiveSmallIntegerField(_("hours a week"), default=FULL_TIME_HOURS)
    funding = models.CharField(_("paid by"), max_length=10, choices=FundingLevel)
    headcount = models.PositiveSmallIntegerField(_("places"))
    landless_only = models.BooleanField(_("for landless farmers alone"), default=False)
    planned_on = models.DateField(_("planned"))
    state = models.CharField(_("state"), max_length=10, choices=PlanState, default=PlanState.PLANNED)

    objects = PostPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("application for posts")
        verbose_name_plural = _("applications for posts")
        constraints = [
            models.UniqueConstraint(name="postplan_number_unique", fields=["number"]),
            models.CheckConstraint(name="postplan_has_places", condition=Q(headcount__gt=0)),
            models.CheckConstraint(
                name="postplan_hours",
                condition=Q(weekly_hours__gte=1, weekly_hours__lte=FULL_TIME_HOURS),
                violation_error_message=_("Between 1 and 40 hours a week."),
            ),
            models.CheckConstraint(
                name="postplan_pays_the_minimum_wage",
                condition=GreaterThanOrEqual(
                    ExpressionWrapper(F("monthly_wage") * FULL_TIME_HOURS, DecimalField()),
                    ExpressionWrapper(F("minimum_wage") * F("weekly_hours"), DecimalField()),
                ),
                violation_error_message=_("The wage is below the minimum wage for these hours."),
            ),
        ]

    def __str__(self):
        return f"{self.title} {self.number}"


class PostQuerySet(models.QuerySet):
    def visible_to(self, posting):
        """Those of the area; an open post is offered to the whole city."""
        return self.filter(Q(area__path__startswith=posting.area.path) | Q(state=PostState.OPEN))

    def run_by(self, posting):
        return self.filter(area__path__startswith=posting.area.path)

    def in_reach_of(self, posting):
        """Those visible, and those that residents of the area hold elsewhere."""
        held = Q(holder__in=Resident.objects.visible_to(posting))
        return self.filter(Q(area__path__startswith=posting.area.path) | Q(state=PostState.OPEN) | held)

    def open(self):
        return self.filter(state=PostState.OPEN)


class Post(Flowing):
    """One place for one person. A post moves between communities; the application it came from stays where it was."""

    number = models.CharField(_("post number"), max_length=34)
    plan = models.ForeignKey(PostPlan, models.PROTECT, related_name="posts")
    area = models.ForeignKey(Area, models.PROTECT, related_name="posts", verbose_name=_("in"))
    state = models.CharField(_("state"), max_length=10, choices=PostState, default=PostState.OPEN)
    opened_on = models.DateField(_("empty since"), null=True, blank=True)
    holder = models.ForeignKey(Resident, models.PROTECT, null=True, blank=True, related_name="posts")
    held_until = models.DateField(_("reserved until"), null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("public-welfare post")
        verbose_name_plural = _("public-welfare posts")
        constraints = [
            models.UniqueConstraint(name="post_number_unique", fields=["number"]),
            models.UniqueConstraint(
                name="post_one_a_person",
                fields=["holder"],
                condition=Q(holder__isnull=False),
                violation_error_message=_("This person has a post or a reservation already."),
            ),
            models.CheckConstraint(
                name="post_held_by_somebody",
                condition=Q(holder__isnull=False, state__in=["reserved", "filled"])
                | Q(holder=None, state__in=["open", "ended"]),
            ),
            models.CheckConstraint(
                name="post_reserved_for_a_while",
                condition=Q(held_until__isnull=False, state="reserved") | Q(held_until=None) & ~Q(state="reserved"),
            ),
            models.CheckConstraint(
                name="post_empty_since_a_day",
                condition=Q(opened_on__isnull=False, state__in=["open", "reserved"])
                | Q(opened_on=None, state__in=["filled", "ended"]),
            ),
        ]
        indexes = [
            models.Index(fields=["area", "state", "number"], name="post_list"),
            models.Index(fields=["number"], name="post_open", condition=Q(state="open")),
        ]

    def __str__(self):
        return self.number


class PostTransferQuerySet(models.QuerySet):
    def visible_to(self, posting):
        path = posting.area.path
        return self.filter(Q(from_area__path__startswith=path) | Q(to_area__path__startswith=path))


class PostTransfer(models.Model):
    """An open post that went from one community to another. Written once; both sides see it."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="transfers")
    from_area = models.ForeignKey(Area, models.PROTECT, related_name="posts_given", verbose_name=_("from"))
    to_area = models.ForeignKey(Area, models.PROTECT, related_name="posts_taken", verbose_name=_("to"))
    moved_on = models.DateField(_("moved"))
    reason = models.CharField(_("reason"), max_length=10, choices=TransferReason)
    words = models.CharField(_("in words"), max_length=200, blank=True)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")

    objects = PostTransferQuerySet.as_manager()

    natural = ("post", "moved_on", "to_area")

    class Meta:
        verbose_name = _("transfer of a post")
        verbose_name_plural = _("transfers of posts")
        constraints = [
            models.CheckConstraint(name="posttransfer_elsewhere", condition=~Q(from_area=F("to_area"))),
        ]
        indexes = [models.Index(fields=["moved_on", "id"], name="posttransfer_by_day")]

    def __str__(self):
        return f"{self.post} {self.moved_on}"
