from datetime import date, timedelta

import pytest
from django.urls import reverse

from city import facts
from city.choices import Role
from city.models import MinimumWage, Move, Parameter
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from households import ledger, zero_households
from households.choices import EpisodeState, LabourState
from households.models import LabourSpell, ZeroEmploymentEpisode
from households.services import episodes, labour
from tests.city.factories import PostingFactory
from tests.desks import sign_in
from tests.households.factories import MembershipFactory, ResidentFactory, VisitFactory, ZeroEmploymentEpisodeFactory
from tests.households.zero_desk import LONG_AGO, TODAY, moment, tried_by_everybody, zero_desk

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CERTIFIED = TODAY - 20 * DAY
STREET, CONFIRMERS = {Role.STREET_REVIEWER}, {Role.STREET_REVIEWER, Role.STATION_HEAD}
WATCHED = (ZeroEmploymentEpisode, Move)


@pytest.fixture
def desk(time_machine):
    time_machine.move_to(moment(TODAY), tick=False)
    desk = zero_desk()
    desk.boss = PostingFactory(area=desk.community, role=Role.STATION_HEAD)
    return desk


@pytest.fixture
def episode(desk):
    return ZeroEmploymentEpisodeFactory(household=desk.household, certified_on=CERTIFIED)


@pytest.fixture
def told(monkeypatch):
    told = []
    monkeypatch.setattr(facts, "tell", told.append)
    return told


def confirm(desk, episode, **values):
    sent = {"resident_id": desk.head.pk, "proof": "contract", "on": TODAY, "by": desk.boss, "version": 0}
    return episodes.confirm_employment(episode_id=episode.pk, **sent | values)


def withdraw(desk, episode, reason, **values):
    sent = {"by": desk.street, "version": 0, "words": "x"}
    return episodes.withdraw(episode_id=episode.pk, reason=reason, **sent | values)


def start(desk, episode, **values):
    sent = {"responsible": desk.clerk.staff, "on": TODAY, "by": desk.clerk, "version": 0}
    return episodes.start_assisting(episode_id=episode.pk, **sent | values)


@pytest.mark.parametrize("state", ["certified", "assisting"])
def test_withdrawing_is_open_to_the_street_alone(desk, episode, state):
    if state == "assisting":
        start(desk, episode)
    address = reverse("households:episode", args=[episode.pk])
    data = {"action": "withdraw", "version": int(state == "assisting"), "reason": "moved", "words": "x"}
    assert tried_by_everybody(desk, address, data, STREET, WATCHED) == {}


@pytest.mark.parametrize("state", ["certified", "assisting"])
def test_confirming_is_open_to_the_head_of_the_station_and_the_street(desk, episode, state):
    if state == "assisting":
        start(desk, episode)
    desk.state_of(desk.head, LabourState.EMPLOYED)
    address = reverse("households:confirm_employment", args=[episode.pk])
    data = {
        "version": int(state == "assisting"),
        "resident": desk.head.pk,
        "on": TODAY.isoformat(),
        "proof": "contract",
    }
    assert tried_by_everybody(desk, address, data, CONFIRMERS, WATCHED) == {}


@pytest.mark.parametrize("role", [Role.STATION_CLERK, Role.STATION_HEAD, Role.STREET_REVIEWER])
@pytest.mark.parametrize("action", ["start_assisting", "confirm_employment", "certify", "nonsense"])
def test_no_button_takes_a_step_that_has_a_form_of_its_own(client, desk, episode, role, action):
    desk.state_of(desk.head, LabourState.EMPLOYED)
    sign_in(client, role, desk.community)
    before = [list(model.objects.values()) for model in WATCHED]
    data = {"action": action, "version": 0, "reason": "moved", "words": "x"}
    assert client.post(reverse("households:episode", args=[episode.pk]), data).status_code == 422
    assert [list(model.objects.values()) for model in WATCHED] == before


@pytest.mark.parametrize("role", list(Role))
def test_assistance_is_started_by_the_station_alone(desk, episode, role):
    places = {Role.STATION_CLERK: desk.community, Role.STATION_HEAD: desk.community}
    by = PostingFactory(role=role, area=places.get(role, desk.community.parent))
    if role in places:
        started = start(desk, episode, by=by)
        assert (started.state, started.assisting_since, started.responsible) == ("assisting", TODAY, desk.clerk.staff)
    else:
        with pytest.raises(NotAllowed):
            start(desk, episode, by=by)


