"""Pages of layoff notices and early warning: what each sees, what is sent once, the queries."""

import uuid
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistance.models import Case, LayoffNotice
from city.choices import Role
from households import ledger
from tests.assistance.factories import LayoffNoticeFactory, LayoffPersonFactory
from tests.city.factories import AreaFactory, EmployerFactory
from tests.desks import elsewhere, sign_in
from tests.households.factories import HouseholdFactory, LabourSpellFactory, ResidentFactory, id_number_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
CODE = "91330100MA0000001F"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        yield


@pytest.fixture
def community():
    return AreaFactory(community=True)


def worker_of(community, **spell):
    person = ResidentFactory(home=HouseholdFactory(community=community))
    LabourSpellFactory(resident=person, **spell)
    ledger.rebuild([person.pk])
    person.refresh_from_db()
    return person


def form(**values):
    return {"idempotency_key": str(uuid.uuid4()), **values}


def notice_of(community, *people, **values):
    notice = LayoffNoticeFactory(area=community.parent, **{"planned_on": date(2026, 12, 31), **values})
    return notice, [LayoffPersonFactory(notice=notice, resident=one) for one in people]


def told(**values):
    return form(
        **{
            "credit_code": CODE,
            "employer_name": "一厂",
            "staff_total": "100",
            "planned": "20",
            "planned_on": "2026-12-31",
            "words": "",
            **values,
        }
    )


