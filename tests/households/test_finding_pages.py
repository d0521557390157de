"""The pages of the differences: the list, one difference, and accepting each kind."""

from datetime import date

import pytest

from city.choices import AreaLevel, FindingState, Role
from city.models import Finding
from households import ledger
from households.choices import Channel, LabourState, LeaveReason, OutsideKind, Source
from households.models import InsuranceMonth, LabourSpell, OutsideFact
from households.services.matching import match
from tests.city.factories import AreaFactory, EmployerFactory
from tests.desks import elsewhere, sign_in
from tests.households.factories import (
    HouseholdFactory,
    LabourSpellFactory,
    ResidentFactory,
    ZeroEmploymentEpisodeFactory,
)

pytestmark = pytest.mark.django_db
MONTH, ON = date(2026, 10, 1), date(2026, 11, 20)
EMPLOYED, UNEMPLOYED = LabourState.EMPLOYED, LabourState.UNEMPLOYED
CODE = "91330100MA27XF6J85"


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to("2026-11-21 09:00:00+08:00", tick=False)


@pytest.fixture
def home():
    return HouseholdFactory()


def person(home, state=UNEMPLOYED, **values):
    return ResidentFactory(home=home, spell={"state": state, "started_on": date(2026, 1, 1), **values})


def insured(resident, **values):
    values = {"month": MONTH, "employer_name": "甲公司", "credit_code": CODE, **values}
    InsuranceMonth.objects.create(id_hash=resident.id_hash, **values)


def fact(resident, kind, started_on=date(2026, 9, 10)):
    OutsideFact.objects.create(
        id_hash=resident.id_hash, kind=kind, started_on=started_on, place="省外某公司", source="省平台"
    )


def found():
    ledger.rebuild()
    match(ON)
    return list(Finding.objects.order_by("pk"))


@pytest.fixture
def finding(home):
    insured(person(home))
    return found()[0]


def page_of(finding):
    return f"/findings/{finding.pk}/"


def test_the_list_shows_open_ones_first_found_first(client, home, finding):
    sign_in(client, Role.STATION_CLERK, home.community)
    fact(person(home), OutsideKind.DEATH)
    found()
    text = client.get("/findings/").content.decode()
    names = list(Finding.objects.order_by("pk").values_list("resident_finding__resident__name", flat=True))
    assert text.index(f">{names[0]}<") < text.index(f">{names[1]}<")
    assert "甲公司" in text


def test_the_list_is_narrowed_by_kind_state_and_area(client, home, finding):
    sign_in(client, Role.STREET_REVIEWER, home.community)
    other = AreaFactory(level=AreaLevel.COMMUNITY, parent=home.community.parent)
    shown = [
        ("", True),
        ("kind=insured_but_unemployed", True),
        ("kind=in_prison", False),
        ("state=explained", False),
        (f"area={home.community.code}", True),
        (f"area={other.code}", False),
        (f"area={elsewhere(home.community).code}", True),  # unknown to a street: told beside the field
    ]
    for query, is_shown in shown:
        assert (page_of(finding) in client.get(f"/findings/?{query}").content.decode()) == is_shown, query


@pytest.mark.parametrize("number", [1, 30])
def test_the_list_asks_the_same_whatever_it_holds(client, home, number, django_assert_max_num_queries):
    for place in range(number):
        one = person(home)
        insured(one) if place % 2 else fact(one, OutsideKind.PRISON)
    found()
    sign_in(client, Role.STATION_CLERK, home.community)
    client.get("/findings/")
    with django_assert_max_num_queries(12):
        client.get("/findings/")


def test_the_page_shows_both_sides_and_no_full_number(client, home, finding):
    sign_in(client, Role.STATION_CLERK, home.community)
    resident = finding.resident_finding.resident
    text = client.get(page_of(finding)).content.decode()
    for shown in (resident.name, resident.masked_number, "2026-10", "甲公司", CODE, "2026-01-01"):
        assert shown in text
    assert resident.id_number not in text


def test_another_area_is_not_found_and_a_district_only_looks(client, home, finding):
    sign_in(client, Role.STATION_CLERK, elsewhere(home.community))
    assert client.get(page_of(finding)).status_code == 404
    assert client.post(f"{page_of(finding)}move/", {"action": "explain"}).status_code == 404
    sign_in(client, Role.DISTRICT_OFFICER, home.community)
    assert client.get(page_of(finding)).status_code == 200
    answer = client.post(f"{page_of(finding)}move/", {"action": "explain", "version": 0, "reason": "other"})
    assert answer.status_code == 403
    assert client.post(f"{page_of(finding)}accept/", {"version": 0}).status_code == 403


