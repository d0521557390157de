"""Whatever way payments go, the books tally afterwards."""

from decimal import Decimal

import pytest
from django.utils import timezone

from subsidies.choices import ClaimState, Scheme
from subsidies.models import Claim
from subsidies.reconciling import reconcile
from subsidies.services import clawbacks, payments
from tests.subsidies.payment_desk import MONTHLY, claim_to_pay, fresh, items_of, make_payment_desk, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(monkeypatch):
    monkeypatch.setattr(payments.computing, "differing", lambda lines: {})
    return make_payment_desk()


def answer(desk, batch, *states):
    day = timezone.localdate()
    payments.record_results(
        [
            payments.Answer(item, state, "" if state == "paid" else "closed", day)
            for item, state in zip(items_of(batch), states, strict=True)
        ],
        by=desk.finance,
    )


def found():
    return reconcile(timezone.localdate())


def test_the_books_tally_at_every_step(desk):
    whole, refused, waiting = (claim_to_pay(desk) for _number in range(3))
    partly = claim_to_pay(desk, 3, scheme=Scheme.FLEXIBLE)
    assert not found()
    batch = pay(desk, whole, refused, partly).batch
    assert not found()
    answer(desk, batch, "paid", "failed", "paid", "failed", "paid")
    assert not found()
    assert {claim.state for claim in Claim.objects.all()} == {"paid", "publicised", "paying"}
    payments.leave_out_refused(claim_id=partly.pk, version=fresh(partly).version, by=desk.finance, words="closed")
    assert not found()
    answer(desk, pay(desk, refused).batch, "paid")
    clawback = clawbacks.open_clawback(
        line_id=whole.lines.first().pk, amount=MONTHLY, cause="left", explanation="left", by=desk.district
    )
    for number, amount in enumerate((Decimal("45.5"), MONTHLY - Decimal("45.5"))):
        clawback = clawbacks.receive(
            clawback_id=clawback.pk,
            version=clawback.version,
            amount=amount,
            received_on=timezone.localdate(),
            voucher=f"V{number}",
            by=desk.finance,
        )
        assert not found()
    assert fresh(waiting).state == ClaimState.PUBLICISED
