"""The books held against each other: in order after everything that can happen, and each rule when it is broken."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from city.choices import Role
from city.models import Finding
from subsidies import reconciling
from subsidies.choices import ClaimState, LineStanding, Scheme
from subsidies.models import BatchItem, Claim, ClaimLine, Fund, FundEntry, Instalment
from subsidies.services import clawbacks, payments
from tests.desks import sign_in
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory
from tests.subsidies.factories_payments import BatchItemFactory, ClawbackFactory, InstalmentFactory
from tests.subsidies.payment_desk import MONTHLY, claim_to_pay, items_of, make_payment_desk, pay

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 20)


@pytest.fixture
def desk(monkeypatch):
    monkeypatch.setattr(payments.computing, "differing", lambda lines: {})
    with translation.override("en"):
        yield make_payment_desk()


def broken():
    """The rules that are broken, as findings."""
    reconciling.reconcile(ON)
    return sorted(finding.evidence["rule"] for finding in Finding.objects.filter(kind="unreconciled", state="open"))


def answered(desk, claim, state="paid", only=None):
    items = items_of(pay(desk, claim).batch)
    payments.record_results(
        [
            payments.Answer(item, state, "" if state == "paid" else "closed", timezone.localdate())
            for item in items[:only]
        ],
        by=desk.finance,
    )
    return items


def test_everything_that_can_happen_tallies(desk):
    claim_to_pay(desk)
    answered(desk, claim_to_pay(desk, 3))
    answered(desk, claim_to_pay(desk), state="failed")
    flexible = claim_to_pay(desk, 3, scheme=Scheme.FLEXIBLE)
    answered(desk, flexible, only=1)
    back = claim_to_pay(desk)
    answered(desk, back)
    clawback = clawbacks.open_clawback(
        line_id=back.lines.first().pk, amount=MONTHLY, cause="left", explanation="left", by=desk.district
    )
    for number, amount in enumerate((Decimal(1000), Decimal(245))):
        clawback = clawbacks.receive(
            clawback_id=clawback.pk, version=clawback.version, amount=amount, received_on=timezone.localdate(),
            voucher=f"V{number}", by=desk.finance,
        )  # fmt: skip
    assert ClaimLine.objects.filter(standing=LineStanding.REVERSED).count() == 1
    assert broken() == []


def test_of_a_claim_partly_paid_what_is_left_out_tallies(desk):
    claim = claim_to_pay(desk, 2, scheme=Scheme.FLEXIBLE)
    items = items_of(pay(desk, claim).batch)
    payments.record_results(
        [
            payments.Answer(items[0], "paid", "", timezone.localdate()),
            payments.Answer(items[1], "failed", "closed", timezone.localdate()),
        ],
        by=desk.finance,
    )
    assert broken() == []
    claim.refresh_from_db()
    payments.leave_out_refused(claim_id=claim.pk, version=claim.version, by=desk.finance, words="left out")
    assert broken() == []


def test_a_total_its_lines_do_not_come_to(desk):
    claim = claim_to_pay(desk)
    ClaimLine.objects.filter(pk=claim.lines.first().pk).update(standing=LineStanding.DROPPED)
    assert broken() == ["lines"]
    finding = Finding.objects.get()
    assert (finding.evidence["expected"], finding.evidence["found"]) == ("2,490.00", "1,245.00")
    assert finding.area == desk.community
    Claim.objects.filter(pk=claim.pk).update(total=MONTHLY)
    assert broken() == ["reserved"]


def test_a_decided_line_without_an_approved_amount(desk):
    claim = claim_to_pay(desk)
    ClaimLineFactory(claim=claim, computed=Decimal(0), asked=Decimal(0))
    assert broken() == ["approved"]


@pytest.mark.parametrize("state", [ClaimState.SUBMITTED, ClaimState.STATION_CHECKED, ClaimState.STREET_REVIEWED])
def test_a_state_without_its_steps(desk, state):
    line = ClaimLineFactory(claim=ClaimFactory(area=desk.community, state=state, total=MONTHLY))
    assert broken() == ["steps"]
    assert line.claim.number in Finding.objects.get().key


def test_money_reserved_for_what_was_not_decided_or_paid_out_without_the_bank(desk):
    claim = claim_to_pay(desk)
    for kind in ("release", "pay"):
        FundEntry.objects.create(fund=desk.fund, kind=kind, amount=1, claim=claim, at=timezone.now())
    Fund.objects.update(reserved=desk.fund.reserved + 2 * MONTHLY - 2, spent=1)
    assert broken() == ["posted", "reserved"]


def test_a_claim_paid_that_the_bank_did_not_pay(desk):
    claim = claim_to_pay(desk)
    items = items_of(pay(desk, claim).batch)
    Claim.objects.filter(pk=claim.pk).update(state=ClaimState.PAID, paid_on=ON)
    assert broken() == ["paid"]
    BatchItem.objects.filter(pk=items[0].pk).update(state="paid", answered_on=ON)
    assert broken() == ["posted"]


def test_a_payment_and_a_batch_that_are_not_what_was_approved(desk):
    claim = claim_to_pay(desk)
    items = items_of(pay(desk, claim).batch)
    BatchItemFactory(batch=items[0].batch, sequence=99, claim=claim, amount=Decimal(1))
    assert broken() == ["batch", "payments"]


def test_a_fund_that_is_not_what_its_entries_come_to(desk):
    Fund.objects.update(allotted=desk.fund.allotted + 1)
    assert broken() == ["fund"]
    assert Finding.objects.get().area == desk.fund.area
    Fund.objects.update(allotted=desk.fund.allotted)
    assert broken() == []


def test_money_that_came_back_and_was_not_posted(desk):
    claim = claim_to_pay(desk)
    answered(desk, claim)
    clawback = ClawbackFactory(line=claim.lines.first(), amount=Decimal(100), state="settled")
    assert broken() == ["settled"]
    InstalmentFactory(clawback=clawback, amount=Decimal(100))
    assert broken() == ["recovered"]
    assert Instalment.objects.count() == 1


def test_the_same_questions_however_many_claims(desk):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            reconciling.reconcile(ON)
        return len(queries)

    claim_to_pay(desk)
    one = asked()
    for _number in range(5):
        claim_to_pay(desk)
    assert asked() == one


def test_each_is_shown_where_it_stands(client, desk):
    claim = claim_to_pay(desk)
    items = items_of(pay(desk, claim).batch)
    BatchItemFactory(batch=items[0].batch, sequence=99, claim=claim, amount=Decimal(1))
    ClaimLine.objects.filter(pk=claim.lines.first().pk).update(standing=LineStanding.DROPPED)
    Fund.objects.update(allotted=desk.fund.allotted + 1)
    ClawbackFactory(line=claim.lines.last(), amount=Decimal(100), state="settled", area=desk.community)
    reconciling.reconcile(ON)
    sign_in(client, Role.DISTRICT_OFFICER, desk.community)
    text = client.get(reverse("city:findings"), {"kind": "unreconciled"}).content.decode()
    for finding in Finding.objects.all():
        assert reverse("city:finding", args=[finding.pk]) in text
        page = client.get(reverse("city:finding", args=[finding.pk])).content.decode()
        assert reverse(f"subsidies:{finding.evidence['about']}", args=[finding.evidence["id"]]) in page
    assert {finding.evidence["about"] for finding in Finding.objects.all()} == {"claim", "batch", "fund", "clawback"}
