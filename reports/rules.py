"""Judging: pure functions over whole numbers and exact fractions (definitions: `docs/indicators.md`)."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from reports.choices import Comparator, CriterionKind, Verdict


@dataclass(frozen=True)
class Figure:
    """`denominator` is None for a count; `worst` and `best` are (numerator, denominator) where evidence is judged."""

    numerator: int
    denominator: int | None = None
    worst: tuple[int, int] | None = None
    best: tuple[int, int] | None = None


def holds(numerator, denominator, comparator, threshold):
    """The comparison on whole numbers: numerator × 1 against threshold × denominator."""
    limit = Fraction(threshold) * (1 if denominator is None else denominator)
    if comparator == Comparator.AT_LEAST:
        return numerator >= limit
    return numerator <= limit if comparator == Comparator.AT_MOST else numerator == limit


def judge_figure(figure, comparator, threshold):
    """Verdict of one figure: with bounds it is proven only where both ends agree."""
    if figure.worst is not None:
        if figure.worst[1] == 0:
            return Verdict.NOT_APPLICABLE
        ends = {holds(*end, comparator, threshold) for end in (figure.worst, figure.best)}
        if len(ends) == 2:
            return Verdict.NOT_PROVEN
        return Verdict.MET if ends == {True} else Verdict.NOT_MET
    if figure.denominator == 0:
        return Verdict.NOT_APPLICABLE
    return Verdict.MET if holds(figure.numerator, figure.denominator, comparator, threshold) else Verdict.NOT_MET


def missing(figure, comparator, threshold):
    """How many more hits (at least) or fewer (at most) would meet the criterion; 0 when it is met as it stands."""
    if figure.denominator == 0:
        return 0
    limit = Fraction(threshold) * (1 if figure.denominator is None else figure.denominator)
    if comparator == Comparator.AT_LEAST:
        return max(0, ceil(limit) - figure.numerator)
    if comparator == Comparator.AT_MOST:
        return max(0, figure.numerator - floor(limit))
    return abs(figure.numerator - floor(limit))


def judge_area(judged, pass_mark, labour_force):
    """Verdict and points of an area from its judged criteria `[(kind, points, verdict)]`.

    Points not proven are lost at worst and won at best; the points shown are those at worst. An area without labour
    force is not proven, whatever its criteria say: nobody was surveyed.
    """
    points = None
    if pass_mark is not None:
        scored = [(worth, verdict) for kind, worth, verdict in judged if kind == CriterionKind.POINTS]
        points = sum(worth for worth, verdict in scored if verdict in (Verdict.MET, Verdict.NOT_APPLICABLE))
        best = points + sum(worth for worth, verdict in scored if verdict == Verdict.NOT_PROVEN)
    if labour_force == 0:
        return Verdict.NOT_PROVEN, points
    blocking = {verdict for kind, _worth, verdict in judged if kind != CriterionKind.POINTS}
    if pass_mark is not None and points < pass_mark:
        blocking.add(Verdict.NOT_PROVEN if best >= pass_mark else Verdict.NOT_MET)
    for verdict in (Verdict.NOT_MET, Verdict.NOT_PROVEN):
        if verdict in blocking:
            return verdict, points
    return Verdict.MET, points


def bounds(numerator, denominator, stale_hits, stale_others, unknown):
    """(worst, best): stale evidence may be wrong either way, an unknown person may turn out to be anything."""
    whole = denominator + unknown
    return (numerator - stale_hits, whole), (numerator + stale_others + unknown, whole)
