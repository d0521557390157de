"""Each rule of the tables of money refuses its bad row by name."""

from datetime import date
from decimal import Decimal

import pytest

from tests.constraints import assert_refused, named
from tests.households.factories import ResidentFactory
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory, FundFactory, PayeeAccountFactory, RateFactory
from tests.subsidies.factories_payments import (
    ApprovalFactory,
    BatchItemFactory,
    ClawbackFactory,
    FundEntryFactory,
    InstalmentFactory,
    PaymentBatchFactory,
)

pytestmark = pytest.mark.django_db
D = date(2026, 7, 1)
BEFORE = date(2026, 6, 1)


def again(make, *same, **more):
    """A second row with the same values in these columns."""

    def write():
        first = make()
        make(**{name: getattr(first, name) for name in same}, **more)

    return write


def the_same_month_under_another_name():
    first = ClaimLineFactory()
    ClaimLineFactory(resident=first.resident, occasion="2026-07 again")


def the_same_occasion_in_another_month():
    first = ClaimLineFactory()
    ClaimLineFactory(resident=first.resident, month=date(2026, 8, 1), occasion=first.occasion)


CASES = {
    "rate_one_in_force": again(RateFactory, "area"),
    "rate_in_order": lambda: RateFactory(in_force_to=date(2025, 12, 31)),
    "rate_share_or_amount": lambda: RateFactory(amount=Decimal("5")),
    "rate_ceiling_positive": lambda: RateFactory(ceiling=Decimal("0")),
    "fund_unique": again(FundFactory, "area"),
    "fund_never_overspent": lambda: FundFactory(allotted=Decimal("10"), reserved=Decimal("6"), spent=Decimal("5")),
    "fundentry_positive": lambda: FundEntryFactory(kind="reserve", amount=Decimal("-1"), claim=ClaimFactory()),
    "fundentry_of_a_claim": lambda: FundEntryFactory(kind="pay"),
    "payeeaccount_of_one": lambda: PayeeAccountFactory(resident=ResidentFactory()),
    "claim_number_unique": again(ClaimFactory, "number"),
    "claim_period_in_order": lambda: ClaimFactory(period_to=BEFORE),
    "claim_total_not_negative": lambda: ClaimFactory(total=Decimal("-0.01")),
    "claim_submitted_with_a_moment": lambda: ClaimFactory(state="submitted", submitted_at=None),
    "claim_money_from_a_fund": lambda: ClaimFactory(state="district_approved"),
    "claim_paid_with_a_day": lambda: ClaimFactory(state="paid", fund=FundFactory()),
    "claimline_never_twice": the_same_month_under_another_name,
    "claimline_once": the_same_occasion_in_another_month,
    "claimline_a_month": lambda: ClaimLineFactory(month=date(2026, 7, 2)),
    "claimline_amounts": lambda: ClaimLineFactory(asked=Decimal("-1")),
    "claimline_approved_within": lambda: ClaimLineFactory(approved=Decimal("1245.01"), approved_reason="less"),
    "claimline_less_with_a_reason": lambda: ClaimLineFactory(approved=Decimal("1000")),
    "approval_one_a_step": again(ApprovalFactory, "claim"),
    "approval_one_a_person": again(ApprovalFactory, "claim", "posting", stage="station_checked"),
    "paymentbatch_number_unique": again(PaymentBatchFactory, "number"),
    "paymentbatch_pays": lambda: PaymentBatchFactory(items_count=0),
    "batchitem_sequence_unique": again(BatchItemFactory, "batch", "sequence"),
    "batchitem_paid_once": again(BatchItemFactory, "claim", "account"),
    "batchitem_positive": lambda: BatchItemFactory(amount=Decimal("0")),
    "batchitem_answered_whole": lambda: BatchItemFactory(state="paid"),
    "clawback_number_unique": again(ClawbackFactory, "number"),
    "clawback_one_open": again(ClawbackFactory, "line"),
    "clawback_positive": lambda: ClawbackFactory(amount=Decimal("0")),
    "instalment_voucher_once": again(InstalmentFactory, "clawback", "voucher"),
    "instalment_positive": lambda: InstalmentFactory(amount=Decimal("0")),
}
TURNED = {
    "a rate of nothing": ("rate_share_or_amount", lambda: RateFactory(share="")),
    "a negative reservation": ("fund_never_overspent", lambda: FundFactory(reserved=Decimal("-1"))),
    "an allotment of nothing": ("fundentry_positive", lambda: FundEntryFactory(amount=Decimal("0"))),
    "nobody's account": ("payeeaccount_of_one", lambda: PayeeAccountFactory(employer=None)),
    "approved below nothing": ("claimline_approved_within", lambda: ClaimLineFactory(approved=Decimal("-1"))),
    "sent but answered": ("batchitem_answered_whole", lambda: BatchItemFactory(answered_on=D)),
    "refused without a word": (
        "batchitem_answered_whole",
        lambda: BatchItemFactory(state="failed", answered_on=D),
    ),
    "paid with a failure": (
        "batchitem_answered_whole",
        lambda: BatchItemFactory(state="paid", answered_on=D, failure="closed"),
    ),
    "the same payment, paid": (
        "batchitem_paid_once",
        again(lambda **same: BatchItemFactory(state="paid", answered_on=D, **same), "claim", "account"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses(name):
    assert_refused("subsidies", name, CASES[name])


@pytest.mark.parametrize("case", TURNED)
def test_the_database_refuses_the_other_way_round(case):
    name, write = TURNED[case]
    assert_refused("subsidies", name, write)


def test_every_constraint_is_tried():
    assert set(named("subsidies")) == set(CASES)


def test_what_was_taken_off_or_refused_may_come_again():
    first = ClaimLineFactory(standing="dropped")
    assert ClaimLineFactory(resident=first.resident).pk
    failed = BatchItemFactory(state="failed", failure="closed", answered_on=D)
    assert BatchItemFactory(claim=failed.claim, account=failed.account).pk
    settled = ClawbackFactory(state="settled")
    assert ClawbackFactory(line=settled.line).pk
