"""The ledger of zero-employment households: the only sheet that opens and ends episodes."""

from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk
from city.rules import FAR_FUTURE
from city.sheets.registry import CHANGED, NEW, SheetKind
from households.choices import WithdrawalReason
from households.models import ZeroEmploymentEpisode
from households.sheets.columns import ZERO_HOUSEHOLDS
from households.sheets.households_of import KnownHouseholds

_HEADINGS = {
    "card_number": "卡号",
    "eliminated_on": "消除日期",
    "withdrawn_on": "退出日期",
    "withdrawal_reason": "退出原因",
}
_FIELDS = tuple(_HEADINGS)


@dataclass(slots=True, eq=False)
class Episode:
    household_id: int
    certified_on: date
    id: int | None = None
    card_number: str = ""
    eliminated_on: date | None = None
    withdrawn_on: date | None = None
    withdrawal_reason: str = ""
    told: set = field(default_factory=set)  # fields a row of this file has spoken of

    def end(self):
        """The first day it is no longer open."""
        return self.eliminated_on or self.withdrawn_on or FAR_FUTURE


class ZeroHouseholdsPlan:
    def __init__(self, terms):
        self.terms = terms
        self._households = KnownHouseholds(terms)
        self._episodes = {}  # household id: episodes, stored and of this file alike

    def take(self, rows):
        household_ids = self._households.of(rows)
        self._load({key for key in household_ids if key})
        new, changed = [], {}
        for row, household_id in zip(rows, household_ids, strict=True):
            self._take(row, household_id, new, changed)
        if self.terms.write:
            self._write(new, changed)

    def finish(self):
        """Episodes are no part of the spans."""

    def _load(self, household_ids):
        fresh = household_ids - self._episodes.keys()
        self._episodes |= {key: [] for key in fresh}
        stored = ZeroEmploymentEpisode.objects.filter(household_id__in=fresh)
        for values in stored.values_list("household_id", "certified_on", "id", *_FIELDS):
            self._episodes[values[0]].append(Episode(*values))

    def _take(self, row, household_id, new, changed):
        _code, _number, certified_on, *told = row.values
        told = dict(zip(_FIELDS, told, strict=True))
        _check_ends(row, certified_on, told)
        if not household_id or not certified_on:
            return
        episodes = self._episodes[household_id]
        episode = next((each for each in episodes if each.certified_on == certified_on), None)
        end = told["eliminated_on"] or told["withdrawn_on"] or FAR_FUTURE
        if episode:
            _check_same(row, episode, told)
            end = min(end, episode.end())
        self._check_overlap(row, episodes, episode, certified_on, end)
        if row.errors:
            return
        given = {name: value for name, value in told.items() if value}
        if episode is None:
            episode = Episode(household_id, certified_on)
            episodes.append(episode)
            new.append(episode)
            row.outcome = NEW
        changes = {name: value for name, value in given.items() if getattr(episode, name) != value}
        for name, value in changes.items():
            setattr(episode, name, value)
        if episode.withdrawn_on and not episode.withdrawal_reason:
            episode.withdrawal_reason = WithdrawalReason.OTHER.value
        episode.told |= set(given)
        if changes and row.outcome != NEW:
            row.outcome = CHANGED
            if episode.id:
                changed[episode] = None

    @staticmethod
    def _check_overlap(row, episodes, episode, first, end):
        for other in episodes:
            if other is not episode and first < other.end() and other.certified_on < end:
                row.refuse(
                    "认定日期",
                    _("The episode certified on %(day)s is open on a day of this one.")
                    % {"day": other.certified_on.isoformat()},
                )
                return

    @staticmethod
    def _write(new, changed):
        # Ends come before beginnings: after every statement a household has one open episode at most.
        ended = [(each.id, *(getattr(each, name) for name in _FIELDS)) for each in changed]
        bulk.update(ZeroEmploymentEpisode, _FIELDS, ended)
        rows = [(each.household_id, each.certified_on, *(getattr(each, name) for name in _FIELDS)) for each in new]
        keys = bulk.insert_returning_ids(ZeroEmploymentEpisode, ("household_id", "certified_on", *_FIELDS), rows)
        for each, key in zip(new, keys, strict=True):
            each.id = key


def _check_ends(row, certified_on, told):
    if told["eliminated_on"] and told["withdrawn_on"]:
        row.refuse("退出日期", _("An episode ends one way: eliminated or withdrawn, not both."))
    for name in ("eliminated_on", "withdrawn_on"):
        if told[name] and certified_on and told[name] < certified_on:
            row.refuse(_HEADINGS[name], _("The end lies before 认定日期."))
    if told["withdrawal_reason"] and told["withdrawn_on"] is None:
        row.refuse("退出日期", _("The date is required with 退出原因."))


def _check_same(row, episode, told):
    """An end may be added to an open episode; another end than the known one is a correction for the page."""
    known = episode.eliminated_on or episode.withdrawn_on
    for name in ("eliminated_on", "withdrawn_on"):
        if known and told[name] and told[name] != getattr(episode, name):
            row.refuse(_HEADINGS[name], _("This episode ended on %(day)s already.") % {"day": known.isoformat()})
    for name in ("card_number", "withdrawal_reason"):
        if name in episode.told and told[name] and told[name] != getattr(episode, name):
            row.refuse(_HEADINGS[name], _("An earlier row of this household says otherwise."))


KIND = SheetKind(
    name="zero_households",
    title=gettext_lazy("Zero-employment households"),
    columns=ZERO_HOUSEHOLDS,
    key="认定日期",
    permission="city.import_sheets",
    plan=ZeroHouseholdsPlan,
)
