from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.models import Area, PolicyDocument, Staff
from reports.choices import Comparator, CriterionKind, Verdict

_LEVELS = [level for level in AreaLevel.choices if level[0] != AreaLevel.GRID]
_JUDGED = [(Verdict.MET.value, Verdict.MET.label), (Verdict.NOT_MET.value, Verdict.NOT_MET.label)]


class RuleSetQuerySet(models.QuerySet):
    def in_force_on(self, day):
        """The latest of each level and area by the day, as a list in order of level and area."""
        newest = {}
        started = self.filter(in_force_from__lte=day).select_related("document", "area")
        for ruleset in started.prefetch_related("criteria").order_by("in_force_from", "loaded_at", "pk"):
            newest[ruleset.level, ruleset.area_id] = ruleset
        return sorted(newest.values(), key=lambda ruleset: (ruleset.area.path, ruleset.level))

    def visible_to(self, posting):
        """Those of the posting's area and below, and those of its superiors, which hold there too."""
        return self.filter(Q(area__path__startswith=posting.area.path) | Q(area__in=posting.area.path_ids))


class RuleSet(models.Model):
    """Criteria of one legal document for one level of area, in force for an area from a day on.

    A changed file makes a new row: nights judged under the old one keep pointing to it.
    """

    key = models.SlugField(_("key"), max_length=60, db_index=False)
    title = models.CharField(_("title"), max_length=120)
    document = models.ForeignKey(PolicyDocument, models.PROTECT, related_name="rulesets")
    level = models.CharField(_("level"), max_length=10, choices=_LEVELS)
    area = models.ForeignKey(Area, models.PROTECT, related_name="rulesets")
    in_force_from = models.DateField(_("in force from"))
    evidence_months = models.PositiveSmallIntegerField(_("evidence months"), null=True, blank=True)
    pass_mark = models.PositiveSmallIntegerField(_("pass mark"), null=True, blank=True)
    parameters = models.JSONField(_("parameters it sets"), default=dict, blank=True)
    source = models.TextField(_("source file"))
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(_("loaded"), auto_now_add=True)

    objects = RuleSetQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule set")
        verbose_name_plural = _("rule sets")
        constraints = [
            models.UniqueConstraint(
                name="ruleset_same_text_once", fields=["area", "level", "in_force_from", "key", "digest"]
            )
        ]

    def __str__(self):
        return self.key


class Criterion(models.Model):
    """One test of a rule set: an indicator compared with a threshold, or a question judged by hand."""

    ruleset = models.ForeignKey(RuleSet, models.CASCADE, related_name="criteria", db_index=False)
    position = models.PositiveSmallIntegerField()
    indicator = models.CharField(_("indicator"), max_length=60, blank=True)
    manual = models.CharField(_("judged by hand"), max_length=60, blank=True)
    label = models.CharField(_("wording"), max_length=200, blank=True)
    comparator = models.CharField(_("comparator"), max_length=2, choices=Comparator, blank=True)
    threshold = models.CharField(_("threshold"), max_length=20, blank=True, help_text="a decimal, as written")
    kind = models.CharField(_("kind"), max_length=10, choices=CriterionKind)
    points = models.PositiveSmallIntegerField(_("points"), null=True, blank=True)

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(name="criterion_position_unique", fields=["ruleset", "position"]),
            models.CheckConstraint(
                name="criterion_indicator_or_manual",
                condition=Q(manual="") & ~Q(indicator="") & ~Q(comparator="") & ~Q(threshold="")
                | ~Q(manual="") & Q(indicator="", comparator="", threshold=""),
            ),
            models.CheckConstraint(
                name="criterion_points_with_their_kind",
                condition=Q(kind=CriterionKind.POINTS, points__isnull=False)
                | (~Q(kind=CriterionKind.POINTS) & Q(points=None)),
            ),
        ]

    def __str__(self):
        return self.indicator or self.manual


class ManualJudgement(models.Model):
    """A criterion judged by hand for an area on a day, by a person; good for twelve months."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="judgements")
    manual = models.CharField(_("criterion"), max_length=60)
    judged_on = models.DateField(_("judged"))
    verdict = models.CharField(_("verdict"), max_length=20, choices=_JUDGED)
    note = models.CharField(_("note"), max_length=300, blank=True)
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("judgement by hand")
        verbose_name_plural = _("judgements by hand")
        constraints = [
            models.UniqueConstraint(name="manualjudgement_one_a_day", fields=["area", "manual", "judged_on"])
        ]

    def __str__(self):
        return f"{self.manual} {self.judged_on}"
