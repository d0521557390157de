"""Search, files of persons and households, transfers, as people of each role meet them."""

from datetime import date, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from city.choices import Role
from city.ciphers import keyed_hash
from city.models import TrailEntry
from households import ledger
from households.choices import LabourState, TransferState
from households.models import ContactDetails, TransferRequest
from households.names import initials
from tests.city.factories import AreaFactory
from tests.desks import elsewhere, sign_in
from tests.households.factories import (
    HardshipCertificationFactory,
    HouseholdFactory,
    LabourSpellFactory,
    LowIncomeStatusFactory,
    MembershipFactory,
    ResidentFactory,
    TransferRequestFactory,
    UnemploymentRegistrationFactory,
    VisitFactory,
    ZeroEmploymentEpisodeFactory,
)

pytestmark = pytest.mark.django_db
PHONE = "13800001234"


@pytest.fixture
def community():
    return AreaFactory(community=True, name="枫桥社区")


@pytest.fixture
def home(community):
    return HouseholdFactory(community=community, number="77")


@pytest.fixture
def zhang(home):
    person = ResidentFactory(
        name="张小明",
        initials=initials("张小明"),
        home=home,
        spell={"state": LabourState.UNEMPLOYED},
        phone=PHONE,
        phone_hash=keyed_hash(PHONE),
    )
    ledger.rebuild()
    return person


def test_no_event_is_offered_of_who_has_left(client, community, zhang):
    sign_in(client, Role.STATION_CLERK, community)
    assert f"/residents/{zhang.pk}/labour/" in page(client, f"/residents/{zhang.pk}/")
    MembershipFactory(
        resident=zhang, household=None, leave_reason="moved", started_on=timezone.localdate() - timedelta(days=1)
    )
    answer = page(client, f"/residents/{zhang.pk}/")
    assert f"/residents/{zhang.pk}/labour/" not in answer
    assert f"/residents/{zhang.pk}/move/" in answer


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def test_a_stranger_is_sent_to_sign_in(client, zhang, home):
    for address in ["/residents/", f"/residents/{zhang.pk}/", f"/households/{home.pk}/", "/transfers/"]:
        assert client.get(address)["Location"] == f"/accounts/login/?next={address}"
    assert client.post(f"/residents/{zhang.pk}/number/").status_code == 302


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_what_its_rights_say(client, community, zhang, home, role):
    posting = sign_in(client, role, community)
    for permission, address in [
        ("households.view_residents", "/residents/"),
        ("households.view_residents", f"/residents/{zhang.pk}/"),
        ("households.view_households", f"/households/{home.pk}/"),
        ("households.accept_transfers", "/transfers/"),
    ]:
        assert client.get(address).status_code == (200 if posting.may(permission) else 403), address


@pytest.mark.parametrize("role", [Role.STATION_CLERK, Role.STREET_REVIEWER, Role.DISTRICT_OFFICER])
def test_another_area_is_not_found_and_nothing_is_revealed(client, community, role):
    other = HouseholdFactory(community=elsewhere(community))
    stranger = ResidentFactory(home=other)
    ledger.rebuild()
    sign_in(client, role, community)
    for address in [f"/residents/{stranger.pk}/", f"/households/{other.pk}/"]:
        assert client.get(address).status_code == 404
    assert client.post(f"/residents/{stranger.pk}/number/").status_code == 404
    assert not TrailEntry.objects.filter(table="reveal").exists()


@pytest.mark.parametrize("query", ["张小明", "张小", "zxm", "ZX", PHONE, "138 0000 1234", "１３８００００１２３４"])
def test_one_box_finds_by_what_was_typed(client, community, zhang, query):
    sign_in(client, Role.STATION_CLERK, community)
    assert f"/residents/{zhang.pk}/" in client.get("/residents/", {"q": query}).content.decode()


@pytest.mark.parametrize("written", [str, str.lower, " {} ".format, lambda number: f"{number[:6]} {number[6:]}"])
def test_an_id_number_is_found_however_it_is_written(client, community, zhang, written):
    sign_in(client, Role.STATION_CLERK, community)
    text = client.get("/residents/", {"q": written(zhang.id_number)}).content.decode()
    assert f"/residents/{zhang.pk}/" in text
    assert "当前状态" in text
    assert "失业" in text


