from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from city.fields import EncryptedTextField
from city.models import Flowing, Staff, StoredFile
from households.choices import (
    CertificateKind,
    HardshipApplicationState,
    HardshipCategory,
    JoblessCause,
    ProofKind,
    Source,
    TrainingWish,
    WorkWish,
)
from households.models.residents import HardshipCertification, Resident


class OfResidentQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(resident__in=Resident.objects.visible_to(posting))


class ContactDetails(models.Model):
    """Where a person can be reached, and what the retired residents' ledger asks for. One row a person."""

    resident = models.OneToOneField(Resident, models.CASCADE, primary_key=True, related_name="contact")
    registered_address = models.CharField(_("address of household registration"), max_length=200, blank=True)
    contact_address = models.CharField(_("address for letters"), max_length=200, blank=True)
    phone_answered_by = models.CharField(_("who answers the phone"), max_length=60, blank=True)
    contact_person = models.CharField(_("contact person"), max_length=60, blank=True)
    contact_phone = EncryptedTextField(_("contact person's phone"))
    former_employer = models.CharField(_("former employer"), max_length=120, blank=True)
    special_group = models.CharField(_("special group"), max_length=60, blank=True)

    objects = OfResidentQuerySet.as_manager()

    natural = ("resident",)

    class Meta:
        verbose_name = _("contact details")
        verbose_name_plural = _("contact details")

    def __str__(self):
        return f"{self.resident}"


class FourClearQuerySet(OfResidentQuerySet):
    def complete(self):
        """All four known."""
        return self.exclude(Q(family="") | Q(cause="") | Q(work_wish="") | Q(training_wish=""))


class FourClear(models.Model):
    """The four things known of a person (四清) as told on a day: family, cause, work wish, training wish.

    A row says everything known from that day until the person's next row; an empty field is not known.
    """

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="four_clear")
    noted_on = models.DateField(_("noted"))
    family = models.CharField(_("family situation"), max_length=200, blank=True)
    cause = models.CharField(_("cause of unemployment"), max_length=20, choices=JoblessCause, blank=True)
    work_wish = models.CharField(_("work wish"), max_length=20, choices=WorkWish, blank=True)
    training_wish = models.CharField(_("training wish"), max_length=20, choices=TrainingWish, blank=True)
    wished_work = models.CharField(_("wished work"), max_length=120, blank=True)
    skills = models.CharField(_("skills"), max_length=120, blank=True)
    living_needs = models.CharField(_("living needs"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.VISIT)

    objects = FourClearQuerySet.as_manager()

    class Meta:
        verbose_name = _("four-clear facts")
        verbose_name_plural = _("four-clear facts")
        constraints = [models.UniqueConstraint(name="fourclear_one_a_day", fields=["resident", "noted_on"])]

    def __str__(self):
        return f"{self.noted_on} {self.resident}"

    #: In the order they are asked at the door.
    ASKED = ("family", "cause", "work_wish", "training_wish")

    @property
    def missing(self):
        """Verbose names of what is not known yet."""
        return [self._meta.get_field(name).verbose_name for name in self.ASKED if not getattr(self, name)]

    @property
    def is_complete(self):
        return not self.missing


class Certificate(models.Model):
    """A certificate a person holds: 失业证, 再就业优惠证, 就业创业证, 就业援助证."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="certificates")
    kind = models.CharField(_("kind"), max_length=20, choices=CertificateKind)
    number = models.CharField(_("number"), max_length=40)
    issued_on = models.DateField(_("issued"))
    issuer = models.CharField(_("issued by"), max_length=120, blank=True)
    ended_on = models.DateField(_("ended"), null=True, blank=True)

    objects = OfResidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        constraints = [
            models.UniqueConstraint(
                name="certificate_number_unique",
                fields=["kind", "number"],
                violation_error_message=_("This certificate number is in use already."),
            ),
            models.CheckConstraint(
                name="certificate_ends_on_or_after_issue",
                condition=Q(ended_on=None) | Q(ended_on__gte=models.F("issued_on")),
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.number}"


class CertificateCheck(models.Model):
    """The annual check (年审) of a certificate."""

    certificate = models.ForeignKey(Certificate, models.CASCADE, related_name="checks")
    checked_on = models.DateField(_("checked"))
    passed = models.BooleanField(_("passed"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("annual check")
        verbose_name_plural = _("annual checks")
        constraints = [
            models.UniqueConstraint(name="certificatecheck_one_a_day", fields=["certificate", "checked_on"])
        ]

    def __str__(self):
        return f"{self.checked_on}"


class HardshipApplication(Flowing):
    """A station proposes a person as hardship person of a category; the street decides."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="hardship_applications")
    category = models.CharField(_("category"), max_length=20, choices=HardshipCategory)
    proof = models.CharField(_("proof"), max_length=20, choices=ProofKind)
    proof_words = models.CharField(_("proof in words"), max_length=200, blank=True)
    proof_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    proposed_on = models.DateField(_("proposed"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    proposed_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(
        _("state"), max_length=10, choices=HardshipApplicationState, default=HardshipApplicationState.PROPOSED
    )
    certification = models.OneToOneField(
        HardshipCertification, models.SET_NULL, null=True, blank=True, related_name="application"
    )

    objects = OfResidentQuerySet.as_manager()

    natural = ("resident", "category", "proposed_on")

    class Meta:
        verbose_name = _("hardship application")
        verbose_name_plural = _("hardship applications")
        constraints = [
            models.UniqueConstraint(
                name="hardshipapplication_one_open",
                fields=["resident", "category"],
                condition=Q(state__in=["proposed", "returned"]),
                violation_error_message=_("An application for this category is under way already."),
            ),
        ]

    def __str__(self):
        return f"{self.resident} {self.get_category_display()}"
