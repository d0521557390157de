"""Money asked back: how much, by whom, in instalments, settled or written off; the fund knows of every yuan."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from subsidies.choices import ClawbackState, LineStanding, Scheme
from subsidies.models import Clawback, FundEntry
from subsidies.overview import overview
from subsidies.services import clawbacks, payments
from tests.city.factories import AreaFactory, PostingFactory
from tests.subsidies.factories import ClaimLineFactory
from tests.subsidies.payment_desk import (
    MONTHLY,
    balances,
    claim_to_pay,
    items_of,
    make_payment_desk,
    pay,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk(monkeypatch):
    monkeypatch.setattr(payments.computing, "differing", lambda lines: {})
    with translation.override("en"):
        yield make_payment_desk()


def paid(desk, persons=2):
    claim = claim_to_pay(desk, persons)
    items = items_of(pay(desk, claim).batch)
    payments.record_results(
        [payments.Answer(item, "paid", "", timezone.localdate()) for item in items], by=desk.finance
    )
    return list(claim.lines.order_by("pk"))


def ask(desk, line, amount=MONTHLY, **values):
    known = {"cause": "left", "explanation": "left in June", "by": desk.district}
    return clawbacks.open_clawback(line_id=line.pk, amount=amount, **known | values)


def receive(desk, clawback, amount, voucher="V1", **values):
    known = {"received_on": timezone.localdate(), "by": desk.finance, "version": clawback.version}
    return clawbacks.receive(clawback_id=clawback.pk, amount=Decimal(amount), voucher=voucher, **known | values)


def test_it_comes_back_in_instalments_and_returns_to_its_fund(desk):
    line, other = paid(desk)
    clawback = ask(desk, line)
    assert (clawback.state, clawback.area, clawback.opened_on) == ("open", desk.community, timezone.localdate())
    clawback = receive(desk, clawback, "1000")
    assert clawback.state == ClawbackState.OPEN
    assert balances(desk) == (0, 2 * MONTHLY - 1000)
    clawback = receive(desk, clawback, "245", "V2")
    assert clawback.state == ClawbackState.SETTLED
    assert balances(desk) == (0, MONTHLY)
    line.refresh_from_db()
    other.refresh_from_db()
    assert (line.standing, other.standing) == (LineStanding.REVERSED, LineStanding.LIVE)
    entries = FundEntry.objects.filter(kind="recover")
    assert {entry.words for entry in entries} == {clawback.number}
    shown = overview(line.claim, undecided=False)
    assert (shown.months, shown.computed, shown.approved) == (2, 2 * MONTHLY, 2 * MONTHLY)
    assert ClaimLineFactory(resident=line.resident, month=line.month).pk


def test_in_part_the_line_stays(desk):
    line, _other = paid(desk)
    receive(desk, ask(desk, line, Decimal(45)), "45")
    line.refresh_from_db()
    assert line.standing == LineStanding.LIVE
    assert clawbacks.left_to_reclaim(line) == MONTHLY - 45
    receive(desk, ask(desk, line, MONTHLY - 45), "1200", "V2")
    line.refresh_from_db()
    assert line.standing == LineStanding.REVERSED


def test_never_more_than_was_paid(desk):
    line, _other = paid(desk)
    for amount in (MONTHLY + Decimal("0.01"), Decimal(0)):
        with pytest.raises(StepRefused, match="Between"):
            ask(desk, line, amount)
    receive(desk, ask(desk, line, Decimal(45)), "45")
    with pytest.raises(StepRefused, match=r"1,200\.00"):
        ask(desk, line, MONTHLY)


def test_what_was_written_off_is_not_asked_back_again(desk):
    line, _other = paid(desk)
    clawback = ask(desk, line, Decimal(1000))
    written_off(desk, clawback)
    with pytest.raises(StepRefused, match=r"245\.00"):
        ask(desk, line, Decimal(1000))


def test_one_at_a_time_and_only_of_what_was_paid(desk):
    line, _other = paid(desk)
    ask(desk, line, Decimal(10))
    with pytest.raises(StepRefused, match="already"):
        ask(desk, line, Decimal(10))
    waiting = claim_to_pay(desk)
    pay(desk, waiting)
    with pytest.raises(StepRefused, match="bank has paid"):
        ask(desk, waiting.lines.first())


def test_of_a_claim_partly_paid_what_was_paid_can_be_asked_back(desk):
    claim = claim_to_pay(desk, 2, scheme=Scheme.FLEXIBLE)
    first, second = items_of(pay(desk, claim).batch)
    today = timezone.localdate()
    answers = [payments.Answer(first, "paid", "", today), payments.Answer(second, "failed", "closed", today)]
    payments.record_results(answers, by=desk.finance)
    lines = {line.account_id: line for line in claim.lines.all()}
    assert ask(desk, lines[first.account_id]).pk
    with pytest.raises(StepRefused):
        ask(desk, lines[second.account_id])


def test_who_may_and_where(desk):
    line, _other = paid(desk)
    with pytest.raises(NotAllowed):
        ask(desk, line, by=desk.finance)
    stranger = PostingFactory(role="district_officer", area=AreaFactory(district=True))
    with pytest.raises(type(line).DoesNotExist):
        ask(desk, line, by=stranger)
    clawback = ask(desk, line)
    with pytest.raises(NotAllowed):
        receive(desk, clawback, "1", by=desk.district)
    with pytest.raises(StepRefused, match="words"):
        ask(desk, _other, explanation=" ")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"amount": "1245.01"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"received_on": timezone.localdate() - DAY}, "received_on"),
        ({"received_on": timezone.localdate() + DAY}, "received_on"),
    ],
)
def test_an_instalment_that_cannot_be(desk, values, field):
    clawback = ask(desk, paid(desk)[0])
    with pytest.raises(StepRefused) as refused:
        receive(desk, clawback, values.pop("amount", "10"), **values)
    assert refused.value.field == field


def test_a_voucher_and_a_stale_page_count_once(desk):
    clawback = ask(desk, paid(desk)[0])
    received = receive(desk, clawback, "10")
    with pytest.raises(Conflict):
        receive(desk, clawback, "10", "V2")
    with pytest.raises(StepRefused, match="voucher"):
        receive(desk, received, "10", "V1")
    assert balances(desk) == (0, 2 * MONTHLY - 10)


def written_off(desk, clawback, by=None):
    another = by or PostingFactory(area=desk.district.area, role="district_officer")
    return clawbacks.take_step(
        clawback_id=clawback.pk,
        action="write_off",
        version=clawback.version,
        reason="closed",
        words="nothing left",
        by=another,
    )


def test_another_person_writes_it_off(desk):
    clawback = ask(desk, paid(desk)[0])
    clawback = receive(desk, clawback, "100")
    with pytest.raises(StepRefused, match="Somebody else"):
        written_off(desk, clawback, by=desk.district)
    with pytest.raises(NotAllowed):
        written_off(desk, clawback, by=desk.finance)
    assert written_off(desk, clawback).state == ClawbackState.WRITTEN_OFF
    assert balances(desk) == (0, 2 * MONTHLY - 100)
    with pytest.raises(Conflict):
        receive(desk, Clawback.objects.get(), "10", "V2")
