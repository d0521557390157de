import re
import threading
from datetime import date, timedelta

import pytest
from django.db import connection, connections
from django.urls import reverse

from city import facts, notices
from city.choices import Role
from city.models import Finding, Move, Notice, NumberSeries, Objection, TrailEntry
from city.moves import NotAllowed, StepRefused
from city.trail import acting
from config.conflict import Conflict
from households import ledger
from households.choices import DeclarationState, EpisodeState, LabourState
from households.models import Declaration, ResidentFinding, ZeroEmploymentEpisode
from households.rules import age_on
from households.services import declarations
from tests.city.factories import PostingFactory
from tests.households.factories import ResidentFactory, VisitFactory, ZeroEmploymentEpisodeFactory
from tests.households.zero_desk import LONG_AGO, TODAY, moment, tried_by_everybody, zero_desk

STATION, STREET = {Role.STATION_CLERK, Role.STATION_HEAD}, {Role.STREET_REVIEWER}
WATCHED = (Declaration, Move, ZeroEmploymentEpisode, Notice, NumberSeries)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(time_machine):
    time_machine.move_to(moment(TODAY), tick=False)
    return zero_desk()


@pytest.fixture
def travel(time_machine):
    return lambda day, *clock: time_machine.move_to(moment(day, *clock), tick=False)


def take(declaration, action, by, **sent):
    declaration.refresh_from_db()
    return declarations.take(
        declaration_id=declaration.pk, action=action, by=by, version=sent.pop("version", declaration.version), **sent
    )


def publicised(desk):
    """Verified by a visit of today and put on public notice, by the proper persons."""
    declaration = desk.declaration()
    VisitFactory(household=desk.household, visited_on=TODAY)
    take(declaration, "verify", desk.clerk)
    return take(declaration, "publicise", desk.street)


REASONED = {"words": "x"}
#: (state before, action, what is sent with it, who may)
STEPS = [
    ("declared", "verify", {}, STATION),
    ("returned", "verify", {}, STATION),
    ("verified", "publicise", {}, STREET),
    ("verified", "send_back", {"reason": "visit", **REASONED}, STREET),
    ("publicised", "send_back", {"reason": "objection", **REASONED}, STREET),
    ("verified", "reject", {"reason": "income", **REASONED}, STREET),
    ("publicised", "reject", {"reason": "works", **REASONED}, STREET),
    ("declared", "withdraw", {"reason": "mistake"}, STATION),
    ("returned", "withdraw", {"reason": "mistake"}, STATION),
    ("verified", "withdraw", {"reason": "moved"}, STREET),
    ("publicised", "withdraw", {"reason": "moved"}, STREET),
]


@pytest.mark.parametrize(("state", "action", "sent", "allowed"), STEPS)
def test_each_step_is_open_to_its_role_in_its_area_alone(desk, state, action, sent, allowed):
    declaration = desk.declaration(state)
    if state in ("declared", "returned"):
        VisitFactory(household=desk.household, visited_on=TODAY)
    address = reverse("households:declaration", args=[declaration.pk])
    data = {"action": action, "version": declaration.version, **sent}
    assert tried_by_everybody(desk, address, data, allowed, WATCHED) == {}


def test_certifying_is_open_to_the_street_alone(desk):
    declaration = desk.declaration("publicised")
    address = reverse("households:certify_declaration", args=[declaration.pk])
    assert tried_by_everybody(desk, address, {"version": 0}, STREET, WATCHED) == {}


def test_declaring_is_open_to_the_station_alone(desk):
    address = reverse("households:declare", args=[desk.household.pk])
    data = {"source": "data", "declared_on": TODAY.isoformat()}
    assert tried_by_everybody(desk, address, data, STATION, WATCHED) == {}


def legal():
    return {(state, action) for state, action, _sent, _who in STEPS} | {("publicised", "certify")}


@pytest.mark.parametrize("state", DeclarationState.values)
@pytest.mark.parametrize("action", sorted({action for _state, action, *_rest in STEPS} | {"certify"}))
def test_a_step_from_any_other_state_changes_nothing(desk, state, action):
    if (state, action) in legal():
        return
    declaration = desk.declaration("verified")
    extra = {"episode": ZeroEmploymentEpisodeFactory(household=desk.household)} if state == "certified" else {}
    Declaration.objects.filter(pk=declaration.pk).update(state=state, **extra)
    before = [list(model.objects.order_by("pk").values()) for model in WATCHED]
    sent = {"reason": "other", "words": "x", "version": declaration.version}
    for by in (desk.clerk, desk.street):
        with pytest.raises((Conflict, NotAllowed)):
            take(declaration, action, by, **sent)
    assert [list(model.objects.order_by("pk").values()) for model in WATCHED] == before


