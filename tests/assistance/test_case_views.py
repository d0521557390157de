"""Pages of cases as the station, the street and others meet them."""

import io
import uuid
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from assistance.choices import CaseState
from assistance.models import Case, Referral, Service
from assistance.services import referrals
from city import files, parts
from city.choices import Role
from city.ciphers import keyed_hash
from city.desk import WorkList
from city.models import Clock, StoredFile
from tests.assistance.case_desk import case_in, elsewhere, make_desk, make_person, open_case, place, sibling_of, step
from tests.city.factories import AreaFactory
from tests.desks import sign_in

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def desk():
    return make_desk()


def url(name, *args):
    return reverse(f"assistance:{name}", args=args)


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def addresses_of(case):
    """[(method, address)] of everything that names the case."""
    referral = Referral.objects.filter(case=case).first()
    return [
        ("get", url("case", case.pk)),
        *[("post", url(name, case.pk)) for name in ("take_step", "set_details", "place", "refer", "serve")],
        ("post", url("answer_referral", referral.pk)),
        ("post", url("record_follow_up", case.follow_ups.first().pk)),
    ]


@pytest.fixture
def placed(desk):
    case = case_in(desk, CaseState.COMMITTED)
    referrals.refer(case_id=case.pk, employer_name="Silk mill", job="weaver", referred_on=TODAY, by=desk.clerk)
    return place(desk, case)


def test_a_stranger_is_sent_to_sign_in(client, desk, placed):
    for method, address in [*addresses_of(placed), ("get", url("cases")), ("get", url("open_case", desk.person.pk))]:
        assert getattr(client, method)(address)["Location"] == f"/accounts/login/?next={address}"


@pytest.mark.parametrize("where", ["sibling", "district"])
def test_what_lies_outside_is_not_there(client, desk, placed, where):
    away = sibling_of(desk.community) if where == "sibling" else elsewhere(desk.community)
    sign_in(client, Role.STATION_CLERK, away)
    for method, address in addresses_of(placed):
        assert getattr(client, method)(address).status_code == 404, address
    assert client.get(url("open_case", desk.person.pk)).status_code == 404
    assert desk.person.name not in page(client, url("cases"))


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_what_its_rights_say(client, desk, placed, role):
    posting = sign_in(client, role, desk.community)
    views, works = posting.may("assistance.view_cases"), posting.may("assistance.work_cases")
    for method, address in addresses_of(placed):
        status = getattr(client, method)(address).status_code
        if method == "get":
            assert status == (200 if views else 403), address
        elif address == url("take_step", placed.pk):
            assert status == (422 if views else 403), address
        else:
            assert status == (422 if works else 403), address
    assert client.get(url("choose_person")).status_code == (200 if works else 403)


def test_a_case_is_opened_after_a_search_and_once(client, desk):
    sign_in(client, Role.STATION_CLERK, desk.community)
    answer = client.post(url("choose_person"), {"q": desk.person.id_number})
    assert url("open_case", desk.person.pk) in answer.content.decode()
    sent = {"intake": "hotline", "applied_on": TODAY, "accepts_any": "on", "idempotency_key": uuid.uuid4()}
    answers = [client.post(url("open_case", desk.person.pk), sent) for _ in range(2)]
    case = Case.objects.get()
    assert [answer["Location"] for answer in answers] == [url("case", case.pk)] * 2
    assert (case.intake, case.accepts_any_suitable_job) == ("hotline", True)
    assert client.get(url("open_case", desk.person.pk))["Location"] == url("case", case.pk)
    assert client.post(url("open_case", desk.person.pk), sent | {"idempotency_key": uuid.uuid4()}).status_code == 409
    found = client.post(url("choose_person"), {"q": desk.person.id_number}).content.decode()
    assert url("case", case.pk) in found


def test_no_number_stands_in_an_address(client, desk):
    sign_in(client, Role.STATION_CLERK, desk.community)
    assert client.post(url("choose_person"), {"q": desk.person.id_number}).status_code == 200
    assert client.post(url("choose_person"), {"q": "resident"})["Location"].endswith("?q=resident")


def test_what_the_person_wished_for_is_filled_in(client, desk):
    sign_in(client, Role.STATION_CLERK, desk.community)
    form = client.get(url("open_case", desk.person.pk)).context["form"]
    assert form["accepts_any"].value() is True
    assert form["applied_on"].value() == TODAY


