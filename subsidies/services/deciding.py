"""Checking, reviewing, approving, sending back and rejecting claims, one or two thousand at once: the only way.

Every claim gets its own answer: done, refused with the reason in words, or overtaken by somebody who was quicker.
A fixed number of statements, however many claims.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from django.db.models import F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from city import notices
from city.choices import NoticeStanding
from city.models import Notice
from city.moves import NotAllowed, StepRefused, last_moves, move_all
from city.trail import acting
from config.conflict import Conflict
from subsidies import computing
from subsidies.choices import ClaimState, LineReason, LineStanding, Stage
from subsidies.doubts import held as held_by_doubts
from subsidies.models import Approval, Claim, ClaimLine, in_fen
from subsidies.rules import ZERO
from subsidies.services import funds
from subsidies.workflow import ACTIONS, CLAIM, MOST

STAGES = {"check": Stage.CHECKED, "review": Stage.REVIEWED, "approve": Stage.APPROVED}
DONE, REFUSED, CONFLICT = "done", "refused", "conflict"
_OVERTAKEN = gettext_lazy("Somebody was quicker, or this step is not open in its present state.")


@dataclass(frozen=True)
class Result:
    """What became of one claim. `number` is empty for one that is not of the area. `by` and `at`: who was quicker."""

    claim_id: int
    number: str
    outcome: str
    message: str = ""
    by: object = None
    at: datetime | None = None


def decide(action, chosen, *, by, reason="", words="", lines=None, request=None):
    """Take one step with the claims `chosen` as [(claim id, version seen)]; a Result for each, in their order.

    `lines`: for the approval of one claim, {line id: (approved, reason, words)} where less is approved than computed.
    Raises NotAllowed when the posting takes this step nowhere, StepRefused when reason or words are missing.
    """
    step = _step_of(action, by)
    _check_given(step, chosen, reason, words, lines)
    with acting(posting=by, reason=str(step.label), request=request):
        decision = _Decision(action, chosen, by, reason, words, lines or {})
        decision.sort_out()
        _TAKEN[action](decision)
        return decision.results()


def _step_of(action, by):
    if action not in ACTIONS:
        raise StepRefused("action", _("This step does not exist."))
    step = next((step for step in CLAIM.steps[action] if step.is_open_to(by)), None)
    if step is None:
        raise NotAllowed
    return step


def _check_given(step, chosen, reason, words, lines):
    if not chosen:
        raise StepRefused("action", _("Choose at least one claim."))
    if len(chosen) > MOST:
        raise StepRefused("action", _("No more than %(most)s claims at once.") % {"most": MOST})
    if step.reasons and reason not in step.reasons.values:
        raise StepRefused("reason", _("Choose a reason."))
    if step.words_required and not words.strip():
        raise StepRefused("words", _("Say it in words."))
    if lines and (step.action != "approve" or len(chosen) != 1):
        raise StepRefused("action", _("Amounts are changed one claim at a time, at its approval."))


class _Decision:
    """One action on many claims: which of them go on, and what is told of the others."""

    def __init__(self, action, chosen, by, reason, words, lines):
        self.action, self.by, self.reason, self.words, self.lines = action, by, reason, words, lines
        self.chosen = dict(chosen)
        self._results = {}
        self.claims = held(self.chosen, by)
        self._numbers = {claim.pk: claim.number for claim in self.claims}

    def sort_out(self):
        """Who was quicker, what is not this posting's to do, and who took an earlier step."""
        overtaken = [claim for claim in self.claims if not self._as_seen(claim)]
        last = last_moves(CLAIM, [claim.pk for claim in overtaken])
        for claim in overtaken:
            self._overtaken(claim, last.get(claim.pk))
        told = _("This step is not yours in its present state.")
        self.keep(lambda claim: self._step(claim).is_open_to(self.by), told)
        self._check_persons()

    def _step(self, claim):
        return CLAIM.step_from(claim.state, self.action)

    def _as_seen(self, claim):
        return claim.version == self.chosen[claim.pk] and self._step(claim) is not None

    def _overtaken(self, claim, last):
        self._tell(claim, CONFLICT, _OVERTAKEN, by=last and last.staff, at=last and last.at)

    def _check_persons(self):
        """The five steps of a round are five persons'; who drew a claim up takes no later one either."""
        if self.action not in STAGES:
            return
        claims = Claim.objects.filter(pk__in=[claim.pk for claim in self.claims]).with_mine(self.by)
        taken = set(claims.filter(mine=True).values_list("pk", flat=True))
        told = _("Somebody else must do this: you took an earlier step yourself.")
        self.keep(lambda claim: claim.pk not in taken, told)

    def keep(self, condition, told):
        """Those that fulfil the condition go on; `told` is a sentence or makes one of a claim."""
        for claim in [claim for claim in self.claims if not condition(claim)]:
            self.refuse(claim, told(claim) if callable(told) else told)

    def refuse(self, claim, told):
        self._tell(claim, REFUSED, told)

    def _tell(self, claim, outcome, told, **who):
        self.claims = [one for one in self.claims if one is not claim]
        self._results[claim.pk] = Result(claim.pk, claim.number, outcome, str(told), **who)

    def approve_as(self, stage, amounts):
        """The stage's row of every claim: who, when, how much."""
        now = timezone.now()
        Approval.objects.bulk_create(
            Approval(
                claim_id=claim.pk,
                round=claim.round,
                stage=stage,
                staff_id=self.by.staff_id,
                posting=self.by,
                amount=amounts.get(claim.pk, claim.total),
                at=now,
            )
            for claim in self.claims
        )

    def move(self, claims, **fields):
        """The step itself; the claims are held, so that none of them can have changed."""
        _moved, left = move_all(
            claims, self.action, workflow=CLAIM, by=self.by, reason=self.reason, words=self.words, **fields
        )
        if left:
            raise Conflict(_OVERTAKEN)

    def results(self):
        for claim in self.claims:
            self._results[claim.pk] = Result(claim.pk, claim.number, DONE)
        unknown = _("There is no such claim in your area.")
        return [self._results.get(pk) or Result(pk, "", REFUSED, unknown) for pk in self.chosen]


