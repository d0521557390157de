from datetime import timedelta
from functools import reduce
from operator import or_

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from city.models import Area, Employer, Flowing, Staff
from city.rules import add_months
from households.choices import Channel
from households.models import HardshipCertification, LabourSpell, Resident
from placements.choices import Destination, DropReason, PlacementEnd, PlacementState, Priority
from placements.models.market import Event, Vacancy
from placements.models.posts import Post, WithinQuerySet
from placements.rules import last_day_of_term

LONGEST_TERM_MONTHS = 36
_NOT_DROPPED = ~Q(state="dropped")
_LIVE = Q(state__in=["reported", "confirmed", "disputed"])


def _latest_start(last_day, months):
    """The latest first day of a term of so many months that ends by the day."""
    guess = add_months(last_day, -months) + timedelta(days=4)
    while last_day_of_term(guess, months) > last_day:
        guess -= timedelta(days=1)
    return guess


class Business(models.Model):
    """A business a resident runs, often with the family (家庭创业), and the jobs it made."""

    name = models.CharField(_("business"), max_length=120)
    owner = models.ForeignKey(Resident, models.PROTECT, related_name="businesses")
    area = models.ForeignKey(Area, models.PROTECT, related_name="businesses", verbose_name=_("in"))
    employer = models.ForeignKey(Employer, models.PROTECT, null=True, blank=True, related_name="+")
    family = models.BooleanField(_("family business"), default=False)
    opened_on = models.DateField(_("opened"))
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    jobs_created = models.PositiveSmallIntegerField(_("jobs created"), default=0)

    objects = WithinQuerySet.as_manager()

    natural = ("owner", "name")

    class Meta:
        verbose_name = _("business")
        verbose_name_plural = _("businesses")
        constraints = [
            models.UniqueConstraint(name="business_unique", fields=["owner", "name"]),
            models.CheckConstraint(
                name="business_in_order", condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on"))
            ),
        ]

    def __str__(self):
        return self.name


class PlacementQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(resident__in=Resident.objects.visible_to(posting))

    def live(self):
        return self.filter(state__in=PlacementState.LIVE)

    def at_work(self):
        return self.filter(state__in=PlacementState.AT_WORK)

    def on_posts(self):
        return self.filter(post__isnull=False)

    def on_posts_until(self, day):
        """At work on a post whose term ends by the day."""
        at_work = self.on_posts().at_work().filter(spell__isnull=False)
        terms = at_work.order_by().values_list("post_months", flat=True).distinct()
        ends = [Q(post_months=months, spell__started_on__lte=_latest_start(day, months)) for months in terms]
        return at_work.filter(reduce(or_, ends)) if ends else at_work.none()

    def starting_from(self, day):
        return self.filter(Q(spell__started_on__gte=day) | Q(agreed_from__gte=day))

    def starting_by(self, day):
        return self.filter(Q(spell__started_on__lte=day) | Q(agreed_from__lte=day))

    def to_confirm(self, day):
        """Reported, and the first day has come."""
        return self.filter(state=PlacementState.REPORTED, agreed_from__lte=day)

    def in_doubt(self):
        return self.filter(state=PlacementState.DISPUTED)

    def with_next_on(self):
        """`next_on`: the first day of the person's next state, by the ledger; none while it lasts."""
        later = LabourSpell.objects.filter(resident=OuterRef("resident"), started_on__gt=OuterRef("spell__started_on"))
        return self.annotate(next_on=Subquery(later.order_by("started_on").values("started_on")[:1]))


