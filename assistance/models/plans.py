from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assistance.choices import HelperKind, Measure
from city.models import Area, Staff
from households.models import Household, Resident, ZeroEmploymentEpisode


class Plan(models.Model):
    """One household, one plan; one person, one plan (一家一策、一人一策). Without a resident it is the household's."""

    episode = models.ForeignKey(ZeroEmploymentEpisode, models.PROTECT, related_name="plans")
    resident = models.ForeignKey(Resident, models.PROTECT, null=True, blank=True, related_name="plans")
    measure = models.CharField(_("batch"), max_length=20, choices=Measure)
    goal = models.CharField(_("what is to be reached"), max_length=200)
    by_when = models.DateField(_("by"), null=True, blank=True)
    responsible = models.ForeignKey(Staff, models.PROTECT, related_name="plans", verbose_name=_("responsible"))
    made_on = models.DateField(_("made"))

    class Meta:
        verbose_name = _("assistance plan")
        verbose_name_plural = _("assistance plans")
        constraints = [
            models.UniqueConstraint(name="plan_one_per_person", fields=["episode", "resident"]),
            models.UniqueConstraint(name="plan_one_per_household", fields=["episode"], condition=Q(resident=None)),
        ]

    natural = ("episode", "resident")

    def __str__(self):
        return self.goal


class PairingQuerySet(models.QuerySet):
    def in_force_on(self, day):
        return self.filter(Q(ended_on=None) | Q(ended_on__gte=day), started_on__lte=day)

    def visible_to(self, posting):
        return self.filter(
            Q(household__community__path__startswith=posting.area.path) | Q(area__path__startswith=posting.area.path)
        )


class Pairing(models.Model):
    """Paired help (结对帮扶): a leader, an organisation or a community stands by a household or a community."""

    helper = models.CharField(_("helper"), max_length=120)
    kind = models.CharField(_("kind"), max_length=15, choices=HelperKind)
    household = models.ForeignKey(Household, models.CASCADE, null=True, blank=True, related_name="pairings")
    area = models.ForeignKey(Area, models.CASCADE, null=True, blank=True, related_name="pairings")
    started_on = models.DateField(_("from"))
    ended_on = models.DateField(_("to"), null=True, blank=True)

    objects = PairingQuerySet.as_manager()

    class Meta:
        verbose_name = _("pairing")
        verbose_name_plural = _("pairings")
        constraints = [
            models.CheckConstraint(
                name="pairing_of_a_household_or_an_area",
                condition=Q(household=None, area__isnull=False) | Q(household__isnull=False, area=None),
            ),
            models.CheckConstraint(
                name="pairing_in_order", condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on"))
            ),
        ]

    natural = ("helper", "household", "area", "started_on")

    def __str__(self):
        return self.helper