@pytest.mark.parametrize("query", ["", "小明", "李", "%", "_", "张%", "x" * 500, "\0", "'; --", "13899999999"])
def test_what_fits_nobody_finds_nobody(client, community, zhang, query):
    sign_in(client, Role.STATION_CLERK, community)
    answer = client.get("/residents/", {"q": query})
    assert answer.status_code == 200
    assert f"/residents/{zhang.pk}/" not in answer.content.decode()


def test_the_search_ends_at_the_area(client, community, zhang):
    other = elsewhere(community)
    sign_in(client, Role.STATION_CLERK, other)
    assert f"/residents/{zhang.pk}/" not in client.get("/residents/", {"q": zhang.id_number}).content.decode()
    sign_in(client, Role.CITY_OFFICE, other)
    assert f"/residents/{zhang.pk}/" in client.get("/residents/", {"q": zhang.id_number}).content.decode()


def test_the_search_costs_the_same_at_any_size_and_pages(client, community, home, django_assert_max_num_queries):
    sign_in(client, Role.STATION_CLERK, community)
    ResidentFactory(name="王一", home=home)
    ledger.rebuild()
    with django_assert_max_num_queries(30) as few:
        client.get("/residents/", {"q": "王"})
    ResidentFactory.create_batch(60, name="王二", home=home)
    ledger.rebuild()
    with django_assert_max_num_queries(len(few)):
        text = client.get("/residents/", {"q": "王"}).content.decode()
    assert 'rel="next"' in text


def test_a_file_tells_what_is_true_today_and_sets_later_changes_apart(client, community, zhang):
    today = timezone.localdate()
    LabourSpellFactory(resident=zhang, started_on=today + timedelta(days=30), employer_name="Works of tomorrow")
    UnemploymentRegistrationFactory(resident=zhang)
    HardshipCertificationFactory(resident=zhang)
    ledger.rebuild()
    sign_in(client, Role.STATION_CLERK, community)
    text = page(client, f"/residents/{zhang.pk}/")
    assert text.index("将来的变化") < text.index("Works of tomorrow") < text.index("就业经历")
    assert "4050人员" in text
    assert "从未登记。" not in text


def test_somebody_who_left_or_was_never_surveyed_has_a_file(client, community, home):
    gone = ResidentFactory(home=home)
    MembershipFactory(resident=gone, household=None, started_on=date(2026, 1, 1))
    silent = ResidentFactory(home=home)
    ledger.rebuild()
    sign_in(client, Role.STATION_CLERK, community)
    assert "不再是居民" in page(client, f"/residents/{gone.pk}/")
    assert "未调查" in page(client, f"/residents/{silent.pk}/")


def test_a_number_is_masked_until_opened_once_and_the_trail_knows(client, community, zhang):
    posting = sign_in(client, Role.STATION_CLERK, community)
    address = f"/residents/{zhang.pk}/"
    assert zhang.id_number not in page(client, address)
    assert PHONE not in page(client, address)
    assert zhang.id_number in client.post(f"{address}number/").content.decode()
    line = TrailEntry.objects.get(table="reveal")
    assert (line.key, line.act.staff, line.act.posting) == (str(zhang.pk), posting.staff, posting)
    assert zhang.id_number not in page(client, address)
    part = client.post(f"{address}number/", headers={"hx-request": "true"}).content.decode()
    assert zhang.id_number in part
    assert "<html" not in part
    assert TrailEntry.objects.filter(table="reveal").count() == 2


def test_the_phones_are_masked_until_opened_once_and_the_trail_knows(client, community, zhang):
    ContactDetails.objects.create(resident=zhang, contact_person="李", contact_phone="13700001111")
    sign_in(client, Role.STATION_CLERK, community)
    address = f"/residents/{zhang.pk}/"
    opened = client.post(f"{address}phones/").content.decode()
    assert PHONE in opened
    assert "13700001111" in opened
    assert TrailEntry.objects.get(table="reveal").key == str(zhang.pk)
    part = client.post(f"{address}phones/", headers={"hx-request": "true"}).content.decode()
    assert PHONE in part
    assert "<html" not in part
    closed = page(client, address)
    assert PHONE not in closed
    assert "13700001111" not in closed


def test_a_number_is_not_opened_by_looking(client, community, zhang):
    sign_in(client, Role.STATION_CLERK, community)
    assert client.get(f"/residents/{zhang.pk}/number/").status_code == 405


