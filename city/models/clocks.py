from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from city.choices import ClockUnit, PauseReason
from city.models.staff import Staff


class Clock(models.Model):
    """A due moment counted in working days or hours. Paused, it has none until it goes on; stopped, it is kept."""

    unit = models.CharField(_("counted in"), max_length=15, choices=ClockUnit)
    allowance = models.PositiveSmallIntegerField(_("allowance"))
    started_at = models.DateTimeField(_("started"))
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)

    natural = ("unit", "allowance")

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints = [
            models.CheckConstraint(
                name="clock_due_after_start", condition=Q(due_at=None) | Q(due_at__gte=F("started_at"))
            ),
            models.CheckConstraint(
                name="clock_stops_after_start", condition=Q(stopped_at=None) | Q(stopped_at__gte=F("started_at"))
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="clock_running_by_due", condition=Q(stopped_at=None)),
        ]

    def __str__(self):
        return f"{self.due_at or '–'}"


class ClockPause(models.Model):
    """Time that does not count, with the coded reason. While open, the clock has no due moment."""

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="pauses")
    reason = models.CharField(_("reason"), max_length=20, choices=PauseReason)
    words = models.CharField(_("in words"), max_length=200, blank=True)
    paused_at = models.DateTimeField(_("paused"))
    resumed_at = models.DateTimeField(_("resumed"), null=True, blank=True)
    paused_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")

    natural = ("clock", "reason")

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        constraints = [
            models.UniqueConstraint(name="clockpause_one_open", fields=["clock"], condition=Q(resumed_at=None)),
            models.CheckConstraint(
                name="clockpause_in_order", condition=Q(resumed_at=None) | Q(resumed_at__gte=F("paused_at"))
            ),
        ]

    def __str__(self):
        return self.get_reason_display()