def test_an_application_with_errors_keeps_what_was_typed(client, desk):
    sign_in(client, Role.STATION_CLERK, desk.community)
    sent = {"intake": "", "applied_on": TODAY + timedelta(days=1), "words": "please"}
    answer = client.post(url("open_case", desk.person.pk), sent)
    assert answer.status_code == 422
    assert "please" in answer.content.decode()
    assert not Case.objects.exists()


def test_a_button_takes_the_step_once(client, desk):
    case = open_case(desk)
    sign_in(client, Role.STATION_CLERK, desk.community)
    sent = {"action": "verify", "version": 0, "idempotency_key": uuid.uuid4()}
    answers = [client.post(url("take_step", case.pk), sent) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [url("case", case.pk)] * 2
    assert client.post(url("take_step", case.pk), {"action": "verify", "version": 0}).status_code == 409
    assert client.post(url("take_step", case.pk), {"action": "fly", "version": 1}).status_code == 422
    case.refresh_from_db()
    assert (case.state, case.version) == ("verified", 1)


def test_what_verification_lacks_is_told_beside_the_button(client, desk):
    case = open_case(desk, make_person(desk.home, clear=False, certified=False))
    sign_in(client, Role.STATION_CLERK, desk.community)
    standing = client.get(url("case", case.pk)).context["standing"]
    assert len(standing.refusals) == 2
    answer = client.post(url("take_step", case.pk), {"action": "verify", "version": 0})
    assert answer.status_code == 422
    for refusal in standing.refusals:
        assert refusal in unescape(answer.content.decode())


def test_the_street_sends_back_and_the_station_may_not(client, desk):
    case = case_in(desk, CaseState.COMMITTED)
    sent = {"action": "send_back", "version": case.version, "reason": "papers", "words": "no card"}
    sign_in(client, Role.STATION_HEAD, desk.community)
    assert client.post(url("take_step", case.pk), sent).status_code == 403
    sign_in(client, Role.STREET_REVIEWER, desk.community)
    assert client.post(url("take_step", case.pk), sent).status_code == 302
    assert Case.objects.get().state == "returned"


def test_a_placement_is_recorded_from_the_page(client, desk):
    case = case_in(desk, CaseState.PLACING)
    sign_in(client, Role.STATION_CLERK, desk.community)
    sent = {"version": case.version, "placed_on": TODAY, "employer_name": "Silk mill"}
    answer = client.post(url("place", case.pk), sent)
    assert answer.status_code == 422
    assert answer.context["sent"]["place"].errors.keys() == {"channel"}
    sent |= {"channel": "employer", "monthly_income": "3000", "insured": "true", "contract_months": "12"}
    assert client.post(url("place", case.pk), sent)["Location"] == url("case", case.pk)
    case.refresh_from_db()
    assert (case.state, case.spell.insured, case.spell.contract_months) == ("placed", True, 12)


def test_jobs_answers_and_services_are_recorded_from_the_page(client, desk):
    case = case_in(desk, CaseState.PLACING)
    sign_in(client, Role.STATION_CLERK, desk.community)
    key = uuid.uuid4()
    job = {"employer_name": "Silk mill", "job": "weaver", "referred_on": TODAY, "idempotency_key": key}
    for _ in range(2):
        assert client.post(url("refer", case.pk), job)["Location"] == url("case", case.pk)
    referral = Referral.objects.get()
    answer = {"answer": "no_show", "answered_on": TODAY}
    assert client.post(url("answer_referral", referral.pk), answer).status_code == 422
    assert client.post(url("answer_referral", referral.pk), answer | {"reason": "none_given"}).status_code == 302
    assert client.post(url("answer_referral", referral.pk), answer | {"reason": "care"}).status_code == 409
    assert client.post(url("serve", case.pk), {"kind": "policy", "provided_on": TODAY}).status_code == 302
    assert sorted(Service.objects.values_list("kind", flat=True)) == ["job_offer", "policy"]
    context = client.get(url("case", case.pk)).context
    assert [(line.given, line.needed) for line in context["owed"]] == [(1, 1), (0, 1), (1, 3), (0, 1)]


def test_a_job_somebody_took_is_filled_into_the_placement(client, desk):
    case = case_in(desk, CaseState.PLACING)
    referral = referrals.refer(
        case_id=case.pk, employer_name="Silk mill", job="weaver", referred_on=TODAY, by=desk.clerk
    )
    referrals.answer(referral_id=referral.pk, answer="hired", answered_on=TODAY, by=desk.clerk)
    sign_in(client, Role.STATION_CLERK, desk.community)
    form = client.get(url("case", case.pk)).context["forms"]["place"]
    assert form["employer_name"].value() == "Silk mill"


def test_follow_ups_and_details_are_recorded_from_the_page(client, desk):
    case = case_in(desk, CaseState.PLACED)
    sign_in(client, Role.STATION_CLERK, desk.community)
    address = url("record_follow_up", case.follow_ups.first().pk)
    assert client.post(address, {"outcome": "left", "done_on": TODAY}).status_code == 422
    assert client.post(address, {"outcome": "works", "done_on": TODAY}).status_code == 302
    assert client.post(address, {"outcome": "works", "done_on": TODAY}).status_code == 409
    sent = {"version": case.version, "measure": "flexible", "accepts_any": "on", "responsible": desk.clerk.staff_id}
    assert client.post(url("set_details", case.pk), sent).status_code == 302
    assert client.post(url("set_details", case.pk), sent).status_code == 409
    assert Case.objects.get().measure == "flexible"


def test_a_closed_case_offers_nothing_to_write(client, desk):
    case = case_in(desk, CaseState.CLOSED)
    sign_in(client, Role.STATION_CLERK, desk.community)
    context = client.get(url("case", case.pk)).context
    assert (context["forms"], context["steps"], context["may_be_placed"]) == ({}, [], False)


# The list


def show(client, **filters):
    return [case.pk for case in client.get(url("cases"), filters).context["page"]]


def test_cases_are_listed_by_what_is_to_be_done(client, desk):
    states = (CaseState.CLOSED, CaseState.COMMITTED, CaseState.RETURNED, CaseState.APPLIED)
    closed, committed, returned, applied = [case_in(desk, state, make_person(desk.home)).pk for state in states]
    due = timezone.now() - timedelta(minutes=1)
    Clock.objects.filter(commitment__case=committed).update(started_at=due - timedelta(days=3), due_at=due)
    Case.objects.filter(pk=applied).update(responsible=None, measure="fair")
    sign_in(client, Role.STREET_REVIEWER, desk.community)
    assert show(client) == [applied, returned, committed]
    assert show(client, show="all") == [applied, returned, committed, closed]
    assert show(client, show="promised") == [committed, returned]
    assert show(client, show="overdue") == [committed]
    assert show(client, show="to_decide") == [returned]
    assert show(client, state="closed") == [closed]
    assert show(client, measure="fair") == [applied]
    assert show(client, responsible=desk.clerk.staff_id) == [returned, committed]
    assert show(client, community=desk.community.pk, show="overdue") == [committed]
    assert show(client, show="mine") == []
    assert show(client, state="nonsense", show="nonsense") == [applied, returned, committed]


def test_the_list_is_exported_as_it_is_filtered(client, desk, django_capture_on_commit_callbacks):
    late, other = case_in(desk, CaseState.PLACING), case_in(desk, CaseState.APPLIED, make_person(desk.home))
    case_in(make_desk(), CaseState.PLACING)
    sign_in(client, desk.clerk.role, desk.community)
    found = []
    for filters in ({}, {"show": "promised"}):
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(f"{reverse('assistance:export_cases')}?{urlencode(filters)}", {"format": "xlsx"})
        assert answer.status_code == 302
        stored = StoredFile.objects.order_by("pk").last()
        book = CalamineWorkbook.from_filelike(io.BytesIO(files.read(stored)))
        heading, *rows = book.get_sheet_by_index(0).to_python()
        assert {len(row) for row in rows} == {len(heading)}
        assert not any(desk.person.id_number in row for row in rows)
        found.append({row[0] for row in rows})
    assert found == [{late.number, other.number}, {late.number}]


def test_my_own_cases_are_those_i_answer_for(client, desk):
    mine = open_case(desk)
    client.force_login(desk.clerk.staff)
    open_case(desk, make_person(desk.home))
    Case.objects.exclude(pk=mine.pk).update(responsible=None)
    assert show(client, show="mine") == [mine.pk]


def filled(desk, count):
    for _ in range(count):
        case_in(desk, CaseState.COMMITTED, make_person(desk.home))


@pytest.mark.parametrize("show", ["", "overdue", "to_decide", "promised"])
def test_the_list_costs_the_same_with_1_and_30_rows(client, desk, show):
    sign_in(client, Role.STREET_REVIEWER, desk.community)
    address = f"{url('cases')}?show={show}"
    counts = []
    for number in (1, 29):
        filled(desk, number)
        if show == "overdue":
            due = timezone.now() - timedelta(minutes=1)
            Clock.objects.update(started_at=due - timedelta(days=3), due_at=due)
        with CaptureQueriesContext(connection) as told:
            assert client.get(address).status_code == 200
        counts.append(len(told))
    assert counts[0] == counts[1]


def test_the_page_of_a_case_costs_the_same_with_1_and_30_rows(client, desk):
    case = case_in(desk, CaseState.PLACING)
    sign_in(client, Role.STATION_CLERK, desk.community)
    counts = []
    for number in (1, 29):
        for _ in range(number):
            referrals.refer(case_id=case.pk, employer_name="Silk", job="weaver", referred_on=TODAY, by=desk.clerk)
            step(desk, case, "pause", reason="ill")
            step(desk, case, "resume")
        with CaptureQueriesContext(connection) as told:
            page(client, url("case", case.pk))
        counts.append(len(told))
    assert counts[0] == counts[1]


# Panels


def lists(client, address, monkeypatch):
    """The lists of work laid on a desk, by name, however the page arranges them."""
    laid, panels_for = {}, parts.panels_for

    def told(*args):
        panels = panels_for(*args)
        laid.update({panel.context.name: panel.context for panel in panels if isinstance(panel.context, WorkList)})
        return panels

    monkeypatch.setattr(parts, "panels_for", told)
    page(client, address)
    monkeypatch.undo()
    return laid


def test_the_days_work_shows_promises_follow_ups_and_what_was_sent_back(client, desk, monkeypatch):
    committed = case_in(desk, CaseState.COMMITTED)
    case_in(desk, CaseState.RETURNED, make_person(desk.home))
    placed = case_in(desk, CaseState.PLACED, make_person(desk.home))
    placed.follow_ups.filter(due_on=TODAY + timedelta(days=30)).update(due_on=TODAY - timedelta(days=1))
    client.force_login(desk.clerk.staff)
    shown = lists(client, reverse("city:today"), monkeypatch)
    assert shown["promises"].total == 2
    assert shown["promises"].lines[0].url == url("case", committed.pk)
    assert (shown["follow-ups"].total, shown["follow-ups"].late) == (2, 1)
    (line,) = shown["cases-to-decide"].lines
    assert "the card is missing" in line.sub


def test_the_days_work_keeps_to_the_grid(client, desk, monkeypatch):
    case_in(desk, CaseState.COMMITTED)
    grid = AreaFactory(level="grid", parent=desk.community, code=None)
    client.force_login(desk.clerk.staff)
    assert lists(client, f"{reverse('city:today')}?grid={grid.pk}", monkeypatch)["promises"].total == 0
    desk.home.grid = grid
    desk.home.save()
    assert lists(client, f"{reverse('city:today')}?grid={grid.pk}", monkeypatch)["promises"].total == 1


@pytest.mark.parametrize(("role", "total"), [(Role.STREET_REVIEWER, 2), (Role.DISTRICT_OFFICER, 1)])
def test_overdue_promises_lie_with_the_street_and_the_latest_with_the_district(client, desk, role, total, monkeypatch):
    ages = (timedelta(minutes=1), timedelta(days=30))
    for age in ages:
        case = case_in(desk, CaseState.COMMITTED, make_person(desk.home))
        due = timezone.now() - age
        Clock.objects.filter(commitment__case=case).update(started_at=due - timedelta(days=3), due_at=due)
    sign_in(client, role, desk.community)
    shown = lists(client, reverse("city:reviews"), monkeypatch)
    assert shown["escalated-promises"].total == total
    assert [line.title for line in shown["stations-behind"].lines] == [desk.community.name]


def test_the_persons_page_shows_the_cases_and_offers_to_open_one(client, desk):
    client.force_login(desk.clerk.staff)
    address = reverse("households:resident", args=[desk.person.pk])
    assert url("open_case", desk.person.pk) in page(client, address)
    case = open_case(desk)
    shown = page(client, address)
    assert case.number in shown
    assert url("open_case", desk.person.pk) not in shown


def test_other_apps_may_add_to_the_page_of_a_case(client, desk, monkeypatch):
    case = open_case(desk)
    shown = []
    monkeypatch.setattr(parts, "panels_for", lambda page, request, subject: shown.append((page, subject)) or [])
    client.force_login(desk.clerk.staff)
    page(client, url("case", case.pk))
    assert shown == [("case", case)]


def test_no_full_number_is_shown(client, desk):
    case = open_case(desk)
    desk.person.phone, desk.person.phone_hash = "13800001234", keyed_hash("13800001234")
    desk.person.save()
    client.force_login(desk.clerk.staff)
    for address in (url("case", case.pk), url("cases"), f"{url('choose_person')}?q=resident"):
        assert desk.person.id_number not in page(client, address)
        assert "13800001234" not in page(client, address)
