from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from city.models import Flowing, Staff
from city.rules import FAR_FUTURE
from households.choices import (
    Campaign,
    EliminationProof,
    EpisodeState,
    FollowUpNeed,
    MemberReport,
    VisitOutcome,
    VisitWay,
    WithdrawalReason,
)
from households.models.residents import Household, Resident


class ZeroEmploymentEpisodeQuerySet(models.QuerySet):
    def open_on(self, day):
        """Certified by the end of `day` and neither eliminated nor withdrawn by then."""
        return self.filter(
            Q(eliminated_on=None) | Q(eliminated_on__gt=day),
            Q(withdrawn_on=None) | Q(withdrawn_on__gt=day),
            certified_on__lte=day,
        )

    def open_some_day(self, first, last):
        """Open at the end of at least one day from `first` to `last`."""
        return self.with_end().filter(certified_on__lte=last, closed_on__gt=Greatest(F("certified_on"), first))

    def to_visit(self, first, last, eliminated_after):
        """Whose households are visited: open some day from `first` to `last`, or eliminated not long before `last`."""
        return self.open_some_day(first, last) | self.with_end().filter(
            eliminated_on__gt=eliminated_after, eliminated_on__lte=last
        )

    def with_end(self):
        return self.annotate(closed_on=Coalesce("eliminated_on", "withdrawn_on", FAR_FUTURE))

    def visible_to(self, posting):
        return self.filter(household__community__path__startswith=posting.area.path)


class ZeroEmploymentEpisode(Flowing):
    """One certified period in which no member of the household works; a household may have several, one at a time.

    Its state is what its dates say, on the database itself: sheets and steps write dates alone.
    """

    household = models.ForeignKey(Household, models.PROTECT, related_name="episodes", db_index=False)
    certified_on = models.DateField(_("certified"))
    card_number = models.CharField(_("card number"), max_length=40, blank=True)
    eliminated_on = models.DateField(_("eliminated"), null=True, blank=True)
    withdrawn_on = models.DateField(_("withdrawn"), null=True, blank=True)
    withdrawal_reason = models.CharField(
        _("reason for withdrawal"), max_length=20, choices=WithdrawalReason, blank=True
    )
    assisting_since = models.DateField(_("assisted since"), null=True, blank=True)
    responsible = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="episodes")
    worker = models.ForeignKey(
        Resident, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who found work")
    )
    proof = models.CharField(_("proof"), max_length=10, choices=EliminationProof, blank=True, db_default="")
    state = models.GeneratedField(
        expression=Case(
            When(eliminated_on__isnull=False, then=Value("eliminated")),
            When(withdrawn_on__isnull=False, then=Value("withdrawn")),
            When(assisting_since__isnull=False, then=Value("assisting")),
            default=Value("certified"),
        ),
        output_field=models.CharField(_("state"), max_length=10, choices=EpisodeState),
        db_persist=True,
    )

    objects = ZeroEmploymentEpisodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("zero-employment episode")
        verbose_name_plural = _("zero-employment episodes")
        constraints = [
            models.UniqueConstraint(name="zeroemploymentepisode_one_a_day", fields=["household", "certified_on"]),
            models.UniqueConstraint(
                name="zeroemploymentepisode_one_open",
                fields=["household"],
                condition=Q(eliminated_on=None, withdrawn_on=None),
            ),
            models.CheckConstraint(
                name="zeroemploymentepisode_one_way_to_end",
                condition=Q(eliminated_on=None) | Q(withdrawn_on=None),
            ),
            models.CheckConstraint(
                name="zeroemploymentepisode_ends_on_or_after_certified",
                condition=(Q(eliminated_on=None) | Q(eliminated_on__gte=F("certified_on")))
                & (Q(withdrawn_on=None) | Q(withdrawn_on__gte=F("certified_on"))),
            ),
            models.CheckConstraint(
                name="zeroemploymentepisode_reason_with_withdrawal",
                condition=Q(withdrawn_on=None, withdrawal_reason="")
                | (Q(withdrawn_on__isnull=False) & ~Q(withdrawal_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["certified_on"], name="episode_by_certified")]

    def __str__(self):
        return f"{self.household} {self.certified_on}"

    @property
    def state_label(self):
        return EpisodeState(self.state).label


class VisitQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(household__community__path__startswith=posting.area.path)

    def standing(self):
        """Visits as they count: one that was corrected later does not."""
        return self.filter(superseded=False)


class Visit(models.Model):
    """A visit to a household. `unchanged` confirms, on that day, the spell then in force of every member."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="visits", db_index=False)
    visited_on = models.DateField(_("visited"))
    way = models.CharField(_("way"), max_length=10, choices=VisitWay, default=VisitWay.DOOR)
    visitor = models.CharField(_("visitor"), max_length=60, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=VisitOutcome)
    unchanged = models.BooleanField(_("nothing changed"), default=False)
    note = models.TextField(_("note"), blank=True)
    entered_at = models.DateTimeField(_("entered"), auto_now_add=True)
    visited_at = models.TimeField(_("at"), null=True, blank=True)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="visits")
    follow_up = models.CharField(
        _("left to do"), max_length=15, choices=FollowUpNeed, default=FollowUpNeed.NONE, db_default="none"
    )
    follow_up_on = models.DateField(_("to be done by"), null=True, blank=True)
    campaign = models.CharField(_("campaign"), max_length=10, choices=Campaign, blank=True, db_default="")
    corrects = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="correction")
    superseded = models.BooleanField(_("corrected later"), default=False, db_default=False, editable=False)

    objects = VisitQuerySet.as_manager()

    natural = ("household", "visited_on", "way", "visitor")

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [
            models.UniqueConstraint(
                name="visit_unique",
                fields=["household", "visited_on", "way", "visitor"],
                condition=Q(corrects=None, outcome=VisitOutcome.COMPLETED),
                violation_error_message=_("This visit is entered already."),
            ),
            models.UniqueConstraint(
                name="visit_in_vain_unique",
                fields=["household", "visited_on", "way", "visitor", "visited_at"],
                condition=Q(corrects=None) & ~Q(outcome=VisitOutcome.COMPLETED),
                violation_error_message=_("This visit is entered already."),
            ),
        ]
        indexes = [
            models.Index(fields=["visited_on"], name="visit_by_day"),
            models.Index(fields=["household", "visited_on"], name="visit_of_household"),
        ]

    def __str__(self):
        return f"{self.visited_on} {self.household}"


class VisitMember(models.Model):
    """What was told at a visit about one member; the event it made is in the ledger."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="members")
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="visit_reports")
    report = models.CharField(_("told"), max_length=20, choices=MemberReport)
    words = models.CharField(_("in words"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("what was told about a member")
        verbose_name_plural = _("what was told about members")
        constraints = [models.UniqueConstraint(name="visitmember_unique", fields=["visit", "resident"])]

    def __str__(self):
        return f"{self.resident} {self.get_report_display()}"
