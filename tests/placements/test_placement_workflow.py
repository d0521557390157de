"""Every step of a placement × every role × own, sibling and other district; what is refused leaves no trace."""

import pytest
from django.db import transaction
from django.utils import timezone

from city.choices import Role
from city.models import Move
from city.moves import NotAllowed
from config.conflict import Conflict
from households.choices import Channel, LabourState, Source
from households.models import LabourSpell
from households.services import labour
from placements.choices import DropReason, PlacementEnd, PlacementState
from placements.models import Placement, Post
from placements.services import placements
from placements.workflow import PLACEMENT
from tests.assistance.case_desk import elsewhere, sibling_of
from tests.assistance.test_case_workflow import posted
from tests.placements.post_desk import make_post_desk, open_posts

pytestmark = pytest.mark.django_db

PLACERS = {Role.STATION_CLERK, Role.STATION_HEAD, Role.STREET_REVIEWER}
CONFIRMERS = {Role.STATION_HEAD, Role.STREET_REVIEWER}
#: (action, from, to, who may): written out here, apart from the table it checks.
TABLE = [
    ("confirm", "reported", "confirmed", CONFIRMERS),
    ("drop", "reported", "dropped", PLACERS),
    ("settle", "disputed", "confirmed", CONFIRMERS),
    ("end", "confirmed", "ended", PLACERS),
    ("end", "disputed", "ended", PLACERS),
]


@pytest.fixture
def desk():
    return make_post_desk()


def placement_in(desk, state):
    """On a post, taken to the state by the steps that lead there; what made it doubtful is taken back again."""
    (post,) = open_posts(desk)
    placement = placements.report(
        resident_id=desk.person.pk,
        channel=Channel.WELFARE_POST,
        agreed_from=timezone.localdate(),
        post_id=post.pk,
        by=desk.clerk,
    )
    if state == PlacementState.DROPPED:
        attempt(placement, "drop", desk.clerk)
    elif state != PlacementState.REPORTED:
        placement = attempt(placement, "confirm", desk.head)
    if state == PlacementState.ENDED:
        attempt(placement, "end", desk.clerk)
    if state == PlacementState.DISPUTED:
        told = {"resident_id": desk.person.pk, "by": desk.clerk, "source": Source.VISIT}
        labour.lost_work(on=timezone.localdate(), next_state=LabourState.UNEMPLOYED, **told)
        labour.take_back(spell_id=desk.person.labour_spells.latest("started_on").pk, by=desk.clerk)
    placement = Placement.objects.get(pk=placement.pk)
    assert placement.state == state
    return placement


def attempt(placement, action, by):
    told = {"placement_id": placement.pk, "version": placement.version, "by": by}
    if action == "confirm":
        return placements.confirm(**told)
    if action == "drop":
        return placements.drop(reason=DropReason.MISTAKE, words="", **told)
    if action == "settle":
        return placements.settle(words="asked", **told)
    return placements.end(last_day=timezone.localdate(), reason=PlacementEnd.TERM, **told)


def traces():
    held = Placement.objects.values_list("pk", "state", "version", "agreed_from", "spell")
    posts = Post.objects.values_list("pk", "state", "holder", "version")
    return list(held), list(posts), Move.objects.count(), LabourSpell.objects.count()


@pytest.mark.parametrize(("action", "before", "after", "allowed"), TABLE)
def test_who_may_take_a_step_and_where(desk, action, before, after, allowed):
    placement = placement_in(desk, before)
    left, welcome = traces(), []
    for community in (desk.community, sibling_of(desk.community), elsewhere(desk.community)):
        for role in Role:
            by = posted(role, community)
            if role in allowed and desk.community.path.startswith(by.area.path):
                welcome.append(by)
                continue
            with pytest.raises(NotAllowed):
                attempt(placement, action, by)
            assert traces() == left, (community, role)
    assert {by.role for by in welcome} == allowed
    for by in welcome:
        with transaction.atomic():
            taken = attempt(placement, action, by)
            assert (taken.state, taken.version) == (after, placement.version + 1)
            transaction.set_rollback(True)


@pytest.mark.parametrize("role", Role)
def test_who_may_report_a_placement_and_of_whom(desk, role):
    for community in (desk.community, sibling_of(desk.community), elsewhere(desk.community)):
        by = posted(role, community)
        told = {"resident_id": desk.person.pk, "channel": Channel.FLEXIBLE, "agreed_from": timezone.localdate()}
        if role in PLACERS and desk.community.path.startswith(by.area.path):
            with transaction.atomic():
                assert placements.report(by=by, **told).state == PlacementState.REPORTED
                transaction.set_rollback(True)
        else:
            with pytest.raises(NotAllowed):
                placements.report(by=by, **told)
    assert not Placement.objects.exists()


@pytest.mark.parametrize("state", PlacementState.values)
def test_a_step_that_is_not_open_in_a_state_is_a_conflict_and_leaves_no_trace(desk, state):
    placement = placement_in(desk, state)
    left = traces()
    for action in ("confirm", "drop", "settle", "end"):
        if PLACEMENT.step_from(state, action) is None:
            with pytest.raises(Conflict):
                attempt(placement, action, desk.head)
            assert traces() == left, action


@pytest.mark.parametrize(("action", "before"), [(row[0], row[1]) for row in TABLE])
def test_a_step_on_what_somebody_changed_meanwhile_is_a_conflict(desk, action, before):
    placement = placement_in(desk, before)
    left = traces()
    placement.version -= 1
    with pytest.raises(Conflict):
        attempt(placement, action, desk.head)
    assert traces() == left


def test_the_table_names_every_step_a_person_takes():
    taken = {(action, before) for action, before, _after, _allowed in TABLE}
    told = {"report", "dispute"}
    assert taken == {(step.action, state) for step in PLACEMENT if step.action not in told for state in step.sources}
