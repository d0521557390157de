"""The rules in force on a day, resolved once for every division: rule set, period, cut-off days, minimum wage."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import Case, Value, When

from city.choices import LEVELS, AreaLevel
from city.models import Area
from city.parameters import dated_all, minimum_wages
from city.rules import add_months, last_day_older_than, period_start
from city.workdays import Calendar
from households.deadlines import elimination_deadline
from reports.models import Criterion, RuleSet

STATUS_LEVELS = [level for level in LEVELS if level != AreaLevel.GRID]


@dataclass(frozen=True)
class Overlay:
    """A rule set that is tried out and not stored: it wins in its area, with its parameters."""

    ruleset: RuleSet
    criteria: list

    def parameters(self, on):
        """Its parameters from the day it names; tried before that day, as though it had always been in force."""
        ruleset = self.ruleset
        started = ruleset.in_force_from if ruleset.in_force_from <= on else date.min
        return [(name, ruleset.area_id, started, value) for name, value in ruleset.parameters.items()]


class Terms:
    """`area` or `only` (community ids) narrow what is measured; `is_partial` tells the queries to narrow too."""

    def __init__(self, on, area=None, overlay=None, only=None):
        self.on = on
        self.area = area
        self.only = None if only is None else set(only)
        self.is_partial = only is not None or area is not None
        divisions = Area.objects.divisions().order_by("path")
        self.areas = {row.pk: row for row in divisions}
        for row in self.areas.values():
            row.ids = row.path_ids
        self.overlay = overlay
        self._parameters = dated_all(overlay.parameters(on) if overlay else ())
        self._wages = minimum_wages()
        self._expressions = {}

    @cached_property
    def calendar(self):
        return Calendar()

    @property
    def guessed_years(self):
        """Years counted in working days without the city's calendar."""
        return self.calendar.guessed if "calendar" in self.__dict__ else set()

    @cached_property
    def communities(self):
        """Ids of the communities measured: those of the area, or all."""
        return [key for key, row in self.areas.items() if row.level == AreaLevel.COMMUNITY and self.covers(row)]

    @cached_property
    def _rulesets(self):
        """`{(level, area_id): rule set}` in force on the day: the latest from-date wins, then the latest loaded."""
        newest = {}
        in_force = RuleSet.objects.filter(in_force_from__lte=self.on).select_related("document")
        for ruleset in in_force.order_by("in_force_from", "loaded_at", "pk"):
            newest[ruleset.level, ruleset.area_id] = ruleset
        if self.overlay:
            newest[self.overlay.ruleset.level, self.overlay.ruleset.area_id] = self.overlay.ruleset
        return newest

    def ruleset(self, area):
        """The rule set the area is judged by, from the nearest superior, or None."""
        for area_id in reversed(area.ids):
            found = self._rulesets.get((area.level, area_id))
            if found:
                return found
        return None

    def criteria(self, ruleset):
        if self.overlay and ruleset is self.overlay.ruleset:
            return self.overlay.criteria
        return self._criteria.get(ruleset.pk, [])

    @cached_property
    def _criteria(self):
        found = {}
        for criterion in Criterion.objects.filter(ruleset__in_force_from__lte=self.on).order_by("position"):
            found.setdefault(criterion.ruleset_id, []).append(criterion)
        return found

    def parameter(self, name, area_id):
        return self._parameters[name].of(self.areas[area_id].ids, self.on)

    def period_start(self, community_id):
        """First day of the assessment period (P0)."""
        return period_start(self.on, self.parameter("assessment_year_starts", community_id))

    def day_before_period(self, community_id):
        return self.period_start(community_id) - timedelta(days=1)

    def long_term_since(self, community_id):
        """A spell that began on this day or before is long-term on `on`."""
        return last_day_older_than(self.on, self.parameter("long_term_unemployed_months", community_id))

    def minimum_wage(self, community_id):
        return self._wages.of(self.areas[community_id].ids, self.on)

    def stable_contract_months(self, community_id):
        return self.parameter("stable_contract_months", community_id)

    def dual_employment_min(self, community_id):
        return self.parameter("dual_employment_min", community_id)

    def training_job_months(self, community_id):
        return self.parameter("training_job_months", community_id)

    def visited_since(self, community_id):
        """Households eliminated after this day are still visited."""
        return add_months(self.on, -self.parameter("visited_after_elimination_months", community_id))

    def deadline(self, community_id, certified_on):
        """Last day to eliminate an episode in time, by the parameter in force when it was certified."""
        rule = self._parameters["elimination_deadline"].of(self.areas[community_id].ids, certified_on)
        return elimination_deadline(certified_on, rule, self.calendar)

    def _stale_since(self, community_id, level):
        """Last stale day by the rule set that judges the community's superior of a level (or itself), or None."""
        for area_id in self.areas[community_id].ids:
            if self.areas[area_id].level == level:
                ruleset = self.ruleset(self.areas[area_id])
                months = ruleset.evidence_months if ruleset else None
                return None if months is None else last_day_older_than(self.on, months)
        return None

    @cached_property
    def stale_levels(self):
        """Levels whose rule sets judge the age of evidence, each with `{community_id: last stale day or None}`.

        Levels that agree share one entry: `[(levels, mapping)]`.
        """
        found = []
        for level in STATUS_LEVELS:
            mapping = {community_id: self._stale_since(community_id, level) for community_id in self.communities}
            if not any(mapping.values()):
                continue
            for levels, known in found:
                if known == mapping:
                    levels.append(level)
                    break
            else:
                found.append(([level], mapping))
        return found

    def stale_place(self, level):
        """Which entry of `stale_levels` the level's own rule sets use, or None."""
        return next((place for place, (levels, _days) in enumerate(self.stale_levels) if level in levels), None)

    def stale_expression(self, place):
        return per_community(self.stale_levels[place][1], "community_id")

    def covers(self, row):
        """Whether the division is measured."""
        if self.only is not None:
            return row.pk in self.only
        return self.area is None or row.path.startswith(self.area.path)

    def expression(self, name, place="community_id"):
        """A per-community term as an SQL expression: one value where all agree, else a CASE over community ids."""
        if (name, place) not in self._expressions:
            rule = getattr(self, name)
            self._expressions[name, place] = per_community({key: rule(key) for key in self.communities}, place)
        return self._expressions[name, place]


def per_community(mapping, place):
    groups = {}
    for key, value in mapping.items():
        groups.setdefault(value, []).append(key)
    if not groups:
        return Value(None)
    common = max(groups, key=lambda value: len(groups[value]))
    whens = [When(**{f"{place}__in": keys}, then=Value(value)) for value, keys in groups.items() if value != common]
    return Case(*whens, default=Value(common)) if whens else Value(common)
