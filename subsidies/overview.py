"""What the page of a claim shows of its lines: person by person, months alike together, doubts first.

A fixed number of questions whatever the number of lines.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from city.choices import FindingState
from city.findings import kind_named
from city.models import Finding
from city.rules import add_months
from households.models import Resident
from subsidies.choices import ClaimPaper, ClaimState, LineStanding, Stage
from subsidies.computing import differing, explain
from subsidies.evidence import evidence_of
from subsidies.models import Approval, LineFinding, PayeeAccount
from subsidies.rules import ZERO
from subsidies.schemes import PLANS
from subsidies.services.payments import changed_accounts

#: From so many explanations on, what they share is told once above them.
_FEW = 2


@dataclass(frozen=True)
class Doubt:
    """A finding about a line, in words."""

    finding: Finding
    month: date
    label: str
    summary: str

    @property
    def is_open(self):
        return self.finding.state == FindingState.OPEN

    @property
    def told(self):
        return str(self.label), str(self.summary), self.finding.state, self.finding.words


@dataclass
class Run:
    """Lines of a person that follow each other and are alike in all the page shows."""

    lines: list
    evidence: list
    doubts: list
    differs: str

    @property
    def doubts_by_kind(self):
        """[[Doubt]]: the months of which the same is doubtful stand together."""
        found = defaultdict(list)
        for doubt in self.doubts:
            found[doubt.told].append(doubt)
        return list(found.values())

    @cached_property
    def sentences(self):
        """What explains the last month; those before it are alike but for their number."""
        return explain(self.last.basis)

    @property
    def first(self):
        return self.lines[0]

    @property
    def last(self):
        return self.lines[-1]

    @property
    def asked(self):
        return sum((line.asked for line in self.lines), ZERO)

    @property
    def computed(self):
        return sum((line.computed for line in self.lines), ZERO)

    @property
    def approved(self):
        """None as long as nobody approved it."""
        return None if self.first.approved is None else sum((line.approved for line in self.lines), ZERO)

    @property
    def is_doubtful(self):
        return bool(self.differs) or any(doubt.is_open for doubt in self.doubts)


@dataclass
class Person:
    resident: Resident
    runs: list = field(default_factory=list)
    account: PayeeAccount | None = None
    account_changed: bool = False

    @property
    def is_doubtful(self):
        return self.account_changed or any(run.is_doubtful for run in self.runs)


@dataclass(frozen=True)
class Overview:
    """`doubts`: how many are open; `changed`: how many lines would be computed otherwise today.

    `account_changed`: the one payee who gets it all has given another account since. `said_of_all`: the sentences
    that explain every line.
    """

    persons: list
    left_off: list
    said_of_all: list
    months: int
    asked: Decimal
    computed: Decimal
    approved: Decimal | None
    doubts: int
    changed: int
    account_changed: bool

    @property
    def account(self):
        """The claimant's, where one payee gets it all."""
        return self.persons[0].account if self.persons else None

    @property
    def doubtful(self):
        return [person for person in self.persons if person.is_doubtful]


def overview(claim, *, undecided):
    """`undecided`: nobody has paid it yet, so that what is known today counts."""
    every = list(claim.lines.select_related("resident", "account", "enrolment__course").order_by("month", "pk"))
    lines = [line for line in every if line.standing == LineStanding.LIVE]
    doubts = doubts_of(claim)
    changed = differing(lines) if undecided else {}
    persons = _persons(lines, doubts, changed)
    account_changed = undecided and _mark_changed_accounts(claim, persons)
    persons.sort(key=lambda person: (not person.is_doubtful, person.resident.name, person.resident.pk))
    counted = [line for line in every if line.standing != LineStanding.DROPPED]
    approved = [line.approved for line in counted if line.approved is not None]
    return Overview(
        persons=persons,
        left_off=_gone(every),
        said_of_all=_said_of_all(persons),
        months=len(counted),
        asked=sum((line.asked for line in counted), ZERO),
        computed=sum((line.computed for line in counted), ZERO),
        approved=sum(approved, ZERO) if approved else None,
        doubts=sum(doubt.is_open for line in lines for doubt in doubts[line.pk]),
        changed=len(changed),
        account_changed=account_changed,
    )


