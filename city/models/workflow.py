from django.db import models
from django.utils.translation import gettext_lazy as _

from city.models.staff import Posting, Staff


class Flowing(models.Model):
    """Moves only through `city.moves.move`. A subclass has `state`; `version` tells a stale page from a fresh one."""

    version = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        abstract = True


class Move(models.Model):
    """One step of one object through its workflow: who, when, from, to, why. Written once, never changed."""

    workflow = models.CharField(max_length=40)
    key = models.BigIntegerField()
    action = models.CharField(_("action"), max_length=30)
    from_state = models.CharField(_("from"), max_length=20, blank=True)
    to_state = models.CharField(_("to"), max_length=20)
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    words = models.TextField(_("in words"), blank=True)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    posting = models.ForeignKey(Posting, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        indexes = [models.Index(fields=["workflow", "key", "id"], name="move_of_object")]

    def __str__(self):
        return f"{self.workflow} {self.action}"
