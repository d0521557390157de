from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from city.choices import FindingState, Role
from city.models import Finding, Move
from city.moves import NotAllowed, StepRefused
from subsidies import queue
from subsidies.choices import ClaimReason, ClaimState, LineReason, LineStanding, Stage
from subsidies.models import Approval, Claim, ClaimLine, FundEntry, LineFinding
from subsidies.services import deciding
from subsidies.workflow import CLAIM
from tests.city.factories import AreaFactory, PostingFactory
from tests.subsidies.deciding_desk import AMOUNT, WAY, approved, balance, decide, make_claim, make_deciding_desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_differs(monkeypatch):
    """The lines of these claims are made up: no ledger stands behind them."""
    monkeypatch.setattr(deciding.computing, "differing", lambda _lines: {})


@pytest.fixture
def desk():
    return make_deciding_desk()


def outcomes(results):
    return [result.outcome for result in results]


def doubt(line, **decided):
    today = timezone.localdate()
    finding = Finding.objects.create(
        kind="died", key=str(line.pk), area=line.claim.area, found_on=today, seen_on=today, **decided
    )
    return LineFinding.objects.create(finding=finding, line=line)


@pytest.mark.parametrize(
    ("action", "who", "before", "after", "stage"),
    [
        ("check", "head", ClaimState.SUBMITTED, ClaimState.STATION_CHECKED, Stage.CHECKED),
        ("review", "street", ClaimState.STATION_CHECKED, ClaimState.STREET_REVIEWED, Stage.REVIEWED),
        ("approve", "district", ClaimState.STREET_REVIEWED, ClaimState.DISTRICT_APPROVED, Stage.APPROVED),
    ],
)
def test_each_level_passes_a_claim_on_with_its_row(desk, action, who, before, after, stage):
    claim, by = make_claim(desk, before), getattr(desk, who)
    (result,) = decide(action, [claim], by)
    assert (result.outcome, result.number, result.message) == (deciding.DONE, claim.number, "")
    claim.refresh_from_db()
    assert (claim.state, claim.version) == (after, 1)
    told = Approval.objects.get(claim=claim, stage=stage)
    assert (told.round, told.staff, told.posting, told.amount) == (1, by.staff, by, AMOUNT)
    move = Move.objects.filter(workflow=CLAIM.name, key=claim.pk).last()
    assert (move.action, move.from_state, move.to_state, move.staff) == (action, before, after, by.staff)


def test_an_approval_fills_in_the_lines_and_reserves_the_money(desk):
    claim = approved(desk, lines=3)
    assert claim.fund == desk.fund
    assert claim.approved_at is not None
    assert set(claim.lines.values_list("approved", "approved_reason")) == {(AMOUNT, "")}
    sums, told = balance(desk.fund)
    assert sums == told == (1_000_000, 3 * AMOUNT, 0)


def test_less_than_computed_is_approved_with_a_reason(desk):
    claim = make_claim(desk, lines=2)
    first, second = claim.lines.order_by("pk")
    (result,) = decide(
        "approve", [claim], desk.district, lines={first.pk: (Decimal("1000.00"), LineReason.NOT_THERE, "three days")}
    )
    assert result.outcome == deciding.DONE
    claim.refresh_from_db()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.approved, first.approved_reason, first.approved_words) == (1000, LineReason.NOT_THERE, "three days")
    assert second.approved == AMOUNT
    assert claim.total == Approval.objects.get(claim=claim, stage=Stage.APPROVED).amount == 1000 + AMOUNT
    assert balance(desk.fund)[0][1] == 1000 + AMOUNT


@pytest.mark.parametrize(
    ("cut", "reason"), [("1245.01", LineReason.LESS), ("-0.01", LineReason.LESS), ("1000.00", ""), ("1000.00", "x")]
)
def test_an_amount_that_cannot_be_is_refused(desk, cut, reason):
    claim = make_claim(desk)
    with pytest.raises(StepRefused):
        decide("approve", [claim], desk.district, lines={claim.lines.get().pk: (Decimal(cut), reason, "")})
    assert not FundEntry.objects.filter(claim=claim).exists()


