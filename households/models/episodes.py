from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from city.rules import FAR_FUTURE
from households.choices import VisitOutcome, VisitWay, WithdrawalReason
from households.models.residents import Household


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

    def with_end(self):
        return self.annotate(closed_on=Coalesce("eliminated_on", "withdrawn_on", FAR_FUTURE))

    def visible_to(self, posting):
        return self.filter(household__community__path__startswith=posting.area.path)


class ZeroEmploymentEpisode(models.Model):
    """One certified period in which no member of the household works; a household may have several, one at a time."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="episodes", db_index=False)
    certified_on = models.DateField(_("certified"))
    card_number = models.CharField(_("card number"), max_length=40, blank=True)
    eliminated_on = models.DateField(_("eliminated"), null=True, blank=True)
    withdrawn_on = models.DateField(_("withdrawn"), null=True, blank=True)
    withdrawal_reason = models.CharField(
        _("reason for withdrawal"), max_length=20, choices=WithdrawalReason, blank=True
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


class VisitQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(household__community__path__startswith=posting.area.path)


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

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [
            models.UniqueConstraint(name="visit_unique", fields=["household", "visited_on", "way", "visitor"])
        ]
        indexes = [models.Index(fields=["visited_on"], name="visit_by_day")]

    def __str__(self):
        return f"{self.visited_on} {self.household}"
