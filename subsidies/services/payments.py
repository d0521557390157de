"""Payment: a batch for the bank, made once, and what the bank answered. Only what it refused is ever sent again."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from django.db.models import F, OuterRef, Subquery, Sum
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk, exports
from city.files import store
from city.moves import NotAllowed, StepRefused, last_moves, move, move_all
from city.numbers import next_number
from city.trail import acting
from config.conflict import Conflict
from subsidies import computing
from subsidies.choices import ClaimState, ItemState, LineStanding, Scheme, Stage
from subsidies.models import Approval, BatchItem, Claim, ClaimLine, PayeeAccount, PaymentBatch
from subsidies.rules import FEN, ZERO
from subsidies.services import funds
from subsidies.services.deciding import CONFLICT, DONE, MOST, REFUSED, Result, held
from subsidies.workflow import CLAIM

PAY = "subsidies.pay_claims"
#: What the bank reads; its answer comes back in the sheet `bank_results`.
HEADINGS = ("批次号", "序号", "户名", "账号", "开户行", "金额", "用途")
_EARLIER = (Stage.ENTERED, Stage.CHECKED, Stage.REVIEWED, Stage.APPROVED)
_OVERTAKEN = gettext_lazy("Somebody was quicker, or this claim is not to be paid in its present state.")
_NOT_SHOWN = gettext_lazy("It was not shown to the public to the end, or an objection stands against it.")
_NOTHING_LEFT = gettext_lazy("Every payment of it waits for the bank or is paid.")


@dataclass(frozen=True)
class Made:
    """`batch` None: none of the claims could be paid. `results` tells of each claim."""

    batch: PaymentBatch | None
    results: list


@dataclass(frozen=True)
class Payment:
    claim: Claim
    account: PayeeAccount
    amount: Decimal


@dataclass(frozen=True)
class Answer:
    """What the bank did with a payment; `failure` says why it refused."""

    item: BatchItem
    state: str
    failure: str
    on: date


def make_batch(chosen, *, by, request=None):
    """Send the claims [(id, version seen)] to the bank as one file: of a claim partly paid, what the bank refused.

    Raises NotAllowed without the right, StepRefused for none or too many.
    """
    if not by.may(PAY):
        raise NotAllowed
    if not chosen:
        raise StepRefused("action", _("Choose at least one claim."))
    if len(chosen) > MOST:
        raise StepRefused("action", _("No more than %(most)s claims at once.") % {"most": MOST})
    seen = dict(chosen)
    with acting(posting=by, reason=_("Make a payment batch"), request=request):
        claims = held(seen, by)
        results = _not_to_pay(claims, seen, by)
        going = [claim for claim in claims if claim.pk not in results]
        payments = payments_of(going)
        batch = _write(payments, going, by) if payments else None
        numbers = {claim.pk: claim.number for claim in claims}
        unknown = partial(Result, number="", outcome=REFUSED, message=_("There is no such claim in your area."))
        done = {pk: Result(pk, number, DONE) for pk, number in numbers.items()}
        return Made(batch, [results.get(pk) or done.get(pk) or unknown(pk) for pk in seen])


def _not_to_pay(claims, seen, by):
    """{claim id: Result} of those that cannot be paid, and why."""
    overtaken = [claim for claim in claims if claim.version != seen[claim.pk] or claim.state not in _PAYABLE]
    last = last_moves(CLAIM, [claim.pk for claim in overtaken])
    found = {}
    for claim in overtaken:
        move_ = last.get(claim.pk)
        who = {"by": move_ and move_.staff, "at": move_ and move_.at}
        found[claim.pk] = Result(claim.pk, claim.number, CONFLICT, str(_OVERTAKEN), **who)
    why = obstacles([claim for claim in claims if claim.pk not in found], by)
    left = [claim.pk for claim in claims if claim.pk not in found and claim.pk not in why]
    why |= _differing(ClaimLine.objects.live().filter(claim__in=left))
    numbers = {claim.pk: claim.number for claim in claims}
    return found | {pk: Result(pk, numbers[pk], REFUSED, str(told)) for pk, told in why.items()}


_PAYABLE = (ClaimState.PUBLICISED, ClaimState.PAYING)


def to_pay(posting):
    """Claims of the posting's area whose notice has ended, and those of which the bank refused a payment."""
    claims = Claim.objects.visible_to(posting)
    again = BatchItem.objects.filter(claim__area__path__startswith=posting.area.path).to_send_again()
    return claims.payable_at(timezone.now()) | claims.filter(pk__in=again.values("claim"))