def held(chosen, by):
    """The claims as they stand, the oldest first; nobody else changes them until the transaction ends."""
    claims = Claim.objects.visible_to(by).filter(pk__in=list(chosen)).order_by("pk")
    rows = list(claims.select_related("area", "employer").select_for_update(of=("self",)))
    return sorted(rows, key=lambda claim: (claim.submitted_at is None, claim.submitted_at, claim.pk))


def _pass_on(decision):
    """Checked or reviewed: the amount stays as it was computed."""
    decision.approve_as(STAGES[decision.action], {})
    decision.move(decision.claims)


def _approve(decision):
    """The money is promised: computed anew, without an open doubt, and reserved, all or none of a claim."""
    _check_doubts(decision)
    lines = _live_lines(decision.claims)
    _check_differing(decision, lines)
    _check_cuts(decision, lines)
    amounts = _amounts(lines, decision.lines)
    decision.keep(lambda claim: amounts.get(claim.pk), _("Nothing in it is to be paid: reject it instead."))
    paying = _reserve(decision, amounts)
    _fill_in(decision, lines)
    decision.approve_as(Stage.APPROVED, amounts)
    now = timezone.now()
    for fund_id, group in groupby(sorted(decision.claims, key=lambda one: paying[one.pk]), lambda one: paying[one.pk]):
        decision.move(list(group), fund_id=fund_id, approved_at=now, total=_sum_of("approved"))


def _check_doubts(decision):
    doubts = held_by_doubts([claim.pk for claim in decision.claims])

    def told(claim):
        number = doubts[claim.pk]
        return ngettext(
            "%(number)s doubt about it is not cleared up yet.",
            "%(number)s doubts about it are not cleared up yet.",
            number,
        ) % {"number": number}

    decision.keep(lambda claim: claim.pk not in doubts, told)


def _live_lines(claims):
    lines = ClaimLine.objects.live().filter(claim__in=[claim.pk for claim in claims]).order_by("pk")
    return list(lines.select_related("claim__area", "resident"))


def _check_differing(decision, lines):
    """What is known today must give the amounts that were computed when the claim was drawn up."""
    differing = computing.differing(lines)
    why = {line.claim_id: (line, differing[line.pk]) for line in lines if line.pk in differing}

    def told(claim):
        line, sentence = why[claim.pk]
        return _("%(name)s, %(month)s: %(why)s Send it back to be computed anew.") % {
            "name": line.resident.name,
            "month": f"{line.month:%Y-%m}",
            "why": sentence,
        }

    decision.keep(lambda claim: claim.pk not in why, told)


