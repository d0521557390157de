from decimal import Decimal
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from city.moves import NotAllowed, StepRefused
from subsidies.choices import EntryKind, FundSource, Scheme
from subsidies.models import Fund, FundEntry
from subsidies.services import funds
from tests.subsidies.deciding_desk import balance, make_claim, make_deciding_desk
from tests.subsidies.factories import FundFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return make_deciding_desk(allotted=Decimal("100.00"))


def allot(desk, amount, **told):
    values = {"area": desk.district_area, "source": desk.fund.source, "purpose": "", "year": desk.fund.year}
    return funds.allot(**values | told, amount=Decimal(amount), words="", by=desk.office)


def part(desk, claim, amount):
    return [funds.Part(desk.fund.pk, claim.pk, Decimal(amount))]


def test_money_is_allotted_added_to_and_taken_back_as_entries(desk):
    assert allot(desk, "50.50") == desk.fund
    allot(desk, "-20")
    assert balance(desk.fund) == ((Decimal("130.50"), 0, 0), (Decimal("130.50"), 0, 0))
    assert desk.fund.entries.count() == 3


def test_what_is_reserved_is_not_taken_back(desk):
    funds.reserve(part(desk, make_claim(desk), "80"), by=desk.district)
    with pytest.raises(StepRefused):
        allot(desk, "-20.01")
    allot(desk, "-20")
    assert balance(desk.fund)[0] == (80, 80, 0)


@pytest.mark.parametrize("who", ["district", "finance", "street"])
def test_the_city_office_alone_allots(desk, who):
    with pytest.raises(NotAllowed):
        funds.allot(
            area=desk.district_area, source=FundSource.FINANCE, purpose="", year=2026, amount=Decimal(1), words="",
            by=getattr(desk, who),
        )  # fmt: skip


def test_the_way_of_the_money(desk):
    claim = make_claim(desk)
    funds.reserve(part(desk, claim, "70.10"), by=desk.district)
    funds.release(part(desk, claim, "0.10"), by=desk.district)
    funds.pay(part(desk, claim, "60"), by=desk.finance)
    funds.recover(part(desk, claim, "15"), by=desk.finance, words="instalment")
    sums, told = balance(desk.fund)
    assert sums == told == (100, 10, 45)
    assert Fund.objects.with_left().get(pk=desk.fund.pk).left == 45


def test_tenths_that_floating_point_does_not_know_leave_nothing_over(desk):
    claim = make_claim(desk)
    for amount in ("0.10", "0.20", "99.70"):
        funds.reserve(part(desk, claim, amount), by=desk.district)
    for amount in ("99.70", "0.10", "0.20"):
        funds.release(part(desk, claim, amount), by=desk.district)
    assert balance(desk.fund)[0] == (100, 0, 0)
    assert Fund.objects.filter(pk=desk.fund.pk, reserved=0).exists()


@pytest.mark.parametrize(
    "take",
    [
        lambda desk, claim: funds.reserve(part(desk, claim, "100.01"), by=desk.district),
        lambda desk, claim: funds.release(part(desk, claim, "0.01"), by=desk.district),
        lambda desk, claim: funds.pay(part(desk, claim, "0.01"), by=desk.finance),
        lambda desk, claim: funds.recover(part(desk, claim, "0.01"), by=desk.finance),
    ],
)
def test_no_sum_goes_below_zero(desk, take):
    with pytest.raises(funds.FundShort):
        take(desk, make_claim(desk))
    assert balance(desk.fund)[0] == (100, 0, 0)
    assert desk.fund.entries.count() == 1


def test_several_claims_are_reserved_by_one_statement_a_fund(desk, django_assert_max_num_queries):
    parts = [funds.Part(desk.fund.pk, make_claim(desk).pk, Decimal(1)) for _number in range(30)]
    with django_assert_max_num_queries(12):
        funds.reserve(parts, by=desk.district)
    assert balance(desk.fund)[0][1] == 30
    assert FundEntry.objects.filter(kind=EntryKind.RESERVE).count() == 30


def test_the_fund_of_the_nearest_level_pays_one_of_the_scheme_before_one_of_any(desk):
    year = desk.fund.year
    claim, other = make_claim(desk), make_claim(desk, scheme=Scheme.TUITION)
    FundFactory(area=desk.city_area, purpose=Scheme.POST, year=year)
    FundFactory(area=desk.district_area, purpose=Scheme.POST, source=FundSource.FINANCE, year=year - 1)
    FundFactory(area=make_deciding_desk().district_area, purpose=Scheme.POST, source=FundSource.SPECIAL, year=year)
    assert funds.fund_for([claim, other], year) == {claim.pk: desk.fund, other.pk: desk.fund}
    own = FundFactory(area=desk.district_area, purpose=Scheme.POST, source=FundSource.PROMOTION, year=year)
    assert funds.fund_for([claim, other], year) == {claim.pk: own, other.pk: desk.fund}
    assert funds.fund_for([claim], year + 1) == {}


class FundMachine(RuleBasedStateMachine):
    """Reserve, release, pay, recover and allot in any order: the sums are those of the entries, and never negative."""

    desk = None

    def __init__(self):
        super().__init__()
        self.claim = self.desk.claim
        self.model = [self.desk.fund.allotted, self.desk.fund.reserved, self.desk.fund.spent]

    def take(self, work, change, possible):
        """The step is taken exactly when the model says that it can be."""
        try:
            work()
        except StepRefused:
            assert not possible
        else:
            assert possible
            self.model = [was + by for was, by in zip(self.model, change, strict=True)]

    def post(self, service, amount, by):
        return partial(service, part(self.desk, self.claim, amount), by=by)

    amounts = st.decimals("0.01", "400", places=2)

    @rule(amount=st.decimals("-300", "300", places=2))
    def allot(self, amount):
        allotted, reserved, spent = self.model
        possible = bool(amount) and allotted + amount >= reserved + spent
        self.take(lambda: allot(self.desk, amount), (amount, 0, 0), possible)

    @rule(amount=amounts)
    def reserve(self, amount):
        allotted, reserved, spent = self.model
        self.take(
            self.post(funds.reserve, amount, self.desk.district), (0, amount, 0), allotted - reserved - spent >= amount
        )

    @rule(amount=amounts)
    def release(self, amount):
        self.take(self.post(funds.release, amount, self.desk.district), (0, -amount, 0), self.model[1] >= amount)

    @rule(amount=amounts)
    def pay(self, amount):
        self.take(self.post(funds.pay, amount, self.desk.finance), (0, -amount, amount), self.model[1] >= amount)

    @rule(amount=amounts)
    def recover(self, amount):
        self.take(self.post(funds.recover, amount, self.desk.finance), (0, 0, -amount), self.model[2] >= amount)

    @invariant()
    def the_sums_are_those_of_the_entries(self):
        sums, told = balance(self.desk.fund)
        assert sums == told == tuple(self.model)


def test_the_sums_never_drift_whatever_happens(desk):
    desk.claim = make_claim(desk)
    balance(desk.fund)
    FundMachine.desk = desk
    run_state_machine_as_test(
        FundMachine,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
