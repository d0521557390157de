from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from assistance.models import Enrolment
from city.choices import FindingState
from city.fields import EncryptedTextField
from city.models import Area, Employer, Finding, Flowing, Move, Notice, Objection, Posting, Staff, StoredFile
from households.models import Resident
from placements.models import Placement
from subsidies.choices import ClaimPaper, ClaimState, LineReason, LineStanding, Scheme, Stage
from subsidies.models.funds import Fund
from subsidies.workflow import CLAIM, DRAWING_UP

_LIVE = Q(standing="live")


class PayeeAccountQuerySet(models.QuerySet):
    def latest_of(self, *, employer=None, resident=None):
        return self.filter(employer=employer, resident=resident).order_by("-pk").first()


class PayeeAccount(models.Model):
    """A bank account of an employer or a person. Written once: another account is another row, the latest counts."""

    employer = models.ForeignKey(Employer, models.PROTECT, null=True, blank=True, related_name="accounts")
    resident = models.ForeignKey(Resident, models.PROTECT, null=True, blank=True, related_name="accounts")
    holder = models.CharField(_("account holder"), max_length=120)
    bank = models.CharField(_("bank"), max_length=120)
    account = EncryptedTextField(_("bank account"))
    account_hash = models.UUIDField(editable=False)
    entered_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(_("entered"))

    natural = ("employer", "resident", "account_hash", "entered_at")

    objects = PayeeAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account of a payee")
        verbose_name_plural = _("accounts of payees")
        constraints = [
            models.CheckConstraint(
                name="payeeaccount_of_one",
                condition=Q(employer__isnull=False, resident=None) | Q(employer=None, resident__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["account_hash"], name="payeeaccount_by_number")]

    def __str__(self):
        return self.holder


class ClaimQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(area__path__startswith=posting.area.path)

    def live(self):
        return self.filter(state__in=ClaimState.LIVE)

    def with_doubts(self):
        """`doubts`: how many open findings its live lines have."""
        open_ones = LineFinding.objects.filter(
            line__claim=OuterRef("pk"), line__standing=LineStanding.LIVE, finding__state=FindingState.OPEN
        )
        number = open_ones.order_by().values("line__claim").annotate(number=Count("pk")).values("number")
        return self.annotate(doubts=Coalesce(Subquery(number), 0))

    def with_mine(self, posting):
        """`mine`: the posting's person took one of the four steps of the round before payment, or drew it up."""
        steps = Approval.objects.filter(claim=OuterRef("pk"), round=OuterRef("round"), staff=posting.staff_id)
        drawn = Move.objects.filter(workflow=CLAIM.name, key=OuterRef("pk"), action__in=DRAWING_UP)
        return self.annotate(
            mine=Exists(steps.exclude(stage=Stage.PAID)) | Exists(drawn.filter(staff=posting.staff_id))
        )

    def payable_at(self, moment):
        """Shown to the public to the end, and no objection against it open or upheld."""
        against = Objection.objects.filter(notice=OuterRef("notice")).exclude(upheld=False)
        return self.filter(
            ~Exists(against),
            state=ClaimState.PUBLICISED,
            notice__withdrawn_at=None,
            notice__clock__due_at__lte=moment,
        )

    def oldest_first(self):
        """The order of every queue: by the day of submission, then number."""
        return self.order_by("submitted_at", "pk")


class Claim(Flowing):
    """Money asked for by an employer, an agency or for persons, for a stretch of months; entered by staff for them.

    `round` opens anew with every return. `total` is what its live lines come to: computed, from the approval on
    approved. `period_from` and `period_to` are first days of months.
    """

    number = models.CharField(_("claim number"), max_length=40)
    scheme = models.CharField(_("scheme"), max_length=20, choices=Scheme)
    area = models.ForeignKey(Area, models.PROTECT, related_name="claims", verbose_name=_("area"))
    employer = models.ForeignKey(
        Employer, models.PROTECT, null=True, blank=True, related_name="claims", verbose_name=_("claimant")
    )
    period_from = models.DateField(_("from month"))
    period_to = models.DateField(_("to month"))
    state = models.CharField(_("state"), max_length=20, choices=ClaimState, default=ClaimState.DRAFT)
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    total = models.DecimalField(_("amount"), max_digits=12, decimal_places=2, default=0)
    entered_on = models.DateField(_("entered"))
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    paid_on = models.DateField(_("paid"), null=True, blank=True)
    fund = models.ForeignKey(
        Fund, models.PROTECT, null=True, blank=True, related_name="claims", verbose_name=_("paid from")
    )
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, blank=True, related_name="claims")

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("subsidy claim")
        verbose_name_plural = _("subsidy claims")
        constraints = [
            models.UniqueConstraint(name="claim_number_unique", fields=["number"]),
            models.CheckConstraint(
                name="claim_period_in_order",
                condition=Q(period_to__gte=F("period_from")),
                violation_error_message=_("A claim cannot end before it begins."),
            ),
            models.CheckConstraint(name="claim_total_not_negative", condition=Q(total__gte=0)),
            models.CheckConstraint(
                name="claim_submitted_with_a_moment",
                condition=Q(state__in=["draft", "withdrawn"]) | Q(submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="claim_money_from_a_fund",
                condition=~Q(state__in=["district_approved", "publicised", "paying", "paid"]) | Q(fund__isnull=False),
            ),
            models.CheckConstraint(
                name="claim_paid_with_a_day",
                condition=Q(state="paid", paid_on__isnull=False) | ~Q(state="paid"),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "submitted_at", "id"], name="claim_queue"),
            models.Index(fields=["area", "state", "submitted_at", "id"], name="claim_queue_of_area"),
            models.Index(fields=["paid_on", "scheme"], name="claim_by_payment", condition=Q(paid_on__isnull=False)),
        ]

    def __str__(self):
        return self.number


class ClaimLineQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(claim__area__path__startswith=posting.area.path)

    def live(self):
        return self.filter(standing=LineStanding.LIVE)

    def taken_off(self):
        """By hand, before anybody decided on them."""
        return self.filter(standing=LineStanding.DROPPED, approved=None).exclude(approved_reason="")

    def paid(self):
        """Those the bank has paid, of claims paid in full or in part, with the day as `paid_on`."""
        by_bank = Q(claim__payments__state="paid", claim__payments__account=F("account"))
        kept = self.exclude(standing=LineStanding.DROPPED).filter(by_bank, approved__gt=0)
        return kept.annotate(paid_on=F("claim__payments__answered_on"))


class ClaimLine(models.Model):
    """One person and one month of one scheme: what public money can be paid for once.

    What was asked and computed never changes once written (the database sees to it): a line that is no longer right is
    taken off and another written. `basis` explains `computed` to the yuan and is frozen with its digest. `occasion` is
    what a person gets a scheme for once: the month, the placement and its half, the course.
    """

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="lines")
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="claim_lines")
    scheme = models.CharField(_("scheme"), max_length=20, choices=Scheme)
    month = models.DateField(_("month"))
    occasion = models.CharField(_("occasion"), max_length=60)
    placement = models.ForeignKey(
        Placement, models.PROTECT, null=True, blank=True, related_name="claim_lines", db_index=False
    )
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, null=True, blank=True, related_name="claim_lines", db_index=False
    )
    account = models.ForeignKey(
        PayeeAccount, models.PROTECT, null=True, blank=True, related_name="lines", verbose_name=_("paid to")
    )
    asked = models.DecimalField(_("asked for"), max_digits=10, decimal_places=2)
    computed = models.DecimalField(_("computed"), max_digits=10, decimal_places=2)
    approved = models.DecimalField(_("approved"), max_digits=10, decimal_places=2, null=True, blank=True)
    approved_reason = models.CharField(_("why different"), max_length=15, choices=LineReason, blank=True)
    approved_words = models.CharField(_("in words"), max_length=200, blank=True)
    standing = models.CharField(_("standing"), max_length=10, choices=LineStanding, default=LineStanding.LIVE)
    basis = models.JSONField(default=dict)
    basis_digest = models.CharField(max_length=64)

    natural = ("claim", "resident", "month", "occasion", "standing")

    objects = ClaimLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a claim")
        verbose_name_plural = _("lines of claims")
        constraints = [
            models.UniqueConstraint(
                name="claimline_never_twice", fields=["resident", "scheme", "month"], condition=_LIVE
            ),
            models.UniqueConstraint(name="claimline_once", fields=["resident", "scheme", "occasion"], condition=_LIVE),
            models.CheckConstraint(name="claimline_a_month", condition=Q(month__day=1)),
            models.CheckConstraint(name="claimline_amounts", condition=Q(asked__gte=0, computed__gte=0)),
            models.CheckConstraint(
                name="claimline_approved_within",
                condition=Q(approved=None) | Q(approved__gte=0, approved__lte=F("computed")),
            ),
            models.CheckConstraint(
                name="claimline_less_with_a_reason",
                condition=Q(approved=None) | Q(approved=F("computed")) | ~Q(approved_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["month", "scheme"], name="claimline_by_month", condition=Q(standing="live")),
        ]

    def __str__(self):
        return f"{self.claim} {self.month:%Y-%m}"

    @property
    def was_taken_off(self):
        """By hand, before anybody decided on it."""
        return self.standing == LineStanding.DROPPED and self.approved is None and self.approved_reason != ""


class Approval(models.Model):
    """One of the five steps of a round, by a person who took none of the others. Written once."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="approvals")
    round = models.PositiveSmallIntegerField(_("round"))
    stage = models.CharField(_("step"), max_length=20, choices=Stage)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    posting = models.ForeignKey(Posting, models.PROTECT, related_name="+")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    at = models.DateTimeField(_("at"))

    natural = ("claim", "round", "stage")

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.UniqueConstraint(name="approval_one_a_step", fields=["claim", "round", "stage"]),
            models.UniqueConstraint(name="approval_one_a_person", fields=["claim", "round", "staff"]),
        ]

    def __str__(self):
        return f"{self.claim} {self.get_stage_display()}"


class ClaimDocument(models.Model):
    """A paper attached to a claim, or to one of its persons."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="documents")
    resident = models.ForeignKey(Resident, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(_("paper"), max_length=15, choices=ClaimPaper)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    added_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(_("attached"))

    natural = ("claim", "kind", "resident", "added_at")

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self):
        return self.get_kind_display()


class LineFinding(models.Model):
    """The line a doubt is about: the owner holds the key."""

    finding = models.OneToOneField(Finding, models.CASCADE, primary_key=True, related_name="line_finding")
    line = models.ForeignKey(ClaimLine, models.PROTECT, related_name="findings")

    natural = ("finding",)

    class Meta:
        verbose_name = _("doubt about a line")
        verbose_name_plural = _("doubts about lines")

    def __str__(self):
        return f"{self.line}"
