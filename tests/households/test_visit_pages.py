"""The pages of visits: two taps, what each member told, corrections, lists and sheets to print."""

import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from city import drafts
from city.choices import Role
from city.desk import TodayScope
from city.models import TrailEntry
from households import desk, ledger
from households.choices import LabourState, Source
from households.models import Household, Membership, Resident, Visit
from tests.city.factories import AreaFactory
from tests.desks import elsewhere, sign_in
from tests.households.factories import (
    HouseholdFactory,
    MembershipFactory,
    ResidentFactory,
    VisitFactory,
    ZeroEmploymentEpisodeFactory,
)

pytestmark = pytest.mark.django_db
SINCE = date(2026, 1, 5)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def community():
    return AreaFactory(community=True, name="枫桥社区")


@pytest.fixture
def household(community):
    return home(community)


@pytest.fixture
def english(settings):
    settings.LANGUAGE_CODE = "en"


def home(community, members=2, episode=True, grid=None, **kwargs):
    household = HouseholdFactory(community=community, grid=grid, address="银浦街道枫桥社区3幢2单元101室", **kwargs)
    if episode:
        ZeroEmploymentEpisodeFactory(household=household, certified_on=date(2026, 8, 1))
    for _number in range(members):
        ResidentFactory(
            home=household, phone="13912345678", spell={"state": LabourState.UNEMPLOYED, "started_on": SINCE}
        )
    ledger.rebuild()
    return household


def page_of(household):
    return f"/households/{household.pk}/visit/"


def sent(household, **fields):
    """What the form sends when nothing but `fields` is changed. `m0_report=` speaks of the first member."""
    members = [point.resident for point in household.memberships.order_by("pk")]
    values = {"outcome": "completed", "visited_on": timezone.localdate(), "way": "door", "follow_up": "none"}
    values |= {f"m{person.pk}-report": "unchanged" for person in members}
    for name, value in fields.items():
        if name.startswith("m") and name[1:2].isdigit():
            place, field = name[1:].split("_", 1)
            name = f"m{members[int(place)].pk}-{field}"
        values[name] = value
    return values


def test_two_taps_when_nothing_changed(client, household):
    posting = sign_in(client, Role.STATION_CLERK, household.community)
    assert "nothing_changed" in client.get(page_of(household)).content.decode()
    answer = client.post(page_of(household), {"nothing_changed": "1", "next": "/today/?grid=all"})
    assert answer["Location"] == "/today/?grid=all"
    visit = Visit.objects.get()
    assert (visit.unchanged, visit.visited_on, visit.staff, visit.visitor) == (
        True,
        timezone.localdate(),
        posting.staff,
        posting.staff.name,
    )
    assert visit.visited_at is not None


def test_the_same_send_twice_does_nothing_twice(client, household):
    sign_in(client, Role.STATION_CLERK, household.community)
    key = str(uuid.uuid4())
    answers = [client.post(page_of(household), {"nothing_changed": "1", "idempotency_key": key}) for _send in range(2)]
    assert {answer["Location"] for answer in answers} == {f"/households/{household.pk}/"}
    assert Visit.objects.count() == 1


def test_a_send_that_failed_keeps_what_was_typed_and_can_be_sent_again(client, household):
    """Same key: the refused send was not remembered, so mending it works."""
    posting = sign_in(client, Role.STATION_CLERK, household.community)
    key = str(uuid.uuid4())
    values = sent(household, note="电话后来才接", m0_report="found_work", m0_words="送快递", idempotency_key=key)
    answer = client.post(page_of(household), values)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "电话后来才接" in text
    assert "送快递" in text
    assert not Visit.objects.exists()
    drafts.save(posting, "visit", household.pk, QueryDict("note=typed"))
    mended = values | sent(household, m0_on="2026-11-01", m0_channel="flexible", m0_report="found_work")
    assert client.post(page_of(household), mended).status_code == 302
    assert Visit.objects.get().members.get(report="found_work").words == "送快递"
    assert not drafts.load(posting, "visit", household.pk)