@pytest.mark.parametrize("state", ["eliminated", "withdrawn"])
def test_an_ended_episode_takes_no_step(desk, episode, state):
    desk.state_of(desk.head, LabourState.EMPLOYED)
    reason = "moved" if state == "withdrawn" else ""
    ZeroEmploymentEpisode.objects.filter(pk=episode.pk).update(**{f"{state}_on": TODAY}, withdrawal_reason=reason)
    before = [list(model.objects.values()) for model in WATCHED]
    for step in (confirm, start):
        with pytest.raises(Conflict):
            step(desk, episode)
    with pytest.raises(Conflict):
        withdraw(desk, episode, "moved")
    assert [list(model.objects.values()) for model in WATCHED] == before


def test_a_confirmed_job_eliminates(desk, episode, told):
    spell = desk.state_of(desk.head, LabourState.EMPLOYED)
    ended = confirm(desk, episode, words="劳动合同原件")
    assert (ended.state, ended.eliminated_on, ended.worker, ended.proof) == (
        EpisodeState.ELIMINATED, TODAY, desk.head, "contract",
    )  # fmt: skip
    assert told == [
        facts.JobConfirmed(resident_id=desk.head.pk, spell_id=spell.pk, on=TODAY, by=desk.boss),
        facts.EpisodeEnded(episode_id=episode.pk, by=desk.boss),
    ]
    step = Move.objects.get(workflow="households.episode", key=episode.pk)
    assert (step.action, step.to_state, step.words) == ("confirm_employment", "eliminated", "劳动合同原件")


@pytest.mark.parametrize(
    ("on", "field"),
    [(TODAY + DAY, "on"), (CERTIFIED - DAY, "on"), (TODAY - 6 * DAY, "resident"), (CERTIFIED, "resident")],
)
def test_the_member_must_work_on_the_very_day(desk, episode, on, field, told):
    desk.state_of(desk.head, LabourState.EMPLOYED, since=TODAY - 5 * DAY)
    with pytest.raises(StepRefused) as refused:
        confirm(desk, episode, on=on)
    assert refused.value.field == field
    assert confirm(desk, episode, on=TODAY - 5 * DAY).eliminated_on == TODAY - 5 * DAY
    assert len(told) == 2


def test_only_a_member_of_today_and_a_proof_end_it(desk, episode, told):
    stranger = ResidentFactory(spell={"state": LabourState.EMPLOYED})
    desk.state_of(desk.head, LabourState.EMPLOYED)
    desk.state_of(desk.spouse, LabourState.EMPLOYED)
    MembershipFactory(resident=desk.spouse, started_on=TODAY, household=None)
    ledger.rebuild()
    for values, field in (
        ({"resident_id": stranger.pk}, "resident"),
        ({"resident_id": desk.spouse.pk}, "resident"),
        ({"proof": "hearsay"}, "proof"),
    ):
        with pytest.raises(StepRefused) as refused:
            confirm(desk, episode, **values)
        assert refused.value.field == field
    assert told == []
    episode.refresh_from_db()
    assert (episode.state, episode.version) == ("certified", 0)


def test_a_sheet_or_a_visit_never_eliminates_it_is_only_listed(desk, episode, client):
    labour.found_work(
        resident_id=desk.head.pk, on=TODAY, channel="flexible", source="visit", by=desk.clerk, employer_name="饭店"
    )
    episode.refresh_from_db()
    assert episode.eliminated_on is None
    assert [one.pk for one in zero_households.may_be_eliminated(desk.boss, TODAY)] == [episode.pk]
    assert not zero_households.may_be_eliminated(desk.boss, TODAY - DAY).exists()
    client.force_login(desk.boss.staff)
    body = client.get(reverse("households:may_be_eliminated")).content.decode()
    assert "饭店" in body
    assert reverse("households:confirm_employment", args=[episode.pk]) in body


