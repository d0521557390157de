"""The first three rows of the table: the night, another day, and only what changed."""

import time

from city.models import Area
from reports.models import AreaStatus
from reports.services.night import recompute_status
from tests.bench import grouped

ROUNDS = 3


def quickest(work, *arguments):
    """Seconds of the best of a few rounds."""
    found = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        work(*arguments)
        found.append(time.perf_counter() - started)
    return min(found)


def differing(on):
    """Communities whose stored figures are not those of the statement written by hand."""
    by_hand = grouped.figures()
    stored = AreaStatus.objects.filter(on=on, area__in=by_hand).values_list("area_id", "figures")
    return sum(
        any(list(figures[key]) != by_hand[area_id][key] for key in grouped.FIGURES) for area_id, figures in stored
    )


def measure(on, suffix=""):
    grouped.prepare(on)
    by_hand = quickest(grouped.run, on)
    night = quickest(recompute_status, on)
    different = differing(on)
    note = f"; {different} communities differ!" if different else ""
    yield f"the night{suffix}{note}", night, by_hand, 1.5
    if suffix:
        return
    yield "another day against today", quickest(recompute_status, grouped.days_before(on, 200)), night, 1.3
    communities = list(Area.objects.communities().order_by("code").values_list("pk", flat=True))
    some = communities[:: max(1, len(communities) // max(1, len(communities) // 100))]
    partly = quickest(lambda: recompute_status(on, communities=some))
    yield f"only {len(some)} of {len(communities)} communities against the night", partly, night, 1 / 20
