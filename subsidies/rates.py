"""Which signed rate holds, for one question or for a hundred thousand, in one query.

The rate in force on the first day of the benefit month counts. The nearest area that has a fitting one decides; in it
the most contract months reached, then the narrowest circle of persons, then the latest day.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from subsidies.choices import Favoured, Scheme
from subsidies.models import Rate
from subsidies.rules import Terms


@dataclass(frozen=True)
class Asked:
    """Whose rate: `path_ids` are those of the paying area, from the city down; `month` is its first day."""

    scheme: str
    path_ids: tuple
    month: date
    contract_months: int = 0
    hardship: bool = False


class RateTable:
    """Every signed rate of some schemes, to be looked up without queries."""

    def __init__(self, schemes):
        self._rates = {}
        signed = Rate.objects.signed().filter(scheme__in=set(schemes)).select_related("document")
        for rate in sorted(signed, key=_narrowest, reverse=True):
            self._rates.setdefault((rate.scheme, rate.area_id), []).append((rate, terms_of(rate)))

    def terms_for(self, asked):
        """The `Terms` that hold, or None."""
        for area_id in reversed(asked.path_ids):
            for rate, terms in self._rates.get((asked.scheme, area_id), ()):
                if _fits(rate, asked):
                    return terms
        return None


def standing_on(day):
    """The signed rates that hold on the day, without those a later one took the place of; in the order of schemes."""
    latest = {}
    signed = Rate.objects.signed().in_force_on(day).select_related("area", "document")
    for rate in signed.order_by("in_force_from"):
        latest[rate.scheme, rate.area_id, rate.favoured, rate.contract_months] = rate
    order = list(Scheme)
    return sorted(
        latest.values(), key=lambda rate: (order.index(rate.scheme), rate.area.path, rate.contract_months, rate.pk)
    )


def terms_of(rate):
    """A stored rate as the pure rules know it."""
    return Terms(
        basis=rate.basis,
        document=rate.document.number,
        rate=rate.pk,
        in_force_from=rate.in_force_from,
        share=Fraction(rate.share) if rate.share else None,
        contribution=Fraction(rate.contribution) if rate.contribution else None,
        amount=rate.amount,
        ceiling=rate.ceiling,
        contract_months=rate.contract_months,
        second_half_after=rate.second_half_after,
    )


def _narrowest(rate):
    return rate.contract_months, rate.favoured == Favoured.HARDSHIP, rate.in_force_from


def _fits(rate, asked):
    return (
        rate.in_force_from <= asked.month
        and (rate.in_force_to is None or rate.in_force_to >= asked.month)
        and rate.contract_months <= asked.contract_months
        and (asked.hardship or rate.favoured != Favoured.HARDSHIP)
    )
