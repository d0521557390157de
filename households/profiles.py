"""What pages show of residents and households on a day: home, work, and what is recorded for later."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

from households.choices import LabourState
from households.models import LabourSpell, Membership
from households.rules import age_on


@dataclass
class Profile:
    """A resident on a day. `household` is None for who has left; `spell` None where nobody said anything."""

    resident: object
    age: int
    membership: object = None
    spell: object = None
    works: bool = False

    @property
    def household(self):
        return self.membership.household if self.membership else None

    @property
    def state(self):
        """The labour state in words; not surveyed only matters at working age."""
        if self.spell:
            return self.spell.get_state_display()
        return LabourState.UNKNOWN.label if self.works else ""

    @property
    def code(self):
        if self.spell:
            return LabourState(self.spell.state).name.lower()
        return "unknown" if self.works else "young_or_retired"


def profiles_on(residents, day):
    """Profiles of these residents on the day, in their order: two queries whatever their number."""
    ids = [resident.pk for resident in residents]
    memberships = _latest(
        Membership.objects.filter(resident__in=ids).select_related("household__community", "household__grid"), day
    )
    spells = _latest(LabourSpell.objects.filter(resident__in=ids).select_related("employer"), day)
    return [
        Profile(
            resident=resident,
            age=age_on(resident.birth_date, day),
            membership=memberships.get(resident.pk),
            spell=spells.get(resident.pk),
            works=resident.works_from <= day < resident.retires_on,
        )
        for resident in residents
    ]


def _latest(points, day):
    """`{resident_id: change point in force on the day}`."""
    return {point.resident_id: point for point in points.filter(started_on__lte=day).order_by("started_on")}


@dataclass
class Period:
    """A change point with the day before the next one; `ended_on` None while nothing ends it."""

    point: object
    ended_on: object = None
    is_now: bool = False


@dataclass
class Timeline:
    """Newest first; what is recorded for days to come stands apart."""

    past: list = field(default_factory=list)
    future: list = field(default_factory=list)


def timeline(points, day):
    """The change points of one person, ordered by start, as periods around the day."""
    points = sorted(points, key=lambda point: point.started_on)
    periods = [Period(one, after.started_on - timedelta(days=1)) for one, after in pairwise(points)]
    periods += [Period(point) for point in points[-1:]]
    for period in periods:
        period.is_now = period.point.started_on <= day and (period.ended_on is None or period.ended_on >= day)
    past = [period for period in periods if period.point.started_on <= day]
    return Timeline(past[::-1], [period for period in periods if period.point.started_on > day])


def members_of(household, day):
    """(profiles of who lives there on the day, profiles of who once did)."""
    points = Membership.objects.filter(household=household).select_related("resident__community")
    points = points.order_by("resident__name", "pk")
    residents = list({point.resident_id: point.resident for point in points}.values())
    profiles = profiles_on(residents, day)
    present = [one for one in profiles if one.membership and one.membership.household_id == household.pk]
    order = {"head": 0, "spouse": 1, "child": 2, "parent": 3}
    present.sort(key=lambda one: order.get(one.membership.relation, 9))
    shown = {one.resident.pk for one in present}
    return present, [one for one in profiles if one.resident.pk not in shown]
