from decimal import Decimal

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from city.models import Area, Flowing, Posting, StoredFile
from subsidies.choices import ClaimState, ClawbackReason, ClawbackState, ItemState
from subsidies.models.claims import Claim, ClaimLine, PayeeAccount


class WithinAreaQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(area__path__startswith=posting.area.path)


class PaymentBatchQuerySet(WithinAreaQuerySet):
    def with_answers(self):
        """What the bank paid, refused and has not answered: `paid`, `failed`, `waiting`, each with its `…_sum`."""
        told = {"paid": ItemState.PAID, "failed": ItemState.FAILED, "waiting": ItemState.SENT}
        of_state = {name: Q(items__state=state) for name, state in told.items()}
        return self.annotate(
            **{name: Count("items", filter=condition) for name, condition in of_state.items()},
            **{f"{name}_sum": Sum("items__amount", filter=condition) for name, condition in of_state.items()},
        )

    def unanswered(self):
        return self.filter(Exists(BatchItem.objects.filter(batch=OuterRef("pk"), state=ItemState.SENT)))


class PaymentBatch(models.Model):
    """A file of payments for the bank, made once: the same bytes whenever it is asked for. Written once."""

    number = models.CharField(_("batch number"), max_length=40)
    area = models.ForeignKey(Area, models.PROTECT, related_name="payment_batches", verbose_name=_("area"))
    made_by = models.ForeignKey(Posting, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"))
    items_count = models.PositiveIntegerField(_("payments"))
    total = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    sha256 = models.CharField(_("checksum"), max_length=64)

    objects = PaymentBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment batch")
        verbose_name_plural = _("payment batches")
        constraints = [
            models.UniqueConstraint(name="paymentbatch_number_unique", fields=["number"]),
            models.CheckConstraint(name="paymentbatch_pays", condition=Q(items_count__gt=0, total__gt=0)),
        ]

    def __str__(self):
        return self.number


class BatchItemQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(batch__area__path__startswith=posting.area.path)

    def to_send_again(self):
        """Refused by the bank, of claims partly paid, and not sent again since."""
        again = BatchItem.objects.filter(claim=OuterRef("claim"), account=OuterRef("account"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(again), state=ItemState.FAILED, claim__state=ClaimState.PAYING)


class BatchItem(models.Model):
    """One payment: what one claim pays into one account. Only one that the bank refused may be sent again."""

    batch = models.ForeignKey(PaymentBatch, models.PROTECT, related_name="items")
    sequence = models.PositiveIntegerField(_("number in the batch"))
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="payments")
    account = models.ForeignKey(PayeeAccount, models.PROTECT, related_name="payments")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    state = models.CharField(_("state"), max_length=10, choices=ItemState, default=ItemState.SENT)
    failure = models.CharField(_("why refused"), max_length=120, blank=True)
    answered_on = models.DateField(_("answered by the bank"), null=True, blank=True)

    natural = ("batch", "sequence")

    objects = BatchItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(name="batchitem_sequence_unique", fields=["batch", "sequence"]),
            models.UniqueConstraint(
                name="batchitem_paid_once", fields=["claim", "account"], condition=~Q(state="failed")
            ),
            models.CheckConstraint(name="batchitem_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="batchitem_answered_whole",
                condition=Q(state="sent", answered_on=None, failure="")
                | Q(state="paid", answered_on__isnull=False, failure="")
                | Q(state="failed", answered_on__isnull=False) & ~Q(failure=""),
            ),
        ]

    def __str__(self):
        return f"{self.batch} {self.sequence}"


class ClawbackQuerySet(WithinAreaQuerySet):
    def open(self):
        return self.filter(state=ClawbackState.OPEN)

    def with_received(self):
        """`received`: what came back of it so far."""
        return self.annotate(received=Coalesce(Sum("instalments__amount"), Decimal(0)))


class Clawback(Flowing):
    """Money of one paid line that is asked back, in part or in full; until it is settled its payee claims nothing."""

    number = models.CharField(_("clawback number"), max_length=40)
    line = models.ForeignKey(ClaimLine, models.PROTECT, related_name="clawbacks")
    area = models.ForeignKey(Area, models.PROTECT, related_name="clawbacks", verbose_name=_("area"))
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    cause = models.CharField(_("reason"), max_length=15, choices=ClawbackReason)
    explanation = models.TextField(_("in words"))
    state = models.CharField(_("state"), max_length=15, choices=ClawbackState, default=ClawbackState.OPEN)
    opened_on = models.DateField(_("reclaimed"))

    objects = ClawbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("clawback")
        verbose_name_plural = _("clawbacks")
        constraints = [
            models.UniqueConstraint(name="clawback_number_unique", fields=["number"]),
            models.UniqueConstraint(name="clawback_one_open", fields=["line"], condition=Q(state="open")),
            models.CheckConstraint(name="clawback_positive", condition=Q(amount__gt=0)),
        ]
        indexes = [models.Index(fields=["area", "state", "id"], name="clawback_of_area")]

    def __str__(self):
        return self.number

    @property
    def debtor(self):
        """Who was paid, and owes it."""
        return self.line.claim.employer.name if self.line.claim.employer else self.line.resident.name


class Instalment(models.Model):
    """Money that came back. Written once."""

    clawback = models.ForeignKey(Clawback, models.PROTECT, related_name="instalments")
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    received_on = models.DateField(_("received"))
    voucher = models.CharField(_("voucher"), max_length=60)
    posting = models.ForeignKey(Posting, models.PROTECT, related_name="+")

    natural = ("clawback", "voucher")

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        constraints = [
            models.UniqueConstraint(name="instalment_voucher_once", fields=["clawback", "voucher"]),
            models.CheckConstraint(name="instalment_positive", condition=Q(amount__gt=0)),
        ]

    def __str__(self):
        return f"{self.clawback} {self.amount}"
