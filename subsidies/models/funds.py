from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from city.models import Area, Posting
from subsidies.choices import EntryKind, FundSource, Scheme


def in_fen(expression):
    """A sum of yuan made by the database, to the fen: the embedded one reckons in floating point."""
    return Round(expression, precision=2)


class FundQuerySet(models.QuerySet):
    def visible_to(self, posting):
        """The funds of the own area, of those below it and of those above that pay for it."""
        return self.filter(Q(area__path__startswith=posting.area.path) | Q(area__in=posting.area.path_ids))

    def with_left(self):
        """`left`: what may still be approved."""
        return self.annotate(left=in_fen(F("allotted") - F("reserved") - F("spent")))


class Fund(models.Model):
    """Money of one source, level, purpose and year. Its three sums are those of its entries, to the fen, always.

    `purpose` empty: any scheme.
    """

    area = models.ForeignKey(Area, models.PROTECT, related_name="funds", verbose_name=_("level"))
    source = models.CharField(_("source"), max_length=12, choices=FundSource)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Scheme, blank=True)
    year = models.PositiveSmallIntegerField(_("year"))
    allotted = models.DecimalField(_("allotted"), max_digits=14, decimal_places=2, default=0)
    reserved = models.DecimalField(_("reserved"), max_digits=14, decimal_places=2, default=0)
    spent = models.DecimalField(_("paid out"), max_digits=14, decimal_places=2, default=0)

    natural = ("area", "source", "purpose", "year")

    objects = FundQuerySet.as_manager()

    class Meta:
        verbose_name = _("fund")
        verbose_name_plural = _("funds")
        constraints = [
            models.UniqueConstraint(name="fund_unique", fields=["area", "source", "purpose", "year"]),
            models.CheckConstraint(
                name="fund_never_overspent",
                condition=Q(allotted__gte=in_fen(F("reserved") + F("spent")), reserved__gte=0, spent__gte=0),
            ),
        ]

    def __str__(self):
        return f"{self.year} {self.get_source_display()}"


class FundEntry(models.Model):
    """What moved a fund's money, in yuan; a correction is another entry. Written once."""

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="entries")
    kind = models.CharField(_("what happened"), max_length=10, choices=EntryKind)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    claim = models.ForeignKey("subsidies.Claim", models.PROTECT, null=True, blank=True, related_name="fund_entries")
    words = models.CharField(_("in words"), max_length=200, blank=True)
    posting = models.ForeignKey(Posting, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("at"))

    natural = ("fund", "kind", "claim", "at", "amount")

    class Meta:
        verbose_name = _("entry of a fund")
        verbose_name_plural = _("entries of funds")
        constraints = [
            models.CheckConstraint(
                name="fundentry_positive", condition=Q(amount__gt=0) | Q(kind="allot") & ~Q(amount=0)
            ),
            models.CheckConstraint(name="fundentry_of_a_claim", condition=Q(kind="allot") | Q(claim__isnull=False)),
        ]
        indexes = [models.Index(fields=["fund", "id"], name="fundentry_of_fund")]

    def __str__(self):
        return f"{self.get_kind_display()} {self.amount}"
