"""Anything doubtful, of one shape: apps declare kinds and look for them every night; persons explain or accept.

A doubt opens when it is first found. Decided, it stays so as long as its evidence is the same, and opens again when
the evidence changed. An open one that is not found any more is dropped, and opens again when it comes back.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from city import bulk
from city.choices import FindingState
from city.models import Finding, Move
from city.moves import NotAllowed, move
from city.trail import acting
from city.workflow import Step, Workflow

WORKFLOW = "finding"
_OPEN, _EXPLAINED, _ACCEPTED, _DROPPED = (
    FindingState.OPEN.value,
    FindingState.EXPLAINED.value,
    FindingState.ACCEPTED.value,
    FindingState.DROPPED.value,
)


@dataclass(frozen=True)
class Seen:
    """A doubt as it was found: `evidence` is plain JSON without full numbers, `owner` what the kind links it to."""

    key: str
    area_id: int
    evidence: dict
    owner: Any = None


@dataclass(frozen=True)
class Sides:
    """The evidence in words: in one line, and side by side as (label, value)."""

    summary: str
    ledger: list
    outside: list


@dataclass(frozen=True)
class Subject:
    """Whom or what a finding is about, for lists."""

    name: str
    url: str
    sub: str = ""


class AcceptRefused(Exception):
    """What the form told contradicts what is known; `field` is where it stands in the form."""

    def __init__(self, field, message):
        super().__init__(message)
        self.field, self.message = field, str(message)


@dataclass(frozen=True)
class Acceptance:
    """What accepting does: `form(finding, data=None)` asks what is needed and `fields` is the template that shows it;
    `write(finding, values, by, request)` writes it (or raises AcceptRefused) and may return what to do next.
    """

    label: str | Promise
    form: Callable
    fields: str
    write: Callable


@dataclass(frozen=True)
class Wording:
    """What the page of a finding calls its two sides, and what explaining or losing sight of it means."""

    ledger: str | Promise = _("The ledger says")
    outside: str | Promise = _("The other office says")
    explain: str | Promise = _("The ledger is right")
    explain_help: str | Promise = _("Say why the two differ; the ledger stays as it is.")
    dropped: str | Promise = _("No longer found: both sides agree now, or the other office said nothing more.")


@dataclass(frozen=True)
class Kind:
    """`describe(evidence)` → Sides; `subjects(finding ids)` → {id: Subject}; `link([(finding id, owner)])` stores
    the owners.

    `alike(finding)` gives the open findings that say the same of the same subject: what explains one explains them.
    `see` is the right to look at findings of this kind, `decide` the right to explain or accept them.
    """

    name: str
    label: str | Promise
    reasons: type
    describe: Callable
    subjects: Callable
    link: Callable
    see: str
    decide: str
    accept: Acceptance | None = field(default=None)
    wording: Wording = field(default=Wording())
    alike: Callable | None = field(default=None)

    @cached_property
    def workflow(self):
        decided = (_EXPLAINED, _ACCEPTED)
        accepting = Step(
            "accept", self.accept.label if self.accept else "", (_OPEN,), _ACCEPTED, self.decide, offered=False
        )
        return Workflow(
            WORKFLOW,
            *([accepting] if self.accept else []),
            Step("explain", _("Explain"), (_OPEN,), _EXPLAINED, self.decide, reasons=self.reasons),
            Step("reopen", _("Look at it again"), decided, _OPEN, self.decide, words_required=True),
            Step("drop", _("No longer found"), (_OPEN,), _DROPPED, self.decide, offered=False),
            Step("return", _("Found again"), (*decided, _DROPPED), _OPEN, self.decide, offered=False),
        )


_kinds = {}


def register_kind(kind):
    _kinds[kind.name] = kind
    return kind


def kind_named(name):
    """The kind, or KeyError."""
    return _kinds[name]


def kinds_for(posting):
    """The kinds a posting may look at, in the order they were registered."""
    return [kind for kind in _kinds.values() if posting.may(kind.see)]


def visible_to(posting):
    """The findings a posting may look at: its area, its kinds."""
    return Finding.objects.visible_to(posting).filter(kind__in=[kind.name for kind in kinds_for(posting)])


def subjects_of(findings):
    """{finding id: Subject}: one question a way of linking, however many kinds and rows."""
    asked = {}
    for finding in findings:
        asked.setdefault(_kinds[finding.kind].subjects, []).append(finding.pk)
    return {key: subject for subjects, ids in asked.items() for key, subject in subjects(ids).items()}


def record(name, rows, on, among=None):
    """What was found of a kind on a day, all of it: new doubts open, changed ones open again, absent ones are dropped.

    Where only a part was looked at, `among` are the findings of that part: the others stay as they are.
    A fixed number of statements; the same again changes nothing. Returns the counts by what became of them.
    """
    kind = _kinds[name]
    with acting(reason="findings"):
        known = Finding.objects.all() if among is None else among
        known = known.filter(kind=name).order_by("pk").select_for_update(of=("self",))
        changes = _Changes(kind, on, {finding.key: finding for finding in known})
        for row in rows:
            changes.see(row)
        return changes.write()


class _Changes:
    """Gathers what a look at the present evidence changes, and writes it set by set."""

    def __init__(self, kind, on, known):
        self._kind, self._on, self._known = kind, on, known
        self._unseen = dict(known)
        self._new, self._changed, self._moves = [], [], []
        self._counts = Counter()

    def see(self, row):
        finding = self._known.get(row.key)
        if finding is None:
            self._counts["new"] += 1
            self._new.append(row)
            return
        self._unseen.pop(row.key, None)
        same = finding.evidence == row.evidence
        returns = finding.state == _DROPPED or (finding.state != _OPEN and not same)
        if returns:
            self._counts["returned"] += 1
            self._move(finding, "return", _OPEN)
            finding.reason, finding.words, finding.decided_by, finding.decided_at = "", "", None, None
        elif not same:
            self._counts["changed"] += 1
        elif finding.area_id == row.area_id:
            self._counts["same"] += 1
            return
        # Whoever looked at the former evidence is told so when they decide on it.
        finding.version += not same or returns
        finding.evidence, finding.area_id, finding.seen_on = row.evidence, row.area_id, self._on
        self._changed.append(finding)

    def write(self):
        for finding in self._unseen.values():
            if finding.state == _OPEN:
                self._counts["dropped"] += 1
                self._move(finding, "drop", _DROPPED)
                finding.version, finding.decided_at = finding.version + 1, timezone.now()
                self._changed.append(finding)
        self._insert()
        names = (
            *("state", "evidence", "area_id", "seen_on", "reason", "words", "version"),
            *("decided_by_id", "decided_at"),
        )
        bulk.update(
            Finding, names, [(finding.pk, *(getattr(finding, name) for name in names)) for finding in self._changed]
        )
        bulk.insert(
            Move, ("workflow", "key", "action", "from_state", "to_state", "reason", "words", "at"), self._moves
        )
        return dict(self._counts)

    def _insert(self):
        names = ("kind", "key", "area_id", "evidence", "found_on", "seen_on", "state", "reason", "words", "version")
        rows = [
            (self._kind.name, row.key, row.area_id, row.evidence, self._on, self._on, _OPEN, "", "", 0)
            for row in self._new
        ]
        ids = bulk.insert_returning_ids(Finding, names, rows)
        self._kind.link([(key, row.owner) for key, row in zip(ids, self._new, strict=True)])

    def _move(self, finding, action, target):
        self._moves.append((WORKFLOW, finding.pk, action, finding.state, target, "", "", timezone.now()))
        finding.state = target


def explain(*, finding, reason, words="", by, version, request=None):
    """The difference is explained: the ledger stays as it is. Raises what `city.moves.move` raises."""
    kind = kind_named(finding.kind)
    with transaction.atomic():
        alike = kind.alike(finding) if kind.alike else []
        for other in alike:
            _decide(other, "explain", by, other.version, reason=reason, words=words, request=request)
        return _decide(finding, "explain", by, version, reason=reason, words=words, request=request)


def reopen(*, finding, words, by, version, request=None):
    """An explanation does not hold, or what was accepted has been taken back: the doubt is open again."""
    with acting(posting=by, reason=_("Look at it again"), request=request):
        return move(
            finding,
            "reopen",
            workflow=kind_named(finding.kind).workflow,
            by=by,
            version=version,
            words=words,
            request=request,
            decided_by=None,
            decided_at=None,
        )


def check_may_see(finding, posting):
    """Raises NotAllowed (403) for a kind the posting has no right to look at."""
    if not posting.may(kind_named(finding.kind).see):
        raise NotAllowed


def check_may_decide(finding, posting):
    """The same for explaining and accepting: before anything is read of a form."""
    if not posting.may(kind_named(finding.kind).decide):
        raise NotAllowed


def accept(*, finding, values, by, version, request=None):
    """What was found is right: the kind writes the ledger. Returns what it says is to be done next, or an empty text.

    All or nothing: a ledger that contradicts leaves the finding open.
    """
    kind = kind_named(finding.kind)
    with acting(posting=by, reason=kind.accept.label, request=request):
        finding = _decide(finding, "accept", by, version, request=request)
        return kind.accept.write(finding, values, by, request) or ""


def _decide(finding, action, by, version, *, reason="", words="", request=None):
    kind = kind_named(finding.kind)
    step = kind.workflow.steps[action][0]
    with transaction.atomic(), acting(posting=by, reason=step.label, request=request):
        # Set before the step, which checks everything: the row must not be explained without its reason.
        if reason in dict(step.reason_choices):
            mine = Finding.objects.filter(pk=finding.pk, state=_OPEN, version=version)
            mine.update(reason=reason, words=words)
        return move(
            finding,
            action,
            workflow=kind.workflow,
            by=by,
            version=version,
            reason=reason,
            words=words,
            request=request,
            decided_by=by.staff,
            decided_at=timezone.now(),
        )
