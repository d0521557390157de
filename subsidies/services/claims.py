"""Claims before anybody decides: drawn up from the ledger, put right as a draft, submitted, withdrawn, appealed.

A line is never changed: one that is no longer right is taken off and another written in its place.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from city import files
from city.ciphers import keyed_hash
from city.moves import NotAllowed, StepRefused, begin, move
from city.numbers import next_number
from city.trail import acting
from config.conflict import Conflict
from subsidies import computing, doubts
from subsidies.choices import ClaimPaper, ClaimState, ClawbackState, LineReason, LineStanding, Stage
from subsidies.models import Approval, Claim, ClaimDocument, ClaimLine, Clawback, PayeeAccount
from subsidies.rules import ZERO, amount_uncapped, last_day_of, month_of, months
from subsidies.schemes import PLANS
from subsidies.workflow import CLAIM

ENTER = "subsidies.enter_claims"
MOST_MONTHS = 12
#: So many names a sentence tells; the rest is counted.
_NAMED = 5


@dataclass(frozen=True)
class Entered:
    """The draft, and the candidates that are not on it, each with the reason."""

    claim: Claim
    left_out: list


def enter(*, scheme, area, employer, period_from, period_to, by, residents=None, request=None):
    """A draft with a line for everybody entitled, month by month; `residents`: only these ids.

    Raises StepRefused when nobody is entitled to anything, Conflict when somebody took the same months just now.
    """
    check_enterable(scheme=scheme, area=area, employer=employer, period_from=period_from, period_to=period_to, by=by)
    with acting(posting=by, reason=_("Claim entered"), request=request):
        found = computing.candidates(scheme, area, employer, period_from, period_to, residents=residents)
        entitled = [one for one in found if one.entitled]
        if not entitled:
            raise StepRefused("period_from", _("Nobody is entitled to anything for these months."))
        today = timezone.localdate()
        claim = Claim(
            number=f"补〔{today.year}〕{area.code}-{next_number('claim', area, today.year):04}",
            scheme=scheme,
            area=area,
            employer=employer,
            period_from=period_from,
            period_to=period_to,
            entered_on=today,
            total=sum(one.computed.amount for one in entitled),
        )
        begin(claim, workflow=CLAIM, by=by, action="enter", request=request)
        _write([_line_of(claim, one) for one in entitled])
        return Entered(claim, [one for one in found if not one.entitled])


def check_enterable(*, scheme, area, employer, period_from, period_to, by):
    """Raises StepRefused where such a claim cannot be drawn up, whoever may be on it."""
    if not by.may(ENTER) or not area.path.startswith(by.area.path):
        raise NotAllowed
    if PLANS[scheme].to_employer != (employer is not None):
        raise StepRefused("employer", _("Choose who claims."))
    if month_of(period_from) != period_from or month_of(period_to) != period_to:
        raise StepRefused("period_from", _("A claim is for whole months."))
    if period_to < period_from:
        raise StepRefused("period_to", _("A claim cannot end before it begins."))
    if len(list(months(period_from, period_to))) > MOST_MONTHS:
        raise StepRefused("period_to", _("A claim is for at most %(months)d months.") % {"months": MOST_MONTHS})
    if last_day_of(period_to) >= timezone.localdate():
        raise StepRefused("period_to", _("Money is claimed afterwards: this month is not over yet."))


def _line_of(claim, candidate):
    return _line(claim, candidate.resident.pk, candidate.month, candidate.occasion, candidate.computed,
                 placement_id=candidate.placement_id, enrolment_id=candidate.enrolment_id)  # fmt: skip


def _line(claim, resident_id, month, occasion, computed, **more):
    return ClaimLine(
        claim=claim,
        resident_id=resident_id,
        scheme=claim.scheme,
        month=month,
        occasion=occasion,
        asked=amount_uncapped(computed.basis),
        computed=computed.amount,
        basis=computed.basis,
        basis_digest=computed.digest,
        **more,
    )


def _write(lines):
    """New lines, each with the present account of its payee."""
    accounts = _accounts_of(lines)
    for line in lines:
        line.account_id = accounts.get(_payee_of(line))
    try:
        with transaction.atomic():
            ClaimLine.objects.bulk_create(lines, batch_size=500)
    except IntegrityError as error:
        raise Conflict(_("Somebody claimed some of these months at the same moment. Look again.")) from error


def _payee_of(line):
    """(employer id, resident id): one of the two."""
    employer_id = line.claim.employer_id
    return employer_id, None if employer_id else line.resident_id


def _accounts_of(lines):
    """`{payee: id of the latest account}`."""
    employers = {employer_id for employer_id, _resident in map(_payee_of, lines) if employer_id}
    residents = {resident_id for _employer, resident_id in map(_payee_of, lines) if resident_id}
    rows = PayeeAccount.objects.filter(Q(employer__in=employers) | Q(resident__in=residents)).order_by("pk")
    return {tuple(payee): key for key, *payee in rows.values_list("pk", "employer_id", "resident_id")}


def refresh(*, claim_id, version, by, request=None):
    """Every line of a draft computed anew: who is no longer entitled comes off, the others get what holds today."""
    with acting(posting=by, reason=_("Claim computed anew"), request=request):
        claim = _draft(claim_id, version, by)
        return _settled(claim, by, _rewrite(claim, {}))


def drop_line(*, line_id, version, by, reason=LineReason.MISTAKE, words="", request=None):
    """Take one line off a draft; `version` is the claim's."""
    with acting(posting=by, reason=_("Line taken off"), request=request):
        line = ClaimLine.objects.visible_to(by).live().filter(pk=line_id).first()
        if line is None:
            raise Conflict(_("This line is not on the claim any more."))
        claim = _draft(line.claim_id, version, by)
        _drop([line.pk], reason, words)
        return _settled(claim, by, _rewrite(claim, {}, residents=[line.resident_id]))


