"""Monthly minimum wages by area and day."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk
from city.models import MinimumWage
from city.sheets.columns import CellError, Column, day, division_code, money
from city.sheets.places import Places
from city.sheets.registry import CHANGED, NEW, SheetKind


def wage(value):
    amount = money(value)
    if not amount:
        raise CellError(_("A minimum wage is more than nothing."))
    return amount


class MinimumWagesPlan:
    def __init__(self, terms):
        self.terms = terms
        self._places = Places(terms)
        rows = MinimumWage.objects.values_list("area_id", "in_force_from", "id", "monthly")
        self._known = {row[:2]: row[2:] for row in rows}
        self._told = {}

    def take(self, rows):
        new, changed = [], []
        for row in rows:
            code, in_force_from, monthly = row.values
            place = self._places.named(row, "区划代码", code)
            if row.errors:
                continue
            key = place.id, in_force_from
            if self._told.setdefault(key, monthly) != monthly:
                row.refuse("月最低工资", _("An earlier row gives another amount for this area and day."))
                continue
            stored, known = self._known.get(key, (None, None))
            if known is None:
                new.append((*key, monthly))
                row.outcome = NEW
            elif known != monthly:
                changed.append((stored, monthly))
                row.outcome = CHANGED
            self._known[key] = stored, monthly
        if self.terms.write:
            bulk.insert(MinimumWage, ("area_id", "in_force_from", "monthly"), new)
            bulk.update(MinimumWage, ("monthly",), changed)

    def finish(self):
        """Everything is written with the one chunk."""


KIND = SheetKind(
    name="minimum_wages",
    title=gettext_lazy("Minimum wages"),
    columns=(
        Column("区划代码", division_code, required=True, help=gettext_lazy("the area and everything below it")),
        Column("生效日期", day, required=True),
        Column("月最低工资", wage, required=True, help=gettext_lazy("yuan, at most two decimals")),
    ),
    key="区划代码",
    permission="city.import_frame",
    plan=MinimumWagesPlan,
    chunk=None,
)