def test_withdrawn_with_a_reason_it_never_counts_as_eliminated(desk, episode, told):
    ended = withdraw(desk, episode, "moved", words="搬至外地")
    assert (ended.state, ended.withdrawn_on, ended.withdrawal_reason) == ("withdrawn", TODAY, "moved")
    assert ended.eliminated_on is None
    assert told == [facts.EpisodeEnded(episode_id=episode.pk, by=desk.street)]


@pytest.mark.parametrize("sent", [{"reason": ""}, {"reason": "nobody"}, {"reason": "moved", "words": ""}])
def test_withdrawing_needs_a_coded_reason_and_words(desk, episode, sent):
    with pytest.raises(StepRefused):
        withdraw(desk, episode, **sent)


@pytest.mark.parametrize(
    ("certified_on", "reached_on", "allowed"),
    [
        (date(2026, 8, 12), None, True),
        (date(2026, 8, 13), None, False),
        (date(2026, 1, 1), date(2026, 8, 12), True),
        (date(2026, 1, 1), date(2026, 8, 13), False),
    ],
)
def test_unreachable_means_three_months_without_a_completed_visit(desk, episode, certified_on, reached_on, allowed):
    ZeroEmploymentEpisode.objects.update(certified_on=certified_on)
    VisitFactory(household=desk.household, visited_on=TODAY, outcome="nobody_in")
    if reached_on:
        VisitFactory(household=desk.household, visited_on=reached_on)
    if allowed:
        assert withdraw(desk, episode, "unreachable").state == "withdrawn"
    else:
        with pytest.raises(StepRefused):
            withdraw(desk, episode, "unreachable")


def test_nobody_able_and_willing_must_be_so_in_the_ledger(desk, episode):
    desk.state_of(desk.head, LabourState.INACTIVE)
    with pytest.raises(StepRefused, match="李芳"):
        withdraw(desk, episode, "no_member")
    desk.state_of(desk.spouse, LabourState.INACTIVE)
    assert withdraw(desk, episode, "no_member").state == "withdrawn"


def test_a_stale_page_ends_nothing(desk, episode, told):
    desk.state_of(desk.head, LabourState.EMPLOYED)
    start(desk, episode)
    with pytest.raises(Conflict) as conflict:
        confirm(desk, episode, version=0)
    assert conflict.value.by == desk.clerk.staff
    with pytest.raises(Conflict):
        withdraw(desk, episode, "moved", version=0)
    assert told == []


class TestReEntry:
    def test_a_household_eliminated_earlier_that_lost_its_job_is_listed_and_declared_anew(self, desk, episode, client):
        desk.state_of(desk.head, LabourState.EMPLOYED, since=CERTIFIED)
        confirm(desk, episode, on=CERTIFIED)
        assert not zero_households.detected(desk.clerk, TODAY).exists()
        labour.lost_work(resident_id=desk.head.pk, on=TODAY - DAY, source="visit", by=desk.clerk)
        (found,) = zero_households.detected(desk.clerk, TODAY)
        assert (found.pk, found.eliminated_before, found.last_job_on) == (desk.household.pk, CERTIFIED, TODAY - DAY)
        client.force_login(desk.clerk.staff)
        body = client.get(reverse("city:today")).content.decode()
        assert reverse("households:declare", args=[found.pk]) in body
        data = {"source": "data", "declared_on": TODAY.isoformat()}
        assert client.post(reverse("households:declare", args=[found.pk]), data).status_code == 302
        assert desk.household.declarations.get().source == "data"
        assert not zero_households.detected(desk.clerk, TODAY).exists()


