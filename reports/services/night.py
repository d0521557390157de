"""Record: judgements become the stored status of the day, switched in whole."""

import time

from django.db import transaction
from django.utils import timezone

from city.bulk import make_room
from city.choices import AreaLevel
from reports.choices import Verdict
from reports.judge import judge_all
from reports.models import AreaStatus, CriterionResult
from reports.terms import Terms

_BATCH = 2_000


def judge_area(area, on, overlay=None):
    """The judgement of one area computed now and not stored: forecasts, the corrected past, policies tried out."""
    terms = Terms(on, area, overlay)
    return next(judged for judged in judge_all(terms) if judged.area.pk == area.pk)


def recompute_status(on, area=None, *, communities=None, counts=None):
    """Compute and store the status of every division in the area (None: of the whole city) for the day.

    `communities` (ids) compute just those, for "recompute what changed"; `counts` are parts already measured.
    Safe to run again: the day's rows are replaced in one transaction, so a reader sees the old night or the new one.
    Superiors of an area computed alone keep their stored figures until the next whole night.
    Returns `{"on", "areas", "verdicts", "seconds"}`; verdicts are those of communities.
    """
    started = time.monotonic()
    with transaction.atomic():
        make_room()
        terms = Terms(on, area, only=communities)
        judgements = judge_all(terms, counts)
        record(judgements)
    verdicts = {verdict.value: 0 for verdict in (Verdict.MET, Verdict.NOT_MET, Verdict.NOT_PROVEN)}
    for judged in judgements:
        if judged.area.level == AreaLevel.COMMUNITY and judged.verdict:
            verdicts[judged.verdict] += 1
    result = {
        "on": on.isoformat(),
        "areas": len(judgements),
        "verdicts": verdicts,
        "seconds": round(time.monotonic() - started, 3),
    }
    if terms.guessed_years:
        result["warnings"] = [f"calendar_missing:{year}" for year in sorted(terms.guessed_years)]
    return result


def record(judgements):
    """Store judgements: the same area and day is replaced."""
    now = timezone.now()
    statuses = AreaStatus.objects.bulk_create(
        [
            AreaStatus(
                area_id=judged.area.pk,
                on=judged.on,
                ruleset=judged.ruleset,
                verdict=judged.verdict or "",
                points=judged.points,
                figures=judged.figures_as_lists,
                computed_at=now,
            )
            for judged in judgements
        ],
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["area", "on"],
        update_fields=["ruleset", "verdict", "points", "figures", "computed_at"],
    )
    CriterionResult.objects.filter(status__in=[status.pk for status in statuses]).delete()
    CriterionResult.objects.bulk_create(
        [_result(status, one) for status, judged in zip(statuses, judgements, strict=True) for one in judged.results],
        batch_size=_BATCH,
    )


def _result(status, judged):
    figure = judged.figure
    row = CriterionResult(status=status, criterion=judged.criterion, verdict=judged.verdict, missing=judged.missing)
    if figure is not None:
        row.numerator, row.denominator = figure.numerator, figure.denominator
        if figure.worst is not None:
            row.worst_numerator, row.worst_denominator = figure.worst
            row.best_numerator, row.best_denominator = figure.best
    return row