def test_a_claim_of_which_nothing_is_left_is_not_approved(desk):
    claim = make_claim(desk)
    (result,) = decide(
        "approve", [claim], desk.district, lines={claim.lines.get().pk: (Decimal(0), LineReason.NOT_ENTITLED, "")}
    )
    assert (result.outcome, balance(desk.fund)[0][1]) == (deciding.REFUSED, 0)


def test_amounts_are_changed_one_claim_at_a_time(desk):
    claims = [make_claim(desk), make_claim(desk)]
    with pytest.raises(StepRefused):
        decide("approve", claims, desk.district, lines={claims[0].lines.get().pk: (AMOUNT, "", "")})


def test_an_open_doubt_holds_a_claim_and_no_other(desk):
    doubtful, explained, clean = (make_claim(desk) for _number in range(3))
    doubt(doubtful.lines.get())
    doubt(explained.lines.get(), state=FindingState.EXPLAINED, reason="mistake")
    results = decide("approve", [doubtful, explained, clean], desk.district)
    assert outcomes(results) == [deciding.REFUSED, deciding.DONE, deciding.DONE]
    assert "1" in results[0].message


def test_a_claim_whose_lines_come_out_otherwise_today_is_held(desk, monkeypatch):
    claim, other = make_claim(desk), make_claim(desk)
    changed = claim.lines.get().pk
    monkeypatch.setattr(deciding.computing, "differing", lambda _lines: {changed: "The rate changed."})
    results = decide("approve", [claim, other], desk.district)
    assert outcomes(results) == [deciding.REFUSED, deciding.DONE]
    assert "The rate changed." in results[0].message


def test_money_goes_to_the_oldest_first(desk):
    desk = make_deciding_desk(allotted=2 * AMOUNT)
    young, old, middle = (make_claim(desk, days_ago=days) for days in (1, 30, 10))
    results = {result.claim_id: result for result in decide("approve", [young, old, middle], desk.district)}
    assert [results[claim.pk].outcome for claim in (old, middle, young)] == ["done", "done", "refused"]
    assert "1,245.00" in results[young.pk].message
    assert balance(desk.fund)[0] == (2 * AMOUNT, 2 * AMOUNT, 0)


def test_without_a_fund_of_the_year_nothing_is_approved(desk):
    claim = make_claim(desk)
    type(desk.fund).objects.update(year=desk.fund.year - 1)
    assert outcomes(decide("approve", [claim], desk.district)) == [deciding.REFUSED]


@pytest.mark.parametrize("action", ["send_back", "reject"])
def test_what_goes_back_gives_its_money_free(desk, action):
    claim = approved(desk, lines=2)
    (result,) = decide(action, [claim], desk.district, reason=ClaimReason.PAPERS, words="no payroll")
    assert result.outcome == deciding.DONE
    assert balance(desk.fund)[0] == balance(desk.fund)[1] == (1_000_000, 0, 0)
    claim.refresh_from_db()
    assert (claim.fund, claim.notice, claim.approved_at) == (None, None, None)
    move = Move.objects.filter(workflow=CLAIM.name, key=claim.pk).last()
    assert (move.reason, move.words) == (ClaimReason.PAPERS, "no payroll")


def test_a_return_opens_the_next_round_with_the_same_lines(desk):
    claim = make_claim(desk, lines=2)
    cut = claim.lines.first().pk
    decide("approve", [claim], desk.district, lines={cut: (Decimal(1), LineReason.LESS, "")})
    decide("send_back", [claim], desk.district, reason=ClaimReason.AMOUNT)
    claim.refresh_from_db()
    assert (claim.state, claim.round, claim.total) == (ClaimState.DRAFT, 2, 2 * AMOUNT)
    live = claim.lines.live()
    assert list(live.values_list("computed", "approved")) == [(AMOUNT, None)] * 2
    assert claim.lines.filter(standing=LineStanding.DROPPED).get(pk=cut).approved == 1


