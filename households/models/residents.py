from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from city.ciphers import mask_number
from city.fields import EncryptedTextField
from city.models import Area
from households.choices import Education, HardshipCategory, Hukou, LeaveReason, Relation, Sex, TransferState


class HouseholdQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(community__path__startswith=posting.area.path)


class Household(models.Model):
    """Persons who live together, known by a number that is unique within the community."""

    community = models.ForeignKey(Area, models.PROTECT, related_name="households", db_index=False)
    number = models.CharField(_("household number"), max_length=30, help_text=_("without leading zeros"))
    grid = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="grid_households", db_index=False
    )
    address = models.CharField(_("address"), max_length=200, blank=True)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")
        constraints = [models.UniqueConstraint(name="household_number_unique", fields=["community", "number"])]
        indexes = [models.Index(fields=["grid"], name="household_in_grid", condition=Q(grid__isnull=False))]

    def __str__(self):
        return self.number


class LowIncomeStatus(models.Model):
    """Whether the household is on minimum living allowance (低保), from a day until the next point."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="low_income_points")
    started_on = models.DateField(_("from"))
    low_income = models.BooleanField(_("on minimum living allowance"))

    class Meta:
        verbose_name = _("low-income status")
        verbose_name_plural = _("low-income statuses")
        constraints = [models.UniqueConstraint(name="lowincomestatus_one_a_day", fields=["household", "started_on"])]

    def __str__(self):
        return f"{self.started_on} {self.low_income}"


class ResidentQuerySet(models.QuerySet):
    def visible_to(self, posting):
        if posting.works_at_a_community:
            return self.filter(community=posting.area_id)
        return self.filter(community__path__startswith=posting.area.path)


class Resident(models.Model):
    """A real-name person record. Where the person lives and what they do is in the ledger, not here."""

    id_number = EncryptedTextField(_("ID number"))
    id_hash = models.UUIDField(null=True, blank=True, editable=False)
    no_id_reason = models.CharField(_("reason for having no ID number"), max_length=100, blank=True)
    name = models.CharField(_("name"), max_length=60)
    initials = models.CharField(_("pinyin initials"), max_length=60, editable=False)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex)
    birth_date = models.DateField(_("birth date"))
    female_retirement_age = models.PositiveSmallIntegerField(
        _("women's retirement category"), null=True, blank=True, choices=[(50, "50"), (55, "55")]
    )
    works_from = models.DateField(_("16th birthday"), editable=False)
    retires_on = models.DateField(_("retirement date"), editable=False)
    phone = EncryptedTextField(_("phone"))
    phone_hash = models.UUIDField(null=True, blank=True, editable=False)
    bank_account = EncryptedTextField(_("bank account"))
    bank_account_hash = models.UUIDField(null=True, blank=True, editable=False)
    health_notes = EncryptedTextField(_("health notes"))
    hukou = models.CharField(_("household registration"), max_length=10, choices=Hukou, blank=True)
    education = models.CharField(_("education"), max_length=20, choices=Education, blank=True)
    landless = models.BooleanField(_("landless farmer"), default=False)
    land_acquired_on = models.DateField(_("land acquired"), null=True, blank=True)
    community = models.ForeignKey(
        Area,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        db_constraint=False,
        related_name="residents",
        help_text="where the file lies: derived from the memberships",
    )

    #: How digests name a person: some have no ID number.
    natural = ("id_hash", "name", "birth_date")

    objects = ResidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("resident")
        verbose_name_plural = _("residents")
        constraints = [
            models.UniqueConstraint(name="resident_id_number_unique", fields=["id_hash"]),
            models.CheckConstraint(
                name="resident_has_a_number_or_a_reason",
                condition=Q(id_hash__isnull=False, no_id_reason="") | (Q(id_hash=None) & ~Q(no_id_reason="")),
                violation_error_message=_("Give the ID number, or the reason why there is none."),
            ),
            models.CheckConstraint(
                name="resident_window_in_order",
                condition=Q(works_from__gt=F("birth_date"), retires_on__gt=F("works_from")),
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="resident_by_name"),
            models.Index(fields=["initials", "id"], name="resident_by_initials"),
            models.Index(fields=["community", "name", "id"], name="resident_mine_by_name"),
            models.Index(fields=["community", "initials", "id"], name="resident_mine_by_initials"),
            models.Index(fields=["phone_hash"], name="resident_by_phone", condition=Q(phone_hash__isnull=False)),
        ]

    def __str__(self):
        return self.name

    @property
    def masked_number(self):
        return mask_number(self.id_number)

    def of_working_age_on(self, day):
        return self.works_from <= day < self.retires_on


class Membership(models.Model):
    """A change point: from this day the person lives in the household, or (none) is no resident; until their next."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="memberships", db_index=False)
    started_on = models.DateField(_("from"))
    household = models.ForeignKey(Household, models.PROTECT, null=True, blank=True, related_name="memberships")
    relation = models.CharField(_("relation to head"), max_length=10, choices=Relation, blank=True)
    leave_reason = models.CharField(_("reason for leaving"), max_length=10, choices=LeaveReason, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(name="membership_one_a_day", fields=["resident", "started_on"]),
            models.CheckConstraint(
                name="membership_relation_or_leave_reason",
                condition=Q(household__isnull=False, leave_reason="") & ~Q(relation="")
                | Q(household=None, relation="") & ~Q(leave_reason=""),
            ),
        ]

    def __str__(self):
        return f"{self.started_on} {self.household or self.get_leave_reason_display()}"


