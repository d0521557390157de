"""Judge: measured areas against the rule sets in force. Reads the hand judgements once, then pure."""

from dataclasses import dataclass, field

from city.rules import add_months
from reports import rules
from reports.choices import Verdict
from reports.engine import figures, measure, roll_up
from reports.models import ManualJudgement


@dataclass(frozen=True)
class Judged:
    """One criterion of one area: the figure is None for a criterion judged by hand."""

    criterion: object
    figure: rules.Figure | None
    verdict: str
    missing: int | None


@dataclass(frozen=True)
class AreaJudgement:
    area: object
    on: object
    ruleset: object
    verdict: str | None
    points: int | None
    figures: dict
    results: list = field(default_factory=list)

    @property
    def figures_as_lists(self):
        """`{indicator: [numerator, denominator]}`, the denominator of a count null."""
        return {key: [figure.numerator, figure.denominator] for key, figure in self.figures.items()}


def hand_judgements(terms):
    """`{(area_id, criterion): verdict}`: the latest judgement by the day, while it is good."""
    found = {}
    rows = ManualJudgement.objects.filter(judged_on__lte=terms.on)
    if terms.is_partial:
        rows = rows.filter(area__in=[key for key, area in terms.areas.items() if terms.covers(area)])
    for row in rows.order_by("judged_on"):
        if row.area_id in terms.areas:
            months = terms.parameter("judgement_months", row.area_id)
            good = add_months(row.judged_on, months) > terms.on
            found[row.area_id, row.manual] = row.verdict if good else Verdict.NOT_PROVEN
    return found


def judge(terms, area, total, by_hand):
    """The judgement of one area from its summed counts."""
    measured = figures(terms, area, total)
    ruleset = terms.ruleset(area)
    if ruleset is None:
        return AreaJudgement(area, terms.on, None, None, None, measured)
    results = []
    for criterion in terms.criteria(ruleset):
        if criterion.manual:
            verdict = by_hand.get((area.pk, criterion.manual), Verdict.NOT_PROVEN)
            results.append(Judged(criterion, None, verdict, None))
            continue
        figure = measured[criterion.indicator]
        verdict = rules.judge_figure(figure, criterion.comparator, criterion.threshold)
        lacking = rules.missing(figure, criterion.comparator, criterion.threshold)
        results.append(Judged(criterion, figure, verdict, lacking))
    scored = [(result.criterion.kind, result.criterion.points, result.verdict) for result in results]
    labour_force = total["employment_rate__d"]
    verdict, points = rules.judge_area(scored, ruleset.pass_mark, labour_force)
    return AreaJudgement(area, terms.on, ruleset, verdict, points, measured, results)


def judge_all(terms, counts=None):
    """Judgements of every division in the area of `terms`, in order of code; measures unless counts are given."""
    totals = roll_up(terms, measure(terms) if counts is None else counts)
    by_hand = hand_judgements(terms)
    divisions = sorted((terms.areas[key] for key in totals), key=lambda row: row.code)
    return [judge(terms, row, totals[row.pk], by_hand) for row in divisions]
