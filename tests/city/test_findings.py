"""The one mechanism of doubts: found, explained, accepted, dropped and found again."""

from datetime import date

import pytest
from django import forms
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import TextChoices
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext as _

from city import findings
from city.choices import FindingState, Role
from city.findings import Acceptance, AcceptRefused, Kind, Seen, Sides, Subject
from city.models import Finding, Move, TrailEntry
from city.moves import StepRefused, history
from config.conflict import Conflict
from tests.city.factories import AreaFactory, PostingFactory
from tests.desks import superior

pytestmark = pytest.mark.django_db
ONE, TWO = date(2026, 10, 31), date(2026, 11, 1)
OPEN, EXPLAINED, ACCEPTED, DROPPED = (
    FindingState.OPEN,
    FindingState.EXPLAINED,
    FindingState.ACCEPTED,
    FindingState.DROPPED,
)


class Why(TextChoices):
    FINE = "fine", "Fine"
    OTHER = "other", "Other"


class Form(forms.Form):
    on = forms.DateField()


@pytest.fixture
def written():
    return []


@pytest.fixture
def kind(written, monkeypatch):
    monkeypatch.setattr(findings, "_kinds", {})

    def write(finding, values, by, request):
        if values.get("on") == ONE:
            raise AcceptRefused("on", "contradicts")
        written.append((finding.pk, values))
        return "see to it"

    return findings.register_kind(
        Kind(
            name="test",
            label="Test",
            reasons=Why,
            describe=lambda evidence: Sides("", [], []),
            subjects=lambda ids: {key: Subject(f"subject {key}", "/") for key in ids},
            link=written.extend,
            see="households.view_findings",
            decide="households.decide_findings",
            accept=Acceptance("Accept", lambda finding, data=None: Form(data), "households/_fields.html", write),
        )
    )


@pytest.fixture
def area():
    return AreaFactory(community=True)


@pytest.fixture
def clerk(area):
    return PostingFactory(area=area)


def record(area, *keys, on=ONE, **evidence):
    return findings.record("test", [Seen(key, area.pk, {"is": "so", **evidence}, f"owner {key}") for key in keys], on)


def states():
    return dict(Finding.objects.values_list("key", "state"))


def test_what_is_found_is_open_and_linked_to_its_owner(kind, area, written):
    assert record(area, "a", "b") == {"new": 2}
    assert states() == {"a": OPEN, "b": OPEN}
    assert sorted(owner for _key, owner in written) == ["owner a", "owner b"]
    assert set(Finding.objects.values_list("found_on", "seen_on", "area")) == {(ONE, ONE, area.pk)}


def test_the_same_again_writes_nothing(kind, area):
    record(area, "a")
    written = TrailEntry.objects.count()
    assert record(area, "a", on=TWO) == {"same": 1}
    assert TrailEntry.objects.count() == written


def test_what_is_not_found_any_more_is_dropped_and_opens_when_it_comes_back(kind, area):
    record(area, "a", "b")
    assert record(area, "b", on=TWO) == {"same": 1, "dropped": 1}
    assert states() == {"a": DROPPED, "b": OPEN}
    assert record(area, "a", "b", on=TWO) == {"same": 1, "returned": 1}
    finding = Finding.objects.get(key="a")
    assert (finding.state, finding.found_on, finding.seen_on, finding.version) == (OPEN, ONE, TWO, 2)
    assert [move.action for move in history(finding, kind.workflow)] == ["drop", "return"]


def test_a_look_at_a_part_leaves_the_rest_as_it_is(kind, area):
    record(area, "a", "b")
    part = Finding.objects.filter(key__in=["b", "c"])
    seen = [Seen("c", area.pk, {"is": "so"}, "owner c")]
    assert findings.record("test", seen, TWO, part) == {"new": 1, "dropped": 1}
    assert states() == {"a": OPEN, "b": DROPPED, "c": OPEN}


@pytest.mark.parametrize("decided", [EXPLAINED, ACCEPTED])
@pytest.mark.parametrize(
    ("seen", "state"), [({}, None), ({"is": "changed"}, OPEN), (None, None)], ids=["same", "changed", "absent"]
)
def test_what_was_decided_stays_so_until_its_evidence_changes(kind, area, clerk, decided, seen, state):
    record(area, "a")
    decide(decided, Finding.objects.get(), clerk)
    record(area, *(["a"] if seen is not None else []), on=TWO, **(seen or {}))
    finding = Finding.objects.get()
    assert finding.state == (state or decided)
    if state == OPEN:
        assert (finding.reason, finding.decided_by, finding.evidence) == ("", None, seen)


def decide(state, finding, by, **told):
    if state == EXPLAINED:
        return findings.explain(finding=finding, reason="fine", words="w", by=by, version=finding.version)
    return findings.accept(finding=finding, values=told, by=by, version=finding.version)


def test_new_evidence_of_an_open_one_makes_a_page_stale(kind, area, clerk):
    record(area, "a")
    stale = Finding.objects.get()
    assert record(area, "a", on=TWO, more=1) == {"changed": 1}
    with pytest.raises(Conflict):
        decide(EXPLAINED, stale, clerk)
    assert Finding.objects.get().state == OPEN


