"""Every step of a case × every role × own, sibling and other district; what is refused leaves no trace."""

import pytest
from django.db import transaction

from assistance.choices import CaseReason, CaseState
from assistance.models import Case
from assistance.services import cases
from assistance.workflow import CASE
from city.choices import AreaLevel, PauseReason, Role
from city.models import ClockPause, Move
from city.moves import NotAllowed, StepRefused, move
from config.conflict import Conflict
from tests.assistance.case_desk import case_in, elsewhere, make_desk, open_case, sibling_of, step
from tests.city.factories import PostingFactory
from tests.desks import _PLACES, superior

pytestmark = pytest.mark.django_db

STATION = {Role.STATION_CLERK, Role.STATION_HEAD}
SUPERVISORS = {Role.STREET_REVIEWER, Role.DISTRICT_OFFICER}
CONFIRMERS = {Role.STATION_HEAD, Role.STREET_REVIEWER}
REGISTER = STATION | SUPERVISORS | {Role.CITY_OFFICE}
CASE_PROMISED = ("returned", "verified", "committed", "placing")
#: (action, from, to, who may): written out here, apart from the table it checks.
TABLE = [
    ("verify", "applied", "verified", STATION),
    ("verify", "returned", "verified", STATION),
    ("commit", "verified", "committed", STATION),
    ("start_placing", "committed", "placing", STATION),
    ("place", "verified", "placed", STATION),
    ("place", "committed", "placed", STATION),
    ("place", "placing", "placed", STATION),
    ("confirm", "applied", "placed", CONFIRMERS),
    ("confirm", "returned", "placed", CONFIRMERS),
    ("confirm", "verified", "placed", CONFIRMERS),
    ("confirm", "committed", "placed", CONFIRMERS),
    ("confirm", "placing", "placed", CONFIRMERS),
    ("follow_up", "placed", "followed_up", STATION),
    ("close", "followed_up", "closed", STATION),
    ("place_again", "placed", "placing", STATION),
    ("place_again", "followed_up", "placing", STATION),
    ("pause", "committed", "committed", STATION),
    ("pause", "returned", "returned", STATION),
    ("pause", "placing", "placing", STATION),
    ("send_back", "verified", "returned", SUPERVISORS),
    ("send_back", "committed", "returned", SUPERVISORS),
    ("send_back", "placing", "returned", SUPERVISORS),
    ("not_eligible", "applied", "not_eligible", STATION),
    ("not_eligible", "returned", "not_eligible", STATION),
    ("not_eligible", "verified", "not_eligible", STATION),
    ("lapse", "applied", "lapsed", STATION),
    ("lapse", "returned", "lapsed", STATION),
    ("lapse", "verified", "lapsed", STATION),
    ("lapse", "committed", "lapsed", STATION),
    ("lapse", "placing", "lapsed", STATION),
    ("lapse", "placed", "lapsed", STATION),
    ("lapse", "followed_up", "lapsed", STATION),
    *[("leave", state, "lapsed", REGISTER) for state in CaseState.OPEN],
    *[("job_ended", state, state, REGISTER) for state in ("placed", "followed_up")],
    *[("correct", state, state, STATION) for state in (*CASE_PROMISED, "placed", "followed_up")],
]
OFFERED = {step.action for step in CASE if step.offered}


def reason_for(action):
    return PauseReason.ILL if action == "pause" else CaseReason.MOVED


def traces():
    """Everything a step may leave behind."""
    held = Case.objects.values_list("pk", "state", "version", "placed_on", "closed_on", "spell")
    return list(held), Move.objects.count(), ClockPause.objects.count()


def attempt(case, action, by):
    """Take the step as its service does: offered ones by their button, the others by the table."""
    sent = {"reason": reason_for(action), "words": "said"}
    if action in OFFERED:
        return cases.take(case_id=case.pk, action=action, version=case.version, by=by, **sent)
    if not Case.objects.visible_to(by).filter(pk=case.pk).exists():
        raise NotAllowed
    fields = {"placed_on": case.applied_on} if action in ("place", "confirm") else {}
    fields |= {"closed_on": case.applied_on} if action == "leave" else {}
    return move(case, action, workflow=CASE, by=by, version=case.version, **sent, **fields)