def test_what_each_member_told_reaches_the_ledger(client, household):
    sign_in(client, Role.STATION_HEAD, household.community)
    values = sent(
        household,
        visited_on="2026-11-02",
        visited_at="18:30",
        way="phone",
        visitor="王丽",
        campaign="homes",
        note="第一行\n第二行",
        follow_up="visit_again",
        follow_up_on="2026-12-01",
        m0_report="found_work",
        m0_on="2026-10-20",
        m0_channel="employer",
        m0_employer_name="望江园林",
        m0_contract_months="１２",
        m0_monthly_income="3,200",
        m0_insured="yes",
    )
    assert client.post(page_of(household), values).status_code == 302
    visit = Visit.objects.get()
    assert (visit.way, visit.visitor, visit.campaign, visit.follow_up, str(visit.visited_at)) == (
        "phone",
        "王丽",
        "homes",
        "visit_again",
        "18:30:00",
    )
    assert visit.note.splitlines() == ["第一行", "第二行"]
    spell = visit.members.get(report="found_work").resident.labour_spells.latest("started_on")
    assert (spell.started_on, spell.channel, spell.contract_months, spell.monthly_income, spell.insured) == (
        date(2026, 10, 20),
        "employer",
        12,
        3200,
        True,
    )
    assert (spell.source, spell.confirmed_on) == (Source.PHONE, date(2026, 11, 2))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"visited_on": "2999-01-01"}, "visited_on"),
        ({"visited_on": ""}, "visited_on"),
        ({"visited_on": "1000-01-01"}, "visited_on"),
        ({"outcome": "other"}, "outcome"),
        ({"follow_up": "visit_again"}, "follow_up_on"),
        ({"follow_up": "visit_again", "follow_up_on": "2020-01-01"}, "follow_up_on"),
        ({"follow_up": "open_case"}, "follow_up_member"),
        ({"follow_up": "open_case", "follow_up_member": "0"}, "follow_up_member"),
        ({"note": "x" * 2001}, "note"),
        ({"note": "a\0b"}, "note"),
    ],
)
def test_what_is_wrong_of_the_visit_stands_beside_its_field(client, household, fields, field):
    sign_in(client, Role.STATION_CLERK, household.community)
    answer = client.post(page_of(household), sent(household, **fields))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"m1_report": "found_work", "m1_channel": "flexible"}, "on"),
        ({"m1_report": "found_work", "m1_on": "2026-10-01"}, "channel"),
        ({"m1_report": "lost_work"}, "on"),
        ({"m1_report": "lost_work", "m1_on": "2026-10-01"}, "on"),
        ({"m1_report": "stopped_looking"}, "reason"),
        ({"m1_report": "looking", "m1_on": "2999-01-01"}, "on"),
        ({"m1_report": "died", "m1_on": "1900-01-01"}, "on"),
        ({"m1_report": "found_work", "m1_on": "x", "m1_channel": "flexible"}, "on"),
        ({"m1_report": "dancing"}, "report"),
    ],
)
def test_what_is_wrong_of_a_member_stands_at_the_member(client, household, fields, field):
    """Refused by the form or by the ledger: in the same place, and nothing is written."""
    sign_in(client, Role.STATION_CLERK, household.community)
    answer = client.post(page_of(household), sent(household, **fields))
    assert answer.status_code == 422
    errors = [list(form.errors) for form in answer.context["form"].members]
    assert errors == [[], [field]]
    assert not Visit.objects.exists()


def test_members_are_not_asked_when_nobody_was_met(client, household):
    sign_in(client, Role.STATION_CLERK, household.community)
    values = sent(household, outcome="nobody_in", m0_report="found_work")
    assert client.post(page_of(household), values).status_code == 302
    assert not Visit.objects.get().members.exists()


def test_two_taps_when_nobody_is_in_and_the_household_is_still_due(client, household):
    sign_in(client, Role.STATION_CLERK, household.community)
    assert client.post(page_of(household), {"nobody_in": "1"}).status_code == 302
    visit = Visit.objects.get()
    assert (visit.outcome, visit.unchanged, visit.members.count()) == ("nobody_in", False, 0)
    assert visit.visited_at is not None
    answer = client.get(page_of(household))
    assert answer.context["next_visit"].tried_on == visit.visited_on


def test_a_household_found_moved_away_leads_to_the_leaving_of_its_members(client, household, english):
    clerk = sign_in(client, Role.STATION_CLERK, household.community)
    answer = client.post(f"{page_of(household)}?next=/", sent(household, outcome="moved"))
    home = reverse("households:household", args=[household.pk])
    assert answer.url == f"{home}#visits"
    words = client.get(home).content.decode()
    for person in Resident.objects.filter(memberships__household=household):
        assert f'href="{reverse("households:leave", args=[person.pk])}">Record the leaving: {person.name}<' in words
    (line,) = desk.visits_due(None, TodayScope(clerk, None, timezone.localdate())).lines
    assert (line.does, line.does_url) == ("Record the leaving", answer.url)
    assert "found moved away" in line.sub
    Membership.objects.filter(household=household).update(household=None, relation="", leave_reason="moved")
    (line,) = desk.visits_due(None, TodayScope(clerk, None, timezone.localdate())).lines
    assert (line.does, "nobody lives there" in line.sub) == ("", True)