def test_explaining_keeps_the_ledger(client, home, finding):
    sign_in(client, Role.STATION_CLERK, home.community)
    sent = {"action": "explain", "version": 0, "reason": "affiliated", "words": "亲属单位代缴"}
    assert client.post(f"{page_of(finding)}move/", sent).status_code == 302
    finding.refresh_from_db()
    assert (finding.state, finding.reason, finding.words) == ("explained", "affiliated", "亲属单位代缴")
    assert LabourSpell.objects.count() == 1
    text = client.get(page_of(finding)).content.decode()
    assert "亲属单位代缴" in text
    again = client.post(f"{page_of(finding)}move/", sent | {"version": 1})
    assert again.status_code == 409


@pytest.mark.parametrize("reason", ["", "seen_alive"])
def test_an_explanation_without_a_reason_comes_back_with_what_was_typed(client, home, finding, reason):
    sign_in(client, Role.STATION_CLERK, home.community)
    sent = {"action": "explain", "version": 0, "reason": reason, "words": "细节"}
    answer = client.post(f"{page_of(finding)}move/", sent)
    assert answer.status_code == 422
    assert "细节" in answer.content.decode()
    finding.refresh_from_db()
    assert finding.state == FindingState.OPEN


@pytest.mark.parametrize("action", ["accept", "drop", "return", "nothing"])
def test_steps_of_the_night_are_no_buttons(client, home, finding, action):
    sign_in(client, Role.STATION_CLERK, home.community)
    answer = client.post(f"{page_of(finding)}move/", {"action": action, "version": 0})
    assert answer.status_code == 422
    finding.refresh_from_db()
    assert finding.state == FindingState.OPEN


def accept(client, finding, **sent):
    sent = {"version": finding.version, "action": "accept", **sent}
    return client.post(f"{page_of(finding)}accept/", sent)


def latest(resident):
    return resident.labour_spells.order_by("started_on").last()


def test_accepting_insurance_records_the_job_with_its_source(client, home, finding):
    sign_in(client, Role.STATION_CLERK, home.community)
    employer = EmployerFactory(credit_code=CODE)
    sent = {
        "on": "2026-10-01",
        "employer": "0",
        "channel": "employer",
        "contract_months": "12",
        "monthly_income": "3000",
    }
    assert accept(client, finding, **sent).status_code == 302
    spell = latest(finding.resident_finding.resident)
    assert (spell.state, spell.started_on, spell.source, spell.insured) == (EMPLOYED, MONTH, Source.MATCH, True)
    assert (spell.employer, spell.employer_name, spell.contract_months) == (employer, "甲公司", 12)
    finding.refresh_from_db()
    assert finding.state == FindingState.ACCEPTED
    match(ON)
    finding.refresh_from_db()
    assert finding.state == FindingState.ACCEPTED