def test_what_was_never_approved_goes_back_with_its_lines_as_they_are(desk):
    claim = make_claim(desk, ClaimState.SUBMITTED)
    before = claim.lines.get().pk
    decide("send_back", [claim], desk.head, reason=ClaimReason.PAPERS)
    assert claim.lines.get().pk == before


def test_a_rejected_claim_leaves_its_months_to_others(desk):
    claim = make_claim(desk)
    line = claim.lines.get()
    decide("reject", [claim], desk.district, reason=ClaimReason.PERSONS, words="left")
    claim.refresh_from_db()
    assert (claim.state, claim.total) == (ClaimState.REJECTED, 0)
    other = make_claim(desk, ClaimState.SUBMITTED, lines=0)
    ClaimLine.objects.create(
        claim=other, resident=line.resident, scheme=line.scheme, month=line.month, occasion=line.occasion,
        asked=1, computed=1, basis={}, basis_digest="x",
    )  # fmt: skip


def test_the_five_steps_are_five_persons(desk):
    """Whoever took a step of the round takes no other, under whatever posting."""
    for _stage, name, _state in WAY:
        again = PostingFactory(staff=getattr(desk, name).staff, role=Role.DISTRICT_OFFICER, area=desk.district_area)
        assert outcomes(decide("approve", [make_claim(desk)], again)) == [deciding.REFUSED]
    checked = PostingFactory(staff=desk.clerk.staff, role=Role.STATION_HEAD, area=desk.community)
    assert outcomes(decide("check", [make_claim(desk, ClaimState.SUBMITTED)], checked)) == [deciding.REFUSED]


@pytest.mark.parametrize(
    ("action", "state", "who"),
    [
        ("check", ClaimState.SUBMITTED, "head"),
        ("review", ClaimState.STATION_CHECKED, "street"),
        ("approve", ClaimState.STREET_REVIEWED, "district"),
    ],
)
@pytest.mark.parametrize("drawing_up", ["enter", "change"])
def test_who_drew_it_up_takes_no_later_step_though_another_submitted_it(desk, action, state, who, drawing_up):
    claim, by = make_claim(desk, state), getattr(desk, who)
    Move.objects.filter(key=claim.pk).update(staff=by.staff, action=drawing_up)
    assert outcomes(decide(action, [claim], by)) == [deciding.REFUSED]
    assert [one.mine for one in queue.waiting(by, action)] == [True]


def test_a_new_round_may_have_the_same_persons(desk):
    claim = make_claim(desk)
    decide("send_back", [claim], desk.district, reason=ClaimReason.PAPERS)
    Claim.objects.filter(pk=claim.pk).update(state=ClaimState.STREET_REVIEWED)
    assert outcomes(decide("approve", [claim], desk.district)) == [deciding.DONE]


def test_a_stale_page_hears_who_was_quicker_and_when(desk):
    claim = make_claim(desk)
    other = PostingFactory(role=Role.DISTRICT_OFFICER, area=desk.district_area)
    decide("approve", [claim], desk.district)
    (late,) = deciding.decide("reject", [(claim.pk, 0)], by=other, reason=ClaimReason.OTHER, words="late")
    assert (late.outcome, late.by) == (deciding.CONFLICT, desk.district.staff)
    assert abs((timezone.now() - late.at).total_seconds()) < 60
    (known,) = decide("approve", [claim], other)
    assert (known.outcome, known.by) == (deciding.CONFLICT, desk.district.staff)


def test_a_claim_of_another_district_is_nothing_here(desk):
    elsewhere = make_deciding_desk()
    claim, own = make_claim(elsewhere), make_claim(desk)
    results = decide("approve", [claim, own], desk.district)
    assert [(result.number, result.outcome) for result in results] == [("", "refused"), (own.number, "done")]