def test_from_the_declaration_to_the_card(desk, travel, monkeypatch):
    told = []
    monkeypatch.setattr(facts, "tell", told.append)
    declaration = declarations.declare(
        household_id=desk.household.pk, source="hotline", declared_on=TODAY, by=desk.clerk, words="962110"
    )
    visit = VisitFactory(household=desk.household, visited_on=TODAY)
    assert take(declaration, "verify", desk.clerk).visit == visit
    take(declaration, "publicise", desk.street)
    travel(date(2026, 11, 20))
    declaration = take(declaration, "certify", desk.street)
    episode = declaration.episode
    assert (episode.state, episode.certified_on) == (EpisodeState.CERTIFIED, date(2026, 11, 20))
    assert episode.card_number == f"{desk.community.code}20260001"
    assert told == [facts.EpisodeCertified(episode_id=episode.pk, by=desk.street)]
    steps = Move.objects.filter(workflow="households.declaration", key=declaration.pk).order_by("pk")
    assert list(steps.values_list("action", flat=True)) == ["declare", "verify", "publicise", "certify"]
    assert Move.objects.get(workflow="households.episode", key=episode.pk).action == "certify"


def test_card_numbers_run_by_community_and_year_or_are_entered(desk):
    first = take(desk.declaration("publicised"), "certify", desk.street).episode
    first.withdrawn_on, first.withdrawal_reason = TODAY, "other"
    first.certified_on = LONG_AGO
    first.save()
    second = take(desk.declaration("publicised"), "certify", desk.street).episode
    assert [one.card_number[-4:] for one in (first, second)] == ["0001", "0002"]
    second.certified_on, second.withdrawn_on, second.withdrawal_reason = LONG_AGO + DAY, TODAY, "other"
    second.save()
    third = desk.declaration("publicised")
    with pytest.raises(StepRefused) as refused:
        take(third, "certify", desk.street, card_number=first.card_number)
    assert refused.value.field == "card_number"
    assert take(third, "certify", desk.street, card_number=" A-7 ").episode.card_number == "A-7"
    assert NumberSeries.objects.get().last == 2


@pytest.mark.parametrize("visited", [None, TODAY - DAY, "nobody_in", "corrected"])
def test_verifying_needs_a_completed_visit_since_the_declaration(desk, visited):
    declaration = desk.declaration()
    if visited == "nobody_in":
        VisitFactory(household=desk.household, visited_on=TODAY, outcome="nobody_in")
    elif visited == "corrected":
        VisitFactory(household=desk.household, visited_on=TODAY, superseded=True)
    elif visited:
        VisitFactory(household=desk.household, visited_on=visited)
    with pytest.raises(StepRefused):
        take(declaration, "verify", desk.clerk)
    declaration.refresh_from_db()
    assert declaration.state == "declared"


def test_verifying_says_which_member_lacks_what(desk):
    son = ResidentFactory(name="王强", home=desk.household, birth_date=date(2006, 1, 1))
    ResidentFactory(name="王小弟", home=desk.household, birth_date=date(2014, 1, 1))
    desk.state_of(desk.spouse, LabourState.EMPLOYED)
    ledger.rebuild([son.pk])
    VisitFactory(household=desk.household, visited_on=TODAY)
    with pytest.raises(StepRefused) as refused:
        take(desk.declaration(), "verify", desk.clerk)
    assert "王强" in refused.value.message
    assert "李芳" in refused.value.message
    assert "王小明" not in refused.value.message
    assert "王小弟" not in refused.value.message


def test_a_worker_past_the_retirement_date_counts_too(desk):
    ResidentFactory(
        name="王老", home=desk.household, birth_date=date(1950, 1, 1), spell={"state": LabourState.EMPLOYED}
    )
    ledger.rebuild()
    VisitFactory(household=desk.household, visited_on=TODAY)
    with pytest.raises(StepRefused, match="王老"):
        take(desk.declaration(), "verify", desk.clerk)


def differs(desk, person, kind="insured_but_unemployed"):
    """The insurance office says otherwise, and nobody has decided yet."""
    finding = Finding.objects.create(
        kind=kind,
        key=person.id_hash.hex,
        area=desk.community,
        evidence={"month": "2026-10", "employers": [], "employer": "", "since": None, "state": 2, "reason": ""}
        | {"from": "2026-10-01", "to": "", "place": "", "source": ""},
        found_on=TODAY,
        seen_on=TODAY,
    )
    ResidentFinding.objects.create(finding=finding, resident=person)
    return finding