def _check_cuts(decision, lines):
    known = {line.pk: line for line in lines}
    for key, (approved, reason, _words) in decision.lines.items():
        line = known.get(key)
        if line is None:
            continue
        if not ZERO <= approved <= line.computed:
            raise StepRefused("lines", _("No more can be approved than was computed."))
        if approved != line.computed and reason not in LineReason.values:
            raise StepRefused("lines", _("Say why less is approved."))


def _amounts(lines, cuts):
    amounts = defaultdict(Decimal)
    for line in lines:
        amounts[line.claim_id] += cuts[line.pk][0] if line.pk in cuts else line.computed
    return amounts


def _reserve(decision, amounts):
    """Reserve what there is money for; {claim id: fund id} of those that got it."""
    found = funds.fund_for(decision.claims, timezone.localdate().year)
    decision.keep(lambda claim: claim.pk in found, _("No fund of this year pays for it."))
    fits, left = funds.fitting(decision.claims, amounts, found)
    fitting = {claim.pk for claim in fits}

    def told(claim):
        fund = found[claim.pk]
        return _("Not enough left in %(fund)s: %(left)s yuan for %(amount)s yuan.") % {
            "fund": fund,
            "left": f"{left[fund.pk]:,.2f}",
            "amount": f"{amounts[claim.pk]:,.2f}",
        }

    decision.keep(lambda claim: claim.pk in fitting, told)
    parts = [funds.Part(found[claim.pk].pk, claim.pk, amounts[claim.pk]) for claim in decision.claims]
    funds.reserve(parts, by=decision.by)
    return {part.claim_id: part.fund_id for part in parts}


def _fill_in(decision, lines):
    """The approved amounts of the lines, once: as computed, or less with its reason."""
    going_on = ClaimLine.objects.live().filter(claim__in=[claim.pk for claim in decision.claims])
    less = {line.pk: decision.lines[line.pk] for line in lines if _is_less(line, decision.lines)}
    for key, (approved, reason, words) in less.items():
        going_on.filter(pk=key).update(approved=approved, approved_reason=reason, approved_words=words)
    going_on.exclude(pk__in=list(less)).update(approved=F("computed"))


def _is_less(line, cuts):
    return line.pk in cuts and cuts[line.pk][0] != line.computed


def _sum_of(field):
    """What the live lines of a claim come to."""
    sums = ClaimLine.objects.live().filter(claim=OuterRef("pk")).values("claim").annotate(sum=in_fen(Sum(field)))
    return Coalesce(Subquery(sums.values("sum")), Value(ZERO))


def _send_back(decision):
    """A new round begins: the money is free again, and approved lines are written anew without what was approved."""
    _take_back(decision)
    _renew_lines(decision.claims)
    decision.move(
        decision.claims, round=F("round") + 1, fund=None, notice=None, approved_at=None, total=_sum_of("computed")
    )


def _reject(decision):
    """The end: the money is free again, and others may claim the months."""
    _take_back(decision)
    lines = ClaimLine.objects.live().filter(claim__in=[claim.pk for claim in decision.claims])
    lines.update(standing=LineStanding.DROPPED)
    decision.move(decision.claims, fund=None, notice=None, approved_at=None, total=ZERO)


def _take_back(decision):
    reserved = [claim for claim in decision.claims if claim.state in ClaimState.RESERVED]
    parts = [funds.Part(claim.fund_id, claim.pk, claim.total) for claim in reserved]
    funds.release(parts, by=decision.by)
    shown = {claim.notice_id for claim in reserved if claim.state == ClaimState.PUBLICISED}
    now = timezone.now()
    for notice in Notice.objects.filter(pk__in=shown).select_related("clock").order_by("pk"):
        # One that was shown to its end stands for the other claims on it.
        if notices.standing(notice, now) != NoticeStanding.ENDED:
            notices.withdraw(notice, by=decision.by, at=now)


def _renew_lines(claims):
    """What was approved is never unwritten: those lines are taken off, and the same asked for once more."""
    old = ClaimLine.objects.live().filter(claim__in=[claim.pk for claim in claims], approved__isnull=False)
    copies = list(old.order_by("pk"))
    old.update(standing=LineStanding.DROPPED)
    for line in copies:
        line.pk = None
        line.approved, line.approved_reason, line.approved_words = None, "", ""
        line._state.adding = True
    ClaimLine.objects.bulk_create(copies)


_TAKEN = {"check": _pass_on, "review": _pass_on, "approve": _approve, "send_back": _send_back, "reject": _reject}
