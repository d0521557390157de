"""Rates: proposed by one and signed by another, looked up by area, month, contract and person, never changed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from city.choices import AreaLevel, Role
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from subsidies.choices import Basis, Favoured, RateState, Scheme
from subsidies.explaining import rate_in_words
from subsidies.models import Rate
from subsidies.rates import Asked, RateTable
from subsidies.services import rates
from tests.city.factories import AreaFactory, PostingFactory
from tests.desks import elsewhere, sign_in, superior
from tests.subsidies.factories import RateFactory

pytestmark = pytest.mark.django_db
JUNE, JULY, AUGUST = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)
POST = {
    "scheme": Scheme.POST,
    "in_force_from": JULY,
    "in_force_to": None,
    "favoured": Favoured.ANYBODY,
    "contract_months": 12,
    "basis": Basis.MINIMUM_WAGE,
    "share": "1/2",
    "contribution": "",
    "amount": None,
    "ceiling": None,
    "second_half_after": None,
    "provisional": False,
}


@pytest.fixture
def community():
    return AreaFactory(community=True)


@pytest.fixture
def city(community):
    return superior(community, AreaLevel.CITY)


@pytest.fixture
def office(city):
    return PostingFactory(role=Role.CITY_OFFICE, area=city)


@pytest.fixture
def other_office(city):
    return PostingFactory(role=Role.CITY_OFFICE, area=city)


def propose(office, **values):
    known = POST | {"area": office.area} | values
    return rates.propose(values=known, document_number="成就发〔2026〕1号", by=office)


def asked(area, month=JULY, contract_months=24, hardship=False, scheme=Scheme.POST):
    return Asked(scheme, tuple(area.path_ids), month, contract_months, hardship)


def found(*questions):
    """The rates found, by id, in the order of the questions."""
    table = RateTable(one.scheme for one in questions)
    answers = [table.terms_for(one) for one in questions]
    return [terms and terms.rate for terms in answers]


class TestLookingUp:
    def test_the_first_day_of_the_month_counts(self, community, city):
        old = RateFactory(area=city, in_force_from=date(2026, 1, 1))
        new = RateFactory(area=city, in_force_from=date(2026, 7, 2), share="0.6")
        assert found(*(asked(community, month) for month in (date(2025, 12, 1), JUNE, JULY, AUGUST))) == [
            None, old.pk, old.pk, new.pk,
        ]  # fmt: skip

    def test_the_nearest_area_wins_whatever_its_day(self, community, city):
        RateFactory(area=city, in_force_from=JULY)
        near = RateFactory(area=community.parent.parent, in_force_from=date(2026, 1, 1))
        assert found(asked(community)) == [near.pk]

    def test_a_nearer_rate_that_is_over_leaves_the_one_above(self, community, city):
        above = RateFactory(area=city)
        RateFactory(area=community.parent.parent, in_force_to=date(2026, 6, 30))
        assert found(asked(community, JULY)) == [above.pk]

    @pytest.mark.parametrize(("months", "tier"), [(11, None), (12, 12), (35, 12), (36, 36), (60, 36)])
    def test_the_most_contract_months_reached(self, community, city, months, tier):
        by_tier = {tier: RateFactory(area=city, contract_months=tier).pk for tier in (12, 36)}
        assert found(asked(community, contract_months=months)) == [by_tier.get(tier)]

    def test_hardship_persons_have_the_narrower_one(self, community, city):
        anybody = RateFactory(area=city)
        narrow = RateFactory(area=city, favoured=Favoured.HARDSHIP)
        assert found(asked(community), asked(community, hardship=True)) == [anybody.pk, narrow.pk]

    @pytest.mark.parametrize("state", [RateState.PROPOSED, RateState.REFUSED])
    def test_only_what_is_signed_counts(self, community, city, state):
        RateFactory(area=city, state=state)
        assert found(asked(community)) == [None]

    def test_not_a_rate_of_another_district_or_scheme(self, community, city):
        RateFactory(area=elsewhere(community).parent.parent)
        RateFactory(area=city, scheme=Scheme.TRAINING)
        assert found(asked(community)) == [None]

    def test_one_query_for_any_number_of_questions(self, community, city):
        RateFactory(area=city)
        many = {asked(community, date(year, month, 1), n) for year in (2026, 2027) for month in range(1, 13)
                for n in range(12, 24)}  # fmt: skip
        with CaptureQueriesContext(connection) as caught:
            answers = found(*many)
        assert (len(caught), len(answers), None in answers) == (1, 288, False)


def test_the_public_reads_what_is_paid_today(client, city):
    today = timezone.localdate()
    RateFactory(area=city, share="1/3", in_force_from=date(2025, 1, 1))
    RateFactory(area=city, share="1/2", in_force_from=today)
    RateFactory(area=city, share="3/4", in_force_from=today + timedelta(days=1))
    RateFactory(area=city, share="4/5", contract_months=36, state=RateState.PROPOSED)
    RateFactory(area=city, share="5/6", contract_months=60, in_force_to=today - timedelta(days=1))
    page = client.get("/rules/").content.decode()
    assert [share for share in ("1/3", "1/2", "3/4", "4/5", "5/6") if share in page] == ["1/2"]


class TestSigning:
    def test_by_another_of_the_city_office(self, office, other_office):
        rate = propose(office)
        assert rate.state == RateState.PROPOSED
        with pytest.raises(StepRefused):
            rates.decide(rate_id=rate.pk, action="sign", version=rate.version, by=office)
        rate = rates.decide(rate_id=rate.pk, action="sign", version=rate.version, by=other_office)
        assert rate.state == RateState.SIGNED
        with pytest.raises(Conflict):
            rates.decide(rate_id=rate.pk, action="refuse", version=rate.version, by=other_office, words="no")

    def test_refused_with_words(self, office, other_office):
        rate = propose(office)
        with pytest.raises(StepRefused):
            rates.decide(rate_id=rate.pk, action="refuse", version=rate.version, by=other_office)
        rate = rates.decide(rate_id=rate.pk, action="refuse", version=rate.version, by=other_office, words="half!")
        assert rate.state == RateState.REFUSED

    def test_not_two_of_the_same_day(self, office, other_office):
        for share, fits in (("1/2", True), ("2/3", False)):
            rate = propose(office, share=share)
            if fits:
                rates.decide(rate_id=rate.pk, action="sign", version=rate.version, by=other_office)
            else:
                with pytest.raises(StepRefused):
                    rates.decide(rate_id=rate.pk, action="sign", version=rate.version, by=other_office)

    def test_not_by_the_district(self, community, office):
        district = PostingFactory(role=Role.DISTRICT_OFFICER, area=community.parent.parent)
        with pytest.raises(NotAllowed):
            propose(district)
        rate = propose(office)
        with pytest.raises(NotAllowed):
            rates.decide(rate_id=rate.pk, action="sign", version=rate.version, by=district)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"basis": Basis.DAYS, "share": "", "amount": Decimal(5)}, "basis"),
            ({"contract_months": 11}, "contract_months"),
            ({"share": ""}, "amount"),
            ({"amount": Decimal(5)}, "amount"),
            ({"basis": Basis.PERSON}, "amount"),
            ({"contribution": "0.2"}, "contribution"),
            ({"second_half_after": 6}, "second_half_after"),
            ({"in_force_to": JUNE}, "in_force_to"),
        ],
    )
    def test_only_what_fits_its_scheme(self, office, values, field):
        with pytest.raises(StepRefused) as refused:
            propose(office, **values)
        assert refused.value.field == field

    def test_signed_it_never_changes(self, city):
        rate = RateFactory(area=city)
        for change in ({"share": "1"}, {"in_force_to": AUGUST}, {"state": "proposed"}, {"provisional": True}):
            with pytest.raises(IntegrityError, match="refuses"), transaction.atomic():
                Rate.objects.filter(pk=rate.pk).update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            rate.delete()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ["1/2"]),
        ({"scheme": "flexible", "basis": "contribution", "share": "2/3", "contribution": "0.28"}, ["2/3", "28%"]),
        ({"scheme": "transport", "basis": "days", "share": "", "amount": Decimal("5")}, ["5.00"]),
        ({"scheme": "appraisal", "basis": "fee", "share": "1", "ceiling": Decimal("300")}, ["300.00"]),
        (
            {"scheme": "introduction", "basis": "person", "share": "", "amount": Decimal(200), "second_half_after": 6},
            ["200.00", "6"],
        ),
    ],
)
def test_a_rate_in_words(city, values, words):
    told = rate_in_words(RateFactory(area=city, **values))
    assert all(one in told for one in words)


class TestPages:
    SENT = {
        "scheme": "post", "in_force_from": "2026-07-01", "favoured": "anybody", "contract_months": "12",
        "basis": "minimum_wage", "share": "1/2", "document_number": "成就发〔2026〕1号",
    }  # fmt: skip

    def test_proposed_and_signed_on_its_page(self, client, community, city):
        first = sign_in(client, Role.CITY_OFFICE, community)
        answer = client.post("/subsidies/rates/new/", self.SENT | {"area": city.pk})
        rate = Rate.objects.get()
        assert answer["Location"] == f"/subsidies/rates/{rate.pk}/"
        assert (rate.state, rate.document.number) == (RateState.PROPOSED, "成就发〔2026〕1号")
        step = {"action": "sign", "version": rate.version}
        assert client.post(f"/subsidies/rates/{rate.pk}/step/", step).status_code == 422
        sign_in(client, Role.CITY_OFFICE, community)
        assert client.post(f"/subsidies/rates/{rate.pk}/step/", step).status_code == 302
        page = client.get(f"/subsidies/rates/{rate.pk}/").content.decode()
        assert first.staff.name in page
        rate.refresh_from_db()
        assert rate.state == RateState.SIGNED

    @pytest.mark.parametrize(
        "wrong", [{"share": "3/2"}, {"share": "half"}, {"basis": "days"}, {"in_force_from": "1888-01-01"}, {"area": 0}]
    )
    def test_what_does_not_fit_comes_back(self, client, community, city, wrong):
        sign_in(client, Role.CITY_OFFICE, community)
        answer = client.post("/subsidies/rates/new/", self.SENT | {"area": city.pk} | wrong)
        assert answer.status_code == 422
        assert not Rate.objects.exists()

    def test_the_list_keeps_its_filters(self, client, community, city):
        RateFactory(area=city, scheme=Scheme.TRAINING, contract_months=0)
        RateFactory(area=city, in_force_from=AUGUST, state=RateState.PROPOSED)
        sign_in(client, Role.CITY_OFFICE, community)
        for query, shown in (("", 2), ("scheme=post", 1), ("state=signed", 1), ("month=2026-07", 1), ("month=x", 2)):
            assert len(client.get(f"/subsidies/rates/?{query}").context["rows"]) == shown, query

    @pytest.mark.parametrize("role", [Role.DISTRICT_OFFICER, Role.FINANCE])
    def test_the_district_sees_those_above_it_and_sets_none(self, client, community, city, role):
        rate = RateFactory(area=city)
        foreign = RateFactory(area=elsewhere(community).parent.parent)
        sign_in(client, role, community)
        assert client.get(f"/subsidies/rates/{rate.pk}/").status_code == 200
        assert client.get(f"/subsidies/rates/{foreign.pk}/").status_code == 404
        assert client.get("/subsidies/rates/new/").status_code == 403

    def test_as_many_queries_for_one_as_for_thirty(self, client, community, city):
        def count():
            with CaptureQueriesContext(connection) as caught:
                assert client.get("/subsidies/rates/").status_code == 200
            return len(caught)

        sign_in(client, Role.CITY_OFFICE, community)
        RateFactory(area=city)
        client.get("/subsidies/rates/")
        one = count()
        for months in range(13, 42):
            RateFactory(area=city, contract_months=months)
        assert count() == one
