from django.db import models
from django.utils.translation import gettext_lazy as _

from city.choices import SheetState
from city.models.files import StoredFile
from city.models.jobs import Run
from city.models.staff import Posting
from city.models.trail import TrailAct


class SheetImportQuerySet(models.QuerySet):
    def visible_to(self, posting):
        if posting.may("city.view_all_runs"):
            return self.all()
        return self.filter(posting__area__path__startswith=posting.area.path)


class SheetImport(models.Model):
    """One uploaded sheet from check to decision; what it wrote hangs on its act, so it can be undone whole."""

    kind = models.CharField(_("sheet"), max_length=30)
    on = models.DateField(_("as of"))
    state = models.CharField(_("state"), max_length=12, choices=SheetState, default=SheetState.CHECKING)
    posting = models.ForeignKey(Posting, models.PROTECT, null=True, blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    errors_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True)
    act = models.ForeignKey(TrailAct, models.PROTECT, null=True, blank=True)
    summary = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = SheetImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("sheet import")
        verbose_name_plural = _("sheet imports")
        indexes = [models.Index(fields=["posting", "-id"], name="sheetimport_mine_newest")]

    def __str__(self):
        return f"{self.kind} {self.on}"


class IdempotencyKey(models.Model):
    """A form sent twice answers twice alike and works once."""

    posting = models.ForeignKey(Posting, models.CASCADE)
    key = models.UUIDField()
    answer = models.CharField(max_length=300, help_text="where the first send was redirected to")
    body_sha256 = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="of what the first send held"
    )
    used_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(name="idempotencykey_once", fields=["posting", "key"])]

    def __str__(self):
        return str(self.key)
