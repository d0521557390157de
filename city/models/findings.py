from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from city.choices import FindingState
from city.models.areas import Area
from city.models.staff import Staff
from city.models.workflow import Flowing


class FindingQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=FindingState.OPEN)

    def visible_to(self, posting):
        return self.filter(area__path__startswith=posting.area.path)


class Finding(Flowing):
    """Anything doubtful, of one shape: what kind, about what (`key`), on what evidence. Checked again every night."""

    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(max_length=120, help_text="names the doubt within its kind, the same every night")
    area = models.ForeignKey(Area, models.PROTECT, related_name="findings")
    evidence = models.JSONField(_("evidence"), default=dict)
    found_on = models.DateField(_("found"))
    seen_on = models.DateField(_("last seen"))
    state = models.CharField(_("state"), max_length=10, choices=FindingState, default=FindingState.OPEN)
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    words = models.TextField(_("in words"), blank=True)
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            models.UniqueConstraint(name="finding_unique", fields=["kind", "key"]),
            models.CheckConstraint(
                name="finding_reason_when_explained",
                condition=~Q(state=FindingState.EXPLAINED) | ~Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["area", "kind", "id"], name="finding_open_of_area", condition=Q(state="open")),
        ]

    def __str__(self):
        return f"{self.kind} {self.key}"
