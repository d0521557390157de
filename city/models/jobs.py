from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from city.choices import RunState
from city.models.staff import Posting


class RunQuerySet(models.QuerySet):
    def visible_to(self, posting):
        """A person sees the runs they started; the city and the system administrator see every one."""
        if posting.may("city.view_all_runs"):
            return self.all()
        return self.filter(posting__staff=posting.staff_id)

    def unfinished(self):
        return self.filter(state__in=[RunState.WAITING, RunState.RUNNING])


class Run(models.Model):
    """The truth about one job: Celery and Redis only deliver its number."""

    job = models.CharField(_("job"), max_length=40)
    business_day = models.DateField(_("business day"), null=True, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=RunState, default=RunState.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    posting = models.ForeignKey(Posting, models.PROTECT, null=True, blank=True)
    queued_at = models.DateTimeField(_("queued"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [
            models.UniqueConstraint(
                name="run_one_per_job_and_day", fields=["job", "business_day"], condition=Q(business_day__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["-id", "job"], name="run_newest_first"),
            models.Index(fields=["state"], name="run_unfinished", condition=Q(state__in=["waiting", "running"])),
        ]

    def __str__(self):
        return f"{self.job} {self.business_day or self.pk}"

    @property
    def percent(self):
        return 100 * self.rows_done // self.rows_total if self.rows_total else None


class Lease(models.Model):
    """A lock for databases without advisory locks: held while its heartbeat is fresh."""

    name = models.CharField(max_length=80, primary_key=True)
    holder = models.UUIDField()
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self):
        return self.name
