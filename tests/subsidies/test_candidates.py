"""Who is on a claim with how much, and why others are not: all ten schemes, drawn up from the ledger."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistance.choices import CourseKind, EnrolmentState
from city.models import Parameter
from households import ledger
from households.models import HardshipCertification, InsuranceMonth
from placements.models import Placement
from subsidies import computing
from subsidies.choices import Favoured, Scheme
from tests.assistance.case_desk import sibling_of
from tests.households.factories import (
    HardshipCertificationFactory,
    HouseholdFactory,
    UnemploymentRegistrationFactory,
)
from tests.placements.factories_placements import PlacementFactory
from tests.placements.post_desk import open_posts, open_vacancy
from tests.subsidies.claim_desk import AUGUST, JULY, SEPTEMBER, enter, insure, put_to_work
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory, FundFactory
from tests.subsidies.scheme_desk import ends_work, make_scheme_desk, rate, trained

pytestmark = pytest.mark.django_db
JUNE, DECEMBER = date(2026, 6, 1), date(2026, 12, 1)
DAY = timedelta(days=1)


@pytest.fixture
def desk():
    return make_scheme_desk()


def drawn_up(desk, scheme, first=JULY, last=SEPTEMBER, employer=None):
    """`[(month, yuan or reason)]` of everybody the claim could hold."""
    found = computing.candidates(scheme, desk.community, employer, first, last)
    return [(one.month, one.computed.amount if one.entitled else one.reason) for one in found]


def amounts(desk, scheme, *args, **more):
    return [(month, told) for month, told in drawn_up(desk, scheme, *args, **more) if isinstance(told, Decimal)]


def reasons(desk, scheme, *args, **more):
    return {told for _month, told in drawn_up(desk, scheme, *args, **more) if isinstance(told, str)}


HALF_A_WAGE = Decimal("1245.00")


class TestPostSubsidy:
    def test_half_the_minimum_wage_a_month_in_the_job(self, desk):
        put_to_work(desk)
        expected = [(JULY, HALF_A_WAGE), (AUGUST, HALF_A_WAGE), (SEPTEMBER, HALF_A_WAGE)]
        assert drawn_up(desk, Scheme.POST, employer=desk.employer) == expected

    @pytest.mark.parametrize(("last_day", "paid"), [(14, False), (15, True)])
    def test_a_month_counts_from_fifteen_days_on(self, desk, last_day, paid):
        ends_work(put_to_work(desk), date(2026, 7, last_day) + DAY)
        assert bool(amounts(desk, Scheme.POST, JULY, JULY, employer=desk.employer)) is paid

    @pytest.mark.parametrize(("months", "paid"), [(None, False), (11, False), (12, True)])
    def test_a_contract_of_twelve_months_at_least(self, desk, months, paid):
        put_to_work(desk, contract_months=months)
        assert bool(amounts(desk, Scheme.POST, employer=desk.employer)) is paid

    @pytest.mark.parametrize(("months", "yuan"), [(35, "1245.00"), (36, "1743.00")])
    def test_a_longer_contract_reaches_the_second_tier(self, desk, months, yuan):
        rate(desk, Scheme.POST, contract_months=36, share="0.7")
        put_to_work(desk, contract_months=months)
        assert amounts(desk, Scheme.POST, JULY, JULY, employer=desk.employer) == [(JULY, Decimal(yuan))]

    def test_hardship_counts_on_the_first_day_of_the_job(self, desk):
        person = put_to_work(desk)
        HardshipCertification.objects.update(ended_on=date(2026, 6, 14))
        assert not amounts(desk, Scheme.POST, employer=desk.employer)
        HardshipCertificationFactory(resident=person, certified_on=date(2026, 6, 15), ended_on=date(2026, 6, 15))
        assert len(amounts(desk, Scheme.POST, employer=desk.employer)) == 3

    def test_not_the_people_of_another_employer_nor_of_another_area(self, desk):
        put_to_work(desk)
        assert drawn_up(desk, Scheme.POST, employer=desk.agency) == []
        desk.home = HouseholdFactory(community=sibling_of(desk.community))
        put_to_work(desk)
        assert len(drawn_up(desk, Scheme.POST, employer=desk.employer)) == 3

    def test_not_beside_a_live_line_of_the_same_month(self, desk):
        put_to_work(desk)
        claim = enter(desk, last=JULY)
        assert [month for month, _yuan in amounts(desk, Scheme.POST, employer=desk.employer)] == [AUGUST, SEPTEMBER]
        assert any(claim.number in one for one in reasons(desk, Scheme.POST, employer=desk.employer))

    def test_beside_another_scheme_only_as_the_matrix_says(self, desk):
        person = put_to_work(desk)
        insure(person, JULY, credit_code=desk.employer.credit_code)
        enter(desk)
        assert len(amounts(desk, Scheme.INSURANCE, employer=desk.employer)) == 1
        Parameter.objects.create(name="stacking_allowed", area=desk.city_area, in_force_from=JUNE, value=[])
        assert not amounts(desk, Scheme.INSURANCE, employer=desk.employer)


class TestTerm:
    def approved(self, desk, person, month, day):
        """A month of the person that was approved on the day."""
        claim = ClaimFactory(
            area=desk.community, employer=desk.employer, state="publicised", fund=FundFactory(area=desk.community),
            approved_at=day.isoformat() + "T04:00:00Z",
        )  # fmt: skip
        line = ClaimLineFactory(claim=claim, resident=person, month=month, approved=HALF_A_WAGE)
        assert line.pk

    def test_until_the_thirty_sixth_month(self, desk):
        person = put_to_work(desk)
        self.approved(desk, person, date(2023, 9, 1), date(2023, 12, 5))
        assert [month for month, _yuan in amounts(desk, Scheme.POST, employer=desk.employer)] == [JULY, AUGUST]
        (told,) = reasons(desk, Scheme.POST, employer=desk.employer)
        assert "2026-08" in told

    def test_until_retirement_for_who_was_near_it_at_the_first_approval(self, desk):
        person = put_to_work(desk)
        self.approved(desk, person, date(2023, 1, 1), date(2023, 4, 5))
        type(person).objects.filter(pk=person.pk).update(birth_date=date(1966, 10, 3), retires_on=date(2027, 8, 3))
        ledger.rebuild([person.pk])
        assert len(amounts(desk, Scheme.POST, employer=desk.employer)) == 3


class TestInsurance:
    def test_what_the_employer_paid_of_the_base(self, desk):
        insure(put_to_work(desk), JULY, AUGUST, credit_code=desk.employer.credit_code)
        assert amounts(desk, Scheme.INSURANCE, employer=desk.employer) == [
            (JULY, Decimal("980.00")),
            (AUGUST, Decimal("980.00")),
        ]

    def test_not_what_somebody_else_paid_nor_an_unknown_base(self, desk):
        person = put_to_work(desk)
        insure(person, JULY, credit_code=desk.agency.credit_code)
        insure(person, AUGUST, credit_code=desk.employer.credit_code, base=None)
        assert not amounts(desk, Scheme.INSURANCE, employer=desk.employer)

    def test_flexible_work_two_thirds_of_what_the_person_paid(self, desk):
        person = put_to_work(desk, channel="flexible")
        insure(person, JULY)
        assert amounts(desk, Scheme.FLEXIBLE) == [(JULY, Decimal("746.66"))]

    def test_graduates_for_twenty_four_months(self, desk):
        person = put_to_work(desk, channel="flexible")
        HardshipCertification.objects.filter(resident=person).update(category="graduate")
        insure(person, JULY)
        (one,) = computing.candidates(Scheme.FLEXIBLE, desk.community, None, JULY, JULY)
        assert one.computed.basis["facts"]["most_months"] == 24


class TestPosts:
    def on_post(self, desk, **more):
        person = put_to_work(desk, **more)
        spell = person.labour_spells.get(employer=desk.employer)
        (post,) = open_posts(desk)
        Placement.objects.create(
            number="置1", resident=person, community=desk.community, channel="welfare_post", state="confirmed",
            spell=spell, employer=desk.employer, post=post, priority="aged", turn=1, post_months=12,
            hardship=person.hardship_certifications.get(),
        )  # fmt: skip
        return person

    def test_bought_posts_are_topped_up(self, desk):
        self.on_post(desk)
        assert amounts(desk, Scheme.POST_PURCHASE, JULY, JULY, employer=desk.employer) == [(JULY, Decimal("498.00"))]

    def test_only_for_people_on_posts(self, desk):
        put_to_work(desk)
        assert len(reasons(desk, Scheme.POST_PURCHASE, employer=desk.employer)) == 1

    def test_creation_once_for_a_contract_of_three_years_insured(self, desk):
        person = put_to_work(desk, contract_months=36)
        assert not amounts(desk, Scheme.POST_CREATION, JUNE, employer=desk.employer)
        insure(person, JULY, AUGUST, credit_code=desk.employer.credit_code)
        assert amounts(desk, Scheme.POST_CREATION, JUNE, employer=desk.employer) == [(JULY, Decimal("500.00"))]
        enter(desk, Scheme.POST_CREATION, JUNE)
        assert not amounts(desk, Scheme.POST_CREATION, JUNE, employer=desk.employer)

    def test_creation_for_who_was_registered_before(self, desk):
        person = put_to_work(desk, contract_months=36)
        insure(person, JULY, credit_code=desk.employer.credit_code)
        person.hardship_certifications.all().delete()
        assert not amounts(desk, Scheme.POST_CREATION, JUNE, employer=desk.employer)
        UnemploymentRegistrationFactory(resident=person, registered_on=date(2026, 1, 5))
        ledger.rebuild([person.pk])
        assert amounts(desk, Scheme.POST_CREATION, JUNE, employer=desk.employer) == [(JULY, Decimal("500.00"))]


class TestIntroduction:
    def introduced(self, desk, *insured):
        person = put_to_work(desk)
        spell = person.labour_spells.get(employer=desk.employer)
        PlacementFactory(
            resident=person, community=desk.community, state="confirmed", agreed_from=None, spell=spell,
            employer=desk.employer, vacancy=open_vacancy(desk),
        )  # fmt: skip
        insure(person, *insured, credit_code=desk.employer.credit_code)
        return person

    def test_in_halves_after_the_first_and_the_third_insured_month(self, desk):
        self.introduced(desk, JUNE, JULY, AUGUST)
        assert amounts(desk, Scheme.INTRODUCTION, JUNE, employer=desk.agency) == [
            (JUNE, Decimal("250.00")),
            (AUGUST, Decimal("250.00")),
        ]

    def test_no_second_half_when_a_month_is_missing(self, desk):
        self.introduced(desk, JUNE, AUGUST)
        assert amounts(desk, Scheme.INTRODUCTION, JUNE, employer=desk.agency) == [(JUNE, Decimal("250.00"))]

    @pytest.mark.parametrize("values", [{}, {"second_half_after": 6}, {"second_half_after": 3}])
    def test_the_second_half_is_of_the_amount_of_the_first_whatever_rate_holds_by_then(self, desk, values):
        rate(desk, Scheme.INTRODUCTION, basis="person", amount=Decimal("900.00"), in_force_from=AUGUST, **values)
        self.introduced(desk, JUNE, JULY, AUGUST)
        assert amounts(desk, Scheme.INTRODUCTION, JUNE, employer=desk.agency) == [
            (JUNE, Decimal("250.00")),
            (AUGUST, Decimal("250.00")),
        ]

    def test_no_second_half_of_a_draft_when_it_turns_out_that_the_first_month_was_later(self, desk):
        person = self.introduced(desk, JUNE, JULY, AUGUST)
        claim = enter(desk, Scheme.INTRODUCTION, JUNE)
        person_months = InsuranceMonth.objects.filter(id_hash=person.id_hash)
        person_months.filter(month=JUNE).delete()
        differing = computing.differing(claim.lines.live())
        assert sorted(differing) == sorted(claim.lines.values_list("pk", flat=True))
        assert set(computing.recompute(claim.lines.live()).values()) == {None}

    def test_more_for_a_hardship_person(self, desk):
        rate(desk, Scheme.INTRODUCTION, basis="person", amount=Decimal("800.00"), favoured=Favoured.HARDSHIP)
        self.introduced(desk, JUNE)
        assert amounts(desk, Scheme.INTRODUCTION, JUNE, employer=desk.agency) == [(JUNE, Decimal("800.00"))]

    def test_not_for_a_job_nobody_introduced(self, desk):
        put_to_work(desk)
        assert drawn_up(desk, Scheme.INTRODUCTION, JUNE, employer=desk.agency) == []


class TestCourses:
    def test_transport_by_days_attended(self, desk):
        trained(desk, *(date(2026, 7, day) for day in (6, 7, 8)), date(2026, 8, 3))
        assert amounts(desk, Scheme.TRANSPORT) == [(JULY, Decimal("15.00")), (AUGUST, Decimal("5.00"))]

    def test_a_day_in_two_courses_is_one_day(self, desk):
        first = trained(desk, date(2026, 7, 6))
        trained(desk, date(2026, 7, 6), date(2026, 7, 7), person=first.resident)
        assert amounts(desk, Scheme.TRANSPORT) == [(JULY, Decimal("10.00"))]

    def test_no_transport_for_a_course_left(self, desk):
        trained(desk, date(2026, 7, 6), state=EnrolmentState.DROPPED)
        assert drawn_up(desk, Scheme.TRANSPORT) == []

    def test_training_once_a_course_with_the_certificate_to_the_school_that_held_it(self, desk):
        trained(desk, certified_on=date(2026, 8, 20))
        trained(desk, date(2026, 7, 6))
        assert drawn_up(desk, Scheme.TRAINING, employer=desk.school) == [(AUGUST, Decimal("1500.00"))]
        assert drawn_up(desk, Scheme.TRAINING, employer=desk.agency) == []

    def test_appraisal_once_in_a_life(self, desk):
        person = trained(desk, certified_on=date(2026, 7, 20)).resident
        trained(desk, certified_on=date(2026, 8, 20), person=person)
        found = computing.candidates(Scheme.APPRAISAL, desk.community, None, JULY, SEPTEMBER)
        assert [(one.month, one.entitled) for one in found] == [(JULY, True), (AUGUST, False)]

    def test_tuition_for_the_vocational_study_of_the_young(self, desk):
        trained(desk, certified_on=date(2026, 7, 20))
        young = trained(desk, certified_on=date(2026, 7, 20), kind=CourseKind.CHILDREN)
        (one,) = computing.candidates(Scheme.TUITION, desk.community, None, JULY, SEPTEMBER)
        assert (one.resident, one.computed.amount) == (young.resident, Decimal("0.00"))


class TestRateOfTheMonth:
    def test_a_rate_raised_in_july_changes_august_and_not_june(self, desk):
        put_to_work(desk, since=date(2026, 6, 1))
        rate(desk, Scheme.POST, contract_months=12, share="0.6", in_force_from=date(2026, 7, 15))
        found = computing.candidates(Scheme.POST, desk.community, desk.employer, JUNE, AUGUST)
        assert [(one.month, one.computed.amount) for one in found] == [
            (JUNE, HALF_A_WAGE),
            (JULY, HALF_A_WAGE),
            (AUGUST, Decimal("1494.00")),
        ]

    def test_without_a_signed_rate_nothing(self, desk):
        put_to_work(desk, since=date(2025, 10, 1))
        assert amounts(desk, Scheme.POST, date(2025, 11, 1), date(2025, 12, 1), employer=desk.employer) == []


def test_the_same_number_of_queries_for_one_person_and_for_six(desk):
    def count():
        with CaptureQueriesContext(connection) as caught:
            computing.candidates(Scheme.POST, desk.community, desk.employer, JULY, SEPTEMBER)
        return len(caught)

    put_to_work(desk)
    one = count()
    for _turn in range(5):
        put_to_work(desk)
    assert count() == one


def test_only_the_persons_asked_for(desk):
    first, _second = put_to_work(desk), put_to_work(desk)
    found = computing.candidates(Scheme.POST, desk.community, desk.employer, JULY, SEPTEMBER, residents=[first.pk])
    assert {one.resident for one in found} == {first}
