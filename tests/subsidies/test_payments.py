"""Batches for the bank: who may make them of what, what stands in the file, and what is never sent twice."""

import hashlib
import io
from decimal import Decimal

import pytest
from django.utils import timezone, translation
from python_calamine import CalamineWorkbook

from city import files
from city.models import Finding, Move, Objection
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from subsidies.choices import ClaimState, Scheme
from subsidies.models import Approval, BatchItem, Claim, ClaimLine, LineFinding, PaymentBatch
from subsidies.services import clawbacks, deciding, payments
from subsidies.services.deciding import CONFLICT, DONE, REFUSED
from subsidies.workflow import CLAIM
from tests.city.factories import AreaFactory, PostingFactory
from tests.subsidies.factories import ClaimLineFactory
from tests.subsidies.factories_payments import ApprovalFactory
from tests.subsidies.payment_desk import (
    MONTHLY,
    account_of,
    balances,
    chosen,
    claim_to_pay,
    fresh,
    items_of,
    make_payment_desk,
    pay,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def differing(monkeypatch):
    """What is known of each line today is as it was approved, unless a test says otherwise."""
    found = {}
    monkeypatch.setattr(payments.computing, "differing", lambda lines: dict(found))
    return found


@pytest.fixture
def desk(differing):
    with translation.override("en"):
        yield make_payment_desk()


def outcomes(made):
    return [result.outcome for result in made.results]


def why(made):
    return " ".join(result.message for result in made.results)


def answered(batch, state="paid", only=None):
    """The bank's answer to all payments of a batch, or to those at these places."""
    failure = "" if state == "paid" else "closed"
    items = [item for item in items_of(batch) if only is None or item.sequence in only]
    day = timezone.localdate()
    return [payments.Answer(item, state, failure, day) for item in items]


def test_one_payment_for_each_account_and_a_file_of_them(desk):
    company, persons = claim_to_pay(desk, 3), claim_to_pay(desk, 2, scheme=Scheme.FLEXIBLE)
    made = pay(desk, company, persons)
    assert outcomes(made) == [DONE, DONE]
    items = items_of(made.batch)
    assert [(item.claim_id, item.amount) for item in items] == [
        (company.pk, 3 * MONTHLY),
        (persons.pk, MONTHLY),
        (persons.pk, MONTHLY),
    ]
    assert (made.batch.items_count, made.batch.total) == (3, 5 * MONTHLY)
    assert {fresh(claim).state for claim in (company, persons)} == {ClaimState.PAYING}
    assert Approval.objects.filter(stage="paid", staff=desk.finance.staff).count() == 2
    assert Move.objects.filter(workflow="subsidies.claim", action="pay").count() == 2
    assert balances(desk) == (5 * MONTHLY, 0)


def test_the_file_is_made_once_and_its_hash_is_kept(desk):
    claim = claim_to_pay(desk, 2)
    batch = pay(desk, claim).batch
    content = files.read(batch.file)
    assert hashlib.sha256(content).hexdigest() == batch.sha256 == batch.file.sha256
    assert files.read(PaymentBatch.objects.get().file) == content
    assert batch.file.expires_at is None
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    (item,) = items_of(batch)
    account = item.account
    assert rows[0] == list(payments.HEADINGS)
    assert rows[1][:6] == [batch.number, 1, account.holder, account.account, account.bank, "2490.00"]
    assert claim.number in rows[1][6]
    assert sum(Decimal(row[5]) for row in rows[1:]) == batch.total


def test_lines_claim_batch_and_file_come_to_the_same(desk):
    amounts = [Decimal("0.01"), Decimal("1245.33"), Decimal("99.99")]
    claims = [claim_to_pay(desk, 7, amount=amount, scheme=Scheme.FLEXIBLE) for amount in amounts]
    batch = pay(desk, *claims).batch
    lines = sum(ClaimLine.objects.values_list("approved", flat=True))
    content = files.read(batch.file)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert (
        lines
        == batch.total
        == sum(Claim.objects.values_list("total", flat=True))
        == sum(BatchItem.objects.values_list("amount", flat=True))
        == sum(Decimal(row[5]) for row in rows[1:])
    )


def test_a_claim_is_sent_once(desk):
    claim = claim_to_pay(desk)
    seen = chosen(claim)
    assert outcomes(payments.make_batch(seen, by=desk.finance)) == [DONE]
    again = payments.make_batch(seen, by=desk.city_finance)
    assert again.batch is None
    assert outcomes(again) == [CONFLICT]
    assert again.results[0].by == desk.finance.staff
    assert outcomes(pay(desk, claim)) == [REFUSED]
    assert BatchItem.objects.count() == 1


@pytest.mark.parametrize("place", range(4))
def test_who_took_an_earlier_step_does_not_pay(desk, place):
    claim = claim_to_pay(desk)
    earlier = PostingFactory(staff=desk.steps[place].staff, role="finance", area=desk.finance.area)
    made = pay(desk, claim, by=earlier)
    assert outcomes(made) == [REFUSED]
    assert "you took an earlier step" in why(made)
    assert not PaymentBatch.objects.exists()


@pytest.mark.parametrize("drawing_up", ["enter", "change"])
def test_who_drew_it_up_does_not_pay(desk, drawing_up):
    claim = claim_to_pay(desk)
    Move.objects.create(
        workflow=CLAIM.name, key=claim.pk, action=drawing_up, to_state="draft", staff=desk.finance.staff,
        posting=desk.finance, at=timezone.now(),
    )  # fmt: skip
    assert "you took an earlier step" in why(pay(desk, claim))
    assert outcomes(pay(desk, claim, by=desk.city_finance)) == [DONE]


def test_four_steps_of_this_round_come_before(desk):
    claim = claim_to_pay(desk)
    Claim.objects.filter(pk=claim.pk).update(round=2)
    assert "is missing" in why(pay(desk, claim))
    for stage, posting in zip(payments._EARLIER, desk.steps, strict=True):
        ApprovalFactory(claim=claim, stage=stage, posting=posting, round=2)
    assert outcomes(pay(desk, claim)) == [DONE]


def test_what_is_known_today_must_give_what_was_approved(desk, differing):
    claim, other = claim_to_pay(desk), claim_to_pay(desk)
    line = claim.lines.first()
    differing[line.pk] = "the minimum wage was corrected."
    made = pay(desk, claim, other)
    assert outcomes(made) == [REFUSED, DONE]
    assert "the minimum wage was corrected" in why(made)
    assert [item.claim_id for item in items_of(made.batch)] == [other.pk]


def test_an_open_doubt_holds_the_money(desk):
    claim = claim_to_pay(desk)
    day = timezone.localdate()
    finding = Finding.objects.create(kind="died", key="1", area=claim.area, evidence={}, found_on=day, seen_on=day)
    LineFinding.objects.create(finding=finding, line=claim.lines.first())
    assert "Doubts" in why(pay(desk, claim))
    Finding.objects.update(state="explained", reason="other")
    assert outcomes(pay(desk, claim)) == [DONE]


def test_another_account_since_the_approval_needs_a_new_check(desk):
    claim, person = claim_to_pay(desk), claim_to_pay(desk, scheme=Scheme.FLEXIBLE)
    account_of(desk, employer=claim.employer)
    account_of(desk, employer=None, resident=person.lines.first().resident)
    made = pay(desk, claim, person)
    assert outcomes(made) == [REFUSED, REFUSED]
    assert why(made).count("account was changed") == 2


def test_the_same_account_told_again_is_no_change(desk):
    claim = claim_to_pay(desk)
    known = claim.lines.first().account
    account_of(
        desk, employer=claim.employer, account=known.account, account_hash=known.account_hash, holder=known.holder
    )
    assert outcomes(pay(desk, claim)) == [DONE]


def test_the_notice_must_have_ended_without_an_objection(desk):
    claim = claim_to_pay(desk)
    objection = Objection.objects.create(notice=desk.notice, words="w", contact="c", received_at=timezone.now())
    assert "shown to the public" in why(pay(desk, claim))
    Objection.objects.filter(pk=objection.pk).update(
        upheld=False, answered_at=timezone.now(), answered_by=desk.district.staff, answer="no"
    )
    assert outcomes(pay(desk, claim)) == [DONE]


@pytest.mark.parametrize("state", [one for one in ClaimState.values if one not in ("publicised", "paying")])
def test_no_other_state_is_paid(desk, state):
    claim = claim_to_pay(desk)
    Claim.objects.filter(pk=claim.pk).update(state=state, paid_on=timezone.localdate() if state == "paid" else None)
    assert outcomes(pay(desk, claim)) == [CONFLICT]


def test_a_line_without_an_account_or_beside_the_total_is_refused(desk):
    claim, other = claim_to_pay(desk), claim_to_pay(desk)
    ClaimLineFactory(claim=claim, approved=Decimal(0), approved_reason="less")
    Claim.objects.filter(pk=other.pk).update(total=MONTHLY)
    made = pay(desk, claim, other)
    assert outcomes(made) == [REFUSED, REFUSED]
    assert "no account" in made.results[0].message
    assert "come to its amount" in made.results[1].message


def test_what_lies_elsewhere_is_not_there(desk):
    claim = claim_to_pay(desk)
    stranger = PostingFactory(role="finance", area=AreaFactory(district=True))
    assert outcomes(pay(desk, claim, by=stranger)) == [REFUSED]
    with pytest.raises(NotAllowed):
        pay(desk, claim, by=desk.district)


def test_none_and_too_many_are_refused(desk):
    for wrong in ([], [(number, 0) for number in range(2_001)]):
        with pytest.raises(StepRefused):
            payments.make_batch(wrong, by=desk.finance)


def record(answers, desk):
    payments.record_results(answers, by=desk.finance)


def test_paid_in_full_settles_the_claim_and_posts_the_money(desk):
    claim = claim_to_pay(desk, 2, scheme=Scheme.FLEXIBLE)
    batch = pay(desk, claim).batch
    record(answered(batch, only={1}), desk)
    assert fresh(claim).state == ClaimState.PAYING
    assert balances(desk) == (MONTHLY, MONTHLY)
    record(answered(batch, only={2}), desk)
    paid = fresh(claim)
    assert (paid.state, paid.paid_on) == (ClaimState.PAID, timezone.localdate())
    assert balances(desk) == (0, 2 * MONTHLY)
    record(answered(batch), desk)
    assert balances(desk) == (0, 2 * MONTHLY)


def test_only_what_the_bank_refused_is_sent_again(desk):
    claim = claim_to_pay(desk, 3, scheme=Scheme.FLEXIBLE)
    batch = pay(desk, claim).batch
    record(answered(batch, only={1, 3}) + answered(batch, "failed", only={2}), desk)
    assert fresh(claim).state == ClaimState.PAYING
    second = pay(desk, claim, by=desk.city_finance).batch
    (again,) = items_of(second)
    refused = items_of(batch)[1]
    assert (again.account_id, again.amount) == (refused.account_id, refused.amount)
    assert Approval.objects.get(stage="paid").staff == desk.finance.staff
    assert pay(desk, claim).batch is None
    record(answered(second), desk)
    assert fresh(claim).state == ClaimState.PAID
    assert balances(desk) == (0, 3 * MONTHLY)


def test_what_the_bank_refused_is_sent_again_though_another_line_was_reclaimed_in_full(desk):
    claim = claim_to_pay(desk, 2, scheme=Scheme.FLEXIBLE)
    batch = pay(desk, claim).batch
    record(answered(batch, only={1}) + answered(batch, "failed", only={2}), desk)
    line = claim.lines.get(account=items_of(batch)[0].account)
    clawback = clawbacks.open_clawback(
        line_id=line.pk, amount=MONTHLY, cause="mistake", explanation="x", by=desk.district
    )
    clawbacks.receive(
        clawback_id=clawback.pk, version=clawback.version, amount=MONTHLY, received_on=timezone.localdate(),
        voucher="1", by=desk.finance,
    )  # fmt: skip
    second = pay(desk, claim)
    assert outcomes(second) == [DONE]
    record(answered(second.batch), desk)
    assert fresh(claim).state == ClaimState.PAID
    assert balances(desk) == (0, MONTHLY)


def test_a_claim_of_which_nothing_was_paid_waits_and_can_be_sent_back(desk):
    claim = claim_to_pay(desk)
    batch = pay(desk, claim).batch
    record(answered(batch, "failed"), desk)
    assert fresh(claim).state == ClaimState.PUBLICISED
    assert balances(desk) == (2 * MONTHLY, 0)
    second = pay(desk, claim).batch
    assert second.items_count == 1
    record(answered(second, "failed"), desk)
    sent_back = deciding.decide("send_back", chosen(claim), by=desk.district, reason="account")
    assert [result.outcome for result in sent_back] == [DONE]
    assert balances(desk) == (0, 0)


def test_what_was_refused_can_be_left_out(desk):
    claim = claim_to_pay(desk, 2, scheme=Scheme.FLEXIBLE)
    batch = pay(desk, claim).batch
    record(answered(batch, only={1}), desk)
    sent = {"claim_id": claim.pk, "version": fresh(claim).version, "by": desk.finance, "words": "account closed"}
    with pytest.raises(StepRefused, match="not answered"):
        payments.leave_out_refused(**sent)
    record(answered(batch, "failed", only={2}), desk)
    with pytest.raises(StepRefused):
        payments.leave_out_refused(**sent | {"words": " "})
    payments.leave_out_refused(**sent)
    settled = fresh(claim)
    assert (settled.state, settled.total) == (ClaimState.PAID, MONTHLY)
    assert sorted(claim.lines.values_list("standing", flat=True)) == ["dropped", "live"]
    assert balances(desk) == (0, MONTHLY)
    with pytest.raises(Conflict):
        payments.leave_out_refused(**sent)


@pytest.mark.parametrize("number", [1, 30])
def test_the_statements_do_not_grow_with_the_claims(desk, django_assert_max_num_queries, number):
    claims = [claim_to_pay(desk, 2, scheme=Scheme.FLEXIBLE) for _number in range(number)]
    seen = chosen(*claims)
    with django_assert_max_num_queries(60):
        batch = payments.make_batch(seen, by=desk.finance).batch
    answers = answered(batch)
    with django_assert_max_num_queries(40):
        record(answers, desk)
    assert Claim.objects.filter(state="paid").count() == number