def amount_of(claims):
    """What of these claims (a QuerySet of `to_pay`) is still to be sent, in yuan."""
    whole = claims.filter(state=ClaimState.PUBLICISED).aggregate(sum=Sum("total"))["sum"] or ZERO
    again = BatchItem.objects.filter(claim__in=claims.values("pk")).to_send_again()
    return whole + (again.aggregate(sum=Sum("amount"))["sum"] or ZERO)


def obstacles(claims, by):
    """{claim id: why it cannot be paid by this posting}; a fixed number of questions, however many claims."""
    ids = [claim.pk for claim in claims]
    shown = set(Claim.objects.filter(pk__in=ids).payable_at(timezone.now()).values_list("pk", flat=True))
    again = set(BatchItem.objects.filter(claim__in=ids).to_send_again().values_list("claim", flat=True))
    doubts = dict(Claim.objects.filter(pk__in=ids).with_doubts().values_list("pk", "doubts"))
    steps, taken = _earlier_steps(ids), _taken_by(ids, by)
    lines = defaultdict(list)
    standing = ClaimLine.objects.exclude(standing=LineStanding.DROPPED).filter(claim__in=ids)
    for line in standing.select_related("account"):
        lines[line.claim_id].append(line)
    live = [line for own in lines.values() for line in own if line.standing == LineStanding.LIVE]
    changed = changed_accounts({line.account for line in live if line.account})
    checks = (
        (lambda claim: claim.state == ClaimState.PUBLICISED and claim.pk not in shown, _NOT_SHOWN),
        (lambda claim: claim.state == ClaimState.PAYING and claim.pk not in again, _NOTHING_LEFT),
        (
            lambda claim: claim.pk in taken,
            _("Somebody else must pay it: you took an earlier step yourself."),
        ),
        (lambda claim: steps[claim.pk] != set(_EARLIER), _("One of the four steps before the payment is missing.")),
        (lambda claim: doubts[claim.pk], _("Doubts about it are not cleared up yet.")),
        (
            lambda claim: any(line.approved is None or line.account is None for line in lines[claim.pk]),
            _("A line of it has no account or no approved amount: send it back."),
        ),
        (
            lambda claim: sum((line.approved or ZERO for line in lines[claim.pk]), ZERO) != claim.total,
            _("Its lines do not come to its amount: send it back."),
        ),
        (lambda claim: not claim.total, _("Nothing of it is to be paid.")),
        (
            lambda claim: any(line.account_id in changed for line in lines[claim.pk]),
            _("The bank account was changed since the approval: send it back to be checked again."),
        ),
    )
    found = {}
    for claim in claims:
        why = next((told for is_so, told in checks if is_so(claim)), None)
        if why:
            found[claim.pk] = str(why)
    return found


def _earlier_steps(claim_ids):
    """{claim id: the steps taken in its round}"""
    steps = defaultdict(set)
    rows = Approval.objects.filter(claim__in=claim_ids, round=F("claim__round"), stage__in=_EARLIER)
    for claim_id, stage in rows.values_list("claim", "stage"):
        steps[claim_id].add(stage)
    return steps


def _taken_by(claim_ids, by):
    """The claims of which the posting's person took an earlier step."""
    claims = Claim.objects.filter(pk__in=claim_ids).with_mine(by).filter(mine=True)
    return set(claims.values_list("pk", flat=True))


def changed_accounts(accounts):
    """The ids of those whose payee has since given another account or another holder."""
    newest = PayeeAccount.objects.filter(employer=OuterRef("employer"), resident=None)
    of_person = PayeeAccount.objects.filter(resident=OuterRef("resident"), employer=None)
    ids = [account.pk for account in accounts]
    last = {}
    for rows, latest in (
        (PayeeAccount.objects.filter(pk__in=ids, employer__isnull=False), newest),
        (PayeeAccount.objects.filter(pk__in=ids, resident__isnull=False), of_person),
    ):
        last |= rows.annotate(last=Subquery(latest.order_by("-pk").values("pk")[:1])).values_list("pk", "last")
    newer = PayeeAccount.objects.in_bulk(set(last.values()))
    return {
        account.pk
        for account in accounts
        if (account.account_hash, account.holder)
        != (newer[last[account.pk]].account_hash, newer[last[account.pk]].holder)
    }