def test_who_moves_takes_the_doubt_along(kind, area):
    record(area, "a")
    other = AreaFactory(community=True)
    assert record(other, "a") == {}
    assert Finding.objects.get().area == other


def test_explaining_keeps_who_when_and_why(kind, area, clerk):
    record(area, "a")
    finding = decide(EXPLAINED, Finding.objects.get(), clerk)
    assert (finding.state, finding.reason, finding.words) == (EXPLAINED, "fine", "w")
    assert finding.decided_by == clerk.staff
    assert finding.decided_at
    (move,) = history(finding, kind.workflow)
    assert (move.label, move.reason_label, move.words, move.staff) == (_("Explain"), "Fine", "w", clerk.staff)


@pytest.mark.parametrize("reason", ["", "unknown"])
def test_an_explanation_needs_one_of_the_reasons(kind, area, clerk, reason):
    record(area, "a")
    finding = Finding.objects.get()
    with pytest.raises(StepRefused):
        findings.explain(finding=finding, reason=reason, by=clerk, version=0)
    assert (states(), Move.objects.count()) == ({"a": OPEN}, 0)


def test_an_explanation_that_does_not_hold_is_taken_up_again_in_words(kind, area, clerk):
    record(area, "a")
    finding = decide(EXPLAINED, Finding.objects.get(), clerk)
    with pytest.raises(StepRefused):
        findings.reopen(finding=finding, words=" ", by=clerk, version=finding.version)
    finding = findings.reopen(finding=finding, words="no", by=clerk, version=finding.version)
    assert (finding.state, finding.decided_by) == (OPEN, None)


def test_what_was_accepted_and_taken_back_is_looked_at_again(kind, area, clerk):
    record(area, "a")
    decide(ACCEPTED, Finding.objects.get(), clerk, on=TWO)
    finding = Finding.objects.get()
    finding = findings.reopen(finding=finding, words="taken back", by=clerk, version=finding.version)
    assert (finding.state, finding.decided_by) == (OPEN, None)


def test_accepting_writes_once_and_says_what_is_next(kind, area, clerk, written):
    record(area, "a")
    written.clear()
    finding = Finding.objects.get()
    assert decide(ACCEPTED, finding, clerk, on=TWO) == "see to it"
    assert written == [(finding.pk, {"on": TWO})]
    with pytest.raises(Conflict):
        decide(ACCEPTED, finding, clerk, on=TWO)
    assert len(written) == 1


def test_what_cannot_be_written_leaves_the_finding_open(kind, area, clerk):
    record(area, "a")
    with pytest.raises(AcceptRefused):
        decide(ACCEPTED, Finding.objects.get(), clerk, on=ONE)
    assert (states(), Move.objects.count()) == ({"a": OPEN}, 0)


DECIDING = {Role.STATION_CLERK, Role.STATION_HEAD, Role.STREET_REVIEWER}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("state", list(FindingState))
@pytest.mark.parametrize("action", ["explain", "accept", "reopen"])
def test_every_step_by_every_role_from_every_state(kind, area, role, state, action):
    reason = {"reason": "fine"} if state == EXPLAINED else {}
    Finding.objects.create(
        kind="test", key="a", area=area, evidence={}, found_on=ONE, seen_on=ONE, state=state, **reason
    )
    finding = Finding.objects.get()
    level = {"station": "community", "street": "street", "district": "district"}.get(role.value.split("_")[0], "city")
    posting = PostingFactory(role=role, area=superior(area, level))
    sources = {"explain": {OPEN}, "accept": {OPEN}, "reopen": {EXPLAINED, ACCEPTED}}[action]
    expected = PermissionDenied if role not in DECIDING else None if state in sources else Conflict
    offered = {step.action for step in kind.workflow.steps_for(finding, posting)}
    assert (action in offered) == (expected is None and action != "accept")

    def step():
        if action == "reopen":
            findings.reopen(finding=finding, words="w", by=posting, version=0)
        else:
            decide(EXPLAINED if action == "explain" else ACCEPTED, finding, posting)

    if expected:
        with pytest.raises(expected):
            step()
        finding.refresh_from_db()
        assert (finding.state, Move.objects.count()) == (state, 0)
    else:
        step()
        assert Move.objects.count() == 1


def test_a_posting_sees_the_findings_of_its_area_and_of_kinds_it_may_see(kind, area):
    record(area, "a")
    elsewhere = PostingFactory()
    assert findings.visible_to(PostingFactory(area=area)).count() == 1
    assert findings.visible_to(elsewhere).count() == 0
    assert findings.visible_to(PostingFactory(role=Role.FINANCE, area=area.parent.parent)).count() == 0


@pytest.mark.parametrize("many", [1, 40])
def test_a_look_costs_the_same_statements_whatever_it_finds(kind, area, many):
    record(area, *[f"gone {n}" for n in range(many)], *[f"kept {n}" for n in range(many)])
    rows = [*[f"kept {n}" for n in range(many)], *[f"new {n}" for n in range(many)]]
    with CaptureQueriesContext(connection) as queries:
        record(area, *rows, on=TWO, other=1)
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) <= 12


def test_subjects_are_asked_for_once(kind, area):
    record(area, "a", "b")
    assert len(findings.subjects_of(list(Finding.objects.all()))) == 2
