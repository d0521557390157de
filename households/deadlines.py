"""The last day on which an episode is eliminated in time, by the parameter in force when it was certified."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from city.parameters import dated_all
from city.rules import add_months, month_end, quarter_end
from city.workdays import Calendar
from households.choices import DeclarationState

_DAY = timedelta(days=1)


def elimination_deadline(certified_on, rule, calendar):
    """`rule` is one of {"months": n}, {"days": n}, {"working_days": n}, {"quarter_end": true}, {"month_end": true}."""
    if "months" in rule:
        return add_months(certified_on, rule["months"])
    if "days" in rule:
        return certified_on + timedelta(days=rule["days"])
    if "working_days" in rule:
        return calendar.add(certified_on, rule["working_days"])
    return quarter_end(certified_on) if "quarter_end" in rule else month_end(certified_on)


@dataclass(frozen=True)
class Deadline:
    """`unit` says what it is counted in: the one key of the rule. `days_left` is None where nothing runs any more."""

    last_on: date
    unit: str
    days_left: int | None

    @property
    def is_late(self):
        return self.days_left is not None and self.days_left < 0


class Deadlines:
    """Deadlines of any number of episodes on a day; reads the parameters and the calendar once."""

    def __init__(self, today):
        self.today = today
        self.calendar = Calendar()
        self._rules = dated_all()["elimination_deadline"]

    def of(self, episode, community):
        rule = self._rules.of(community.path_ids, episode.certified_on)
        last_on = elimination_deadline(episode.certified_on, rule, self.calendar)
        is_open = episode.eliminated_on is None and episode.withdrawn_on is None
        return Deadline(last_on, next(iter(rule)), (last_on - self.today).days if is_open else None)

    def due_before(self, day, communities):
        """A condition on episodes of these communities: the last day in time lies before `day`.

        A later certification never has an earlier deadline under one rule, so each rule is one day up to which the
        certified ones are due; communities with the same rules share it.
        """
        groups = {}
        for community in communities:
            groups.setdefault(tuple(self._periods(community)), []).append(community.pk)
        condition = Q(pk=None)
        for periods, keys in groups.items():
            own = Q(pk=None)
            for first, last, rule in periods:
                own |= Q(certified_on__gte=first, certified_on__lte=min(last, self._latest_before(day, dict([rule]))))
            condition |= own & Q(household__community__in=keys)
        return condition

    def _periods(self, community):
        """(first day, last day, rule) since ever, as the parameter held for the community."""
        path = community.path_ids
        turns = {day for key in path for day, _value in self._rules.by_area.get(key, ())}
        starts = [date.min, *sorted(turns - {date.min})]
        for first, after in zip(starts, [*starts[1:], date.max], strict=True):
            (rule,) = self._rules.of(path, first).items()
            yield first, after - _DAY if after != date.max else after, rule

    def _latest_before(self, day, rule):
        """The latest certification whose deadline lies before the day."""
        certified_on = day - _DAY
        while elimination_deadline(certified_on, rule, self.calendar) >= day:
            certified_on -= _DAY
        return certified_on


class VerifyDays:
    """By when the station verifies a declaration; one that was sent back has had its time and is only urged on."""

    def __init__(self, today):
        self.today = today
        self.calendar = Calendar()
        self._days = dated_all()["declaration_verify_workdays"]

    def of(self, declaration):
        waits = declaration.state == DeclarationState.DECLARED
        return self._from(declaration.declared_on, declaration.household.community, waits)

    def of_found(self, household, since):
        """Nobody has declared the household yet: its time runs from the first day without work."""
        return self._from(since, household.community, True)

    def _from(self, day, community, waits):
        last_on = self.calendar.add(day, self._days.of(community.path_ids, day))
        return Deadline(last_on, "working_days", (last_on - self.today).days if waits else None)