def _differing(lines):
    """{claim id: why} where what is known today gives another amount than was approved on."""
    lines = list(lines.select_related("claim__area", "resident"))
    differing = computing.differing(lines)
    return {
        line.claim_id: _("%(name)s, %(month)s: %(why)s Send it back to be computed anew.")
        % {"name": line.resident.name, "month": f"{line.month:%Y-%m}", "why": differing[line.pk]}
        for line in lines
        if line.pk in differing
    }


def payments_of(claims):
    """What is still to be sent of the claims, one payment for each account, in the order of claims and accounts."""
    by_claim = {claim.pk: claim for claim in claims}
    sent = BatchItem.objects.filter(claim__in=by_claim).exclude(state=ItemState.FAILED)
    sent = set(sent.values_list("claim", "account"))
    sums = ClaimLine.objects.live().filter(claim__in=by_claim, approved__gt=0).order_by("claim", "account")
    rows = list(sums.values_list("claim", "account").annotate(sum=Sum("approved")))
    accounts = PayeeAccount.objects.in_bulk({account_id for _claim_id, account_id, _sum in rows})
    return [
        Payment(by_claim[claim_id], accounts[account_id], amount.quantize(FEN))
        for claim_id, account_id, amount in rows
        if (claim_id, account_id) not in sent
    ]


def still_to_send(claims):
    """{claim id: (yuan, how many payments)} of what is still to be sent."""
    found = {}
    for payment in payments_of(claims):
        amount, number = found.get(payment.claim.pk, (ZERO, 0))
        found[payment.claim.pk] = (amount + payment.amount, number + 1)
    return found


def _write(payments, claims, by):
    now = timezone.now()
    year = timezone.localdate(now).year
    number = f"ZF{by.area.code.rstrip('0')}-{year}-{next_number('batch', by.area, year):04}"
    stored = store(
        f"{number}.xlsx", _file(number, payments), content_type=exports.TYPES["xlsx"], posting=by, keep_days=None
    )
    batch = PaymentBatch.objects.create(
        number=number,
        area=by.area,
        made_by=by,
        made_at=now,
        items_count=len(payments),
        total=sum((payment.amount for payment in payments), ZERO),
        file=stored,
        sha256=stored.sha256,
    )
    names = ("batch_id", "sequence", "claim_id", "account_id", "amount", "state", "failure")
    rows = [
        (batch.pk, place, payment.claim.pk, payment.account.pk, payment.amount, ItemState.SENT.value, "")
        for place, payment in enumerate(payments, start=1)
    ]
    bulk.insert(BatchItem, names, rows)
    _approve(claims, by, now)
    _step(claims_in(claims, ClaimState.PUBLICISED), "pay", by)
    return batch


def _file(number, payments):
    """The bank reads Chinese, whatever the language of who pays."""
    with translation.override("zh-hans"):
        rows = [
            [
                number,
                place,
                payment.account.holder,
                payment.account.account,
                payment.account.bank,
                f"{payment.amount:.2f}",
                f"{Scheme(payment.claim.scheme).label} {payment.claim.number}",
            ]
            for place, payment in enumerate(payments, start=1)
        ]
    return exports.as_xlsx([HEADINGS, *rows])


def _approve(claims, by, now):
    """The fifth step of the round, taken once: what the bank refused is sent again under it."""
    paid = Approval.objects.filter(claim__in=[claim.pk for claim in claims], stage=Stage.PAID, round=F("claim__round"))
    known = set(paid.values_list("claim", flat=True))
    Approval.objects.bulk_create(
        Approval(
            claim=claim,
            round=claim.round,
            stage=Stage.PAID,
            staff_id=by.staff_id,
            posting=by,
            amount=claim.total,
            at=now,
        )
        for claim in claims
        if claim.pk not in known
    )


def claims_in(claims, state):
    return [claim for claim in claims if claim.state == state]


def _step(claims, action, by, **fields):
    _moved, overtaken = move_all(claims, action, workflow=CLAIM, by=by, **fields)
    if overtaken:
        raise Conflict(_OVERTAKEN)


