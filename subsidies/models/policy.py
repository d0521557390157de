from fractions import Fraction

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from city.models import Area, Flowing, PolicyDocument
from subsidies.choices import Basis, Favoured, RateState, Scheme


def check_fraction(text):
    """A share as it stands in a document: 1/2, 2/3, 0.5."""
    try:
        share = Fraction(text)
    except (ValueError, ZeroDivisionError) as wrong:
        raise ValidationError(_("Write a share as 1/2 or 0.5.")) from wrong
    if not 0 < share <= 1:
        raise ValidationError(_("A share lies between 0 and 1."))


class RateQuerySet(models.QuerySet):
    def visible_to(self, posting):
        """A rate holds for everybody below its area, and is seen by everybody above."""
        return self.filter(Q(area__path__startswith=posting.area.path) | Q(area__in=posting.area.path_ids))

    def signed(self):
        return self.filter(state=RateState.SIGNED)

    def in_force_on(self, day):
        return self.filter(Q(in_force_to=None) | Q(in_force_to__gte=day), in_force_from__lte=day)


class Rate(Flowing):
    """What a scheme pays in an area and everything below it, from a day to a day: the nearest ancestor's wins.

    Within it the longest `contract_months` reached and the narrowest `favoured` win. Signed, it never changes.
    """

    scheme = models.CharField(_("scheme"), max_length=20, choices=Scheme)
    area = models.ForeignKey(Area, models.PROTECT, related_name="subsidy_rates", verbose_name=_("area"))
    in_force_from = models.DateField(_("in force from"))
    in_force_to = models.DateField(_("in force to"), null=True, blank=True)
    favoured = models.CharField(_("for whom"), max_length=10, choices=Favoured, default=Favoured.ANYBODY)
    contract_months = models.PositiveSmallIntegerField(_("contract months at least"), default=0)
    basis = models.CharField(_("basis"), max_length=20, choices=Basis)
    share = models.CharField(_("share of it"), max_length=20, blank=True, validators=[check_fraction])
    contribution = models.CharField(
        _("contribution rate"), max_length=20, blank=True, validators=[check_fraction],
        help_text=_("the part of the contribution base that is paid and counts"),
    )  # fmt: skip
    amount = models.DecimalField(_("yuan a unit"), max_digits=10, decimal_places=2, null=True, blank=True)
    ceiling = models.DecimalField(_("yuan at most"), max_digits=10, decimal_places=2, null=True, blank=True)
    second_half_after = models.PositiveSmallIntegerField(_("months until the second half"), null=True, blank=True)
    document = models.ForeignKey(PolicyDocument, models.PROTECT, related_name="rates", verbose_name=_("document"))
    provisional = models.BooleanField(_("provisional"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=RateState, default=RateState.PROPOSED)

    objects = RateQuerySet.as_manager()

    class Meta:
        verbose_name = _("subsidy rate")
        verbose_name_plural = _("subsidy rates")
        constraints = [
            models.UniqueConstraint(
                name="rate_one_in_force",
                fields=["scheme", "area", "in_force_from", "favoured", "contract_months"],
                condition=Q(state="signed"),
            ),
            models.CheckConstraint(
                name="rate_in_order",
                condition=Q(in_force_to=None) | Q(in_force_to__gte=F("in_force_from")),
                violation_error_message=_("A rate cannot end before it begins."),
            ),
            models.CheckConstraint(
                name="rate_share_or_amount",
                condition=Q(share="", amount__isnull=False, amount__gt=0) | ~Q(share="") & Q(amount=None),
                violation_error_message=_("Give either a share or an amount."),
            ),
            models.CheckConstraint(name="rate_ceiling_positive", condition=Q(ceiling=None) | Q(ceiling__gt=0)),
        ]

    def __str__(self):
        return f"{self.get_scheme_display()} {self.in_force_from}"