@pytest.mark.parametrize(("action", "who"), [("approve", "street"), ("review", "head"), ("check", "clerk")])
def test_who_takes_a_step_nowhere_is_not_allowed(desk, action, who):
    with pytest.raises(NotAllowed):
        decide(action, [make_claim(desk)], getattr(desk, who))


@pytest.mark.parametrize("action", ["submit", "publicise", "pay", "settle", "nothing"])
def test_other_steps_have_other_doors(desk, action):
    with pytest.raises(StepRefused):
        decide(action, [make_claim(desk)], desk.district)


def test_reasons_and_words_are_asked_for(desk):
    claim = make_claim(desk)
    for action, told in (("send_back", {}), ("reject", {"reason": ClaimReason.OTHER}), ("reject", {"words": "x"})):
        with pytest.raises(StepRefused):
            decide(action, [claim], desk.district, **told)
    with pytest.raises(StepRefused):
        deciding.decide("approve", [], by=desk.district)


STEPS_OF = {
    "check": {ClaimState.SUBMITTED: {"head", "street"}},
    "review": {ClaimState.STATION_CHECKED: {"street"}},
    "approve": {ClaimState.STREET_REVIEWED: {"district"}},
}
for _action in ("send_back", "reject"):
    STEPS_OF[_action] = {
        ClaimState.SUBMITTED: {"head", "street"},
        ClaimState.STATION_CHECKED: {"street"},
        ClaimState.STREET_REVIEWED: {"district"},
        ClaimState.DISTRICT_APPROVED: {"district"},
        ClaimState.PUBLICISED: {"district"},
    }


@pytest.mark.parametrize("action", deciding.ACTIONS)
def test_every_state_action_and_role_that_is_not_written_is_refused(desk, action):
    """All pairs of states, actions and roles (as persons who took no step yet)."""
    passed = set()
    for state in ClaimState:
        with_fund = state in ClaimState.RESERVED or state == ClaimState.PAID
        claim = make_claim(
            desk, state, fund=desk.fund if with_fund else None, lines=1,
            paid_on=timezone.localdate() if state == ClaimState.PAID else None,
        )  # fmt: skip
        type(desk.fund).objects.update(reserved=claim.total)
        for name in ("clerk", "head", "street", "district", "finance", "office"):
            own = getattr(desk, name)
            by = PostingFactory(role=own.role, area=own.area)
            version = Claim.objects.values_list("version", flat=True).get(pk=claim.pk)
            if _tried(action, claim, version, by):
                passed.add((state, name))
                break
    assert {state for state, _name in passed} == set(STEPS_OF[action])
    assert all(name in STEPS_OF[action][state] for state, name in passed)


def _tried(action, claim, version, by):
    reason = ClaimReason.OTHER if action in ("send_back", "reject") else ""
    try:
        (result,) = deciding.decide(action, [(claim.pk, version)], by=by, reason=reason, words="words")
    except NotAllowed:
        return False
    return result.outcome == deciding.DONE


def test_many_claims_cost_as_many_statements_as_one(desk):
    counts = []
    for number in (1, 30):
        claims = [make_claim(desk, lines=2) for _number in range(number)]
        with CaptureQueriesContext(connection) as queries:
            assert set(outcomes(decide("approve", claims, desk.district))) == {"done"}
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_everything_is_decided_or_nothing(desk, monkeypatch):
    claim = make_claim(desk)

    def broken(*_args, **_told):
        raise RuntimeError

    monkeypatch.setattr(deciding, "move_all", broken)
    with pytest.raises(RuntimeError):
        decide("approve", [claim], desk.district)
    assert balance(desk.fund)[0][1] == 0
    assert claim.lines.get().approved is None
    assert not Approval.objects.filter(claim=claim, stage=Stage.APPROVED).exists()


def test_a_city_officer_of_another_city_sees_nothing(desk):
    stranger = PostingFactory(role=Role.DISTRICT_OFFICER, area=AreaFactory(district=True))
    (result,) = decide("approve", [make_claim(desk)], stranger)
    assert (result.outcome, result.number) == (deciding.REFUSED, "")