def test_a_household_met_again_has_not_moved_away(client, household, english):
    sign_in(client, Role.STATION_CLERK, household.community)
    client.post(page_of(household), sent(household, outcome="moved"))
    home = reverse("households:household", args=[household.pk])
    assert client.post(page_of(household), sent(household, visitor="王芳")).status_code == 302
    assert "Record the leaving:" not in client.get(home).content.decode()


def test_who_met_nobody_comes_back_in_the_evening(client, household):
    staff = sign_in(client, Role.STATION_CLERK, household.community).staff
    for day, at, status in ((20, 9, 302), (20, 9, 422), (20, 19, 302), (21, 9, 302)):
        with time_machine.travel(datetime(2026, 11, day, at, tzinfo=SHANGHAI), tick=False):
            client.force_login(staff)
            assert client.post(page_of(household), {"nobody_in": "1"}).status_code == status
    assert Visit.objects.filter(outcome="nobody_in").count() == 3


def test_the_same_visit_again_is_refused_on_either_way(client, household):
    sign_in(client, Role.STATION_CLERK, household.community)
    client.post(page_of(household), {"nothing_changed": "1"})
    again = client.post(page_of(household), {"nothing_changed": "1"})
    assert again.status_code == 422
    assert again.context["refused"]
    posting = again.wsgi_request.posting
    answer = client.post(page_of(household), sent(household, visitor=posting.staff.name))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["visited_on"])
    assert Visit.objects.count() == 1


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example/today/"])
def test_a_visit_leads_back_to_nowhere_else(client, household, away):
    sign_in(client, Role.STATION_CLERK, household.community)
    answer = client.post(page_of(household), {"nothing_changed": "1", "next": away})
    assert answer["Location"] == f"/households/{household.pk}/"


@pytest.mark.parametrize(
    "role", [Role.STREET_REVIEWER, Role.DISTRICT_OFFICER, Role.FINANCE, Role.CITY_OFFICE, Role.AUDIT_ADMIN]
)
def test_only_stations_record_and_correct(client, household, role):
    visit = VisitFactory(household=household)
    sign_in(client, role, household.community)
    for address in (page_of(household), f"/visits/{visit.pk}/correct/"):
        assert client.get(address).status_code == 403
        assert client.post(address, {"nothing_changed": "1"}).status_code == 403
    assert Visit.objects.count() == 1


def test_another_community_is_not_there(client, household):
    visit = VisitFactory(household=household)
    other = elsewhere(household.community)
    sign_in(client, Role.STATION_CLERK, other)
    for address in (page_of(household), f"/visits/{visit.pk}/", f"/visits/{visit.pk}/correct/"):
        assert client.get(address).status_code == 404
    for address in ("", "list/", "roster/"):
        assert client.get(f"/visits/at/{household.community.code}/{address}").status_code == 404
    assert client.post(f"/visits/at/{household.community.code}/list/phones/").status_code == 404


def test_a_draft_fills_the_form_when_it_is_opened_again(client, household):
    sign_in(client, Role.STATION_CLERK, household.community)
    person = household.memberships.first().resident
    client.post(
        f"/drafts/visit/{household.pk}/",
        {"note": "说下周去面试", f"m{person.pk}-report": "found_work", "outcome": "completed"},
    )
    answer = client.get(page_of(household))
    text = answer.content.decode()
    assert "说下周去面试" in text
    assert '<option value="found_work" selected>' in text
    assert answer.context["is_open"]
    assert 'hx-post="/drafts/visit/' in text


def test_what_is_only_assumed_is_to_be_asked(client, household, english):
    sign_in(client, Role.STATION_CLERK, household.community)
    assert "please ask" not in client.get(page_of(household)).content.decode()
    household.memberships.first().resident.labour_spells.update(source=Source.ASSUMED)
    assert client.get(page_of(household)).content.decode().count("please ask") == 2


