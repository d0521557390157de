"""The stored status of a day in the contract's shape: JSON, or a table of every figure."""

import json

from django.db.models import Prefetch

from city.exports import WRITERS
from reports.indicators import AREA_INDICATORS, INDICATORS
from reports.models import AreaStatus, CriterionResult

_HEAD = ["area", "name", "level", "on", "ruleset", "verdict", "points"]
_KEYS = [*INDICATORS, *AREA_INDICATORS]


def is_stored(area, on):
    return AreaStatus.objects.filter(area=area, on=on).exists()


def rows(area, on, level=None):
    """One dict an area, sorted by code: the area and all below it, or one level of them."""
    results = CriterionResult.objects.select_related("criterion").order_by("criterion__position")
    statuses = AreaStatus.objects.within(area).filter(on=on).select_related("area", "ruleset")
    if level:
        statuses = statuses.filter(area__level=level)
    return [_row(status) for status in statuses.prefetch_related(Prefetch("results", results)).order_by("area__code")]


def _row(status):
    return {
        "area": status.area.code,
        "name": status.area.name,
        "level": status.area.level,
        "on": status.on.isoformat(),
        "ruleset": status.ruleset.key if status.ruleset else None,
        "verdict": status.verdict or None,
        "points": status.points,
        "criteria": [_criterion(result) for result in status.results.all()],
        "indicators": {key: status.figures[key] for key in _KEYS if key in status.figures},
    }


def _criterion(result):
    """Of a criterion judged by hand everything measured is null; `manual` names it."""
    criterion = result.criterion
    bounded = result.worst_numerator is not None
    by_hand = {"manual": criterion.manual} if criterion.manual else {}
    return by_hand | {
        "indicator": criterion.indicator or None,
        "numerator": result.numerator,
        "denominator": result.denominator,
        "worst": [result.worst_numerator, result.worst_denominator] if bounded else None,
        "best": [result.best_numerator, result.best_denominator] if bounded else None,
        "comparator": criterion.comparator or None,
        "threshold": criterion.threshold or None,
        "kind": criterion.kind,
        "verdict": result.verdict,
    }


def _as_json(status_rows):
    return (json.dumps(status_rows, ensure_ascii=False, indent=1) + "\n").encode()


def _table(status_rows):
    yield [*_HEAD, *(f"{key} {part}" for key in _KEYS for part in ("numerator", "denominator"))]
    for row in status_rows:
        figures = (row["indicators"].get(key, [None, None]) for key in _KEYS)
        yield [*(row[name] for name in _HEAD), *(number for figure in figures for number in figure)]


FORMATS = {
    "json": _as_json,
    "csv": lambda status_rows: WRITERS["csv"](_table(status_rows)),
    "xlsx": lambda status_rows: WRITERS["xlsx"](_table(status_rows)),
}
