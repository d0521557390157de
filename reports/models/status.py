from django.db import models
from django.db.models import BigIntegerField, Count, Exists, F, Max, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.models import Area
from reports.choices import CriterionKind, Verdict
from reports.models.rulesets import Criterion, RuleSet
from reports.rules import Figure

_AREA_VERDICTS = [choice for choice in Verdict.choices if choice[0] != Verdict.NOT_APPLICABLE]


class AreaStatusQuerySet(models.QuerySet):
    def within(self, area):
        return self.filter(area__path__startswith=area.path)

    def visible_to(self, posting):
        return self.within(posting.area)

    def latest_day(self):
        """The latest day a night stored, or None where none ever ran."""
        return self.aggregate(latest=Max("on"))["latest"]

    def nearest_days(self, on):
        """The stored days nearest to `on`: at most one not after it and one not before it, in order."""
        ends = self.aggregate(before=Max("on", filter=Q(on__lte=on)), after=Min("on", filter=Q(on__gte=on)))
        return sorted({day for day in ends.values() if day})

    def communities(self):
        return self.filter(area__level=AreaLevel.COMMUNITY)

    def counts_on(self, days):
        """`{day: {verdict: number of communities}}` for the given days; communities without rules under None."""
        counts = {day: {} for day in days}
        for row in self.communities().filter(on__in=days).values("on", "verdict").annotate(number=Count("pk")):
            counts[row["on"]][row["verdict"]] = row["number"]
        return counts

    def failing(self, indicator):
        """Those that do not meet, or have not proven, the criterion on this indicator."""
        failed = CriterionResult.objects.obstacles().filter(criterion__indicator=indicator, status=OuterRef("pk"))
        return self.filter(Exists(failed))

    def with_gap(self, indicator=None):
        """`gap`: persons or households missing in one criterion, or the number of criteria that stand in the way."""
        own = CriterionResult.objects.filter(status=OuterRef("pk")).order_by()
        if indicator:
            gaps = own.filter(criterion__indicator=indicator).values("missing")[:1]
        else:
            gaps = own.obstacles().values("status").annotate(number=Count("pk")).values("number")
        return self.annotate(gap=Coalesce(Subquery(gaps), Value(0), output_field=BigIntegerField()))


class AreaStatus(models.Model):
    """What was known of an area for a day when the night ran: every figure, and the verdict of the rules in force.

    `figures` maps an indicator to `[numerator, denominator]`; the denominator of a count is null.
    """

    area = models.ForeignKey(Area, models.PROTECT, related_name="statuses", db_index=False)
    on = models.DateField(_("day"))
    ruleset = models.ForeignKey(RuleSet, models.PROTECT, null=True, blank=True, related_name="+")
    verdict = models.CharField(_("verdict"), max_length=12, choices=_AREA_VERDICTS, blank=True)
    points = models.PositiveSmallIntegerField(_("points"), null=True, blank=True)
    figures = models.JSONField(_("figures"))
    computed_at = models.DateTimeField(_("computed"))

    objects = AreaStatusQuerySet.as_manager()

    class Meta:
        verbose_name = _("area status")
        verbose_name_plural = _("area statuses")
        constraints = [
            models.UniqueConstraint(name="areastatus_one_a_day", fields=["area", "on"]),
            models.CheckConstraint(
                name="areastatus_verdict_with_its_rules",
                condition=Q(ruleset=None, verdict="") | (Q(ruleset__isnull=False) & ~Q(verdict="")),
            ),
        ]
        indexes = [models.Index(fields=["on", "verdict"], name="areastatus_board")]

    def __str__(self):
        return f"{self.area} {self.on}"


class CriterionResultQuerySet(models.QuerySet):
    def obstacles(self):
        """Criteria that are not met or not proven; those of points only add to a total."""
        return self.filter(verdict__in=[Verdict.NOT_MET, Verdict.NOT_PROVEN]).exclude(
            criterion__kind=CriterionKind.POINTS
        )


class CriterionResult(models.Model):
    """One criterion of one area and day, with its figure, bounds and gap."""

    status = models.ForeignKey(AreaStatus, models.CASCADE, related_name="results", db_index=False)
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    worst_numerator = models.BigIntegerField(null=True)
    worst_denominator = models.BigIntegerField(null=True)
    best_numerator = models.BigIntegerField(null=True)
    best_denominator = models.BigIntegerField(null=True)
    verdict = models.CharField(_("verdict"), max_length=16, choices=Verdict)
    missing = models.BigIntegerField(_("missing"), null=True, help_text="how many more (or fewer) would meet it")

    objects = CriterionResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("criterion result")
        verbose_name_plural = _("criterion results")
        constraints = [
            models.UniqueConstraint(name="criterionresult_one_each", fields=["status", "criterion"]),
            models.CheckConstraint(
                name="criterionresult_bounds_in_order",
                condition=Q(worst_numerator=None) | Q(worst_numerator__lte=F("best_numerator")),
            ),
        ]

    def __str__(self):
        return f"{self.criterion} {self.verdict}"

    @property
    def figure(self):
        """The figure with its bounds; None where the criterion was judged by hand."""
        if self.numerator is None:
            return None
        if self.worst_numerator is None:
            return Figure(self.numerator, self.denominator)
        worst = (self.worst_numerator, self.worst_denominator)
        return Figure(self.numerator, self.denominator, worst, (self.best_numerator, self.best_denominator))


class Chart(models.Model):
    """A picture drawn by the job that made its figures, stored by the digest of its specification."""

    digest = models.CharField(max_length=64)
    specification = models.JSONField()
    svg = models.TextField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("chart")
        verbose_name_plural = _("charts")
        constraints = [models.UniqueConstraint(name="chart_digest_unique", fields=["digest"])]

    def __str__(self):
        return self.digest


class Dashboard(models.Model):
    """The quarter board of a city or district as of a day: which chart belongs to it."""

    area = models.ForeignKey(Area, models.CASCADE, related_name="dashboards", db_index=False)
    on = models.DateField(_("day"))
    chart = models.ForeignKey(Chart, models.PROTECT)

    class Meta:
        verbose_name = _("quarter board")
        verbose_name_plural = _("quarter boards")
        constraints = [models.UniqueConstraint(name="dashboard_one_a_day", fields=["area", "on"])]

    def __str__(self):
        return f"{self.area} {self.on}"
