"""Registering, moving and the labour timeline, as the station meets them on its pages."""

import uuid
from datetime import date

import pytest

from city.choices import Role
from households import ledger
from households.models import Household, LabourSpell, Membership, Resident, TransferRequest
from tests.city.factories import AreaFactory
from tests.desks import elsewhere, sign_in
from tests.households.factories import (
    HouseholdFactory,
    LabourSpellFactory,
    MembershipFactory,
    ResidentFactory,
    id_number_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
TODAY = date(2026, 11, 21)
BORN = date(1980, 1, 1)
STATION = {Role.STATION_CLERK, Role.STATION_HEAD}
ROUTES = {
    "confirm": {"on": "2026-11-20", "source": "phone"},
    "found-work": {"on": "2026-12-01", "channel": "employer", "source": "visit", "credit_code": "91350100M000100Y43"},
    "inactive": {"on": "2026-11-20", "reason": "student", "source": "visit"},
    "retired": {"on": "2026-11-20", "source": "visit"},
    "register": {"on": "2026-11-20"},
}


@pytest.fixture
def _today(time_machine):
    time_machine.move_to("2026-11-21T09:00+08:00")


@pytest.fixture
def community():
    return AreaFactory(community=True)


@pytest.fixture
def home(community):
    return HouseholdFactory(community=community, number="7")


@pytest.fixture
def zhang(home):
    person = ResidentFactory(name="张一", birth_date=BORN, spell={"state": 2})
    MembershipFactory(resident=person, household=home, started_on=BORN, relation="head")
    ledger.rebuild()
    return person


@pytest.fixture
def clerk(client, community):
    return sign_in(client, Role.STATION_CLERK, community)


def card(place, **values):
    return {f"members-{place}-{name}": value for name, value in values.items()}


def household(*cards, **values):
    sent = {"number": "12", "members-TOTAL_FORMS": "3", "members-INITIAL_FORMS": "0", **values}
    for one in cards:
        sent |= one
    return sent


def number(order, born=date(1975, 5, 5), sex="male"):
    return id_number_of(born, sex, order)


class TestFindFirst:
    def test_nobody_known_opens_the_form_with_the_number(self, client, clerk):
        page = client.post("/register/", {"id_number": f" {number(1)} "}).content.decode()
        assert f'value="{number(1)}"' in page
        assert 'name="members-0-relation"' in page

    def test_who_is_here_is_offered(self, client, clerk, zhang, home):
        assert f"/residents/{zhang.pk}/" in client.post("/register/", {"id_number": zhang.id_number}).content.decode()
        page = client.post(f"/households/{home.pk}/members/find/", {"id_number": zhang.id_number}).content.decode()
        assert f"/residents/{zhang.pk}/move/?to=7" in page

    def test_who_is_elsewhere_may_be_asked_for_and_no_place_is_told(self, client, clerk, community):
        far = HouseholdFactory(community=elsewhere(community))
        far.community.name = "远方社区"
        far.community.save()
        person = ResidentFactory(name="李远", home=far)
        ledger.rebuild()
        page = client.post("/register/", {"id_number": person.id_number}).content.decode()
        assert "/register/transfer/" in page
        assert "远方社区" not in page
        assert "李远" not in page
        sent = {"id_number": person.id_number, "number": "9", "relation": "child", "moves_on": "2026-11-01"}
        assert client.post("/register/transfer/", {**sent, "name": "别人"}).status_code == 422
        assert client.post("/register/transfer/", {**sent, "name": "李远"})["Location"] == "/residents/"
        assert TransferRequest.objects.get().household.number == "9"

    def test_without_a_number_one_is_asked_who_it_is(self, client, clerk, home):
        child = ResidentFactory(
            name="李小", birth_date=BORN, home=home, id_number="", id_hash=None, no_id_reason="新生儿"
        )
        ledger.rebuild()
        told = {"name": "李小", "birth_date": "1980-01-01", "sex": "male", "no_id_reason": "遗失"}
        assert f"/residents/{child.pk}/" in client.post("/register/", told).content.decode()
        page = client.post("/register/", {**told, "nobody": "1"}).content.decode()
        assert 'name="members-0-relation"' in page
        assert 'value="遗失"' in page

    @pytest.mark.parametrize(("told", "errors"), [({}, 1), ({"id_number": "123"}, 1), ({"no_id_reason": "遗失"}, 3)])
    def test_neither_number_nor_reason(self, client, clerk, told, errors):
        answer = client.post("/register/", told)
        assert answer.status_code == 422
        assert answer.content.decode().count('class="errorlist"') == errors

    def test_the_form_without_a_draft_begins_with_the_search(self, client, clerk):
        assert client.get("/register/household/")["Location"] == "/register/"


class TestHousehold:
    def test_is_registered_once_however_often_it_is_sent(self, client, clerk, community):
        sent = household(
            card(
                0,
                relation="head",
                id_number=number(1),
                name="王 一",
                state="employed",
                state_on="2020-01-01",
                channel="flexible",
            ),
            card(1, relation="child", name="王二", no_id_reason="新生儿", birth_date="2026-01-05", sex="female"),
            idempotency_key=str(uuid.uuid4()),
        )
        answers = {client.post("/register/household/", sent)["Location"] for _time in range(2)}
        made = Household.objects.get(number="12")
        assert answers == {f"/households/{made.pk}/"}
        assert set(Resident.objects.values_list("name", "sex")) == {("王一", "male"), ("王二", "female")}
        assert client.get(answers.pop()).status_code == 200

    def test_all_errors_stand_at_their_places_and_nothing_is_kept(self, client, clerk, zhang):
        sent = household(
            card(0, relation="head", id_number=zhang.id_number, name="张一"),
            card(1, relation="head", id_number="123", name="王2", state="employed"),
            number="",
        )
        answer = client.post("/register/household/", sent)
        assert answer.status_code == 422
        form, cards = answer.context["form"], answer.context["cards"]
        assert set(form.errors) == {"number"}
        assert [set(one.errors) for one in cards] == [set(), {"id_number", "name", "state_on", "channel"}, set()]
        answer = client.post(
            "/register/household/",
            household(card(0, relation="head", id_number=zhang.id_number, name="张一"), number="7"),
        )
        assert set(answer.context["form"].errors) == {"number"}
        assert set(answer.context["cards"][0].errors) == {"id_number"}
        assert Resident.objects.count() == 1

    def test_an_empty_first_card_is_missing(self, client, clerk):
        answer = client.post("/register/household/", household())
        assert answer.status_code == 422
        assert Household.objects.count() == 0

    def test_one_more_card_keeps_what_is_typed(self, client, clerk):
        page = client.post("/register/household/", household(card(0, name="王一"), more="1")).content.decode()
        assert 'name="members-3-relation"' in page
        assert 'value="王一"' in page

    def test_ten_cards_are_the_most(self, client, clerk):
        sent = household(card(0, name="王一"), **{"members-TOTAL_FORMS": "10", "more": "1"})
        page = client.post("/register/household/", sent).content.decode()
        assert 'name="members-9-relation"' in page
        assert 'name="members-10-relation"' not in page
        assert 'name="more"' not in page

    def test_a_draft_with_its_members_is_opened_again(self, client, clerk):
        client.post("/drafts/register-household/new/", household(card(3, name="王四"), **{"members-TOTAL_FORMS": "4"}))
        page = client.get("/register/household/").content.decode()
        assert 'value="王四"' in page
        sent = household(card(0, relation="head", id_number=number(1), name="王一"))
        client.post("/register/household/", sent)
        assert client.get("/register/household/")["Location"] == "/register/"

    def test_a_search_offers_the_draft_and_never_fills_it_in_for_somebody_else(self, client, clerk, home):
        begun = household(card(0, name="王四", id_number=number(4)))
        client.post("/drafts/register-household/new/", begun)
        client.post(f"/drafts/add-member/{home.pk}/", {"name": "王四", "id_number": number(4)})
        for search, form in (("/register/", "/register/household/"), ("members/find/", "members/new/")):
            place = "" if search.startswith("/") else f"/households/{home.pk}/"
            assert f'href="{place}{form}"' in client.get(place + search).content.decode()
            opened = client.post(place + search, {"id_number": number(5)}).content.decode()
            assert number(5) in opened
            assert "王四" not in opened
            assert number(4) not in opened

    def test_one_more_member(self, client, clerk, home, zhang):
        address = f"/households/{home.pk}/members/new/"
        assert client.get(address)["Location"] == f"/households/{home.pk}/members/find/"
        sent = {"relation": "head", "id_number": number(2), "name": "王二"}
        assert client.post(address, sent).status_code == 422
        assert client.post(address, {**sent, "relation": "child"})["Location"] == f"/households/{home.pk}/"
        assert Membership.objects.filter(household=home).count() == 2


class TestMoves:
    def test_move_leave_come_back_and_cancel(self, client, clerk, zhang, home, community):
        other = HouseholdFactory(community=community, number="8")
        file = f"/residents/{zhang.pk}/"
        assert 'value="8"' in client.get(f"{file}move/?to=8").content.decode()
        sent = {"on": "2026-12-01", "household": "008", "relation": "head"}
        assert client.post(f"{file}move/", sent)["Location"] == file
        point = Membership.objects.get(household=other)
        assert f"/memberships/{point.pk}/cancel/" in client.get(file).content.decode()
        assert client.post(f"/memberships/{point.pk}/cancel/", {})["Location"] == file
        assert client.post(f"{file}leave/", {"on": "2026-11-01", "reason": "moved"})["Location"] == file
        assert client.post(f"{file}move/", {**sent, "on": "2026-11-10"})["Location"] == file
        assert list(zhang.memberships.order_by("started_on").values_list("household", flat=True)) == [
            home.pk,
            None,
            other.pk,
        ]

    def test_a_household_that_is_not_there_and_a_day_too_early(self, client, clerk, zhang):
        sent = {"on": "1979-01-01", "household": "99", "relation": "head"}
        answer = client.post(f"/residents/{zhang.pk}/move/", sent)
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {"household"}

    def test_the_head_names_who_follows(self, client, clerk, zhang, home):
        child = ResidentFactory(name="张二", home=home)
        ledger.rebuild()
        address = f"/residents/{zhang.pk}/leave/"
        assert client.post(address, {"on": "2026-11-20", "reason": "died"}).status_code == 422
        sent = {"on": "2026-11-20", "reason": "died", "new_head": str(child.pk)}
        assert client.post(address, sent).status_code == 302
        assert child.memberships.latest("started_on").relation == "head"

    def test_split_and_merge(self, client, clerk, zhang, home, community):
        child = ResidentFactory(name="张二", home=home)
        ledger.rebuild()
        sent = {"on": "2026-11-01", "number": "20", f"member_{child.pk}": "head"}
        answer = client.post(f"/households/{home.pk}/split/", sent)
        new = Household.objects.get(number="20")
        assert answer["Location"] == f"/households/{new.pk}/"
        sent = {"on": "2026-11-20", "into": "7", f"member_{child.pk}": "child"}
        assert client.post(f"/households/{new.pk}/merge/", sent)["Location"] == f"/households/{home.pk}/"
        homes = child.memberships.order_by("started_on").values_list("household", flat=True)
        assert list(homes) == [home.pk, new.pk, home.pk]


class TestLabour:
    @pytest.mark.parametrize("event", ROUTES)
    def test_each_event_has_its_form(self, client, clerk, zhang, event):
        address = f"/residents/{zhang.pk}/labour/{event}/"
        assert client.get(address).status_code == 200
        assert client.post(address, ROUTES[event])["Location"] == f"/residents/{zhang.pk}/"
        assert client.get(f"/residents/{zhang.pk}/").status_code == 200

    def test_losing_work_left_open_is_shown_as_assumed(self, client, clerk, zhang):
        LabourSpellFactory(resident=zhang, started_on=date(2026, 1, 1))
        sent = {"on": "2026-11-16", "source": "visit", "idempotency_key": str(uuid.uuid4())}
        for _time in range(2):
            assert client.post(f"/residents/{zhang.pk}/labour/lost-work/", sent).status_code == 302
        latest = zhang.labour_spells.latest("started_on")
        assert (latest.started_on, latest.source) == (date(2026, 11, 17), "assumed")
        assert 'class="tag strong"' in client.get(f"/residents/{zhang.pk}/").content.decode()

    def test_what_contradicts_stands_at_its_field(self, client, clerk, zhang):
        sent = {"on": "2019-01-01", "channel": "employer", "source": "visit"}
        answer = client.post(f"/residents/{zhang.pk}/labour/found-work/", sent)
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {"on"}
        assert "2020-01-01" in answer.content.decode()

    def test_details_are_corrected_and_mistakes_taken_back(self, client, clerk, zhang):
        job = LabourSpellFactory(resident=zhang, started_on=date(2026, 1, 1), employer_name="甲")
        later = LabourSpellFactory(resident=zhang, started_on=date(2026, 12, 1), state=3)
        file = f"/residents/{zhang.pk}/"
        page = client.get(file).content.decode()
        assert f"/labour/{later.pk}/cancel/" in page
        assert f"/labour/{job.pk}/take-back/" not in page
        assert client.post(f"/labour/{later.pk}/cancel/", {})["Location"] == file
        sent = {"started_on": "2026-02-01", "channel": "dispatch", "employer_name": "乙", "monthly_income": "3,000"}
        assert client.post(f"/labour/{job.pk}/correct/", sent)["Location"] == file
        job.refresh_from_db()
        assert (job.started_on, job.employer_name, job.monthly_income) == (date(2026, 2, 1), "乙", 3000)
        assert client.post(f"/labour/{job.pk}/take-back/", {})["Location"] == file
        assert LabourSpell.objects.count() == 1

    def test_an_unknown_event_is_not_there(self, client, clerk, zhang):
        assert client.get(f"/residents/{zhang.pk}/labour/vanish/").status_code == 404

    @pytest.mark.parametrize("role", Role)
    def test_the_station_alone_edits_the_register(self, client, community, zhang, home, role):
        sign_in(client, role, community)
        spell = zhang.labour_spells.get()
        for address in (
            "/register/",
            f"/residents/{zhang.pk}/labour/found-work/",
            f"/labour/{spell.pk}/correct/",
            f"/residents/{zhang.pk}/move/",
            f"/households/{home.pk}/split/",
        ):
            assert client.get(address).status_code == (200 if role in STATION else 403), address

    def test_another_area_is_not_there(self, client, zhang, home):
        sign_in(client, Role.STATION_CLERK, AreaFactory(community=True))
        spell = zhang.labour_spells.get()
        for address in (
            f"/residents/{zhang.pk}/labour/found-work/",
            f"/labour/{spell.pk}/take-back/",
            f"/memberships/{zhang.memberships.get().pk}/cancel/",
            f"/households/{home.pk}/merge/",
        ):
            assert client.post(address).status_code == 404, address

    @pytest.mark.parametrize("number", [1, 30])
    def test_the_file_costs_the_same_with_one_state_and_with_thirty(
        self, client, clerk, zhang, number, django_assert_max_num_queries
    ):
        for month in range(number):
            LabourSpellFactory(resident=zhang, started_on=date(2021 + month // 12, month % 12 + 1, 1))
        ledger.rebuild()
        with django_assert_max_num_queries(45):
            client.get(f"/residents/{zhang.pk}/")


class TestTakingBackAMove:
    def test_the_latest_that_has_happened_has_its_button(self, client, clerk, zhang, home, community):
        file, first = f"/residents/{zhang.pk}/", zhang.memberships.get()
        assert "take-back" not in client.get(file).content.decode().split("labour/")[-1]
        other = HouseholdFactory(community=community, number="8")
        moved = MembershipFactory(resident=zhang, household=other, started_on=date(2026, 11, 2), relation="child")
        page = client.get(file).content.decode()
        assert f"/memberships/{moved.pk}/take-back/" in page
        assert f"/memberships/{first.pk}/take-back/" not in page
        address = f"/memberships/{moved.pk}/take-back/"
        assert client.post(f"/memberships/{first.pk}/take-back/").status_code == 422
        assert "2026-11-02" in client.get(address).content.decode()
        assert client.post(address)["Location"] == file
        assert zhang.memberships.get() == first

    def test_a_move_to_come_is_cancelled_first(self, client, clerk, zhang, community):
        past, ahead = (
            MembershipFactory(
                resident=zhang,
                household=HouseholdFactory(community=community, number=number),
                started_on=day,
                relation="child",
            )
            for number, day in (("8", date(2026, 11, 2)), ("9", date(2026, 12, 2)))
        )
        page = client.get(f"/residents/{zhang.pk}/").content.decode()
        assert f"/memberships/{ahead.pk}/cancel/" in page
        assert f"/memberships/{past.pk}/take-back/" not in page