class HardshipCertificationQuerySet(models.QuerySet):
    def in_force_on(self, day):
        return self.filter(Q(ended_on=None) | Q(ended_on__gte=day), certified_on__lte=day)


class HardshipCertification(models.Model):
    """A person certified as a hardship person of one category; several may be in force at a time."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="hardship_certifications", db_index=False)
    category = models.CharField(_("category"), max_length=20, choices=HardshipCategory)
    certified_on = models.DateField(_("certified"))
    ended_on = models.DateField(_("to"), null=True, blank=True)

    objects = HardshipCertificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("hardship certification")
        verbose_name_plural = _("hardship certifications")
        constraints = [
            models.UniqueConstraint(
                name="hardshipcertification_unique", fields=["resident", "category", "certified_on"]
            ),
            models.CheckConstraint(
                name="hardshipcertification_ends_on_or_after_start",
                condition=Q(ended_on=None) | Q(ended_on__gte=F("certified_on")),
            ),
        ]

    def __str__(self):
        return f"{self.get_category_display()} {self.certified_on}"


class TransferRequestQuerySet(models.QuerySet):
    def visible_to(self, posting):
        path = posting.area.path
        return self.filter(Q(household__community__path__startswith=path) | Q(origin__path__startswith=path))


class TransferRequest(models.Model):
    """A person known elsewhere, claimed by a community's sheet: both streets, or their superior, must agree."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="transfer_requests")
    origin = models.ForeignKey(Area, models.PROTECT, related_name="+")
    household = models.ForeignKey(Household, models.CASCADE, related_name="transfer_requests")
    relation = models.CharField(_("relation to head"), max_length=10, choices=Relation)
    moves_on = models.DateField(_("moves on"))
    state = models.CharField(_("state"), max_length=10, choices=TransferState, default=TransferState.ASKED)
    origin_agreed = models.ForeignKey("city.Staff", models.PROTECT, null=True, blank=True, related_name="+")
    destination_agreed = models.ForeignKey("city.Staff", models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(_("asked"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    row = EncryptedTextField(help_text="the refused row, to be imported when the transfer is accepted")

    objects = TransferRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer request")
        verbose_name_plural = _("transfer requests")
        constraints = [
            models.UniqueConstraint(
                name="transferrequest_one_open",
                fields=["resident", "household"],
                condition=Q(state=TransferState.ASKED),
            ),
            models.CheckConstraint(
                name="transferrequest_decided_at_matches_state",
                condition=Q(state=TransferState.ASKED, decided_at=None)
                | (~Q(state=TransferState.ASKED) & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self):
        return f"{self.resident} → {self.household}"
