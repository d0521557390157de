"""Money as pure functions: exact fractions in, whole fen out, every yuan with its explanation.

Rounding: every amount is cut to the fen, never raised, so that nobody is paid more than the document gives.
"""

import calendar
import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from city.rules import add_months
from subsidies.choices import Basis

FEN = Decimal("0.01")
ZERO = Decimal("0.00")


def cut_to_fen(exact):
    """A Fraction of yuan as Decimal, cut to the fen: Fraction(2, 3) → 0.66."""
    fen = exact * 100
    return Decimal(fen.numerator // fen.denominator).scaleb(-2).quantize(FEN, rounding=ROUND_FLOOR)


@dataclass(frozen=True)
class Terms:
    """One signed rate: `share` of the basis (for contributions, of `contribution` times the base), or `amount` a unit.

    `ceiling` yuan a line at most. `document` and `rate` name where it stands. `second_half_after` so many insured
    months, of a scheme that pays in halves.
    """

    basis: str
    document: str
    rate: int
    in_force_from: date
    share: Fraction | None = None
    contribution: Fraction | None = None
    amount: Decimal | None = None
    ceiling: Decimal | None = None
    contract_months: int = 0
    second_half_after: int | None = None


@dataclass(frozen=True)
class Computed:
    """`amount` in yuan; `basis` is plain JSON that explains it without anything else, `digest` its SHA-256."""

    amount: Decimal
    basis: dict
    digest: str


def compute(terms, value, *, part=Fraction(1), facts=None):
    """What a rate gives for a basis of `value` (yuan, days or persons); `part` is the instalment of it.

    `facts` is what is known of person, job and household, frozen with the amount.
    """
    unit = Fraction(terms.amount) if terms.share is None else terms.share
    contribution = terms.contribution if terms.contribution is not None else Fraction(1)
    exact = unit * Fraction(value) * contribution * part
    amount = cut_to_fen(exact)
    capped = terms.ceiling is not None and amount > terms.ceiling
    if capped:
        amount = terms.ceiling.quantize(FEN)
    basis = {
        "basis": str(terms.basis),
        "value": str(value),
        "share": str(terms.share) if terms.share is not None else None,
        "contribution": str(terms.contribution) if terms.contribution is not None else None,
        "unit": str(terms.amount) if terms.share is None else None,
        "part": str(part),
        "ceiling": str(terms.ceiling) if terms.ceiling is not None else None,
        "capped": capped,
        "contract_months": terms.contract_months,
        "document": terms.document,
        "rate": terms.rate,
        "in_force_from": terms.in_force_from.isoformat(),
        "amount": str(amount),
        "facts": facts or {},
    }
    return Computed(amount, basis, digest_of(basis))


def digest_of(basis):
    """SHA-256 over the basis as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(basis, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def amount_again(basis):
    """The amount a frozen basis gives, computed anew from its own figures."""
    return _computed_from(basis, _terms_in(basis)).amount


def amount_uncapped(basis):
    """What it would give without its ceiling: the amount asked for."""
    return _computed_from(basis, replace(_terms_in(basis), ceiling=None)).amount


def fee_of(basis):
    """The fee a frozen basis rests on, or None."""
    fee = basis.get("facts", {}).get("fee")
    return Decimal(fee) if fee is not None else None


def _terms_in(basis):
    return Terms(
        basis=Basis(basis["basis"]),
        document=basis["document"],
        rate=basis["rate"],
        in_force_from=date.fromisoformat(basis["in_force_from"]),
        share=Fraction(basis["share"]) if basis["share"] is not None else None,
        contribution=Fraction(basis["contribution"]) if basis["contribution"] is not None else None,
        amount=Decimal(basis["unit"]) if basis["unit"] is not None else None,
        ceiling=Decimal(basis["ceiling"]) if basis["ceiling"] is not None else None,
        contract_months=basis["contract_months"],
    )


def _computed_from(basis, terms):
    return compute(terms, Decimal(basis["value"]), part=Fraction(basis["part"]))


def month_of(day):
    return day.replace(day=1)


def last_day_of(month):
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def months(first, last):
    """The first days of the months from `first` to `last`, both included."""
    month = month_of(first)
    while month <= last:
        yield month
        month = add_months(month, 1)


def days_within(month, first_on, last_on):
    """How many days of the month lie in a stretch of days, both ends included; `last_on` None: it goes on."""
    first = max(month, first_on)
    last = min(last_day_of(month), last_on or last_day_of(month))
    return max((last - first).days + 1, 0)


def last_month_paid(first_month, first_approved_on, retires_on, max_months, near_retirement_years):
    """The last month a person's subsidy may be paid for (财社〔2023〕181号).

    `max_months` from the first month on; until retirement for those with fewer years left than
    `near_retirement_years` at the first approval. Never the month of retirement or a later one.
    """
    before_retirement = add_months(month_of(retires_on), -1)
    near = add_months(first_approved_on, 12 * near_retirement_years) > retires_on
    by_term = add_months(first_month, max_months - 1)
    return before_retirement if near else min(by_term, before_retirement)