def posted(role, community):
    return PostingFactory(role=role, area=superior(community, _PLACES.get(role, AreaLevel.CITY)))


@pytest.mark.parametrize(("action", "before", "after", "allowed"), TABLE)
def test_who_may_take_a_step_and_where(action, before, after, allowed):
    desk = make_desk()
    case = case_in(desk, before)
    left, welcome = traces(), []
    for community in (desk.community, sibling_of(desk.community), elsewhere(desk.community)):
        for role in Role:
            by = posted(role, community)
            if role in allowed and desk.community.path.startswith(by.area.path):
                welcome.append(by)
                continue
            with pytest.raises(NotAllowed):
                attempt(case, action, by)
            assert traces() == left, (community, role)
    assert {by.role for by in welcome} == allowed
    for by in welcome:
        version = case.version
        with transaction.atomic():
            taken = attempt(case, action, by)
            assert (taken.state, taken.version) == (after, version + 1)
            transaction.set_rollback(True)
        case.refresh_from_db()


@pytest.mark.parametrize("state", CaseState.values)
def test_a_step_that_is_not_open_in_a_state_is_a_conflict_and_leaves_no_trace(state):
    desk = make_desk()
    case = case_in(desk, state)
    left = traces()
    closed = [action for action in sorted(OFFERED) if CASE.step_from(state, action) is None]
    assert closed
    for action in closed:
        with pytest.raises(Conflict):
            attempt(case, action, desk.street if action == "send_back" else desk.clerk)
        assert traces() == left, action


def test_every_step_of_the_table_is_tried():
    tried = {(action, before) for action, before, _after, _allowed in TABLE}
    table = {(step.action, state) for step in CASE for state in step.sources}
    # Tried by their own tests: they depend on the promise, not on the role alone.
    apart = {("start_placing", "verified"), ("pause", "verified")}
    apart |= {("apply", "")}
    apart |= {(action, state) for action in ("resume", "void") for state in CASE_PROMISED}
    assert table - apart == {(action, str(before)) for action, before in tried}


@pytest.mark.parametrize("action", ["send_back", "lapse", "place_again"])
def test_some_steps_ask_for_words(action):
    desk = make_desk()
    case = case_in(desk, "placed" if action == "place_again" else "verified")
    left = traces()
    by = desk.street if action == "send_back" else desk.clerk
    with pytest.raises(StepRefused) as refused:
        step(desk, case, action, by=by, reason=CaseReason.OTHER, words=" ")
    assert refused.value.field == "words"
    assert traces() == left


@pytest.mark.parametrize("action", ["send_back", "lapse", "not_eligible", "pause"])
def test_some_steps_ask_for_a_coded_reason(action):
    desk = make_desk()
    case = case_in(desk, "committed" if action == "pause" else "verified")
    left = traces()
    with pytest.raises(StepRefused) as refused:
        step(desk, case, action, by=desk.street if action == "send_back" else desk.clerk, reason="nonsense", words="x")
    assert refused.value.field == "reason"
    assert traces() == left


def test_a_step_with_a_form_of_its_own_is_not_taken_by_a_button():
    desk = make_desk()
    case = case_in(desk, "placing")
    left = traces()
    with pytest.raises(StepRefused):
        step(desk, case, "place")
    assert traces() == left


def test_a_stale_page_is_told_who_was_quicker():
    desk = make_desk()
    case = open_case(desk)
    step(desk, case, "verify")
    with pytest.raises(Conflict) as conflict:
        cases.take(case_id=case.pk, action="not_eligible", version=0, by=desk.clerk, reason="age")
    assert conflict.value.by == desk.clerk.staff
