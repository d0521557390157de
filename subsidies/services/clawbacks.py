"""Public money asked back: opened by the district for a paid line, received by finance, settled or written off."""

from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from city.choices import AreaLevel
from city.moves import NotAllowed, StepRefused, begin, move
from city.numbers import next_number
from city.trail import acting
from config.conflict import Conflict
from subsidies.choices import ClawbackState, LineStanding
from subsidies.models import ClaimLine, Clawback, Instalment
from subsidies.rules import ZERO
from subsidies.services import funds
from subsidies.workflow import CLAWBACK

RECLAIM, PAY = "subsidies.reclaim_money", "subsidies.pay_claims"


def left_to_reclaim(line):
    """How much of a paid line may still be asked back, in yuan."""
    asked = line.clawbacks.aggregate(sum=Sum("amount"))["sum"] or ZERO
    return (line.approved or ZERO) - asked


def open_clawback(*, line_id, amount, cause, explanation, by, request=None):
    """Ask back what a line was paid, in part or in full. What was asked back before, even if written off, counts."""
    if not by.may(RECLAIM):
        raise NotAllowed
    with acting(posting=by, reason=_("Money reclaimed"), request=request):
        line = _held_line(line_id, by)
        if not ClaimLine.objects.live().paid().filter(pk=line.pk).exists():
            raise StepRefused("action", _("Only what the bank has paid can be asked back."))
        if line.clawbacks.filter(state=ClawbackState.OPEN).exists():
            raise StepRefused("action", _("Money of this line is being asked back already."))
        left = left_to_reclaim(line)
        if not ZERO < amount <= left:
            raise StepRefused(
                "amount", _("Between 0.01 and %(left)s yuan can be asked back.") % {"left": f"{left:,.2f}"}
            )
        if not explanation.strip():
            raise StepRefused("explanation", _("Say it in words."))
        today = timezone.localdate()
        clawback = Clawback(
            number=_number(line.claim.area, today.year),
            line=line,
            area=line.claim.area,
            amount=amount,
            cause=cause,
            explanation=explanation,
            opened_on=today,
        )
        return begin(clawback, workflow=CLAWBACK, by=by, action="open", request=request)


def _held_line(line_id, by):
    lines = ClaimLine.objects.visible_to(by).select_related("claim__area")
    return lines.select_for_update(of=("self",)).get(pk=line_id)


def _number(area, year):
    """One series for a district, whatever community the claim is of."""
    while area.level not in (AreaLevel.DISTRICT, AreaLevel.CITY):
        area = area.parent
    return f"ZH{area.code.rstrip('0')}-{year}-{next_number('clawback', area, year):04}"


def receive(*, clawback_id, version, amount, received_on, voucher, by, request=None):
    """Money that came back: it returns to its fund, and with the last of it the clawback is settled.

    A line reclaimed in full is off its claim: its month may be claimed again by who is entitled to it.
    """
    if not by.may(PAY):
        raise NotAllowed
    with acting(posting=by, reason=_("Money received back"), request=request):
        clawback = _held(clawback_id, version, by)
        left = clawback.amount - received_of(clawback)
        _check_instalment(clawback, left, amount, received_on, voucher)
        Instalment.objects.create(
            clawback=clawback, amount=amount, received_on=received_on, voucher=voucher, posting=by
        )
        claim = clawback.line.claim
        funds.recover([funds.Part(claim.fund_id, claim.pk, amount)], by=by, words=clawback.number)
        if amount < left:
            return _counted(clawback)
        settled = move(clawback, "settle", workflow=CLAWBACK, by=by, version=version, request=request)
        _reverse(settled.line)
        return settled


def _check_instalment(clawback, left, amount, received_on, voucher):
    if not ZERO < amount <= left:
        raise StepRefused("amount", _("Between 0.01 and %(left)s yuan are still owed.") % {"left": f"{left:,.2f}"})
    if not clawback.opened_on <= received_on <= timezone.localdate():
        raise StepRefused("received_on", _("Not before it was asked back, nor on a day to come."))
    if clawback.instalments.filter(voucher=voucher).exists():
        raise StepRefused("voucher", _("This voucher is entered already."))


def _counted(clawback):
    """The page a second person looks at has grown old with every instalment."""
    Clawback.objects.filter(pk=clawback.pk).update(version=clawback.version + 1)
    clawback.refresh_from_db()
    return clawback


def _reverse(line):
    settled = line.clawbacks.filter(state=ClawbackState.SETTLED).aggregate(sum=Sum("amount"))["sum"] or ZERO
    if settled >= line.approved:
        ClaimLine.objects.live().filter(pk=line.pk).update(standing=LineStanding.REVERSED)


def _held(clawback_id, version, by):
    clawback = Clawback.objects.visible_to(by).select_for_update(of=("self",)).get(pk=clawback_id)
    if clawback.state != ClawbackState.OPEN or clawback.version != version:
        raise Conflict(_("This clawback was changed or ended meanwhile."))
    return clawback


def received_of(clawback):
    """What came back so far, in yuan."""
    return clawback.instalments.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def take_step(*, clawback_id, action, version, reason, words, by, request=None):
    """A step its buttons offer: writing off what is left, by another person than who opened it."""
    clawback = Clawback.objects.visible_to(by).get(pk=clawback_id)
    return move(
        clawback, action, workflow=CLAWBACK, by=by, version=version, reason=reason, words=words, request=request
    )