def record_results(answers, *, by, request=None):
    """What the bank answered: money paid is posted, claims paid in full are settled, those it paid nothing of wait.

    Only payments that waited are changed. Inside the import's transaction, in a fixed number of statements.
    """
    if not by.may(PAY):
        raise NotAllowed
    with acting(posting=by, reason=_("Results of the bank"), request=request):
        claim_ids = {answer.item.claim_id for answer in answers}
        claims = list(Claim.objects.filter(pk__in=claim_ids).order_by("pk").select_for_update())
        waiting = BatchItem.objects.filter(pk__in=[answer.item.pk for answer in answers], state=ItemState.SENT)
        waiting = set(waiting.order_by("pk").select_for_update().values_list("pk", flat=True))
        answers = [answer for answer in answers if answer.item.pk in waiting]
        bulk.update(
            BatchItem,
            ("state", "failure", "answered_on"),
            [(answer.item.pk, answer.state, answer.failure, answer.on) for answer in answers],
        )
        _post(answers, {claim.pk: claim.fund_id for claim in claims}, by)
        _settle(claims_in(claims, ClaimState.PAYING), by)


def _post(answers, fund_of, by):
    """The money the bank paid leaves its funds: an entry for each claim and batch."""
    sums = defaultdict(lambda: defaultdict(Decimal))
    for answer in answers:
        if answer.state == ItemState.PAID:
            sums[answer.item.batch.number][answer.item.claim_id] += answer.item.amount
    for number, paid in sorted(sums.items()):
        parts = [funds.Part(fund_of[claim_id], claim_id, amount) for claim_id, amount in sorted(paid.items())]
        funds.pay(parts, by=by, words=number)


def _settle(claims, by):
    """Claims with every account paid are paid, on the bank's last day; those with no account paid or waiting wait."""
    ids = [claim.pk for claim in claims]
    wanted, paid, waiting = defaultdict(set), defaultdict(dict), set()
    lines = ClaimLine.objects.live().filter(claim__in=ids, approved__gt=0)
    for claim_id, account_id in lines.values_list("claim", "account").distinct():
        wanted[claim_id].add(account_id)
    items = BatchItem.objects.filter(claim__in=ids).exclude(state=ItemState.FAILED)
    for claim_id, account_id, state, day in items.values_list("claim", "account", "state", "answered_on"):
        if state == ItemState.PAID:
            paid[claim_id][account_id] = day
        else:
            waiting.add(claim_id)
    by_day = defaultdict(list)
    for claim in claims:
        if wanted[claim.pk] <= set(paid[claim.pk]):
            by_day[max(paid[claim.pk].values())].append(claim)
    for day in sorted(by_day):
        _step(by_day[day], "settle", by, paid_on=day)
    _step([claim for claim in claims if not paid[claim.pk] and claim.pk not in waiting], "hold", by)


def leave_out_refused(*, claim_id, version, by, words, request=None):
    """What the bank refused of a claim partly paid is given up: those lines come off, their months are free again.

    Raises Conflict when it was changed meanwhile, StepRefused while the bank has not answered everything.
    """
    if not by.may(PAY):
        raise NotAllowed
    if not words.strip():
        raise StepRefused("words", _("Say it in words."))
    with acting(posting=by, reason=_("Refused payments left out"), request=request):
        claim = Claim.objects.visible_to(by).select_for_update(of=("self",)).get(pk=claim_id)
        if claim.state != ClaimState.PAYING or claim.version != version:
            raise Conflict(_OVERTAKEN)
        items = BatchItem.objects.filter(claim=claim)
        if items.filter(state=ItemState.SENT).exists():
            raise StepRefused("action", _("The bank has not answered every payment of this claim yet."))
        paid = items.filter(state=ItemState.PAID)
        lines = ClaimLine.objects.live().filter(claim=claim)
        out = lines.exclude(account__in=paid.values("account"))
        given_up = out.aggregate(sum=Sum("approved"))["sum"] or ZERO
        funds.release([funds.Part(claim.fund_id, claim.pk, given_up)], by=by)
        out.update(standing=LineStanding.DROPPED, approved_words=words[:200])
        paid_on = paid.latest("answered_on").answered_on
        left = claim.total - given_up
        return move(claim, "settle", workflow=CLAIM, by=by, version=version, words=words, total=left, paid_on=paid_on)
