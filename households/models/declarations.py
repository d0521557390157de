from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from city.models import Flowing, Notice, Staff
from households.choices import DeclarationSource, DeclarationState, HouseholdTagKind
from households.models.episodes import Visit, ZeroEmploymentEpisode
from households.models.residents import Household


class DeclarationQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(household__community__path__startswith=posting.area.path)

    def under_way(self):
        return self.filter(state__in=DeclarationState.UNDER_WAY)


class Declaration(Flowing):
    """A household declared to be without work, on its way to a certified episode: verified by a visit, publicised."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="declarations")
    source = models.CharField(_("declared by"), max_length=15, choices=DeclarationSource)
    declared_on = models.DateField(_("declared"))
    words = models.TextField(_("what was told"), blank=True)
    state = models.CharField(_("state"), max_length=12, choices=DeclarationState, default=DeclarationState.DECLARED)
    entered_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, blank=True, related_name="declarations")
    notice = models.OneToOneField(Notice, models.PROTECT, null=True, blank=True, related_name="declaration")
    episode = models.OneToOneField(
        ZeroEmploymentEpisode, models.PROTECT, null=True, blank=True, related_name="declaration"
    )

    objects = DeclarationQuerySet.as_manager()

    natural = ("household", "declared_on")

    class Meta:
        verbose_name = _("declaration")
        verbose_name_plural = _("declarations")
        constraints = [
            models.UniqueConstraint(
                name="declaration_one_under_way",
                fields=["household"],
                condition=Q(state__in=["declared", "returned", "verified", "publicised"]),
                violation_error_message=_("This household is declared already."),
            ),
            models.CheckConstraint(
                name="declaration_certified_with_an_episode",
                condition=Q(state="certified", episode__isnull=False) | ~Q(state="certified") & Q(episode=None),
            ),
            models.CheckConstraint(
                name="declaration_verified_with_a_visit",
                condition=~Q(state__in=["verified", "publicised", "certified"]) | Q(visit__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.household} {self.declared_on}"


class HouseholdTag(models.Model):
    """A programme the household belongs to, from a day on: the baseline survey, a return from a shanty town …"""

    household = models.ForeignKey(Household, models.CASCADE, related_name="tags")
    kind = models.CharField(_("programme"), max_length=20, choices=HouseholdTagKind)
    started_on = models.DateField(_("from"))

    class Meta:
        verbose_name = _("programme tag")
        verbose_name_plural = _("programme tags")
        constraints = [models.UniqueConstraint(name="householdtag_unique", fields=["household", "kind"])]

    def __str__(self):
        return self.get_kind_display()
