"""Several payers and several result files at the same moment, on PostgreSQL: one batch, one posting."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from city.choices import Role
from city.models import Posting
from city.trail import acting
from config.conflict import Conflict
from subsidies.models import BatchItem, Claim, FundEntry
from subsidies.services import clawbacks, payments
from tests.city.factories import PostingFactory
from tests.subsidies.payment_desk import MONTHLY, balances, chosen, claim_to_pay, items_of, make_payment_desk

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
PAYERS = 8


@pytest.fixture
def desk(monkeypatch):
    monkeypatch.setattr(payments.computing, "differing", lambda lines: {})
    with acting(reason="test"):
        desk = make_payment_desk()
        desk.payers = [PostingFactory(role=Role.FINANCE, area=desk.finance.area).pk for _payer in range(PAYERS)]
    return desk


def at_once(do, things):
    """What `do(thing)` answers or refuses with, all begun at the same moment."""
    together = Barrier(len(things))

    def one(thing):
        try:
            together.wait(timeout=60)
            return do(thing)
        except Conflict as conflict:
            return conflict
        finally:
            connection.close()

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(one, things))


def posting(key):
    return Posting.objects.select_related("area", "staff").get(pk=key)


def test_of_several_payers_one_makes_the_batch(desk):
    with acting(reason="test"):
        claims = [claim_to_pay(desk) for _number in range(5)]
    seen = chosen(*claims)
    made = at_once(lambda key: payments.make_batch(seen, by=posting(key)), desk.payers)
    assert sum(one.batch is not None for one in made) == 1
    assert BatchItem.objects.count() == 5
    assert {claim.state for claim in Claim.objects.all()} == {"paying"}
    late = [one for one in made if one.batch is None]
    assert {result.outcome for one in late for result in one.results} == {"conflict"}


def test_the_same_answer_loaded_by_several_is_posted_once(desk):
    with acting(reason="test"):
        claim = claim_to_pay(desk, 2)
    batch = payments.make_batch(chosen(claim), by=desk.finance).batch
    answers = [payments.Answer(item, "paid", "", timezone.localdate()) for item in items_of(batch)]
    at_once(lambda key: payments.record_results(answers, by=posting(key)), desk.payers)
    assert FundEntry.objects.filter(kind="pay").count() == 1
    assert balances(desk) == (0, 2 * MONTHLY)
    assert Claim.objects.get().state == "paid"


def test_the_last_instalment_is_received_once(desk):
    with acting(reason="test"):
        claim = claim_to_pay(desk)
    batch = payments.make_batch(chosen(claim), by=desk.finance).batch
    answers = [payments.Answer(item, "paid", "", timezone.localdate()) for item in items_of(batch)]
    payments.record_results(answers, by=desk.finance)
    clawback = clawbacks.open_clawback(
        line_id=claim.lines.first().pk, amount=MONTHLY, cause="left", explanation="left", by=desk.district
    )

    def receive(key):
        return clawbacks.receive(
            clawback_id=clawback.pk,
            version=0,
            amount=MONTHLY,
            received_on=timezone.localdate(),
            voucher=f"V{key}",
            by=posting(key),
        )

    answers = at_once(receive, desk.payers)
    assert sum(not isinstance(answer, Conflict) for answer in answers) == 1
    assert balances(desk) == (0, MONTHLY)