class Placement(Flowing):
    """A person put into work. It points to the labour spell it opened and keeps no dates of its own.

    `agreed_from` is the first day agreed, only until somebody with the right confirms it. On a public-welfare post:
    `turn` 1 or 2 of the two a person may have, `post_months` of the term, `until_retirement` when under five years
    were left at the first approval.
    """

    number = models.CharField(_("placement number"), max_length=30)
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="placements")
    community = models.ForeignKey(Area, models.PROTECT, related_name="placements", verbose_name=_("community"))
    channel = models.CharField(_("channel"), max_length=20, choices=Channel)
    state = models.CharField(_("state"), max_length=10, choices=PlacementState, default=PlacementState.REPORTED)
    agreed_from = models.DateField(_("first day agreed"), null=True, blank=True)
    spell = models.OneToOneField(LabourSpell, models.SET_NULL, null=True, blank=True, related_name="placement")
    employer = models.ForeignKey(Employer, models.PROTECT, null=True, blank=True, related_name="placements")
    employer_name = models.CharField(_("employer"), max_length=120, blank=True)
    job = models.CharField(_("job held"), max_length=60, blank=True)
    contract_months = models.PositiveSmallIntegerField(_("contract months"), null=True, blank=True)
    monthly_income = models.DecimalField(_("monthly income"), max_digits=10, decimal_places=2, null=True, blank=True)
    insured = models.BooleanField(_("insured"), null=True, blank=True)
    vacancy = models.ForeignKey(Vacancy, models.PROTECT, null=True, blank=True, related_name="placements")
    event = models.ForeignKey(Event, models.PROTECT, null=True, blank=True, related_name="placements")
    business = models.ForeignKey(Business, models.PROTECT, null=True, blank=True, related_name="placements")
    destination = models.CharField(_("to where"), max_length=10, choices=Destination, blank=True)
    destination_place = models.CharField(_("place"), max_length=60, blank=True)
    post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="placements")
    hardship = models.ForeignKey(
        HardshipCertification, models.PROTECT, null=True, blank=True, related_name="placements"
    )
    priority = models.CharField(_("priority"), max_length=15, choices=Priority, blank=True)
    turn = models.PositiveSmallIntegerField(_("placement on posts"), null=True, blank=True)
    post_months = models.PositiveSmallIntegerField(_("months on the post"), null=True, blank=True)
    until_retirement = models.BooleanField(_("until retirement"), default=False)
    end_reason = models.CharField(_("why ended"), max_length=12, choices=PlacementEnd, blank=True)
    drop_reason = models.CharField(_("why not"), max_length=12, choices=DropReason, blank=True)
    left_reported_on = models.DateField(_("leaving reported"), null=True, blank=True)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")

    objects = PlacementQuerySet.as_manager()

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        constraints = [
            models.UniqueConstraint(name="placement_number_unique", fields=["number"]),
            models.UniqueConstraint(
                name="placement_one_a_post", fields=["post"], condition=_LIVE & Q(post__isnull=False)
            ),
            models.UniqueConstraint(
                name="placement_one_post_a_person",
                fields=["resident"],
                condition=_LIVE & Q(post__isnull=False),
                violation_error_message=_("This person has a public-welfare post already."),
            ),
            models.UniqueConstraint(
                name="placement_twice_on_posts",
                fields=["resident", "turn"],
                condition=_NOT_DROPPED & Q(post__isnull=False),
                violation_error_message=_("This person was placed on a post that often already."),
            ),
            models.CheckConstraint(
                name="placement_post_rules",
                condition=Q(post=None, hardship=None, turn=None, post_months=None, until_retirement=False, priority="")
                | Q(
                    Q(post_months__lte=LONGEST_TERM_MONTHS) | Q(until_retirement=True),
                    ~Q(priority=""),
                    post__isnull=False,
                    hardship__isnull=False,
                    turn__in=[1, 2],
                    post_months__gte=1,
                    channel=Channel.WELFARE_POST,
                ),
            ),
            models.CheckConstraint(
                name="placement_on_a_post_by_its_channel",
                condition=~Q(channel=Channel.WELFARE_POST) | Q(post__isnull=False),
            ),
            models.CheckConstraint(
                name="placement_day_agreed_until_confirmed",
                condition=Q(state__in=["reported", "dropped"], agreed_from__isnull=False, spell=None)
                | Q(state__in=["confirmed", "disputed", "ended"], agreed_from=None),
            ),
            models.CheckConstraint(
                name="placement_ended_with_a_reason",
                condition=Q(state="ended", drop_reason="") & ~Q(end_reason="")
                | Q(state="dropped", end_reason="") & ~Q(drop_reason="")
                | Q(state__in=["reported", "confirmed", "disputed"], end_reason="", drop_reason=""),
            ),
            models.CheckConstraint(
                name="placement_exported_somewhere",
                condition=Q(channel=Channel.EXPORT) & ~Q(destination="")
                | ~Q(channel=Channel.EXPORT) & Q(destination=""),
                violation_error_message=_("Say where to."),
            ),
        ]
        indexes = [models.Index(fields=["community", "state", "id"], name="placement_list")]

    def __str__(self):
        return self.number

    @property
    def is_live(self):
        return self.state in PlacementState.LIVE

    @property
    def starts_on(self):
        """The ledger's first day, or the one agreed."""
        return self.spell.started_on if self.spell else self.agreed_from