def test_a_visit_is_corrected_by_one_of_its_own(client, household, english):
    sign_in(client, Role.STATION_CLERK, household.community)
    client.post(page_of(household), {"nothing_changed": "1"})
    old = Visit.objects.get()
    page = client.get(f"/visits/{old.pk}/correct/")
    assert "no longer counts" in page.content.decode()
    values = sent(household, outcome="nobody_in", follow_up="report", visitor=old.visitor, note="走错门了")
    answer = client.post(f"/visits/{old.pk}/correct/", values)
    new = Visit.objects.get(corrects=old)
    assert answer["Location"] == f"/visits/{new.pk}/"
    assert client.get(answer["Location"]).status_code == 200
    old.refresh_from_db()
    assert old.superseded
    assert not client.get(f"/visits/{old.pk}/").context["may_correct"]
    assert client.post(f"/visits/{old.pk}/correct/", values).status_code == 409


def test_a_correction_starts_from_what_was_told(client, household):
    sign_in(client, Role.STATION_CLERK, household.community)
    client.post(page_of(household), sent(household, m0_report="looking", m0_words="想做保安", m1_report="not_seen"))
    old = Visit.objects.get()
    form = client.get(f"/visits/{old.pk}/correct/").context["form"]
    assert [(one["report"].value(), one["words"].value()) for one in form.members] == [
        ("looking", "想做保安"),
        ("not_seen", ""),
    ]
    sheet = VisitFactory(household=household, visited_on=date(2026, 10, 1))
    form = client.get(f"/visits/{sheet.pk}/correct/").context["form"]
    assert {one["report"].value() for one in form.members} == {"not_seen"}


def test_the_household_tells_its_visits_and_offers_the_next(client, household, english):
    old = VisitFactory(household=household, visited_on=date(2026, 10, 2), superseded=True)
    VisitFactory(household=household, visited_on=date(2026, 10, 2), corrects=old, note="correction of mine")
    sign_in(client, Role.STATION_CLERK, household.community)
    text = client.get(f"/households/{household.pk}/").content.decode()
    assert "corrected later" in text
    assert "correction of mine" in text
    assert page_of(household) in text
    sign_in(client, Role.STREET_REVIEWER, household.community)
    assert page_of(household) not in client.get(f"/households/{household.pk}/").content.decode()


def test_a_visit_page_costs_the_same_for_any_family(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    asked = []
    for household in (home(community, members=1), home(community, members=30)):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page_of(household)).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("address", ["/visits/", "/visits/at/{code}/list/", "/visits/at/{code}/roster/"])
def test_lists_cost_the_same_at_any_size(client, community, address):
    grid = AreaFactory(level="grid", code=None, parent=community, name="第1网格")
    home(community, grid=grid)
    sign_in(client, Role.STATION_CLERK, community)
    address = address.format(code=community.code)
    asked = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        asked.append(len(queries))
        for _number in range(29 if not _round else 0):
            home(community, grid=grid, members=1)
    assert asked[0] == asked[1]


def test_the_list_of_visits_names_who_is_due_in_a_grid(client, community):
    grids = [AreaFactory(level="grid", code=None, parent=community, name=f"第{n}网格") for n in (1, 2)]
    mine, other = home(community, grid=grids[0]), home(community, grid=grids[1])
    done = home(community, grid=grids[0])
    VisitFactory(household=done, visited_on=timezone.localdate())
    sign_in(client, Role.STATION_CLERK, community)
    answer = client.get(f"/visits/?grid={grids[0].pk}")
    (line,) = answer.context["lines"]
    assert line.url == f"/households/{mine.pk}/"
    assert (line.title, line.group) == ("3幢2单元101室", "3幢")
    assert line.does_url == f"{page_of(mine)}?next=%2Fvisits%2F%3Fgrid%3D{grids[0].pk}"
    everywhere = client.get("/visits/?grid=all").context["lines"]
    assert [one.group for one in everywhere] == ["第1网格 · 3幢", "第2网格 · 3幢"]
    assert everywhere[1].url == f"/households/{other.pk}/"


def test_a_superior_sees_the_stations_and_opens_one(client, community):
    home(community)
    other = AreaFactory(level="community", parent=community.parent)
    foreign = elsewhere(community)
    sign_in(client, Role.STREET_REVIEWER, community)
    stations = client.get("/visits/").context["stations"]
    assert [(one.community, one.due, one.late) for one in stations] == [(community, 1, 1), (other, 0, 0)]
    (line,) = client.get(f"/visits/at/{community.code}/").context["lines"]
    assert line.does_url == ""
    assert client.get(f"/visits/at/{foreign.code}/").status_code == 404