@pytest.mark.parametrize(
    ("kind", "stops"),
    [
        ("insured_but_unemployed", True),
        ("insured_elsewhere", True),
        ("business_but_unemployed", True),
        ("employed_not_insured", False),
    ],
)
def test_a_member_at_work_by_another_offices_word_is_decided_first(client, desk, kind, stops):
    finding = differs(desk, desk.head, kind)
    declaration = desk.declaration()
    VisitFactory(household=desk.household, visited_on=TODAY)
    client.force_login(desk.clerk.staff)
    body = client.get(reverse("households:declaration", args=[declaration.pk])).content.decode()
    assert (reverse("city:finding", args=[finding.pk]) in body) is stops
    if stops:
        with pytest.raises(StepRefused, match="王小明"):
            take(declaration, "verify", desk.clerk)
        Finding.objects.update(state="explained", reason="other")
    assert take(declaration, "verify", desk.clerk).state == "verified"


def test_somebody_must_be_able_and_willing(desk):
    for person in (desk.head, desk.spouse):
        desk.state_of(person, LabourState.INACTIVE, since=TODAY - DAY)
    VisitFactory(household=desk.household, visited_on=TODAY)
    with pytest.raises(StepRefused):
        take(desk.declaration(), "verify", desk.clerk)


@pytest.mark.parametrize("action", ["publicise", "certify"])
def test_a_job_found_meanwhile_stops_the_street(desk, travel, action):
    declaration = desk.declaration("verified" if action == "publicise" else "publicised")
    desk.state_of(desk.head, LabourState.EMPLOYED)
    with pytest.raises(StepRefused, match="王小明"):
        take(declaration, action, desk.street)
    assert ZeroEmploymentEpisode.objects.count() == 0
    assert Notice.objects.count() == (action == "certify")


def test_who_verified_does_not_certify(desk):
    declaration = desk.declaration()
    VisitFactory(household=desk.household, visited_on=TODAY)
    take(declaration, "verify", desk.clerk)
    Declaration.objects.filter(pk=declaration.pk).update(state="publicised", notice=desk.notice())
    same_person = PostingFactory(staff=desk.clerk.staff, area=desk.community.parent, role=Role.STREET_REVIEWER)
    with pytest.raises(StepRefused):
        take(declaration, "certify", same_person)
    assert ZeroEmploymentEpisode.objects.count() == 0
    assert NumberSeries.objects.count() == 0
    assert take(declaration, "certify", desk.street).state == "certified"


@pytest.mark.parametrize(("day", "clock", "certified"), [((11, 19), (23, 59), False), ((11, 20), (0, 0), True)])
def test_certified_once_the_last_working_day_of_the_notice_has_ended(desk, travel, day, clock, certified):
    declaration = publicised(desk)
    travel(date(2026, *day), *clock)
    if certified:
        assert take(declaration, "certify", desk.street).episode
    else:
        with pytest.raises(StepRefused, match="2026-11-19"):
            take(declaration, "certify", desk.street)


def test_an_objection_keeps_the_street_from_certifying_until_it_is_answered(desk, travel):
    declaration = publicised(desk)
    travel(date(2026, 11, 16))
    objection = notices.object_to(declaration.notice, "x", "y")
    travel(date(2026, 11, 30))
    with pytest.raises(StepRefused):
        take(declaration, "certify", desk.street)
    notices.answer(objection, False, "核实无误", by=desk.street)
    with pytest.raises(StepRefused, match="2026-12-04"):
        take(declaration, "certify", desk.street)
    travel(date(2026, 12, 5))
    assert take(declaration, "certify", desk.street).episode.certified_on == date(2026, 12, 5)


def test_an_upheld_objection_leaves_the_ways_back_alone(desk, travel):
    declaration = publicised(desk)
    notices.answer(notices.object_to(declaration.notice, "x", "y"), True, "属实", by=desk.street)
    travel(date(2026, 12, 5))
    with pytest.raises(StepRefused):
        take(declaration, "certify", desk.street)
    assert take(declaration, "send_back", desk.street, reason="objection", words="核实").state == "returned"


def test_who_answers_an_objection_is_led_to_the_household(desk, client):
    declaration = publicised(desk)
    objection = notices.object_to(declaration.notice, "x", "y")
    client.force_login(desk.street.staff)
    body = client.get(reverse("city:objection", args=[objection.pk])).content.decode()
    assert reverse("households:declaration", args=[declaration.pk]) in body
    assert "王小明" in body