def test_a_notice_is_entered_once_however_often_it_is_sent(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    sent = told(area=community.parent_id)
    for _time in range(2):
        answer = client.post("/layoffs/new/", sent)
        assert answer.status_code == 302
    assert LayoffNotice.objects.get().employer.name == "一厂"
    again = client.post("/layoffs/new/", told(area=community.parent_id))
    assert (again.status_code, "planned_on" in again.context["form"].errors) == (422, True)


@pytest.mark.parametrize(
    "wrong", [{"credit_code": "91330100MA00000011"}, {"planned": "101"}, {"planned": "0"}, {"area": "0"}]
)
def test_a_notice_that_cannot_be_comes_back_with_its_error(client, community, wrong):
    sign_in(client, Role.STREET_REVIEWER, community)
    answer = client.post("/layoffs/new/", told(**{"area": community.parent_id, **wrong}))
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert not LayoffNotice.objects.exists()


def test_a_street_enters_no_notice_of_another_area(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    assert client.post("/layoffs/new/", told(area=elsewhere(community).parent_id)).status_code == 422


def test_each_sees_its_own_residents_and_the_street_the_figures(client, community):
    far = elsewhere(community)
    ours, theirs = worker_of(community), worker_of(far)
    notice, _people = notice_of(community, ours, theirs)
    LayoffPersonFactory(notice=notice, resident=None, id_hash="1" * 32, name="外地王")
    expected = {
        (Role.STATION_CLERK, community): ([ours], 0, 0),
        (Role.STATION_CLERK, far): ([theirs], 0, 0),
        (Role.STREET_REVIEWER, community): ([ours], 2, 1),
        (Role.STREET_REVIEWER, far): ([theirs], 0, 0),
        (Role.CITY_OFFICE, community): ([ours, theirs], 2, 0),
    }
    for (role, place), (people, places, unmatched) in expected.items():
        sign_in(client, role, place)
        context = client.get(f"/layoffs/{notice.pk}/").context
        assert {person.resident for person in context["page"]} == set(people)
        assert (context["counts"]["listed"], context["counts"]["ours"]) == (3, len(people))
        assert (len(context["places"]), len(context["unmatched"])) == (places, unmatched)
    sign_in(client, Role.STATION_CLERK, elsewhere(community))
    assert client.get(f"/layoffs/{notice.pk}/").status_code == 404


def test_no_id_number_is_on_the_page(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    person = worker_of(community)
    notice, _people = notice_of(community, person)
    assert person.id_number not in client.get(f"/layoffs/{notice.pk}/").content.decode()


def test_reported_on_a_day_and_refused_for_a_day_to_come(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    notice, _people = notice_of(community, worker_of(community))
    url = f"/layoffs/{notice.pk}/step/"
    for day in ("2026-11-22", "", "x"):
        answer = client.post(url, form(action="report", version="0", on=day))
        assert (answer.status_code, answer.context["refused"].field) == (422, "on")
    assert client.post(url, form(action="report", version="0", on="2026-11-20")).status_code == 302
    notice.refresh_from_db()
    assert notice.reported_on == date(2026, 11, 20)
    assert client.post(url, form(action="report", version="0", on="2026-11-20")).status_code == 409
    assert client.post(url, form(action="nonsense", version="0")).status_code == 422


def test_somebody_is_put_on_the_list_by_hand(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    notice, _people = notice_of(community)
    url = f"/layoffs/{notice.pk}/persons/"
    number = id_number_of(date(1980, 1, 1), "male", 3)
    assert client.post(url, form(name="王", id_number=number[:-1], job="")).status_code == 422
    sent = form(name="王", id_number=number.lower(), job="车工")
    for _time in range(2):
        assert client.post(url, sent).status_code == 302
    again = client.post(url, form(name="王", id_number=number))
    assert (again.status_code, "id_number" in again.context["person_form"].errors) == (422, True)
    assert notice.persons.get().job == "车工"


def test_somebody_is_taken_off_the_list_by_hand(client, community):
    person = worker_of(community)
    notice, (one,) = notice_of(community, person)
    sign_in(client, Role.STREET_REVIEWER, community)
    assert 'form="off-the-list"' in client.get(f"/layoffs/{notice.pk}/").content.decode()
    sent = form(person=one.pk)
    for _time in range(2):
        assert client.post(f"/layoffs/{notice.pk}/persons/off/", sent).status_code == 302
    assert not notice.persons.exists()
    sign_in(client, Role.STATION_CLERK, community)
    assert client.get(f"/layoffs/{notice.pk}/").status_code == 404


def test_preventive_help_is_opened_for_those_chosen_in_one_action(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    notice, people = notice_of(community, worker_of(community), worker_of(community), worker_of(elsewhere(community)))
    url = f"/layoffs/{notice.pk}/help/"
    sent = form(person=[str(people[0].pk), str(people[2].pk), "x"])
    for _time in range(2):
        assert client.post(url, sent).status_code == 302
    case = Case.objects.get()
    assert (case.resident, case.preventive, case.intake) == (people[0].resident, True, "layoff")
    context = client.get(f"/layoffs/{notice.pk}/").context
    assert {person.pk: person.helped for person in context["page"]} == {people[0].pk: True, people[1].pk: False}
    assert client.post(url, form(person=[])).status_code == 302
    assert Case.objects.count() == 1


def test_once_it_happened_one_click_tells_the_ledger(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    notice, people = notice_of(community, worker_of(community), state="carried_out", carried_out_on=TODAY)
    assert client.get(f"/layoffs/{notice.pk}/").context["judged"].hired_first_until == date(2027, 5, 21)
    sent = form(person=[str(people[0].pk)])
    for _time in range(2):
        assert client.post(f"/layoffs/{notice.pk}/losses/", sent).status_code == 302
    assert people[0].resident.labour_spells.get(state=2).started_on == TODAY + timedelta(days=1)
    (person,) = client.get(f"/layoffs/{notice.pk}/").context["page"]
    assert not person.works
    refused = client.post(f"/layoffs/{notice.pk}/losses/", form(person=[str(people[0].pk)]), follow=True)
    assert refused.status_code == 200


def test_a_sign_of_an_unreported_layoff_leads_to_the_form(client, community):
    employer = EmployerFactory()
    home = HouseholdFactory(community=community)
    for _number in range(20):
        person = ResidentFactory(home=home)
        LabourSpellFactory(resident=person, employer=employer)
        LabourSpellFactory(resident=person, state=2, started_on=TODAY)
    ledger.rebuild()
    sign_in(client, Role.STREET_REVIEWER, community)
    (sign,) = client.get("/layoffs/").context["signs"]
    page = client.get(sign.url)
    assert employer.credit_code in page.content.decode()
    sign_in(client, Role.STATION_CLERK, community)
    assert client.get("/layoffs/").context["signs"] == []


def test_early_warnings_are_read_by_community(client, community):
    worker_of(community, started_on=date(2025, 12, 1), contract_months=12)
    beside = AreaFactory(level="community", parent=community.parent)
    worker_of(beside, started_on=date(2026, 1, 20), contract_months=12)
    sign_in(client, Role.STATION_CLERK, community)
    answer = client.get("/early-warnings/")
    assert (answer.context["days"], len(answer.context["rows"])) == (30, 1)
    sign_in(client, Role.STREET_REVIEWER, community)
    near, far = (client.get("/early-warnings/", {"days": days}).context for days in (30, 90))
    assert [len(context["places"]) for context in (near, far)] == [1, 2]
    listed = client.get("/early-warnings/", {"days": "90", "community": beside.code}).context
    assert [row.household.community for row in listed["rows"]] == [beside]
    assert client.get("/early-warnings/", {"days": "7", "community": "nowhere"}).context["days"] == 30
    stranger = elsewhere(community)
    assert client.get("/early-warnings/", {"community": stranger.code}).context["community"] is None


def test_the_desks_show_the_warnings(client, community):
    person = worker_of(community, started_on=date(2025, 12, 1), contract_months=12)
    sign_in(client, Role.STATION_CLERK, community)
    assert person.name in client.get("/today/").content.decode()
    sign_in(client, Role.STREET_REVIEWER, community)
    assert f"community={community.code}" in client.get("/reviews/").content.decode()


@pytest.mark.parametrize("rows", [1, 30])
def test_pages_cost_the_same_at_one_row_and_at_thirty(client, community, rows):
    sign_in(client, Role.STREET_REVIEWER, community)
    people = [worker_of(community, started_on=date(2025, 12, 1), contract_months=12) for _number in range(rows)]
    notice, _people = notice_of(community, *people)
    for one in people[1:]:
        notice_of(community, one)
    queries = {}
    for name, url in (
        ("list", "/layoffs/"),
        ("notice", f"/layoffs/{notice.pk}/"),
        ("warnings", f"/early-warnings/?community={community.code}"),
    ):
        queries[name] = _cost(client, url)
    assert queries == {"list": 7, "notice": 10, "warnings": 12}


def _cost(client, url):
    """What the page asks, the trail apart."""
    with CaptureQueriesContext(connection) as told_queries:
        assert client.get(url).status_code == 200
    return sum(
        one["sql"].startswith("SELECT") and "city.act" not in one["sql"] for one in told_queries.captured_queries
    )
