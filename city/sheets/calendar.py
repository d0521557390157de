"""The public calendar: holidays and the days worked instead, as the State Council announces them each autumn."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk
from city.models import CalendarDay
from city.sheets.columns import Column, day, text, yes_no_column
from city.sheets.registry import CHANGED, NEW, SheetKind


class CalendarPlan:
    def __init__(self, terms):
        self.terms = terms
        self._known = {row[0]: row[1:] for row in CalendarDay.objects.values_list("day", "is_working", "name")}
        self._told = {}

    def take(self, rows):
        new, changed = [], []
        for row in rows:
            if row.errors:
                continue
            on, is_working, name = row.values
            known = self._known.get(on)
            told = is_working, name if name is not None else known[1] if known else ""
            if self._told.setdefault(on, told) != told:
                row.refuse("日期", _("An earlier row tells this day otherwise."))
                continue
            if known is None:
                new.append((on, *told))
                row.outcome = NEW
            elif known != told:
                changed.append(CalendarDay(on, *told))
                row.outcome = CHANGED
            self._known[on] = told
        if self.terms.write:
            bulk.insert(CalendarDay, ("day", "is_working", "name"), new)
            if changed:
                CalendarDay.objects.bulk_update(changed, ["is_working", "name"])

    def finish(self):
        """Everything is written with the one chunk."""


KIND = SheetKind(
    name="calendar",
    title=gettext_lazy("Working-day calendar"),
    columns=(
        Column("日期", day, required=True),
        yes_no_column("工作日", required=True),
        Column("名称", text(40), help=gettext_lazy("of the holiday")),
    ),
    key="日期",
    permission="city.edit_calendar",
    plan=CalendarPlan,
    chunk=None,
)
