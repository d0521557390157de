"""The definitions of the indicators on one day, as plain loops over persons and households.

Written from the published definitions, not from the engine: no Django, no import of the project.
"""

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from tests.independent.sheets import EMPLOYED, INACTIVE, UNEMPLOYED, Person, Registration, Spell

EXITS = ("在校", "服役", "无劳动能力", "退休")
DAY = timedelta(days=1)


def add_months(day, months):
    """Months added with the day clamped to the month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def retirement_date(born_on, is_man, category):
    """Base age plus the delay of the 2025 rule; a woman of unknown category counts as 50."""
    if is_man:
        base, step, cap = 60, 4, 36
    elif category == "55":
        base, step, cap = 55, 4, 36
    else:
        base, step, cap = 50, 2, 60
    months = (born_on.year + base - 2025) * 12 + born_on.month
    delay = 0 if months <= 0 else min(-(-months // step), cap)
    return add_months(born_on, base * 12 + delay)


def period_start(day, starts):
    month, first = (int(part) for part in starts.split("-"))
    start = date(day.year, month, first)
    return start if start <= day else date(day.year - 1, month, first)


def deadline_of(certified_on, rule):
    """`rule` is one of `{"months": n}`, `{"days": n}`, `{"quarter_end": True}`."""
    if "months" in rule:
        return add_months(certified_on, rule["months"])
    if "days" in rule:
        return certified_on + timedelta(days=rule["days"])
    if rule.get("quarter_end"):
        last = (certified_on.month + 2) // 3 * 3
        return date(certified_on.year, last, calendar.monthrange(certified_on.year, last)[1])
    raise ValueError(rule)


def in_force(rows, day):
    """The one row of `rows` whose period, inclusive at both ends, holds the day."""
    return next((row for row in rows if row.started_on <= day and (row.ended_on is None or row.ended_on >= day)), None)


def registrations_of(person):
    """Each ends the day before the first later spell that is not unemployed, or before a newer registration."""
    starts = sorted(person.registered_on)
    result = []
    for at, started_on in enumerate(starts):
        ends = [
            (spell.started_on - DAY, spell.reason if spell.state == INACTIVE else EMPLOYED)
            for spell in person.spells
            if spell.started_on > started_on and spell.state != UNEMPLOYED
        ]
        if at + 1 < len(starts):
            ends.append((starts[at + 1] - DAY, "renewed"))
        ended_on, reason = min(ends, key=lambda end: end[0], default=(None, ""))
        result.append(Registration(started_on, ended_on, reason))
    return result


@dataclass(frozen=True)
class Resident:
    """A person on one day: where he is a resident and what is in force of him."""

    person: Person
    household: tuple[str, str]
    working_age: bool
    spell: Spell | None
    registered: bool
    ever_registered: bool
    hardship: bool
    landless: bool
    unknown: bool
    stale: bool

    key = property(lambda self: self.person.id_number)
    in_work = property(lambda self: self.spell is not None and self.spell.state == EMPLOYED)
    employed = property(lambda self: self.working_age and self.in_work)
    unemployed = property(lambda self: self.working_age and self.spell is not None and self.spell.state == UNEMPLOYED)
    labour_force = property(lambda self: self.employed or self.unemployed)


@dataclass(frozen=True)
class Home:
    """A household, or one episode of it, as the subject of a figure."""

    household: tuple[str, str]
    members: list[Resident] = field(default_factory=list)

    key = property(lambda self: self.household[1])


@dataclass
class View:
    """The city on one day under one set of parameters."""

    city: object
    day: date
    starts: date
    deadline: dict
    long_term_months: int
    evidence_months: int | None

    @cached_property
    def residents(self):
        found = []
        for person in self.city.sheets.people.values():
            membership = in_force(person.memberships, self.day)
            if membership:
                found.append(self._resident(person, membership.household))
        return found

    def _resident(self, person, household):
        day = self.day
        spell = in_force(person.spells, day)
        retires_on = retirement_date(person.born_on, person.is_man, person.category)
        working_age = add_months(person.born_on, 16 * 12) <= day < retires_on
        stale = (
            self.evidence_months is not None
            and spell is not None
            and add_months(self.city.confirmed_on(person, spell), self.evidence_months) < day
        )
        return Resident(
            person,
            household,
            working_age,
            spell,
            registered=in_force(registrations_of(person), day) is not None,
            ever_registered=any(start <= day for start in person.registered_on),
            hardship=any(start <= day for start in person.hardship.values()),
            landless=person.landless and (person.acquired_on is None or person.acquired_on <= day),
            unknown=working_age and spell is None,
            stale=stale,
        )

    @cached_property
    def homes(self):
        homes = {household: Home(household) for household in self.city.sheets.households}
        for resident in self.residents:
            homes[resident.household].members.append(resident)
        return homes

    @cached_property
    def with_open_episode(self):
        return {episode.household for episode in self.episodes if self.is_open(episode, self.day)}

    @property
    def episodes(self):
        return self.city.sheets.episodes

    @staticmethod
    def is_open(episode, day):
        return episode.certified_on <= day and not (episode.closed_on and episode.closed_on <= day)

    def labour_force(self):
        return [resident for resident in self.residents if resident.labour_force]

    def hardship(self):
        return [resident for resident in self.labour_force() if resident.hardship]

    def landless(self):
        return [resident for resident in self.labour_force() if resident.landless and resident.ever_registered]

    def unemployed(self):
        return [resident for resident in self.residents if resident.unemployed]

    def long_term_unemployed(self):
        months = self.long_term_months
        return [each for each in self.unemployed() if add_months(each.spell.started_on, months) < self.day]

    def registered_in_period(self):
        return [each for each in self.residents if each.working_age and self._counts_as_registered(each.person)]

    def _counts_as_registered(self, person):
        started = [each for each in registrations_of(person) if each.started_on <= self.day]
        if not any(each.ended_on is None or each.ended_on >= self.starts for each in started):
            return False
        last = started[-1]
        left = last.ended_on is not None and last.ended_on <= self.day
        return not (left and last.reason in EXITS)

    def employed_of_certified_households(self):
        certified = {episode.household for episode in self.episodes if episode.certified_on <= self.day}
        return [each for each in self.residents if each.employed and each.household in certified]

    def is_stable(self, resident):
        spell, wage = resident.spell, self.city.minimum_wage(resident.household[0], self.day)
        if None in (spell.contract_months, spell.monthly_income, wage):
            return False
        return spell.contract_months >= 12 and spell.monthly_income >= wage and spell.insured is True

    def eliminated_households(self):
        done = {e.household for e in self.episodes if e.eliminated_on and e.eliminated_on <= self.day}
        return [self.homes[household] for household in done - self.with_open_episode]

    def households_to_visit(self):
        first = self.day.replace(day=1)
        days = [first + DAY * number for number in range(self.day.day)]
        year_ago = add_months(self.day, -12)
        due = {
            episode.household
            for episode in self.episodes
            if any(self.is_open(episode, day) for day in days)
            or (episode.eliminated_on and year_ago < episode.eliminated_on <= self.day)
        }
        return [self.homes[household] for household in due]

    def is_visited(self, home):
        first = self.day.replace(day=1)
        return any(
            visit.household == home.household and visit.outcome == "完成" and first <= visit.visited_on <= self.day
            for visit in self.city.sheets.visits.values()
        )

    def episodes_where(self, counts):
        return [Home(episode.household) for episode in self.episodes if counts(episode)]

    def in_period(self, day):
        return day is not None and self.starts <= day <= self.day

    def detected(self):
        return [
            home
            for home in self.homes.values()
            if any(member.labour_force for member in home.members)
            and not any(member.in_work for member in home.members)
            and home.household not in self.with_open_episode
        ]

    def is_overdue(self, episode):
        deadline = deadline_of(episode.certified_on, self.deadline)
        in_time = episode.eliminated_on is not None and episode.eliminated_on <= deadline
        withdrawn = episode.withdrawn_on is not None and episode.withdrawn_on < deadline
        return self.in_period(episode.certified_on) and deadline < self.day and not in_time and not withdrawn

    def left_of_base(self, episode):
        return self.is_open(episode, self.starts - DAY) and self.is_open(episode, self.day)


#: Ratios: who is counted below the line, and which of them above it.
RATIOS = {
    "employment_rate": (View.labour_force, lambda view, each: each.employed),
    "registered_unemployed_placement_rate": (View.registered_in_period, lambda view, each: each.employed),
    "hardship_employment_rate": (View.hardship, lambda view, each: each.employed),
    "landless_employment_rate": (View.landless, lambda view, each: each.employed),
    "stable_employment_rate": (View.employed_of_certified_households, View.is_stable),
    "dual_employment_rate": (
        View.eliminated_households,
        lambda view, home: sum(member.in_work for member in home.members) >= 2,
    ),
    "registration_rate": (View.unemployed, lambda view, each: each.registered),
    "visit_coverage": (View.households_to_visit, View.is_visited),
    # The sheets tell of no promise, no course and none of the four things: nobody is counted above the line.
    "commitment_on_time_rate": (lambda view: [], lambda view, each: True),
    "four_clear_rate": (View.hardship, lambda view, each: False),
    "training_to_job_rate": (lambda view: [], lambda view, each: True),
}
COUNTS = {
    "zero_households_open": lambda view: view.episodes_where(lambda each: view.is_open(each, view.day)),
    "zero_households_detected": View.detected,
    "zero_households_base_left": lambda view: view.episodes_where(view.left_of_base),
    "zero_households_overdue": lambda view: view.episodes_where(view.is_overdue),
    "zero_households_arisen": lambda view: view.episodes_where(lambda each: view.in_period(each.certified_on)),
    "zero_households_eliminated": lambda view: view.episodes_where(lambda each: view.in_period(each.eliminated_on)),
    "long_term_unemployed": View.long_term_unemployed,
    "commitments_overdue": lambda view: [],
}
#: The ratios with bounds: which unknown residents would stand below the line if surveyed.
BOUNDED = {
    "employment_rate": lambda each: each.unknown,
    "hardship_employment_rate": lambda each: each.unknown and each.hardship,
    "landless_employment_rate": lambda each: each.unknown and each.landless and each.ever_registered,
}
INDICATORS = [*RATIOS, *COUNTS]
