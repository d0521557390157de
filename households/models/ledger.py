from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from city.models import Area, Employer
from city.rules import FAR_FUTURE
from households.choices import Channel, InactiveReason, LabourState, RegistrationEnd, Source
from households.models.episodes import ZeroEmploymentEpisode
from households.models.residents import Household, Resident

_SAID_STATES = [LabourState.EMPLOYED, LabourState.UNEMPLOYED, LabourState.INACTIVE]


class LabourSpell(models.Model):
    """A change point: from this day the person is employed, unemployed or inactive, until their next spell."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="labour_spells", db_index=False)
    started_on = models.DateField(_("from"))
    state = models.PositiveSmallIntegerField(_("state"), choices=[(s.value, s.label) for s in _SAID_STATES])
    inactive_reason = models.CharField(_("reason"), max_length=10, choices=InactiveReason, blank=True)
    channel = models.CharField(_("channel"), max_length=20, choices=Channel, blank=True)
    employer = models.ForeignKey(
        Employer, models.PROTECT, null=True, blank=True, related_name="spells", db_index=False
    )
    employer_name = models.CharField(_("employer"), max_length=120, blank=True)
    contract_months = models.PositiveSmallIntegerField(_("contract months"), null=True, blank=True)
    monthly_income = models.DecimalField(_("monthly income"), max_digits=10, decimal_places=2, null=True, blank=True)
    insured = models.BooleanField(_("insured"), null=True, blank=True)
    confirmed_on = models.DateField(_("confirmed"), help_text=_("the latest day this very spell was confirmed"))
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.ROSTER)

    class Meta:
        verbose_name = _("labour spell")
        verbose_name_plural = _("labour spells")
        constraints = [
            models.UniqueConstraint(name="labourspell_one_a_day", fields=["resident", "started_on"]),
            models.CheckConstraint(
                name="labourspell_reason_only_when_inactive",
                condition=Q(state=LabourState.INACTIVE) & ~Q(inactive_reason="")
                | ~Q(state=LabourState.INACTIVE) & Q(inactive_reason=""),
            ),
            models.CheckConstraint(name="labourspell_state_is_said", condition=Q(state__in=[1, 2, 3])),
            models.CheckConstraint(
                name="labourspell_income_not_negative",
                condition=Q(monthly_income=None) | Q(monthly_income__gte=0),
            ),
        ]
        indexes = [
            models.Index(fields=["employer"], name="labourspell_employer", condition=Q(employer__isnull=False)),
        ]

    def __str__(self):
        return f"{self.started_on} {self.get_state_display()}"


class UnemploymentRegistration(models.Model):
    """A registration as unemployed on a day. When it ended is derived: see `RegistrationSpan`."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="registrations", db_index=False)
    registered_on = models.DateField(_("registered"))

    class Meta:
        verbose_name = _("unemployment registration")
        verbose_name_plural = _("unemployment registrations")
        constraints = [
            models.UniqueConstraint(name="unemploymentregistration_one_a_day", fields=["resident", "registered_on"])
        ]

    def __str__(self):
        return f"{self.registered_on}"


class LedgerSpanQuerySet(models.QuerySet):
    """The vocabulary of the engine: every question about persons on a day starts here."""

    def in_force_on(self, day):
        return self.filter(first_on__lte=day, last_on__gte=day)

    def of_working_age_on(self, day):
        """From the 16th birthday to the day before the retirement date."""
        return self.filter(works_from__lte=day, retires_on__gt=day)

    def working(self):
        return self.filter(state=LabourState.EMPLOYED)

    def unemployed_on(self, day):
        """In the labour force without work: of working age, able and willing."""
        return self.of_working_age_on(day).filter(state=LabourState.UNEMPLOYED)

    def zero_employment(self, day):
        """Unemployed members of households in which no member, of any age, works, and which have no open episode."""
        workers = LedgerSpan.objects.in_force_on(day).working().filter(household=OuterRef("household"))
        certified = ZeroEmploymentEpisode.objects.open_on(day).values("household")
        return self.unemployed_on(day).filter(~Exists(workers)).exclude(household__in=certified)

    def within(self, area):
        return self.filter(community__path__startswith=area.path)

    def visible_to(self, posting):
        return self.within(posting.area)


class LedgerSpan(models.Model):
    """Built from the change points by `ledger.rebuild`: one state in one household, from first to last day inclusive.

    Carries everything a figure of any day needs, so that a night is a scan of this one table.
    `last_on` is 9999-12-31 while nothing ends it. Nothing points to a span.
    """

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="spans", db_constraint=False)
    first_on = models.DateField()
    last_on = models.DateField(default=FAR_FUTURE)
    state = models.PositiveSmallIntegerField(choices=LabourState)
    state_since = models.DateField(null=True)
    confirmed_on = models.DateField(null=True)
    spell = models.ForeignKey(
        LabourSpell, models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False
    )
    household = models.ForeignKey(Household, models.CASCADE, related_name="spans", db_constraint=False)
    community = models.ForeignKey(Area, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    works_from = models.DateField()
    retires_on = models.DateField()
    landless_since = models.DateField(
        null=True, help_text="of a landless farmer: the acquisition, or birth if unknown"
    )
    registered_since = models.DateField(null=True, help_text="the day of the person's first registration")

    objects = LedgerSpanQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger span")
        verbose_name_plural = _("ledger spans")
        constraints = [
            models.CheckConstraint(name="ledgerspan_in_order", condition=Q(last_on__gte=F("first_on"))),
        ]
        indexes = [
            models.Index(fields=["community", "state", "last_on"], name="ledgerspan_community_day"),
            models.Index(
                fields=["community", "last_on"],
                name="ledgerspan_unemployed",
                condition=Q(state=LabourState.UNEMPLOYED),
            ),
        ]

    def __str__(self):
        return f"{self.first_on} – {self.last_on} {self.get_state_display()}"


class RegistrationSpanQuerySet(models.QuerySet):
    def in_force_on(self, day):
        return self.filter(first_on__lte=day, last_on__gte=day)


class RegistrationSpan(models.Model):
    """A registration with its end, derived: the first later spell that is not unemployed, or the next registration."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="registration_spans", db_constraint=False)
    first_on = models.DateField()
    last_on = models.DateField(default=FAR_FUTURE)
    end_reason = models.CharField(max_length=10, choices=RegistrationEnd, blank=True)
    next_registered_on = models.DateField(null=True)

    objects = RegistrationSpanQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration span")
        verbose_name_plural = _("registration spans")

    def __str__(self):
        return f"{self.first_on} – {self.last_on}"
