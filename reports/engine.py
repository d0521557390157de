"""Measure: a fixed number of grouped queries give every figure of every community, whatever their number."""

from collections import defaultdict

from django.db.models import Count, Q

from city.choices import AreaLevel
from reports.indicators import INDICATORS, UNKNOWN
from reports.rules import Figure, bounds


def _stale(terms, mapping_index):
    return Q(confirmed_on__lte=terms.stale_expression(mapping_index))


def _aggregates(indicator, terms):
    """Named conditional counts of one indicator: `n`, `d`, `ux`, and per kind of evidence rule `ue<i>`, `us<i>`."""
    key, counted = indicator.key, indicator.population.counted
    hit = indicator.hit(terms)
    base = indicator.base(terms) if indicator.base else Q()

    def count(condition):
        return Count(*counted.source_expressions[:1], distinct=counted.distinct, filter=condition or None)

    found = {f"{key}__n": count(base & hit)}
    if indicator.is_ratio:
        found[f"{key}__d"] = count(base)
    if indicator.bounded:
        found[f"{key}__ux"] = count(UNKNOWN)
        for place in range(len(terms.stale_levels)):
            stale = _stale(terms, place)
            found[f"{key}__ue{place}"] = count(base & hit & stale)
            found[f"{key}__us{place}"] = count(base & stale)
    return found


def measure(terms):
    """`{community_id: {"<indicator>__n": …, "__d": …, "__ux": …, "__ue<i>": …, "__us<i>": …}}` for the day of `terms`.

    `ue` are stale persons who count, `us` all stale persons of the denominator, `ux` the unknown ones.
    """
    counts = defaultdict(dict)
    if not terms.communities:
        return counts
    by_population = defaultdict(list)
    for indicator in INDICATORS.values():
        by_population[indicator.population].append(indicator)
    for population, indicators in by_population.items():
        if any(indicator.kept for indicator in indicators):
            _measure_by_row(population, indicators, terms, counts)
            continue
        aggregates = {}
        for indicator in indicators:
            aggregates |= _aggregates(indicator, terms)
        for row in population.rows(terms).order_by().values(population.place).annotate(**aggregates):
            counts[row.pop(population.place)] |= row
    return counts


def _measure_by_row(population, indicators, terms, counts):
    for row in population.rows(terms):
        for indicator in indicators:
            if indicator.kept(row, terms):
                own = counts[row.community_id]
                own[f"{indicator.key}__n"] = own.get(f"{indicator.key}__n", 0) + 1


def roll_up(terms, counts):
    """`{area_id: counts}` of every division at or below the area: the sum over its communities."""
    totals = {key: defaultdict(int) for key, row in terms.areas.items() if terms.covers(row)}
    for community_id in terms.communities:
        community = terms.areas[community_id]
        for area_id in community.ids:
            if area_id in totals:
                own = totals[area_id]
                for name, number in counts.get(community_id, {}).items():
                    own[name] += number
                own["station_coverage__n"] += community.has_station
                own["station_coverage__d"] += 1
    return totals


def figures(terms, area, total):
    """`{indicator: Figure}` of one area from its summed counts, with bounds where its rule set judges evidence."""
    ruleset = terms.ruleset(area)
    place = terms.stale_place(area.level) if ruleset and ruleset.evidence_months is not None else None
    found = {}
    for key, indicator in INDICATORS.items():
        numerator = total[f"{key}__n"]
        if not indicator.is_ratio:
            found[key] = Figure(numerator)
            continue
        denominator = total[f"{key}__d"]
        worst = best = None
        if indicator.bounded and place is not None:
            stale_hits = total[f"{key}__ue{place}"]
            stale_others = total[f"{key}__us{place}"] - stale_hits
            worst, best = bounds(numerator, denominator, stale_hits, stale_others, total[f"{key}__ux"])
        found[key] = Figure(numerator, denominator, worst, best)
    if area.level != AreaLevel.COMMUNITY:
        found["station_coverage"] = Figure(total["station_coverage__n"], total["station_coverage__d"])
    return found