def test_accepting_the_same_form_twice_is_once(client, home, finding):
    sign_in(client, Role.STATION_CLERK, home.community)
    sent = {
        "on": "2026-10-01",
        "employer": "0",
        "channel": "employer",
        "idempotency_key": "0a0f9a4e-9d2c-4b57-9f0a-5b1c7d9e2f10",
    }
    first, second = (accept(client, finding, **sent) for _twice in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert LabourSpell.objects.count() == 2
    assert accept(client, finding, **sent | {"idempotency_key": ""}).status_code == 409


@pytest.mark.parametrize(
    "sent",
    [
        {"on": ""},
        {"on": "2026-11-22"},
        {"on": "2025-12-31"},
        {"channel": "unknown"},
        {"employer": "7"},
        {"monthly_income": "-1"},
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_written(client, home, finding, sent):
    sign_in(client, Role.STATION_CLERK, home.community)
    answer = accept(client, finding, **{"on": "2026-10-01", "employer": "0", "channel": "employer", **sent})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert LabourSpell.objects.count() == 1
    finding.refresh_from_db()
    assert (finding.state, finding.version) == (FindingState.OPEN, 0)


def test_a_job_eliminates_no_episode_by_itself_but_says_that_it_may(client, home, finding):
    episode = ZeroEmploymentEpisodeFactory(household=home)
    sign_in(client, Role.STATION_CLERK, home.community)
    sent = {"on": "2026-10-01", "employer": "0", "channel": "employer"}
    answer = client.post(f"{page_of(finding)}accept/", {"version": 0, "action": "accept", **sent}, follow=True)
    assert "零就业" in answer.content.decode()
    episode.refresh_from_db()
    assert episode.eliminated_on is None


@pytest.fixture
def missing(home):
    insured(person(home, EMPLOYED, insured=True))
    one = person(home, EMPLOYED, insured=True, employer_name="乙公司")
    (finding,) = found()
    return one, finding


def test_a_job_that_is_gone_ends_on_its_last_day(client, home, missing):
    one, finding = missing
    sign_in(client, Role.STATION_CLERK, home.community)
    assert accept(client, finding, what="left").status_code == 422
    assert accept(client, finding, what="left", on="2026-11-22").status_code == 422
    assert accept(client, finding, what="left", on="2026-09-30").status_code == 302
    spell = latest(one)
    assert (spell.state, spell.started_on, spell.source) == (UNEMPLOYED, MONTH, Source.ASSUMED)


def test_a_job_without_insurance_goes_on(client, home, missing):
    one, finding = missing
    sign_in(client, Role.STATION_CLERK, home.community)
    assert accept(client, finding, what="uninsured").status_code == 302
    spell = one.labour_spells.get()
    assert (spell.state, spell.insured, spell.source, spell.employer_name) == (EMPLOYED, False, Source.MATCH, "乙公司")
    match(ON)
    finding.refresh_from_db()
    assert finding.state == FindingState.ACCEPTED


def test_a_job_that_was_changed_meanwhile_is_not_corrected(client, home, missing):
    one, finding = missing
    one.labour_spells.all().delete()
    LabourSpellFactory(resident=one, state=UNEMPLOYED, started_on=date(2026, 1, 1))
    sign_in(client, Role.STATION_CLERK, home.community)
    assert accept(client, finding, what="uninsured").status_code == 422


@pytest.mark.parametrize(
    ("kind", "sent", "expected"),
    [
        (OutsideKind.PENSION, {}, (LabourState.INACTIVE, "retired", "", "")),
        (OutsideKind.BUSINESS, {"channel": "self_employed"}, (EMPLOYED, "", Channel.SELF_EMPLOYED, "省外某公司")),
        (OutsideKind.INSURED_ELSEWHERE, {"channel": "export"}, (EMPLOYED, "", Channel.EXPORT, "省外某公司")),
        (OutsideKind.PRISON, {}, (LabourState.INACTIVE, "other", "", "")),
    ],
)
def test_accepting_a_fact_writes_its_event(client, home, kind, sent, expected):
    one = person(home)
    fact(one, kind)
    (finding,) = found()
    sign_in(client, Role.STREET_REVIEWER, home.community)
    assert "2026-09-10" in client.get(page_of(finding)).content.decode()
    assert accept(client, finding, on="2026-09-10", **sent).status_code == 302
    spell = latest(one)
    assert (spell.started_on, spell.source) == (date(2026, 9, 10), Source.MATCH)
    assert (spell.state, spell.inactive_reason, spell.channel, spell.employer_name) == expected
    assert found()[0].state == FindingState.ACCEPTED


def test_accepting_a_death_ends_the_stay_the_day_after(client, home):
    one = person(home)
    person(home)
    fact(one, OutsideKind.DEATH)
    (finding,) = found()
    sign_in(client, Role.STATION_CLERK, home.community)
    assert 'value="2026-09-11"' in client.get(page_of(finding)).content.decode()
    assert accept(client, finding, on="2026-09-11").status_code == 302
    stay = one.memberships.order_by("started_on").last()
    assert (stay.started_on, stay.household, stay.leave_reason) == (date(2026, 9, 11), None, LeaveReason.DIED)
    assert found()[0].state == FindingState.ACCEPTED


def test_the_last_member_of_an_open_episode_does_not_leave(client, home):
    one = person(home)
    ZeroEmploymentEpisodeFactory(household=home)
    fact(one, OutsideKind.DEATH)
    (finding,) = found()
    sign_in(client, Role.STATION_CLERK, home.community)
    assert accept(client, finding, on="2026-09-11").status_code == 422
    assert one.memberships.count() == 1


@pytest.mark.parametrize(("role", "page"), [(Role.STATION_CLERK, "/today/"), (Role.STREET_REVIEWER, "/reviews/")])
def test_open_ones_lie_on_the_desk(client, home, finding, role, page):
    sign_in(client, role, home.community)
    assert page_of(finding) in client.get(page).content.decode()
    Finding.objects.update(state=FindingState.DROPPED)
    assert page_of(finding) not in client.get(page).content.decode()


def test_a_grid_has_its_own_on_the_desk(client, home, finding):
    grids = [AreaFactory(level=AreaLevel.GRID, parent=home.community, code=None) for _two in range(2)]
    home.grid = grids[0]
    home.save()
    sign_in(client, Role.STATION_CLERK, home.community)
    for grid, is_there in zip(grids, (True, False), strict=True):
        assert (page_of(finding) in client.get(f"/today/?grid={grid.pk}").content.decode()) == is_there


def test_a_persons_page_tells_of_them(client, home, finding):
    sign_in(client, Role.STATION_CLERK, home.community)
    address = f"/residents/{finding.resident_finding.resident_id}/"
    assert page_of(finding) in client.get(address).content.decode()
    Finding.objects.update(state=FindingState.DROPPED)
    assert page_of(finding) not in client.get(address).content.decode()