def drop_person(*, claim_id, resident_id, version, by, request=None):
    """Take all lines of a person off a draft."""
    with acting(posting=by, reason=_("Person taken off"), request=request):
        claim = _draft(claim_id, version, by)
        gone = list(claim.lines.live().filter(resident=resident_id))
        _drop([line.pk for line in gone], LineReason.MISTAKE, "")
        return _settled(claim, by, gone)


def add_fees(*, claim_id, fees, version, by, request=None):
    """`fees` {resident id: yuan paid} of a scheme that pays a share of a fee."""
    if any(fee <= 0 for fee in fees.values()):
        raise StepRefused("fees", _("A fee is more than nothing."))
    with acting(posting=by, reason=_("Fees told"), request=request):
        claim = _draft(claim_id, version, by)
        if not PLANS[claim.scheme].fee:
            raise StepRefused("fees", _("This scheme does not ask for a fee."))
        _check_one_line_each(claim, fees)
        return _settled(claim, by, _rewrite(claim, fees, residents=list(fees)))


def _check_one_line_each(claim, fees):
    """A fee is told of a person: one receipt does not pay for two courses."""
    rows = claim.lines.live().filter(resident__in=list(fees)).order_by("resident__name")
    several = rows.values_list("resident__name").annotate(number=Count("pk")).filter(number__gt=1)
    if names := [name for name, _number in several]:
        raise StepRefused(
            "fees",
            _("%(names)s stand here with several months: take off all but one, and claim the others by themselves.")
            % {"names": _list(names)},
        )


def set_account(*, claim_id, holder, bank, account, version, by, resident_id=None, request=None):
    """The bank account the claim is paid to: the claimant's, or that of one of its persons (`resident_id`).

    Another account is another row; the lines of the draft point to it.
    """
    with acting(posting=by, reason=_("Account told"), request=request):
        claim = _draft(claim_id, version, by)
        payee = _check_payee(claim, resident_id)
        PayeeAccount.objects.create(
            **payee,
            holder=holder,
            bank=bank,
            account=account,
            account_hash=keyed_hash(account),
            entered_by=by.staff,
            entered_at=timezone.now(),
        )
        return _settled(claim, by, _rewrite(claim, {}, residents=[resident_id] if resident_id else None))


def _check_payee(claim, resident_id):
    if claim.employer_id:
        return {"employer_id": claim.employer_id}
    if not claim.lines.live().filter(resident=resident_id).exists():
        raise StepRefused("resident", _("This person is not on the claim."))
    return {"resident_id": resident_id}


