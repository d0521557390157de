"""Suspects among two hundred thousand lines: all found, how many others are, and how long it takes (assurance R59)."""

import time
from collections import defaultdict

from city.trail import acting
from subsidies import doubts, reconciling
from subsidies.choices import Doubt
from subsidies.models import LineFinding
from tests.subsidies.planting import ON, Planting

LINES, SUSPECTS = 200_000, 1_039
_TEN_MINUTES = 600


def measure():
    with acting(reason="bench"):
        planting = Planting(LINES, SUSPECTS)
    started = time.perf_counter()
    doubts.check(ON)
    taken = time.perf_counter() - started
    found = defaultdict(set)
    for kind, line_id in LineFinding.objects.values_list("finding__kind", "line"):
        found[Doubt(kind)].add(line_id)
    hits = sum(len(found[kind] & lines) for kind, lines in planting.planted.items())
    wrong = sum(len(found[kind] - planting.planted.get(kind, set())) for kind in Doubt)
    planted = sum(map(len, planting.planted.values()))
    if (hits, planted) != (SUSPECTS, SUSPECTS) or wrong * 100 > SUSPECTS:
        raise AssertionError((hits, planted, wrong, {kind: len(lines) for kind, lines in found.items()}))
    told = f"{hits} of {planted} suspects of {len(Doubt)} kinds in {planting.count} lines, {wrong} false"
    yield told, taken, None, _TEN_MINUTES
    started = time.perf_counter()
    doubts.check(ON)
    yield "the same looked at again the next night", time.perf_counter() - started, None, _TEN_MINUTES
    started = time.perf_counter()
    reconciling.reconcile(ON)
    yield "books of their claims held against each other", time.perf_counter() - started, None, _TEN_MINUTES
