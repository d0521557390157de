"""Money decided by many at once, through a running server, with the guards and without them."""

import http.client
import itertools
import uuid
from collections import Counter
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection

from city.choices import Role
from city.models import IdempotencyKey, Move
from city.trail import acting
from subsidies.choices import ClaimReason, Stage
from subsidies.models import Approval, Claim, FundEntry
from subsidies.workflow import CLAIM
from tests.city.factories import PostingFactory
from tests.subsidies.deciding_desk import AMOUNT, balance, make_claim, make_deciding_desk
from tests.trust.races import Sender, at_once, serving, until_served

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
#: One round of many and several of two.
MANY, ROUNDS_OF_TWO = 200, 5
OFFICERS = 8
CLAIMS, ENOUGH_FOR = 200, 50
KEYS, SENDS = 4, 10


def officers(desk, port):
    postings = [PostingFactory(role=Role.DISTRICT_OFFICER, area=desk.district_area) for _number in range(OFFICERS)]
    return [Sender(port, posting) for posting in postings]


def form(action, claim):
    more = {"send_back": {"send_back_reason": ClaimReason.PAPERS}}
    more["reject"] = {"reject_reason": ClaimReason.OTHER, "reject_words": "x"}
    return {"action": action, "version": claim.version} | more.get(action, {})


def address(claim):
    return f"/subsidies/claims/{claim.pk}/decide/"


def race(senders, claim, number):
    """Different officers and the same one again, approving, rejecting and sending back one claim as they saw it."""
    actions = itertools.cycle(["approve", "approve", "reject", "send_back"])
    works = [
        partial(sender.send, address(claim), form(action, claim))
        for _turn, sender, action in zip(range(number), itertools.cycle(senders), actions, strict=False)
    ]
    return Counter(status for status, _address, _text in at_once(works))


def decided(claim):
    return Move.objects.filter(workflow=CLAIM.name, key=claim.pk, action__in=("approve", "reject", "send_back"))


def test_one_of_two_hundred_decides_and_all_others_hear_it():
    with acting(reason="test"):
        desk = make_deciding_desk()
        claims = [make_claim(desk) for _number in range(1 + ROUNDS_OF_TWO)]
    with serving() as port:
        with acting(reason="test"):
            senders = officers(desk, port)
        for number, claim in zip([MANY] + [2] * ROUNDS_OF_TWO, claims, strict=True):
            assert race(senders, claim, number) == {302: 1, 409: number - 1}
            assert decided(claim).count() == 1
            assert Claim.objects.get(pk=claim.pk).version == 1
        late = senders[0].send(address(claims[0]), form("approve", claims[0]))
    winner = decided(claims[0]).get().staff.name
    assert late[0] == 409
    assert winner in late[2]
    sums, told = balance(desk.fund)
    assert sums == told


def test_without_the_guards_a_claim_is_approved_again_and_again():
    with acting(reason="test"):
        desk = make_deciding_desk()
        claim = make_claim(desk)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE subsidies_approval DROP CONSTRAINT approval_one_a_step")
    try:
        with serving(guarded=False) as port:
            with acting(reason="test"):
                senders = officers(desk, port)
            answers = at_once([partial(one.send, address(claim), form("approve", claim)) for one in senders])
        assert sum(status == 302 for status, _address, _text in answers) > 1
        assert Approval.objects.filter(claim=claim, stage=Stage.APPROVED).count() > 1
        assert balance(desk.fund)[0][1] > AMOUNT
    finally:
        _put_back(claim)


def _put_back(claim):
    """The doubles go, frozen as they are, and the constraint comes back."""
    with acting(reason="test"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE subsidies_approval DISABLE TRIGGER trail_kept")
        Approval.objects.filter(claim=claim).delete()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE subsidies_approval ENABLE TRIGGER trail_kept")
        cursor.execute(
            "ALTER TABLE subsidies_approval ADD CONSTRAINT approval_one_a_step UNIQUE (claim_id, round, stage)"
        )


def test_a_budget_is_never_overspent_by_many_at_once():
    with acting(reason="test"):
        desk = make_deciding_desk(allotted=ENOUGH_FOR * AMOUNT)
        claims = [make_claim(desk) for _number in range(CLAIMS)]
    with serving() as port:
        with acting(reason="test"):
            senders = itertools.cycle(officers(desk, port))
        works = [partial(next(senders).send, address(claim), form("approve", claim)) for claim in claims]
        found = Counter(status for status, _address, _text in at_once(works))
    assert found == {302: ENOUGH_FOR, 422: CLAIMS - ENOUGH_FOR}
    sums, told = balance(desk.fund)
    assert sums == told == (ENOUGH_FOR * AMOUNT, ENOUGH_FOR * AMOUNT, Decimal(0))


def test_a_form_sent_ten_times_at_once_works_once():
    with acting(reason="test"):
        desk = make_deciding_desk()
        claims = [make_claim(desk) for _number in range(KEYS)]
    with serving() as port:
        sender = Sender(port, desk.district)
        works = []
        for claim in claims:
            sent = {"action": "approve", "claim": f"{claim.pk}:0", "key": uuid.uuid4()}
            works += [partial(_send_to_queue, sender, sent)] * SENDS
        answers = at_once(works)
    assert {status for status, _address, _text in answers} == {302}
    for number in range(KEYS):
        assert len({address for _status, address, _text in answers[number * SENDS : (number + 1) * SENDS]}) == 1
    assert FundEntry.objects.filter(kind="reserve").count() == KEYS
    assert IdempotencyKey.objects.count() == KEYS


def _send_to_queue(sender, sent, **headers):
    data = {name: value for name, value in sent.items() if name != "key"}
    return sender.send("/subsidies/queue/decide/", data, key=sent["key"], **headers)


def test_a_server_that_dies_before_it_answers_is_asked_again_with_the_same_effect():
    with acting(reason="test"):
        desk = make_deciding_desk()
        claim = make_claim(desk)
    sent = {"action": "approve", "claim": f"{claim.pk}:0", "key": uuid.uuid4()}
    with serving() as port:
        sender = Sender(port, desk.district)
        with pytest.raises((OSError, http.client.HTTPException)):
            _send_to_queue(sender, sent, **{"X-Die": "1"})
        assert Approval.objects.filter(claim=claim, stage=Stage.APPROVED).count() == 1
        status, where, _text = until_served(lambda: _send_to_queue(sender, sent))
    assert status == 302
    assert where.startswith("/subsidies/queue/results/")
    assert FundEntry.objects.filter(kind="reserve").count() == 1
