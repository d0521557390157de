"""Plans of a household and its members, and who stands by whom."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistance.models import Pairing, Plan
from assistance.panels import plans_of
from assistance.services import pairings, plans
from city.choices import Role
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from households import ledger
from households.choices import LabourState
from households.models import ZeroEmploymentEpisode
from tests.assistance.case_desk import elsewhere, make_desk, make_person, sibling_of
from tests.assistance.factories import PairingFactory, PlanFactory
from tests.city.factories import PostingFactory
from tests.desks import sign_in, superior
from tests.households.factories import HouseholdFactory, ResidentFactory, ZeroEmploymentEpisodeFactory

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)
PLAN = {"measure": "one_to_one", "goal": "a job near home", "by_when": TODAY + 30 * DAY}


@pytest.fixture
def desk():
    desk = make_desk()
    desk.episode = ZeroEmploymentEpisodeFactory(household=desk.home, certified_on=TODAY - 3 * DAY)
    return desk


def save(desk, by=None, **sent):
    sent = {
        "version": ZeroEmploymentEpisode.objects.get(pk=desk.episode.pk).version,
        "responsible": desk.clerk.staff,
        "household_plan": PLAN,
        "member_plans": {desk.person.pk: PLAN},
    } | sent
    return plans.save_plans(episode_id=desk.episode.pk, by=by or desk.clerk, **sent)


def url(name, *args):
    return reverse(f"assistance:{name}", args=args)


def test_all_plans_saved_the_household_is_assisted(desk):
    save(desk)
    desk.episode.refresh_from_db()
    assert (desk.episode.state, desk.episode.assisting_since) == ("assisting", TODAY)
    assert desk.episode.responsible == desk.clerk.staff
    assert set(Plan.objects.values_list("resident", "measure", "made_on")) == {
        (None, "one_to_one", TODAY),
        (desk.person.pk, "one_to_one", TODAY),
    }


def test_saved_again_plans_change_and_their_day_stays(desk):
    save(desk)
    Plan.objects.update(made_on=TODAY - DAY)
    save(desk, household_plan=PLAN | {"goal": "two jobs"})
    plan = Plan.objects.get(resident=None)
    assert (plan.goal, plan.made_on, Plan.objects.count()) == ("two jobs", TODAY - DAY, 2)


def test_every_able_member_needs_a_plan(desk):
    other = make_person(desk.home)
    child = ResidentFactory(home=desk.home, birth_date=TODAY - 3000 * DAY)
    student = make_person(desk.home, state=LabourState.UNEMPLOYED)
    student.labour_spells.update(state=LabourState.INACTIVE, inactive_reason="student")
    ledger.rebuild([child.pk, student.pk])
    with pytest.raises(StepRefused) as refused:
        save(desk)
    assert other.name in refused.value.message
    assert child.name not in refused.value.message
    assert student.name not in refused.value.message
    assert not Plan.objects.exists()
    save(desk, member_plans={desk.person.pk: PLAN, other.pk: PLAN})
    assert Plan.objects.count() == 3


@pytest.mark.parametrize("end", ["eliminated_on", "withdrawn_on", "version"])
def test_what_has_ended_or_changed_is_a_conflict(desk, end):
    if end == "version":
        sent = {"version": 7}
    else:
        values = {end: TODAY} | ({"withdrawal_reason": "moved"} if end == "withdrawn_on" else {})
        ZeroEmploymentEpisode.objects.update(**values)
        sent = {}
    with pytest.raises(Conflict):
        save(desk, **sent)
    assert not Plan.objects.exists()


@pytest.mark.parametrize("role", Role)
def test_who_may_plan(desk, role):
    here = superior(desk.community, desk.community.level)
    by = PostingFactory(role=role, area=here)
    if role in (Role.STATION_CLERK, Role.STATION_HEAD):
        save(desk, by=by)
        assert Plan.objects.count() == 2
    else:
        with pytest.raises(NotAllowed):
            save(desk, by=by)
        assert not Plan.objects.exists()
    for away in (sibling_of(desk.community), elsewhere(desk.community)):
        with pytest.raises(NotAllowed):
            save(desk, by=PostingFactory(role=role, area=away))


def form_of(desk, **changes):
    episode = ZeroEmploymentEpisode.objects.get(pk=desk.episode.pk)
    sent = {"version": episode.version, "responsible": desk.clerk.staff_id}
    for prefix in ("household", f"member-{desk.person.pk}"):
        sent |= {f"{prefix}-measure": "fair", f"{prefix}-goal": "work", f"{prefix}-by_when": TODAY}
    return sent | changes


def test_the_plans_are_made_on_their_page(client, desk):
    client.force_login(desk.clerk.staff)
    page = client.get(url("plans", desk.episode.pk))
    assert [resident for resident, _form in page.context["forms"].members] == [desk.person]
    sent = form_of(desk, idempotency_key=uuid.uuid4())
    for _ in range(2):
        assert client.post(url("save_plans", desk.episode.pk), sent)["Location"] == url("plans", desk.episode.pk)
    assert Plan.objects.count() == 2
    assert client.get(url("plans", desk.episode.pk)).context["forms"].household["goal"].value() == "work"


def test_every_error_is_told_at_once(client, desk):
    client.force_login(desk.clerk.staff)
    sent = form_of(desk, **{"responsible": "", "household-goal": "", f"member-{desk.person.pk}-measure": ""})
    answer = client.post(url("save_plans", desk.episode.pk), sent)
    assert answer.status_code == 422
    assert answer.content.decode().count("errorlist") == 3
    assert not Plan.objects.exists()


def test_only_staff_of_the_station_answer_for_a_household(client, desk):
    client.force_login(desk.clerk.staff)
    stranger = PostingFactory(area=elsewhere(desk.community)).staff
    answer = client.post(url("save_plans", desk.episode.pk), form_of(desk, responsible=stranger.pk))
    assert answer.status_code == 422
    assert not Plan.objects.exists()


def test_others_read_the_plans(client, desk):
    save(desk)
    sign_in(client, Role.STREET_REVIEWER, desk.community)
    assert PLAN["goal"] in client.get(url("plans", desk.episode.pk)).content.decode()
    assert client.post(url("save_plans", desk.episode.pk), form_of(desk)).status_code == 403
    sign_in(client, Role.STATION_CLERK, sibling_of(desk.community))
    assert client.get(url("plans", desk.episode.pk)).status_code == 404
    assert client.post(url("save_plans", desk.episode.pk), form_of(desk)).status_code == 404


# Pairings


def pair(desk, by=None, **sent):
    sent = {"helper": "Party office", "kind": "organisation", "community": desk.community, "started_on": TODAY} | sent
    return pairings.pair(by=by or desk.street, **sent)


@pytest.mark.parametrize("role", Role)
def test_who_may_pair_and_where(desk, role):
    allowed = {Role.STREET_REVIEWER, Role.DISTRICT_OFFICER, Role.CITY_OFFICE}
    by = PostingFactory(role=role, area=desk.community.parent)
    if role in allowed:
        assert pair(desk, by=by).area == desk.community
    else:
        with pytest.raises(NotAllowed):
            pair(desk, by=by)
    away = PostingFactory(role=role, area=elsewhere(desk.community).parent)
    left = Pairing.objects.count()
    with pytest.raises(NotAllowed):
        pair(desk, by=away, helper="other")
    assert Pairing.objects.count() == left


def test_the_same_helper_is_paired_once_at_a_time(desk):
    first = pair(desk, household=desk.home)
    with pytest.raises(StepRefused):
        pair(desk, household=desk.home)
    pair(desk)
    pairings.end(pairing_id=first.pk, ended_on=TODAY, by=desk.street)
    assert pair(desk, household=desk.home, started_on=TODAY + DAY)


def test_a_pairing_ends_once_and_not_before_it_began(desk):
    pairing = pair(desk)
    with pytest.raises(StepRefused):
        pairings.end(pairing_id=pairing.pk, ended_on=TODAY - DAY, by=desk.street)
    for by in (desk.clerk, PostingFactory(role=Role.STREET_REVIEWER, area=elsewhere(desk.community).parent)):
        with pytest.raises(NotAllowed):
            pairings.end(pairing_id=pairing.pk, ended_on=TODAY, by=by)
    pairings.end(pairing_id=pairing.pk, ended_on=TODAY, by=desk.street)
    with pytest.raises(Conflict):
        pairings.end(pairing_id=pairing.pk, ended_on=TODAY, by=desk.street)


def test_a_household_is_paired_by_its_number(client, desk):
    client.force_login(desk.street.staff)
    assert client.get(f"{url('pairings')}?household={desk.home.pk}").context["form"].initial["household"]
    sent = {
        "helper": "Director Wang",
        "kind": "leader",
        "community": desk.community.pk,
        "household": f"00{desk.home.number}",
        "started_on": TODAY,
        "idempotency_key": uuid.uuid4(),
    }
    for _ in range(2):
        assert client.post(url("add_pairing"), sent)["Location"] == url("pairings")
    assert Pairing.objects.get().household == desk.home
    answer = client.post(url("add_pairing"), sent | {"household": "no such", "idempotency_key": uuid.uuid4()})
    assert answer.status_code == 422
    assert "household" in answer.context["form"].errors
    shown = client.get(reverse("households:household", args=[desk.home.pk])).content.decode()
    assert "Director Wang" in shown


def test_only_communities_below_can_be_chosen(client, desk):
    client.force_login(desk.street.staff)
    sent = {"helper": "x", "kind": "leader", "community": elsewhere(desk.community).pk, "started_on": TODAY}
    assert client.post(url("add_pairing"), sent).status_code == 422
    assert not Pairing.objects.exists()


def test_pairings_of_today_and_of_the_past_are_listed(client, desk):
    now = PairingFactory(household=desk.home, helper="present")
    PairingFactory(household=desk.home, helper="gone", ended_on=TODAY - DAY)
    PairingFactory(household=HouseholdFactory(), helper="elsewhere")
    client.force_login(desk.street.staff)
    assert [row.helper for row in client.get(url("pairings")).context["page"]] == ["present"]
    assert [row.helper for row in client.get(f"{url('pairings')}?past=1").context["page"]] == ["gone"]
    assert client.post(url("end_pairing", now.pk), {"ended_on": TODAY}).status_code == 302
    client.force_login(desk.clerk.staff)
    assert client.get(url("pairings")).context["form"] is None
    assert client.post(url("end_pairing", now.pk), {"ended_on": TODAY}).status_code == 403
    assert client.post(url("add_pairing"), {}).status_code == 403


def test_an_end_that_is_refused_is_told_at_its_row(client, desk):
    pairing = PairingFactory(household=desk.home, started_on=TODAY)
    client.force_login(desk.street.staff)
    answer = client.post(url("end_pairing", pairing.pk), {"ended_on": TODAY - DAY})
    assert answer.status_code == 422
    (row,) = answer.context["page"].rows
    assert "ended_on" in row.form.errors


def test_pairings_cost_the_same_with_1_and_30_rows(client, desk):
    client.force_login(desk.street.staff)
    counts = []
    for number in (1, 29):
        for _ in range(number):
            PairingFactory(household=HouseholdFactory(community=desk.community))
        with CaptureQueriesContext(connection) as told:
            client.get(url("pairings"))
        counts.append(len(told))
    assert counts[0] == counts[1]


def test_the_panel_of_an_episode_shows_its_plans(rf, desk):
    request = rf.get("/")
    request.posting = desk.clerk
    PlanFactory(episode=desk.episode, resident=desk.person)
    PlanFactory(episode=desk.episode)
    shown = plans_of(request, desk.episode)
    assert [plan.resident for plan in shown["plans"]] == [None, desk.person]
    assert shown["may_plan"]
