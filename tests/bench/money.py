"""A million random lines against whole fen, and a hundred thousand terms against a walk through the calendar."""

import time
from decimal import Decimal

from tests.subsidies.exact import difference
from tests.subsidies.terms_reference import different

LINES, CASES = 1_000_000, 100_000


def measure():
    started = time.perf_counter()
    wrong, apart = difference(LINES)
    if wrong or apart != Decimal("0.00"):
        raise AssertionError((wrong, apart))
    yield f"{LINES} lines to the fen, 0.00 yuan apart", time.perf_counter() - started, None, None
    started = time.perf_counter()
    if found := different(CASES):
        raise AssertionError(found[:5])
    yield f"{CASES} terms as by the calendar, 0 different", time.perf_counter() - started, None, None
