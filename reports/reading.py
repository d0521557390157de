"""An area's status of a day for a page: stored night, present ledger, criteria and further figures."""

from dataclasses import dataclass, field
from fractions import Fraction

from city.choices import AreaLevel
from reports.choices import CriterionKind, Verdict
from reports.indicators import AREA_INDICATORS, INDICATORS
from reports.judge import AreaJudgement, Judged
from reports.models import AreaStatus
from reports.rules import Figure
from reports.services import night
from reports.templatetags.figures import threshold as threshold_words
from reports.wording import COUNT_PARTS, MANUAL, PARTS, missing_sentence, unproven_sentence

#: Comparing a stored night with the present ledger measures the area again: cheap enough below the district to be
#: asked for by the page itself, once it is shown.
COMPARED_LEVELS = {AreaLevel.COMMUNITY, AreaLevel.STREET}


@dataclass
class Row:
    """One figure as a page shows it. `present`: the figure by the present ledger where it differs."""

    key: str
    label: str
    help: str = ""
    is_ratio: bool = True
    numerator: int | None = None
    denominator: int | None = None
    present: tuple | None = None
    criterion: object = None
    verdict: str = ""
    worst: tuple | None = None
    best: tuple | None = None
    missing: str = ""
    parts: list = field(default_factory=list)

    @property
    def threshold(self):
        return threshold_words(self.criterion.threshold, self.is_ratio) if self.is_compared else ""

    @property
    def is_compared(self):
        """False for a further figure and for a criterion judged by hand."""
        return self.criterion is not None and bool(self.criterion.threshold)

    @property
    def by_hand(self):
        return self.criterion is not None and bool(self.criterion.manual)

    @property
    def is_veto(self):
        return self.criterion is not None and self.criterion.kind == CriterionKind.VETO

    @property
    def meter(self):
        """(bar, (doubt from, doubt width), threshold mark) in percent of the whole."""
        bar = _percent(self.numerator, self.denominator)
        doubt = (0, 0)
        if self.worst and self.best and self.worst[1]:
            low, high = _percent(*self.worst), _percent(*self.best)
            bar, doubt = low, (low, round(high - low, 2))
        mark = min(99.6, float(Fraction(self.criterion.threshold) * 100)) if self.is_compared else None
        return bar, doubt, mark


@dataclass
class Reading:
    """`computed_at` is when the night of that day ran; None for a day measured only now."""

    area: object
    on: object
    judged: object
    computed_at: object
    criteria: list
    further: list
    present_verdict: str | None = None

    @property
    def changed(self):
        """Whether the ledger has changed since the night of a stored day."""
        return self.present_verdict is not None or any(row.present for row in [*self.criteria, *self.further])


def _percent(numerator, denominator):
    return round(100 * numerator / denominator, 2) if denominator else 0


def _parts(indicator, figure):
    """[(part, label, number)] of the lists behind a figure."""
    if indicator is None:
        return []
    if not indicator.is_ratio:
        return [("numerator", COUNT_PARTS["numerator"], figure.numerator)]
    numbers = {
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "gap": figure.denominator - figure.numerator,
    }
    if figure.worst:
        numbers["unknown"] = figure.worst[1] - figure.denominator
        numbers["stale"] = figure.best[0] - figure.worst[0] - numbers["unknown"]
    return [(part, PARTS[part], numbers[part]) for part in indicator.parts if part in numbers]


def _criterion_row(judged, present):
    criterion = judged.criterion
    if criterion.manual:
        label = criterion.label or MANUAL.get(criterion.manual, criterion.manual)
        return Row(key=criterion.manual, label=label, criterion=criterion, verdict=judged.verdict)
    indicator = INDICATORS.get(criterion.indicator)
    label = criterion.label or (indicator.label if indicator else AREA_INDICATORS.get(criterion.indicator))
    figure = judged.figure
    row = Row(
        key=criterion.indicator,
        label=label or criterion.indicator,
        help=indicator.help if indicator else "",
        is_ratio=indicator.is_ratio if indicator else True,
        numerator=figure.numerator,
        denominator=figure.denominator,
        present=_difference(present, criterion.indicator, figure),
        criterion=criterion,
        verdict=judged.verdict,
        worst=figure.worst,
        best=figure.best,
        parts=_parts(indicator, figure),
    )
    if judged.verdict == Verdict.NOT_MET:
        row.missing = missing_sentence(row.key, row.is_ratio, criterion.comparator, judged.missing, row.threshold)
    elif judged.verdict == Verdict.NOT_PROVEN:
        numbers = {part: number for part, _label, number in row.parts}
        row.missing = unproven_sentence(numbers.get("stale", 0), numbers.get("unknown", 0))
    return row


def _difference(present, key, figure):
    """The present ledger's figure where it is another one."""
    now = present.figures.get(key) if present else None
    if now is None or (now.numerator, now.denominator) == (figure.numerator, figure.denominator):
        return None
    return now.numerator, now.denominator


def _further_rows(figures, present, shown):
    declared = INDICATORS | dict.fromkeys(AREA_INDICATORS)
    rows = []
    for key, indicator in declared.items():
        if key in shown or key not in figures:
            continue
        figure = figures[key]
        rows.append(
            Row(
                key=key,
                label=indicator.label if indicator else AREA_INDICATORS[key],
                help=indicator.help if indicator else "",
                is_ratio=figure.denominator is not None,
                numerator=figure.numerator,
                denominator=figure.denominator,
                present=_difference(present, key, figure),
                parts=_parts(indicator, figure),
            )
        )
    return rows


def stored_judgement(area, on):
    """The judgement of a stored night in the shape of a fresh one, with `computed_at`; None if not stored."""
    status = (
        AreaStatus.objects.filter(area=area, on=on)
        .select_related("ruleset__document")
        .prefetch_related("results__criterion")
        .first()
    )
    if status is None:
        return None, None
    results = [
        Judged(result.criterion, result.figure, result.verdict, result.missing) for result in status.results.all()
    ]
    figures = {key: Figure(*pair) for key, pair in status.figures.items()}
    judged = AreaJudgement(area, on, status.ruleset, status.verdict, status.points, figures, results)
    return judged, status.computed_at


def _vetoes_first(judged):
    return judged.criterion.kind != CriterionKind.VETO, judged.criterion.position


def read(area, on, compare=False):
    """The status of an area for a day: the stored night where there is one, else measured from the ledger now."""
    judged, computed_at = stored_judgement(area, on)
    present = None
    if judged is None:
        judged = night.judge_area(area, on)
    elif compare:
        present = night.judge_area(area, on)
    results = sorted(judged.results, key=_vetoes_first)
    criteria = [_criterion_row(one, present) for one in results]
    return Reading(
        area=area,
        on=on,
        judged=judged,
        computed_at=computed_at,
        criteria=criteria,
        further=_further_rows(judged.figures, present, {row.key for row in criteria}),
        present_verdict=present.verdict if present and present.verdict != judged.verdict else None,
    )
