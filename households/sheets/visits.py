"""Visits to households. A completed one with 情况无变化 confirms, on its day, what was then said of every member."""

from dataclasses import dataclass

from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk
from city.sheets.registry import CHANGED, NEW, SheetKind
from households import ledger
from households.choices import VisitOutcome, VisitWay
from households.models import Membership, Visit
from households.sheets.columns import VISITS
from households.sheets.households_of import KnownHouseholds
from households.sheets.undoing import touched_by_visits

_KEY = ("household_id", "visited_on", "way", "visitor")
_CONTENT = ("outcome", "unchanged", "note")
_COUNTS = ExpressionWrapper(Q(outcome=VisitOutcome.COMPLETED), BooleanField())


@dataclass(slots=True, eq=False)
class Known:
    id: int | None
    content: tuple
    told: bool = False  # a row of this file has said it
    corrected: bool = False  # by a visit of its own

    def confirms(self):
        return self.content[0] == VisitOutcome.COMPLETED and self.content[1]


class VisitsPlan:
    def __init__(self, terms):
        self.terms = terms
        self._households = KnownHouseholds(terms)
        self._visits = {}  # key: [Known], the one that counts last
        self._loaded = set()
        self._confirmed = set()  # households whose confirmations changed

    def take(self, rows):
        household_ids = self._households.of(rows)
        keys = [self._key(row, household_id) for row, household_id in zip(rows, household_ids, strict=True)]
        self._load({key[:2] for key in keys if key})
        new, changed = {}, {}
        for row, key in zip(rows, keys, strict=True):
            if key and not row.errors:
                self._take(row, key, new, changed)
        if self.terms.write:
            self._write(new, changed)

    def finish(self):
        if self.terms.write and self._confirmed:
            members = Membership.objects.filter(household_id__in=self._confirmed)
            ledger.rebuild(members.values_list("resident_id", flat=True))

    def _key(self, row, household_id):
        _code, _number, visited_on, _outcome, way, visitor, _unchanged, _note = row.values
        if visited_on and visited_on > timezone.localdate():
            row.refuse("走访日期", _("A visit cannot lie in the future."))
        if not household_id or not visited_on:
            return None
        return household_id, visited_on, way or VisitWay.DOOR.value, visitor or ""

    def _load(self, wanted):
        fresh = wanted - self._loaded
        self._loaded |= fresh
        if not fresh:
            return
        days = {day for _household_id, day in fresh}
        stored = Visit.objects.filter(
            household_id__in={key for key, _day in fresh}, visited_on__range=(min(days), max(days)), corrects=None
        )
        stored = stored.order_by(_COUNTS, F("visited_at").asc(nulls_first=True), "pk")
        for key, corrected, *values in stored.values_list("id", "superseded", *_KEY, *_CONTENT):
            if tuple(values[:2]) in fresh:
                known = Known(key, tuple(values[4:]), corrected=corrected)
                self._visits.setdefault(tuple(values[:4]), []).append(known)

    def _take(self, row, key, new, changed):
        visit = self._meant(row, key)
        before = visit.confirms() if visit else False
        told = _content(row, visit)
        if visit is None:
            visit = new[key] = Known(None, told)
            self._visits[key] = [visit]
            row.outcome = NEW
        elif visit.content != told:
            if visit.corrected:
                row.refuse("走访日期", _("This visit was corrected on its page: a sheet changes it no more."))
                return
            if visit.told:
                row.refuse("结果", _("An earlier row tells this visit otherwise."))
                return
            visit.content = told
            row.outcome = CHANGED
            if visit.id:
                changed[visit] = None
        visit.told = True
        if before != visit.confirms():
            self._confirmed.add(key[0])

    def _meant(self, row, key):
        """A row gives no time: of several visits of a day it means the one that says the same, else the last."""
        known = self._visits.get(key, ())
        return next((one for one in known if one.content == _content(row, one)), known[-1] if known else None)

    @staticmethod
    def _write(new, changed):
        bulk.update(Visit, _CONTENT, [(visit.id, *visit.content) for visit in changed])
        # One moment for the whole chunk: when it was entered, not when it happened.
        now = timezone.now()
        rows = [(*key, *visit.content, now) for key, visit in new.items()]
        keys = bulk.insert_returning_ids(Visit, (*_KEY, *_CONTENT, "entered_at"), rows)
        for visit, key in zip(new.values(), keys, strict=True):
            visit.id = key


def _content(row, visit):
    """情况无变化 means something of a completed visit only; an empty cell leaves what is known of the visit."""
    outcome, unchanged, note = row.values[3], row.values[6], row.values[7]
    if unchanged is None:
        unchanged = visit is not None and visit.content[1]
    if note is None:
        note = visit.content[2] if visit else ""
    return outcome, unchanged and outcome == VisitOutcome.COMPLETED, note


KIND = SheetKind(
    name="visits",
    title=gettext_lazy("Visits"),
    columns=VISITS,
    key="走访日期",
    permission="city.import_sheets",
    plan=VisitsPlan,
    touched=touched_by_visits,
    settle=ledger.rebuild,
)