def test_a_declaration_not_visited_yet_leads_to_the_visit_and_back(desk, client):
    address = reverse("households:declaration", args=[desk.declaration().pk])
    visit = f"{reverse('households:record_visit', args=[desk.household.pk])}?next={address}"
    for posting, is_led in ((desk.clerk, True), (desk.street, False)):
        client.force_login(posting.staff)
        assert (visit in client.get(address).content.decode()) is is_led


@pytest.mark.parametrize("action", ["send_back", "reject", "withdraw"])
def test_sent_back_rejected_or_taken_back_the_notice_disappears(client, desk, action):
    declaration = publicised(desk)
    address = reverse("city:notice", args=[declaration.notice_id])
    assert client.get(address).status_code == 200
    take(declaration, action, desk.street, reason="other", words="x")
    assert client.get(address).status_code == 404


def test_sent_back_it_is_verified_and_publicised_anew(desk, travel):
    first = publicised(desk)
    take(first, "send_back", desk.street, reason="visit", words="x")
    travel(TODAY + DAY)
    take(first, "verify", desk.clerk)
    again = take(first, "publicise", desk.street)
    assert again.notice_id != first.notice_id
    assert again.notice.clock.started_at == moment(TODAY + DAY)


def test_words_and_coded_reasons_are_asked_for(desk):
    declaration = desk.declaration("verified")
    for sent in ({"reason": "", "words": "x"}, {"reason": "moved", "words": "x"}, {"reason": "visit", "words": " "}):
        with pytest.raises(StepRefused):
            take(declaration, "send_back", desk.street, **sent)
    declaration.refresh_from_db()
    assert (declaration.state, declaration.version) == ("verified", 0)


def test_a_stale_page_is_a_conflict_that_says_who(desk, client):
    declaration = desk.declaration("verified")
    take(declaration, "send_back", desk.street, reason="visit", words="x")
    client.force_login(desk.street.staff)
    address = reverse("households:declaration", args=[declaration.pk])
    answer = client.post(address, {"action": "publicise", "version": 0})
    assert answer.status_code == 409
    assert desk.street.staff.name in answer.content.decode()


class TestDeclaring:
    def declare(self, desk, **values):
        return declarations.declare(
            **{"household_id": desk.household.pk, "source": "self", "declared_on": TODAY, "by": desk.clerk} | values
        )

    def test_a_household_is_declared_once_at_a_time(self, desk):
        self.declare(desk)
        with pytest.raises(Conflict) as conflict:
            self.declare(desk)
        assert conflict.value.by == desk.clerk.staff
        assert Declaration.objects.count() == 1

    def test_not_while_an_episode_is_open(self, desk):
        episode = ZeroEmploymentEpisodeFactory(household=desk.household, certified_on=TODAY - DAY)
        with pytest.raises(StepRefused):
            self.declare(desk)
        episode.eliminated_on = TODAY
        episode.save()
        assert self.declare(desk).state == "declared"

    def test_not_for_days_to_come_nor_from_elsewhere(self, desk):
        with pytest.raises(StepRefused):
            self.declare(desk, declared_on=TODAY + DAY)
        with pytest.raises(NotAllowed):
            self.declare(desk, by=PostingFactory(role=Role.STATION_CLERK))
        with pytest.raises(NotAllowed):
            self.declare(desk, by=desk.street)
        assert Declaration.objects.count() == 0

    def test_sent_twice_it_is_one_declaration(self, desk, client):
        client.force_login(desk.clerk.staff)
        data = {
            "source": "data",
            "declared_on": TODAY.isoformat(),
            "idempotency_key": "0b7a6c3e-9a55-4c3c-8a39-6f9d1b1f2a12",
        }
        address = reverse("households:declare", args=[desk.household.pk])
        assert len({client.post(address, data)["Location"] for _turn in range(2)}) == 1
        assert Declaration.objects.count() == 1


NUMBER = re.compile(r"\d{7,}")


def candidates(text, person):
    """How many ID numbers fit the person for somebody who reads the text and knows the division they come from.

    Left are the birth date (working age spans some 44 years) and the order of the day; the check digit follows.
    """
    born, age = person.birth_date, age_on(person.birth_date, TODAY)
    days = 365 * 44
    if any(f"{born:{form}}" in text for form in ("%Y-%m-%d", "%Y%m%d", "%Y年%m月%d日")):
        days = 1
    elif any(f"{born:{form}}" in text for form in ("%Y-%m", "%Y年%m月")):
        days = 30
    elif str(born.year) in text or f"{age}岁" in text:
        days = 365
    orders = 500 if {"男", "女"} & set(text) else 1000
    return days * (1 if person.id_number[-4:] in text else orders)