def doubts_of(claim):
    """{line id: [Doubt]}: open ones first, dropped ones left out."""
    found = defaultdict(list)
    links = LineFinding.objects.filter(line__claim=claim).exclude(finding__state=FindingState.DROPPED)
    for link in links.select_related("finding", "line").order_by("finding_id"):
        kind = kind_named(link.finding.kind)
        summary = kind.describe(link.finding.evidence).summary
        found[link.line_id].append(Doubt(link.finding, link.line.month, kind.label, summary))
    for doubts in found.values():
        doubts.sort(key=lambda doubt: not doubt.is_open)
    return found


def _persons(lines, doubts, changed):
    evidence = evidence_of(lines)
    persons = {}
    for line in lines:
        person = persons.setdefault(line.resident_id, Person(line.resident))
        run = Run([line], evidence.get(line.pk, []), list(doubts[line.pk]), changed.get(line.pk, ""))
        if person.runs and _alike(person.runs[-1], run):
            person.runs[-1].lines.append(line)
            person.runs[-1].doubts.extend(run.doubts)
        else:
            person.runs.append(run)
        person.account = line.account
    return list(persons.values())


def _alike(one, other):
    """Whether the next month of a monthly scheme is like those before it in all that is shown."""
    last, line = one.last, other.first
    if not PLANS[line.scheme].monthly or line.month != add_months(last.month, 1):
        return False
    if {doubt.told for doubt in one.doubts} != {doubt.told for doubt in other.doubts}:
        return False
    if one.differs != other.differs or one.evidence != other.evidence:
        return False
    shown = ("asked", "computed", "approved", "approved_reason", "approved_words", "account_id", "placement_id")
    return _of_any_month(last.basis) == _of_any_month(line.basis) and all(
        getattr(last, name) == getattr(line, name) for name in shown
    )


def _of_any_month(basis):
    """What an amount rests on, without what every month has its own of."""
    facts = {name: fact for name, fact in basis.get("facts", {}).items() if name not in ("month_number", "days")}
    return basis | {"facts": facts}


def _mark_changed_accounts(claim, persons):
    """Whether the one payee has given another account since; where persons are paid, each of them is marked."""
    changed = changed_accounts({person.account for person in persons if person.account})
    if claim.employer_id:
        return bool(changed)
    for person in persons:
        person.account_changed = person.account is not None and person.account.pk in changed
    return False


def _said_of_all(persons):
    """The sentences that explain every line of the claim, to be told once."""
    told = [run.sentences for person in persons for run in person.runs]
    if len(told) < _FEW:
        return []
    return [sentence for sentence in told[0] if all(sentence in others for others in told)]


def asked_last(lines):
    """Of lines written anew, the last one of each person and occasion."""
    return list({(line.resident_id, line.month, line.occasion): line for line in lines}.values())


def _gone(every):
    """Lines that are off the claim, without those that were only written anew."""
    return [line for line in asked_last(every) if line.standing != LineStanding.LIVE]


@dataclass(frozen=True)
class Paper:
    """One kind of paper: what is attached, and for whom it is missing (`missing` True: for the claim itself)."""

    label: str
    documents: list
    missing: bool
    missing_for: list


def papers(claim, persons):
    """What the scheme asks for, in its order, then what was attached besides."""
    plan = PLANS[claim.scheme]
    attached = defaultdict(list)
    documents = claim.documents.select_related("file", "resident", "added_by").order_by("pk")
    for document in documents:
        attached[document.kind].append(document)
    found = []
    for kind in (*plan.papers, *plan.each):
        own = attached.pop(kind, [])
        having = {document.resident_id for document in own}
        lacking = [one.resident for one in persons if one.resident.pk not in having] if kind in plan.each else []
        found.append(Paper(ClaimPaper(kind).label, own, kind in plan.papers and not own, lacking))
    return found + [Paper(ClaimPaper(kind).label, own, False, []) for kind, own in attached.items()]


@dataclass(frozen=True)
class Signature:
    """One of the five steps of the present round; `approval` None: nobody has taken it yet."""

    label: str
    approval: Approval | None
    is_next: bool


def signatures(claim):
    taken = claim.approvals.filter(round=claim.round).select_related("staff", "posting__area")
    taken = {approval.stage: approval for approval in taken}
    rows, waits = [], claim.state in ClaimState.LIVE
    for stage in Stage:
        approval = taken.get(stage)
        rows.append(Signature(stage.label, approval, waits and approval is None))
        waits = waits and approval is not None
    return rows