def attach(*, claim_id, kind, upload, by, resident_id=None, request=None):
    """A scanned paper for a draft, or for one of its persons. `upload` is (file name, bytes)."""
    name, content = upload
    if len(content) > files.PROOF_MAX_BYTES:
        raise StepRefused("file", _("At most 10 MB."))
    content_type = files.proof_type(content)
    if content_type is None:
        raise StepRefused("file", _("A PDF, a JPEG or a PNG, please."))
    with acting(posting=by, reason=_("Paper attached"), request=request):
        claim = _held(claim_id, by)
        if claim.state != ClaimState.DRAFT:
            raise Conflict(_("Papers are attached while the claim is being drawn up."))
        return ClaimDocument.objects.create(
            claim=claim,
            resident_id=resident_id,
            kind=kind,
            file=files.store(name, content, content_type=content_type, posting=by),
            added_by=by.staff,
            added_at=timezone.now(),
        )


def submit(*, claim_id, version, by, request=None):
    """Hand the claim in: everything must be on it. The first of the five persons of this round has done their step."""
    with acting(posting=by, reason=_("Claim submitted"), request=request):
        claim = _draft(claim_id, version, by)
        told = missing(claim)
        if told:
            raise StepRefused("action", " ".join(told))
        now = timezone.now()
        claim = move(claim, "submit", workflow=CLAIM, by=by, version=claim.version, request=request, submitted_at=now)
        Approval.objects.create(
            claim=claim, round=claim.round, stage=Stage.ENTERED, staff=by.staff, posting=by, amount=claim.total, at=now
        )
        doubts.check(timezone.localdate(), [claim.pk])
        return claim


def missing(claim):
    """What keeps a draft from being submitted, in sentences; empty: nothing."""
    lines = list(claim.lines.live().select_related("resident"))
    if not lines:
        return [_("No line is left on the claim.")]
    told = []
    nothing = sorted({line.resident.name for line in lines if line.computed <= 0})
    if nothing:
        told.append(
            _("Nothing comes out for %(names)s: tell the fee paid, or take the line off.") % {"names": _list(nothing)}
        )
    homeless = sorted({line.resident.name for line in lines if line.account_id is None})
    if homeless:
        told.append(
            _("The bank account of the claimant is missing.")
            if claim.employer_id
            else _("The bank account is missing of %(names)s.") % {"names": _list(homeless)}
        )
    changed = computing.differing(lines)
    if changed:
        told.append(_("%(number)d lines come out otherwise today: compute the claim anew.") % {"number": len(changed)})
    return told + _papers_missing(claim, lines) + _owed(claim, lines)


def _papers_missing(claim, lines):
    plan = PLANS[claim.scheme]
    attached = set(claim.documents.values_list("kind", "resident_id"))
    kinds = {kind for kind, _resident in attached}
    told = [_("%(paper)s is missing.") % {"paper": ClaimPaper(one).label} for one in plan.papers if one not in kinds]
    for paper in plan.each:
        without = sorted({line.resident.name for line in lines if (paper, line.resident_id) not in attached})
        if without:
            told.append(
                _("%(paper)s is missing of %(names)s.") % {"paper": ClaimPaper(paper).label, "names": _list(without)}
            )
    return told


def _owed(claim, lines):
    """Who owes money back claims nothing until it is settled."""
    open_ones = Clawback.objects.filter(state=ClawbackState.OPEN)
    if claim.employer_id:
        owed = open_ones.filter(line__claim__employer=claim.employer_id)
    else:
        owed = open_ones.filter(line__claim__employer=None, line__resident__in={line.resident_id for line in lines})
    numbers = list(owed.order_by("number").values_list("number", flat=True))
    if not numbers:
        return []
    return [_("Money is still to be paid back: %(numbers)s.") % {"numbers": _list(numbers)}]


def _list(names):
    shown = _(", ").join(names[:_NAMED])
    more = len(names) - _NAMED
    return shown if more <= 0 else _("%(names)s and %(more)d more") % {"names": shown, "more": more}


