"""Another threshold tried out on a page: which rule set it changes, and what would turn."""

from django.db.models import Count

from city.choices import AreaLevel
from reports.indicators import INDICATORS
from reports.models import AreaStatus, RuleSet
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
    """`{"met_now", "met_then", "flips"}` of the area's communities under the changed threshold; nothing is stored."""
    return flips(on, area, with_threshold(ruleset, indicator, format(threshold.normalize(), "f")))
