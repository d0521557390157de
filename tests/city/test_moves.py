from datetime import date
from types import SimpleNamespace

import pytest

from city.choices import AreaLevel, PauseReason, Role
from city.models import Finding, Move
from city.moves import NotAllowed, StepRefused, begin, history, last_moves, move, move_all
from city.workflow import Step, Workflow
from config.conflict import Conflict
from tests.city.factories import AreaFactory, PostingFactory

pytestmark = pytest.mark.django_db
D = date(2026, 10, 1)

#: Findings lend their state column; the rights are real ones.
FLOW = Workflow(
    "trying",
    Step("explain", "Explain", ("open",), "explained", "households.decide_findings", reasons=PauseReason),
    Step("accept", "Accept", ("open",), "accepted", "households.certify_episodes", levels=(AreaLevel.STREET,)),
    Step("reopen", "Reopen", ("explained", "accepted"), "open", "households.decide_findings", words_required=True),
    Step("drop", "Drop", ("open",), "dropped", "households.decide_findings", apart_from=("begin",), offered=False),
)


@pytest.fixture
def desk():
    community = AreaFactory(community=True)
    clerk = PostingFactory(area=community)
    street = PostingFactory(area=community.parent, role=Role.STREET_REVIEWER)
    item = Finding(kind="a", key="1", area=community, found_on=D, seen_on=D)
    begin(item, workflow=FLOW, by=clerk)
    return SimpleNamespace(clerk=clerk, street=street, item=item)


def stand(item):
    return Finding.objects.values_list("state", "version").get(pk=item.pk)


def test_a_step_moves_and_leaves_a_row(desk):
    move(desk.item, "explain", workflow=FLOW, by=desk.clerk, version=0, reason="ill", words="hospital")
    assert stand(desk.item) == ("explained", 1)
    told = [(one.label, one.from_state, one.to_state, one.reason_label, one.words) for one in history(desk.item, FLOW)]
    assert [row[1:3] for row in told] == [("", "open"), ("open", "explained")]
    assert told[1][0] == "Explain"
    assert told[1][3:] == (PauseReason.ILL.label, "hospital")


def test_fields_are_set_with_the_step(desk):
    move(desk.item, "accept", workflow=FLOW, by=desk.street, version=0, seen_on=date(2026, 10, 2))
    assert Finding.objects.get(pk=desk.item.pk).seen_on == date(2026, 10, 2)


@pytest.mark.parametrize(
    ("who", "action", "sent", "error"),
    [
        ("clerk", "accept", {}, NotAllowed),
        ("street", "accept", {"version": 1}, Conflict),
        ("clerk", "reopen", {"words": "x"}, Conflict),
        ("clerk", "explain", {}, StepRefused),
        ("clerk", "explain", {"reason": "nonsense"}, StepRefused),
        ("clerk", "drop", {}, StepRefused),
    ],
)
def test_what_is_not_allowed_leaves_nothing(desk, who, action, sent, error):
    by = getattr(desk, who)
    with pytest.raises(error):
        move(desk.item, action, workflow=FLOW, by=by, **({"version": 0} | sent))
    assert stand(desk.item) == ("open", 0)
    assert Move.objects.count() == 1


def test_words_are_asked_for(desk):
    move(desk.item, "explain", workflow=FLOW, by=desk.clerk, version=0, reason="ill")
    with pytest.raises(StepRefused) as refused:
        move(desk.item, "reopen", workflow=FLOW, by=desk.clerk, version=1, words="  ")
    assert refused.value.field == "words"


def test_a_page_that_is_out_of_date_hears_who_was_quicker(desk):
    stale = Finding.objects.get(pk=desk.item.pk)
    move(desk.item, "accept", workflow=FLOW, by=desk.street, version=0)
    with pytest.raises(Conflict) as conflict:
        move(stale, "explain", workflow=FLOW, by=desk.clerk, version=0, reason="ill")
    assert conflict.value.by == desk.street.staff


def test_the_buttons_are_those_of_the_posting_and_state(desk):
    assert [step.action for step in FLOW.steps_for(desk.item, desk.clerk)] == ["explain"]
    assert [step.action for step in FLOW.steps_for(desk.item, desk.street)] == ["explain", "accept"]
    desk.item.state = "dropped"
    assert FLOW.steps_for(desk.item, desk.street) == []


def test_many_move_at_once_and_those_who_were_moved_meanwhile_are_told(desk):
    others = [Finding(kind="a", key=str(number), area=desk.item.area, found_on=D, seen_on=D) for number in (2, 3)]
    items = [desk.item, *(begin(item, workflow=FLOW, by=desk.clerk) for item in others)]
    seen = list(Finding.objects.order_by("pk"))
    move(items[1], "accept", workflow=FLOW, by=desk.street, version=0)
    moved, left = move_all(seen, "accept", workflow=FLOW, by=desk.street, words="all", seen_on=date(2026, 10, 2))
    assert ([item.pk for item in moved], [item.pk for item in left]) == ([items[0].pk, items[2].pk], [items[1].pk])
    assert stand(items[0]) == stand(items[2]) == ("accepted", 1)
    assert Finding.objects.filter(seen_on=date(2026, 10, 2)).count() == 2
    last = last_moves(FLOW, [item.pk for item in items])
    assert {move.words for move in last.values()} == {"", "all"}
    assert last[items[1].pk].staff == desk.street.staff
    assert move_all([], "accept", workflow=FLOW, by=desk.street) == ([], [])
