"""What other offices know of persons: deaths, pensions, businesses, insurance elsewhere, prison.

Persons nobody knows here are kept too: they may become known.
"""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk
from city.ciphers import keyed_hash
from city.rules import birth_date_of
from city.sheets.columns import Column, choice_column, day, id_number_column, text
from city.sheets.registry import CHANGED, NEW, SheetKind
from households.choices import OutsideKind
from households.models import OutsideFact
from households.sheets.known import among

KINDS = {
    "死亡": OutsideKind.DEATH.value,
    "养老待遇": OutsideKind.PENSION.value,
    "工商登记": OutsideKind.BUSINESS.value,
    "异地参保": OutsideKind.INSURED_ELSEWHERE.value,
    "服刑": OutsideKind.PRISON.value,
}
_KEY = ("id_hash", "kind", "started_on")
_CONTENT = ("ended_on", "place", "source")


@dataclass(slots=True, eq=False)
class Known:
    id: int | None
    content: tuple
    told: bool = False  # a row of this file has said it


class OutsideFactsPlan:
    def __init__(self, terms):
        self.terms = terms
        self._facts = {}  # key: Known
        self._loaded = set()

    def take(self, rows):
        keys = [self._key(row) for row in rows]
        self._load({key[0] for key in keys if key})
        new, changed = {}, {}
        for row, key in zip(rows, keys, strict=True):
            if key and not row.errors:
                self._take(row, key, new, changed)
        if self.terms.write:
            self._write(new, changed)

    def finish(self):
        """Everything is written with its chunk."""

    @staticmethod
    def _key(row):
        number, kind, started_on, ended_on, _place, _source = row.values
        if started_on:
            if started_on > timezone.localdate():
                row.refuse("起始日期", _("This day lies ahead; what has not begun is not known yet."))
            if number and started_on < birth_date_of(number):
                row.refuse("起始日期", _("The day lies before the birth date."))
            if ended_on and ended_on < started_on:
                row.refuse("终止日期", _("The end lies before the beginning."))
        if kind == OutsideKind.DEATH and ended_on:
            row.refuse("终止日期", _("A death has no end."))
        return (keyed_hash(number), kind, started_on) if number and kind and started_on else None

    def _load(self, hashes):
        fresh = hashes - self._loaded
        self._loaded |= fresh
        if not fresh:
            return
        stored = OutsideFact.objects.filter(id_hash__in=among(fresh))
        for key, *values in stored.values_list("id", *_KEY, *_CONTENT):
            self._facts[tuple(values[:3])] = Known(key, tuple(values[3:]))

    def _take(self, row, key, new, changed):
        fact = self._facts.get(key)
        before = fact.content if fact else (None, "", "")
        # An empty cell leaves what is known.
        told = tuple(cell if cell is not None else known for cell, known in zip(row.values[3:], before, strict=True))
        if fact is None:
            fact = self._facts[key] = new[key] = Known(None, told)
            row.outcome = NEW
        elif fact.content != told:
            if fact.told:
                row.refuse("种类", _("An earlier row tells this otherwise."))
                return
            fact.content = told
            row.outcome = CHANGED
            changed[fact] = None
        fact.told = True

    @staticmethod
    def _write(new, changed):
        bulk.update(OutsideFact, _CONTENT, [(fact.id, *fact.content) for fact in changed])
        rows = [(*key, *fact.content) for key, fact in new.items()]
        keys = bulk.insert_returning_ids(OutsideFact, (*_KEY, *_CONTENT), rows)
        for fact, key in zip(new.values(), keys, strict=True):
            fact.id = key


OUTSIDE_FACTS = (
    id_number_column(required=True, help=gettext_lazy("as text; persons not known here are kept too")),
    choice_column("种类", KINDS, required=True),
    Column("起始日期", day, required=True, help=gettext_lazy("of a death its day; not a day to come")),
    Column("终止日期", day, help=gettext_lazy("the last day; empty: it goes on")),
    Column("单位", text(120), help=gettext_lazy("the employer, business, court or insurance office")),
    Column("来源", text(60), help=gettext_lazy("the office that told it")),
)

KIND = SheetKind(
    name="outside_facts",
    title=gettext_lazy("Outside facts"),
    columns=OUTSIDE_FACTS,
    key="种类",
    permission="households.import_outside",
    plan=OutsideFactsPlan,
)