def withdraw(*, claim_id, version, by, words, request=None):
    """A draft given up: its months are free again."""
    with acting(posting=by, reason=_("Claim withdrawn"), request=request):
        claim = _held(claim_id, by)
        claim = move(claim, "withdraw", workflow=CLAIM, by=by, version=version, words=words, request=request, total=0)
        _drop(claim.lines.live(), "", "")
        return claim


def appeal(*, claim_id, version, by, words, request=None):
    """The claimant does not agree with a rejection: the district looks at it again, by somebody else."""
    with acting(posting=by, reason=_("Appeal"), request=request):
        return move(
            _held(claim_id, by), "appeal", workflow=CLAIM, by=by, version=version, words=words, request=request
        )


def answer_appeal(*, claim_id, action, version, by, words, request=None):
    """`uphold`: the rejection stands. `reopen`: a draft again, in a new round, with what its persons are due today.

    What was taken off by hand stays off.
    """
    with acting(posting=by, reason=_("Appeal answered"), request=request):
        claim = _held(claim_id, by)
        if action == "uphold":
            return move(claim, "uphold", workflow=CLAIM, by=by, version=version, words=words, request=request)
        claim = move(
            claim, "reopen", workflow=CLAIM, by=by, version=version, words=words, request=request,
            round=F("round") + 1,
        )  # fmt: skip
        found = computing.candidates(
            claim.scheme, claim.area, claim.employer, claim.period_from, claim.period_to,
            residents=claim.lines.order_by().values_list("resident_id", flat=True).distinct(),
            entered_at=computing.entered_at([claim])[claim.pk],
        )  # fmt: skip
        off = set(claim.lines.taken_off().values_list("resident_id", "occasion"))
        _write([_line_of(claim, one) for one in found if one.entitled and (one.resident.pk, one.occasion) not in off])
        _rewrite(claim, {}, residents=[resident_id for resident_id, _occasion in off])
        return _with_total(claim)


def _held(claim_id, by):
    """The claim, held until the transaction ends."""
    claim = Claim.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=claim_id).first()
    if claim is None:
        raise NotAllowed
    return claim


def _draft(claim_id, version, by):
    """The draft as its reader saw it, to be put right by who may enter claims."""
    if not by.may(ENTER):
        raise NotAllowed
    claim = _held(claim_id, by)
    if claim.state != ClaimState.DRAFT or claim.version != version:
        raise Conflict(_("The claim was changed or submitted meanwhile."))
    return claim


def _rewrite(claim, fees, residents=None):
    """Every live line (of some persons) computed anew; the others of its claim stay. Returns what came off."""
    lines = claim.lines.live()
    if residents is not None:
        lines = lines.filter(resident__in=residents)
    lines = list(lines)
    accounts = _accounts_of(lines)
    now = computing.recompute(lines, fees=fees)
    gone, fresh = [], []
    for line in lines:
        computed = now[line.pk]
        if computed and computed.digest == line.basis_digest and accounts.get(_payee_of(line)) == line.account_id:
            continue
        gone.append(line)
        if computed:
            fresh.append(
                _line(claim, line.resident_id, line.month, line.occasion, computed,
                      placement_id=line.placement_id, enrolment_id=line.enrolment_id)
            )  # fmt: skip
    _drop([line.pk for line in gone], "", "")
    _write(fresh)
    kept = {(line.resident_id, line.month, line.occasion) for line in fresh}
    fallen = [line for line in gone if (line.resident_id, line.month, line.occasion) not in kept]
    if not fallen:
        return []
    # The term of the others may begin later now.
    return fallen + _rewrite(claim, fees, residents=[line.resident_id for line in fallen])


def _drop(lines, reason, words):
    ClaimLine.objects.filter(pk__in=lines).update(
        standing=LineStanding.DROPPED, approved_reason=reason, approved_words=words[:200]
    )


def _settled(claim, by, gone):
    """The draft with its total, one version on, and who changed it; `gone` are the lines that fell away."""
    claim = _with_total(claim)
    claim = move(claim, "change", workflow=CLAIM, by=by, version=claim.version)
    claim.fallen_away = gone
    return claim


def _with_total(claim):
    total = claim.lines.live().aggregate(total=Sum("computed"))["total"] or ZERO
    Claim.objects.filter(pk=claim.pk).update(total=total)
    claim.refresh_from_db()
    return claim
