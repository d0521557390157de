"""What if: the verdicts under another rule set or threshold, nothing stored."""

import copy

from city.choices import AreaLevel
from reports.engine import measure
from reports.judge import judge_all
from reports.terms import Overlay, Terms


def flips(on, area, overlay, *, same_measure=False):
    """`{"met_now", "met_then", "flips": [{"area", "name", "from", "to"}]}` for the communities of the area.

    `same_measure`: the overlay changes thresholds alone, so what was measured serves both.
    """
    now_terms, then_terms = Terms(on, area), Terms(on, area, overlay)
    counts = measure(now_terms)
    now = _verdicts(now_terms, counts)
    then = _verdicts(then_terms, counts if same_measure else measure(then_terms))
    changed = [
        {"area": code, "name": name, "from": verdict, "to": then[code][1]}
        for code, (name, verdict) in now.items()
        if then[code][1] != verdict
    ]
    return {
        "met_now": sum(verdict == "met" for _name, verdict in now.values()),
        "met_then": sum(verdict == "met" for _name, verdict in then.values()),
        "flips": changed,
    }


def _verdicts(terms, counts):
    return {
        judged.area.code: (judged.area.name, judged.verdict)
        for judged in judge_all(terms, counts)
        if judged.area.level == AreaLevel.COMMUNITY
    }


def with_threshold(ruleset, indicator, threshold):
    """The rule set with one threshold changed, as an overlay for its own area; the stored parameters hold."""
    tried = copy.copy(ruleset)
    tried.parameters = {}
    criteria = [copy.copy(criterion) for criterion in ruleset.criteria.all()]
    for criterion in criteria:
        if criterion.indicator == indicator:
            criterion.threshold = threshold
    return Overlay(tried, criteria)
