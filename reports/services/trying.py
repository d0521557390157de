"""Another threshold tried out on a page: which rule set it changes, and what would turn."""

from django.db.models import Count, Prefetch

from city.choices import AreaLevel
from reports import rules
from reports.choices import Verdict
from reports.indicators import INDICATORS
from reports.models import AreaStatus, CriterionResult, RuleSet
from reports.services.what_if import flips, with_threshold


def ruleset_for(area, judged):
    """The rule set the area's communities are judged by: its own, or the one most of them share in the last night."""
    if area.level == AreaLevel.COMMUNITY:
        return judged.ruleset
    statuses = AreaStatus.objects.within(area).communities().filter(ruleset__isnull=False)
    latest = statuses.filter(on__lte=judged.on).latest_day()
    row = statuses.filter(on=latest).values("ruleset").annotate(number=Count("pk")).order_by("-number").first()
    return RuleSet.objects.filter(pk=row["ruleset"]).prefetch_related("criteria").first() if row else None


def tryable(ruleset):
    """Criteria with a threshold over a known indicator, in order."""
    return [criterion for criterion in ruleset.criteria.all() if criterion.indicator in INDICATORS]


def try_threshold(area, on, ruleset, *, indicator, threshold):
    """`{"met_now", "met_then", "flips"}` of the area's communities under the changed threshold; nothing is stored.

    A stored night is judged again from its own figures, whatever the size of the city; any other day is measured.
    """
    threshold = format(threshold.normalize(), "f")
    results = CriterionResult.objects.select_related("criterion")
    stored = AreaStatus.objects.within(area).communities().filter(on=on)
    stored = list(stored.select_related("area").prefetch_related(Prefetch("results", results)).order_by("area__code"))
    if not stored:
        return flips(on, area, with_threshold(ruleset, indicator, threshold), same_measure=True)
    then = {
        status: _judged_again(status, ruleset, indicator, threshold)
        if status.ruleset_id == ruleset.pk
        else status.verdict
        for status in stored
    }
    return {
        "met_now": sum(status.verdict == Verdict.MET for status in stored),
        "met_then": sum(verdict == Verdict.MET for verdict in then.values()),
        "flips": [
            {"area": status.area.code, "name": status.area.name, "from": status.verdict, "to": verdict}
            for status, verdict in then.items()
            if verdict != status.verdict
        ],
    }


def _judged_again(status, ruleset, indicator, threshold):
    judged = []
    for result in status.results.all():
        criterion, verdict = result.criterion, result.verdict
        if criterion.indicator == indicator:
            verdict = rules.judge_figure(result.figure, criterion.comparator, threshold)
        judged.append((criterion.kind, criterion.points, verdict))
    verdict, _points = rules.judge_area(judged, ruleset.pass_mark, status.figures["employment_rate"][1])
    return verdict