class TestMondayNight:
    """A household that loses its last job on Monday is on the list on Tuesday morning, its deadlines right."""

    MONDAY = date(2026, 9, 28)

    @pytest.mark.parametrize(("until", "seen"), [(MONDAY - DAY, True), (MONDAY, True), (MONDAY + DAY, False)])
    def test_it_is_listed_on_tuesday(self, desk, client, time_machine, until, seen):
        desk.state_of(desk.head, LabourState.EMPLOYED, since=LONG_AGO + DAY)
        time_machine.move_to(moment(self.MONDAY, 22), tick=False)
        labour.lost_work(resident_id=desk.head.pk, on=until, source="visit", by=desk.clerk, told_on=self.MONDAY)
        time_machine.move_to(moment(self.MONDAY + DAY, 8), tick=False)
        client.force_login(desk.clerk.staff)
        for page in ("households:detected", "city:today"):
            answer = client.get(reverse(page)).content.decode()
            assert (reverse("households:declare", args=[desk.household.pk]) in answer) is seen

    @pytest.mark.parametrize(
        ("until", "verify_by", "late"),
        # Seven working days from the first day without work, across the holidays of 1 to 7 October.
        [(MONDAY, "10-14", False), (date(2026, 8, 31), "09-10", True)],
    )
    def test_until_when_it_is_verified_stands_there(self, desk, client, time_machine, until, verify_by, late):
        time_machine.move_to(moment(self.MONDAY + DAY, 8), tick=False)
        desk.state_of(desk.head, LabourState.EMPLOYED, since=LONG_AGO + DAY)
        labour.lost_work(resident_id=desk.head.pk, on=until, source="visit", by=desk.clerk)
        client.force_login(desk.clerk.staff)
        (work,) = [one for one in client.get(reverse("city:today")).context["busy"] if one.name == "found"]
        assert (verify_by in work.lines[0].due, work.lines[0].late, work.late) == (True, late, int(late))
        assert f"2026-{verify_by}" in client.get(reverse("households:detected")).content.decode()

    def test_its_deadlines_cross_the_national_day_holidays(self, desk, client, time_machine):
        tuesday = self.MONDAY + DAY
        Parameter.objects.create(
            name="elimination_deadline", area=desk.community.parent, in_force_from=LONG_AGO, value={"working_days": 10}
        )
        time_machine.move_to(moment(tuesday, 8), tick=False)
        client.force_login(desk.clerk.staff)
        client.post(
            reverse("households:declare", args=[desk.household.pk]),
            {"source": "data", "declared_on": tuesday.isoformat()},
        )
        body = client.get(reverse("households:declarations")).content.decode()
        # Seven working days from 29 September: 30, then 8, 9, 10 (a Saturday that works), 12, 13, 14 October.
        assert "2026-10-14" in body
        certified = ZeroEmploymentEpisodeFactory(household=desk.household, certified_on=date(2026, 10, 9))
        body = client.get(reverse("households:episode", args=[certified.pk])).content.decode()
        # Ten from 9 October: 10, 12 to 16, 19 to 22.
        assert "2026-10-22" in body


def work(desk, today=TODAY):
    (episode,) = ZeroEmploymentEpisode.objects.select_related("household__community")
    return zero_households.WorkStandards(today).of([episode])[episode.pk]


class TestDualAndStable:
    """Read from the ledger on the day, stored nowhere."""

    @pytest.fixture(autouse=True)
    def _wage(self, desk, episode):
        MinimumWage.objects.create(area=desk.community.parent, monthly=2000, in_force_from=LONG_AGO)

    def hire(self, desk, person, since, **values):
        details = {"contract_months": 12, "monthly_income": 2000, "insured": True} | values
        spell = desk.state_of(person, LabourState.EMPLOYED, since=since)
        LabourSpell.objects.filter(pk=spell.pk).update(**details)

    @pytest.mark.parametrize(
        ("values", "stable"),
        [
            ({}, True),
            ({"contract_months": 11}, False),
            ({"contract_months": None}, False),
            ({"monthly_income": 1999}, False),
            ({"monthly_income": None}, False),
            ({"insured": False}, False),
            ({"insured": None}, False),
        ],
    )
    def test_stable_is_contract_wage_and_insurance_together(self, desk, values, stable):
        self.hire(desk, desk.head, TODAY, **values)
        assert bool(work(desk).stable) is stable

    @pytest.mark.parametrize(("since", "held"), [(date(2025, 11, 12), True), (date(2025, 11, 13), False)])
    def test_stabilised_is_a_stable_spell_held_for_twelve_months(self, desk, since, held):
        self.hire(desk, desk.head, since)
        assert work(desk).is_stabilised is held

    def test_dual_is_two_at_work_on_the_day(self, desk):
        self.hire(desk, desk.head, TODAY)
        assert not work(desk).is_dual
        self.hire(desk, desk.spouse, TODAY)
        assert work(desk).is_dual
        assert not work(desk, TODAY - DAY).is_dual