def test_a_sheet_to_print_has_a_page_a_grid_masked_numbers_and_no_phone(client, community):
    grids = [AreaFactory(level="grid", code=None, parent=community, name=f"第{n}网格") for n in (10, 2)]
    for grid in grids:
        home(community, grid=grid)
        home(community, grid=grid, episode=False, members=0)
    sign_in(client, Role.STATION_CLERK, community)
    for address, sizes in (("list", [1, 1]), ("roster", [2, 2])):
        answer = client.get(f"/visits/at/{community.code}/{address}/?grid=all")
        pages = answer.context["pages"]
        assert [(grid, len(rows)) for grid, rows in pages] == list(zip(["第2网格", "第10网格"], sizes, strict=True))
        text = answer.content.decode()
        assert text.count('<section class="sheet"') == 2
        person = Resident.objects.first()
        assert person.masked_number in text
        assert person.id_number not in text
        assert "13912345678" not in text


def test_phones_are_opened_at_one_click_that_the_trail_notes(client, household):
    address = f"/visits/at/{household.community.code}/list/phones/"
    sign_in(client, Role.STATION_CLERK, household.community)
    assert client.get(address).status_code == 405
    before = TrailEntry.objects.filter(table="reveal").count()
    assert "13912345678" in client.post(address).content.decode()
    entry = TrailEntry.objects.filter(table="reveal").latest("pk")
    assert TrailEntry.objects.filter(table="reveal").count() == before + 1
    assert entry.before == {"field": "phone", "list": "visits"}
    sign_in(client, Role.FINANCE, household.community)
    assert client.post(address).status_code == 403


def test_members_on_paper_are_those_of_the_day(client, community):
    household = home(community, members=1)
    left = household.memberships.get().resident
    MembershipFactory(resident=left, household=None, started_on=timezone.localdate())
    head = ResidentFactory(name="户主", birth_date=date(1990, 1, 1))
    child = ResidentFactory(name="孩子", birth_date=date(1960, 1, 1))
    MembershipFactory(resident=child, household=household, relation="child", started_on=SINCE)
    MembershipFactory(resident=head, household=household, relation="head", started_on=SINCE)
    sign_in(client, Role.STATION_CLERK, community)
    ((_grid, ((_due, members),)),) = client.get(f"/visits/at/{community.code}/list/").context["pages"]
    assert [one.resident.name for one in members] == ["户主", "孩子"]
    assert members[0].spell is None


class Asked:
    def __init__(self, posting):
        self.posting = posting


def test_promised_returns_wait_until_somebody_has_been_there(client, community):
    today = timezone.localdate()
    late, soon, done = (home(community) for _number in range(3))
    for household, day in ((late, today - timedelta(days=1)), (soon, today + timedelta(days=1)), (done, today)):
        VisitFactory(
            household=household, visited_on=SINCE, outcome="nobody_in", follow_up="visit_again", follow_up_on=day
        )
    VisitFactory(household=done, visited_on=today, outcome="refused")
    sign_in(client, Role.STATION_CLERK, community)
    shown = {one.name: one for one in client.get("/today/").context["busy"]}["visits-again"]
    assert [(line.late, line.soon) for line in shown.lines] == [(True, True), (False, True)]
    assert (shown.total, shown.late) == (2, 1)
    assert page_of(late) in shown.lines[0].does_url


def test_what_stations_reported_waits_at_the_street(client, community):
    household = home(community)
    VisitFactory(household=household, outcome="refused", follow_up="report", note="不愿接待")
    VisitFactory(household=home(elsewhere(community)), outcome="refused", follow_up="report")
    posting = sign_in(client, Role.STREET_REVIEWER, community)
    shown = desk.reported(Asked(posting), None)
    assert (shown.total, shown.late) == (1, None)
    assert "不愿接待" in shown.lines[0].sub
    VisitFactory(household=household, visited_on=timezone.localdate())
    assert desk.reported(Asked(posting), None) is None


def test_stations_behind_are_those_that_missed_visits(client, community):
    home(community)
    fresh = AreaFactory(level="community", parent=community.parent)
    ZeroEmploymentEpisodeFactory(
        household=HouseholdFactory(community=fresh), certified_on=timezone.localdate().replace(day=1)
    )
    posting = sign_in(client, Role.STREET_REVIEWER, community)
    shown = desk.stations_behind(Asked(posting), None)
    assert [(line.title, line.url) for line in shown.lines] == [("枫桥社区", f"/visits/at/{community.code}/")]
    assert shown.total == 1


def test_the_visit_of_a_household_without_an_address_is_named_by_its_number(client, community):
    Household.objects.filter(pk=home(community, number="8812").pk).update(address="")
    sign_in(client, Role.STATION_CLERK, community)
    (line,) = client.get("/visits/").context["lines"]
    assert "8812" in line.title
