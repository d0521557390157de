"""Lines of claims: drawn up from the ledger, computed again as of today, compared with what stands."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time

from django.db.models import Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.models import Attendance, Enrolment
from city.models import Move
from city.rules import add_months
from households.choices import Channel, LabourState
from households.models import HardshipCertification, LedgerSpan, Resident
from households.sheets.known import among_ids
from placements.models import Placement
from subsidies.choices import Scheme
from subsidies.entitlement import Ask, NotEntitled, Question, asks_of, judge
from subsidies.explaining import changed_facts, explain
from subsidies.knowledge import MONTHS_BACK, Known
from subsidies.models import ClaimLine
from subsidies.rules import Computed, fee_of, last_day_of
from subsidies.workflow import CLAIM

__all__ = ["Candidate", "candidates", "differing", "explain", "recompute"]


@dataclass(frozen=True)
class Candidate:
    """A person and month that a claim could hold: `computed`, or the `reason` why not."""

    resident: Resident
    month: date
    occasion: str
    placement_id: int | None = None
    enrolment_id: int | None = None
    computed: Computed | None = None
    reason: str = ""

    @property
    def entitled(self):
        return self.computed is not None


def candidates(scheme, area, employer, period_from, period_to, *, residents=None, entered_at=None):
    """Everybody of the area the claim could be for, by person and month; `residents`: only these ids.

    `period_from` and `period_to` are first days of months. A fixed number of queries.
    """
    question = Question(
        scheme=scheme,
        employer_id=employer.pk if employer else None,
        credit_code=employer.credit_code if employer else "",
        name=employer.name if employer else "",
        path_ids=tuple(area.path_ids),
        period_from=period_from,
        period_to=period_to,
        entered_at=entered_at or timezone.now(),
    )
    persons = Resident.objects.filter(pk__in=_persons(question), community__path__startswith=area.path)
    if residents is not None:
        persons = persons.filter(pk__in=among_ids(residents))
    persons = {one.pk: one for one in persons.order_by("name", "pk")}
    known = Known([scheme], persons, period_from, period_to)
    found = {key: [] for key in persons}
    for ask in asks_of(question, known):
        found[ask.resident_id].append((ask, *_in_turn(ask, found[ask.resident_id], known)))
    return [
        Candidate(persons[key], ask.month, ask.occasion, ask.placement_id, ask.enrolment_id, computed, reason)
        for key, theirs in found.items()
        for ask, computed, reason in theirs
    ]


def _in_turn(ask, earlier, known):
    """The outcome of one month after those before it: the first one entitled is where its term begins."""
    entitled = [one for one, computed, _reason in earlier if computed]
    if any(one.month == ask.month or one.occasion == ask.occasion for one in entitled):
        return None, _("Stands in this claim already.")
    first = entitled[0].month if entitled else ask.month
    return _outcome(replace(ask, first_month=first), known)


def _outcome(ask, known):
    try:
        return judge(ask, known), ""
    except NotEntitled as reason:
        return None, str(reason)


def _persons(question):
    """The ids of those the ledger, the placements or the courses name for the question."""
    first, last = question.period_from, last_day_of(question.period_to)
    if question.scheme == Scheme.INTRODUCTION:
        introduced = Q(vacancy__isnull=False) | Q(event__isnull=False)
        earliest = add_months(first, -MONTHS_BACK)
        return Placement.objects.filter(
            introduced, spell__started_on__gte=earliest, spell__started_on__lte=last
        ).values("resident")
    if question.scheme in (Scheme.TRAINING, Scheme.APPRAISAL, Scheme.TUITION):
        return Enrolment.objects.filter(certified_on__gte=first, certified_on__lte=last).values("resident")
    if question.scheme == Scheme.TRANSPORT:
        return Attendance.objects.filter(day__gte=first, day__lte=last).values("enrolment__resident")
    jobs = LedgerSpan.objects.filter(state=LabourState.EMPLOYED, first_on__lte=last, last_on__gte=first)
    if question.scheme == Scheme.FLEXIBLE:
        certified = HardshipCertification.objects.values("resident")
        return jobs.filter(spell__channel=Channel.FLEXIBLE, resident__in=certified).values("resident")
    return jobs.filter(spell__employer=question.employer_id).values("resident")


def recompute(lines, fees=None):
    """`{line id: Computed or None}` by what is known today; a fixed number of queries for any number of lines.

    `fees` {resident id: yuan} take the place of those the lines rest on.
    """
    return {key: computed for key, (_line, computed, _reason) in _again(lines, fees or {}).items()}


def differing(lines):
    """`{line id: sentence}` of those that come out otherwise than they stand; empty before anything is decided."""
    found = {}
    for key, (line, computed, reason) in _again(lines, {}).items():
        if computed is None:
            found[key] = reason
        elif computed.amount != line.computed:
            found[key] = _("Computed anew it is %(now)s yuan; the line says %(then)s.") % {
                "now": f"{computed.amount:,}",
                "then": f"{line.computed:,}",
            }
        elif computed.digest != line.basis_digest:
            found[key] = _("What it rests on has changed: %(facts)s.") % {
                "facts": changed_facts(line.basis, computed.basis)
            }
    return found


def _again(lines, fees):
    """`{line id: (line, Computed or None, reason)}`, computed by the code that drew the lines up."""
    ids = among_ids(sorted({line.pk for line in lines}))
    lines = list(ClaimLine.objects.filter(pk__in=ids).select_related("claim__area"))
    if not lines:
        return {}
    known = Known(
        {line.scheme for line in lines},
        {line.resident_id for line in lines},
        min(line.month for line in lines),
        max(line.month for line in lines),
    )
    firsts, entered = _first_months(lines), entered_at(line.claim for line in lines)
    return {line.pk: (line, *_outcome(_ask_of(line, firsts, entered[line.claim_id], fees), known)) for line in lines}


def entered_at(claims):
    """`{claim id: the moment it was entered}`: what was approved by then is what its lines rest on."""
    claims = {claim.pk: claim for claim in claims}
    found = {key: _midnight(claim.entered_on) for key, claim in claims.items()}
    moves = Move.objects.filter(workflow=CLAIM.name, action="enter", key__in=among_ids(sorted(claims)))
    return found | dict(moves.values_list("key", "at"))


def _midnight(day):
    return timezone.make_aware(datetime.combine(day, time.min))


def _first_months(lines):
    """`{(claim id, resident id): its first live month}`."""
    claims = among_ids(sorted({line.claim_id for line in lines}))
    rows = ClaimLine.objects.live().filter(claim__in=claims).order_by()
    rows = rows.values_list("claim_id", "resident_id").annotate(first=Min("month"))
    return {(claim_id, resident_id): first for claim_id, resident_id, first in rows}


def _ask_of(line, firsts, entered_at, fees):
    claim = line.claim
    return Ask(
        scheme=line.scheme,
        resident_id=line.resident_id,
        month=line.month,
        occasion=line.occasion,
        employer_id=claim.employer_id,
        path_ids=tuple(claim.area.path_ids),
        entered_at=entered_at,
        placement_id=line.placement_id,
        enrolment_id=line.enrolment_id,
        fee=fees.get(line.resident_id, fee_of(line.basis)),
        line_id=line.pk,
        first_month=firsts.get((line.claim_id, line.resident_id), line.month),
    )
