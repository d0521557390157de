from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from city.models import Finding
from households.choices import OutsideKind
from households.models.residents import Resident


class InsuranceMonth(models.Model):
    """A month in which the social-insurance office counted a person as paying, by keyed hash of the ID number."""

    id_hash = models.UUIDField()
    month = models.DateField(_("month"), help_text="its first day")
    credit_code = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    employer_name = models.CharField(_("employer"), max_length=120, blank=True)
    kinds = models.CharField(_("insurances"), max_length=60, blank=True)
    base = models.DecimalField(_("contribution base"), max_digits=10, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = _("insured month")
        verbose_name_plural = _("insured months")
        constraints = [
            models.UniqueConstraint(name="insurancemonth_unique", fields=["month", "id_hash", "credit_code"]),
        ]

    def __str__(self):
        return f"{self.month:%Y-%m}"


class OutsideFact(models.Model):
    """What another office knows of a person: death, pension, a business, insurance elsewhere, prison."""

    id_hash = models.UUIDField()
    kind = models.CharField(_("kind"), max_length=20, choices=OutsideKind)
    started_on = models.DateField(_("from"))
    ended_on = models.DateField(_("to"), null=True, blank=True)
    place = models.CharField(_("unit"), max_length=120, blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("outside fact")
        verbose_name_plural = _("outside facts")
        constraints = [
            models.UniqueConstraint(name="outsidefact_unique", fields=["id_hash", "kind", "started_on"]),
            models.CheckConstraint(
                name="outsidefact_in_order", condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on"))
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.started_on}"


class ResidentFinding(models.Model):
    """The person a finding is about: the owner holds the key."""

    finding = models.OneToOneField(Finding, models.CASCADE, primary_key=True, related_name="resident_finding")
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="findings")

    natural = ("finding",)

    class Meta:
        verbose_name = _("finding about a resident")
        verbose_name_plural = _("findings about residents")

    def __str__(self):
        return f"{self.resident}"