def test_a_household_shows_members_episodes_visits_and_allowance(client, community, home, zhang):
    former = ResidentFactory(name="former member", home=home)
    MembershipFactory(resident=former, household=HouseholdFactory(community=community), started_on=date(2026, 1, 1))
    ZeroEmploymentEpisodeFactory(household=home, certified_on=date(2020, 1, 15), card_number="card 9")
    VisitFactory(household=home, visitor="visitor 1")
    LowIncomeStatusFactory(household=home)
    ledger.rebuild()
    sign_in(client, Role.STATION_CLERK, community)
    text = page(client, f"/households/{home.pk}/")
    assert text.index("现有成员") < text.index("张小明") < text.index("曾经或将来的成员") < text.index("former member")
    assert "card 9" in text
    assert "2020-02-15" in text
    assert "未消除，已超过时限" in text
    assert "visitor 1" in text


def test_a_household_costs_the_same_at_any_size(client, community, home, zhang, django_assert_max_num_queries):
    sign_in(client, Role.STATION_CLERK, community)
    with django_assert_max_num_queries(40) as few:
        client.get(f"/households/{home.pk}/")
    ResidentFactory.create_batch(30, home=home, spell={"state": LabourState.EMPLOYED})
    ledger.rebuild()
    with django_assert_max_num_queries(len(few)):
        client.get(f"/households/{home.pk}/")


def asked(zhang, household):
    return TransferRequestFactory(
        resident=zhang, origin=zhang.memberships.get().household.community, household=household
    )


def test_a_transfer_is_answered_by_both_streets(client, community, home, zhang):
    transfer = asked(zhang, HouseholdFactory(community=elsewhere(community)))
    sign_in(client, Role.STREET_REVIEWER, community)
    assert "张小明" in page(client, "/transfers/")
    assert client.post(f"/transfers/{transfer.pk}/agree/")["Location"] == "/transfers/"
    transfer.refresh_from_db()
    assert (transfer.state, bool(transfer.origin_agreed), transfer.destination_agreed) == ("asked", True, None)


def test_a_transfer_can_be_refused_once(client, community, home, zhang):
    transfer = asked(zhang, HouseholdFactory(community=elsewhere(community)))
    sign_in(client, Role.STREET_REVIEWER, community)
    client.post(f"/transfers/{transfer.pk}/refuse/")
    transfer.refresh_from_db()
    assert transfer.state == TransferState.REFUSED
    assert client.post(f"/transfers/{transfer.pk}/agree/").status_code == 409
    assert "张小明" not in page(client, "/transfers/")
    assert "张小明" in page(client, "/transfers/?decided=1")


def test_a_transfer_of_others_is_not_found_and_a_clerk_answers_none(client, community, home, zhang):
    transfer = asked(zhang, HouseholdFactory(community=community))
    third = elsewhere(community)
    sign_in(client, Role.STREET_REVIEWER, third)
    assert client.post(f"/transfers/{transfer.pk}/agree/").status_code == 404
    sign_in(client, Role.STATION_CLERK, community)
    assert client.post(f"/transfers/{transfer.pk}/agree/").status_code == 403
    assert TransferRequest.objects.get().state == TransferState.ASKED


def test_the_transfers_cost_the_same_at_any_size(client, community, home, django_assert_max_num_queries):
    sign_in(client, Role.STREET_REVIEWER, community)
    target = HouseholdFactory(community=community)
    asked(ResidentFactory(home=home), target)
    with django_assert_max_num_queries(30) as few:
        client.get("/transfers/")
    for person in ResidentFactory.create_batch(30, home=home):
        asked(person, target)
    with django_assert_max_num_queries(len(few)):
        client.get("/transfers/")


def test_a_number_is_searched_for_without_standing_in_an_address(client, community):
    person = ResidentFactory(home=HouseholdFactory(community=community))
    ledger.rebuild()
    sign_in(client, Role.STATION_CLERK, community)
    answer = client.post("/residents/", {"q": person.id_number})
    assert answer.status_code == HTTPStatus.OK
    assert person.name in answer.content.decode()
    named = client.post("/residents/", {"q": person.name})
    assert named["Location"] == f"/residents/?{urlencode({'q': person.name})}"
    assert client.post("/residents/", {"q": "x" * 61}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
