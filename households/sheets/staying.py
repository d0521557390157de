"""The last member of a household with an open zero-employment episode stays until the street withdraws the episode."""

from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef

from households import ledger
from households.models import Membership, ZeroEmploymentEpisode
from households.sheets.states import day_before


@dataclass(slots=True)
class _Kept:
    number: str
    members: set = field(default_factory=set)


class Staying:
    """Who lives for good in households with an open episode, as the rows of a file change it. They are few."""

    def __init__(self):
        self._kept = {}
        later = Membership.objects.filter(resident=OuterRef("resident"), started_on__gt=OuterRef("started_on"))
        episodes = ZeroEmploymentEpisode.objects.filter(eliminated_on=None, withdrawn_on=None)
        points = Membership.objects.filter(~Exists(later), household__in=episodes.values("household"))
        for home_id, number, resident_id in points.values_list("household_id", "household__number", "resident_id"):
            self._kept.setdefault(home_id, _Kept(number)).members.add(resident_id)

    def check(self, entry, person, home, on):
        kept = self._kept.get(_last_home_id(person))
        if kept and kept.members == {person.id} and _home_id_after(entry, person, home, on) != _last_home_id(person):
            entry.row.refuse("离开日期" if entry.left_on else "户号", ledger.nobody_left(kept.number))

    def note(self, entry, person, home, on):
        """An accepted row. A person new in the file has no id yet and stands for themselves."""
        before = _last_home_id(person)
        if before not in self._kept and home.id not in self._kept:
            return
        after = _home_id_after(entry, person, home, on)
        if before in self._kept:
            self._kept[before].members.discard(person.id)
        if after in self._kept:
            self._kept[after].members.add(person.id or person)


def _last_home_id(person):
    return person.stays[-1].home_id if person.stays else None


def _home_id_after(entry, person, home, on):
    """The household of the person's last point once the row is taken; None: left, or one that is not written yet."""
    points = {stay.started_on: stay.home_id for stay in person.stays}
    day = day_before(entry.left_on) if entry.left_on and entry.left_on <= on else on
    stay = person.stay_on(day)
    if stay is None or stay.home_id is None or stay.home_id != home.id:
        points[day] = home.id
    if entry.left_on:
        points[entry.left_on] = None
    return points[max(points)]
