"""What is known besides home and work: four facts, contacts, certificates, programmes, the retired."""

import re
from datetime import date, timedelta

import pytest

from city.ciphers import keyed_hash
from city.models import TrailAct
from households import ledger
from households.ledger import LedgerRefused
from households.models import ContactDetails, FourClear, HouseholdTag, LedgerSpan, Resident, TransferRequest
from households.retired import retired_on
from households.rules import next_check_on
from households.services import persons
from tests.city.factories import AreaFactory, PostingFactory
from tests.desks import elsewhere, sign_in
from tests.households.factories import (
    HouseholdFactory,
    LabourSpellFactory,
    LowIncomeStatusFactory,
    MembershipFactory,
    ResidentFactory,
    id_number_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
_MASKED = re.compile(r"\d{6}\*{12}")
TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
BORN = date(1980, 1, 1)


@pytest.fixture
def _today(time_machine):
    time_machine.move_to("2026-11-21T09:00+08:00")


@pytest.fixture
def home():
    return HouseholdFactory()


@pytest.fixture
def resident(home):
    person = ResidentFactory(home=home, birth_date=BORN)
    ledger.rebuild()
    return person


@pytest.fixture
def by(home):
    return PostingFactory(area=home.community)


def refusal(event, **terms):
    with pytest.raises(LedgerRefused) as refused:
        event(**terms)
    return refused.value.field


def correct(person, by, **told):
    terms = {"name": person.name, "reason": "户口簿原件"} | told
    return persons.correct_identity(resident_id=person.pk, by=by, **terms)


class TestFourClear:
    def test_what_is_missing_is_named(self, resident, by):
        row = persons.note_four_clear(
            resident_id=resident.pk, noted_on=TODAY, by=by, source="visit", family="两个孩子", cause="laid_off"
        )
        assert (len(row.missing), row.is_complete) == (2, False)

    def test_a_day_has_one_row_and_each_day_its_own(self, resident, by):
        terms = {"resident_id": resident.pk, "by": by, "source": "visit"}
        persons.note_four_clear(noted_on=TODAY - DAY, cause="family", **terms)
        persons.note_four_clear(noted_on=TODAY, cause="health", **terms)
        persons.note_four_clear(noted_on=TODAY, cause="laid_off", **terms)
        rows = FourClear.objects.order_by("noted_on").values_list("noted_on", "cause")
        assert list(rows) == [(TODAY - DAY, "family"), (TODAY, "laid_off")]

    @pytest.mark.parametrize("on", [TODAY + DAY, BORN])
    def test_days_that_cannot_be(self, resident, by, on):
        assert (
            refusal(persons.note_four_clear, resident_id=resident.pk, noted_on=on, by=by, source="visit") == "noted_on"
        )


class TestCertificates:
    def enter(self, resident, by, **terms):
        values = {"kind": "employment", "number": "A1", "issued_on": date(2025, 11, 21), **terms}
        return persons.add_certificate(resident_id=resident.pk, by=by, **values)

    def test_a_number_is_given_out_once(self, resident, by, home):
        self.enter(resident, by)
        other = ResidentFactory(home=home)
        assert refusal(self.enter, resident=other, by=by) == "number"
        self.enter(other, by, kind="unemployment")

    @pytest.mark.parametrize(
        ("issued", "checked", "due"),
        [
            (date(2025, 11, 21), None, date(2026, 11, 21)),
            (date(2024, 2, 29), None, date(2025, 2, 28)),
            (date(2024, 1, 1), date(2026, 3, 1), date(2027, 3, 1)),
        ],
    )
    def test_a_check_is_due_a_year_after_the_last(self, issued, checked, due):
        assert next_check_on(issued, checked) == due

    def test_overdue_is_shown_the_day_after_it_was_due(self, client, resident, by, time_machine):
        self.enter(resident, by)
        sign_in(client, "station_clerk", by.area)
        assert "2026-11-21" in client.get(f"/residents/{resident.pk}/").content.decode()
        page = client.get(f"/residents/{resident.pk}/").content.decode()
        assert "badge-verdict not_met" not in page
        time_machine.move_to("2026-11-22T09:00+08:00")
        sign_in(client, "station_clerk", by.area)
        assert "badge-verdict not_met" in client.get(f"/residents/{resident.pk}/").content.decode()

    def test_checks_have_their_day(self, resident, by):
        one = self.enter(resident, by)
        terms = {"certificate_id": one.pk, "by": by, "passed": True}
        for on in (date(2025, 11, 20), TODAY + DAY):
            assert refusal(persons.check_certificate, checked_on=on, **terms) == "checked_on"
        persons.check_certificate(checked_on=TODAY, **terms)
        assert refusal(persons.check_certificate, checked_on=TODAY, **terms) == "checked_on"

    def test_an_ended_one_is_neither_checked_nor_ended_again(self, resident, by):
        one = self.enter(resident, by)
        persons.end_certificate(certificate_id=one.pk, ended_on=TODAY, by=by)
        assert refusal(persons.end_certificate, certificate_id=one.pk, ended_on=TODAY, by=by) == "ended_on"
        terms = {"certificate_id": one.pk, "checked_on": TODAY, "passed": True, "by": by}
        assert refusal(persons.check_certificate, **terms) == "checked_on"


class TestDetails:
    def test_the_phone_is_found_again(self, resident, by):
        persons.save_details(resident_id=resident.pk, by=by, phone="13900001111")
        resident.refresh_from_db()
        assert (resident.phone, resident.phone_hash) == ("13900001111", keyed_hash("13900001111"))
        persons.save_details(resident_id=resident.pk, by=by, phone="")
        resident.refresh_from_db()
        assert resident.phone_hash is None

    def test_the_retirement_category_moves_the_window_and_the_spans(self, home, by):
        woman = ResidentFactory(home=home, birth_date=date(1975, 3, 1), sex="female")
        ledger.rebuild()
        persons.save_details(resident_id=woman.pk, by=by, female_retirement_age=55)
        woman.refresh_from_db()
        assert woman.retires_on > date(2030, 3, 1)
        assert set(LedgerSpan.objects.filter(resident=woman).values_list("retires_on", flat=True)) == {
            woman.retires_on
        }

    def test_a_wrong_number_is_corrected_and_the_ledger_follows(self, home, by):
        person = ResidentFactory(home=home, birth_date=BORN, sex="male", spell={"state": 2, "started_on": TODAY})
        ledger.rebuild()
        right = id_number_of(date(1962, 5, 1), "female", 700)
        correct(person, by, name="李小红", id_number=right)
        person.refresh_from_db()
        assert (person.name, person.initials, person.sex) == ("李小红", "LXH", "female")
        assert (person.birth_date, person.id_hash) == (date(1962, 5, 1), keyed_hash(right))
        assert person.retires_on < TODAY
        assert [one.started_on for one in person.memberships.all()] == [date(1962, 5, 1)]
        assert not LedgerSpan.objects.unemployed_on(TODAY).filter(resident=person).exists()
        assert ledger.check()["differ"] == 0
        assert "户口簿" in TrailAct.objects.latest("pk").reason

    def test_a_name_alone_is_corrected_and_the_number_stays(self, resident, by):
        before = (resident.id_number, resident.birth_date, resident.works_from)
        correct(resident, by, name="欧阳小川")
        resident.refresh_from_db()
        assert (resident.id_number, resident.birth_date, resident.works_from) == before
        assert resident.name == "欧阳小川"

    def test_without_a_number_the_birth_date_is_told_and_a_number_takes_its_place(self, home, by):
        person = ResidentFactory(
            home=home, id_number="", id_hash=None, no_id_reason="新生儿", birth_date=date(2026, 1, 5)
        )
        correct(person, by, birth_date=date(2026, 1, 6), sex="female")
        person.refresh_from_db()
        assert (person.birth_date, person.sex, person.no_id_reason) == (date(2026, 1, 6), "female", "新生儿")
        correct(person, by, id_number=id_number_of(date(2026, 1, 7), "male", 701))
        person.refresh_from_db()
        assert (person.birth_date, person.sex, person.no_id_reason) == (date(2026, 1, 7), "male", "")

    @pytest.mark.parametrize("here", [True, False])
    def test_a_number_on_another_file_is_refused_and_where_it_lies_elsewhere_is_not_told(self, home, by, here):
        first, there = (
            ResidentFactory(home=home),
            home if here else HouseholdFactory(community=elsewhere(home.community)),
        )
        other = ResidentFactory(home=there, name="王二")
        ledger.rebuild()
        with pytest.raises(LedgerRefused) as refused:
            correct(first, by, id_number=other.id_number)
        assert refused.value.field == "id_number"
        assert ("王二" in refused.value.message) == here
        first.refresh_from_db()
        assert first.id_hash != other.id_hash

    def test_nothing_known_may_lie_before_the_birth(self, home, by):
        person = ResidentFactory(home=home, birth_date=BORN, spell={"state": 2, "started_on": date(2000, 1, 1)})
        terms = {"resident_id": person.pk, "by": by, "reason": "r", "name": person.name}
        late, ahead = (id_number_of(day, "male", 702) for day in (date(2001, 1, 1), TODAY + DAY))
        assert refusal(persons.correct_identity, **terms, id_number=late) == "id_number"
        assert refusal(persons.correct_identity, **terms, id_number=ahead) == "id_number"

    def test_not_while_a_transfer_waits(self, resident, home, by):
        TransferRequest.objects.create(
            resident=resident, origin=home.community, household=HouseholdFactory(), relation="other", moves_on=TODAY
        )
        terms = {"resident_id": resident.pk, "by": by, "reason": "r", "name": "王二"}
        assert refusal(persons.correct_identity, **terms) == "name"

    def test_contacts_are_one_row(self, resident, by):
        for name in ("甲", "乙"):
            persons.save_contact(resident_id=resident.pk, by=by, contact_person=name)
        assert ContactDetails.objects.get().contact_person == "乙"


class TestHousehold:
    def test_the_allowance_is_told_when_it_changes(self, home, by):
        terms = {"household_id": home.pk, "address": "x", "grid": None, "by": by}
        persons.save_household(low_income=True, low_income_on=date(2026, 1, 1), **terms)
        persons.save_household(low_income=True, low_income_on=date(2026, 5, 1), **terms)
        persons.save_household(low_income=False, low_income_on=date(2026, 9, 1), **terms)
        persons.save_household(**terms)
        points = home.low_income_points.order_by("started_on").values_list("started_on", "low_income")
        assert list(points) == [(date(2026, 1, 1), True), (date(2026, 9, 1), False)]

    def test_not_before_what_is_known(self, home, by):
        LowIncomeStatusFactory(household=home, started_on=date(2026, 6, 1))
        terms = {"household_id": home.pk, "address": "", "grid": None, "by": by, "low_income": False}
        assert refusal(persons.save_household, low_income_on=date(2026, 5, 1), **terms) == "low_income_on"

    def test_a_programme_tag_comes_and_goes(self, home, by):
        terms = {"household_id": home.pk, "kind": "baseline", "by": by}
        persons.tag_household(started_on=date(2026, 1, 1), **terms)
        persons.tag_household(started_on=date(2026, 2, 1), **terms)
        assert HouseholdTag.objects.get().started_on == date(2026, 2, 1)
        assert refusal(persons.tag_household, started_on=TODAY + DAY, **terms) == "started_on"
        persons.untag_household(**terms)
        assert not HouseholdTag.objects.exists()


class TestRetired:
    def person(self, home, **values):
        return ResidentFactory(home=home, **values)

    def test_by_the_window_or_by_what_was_said_and_only_who_lives_here(self, home, by):
        by_window = self.person(home, birth_date=date(1950, 1, 1))
        early = self.person(home, spell={"state": 3, "inactive_reason": "retired"})
        back = self.person(home, spell={"state": 3, "inactive_reason": "retired"})
        LabourSpellFactory(resident=back, started_on=date(2025, 1, 1))
        gone = self.person(home, birth_date=date(1950, 1, 1))
        MembershipFactory(resident=gone, household=None, started_on=date(2026, 1, 1))
        self.person(home)
        self.person(HouseholdFactory(community=elsewhere(home.community)), birth_date=date(1950, 1, 1))
        ledger.rebuild()
        assert set(retired_on(Resident.objects.visible_to(by), TODAY)) == {by_window, early}

    def test_from_the_retirement_date_on(self, home, by):
        person = self.person(home, birth_date=date(1950, 1, 1))
        ledger.rebuild()
        assert list(retired_on(Resident.objects.visible_to(by), person.retires_on)) == [person]
        assert list(retired_on(Resident.objects.visible_to(by), person.retires_on - DAY)) == []

    @pytest.mark.parametrize("people", [2, 30])
    def test_the_list_filters_and_keeps_its_count_of_queries(
        self, client, home, by, people, django_assert_max_num_queries
    ):
        for number in range(people):
            self.person(home, birth_date=date(1950, 1, 1), name=f"丁{number}" if number % 2 else f"王{number}")
        ledger.rebuild()
        sign_in(client, "station_clerk", home.community)
        with django_assert_max_num_queries(14):
            page = client.get("/residents/retired/?name=丁").content.decode()
        assert len(_MASKED.findall(page)) == people // 2
        assert client.get("/residents/retired/?since=2030-01-01").content.decode().count("*" * 12) == 0


class TestForms:
    @pytest.fixture(autouse=True)
    def _signed_in(self, client, home):
        sign_in(client, "station_clerk", home.community)

    def test_each_is_opened_sent_and_comes_back_to_the_file(self, client, resident, home):
        one = persons.add_certificate(
            resident_id=resident.pk,
            by=PostingFactory(area=home.community),
            kind="employment",
            number="A1",
            issued_on=TODAY,
        )
        person, house = f"/residents/{resident.pk}/", f"/households/{home.pk}/"
        for address, sent, back in (
            (f"{person}four-clear/", {"noted_on": "2026-11-20", "source": "visit", "cause": "health"}, person),
            (f"{person}contact/", {"contact_phone": "１３９００００２２２２", "registered_address": "老家"}, person),
            (f"{person}details/", {"phone": "13900003333", "hukou": "urban", "education": "senior"}, person),
            (f"{person}certificates/new/", {"kind": "assistance", "number": "B2", "issued_on": "2026-01-01"}, person),
            (f"/certificates/{one.pk}/check/", {"checked_on": "2026-11-21", "passed": "no"}, person),
            (f"/certificates/{one.pk}/end/", {"ended_on": "2026-11-21"}, person),
            (f"{house}details/", {"address": "新路2号", "low_income": "yes", "low_income_on": "2026-11-01"}, house),
            (f"{house}programme/", {"kind": "baseline", "started_on": "2026-11-01", "belongs": "yes"}, house),
        ):
            assert client.get(address).status_code == 200, address
            assert client.post(address, sent).headers.get("Location") == back, address
        assert ContactDetails.objects.get().contact_phone == "13900002222"
        assert client.get(person).status_code == client.get(house).status_code == 200

    @pytest.mark.parametrize(
        ("role", "status"), [("station_clerk", 403), ("station_head", 302), ("street_reviewer", 302)]
    )
    def test_head_and_street_correct_who_a_person_is(self, client, resident, home, role, status):
        sign_in(client, role, home.community)
        address = f"/residents/{resident.pk}/identity/"
        offered = address in client.get(f"/residents/{resident.pk}/").content.decode()
        assert offered == (status == 302)
        if offered:
            page = client.get(address)
            assert resident.id_number not in page.content.decode()
            assert list(client.post(address, {"name": "张 三"}).context["form"].errors) == ["reason"]
        assert client.post(address, {"name": "张三", "reason": "户口簿"}).status_code == status

    def test_errors_stand_at_their_fields_all_at_once(self, client, resident):
        answer = client.post(f"/residents/{resident.pk}/certificates/new/", {"issued_on": "2099-99-99"})
        assert answer.status_code == 422
        assert answer.content.decode().count('class="errorlist"') == 3

    def test_a_draft_is_opened_again_and_dropped_when_sent(self, client, resident):
        client.post(f"/drafts/four-clear/{resident.pk}/", {"family": "写到一半"})
        address = f"/residents/{resident.pk}/four-clear/"
        assert "写到一半" in client.get(address).content.decode()
        client.post(address, {"noted_on": "2026-11-20", "source": "visit", "family": "写完了"})
        assert "写到一半" not in client.get(address).content.decode()

    def test_other_areas_are_not_there(self, client, home):
        far = HouseholdFactory(community=AreaFactory(community=True))
        stranger = ResidentFactory(home=far)
        ledger.rebuild()
        for address in (
            f"/residents/{stranger.pk}/four-clear/",
            f"/residents/{stranger.pk}/details/",
            f"/households/{far.pk}/details/",
        ):
            assert client.get(address).status_code == 404
