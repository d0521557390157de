"""Suspects of every kind planted among lines that are right: all are found, nothing else is."""

from collections import defaultdict

import pytest

from subsidies import doubts
from subsidies.choices import Doubt
from subsidies.models import LineFinding
from tests.subsidies.planting import ON, Planting

pytestmark = pytest.mark.django_db


def test_every_suspect_is_found_and_nobody_else():
    planting = Planting(lines=3_000, suspects=80)
    doubts.check(ON)
    found = defaultdict(set)
    for kind, line_id in LineFinding.objects.values_list("finding__kind", "line"):
        found[Doubt(kind)].add(line_id)
    assert found == planting.planted
    assert set(found) == set(Doubt)
    assert sum(map(len, found.values())) == 80
