"""Public money: what is allotted, reserved, paid out and recovered. The only place that writes a fund or its entries.

A fund's sums change by conditional statements, each with its entries in the same transaction: never below zero, and
always what the entries come to.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from city.moves import NotAllowed, StepRefused
from city.trail import acting
from subsidies.choices import EntryKind
from subsidies.models import Fund, FundEntry, in_fen

ALLOT = "subsidies.allot_funds"


@dataclass(frozen=True)
class Part:
    """What one claim moves of one fund, in yuan."""

    fund_id: int
    claim_id: int
    amount: Decimal


#: What an entry adds to which sum of the fund, and what must hold for it.
_CHANGES = {
    EntryKind.RESERVE: {"reserved": 1},
    EntryKind.RELEASE: {"reserved": -1},
    EntryKind.PAY: {"reserved": -1, "spent": 1},
    EntryKind.RECOVER: {"spent": -1},
}


class FundShort(StepRefused):
    """The fund does not hold what is to be taken from it."""

    def __init__(self):
        super().__init__("action", _("The fund has not enough money left for it."))


def allot(*, area, source, purpose, year, amount, words, by, request=None):
    """Money for a level and a year; a negative amount takes back what nothing is reserved of. Returns the fund."""
    if not by.may(ALLOT) or not area.path.startswith(by.area.path):
        raise NotAllowed
    with acting(posting=by, reason=_("Money allotted"), request=request):
        fund, _made = Fund.objects.get_or_create(area=area, source=source, purpose=purpose, year=year)
        kept = Q(allotted__gte=in_fen(F("reserved") + F("spent") - amount))
        if not amount or not Fund.objects.filter(kept, pk=fund.pk).update(allotted=in_fen(F("allotted") + amount)):
            raise StepRefused("amount", _("No more can be taken back than is left of the fund."))
        FundEntry.objects.create(
            fund=fund, kind=EntryKind.ALLOT, amount=amount, words=words, posting=by, at=timezone.now()
        )
        fund.refresh_from_db()
        return fund


def reserve(parts, *, by):
    """Hold money for approved claims. Raises FundShort when a fund has not enough left; nothing is held then."""
    _post(EntryKind.RESERVE, parts, by)


def release(parts, *, by):
    """Give back what was held for claims that are sent back or rejected."""
    _post(EntryKind.RELEASE, parts, by)


def pay(parts, *, by, words=""):
    """What was held is paid out. `by` None: the bank's answer came in by a command."""
    _post(EntryKind.PAY, parts, by, words)


def recover(parts, *, by, words=""):
    """What was paid came back."""
    _post(EntryKind.RECOVER, parts, by, words)


def _post(kind, parts, by, words=""):
    """One statement a fund, in the order of their keys, and all entries at once. Inside the caller's `acting()`."""
    parts = [part for part in parts if part.amount]
    sums = defaultdict(Decimal)
    for part in parts:
        sums[part.fund_id] += part.amount
    with acting(posting=by, reason=str(kind.label)):
        for fund_id in sorted(sums):
            if not _change(kind, fund_id, sums[fund_id]):
                raise FundShort
        now = timezone.now()
        FundEntry.objects.bulk_create(
            FundEntry(
                fund_id=part.fund_id,
                kind=kind,
                amount=part.amount,
                claim_id=part.claim_id,
                words=words,
                posting=by,
                at=now,
            )
            for part in parts
        )


def _change(kind, fund_id, amount):
    """Whether the fund holds it, changed by this very statement."""
    change = {name: in_fen(F(name) + sign * amount) for name, sign in _CHANGES[kind].items()}
    holds = {f"{name}__gte": amount for name, sign in _CHANGES[kind].items() if sign < 0}
    funds = Fund.objects.filter(pk=fund_id, **holds)
    if kind == EntryKind.RESERVE:
        funds = funds.filter(allotted__gte=in_fen(F("reserved") + F("spent") + amount))
    return funds.update(**change)


def fund_for(claims, year):
    """{claim id: the fund that pays it}: of its area or the nearest above it, one for its scheme before one for any.

    A claim without a fund is left out. Two queries, however many claims; they come with their area.
    """
    found = {}
    funds = list(Fund.objects.filter(year=year).select_related("area").order_by("pk"))
    by_place = defaultdict(list)
    for fund in funds:
        by_place[fund.area_id].append(fund)
    for claim in claims:
        fund = _nearest(claim, by_place)
        if fund is not None:
            found[claim.pk] = fund
    return found


def _nearest(claim, by_place):
    for area_id in reversed(claim.area.path_ids):
        for purpose in (claim.scheme, ""):
            for fund in by_place.get(area_id, ()):
                if fund.purpose == purpose:
                    return fund
    return None


def fitting(claims, amounts, funds):
    """The claims there is money for, the oldest first, and {fund id: Fund, its row held until the transaction ends}.

    `amounts`: {claim id: yuan}. `funds`: {claim id: fund}.
    """
    wanted = {fund.pk for fund in funds.values()}
    held = {fund.pk: fund for fund in Fund.objects.filter(pk__in=wanted).order_by("pk").select_for_update()}
    left = {key: fund.allotted - fund.reserved - fund.spent for key, fund in held.items()}
    fits = []
    for claim in claims:
        fund = funds.get(claim.pk)
        if fund is not None and left[fund.pk] >= amounts[claim.pk]:
            left[fund.pk] -= amounts[claim.pk]
            fits.append(claim)
    return fits, left
