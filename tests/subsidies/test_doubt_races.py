"""A claim handed in while the night looks at all of them, on PostgreSQL: each doubt is opened once, nobody fails."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from city.models import Finding, Move
from city.trail import acting
from subsidies import doubts
from subsidies.choices import ClaimState
from subsidies.models import Claim, LineFinding
from tests.city.factories import EmployerFactory
from tests.households.factories import HouseholdFactory
from tests.subsidies.factories import ClaimFactory
from tests.subsidies.test_doubt_findings import ON, line_of

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
LOOKS = 8


def test_looks_at_once_open_each_doubt_once():
    with acting(reason="test"):
        home, employer = HouseholdFactory(), EmployerFactory()
        for _number in range(3):
            line_of(ClaimFactory(area=home.community, employer=employer, state=ClaimState.SUBMITTED), home, dead=True)
    ids = list(Claim.objects.values_list("pk", flat=True))
    together = Barrier(LOOKS)

    def look(number):
        try:
            together.wait(timeout=60)
            return doubts.check(ON, ids[number % 3 :] if number % 2 else None)
        finally:
            connection.close()

    with ThreadPoolExecutor(LOOKS) as pool:
        told = list(pool.map(look, range(LOOKS)))
    assert sum(counts.get("claimed_dead", {}).get("new", 0) for counts in told) == 3
    assert (Finding.objects.count(), LineFinding.objects.count(), Move.objects.count()) == (3, 3, 0)
