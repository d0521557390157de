"""A draft from the ledger to its submission: put right by writing lines anew, complete or refused."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistance.choices import CourseKind
from city.models import MinimumWage, Move
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from households import ledger
from households.models import HardshipCertification, InsuranceMonth, OutsideFact
from subsidies import computing, doubts
from subsidies.choices import ClaimPaper, ClaimState, LineReason, LineStanding, RateState, Scheme, Stage
from subsidies.models import Approval, Claim, ClaimLine, Clawback, PayeeAccount, Rate
from subsidies.rules import amount_again, digest_of
from subsidies.services import claims
from tests.assistance.case_desk import make_person
from tests.city.factories import PostingFactory
from tests.desks import elsewhere
from tests.households.factories import HouseholdFactory, MembershipFactory
from tests.subsidies.claim_desk import (
    AUGUST,
    JULY,
    PDF,
    SEPTEMBER,
    complete,
    enter,
    insure,
    make_claim_desk,
    put_to_work,
    submit,
)
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory
from tests.subsidies.scheme_desk import ends_work, make_scheme_desk, rate, trained

pytestmark = pytest.mark.django_db
ACCOUNT = {"holder": "户名", "bank": "某某银行", "account": "6222000011113333"}
HALF_A_WAGE = Decimal("1245.00")


@pytest.fixture
def desk():
    return make_claim_desk()


class TestEntering:
    def test_the_lines_follow_from_the_ledger(self, desk):
        person = put_to_work(desk)
        claim = enter(desk)
        lines = list(claim.lines.order_by("month"))
        assert [(line.resident, line.month, line.occasion) for line in lines] == [
            (person, JULY, "2026-07"),
            (person, AUGUST, "2026-08"),
            (person, SEPTEMBER, "2026-09"),
        ]
        assert {(line.asked, line.computed, line.approved, line.standing) for line in lines} == {
            (HALF_A_WAGE, HALF_A_WAGE, None, LineStanding.LIVE)
        }
        assert (claim.state, claim.total) == (ClaimState.DRAFT, 3 * HALF_A_WAGE)
        assert Move.objects.get(workflow="subsidies.claim").action == "enter"
        assert all(digest_of(line.basis) == line.basis_digest for line in lines)

    def test_who_is_left_out_is_told_why(self, desk):
        put_to_work(desk)
        put_to_work(desk, contract_months=6)
        entered = claims.enter(
            scheme=Scheme.POST, area=desk.community, employer=desk.employer, period_from=JULY, period_to=JULY,
            by=desk.clerk,
        )  # fmt: skip
        (out,) = entered.left_out
        assert "12" in out.reason

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"employer": None}, "employer"),
            ({"period_from": date(2026, 7, 2)}, "period_from"),
            ({"period_to": date(2026, 6, 1)}, "period_to"),
            ({"period_from": date(2025, 8, 1)}, "period_to"),
            ({"period_to": timezone.localdate().replace(day=1)}, "period_to"),
            ({"scheme": Scheme.FLEXIBLE}, "employer"),
        ],
    )
    def test_not_anything_can_be_claimed(self, desk, values, field):
        put_to_work(desk)
        known = {
            "scheme": Scheme.POST, "area": desk.community, "employer": desk.employer, "period_from": JULY,
            "period_to": SEPTEMBER,
        }  # fmt: skip
        with pytest.raises(StepRefused) as refused:
            claims.enter(**known | values, by=desk.clerk)
        assert refused.value.field == field
        assert not Claim.objects.exists()

    def test_nobody_entitled_is_no_claim(self, desk):
        put_to_work(desk, contract_months=6)
        with pytest.raises(StepRefused):
            enter(desk)

    def test_by_who_may_and_for_the_own_area(self, desk):
        put_to_work(desk)
        far = PostingFactory(area=elsewhere(desk.community))
        for nobody in (far, desk.district):
            with pytest.raises(NotAllowed):
                enter(desk, by=nobody)


class TestPuttingRight:
    def test_a_line_taken_off_stays_in_the_books(self, desk):
        put_to_work(desk)
        claim = enter(desk)
        line = claim.lines.order_by("month").last()
        claim = claims.drop_line(
            line_id=line.pk, version=claim.version, by=desk.clerk, reason=LineReason.NOT_THERE, words="left"
        )
        line.refresh_from_db()
        assert (line.standing, line.approved_reason, line.approved_words) == ("dropped", "not_there", "left")
        assert (claim.total, claim.lines.live().count()) == (2 * HALF_A_WAGE, 2)

    def test_the_first_month_taken_off_moves_the_term_of_the_others(self, desk):
        put_to_work(desk)
        claim = enter(desk)
        first = claim.lines.order_by("month").first()
        claim = claims.drop_line(line_id=first.pk, version=claim.version, by=desk.clerk)
        numbers = [line.basis["facts"]["month_number"] for line in claim.lines.live().order_by("month")]
        assert numbers == [1, 2]
        assert computing.differing(claim.lines.live()) == {}

    def test_a_first_month_that_falls_away_moves_the_term_of_the_others_at_once(self, desk):
        person = put_to_work(desk)
        claim = enter(desk)
        person.labour_spells.filter(employer=desk.employer).update(started_on=AUGUST)
        ledger.rebuild([person.pk])
        claim = claims.refresh(claim_id=claim.pk, version=claim.version, by=desk.clerk)
        assert [line.month for line in claim.fallen_away] == [JULY]
        numbers = [line.basis["facts"]["month_number"] for line in claim.lines.live().order_by("month")]
        assert numbers == [1, 2]
        assert computing.differing(claim.lines.live()) == {}

    def test_computed_anew_who_left_comes_off_and_a_new_rate_takes_hold(self, desk):
        stays, leaves = put_to_work(desk), put_to_work(desk)
        claim = enter(desk)
        ends_work(leaves, date(2026, 9, 3))
        MinimumWage.objects.create(area=desk.community.parent, in_force_from=AUGUST, monthly=Decimal("2600"))
        claim = claims.refresh(claim_id=claim.pk, version=claim.version, by=desk.clerk)
        live = claim.lines.live().order_by("resident_id", "month")
        assert [(line.resident, line.computed) for line in live] == [
            *((stays, Decimal(yuan)) for yuan in ("1245.00", "1300.00", "1300.00")),
            *((leaves, Decimal(yuan)) for yuan in ("1245.00", "1300.00")),
        ]
        assert claim.total == sum(line.computed for line in live)
        assert [(line.resident, line.month) for line in claim.fallen_away] == [(leaves, SEPTEMBER)]

    def test_nothing_new_writes_nothing(self, desk):
        put_to_work(desk)
        claim = enter(desk)
        before = set(claim.lines.values_list("pk", "standing"))
        claim = claims.refresh(claim_id=claim.pk, version=claim.version, by=desk.clerk)
        assert set(claim.lines.values_list("pk", "standing")) == before

    def test_a_stale_page_and_a_submitted_claim_are_refused(self, desk):
        put_to_work(desk)
        claim = enter(desk)
        stale = claim.version
        claims.refresh(claim_id=claim.pk, version=stale, by=desk.clerk)
        with pytest.raises(Conflict):
            claims.refresh(claim_id=claim.pk, version=stale, by=desk.clerk)
        claim.refresh_from_db()
        claim = submit(desk, claim)
        with pytest.raises(Conflict):
            claims.refresh(claim_id=claim.pk, version=claim.version, by=desk.clerk)
        with pytest.raises(Conflict):
            claims.attach(claim_id=claim.pk, kind=ClaimPaper.OTHER, upload=PDF, by=desk.clerk)

    def test_another_account_is_another_row(self, desk):
        put_to_work(desk)
        claim = enter(desk)
        for last in "12":
            claim = claims.set_account(
                claim_id=claim.pk, version=claim.version, by=desk.clerk, **ACCOUNT | {"account": "622200001111" + last}
            )
        accounts = PayeeAccount.objects.order_by("pk")
        assert [one.account[-1] for one in accounts] == ["1", "2"]
        assert set(claim.lines.live().values_list("account", flat=True)) == {accounts.last().pk}

    def test_the_next_claim_knows_the_account(self, desk):
        put_to_work(desk)
        complete(desk, enter(desk, last=JULY))
        claim = enter(desk, first=AUGUST)
        assert claim.lines.exclude(account=None).count() == 2

    @pytest.mark.parametrize("content", [b"<html>", b"PK\x03\x04", b""])
    def test_papers_are_scans_by_their_content(self, desk, content):
        put_to_work(desk)
        claim = enter(desk)
        with pytest.raises(StepRefused):
            claims.attach(claim_id=claim.pk, kind=ClaimPaper.PAYROLL, upload=("a.pdf", content), by=desk.clerk)

    def test_papers_of_ten_megabytes_at_most(self, desk):
        put_to_work(desk)
        claim = enter(desk)
        big = b"%PDF-" + b"0" * (10 * 1024 * 1024)
        with pytest.raises(StepRefused):
            claims.attach(claim_id=claim.pk, kind=ClaimPaper.PAYROLL, upload=("a.pdf", big), by=desk.clerk)

    def test_withdrawn_its_months_are_free(self, desk):
        put_to_work(desk)
        claim = enter(desk)
        claim = claims.withdraw(claim_id=claim.pk, version=claim.version, by=desk.clerk, words="wrong employer")
        assert (claim.state, claim.total, claim.lines.live().count()) == (ClaimState.WITHDRAWN, 0, 0)
        assert enter(desk).lines.count() == 3


class TestFees:
    @pytest.fixture
    def desk(self):
        return make_scheme_desk()

    def test_half_the_tuition_once_the_fee_is_told(self, desk):
        person = trained(desk, certified_on=date(2026, 7, 20), kind=CourseKind.CHILDREN).resident
        claim = enter(desk, Scheme.TUITION)
        claim = complete(desk, claim)
        with pytest.raises(StepRefused, match=person.name):
            claims.submit(claim_id=claim.pk, version=claim.version, by=desk.clerk)
        claim = claims.add_fees(
            claim_id=claim.pk, fees={person.pk: Decimal("3000.01")}, version=claim.version, by=desk.clerk
        )
        (line,) = claim.lines.live()
        assert (line.asked, line.computed, line.basis["facts"]["fee"]) == (
            Decimal("1500.00"),
            Decimal("1500.00"),
            "3000.01",
        )
        assert claims.submit(claim_id=claim.pk, version=claim.version, by=desk.clerk).total == Decimal("1500.00")

    def test_one_fee_does_not_pay_for_two_courses(self, desk):
        person = trained(desk, certified_on=date(2026, 7, 20), kind=CourseKind.CHILDREN).resident
        trained(desk, certified_on=date(2026, 8, 20), kind=CourseKind.CHILDREN, person=person)
        claim = enter(desk, Scheme.TUITION)
        told = {"claim_id": claim.pk, "fees": {person.pk: Decimal("3000")}, "by": desk.clerk}
        with pytest.raises(StepRefused, match=person.name):
            claims.add_fees(version=claim.version, **told)
        first, second = claim.lines.order_by("month")
        claim = claims.drop_line(line_id=second.pk, version=claim.version, by=desk.clerk)
        assert claims.add_fees(version=claim.version, **told).total == Decimal("1500.00")
        assert enter(desk, Scheme.TUITION).lines.get().month == second.month

    def test_what_lies_over_the_ceiling_is_asked_for_and_not_computed(self, desk):
        rate(desk, Scheme.APPRAISAL, basis="fee", share="1", ceiling=Decimal("300"), in_force_from=date(2026, 7, 1))
        person = trained(desk, certified_on=date(2026, 7, 20)).resident
        claim = enter(desk, Scheme.APPRAISAL)
        claim = claims.add_fees(
            claim_id=claim.pk, fees={person.pk: Decimal("420.00")}, version=claim.version, by=desk.clerk
        )
        line = claim.lines.live().get()
        assert (line.asked, line.computed) == (Decimal("420.00"), Decimal("300.00"))

    def test_a_paper_of_each_person(self, desk):
        person = trained(desk, certified_on=date(2026, 7, 20), kind=CourseKind.CHILDREN).resident
        claim = enter(desk, Scheme.TUITION)
        told = " ".join(claims.missing(claim))
        for paper in (ClaimPaper.DIPLOMA, ClaimPaper.VOCATIONAL, ClaimPaper.RECEIPT):
            assert str(paper.label) in told
        assert person.name in told

    def test_no_fee_of_a_scheme_without_one(self, desk):
        put_to_work(desk)
        claim = enter(desk)
        with pytest.raises(StepRefused):
            claims.add_fees(claim_id=claim.pk, fees={1: Decimal(1)}, version=claim.version, by=desk.clerk)


class TestSubmitting:
    def test_the_first_of_five_persons_has_done_their_step(self, desk):
        put_to_work(desk)
        claim = submit(desk, enter(desk))
        one = Approval.objects.get()
        assert (one.stage, one.staff, one.round, one.amount) == (Stage.ENTERED, desk.clerk.staff, 1, claim.total)
        assert claim.state == ClaimState.SUBMITTED
        assert claim.submitted_at is not None

    def test_what_speaks_against_a_line_is_found_at_once(self, desk):
        person = put_to_work(desk)
        claim = enter(desk)
        OutsideFact.objects.create(id_hash=person.id_hash, kind="death", started_on=date(2026, 6, 30))
        assert doubts.held([claim.pk]) == {}
        claim = submit(desk, claim)
        assert doubts.held([claim.pk])[claim.pk] >= 3

    def test_account_and_papers_are_asked_for(self, desk):
        put_to_work(desk)
        claim = enter(desk)
        assert len(claims.missing(claim)) == 2
        with pytest.raises(StepRefused):
            claims.submit(claim_id=claim.pk, version=claim.version, by=desk.clerk)
        assert not Approval.objects.exists()

    def test_a_line_that_comes_out_otherwise_by_now(self, desk):
        person = put_to_work(desk)
        claim = complete(desk, enter(desk))
        ends_work(person, date(2026, 9, 3))
        with pytest.raises(StepRefused):
            claims.submit(claim_id=claim.pk, version=claim.version, by=desk.clerk)

    def test_who_owes_money_claims_nothing(self, desk):
        put_to_work(desk)
        line = ClaimLineFactory(claim=ClaimFactory(employer=desk.employer))
        Clawback.objects.create(
            number="追1", line=line, area=desk.community, amount=1, cause="left", explanation="x",
            opened_on=date(2026, 9, 1),
        )  # fmt: skip
        claim = complete(desk, enter(desk))
        assert "追1" in " ".join(claims.missing(claim))


class TestAppeal:
    @pytest.fixture
    def rejected(self, desk):
        put_to_work(desk)
        return self.reject(desk, enter(desk))

    def reject(self, desk, claim):
        claim.refresh_from_db()
        claim = submit(desk, claim)
        claim.lines.live().update(standing=LineStanding.DROPPED)
        Claim.objects.filter(pk=claim.pk).update(state=ClaimState.REJECTED, total=0)
        Move.objects.create(
            workflow="subsidies.claim", key=claim.pk, action="reject", to_state="rejected",
            staff=desk.district.staff, at=timezone.now(),
        )  # fmt: skip
        claim.refresh_from_db()
        return claims.appeal(claim_id=claim.pk, version=claim.version, by=desk.clerk, words="the payroll was there")

    def answer(self, desk, claim, action, by=None):
        by = by or PostingFactory(role="district_officer", area=desk.community.parent.parent)
        return claims.answer_appeal(
            claim_id=claim.pk, action=action, version=claim.version, by=by, words="looked at again"
        )

    def test_taken_up_again_it_is_a_draft_of_a_new_round_with_its_lines(self, desk, rejected):
        claim = self.answer(desk, rejected, "reopen")
        assert (claim.state, claim.round, claim.total) == (ClaimState.DRAFT, 2, 3 * HALF_A_WAGE)
        assert computing.differing(claim.lines.live()) == {}

    def test_what_was_taken_off_by_hand_stays_off(self, desk):
        put_to_work(desk)
        claim = enter(desk)
        first = claim.lines.order_by("month").first()
        claims.drop_line(line_id=first.pk, version=claim.version, by=desk.clerk, reason=LineReason.NOT_THERE)
        claim = self.reject(desk, claim)
        claim = self.answer(desk, claim, "reopen")
        assert list(claim.lines.live().order_by("month").values_list("month", flat=True)) == [AUGUST, SEPTEMBER]
        assert computing.differing(claim.lines.live()) == {}

    def test_upheld_it_stays_rejected(self, desk, rejected):
        assert self.answer(desk, rejected, "uphold").state == ClaimState.REJECTED

    def test_not_by_who_rejected_it(self, desk, rejected):
        with pytest.raises(StepRefused):
            self.answer(desk, rejected, "uphold", by=desk.district)


class TestComputedAgain:
    """R56: what a line rests on is frozen, and every change of it is told before money is decided."""

    @pytest.fixture
    def claim(self, desk):
        self.person = put_to_work(desk)
        return enter(desk)

    def test_the_same_facts_give_the_same_digest(self, claim):
        assert computing.differing(claim.lines.all()) == {}
        again = computing.recompute(claim.lines.all())
        assert {again[line.pk].digest == line.basis_digest for line in claim.lines.all()} == {True}

    def test_a_rate_signed_later_for_the_same_months(self, desk, claim):
        post = claim.lines.first().basis["rate"]
        rate_area = desk.community.parent.parent.parent
        rate = Rate.objects.get(pk=post)
        rate.pk, rate.share, rate.in_force_from, rate.state = None, "0.6", AUGUST, RateState.SIGNED
        rate.area = rate_area
        rate.save()
        told = computing.differing(claim.lines.all())
        assert set(claim.lines.filter(pk__in=told).values_list("month", flat=True)) == {AUGUST, SEPTEMBER}
        july = claim.lines.get(month=JULY)
        assert (amount_again(july.basis), july.computed) == (HALF_A_WAGE, HALF_A_WAGE)
        assert "1/2" in computing.explain(july.basis)[0]

    def test_the_person_left(self, desk, claim):
        ends_work(self.person, date(2026, 9, 3))
        told = computing.differing(claim.lines.all())
        assert set(claim.lines.filter(pk__in=told).values_list("month", flat=True)) == {SEPTEMBER}

    def test_the_household_is_another_one(self, desk, claim):
        MembershipFactory(
            resident=self.person, started_on=AUGUST, household=HouseholdFactory(community=desk.community)
        )
        ledger.rebuild([self.person.pk])
        told = computing.differing(claim.lines.all())
        assert set(claim.lines.filter(pk__in=told).values_list("month", flat=True)) == {AUGUST, SEPTEMBER}

    def test_the_certification_is_gone(self, claim):
        HardshipCertification.objects.all().delete()
        assert len(computing.differing(claim.lines.all())) == 3

    def test_the_contribution_base_was_put_right(self, desk):
        person = put_to_work(desk)
        insure(person, JULY, credit_code=desk.employer.credit_code)
        claim = enter(desk, Scheme.INSURANCE)
        InsuranceMonth.objects.update(base=Decimal("4000.01"))
        (told,) = computing.differing(claim.lines.all()).values()
        assert told

    def test_the_same_number_of_queries_for_one_claim_and_for_five(self, desk, claim):
        def count(lines):
            with CaptureQueriesContext(connection) as caught:
                computing.differing(lines)
            return len(caught)

        one = count(list(claim.lines.all()))
        for _turn in range(4):
            put_to_work(desk)
            enter(desk)
        assert count(list(ClaimLine.objects.all())) == one

    def test_approving_its_claim_does_not_change_a_line(self, desk, claim):
        now = timezone.now()
        claim.lines.update(approved=HALF_A_WAGE)
        Claim.objects.filter(pk=claim.pk).update(approved_at=now)
        assert computing.differing(claim.lines.all()) == {}


def test_explained_to_the_yuan_from_the_basis_alone(desk):
    person = put_to_work(desk)
    insure(person, JULY, credit_code=desk.employer.credit_code)
    claim = enter(desk, Scheme.INSURANCE)
    (line,) = claim.lines.all()
    told = " ".join(computing.explain(line.basis))
    for part in ("4,000.00", "24.5%", "980.00", "杭政办〔2009〕1号"):
        assert part in told


def test_frozen_lines_refuse_what_would_change_money(desk):
    put_to_work(desk)
    line = enter(desk).lines.first()
    for change in ({"computed": Decimal("9999")}, {"basis": {}}, {"resident_id": make_person(desk.home).pk}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ClaimLine.objects.filter(pk=line.pk).update(**change)
