from django.db import models
from django.utils.translation import gettext_lazy as _

from city.choices import TrailOperation
from city.models.staff import Posting, Staff


class TrailAct(models.Model):
    """Who did something, under which posting, why and from where; every entry hangs on one."""

    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="acts")
    posting = models.ForeignKey(Posting, models.PROTECT, null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    request_id = models.CharField(max_length=40, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("act")
        verbose_name_plural = _("acts")

    def __str__(self):
        return self.reason


class TrailEntry(models.Model):
    """One written row. An insert stores its key, an update or delete the row as it was before.

    Of many rows inserted at once under keys in a row there is one entry, from `key` to `last_key` (PostgreSQL only).
    """

    # The triggers look the act up once a statement; a constraint would do so once a row.
    act = models.ForeignKey(TrailAct, models.PROTECT, related_name="entries", db_constraint=False)
    table = models.CharField(max_length=63)
    key = models.CharField(max_length=40)
    last_key = models.BigIntegerField(null=True, blank=True)
    operation = models.CharField(max_length=1, choices=TrailOperation)
    before = models.JSONField(null=True, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("trail entry")
        verbose_name_plural = _("audit trail")
        indexes = [models.Index(fields=["table", "key"], name="trailentry_row")]

    def __str__(self):
        return f"{self.table} {self.keys} {self.operation}"

    @property
    def keys(self):
        return self.key if self.last_key is None else f"{self.key}–{self.last_key}"


class TrailBlock(models.Model):
    """A sealed stretch of the trail: the digest covers its entries and the digest before."""

    first_entry = models.BigIntegerField()
    last_entry = models.BigIntegerField()
    entries = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("sealed block")
        verbose_name_plural = _("sealed blocks")
        constraints = [models.UniqueConstraint(name="trailblock_last_entry_unique", fields=["last_entry"])]

    def __str__(self):
        return f"{self.first_entry}–{self.last_entry}"
