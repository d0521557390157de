from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from city.choices import DocumentStatus, EmployerKind
from city.models.areas import Area


class PolicyDocument(models.Model):
    """The paper a rule stands on: number, date, validity."""

    number = models.CharField(_("document number"), max_length=60)
    title = models.CharField(_("title"), max_length=200, blank=True)
    issued_on = models.DateField(_("issued"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=DocumentStatus, default=DocumentStatus.IN_FORCE)

    class Meta:
        verbose_name = _("policy document")
        verbose_name_plural = _("policy documents")
        constraints = [models.UniqueConstraint(name="policydocument_number_unique", fields=["number"])]

    def __str__(self):
        return self.number


class Parameter(models.Model):
    """One value of one parameter for an area and everything below it, from a day on; the nearest ancestor wins."""

    name = models.CharField(_("parameter"), max_length=60)
    area = models.ForeignKey(Area, models.CASCADE, related_name="parameters")
    in_force_from = models.DateField(_("in force from"))
    value = models.JSONField(_("value"))
    document = models.ForeignKey(PolicyDocument, models.PROTECT, null=True, blank=True)

    class Meta:
        verbose_name = _("parameter")
        verbose_name_plural = _("parameters")
        constraints = [
            models.UniqueConstraint(name="parameter_one_value_a_day", fields=["name", "area", "in_force_from"])
        ]

    def __str__(self):
        return f"{self.name} = {self.value}"


class MinimumWage(models.Model):
    """Monthly minimum wage of an area and everything below it, from a day on, in yuan."""

    area = models.ForeignKey(Area, models.CASCADE, related_name="minimum_wages")
    in_force_from = models.DateField(_("in force from"))
    monthly = models.DecimalField(_("monthly minimum wage"), max_digits=10, decimal_places=2)

    class Meta:
        verbose_name = _("minimum wage")
        verbose_name_plural = _("minimum wages")
        constraints = [
            models.UniqueConstraint(name="minimumwage_one_a_day", fields=["area", "in_force_from"]),
            models.CheckConstraint(name="minimumwage_positive", condition=Q(monthly__gt=0)),
        ]

    def __str__(self):
        return f"{self.monthly}"


class CalendarDay(models.Model):
    """A day of the public calendar; a year without its days cannot be counted in working days."""

    day = models.DateField(_("day"), primary_key=True)
    is_working = models.BooleanField(_("working day"))
    name = models.CharField(_("holiday"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("working-day calendar")

    def __str__(self):
        return f"{self.day}"


class Employer(models.Model):
    """An employer by unified social credit code (GB 32100-2015)."""

    credit_code = models.CharField(_("unified social credit code"), max_length=18)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=20, choices=EmployerKind, default=EmployerKind.COMPANY)

    class Meta:
        verbose_name = _("employer")
        verbose_name_plural = _("employers")
        constraints = [models.UniqueConstraint(name="employer_credit_code_unique", fields=["credit_code"])]

    def __str__(self):
        return self.name
