"""Who could be on a claim before it is entered: each person's months and amount, and why other months are left out."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from households.models import Resident
from subsidies.rules import ZERO


@dataclass
class LeftOut:
    """Months of one person that the same reason leaves out."""

    reason: str
    months: list[date]


@dataclass
class Row:
    resident: Resident
    months: list = field(default_factory=list)
    amount: Decimal = ZERO
    left_out: list = field(default_factory=list)

    def leave_out(self, month, reason):
        if self.left_out and self.left_out[-1].reason == reason:
            self.left_out[-1].months.append(month)
        else:
            self.left_out.append(LeftOut(reason, [month]))


@dataclass(frozen=True)
class Preview:
    entitled: list
    refused: list

    @property
    def amount(self):
        return sum((row.amount for row in self.entitled), ZERO)

    @property
    def months(self):
        return sum(len(row.months) for row in self.entitled)


def preview(candidates):
    """Those with something to claim, and those with nothing, each in the order of their names."""
    rows = {}
    for one in candidates:
        row = rows.setdefault(one.resident.pk, Row(one.resident))
        if one.entitled:
            row.months.append(one.month)
            row.amount += one.computed.amount
        else:
            row.leave_out(one.month, one.reason)
    ordered = sorted(rows.values(), key=lambda row: (row.resident.name, row.resident.pk))
    return Preview([row for row in ordered if row.months], [row for row in ordered if not row.months])