@pytest.mark.parametrize(
    ("shown", "safe"),
    [
        ("王*明", True),
        ("王*明 男 330102************", True),
        ("王*明 1980年 330102********{last}", False),
        ("王*明 46岁 {last}", False),
        ("王*明 1980-01-01", False),
        ("王*明 1980-01 男", True),
    ],
)
def test_the_counting_of_candidates_finds_what_gives_a_person_away(desk, shown, safe):
    text = shown.format(last=desk.head.id_number[-4:])
    assert (candidates(text, desk.head) >= 10_000) is safe


def test_the_public_page_holds_no_number_phone_or_birth_date(client, desk):
    """At least 10,000 ID numbers must fit each person shown."""
    for place, person in enumerate((desk.head, desk.spouse)):
        person.phone = f"1390000000{place}"
        person.save(update_fields=["phone"])
    declaration = publicised(desk)
    for address in (reverse("city:notice", args=[declaration.notice_id]), reverse("city:notices")):
        text = client.get(address).content.decode()
        plain = re.sub(r'(csrfmiddlewaretoken|idempotency_key)" value="[^"]*"|<svg.*?</svg>', "", text, flags=re.S)
        for person in (desk.head, desk.spouse):
            born = person.birth_date
            secrets = [person.id_number, person.phone, person.name, born.isoformat(), f"{born:%Y%m%d}", str(born.year)]
            assert [secret for secret in secrets if secret in plain] == []
        assert NUMBER.findall(plain) == []
        assert "*" * 12 not in plain
        assert min(candidates(plain, person) for person in (desk.head, desk.spouse)) >= 10_000
    assert "王*明" in client.get(reverse("city:notice", args=[declaration.notice_id])).content.decode()


def test_a_refused_try_leaves_nothing_but_its_line_in_the_trail(client, desk):
    declaration = desk.declaration("publicised")
    client.force_login(desk.clerk.staff)
    lines = TrailEntry.objects.count()
    address = reverse("households:certify_declaration", args=[declaration.pk])
    assert client.post(address, {"version": 0}).status_code == 403
    new = list(TrailEntry.objects.order_by("-pk")[: TrailEntry.objects.count() - lines])
    assert [line.table for line in new] == ["refused"]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_reviewers_who_certify_at_once_are_one_certification_and_one_conflict(time_machine):
    time_machine.move_to(moment(TODAY), tick=False)
    with acting(reason="test"):
        desk = zero_desk()
        declaration = desk.declaration("publicised")
        reviewers = [PostingFactory(area=desk.community.parent, role=Role.STREET_REVIEWER) for _turn in range(2)]
    start, ends = threading.Barrier(2), []

    def certify(by):
        start.wait()
        try:
            declarations.take(declaration_id=declaration.pk, action="certify", by=by, version=0)
            ends.append("certified")
        except Conflict as conflict:
            ends.append(conflict.by in [one.staff for one in reviewers if one != by])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=certify, args=[by]) for by in reviewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends, key=str) == [True, "certified"]
    assert ZeroEmploymentEpisode.objects.count() == 1
    assert NumberSeries.objects.get().last == 1
    assert connection.vendor == "postgresql"


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_an_objection_at_the_moment_of_certification_is_either_heard_or_too_late(time_machine):
    time_machine.move_to(moment(TODAY), tick=False)
    with acting(reason="test"):
        desk = zero_desk()
        declaration = desk.declaration("publicised")
    last_moment = declaration.notice.clock.due_at - timedelta(minutes=1)
    start, ends = threading.Barrier(2), {}

    def run(name, do):
        start.wait()
        try:
            do()
            ends[name] = "done"
        except (Conflict, StepRefused):
            ends[name] = "refused"
        finally:
            connections.close_all()

    def certify():
        declarations.take(declaration_id=declaration.pk, action="certify", by=desk.street, version=0)

    def object_to():
        notices.object_to(declaration.notice, "x", "y", at=last_moment)

    threads = [threading.Thread(target=run, args=pair) for pair in (("certify", certify), ("object", object_to))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends.values()) == ["done", "refused"]
    assert (Objection.objects.count() == 1) == (ends["object"] == "done")
