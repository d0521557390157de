"""The same visit sent by two at the same moment: one is kept, the other is told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from city.trail import acting
from config.conflict import Conflict
from households import ledger
from households.models import Visit
from households.services.visits import VisitRefused, correct_visit, record_visit
from tests.city.factories import AreaFactory, PostingFactory
from tests.households.factories import HouseholdFactory, LabourSpellFactory, ResidentFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
AT_ONCE = 4


@pytest.fixture
def household():
    with acting(reason="test"):
        home = HouseholdFactory(community=AreaFactory(community=True))
        LabourSpellFactory(resident=ResidentFactory(home=home))
        ledger.rebuild()
    return home


@pytest.fixture
def clerk(household):
    with acting(reason="test"):
        return PostingFactory(area=household.community)


def at_once(send):
    start = Barrier(AT_ONCE)

    def one(_number):
        start.wait()
        try:
            send()
        except (VisitRefused, Conflict) as refused:
            return type(refused)
        finally:
            connections.close_all()
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_one_visit_is_kept_of_many_sends_at_once(household, clerk):
    answers = at_once(
        lambda: record_visit(
            household_id=household.pk,
            by=clerk,
            visited_on=timezone.localdate(),
            outcome="completed",
            nothing_changed=True,
        )
    )
    assert sorted(answers, key=str) == sorted([VisitRefused] * (AT_ONCE - 1) + [None], key=str)
    assert Visit.objects.count() == 1
    assert ledger.check()["differ"] == 0


def test_one_correction_is_kept_of_many_at_once(household, clerk):
    values = {"visited_on": timezone.localdate(), "outcome": "completed"}
    old = record_visit(household_id=household.pk, by=clerk, nothing_changed=True, **values)
    answers = at_once(lambda: correct_visit(visit_id=old.pk, by=clerk, visited_on=old.visited_on, outcome="refused"))
    assert sorted(answers, key=str) == sorted([Conflict] * (AT_ONCE - 1) + [None], key=str)
    assert Visit.objects.standing().count() == 1
    assert ledger.check()["differ"] == 0
