"""Months of history behind everyone's standing: spells, registrations, certifications, moves and departures."""

from datetime import date, timedelta

from city.rules import add_months
from households.choices import LabourState
from households.models import HardshipCertification, LabourSpell, Membership, UnemploymentRegistration
from reports.synthetic import standing
from reports.synthetic.people import CHILD, MAN, OTHER

EMPLOYED, UNEMPLOYED, INACTIVE = (
    int(state) for state in (LabourState.EMPLOYED, LabourState.UNEMPLOYED, LabourState.INACTIVE)
)
_CHANNELS = (
    ("employer", 0.68), ("flexible", 0.13), ("self_employed", 0.09), ("dispatch", 0.05), ("export", 0.03),
    ("welfare_post", 0.02),
)  # fmt: skip
HELPED = (("welfare_post", 0.45), ("flexible", 0.25), ("employer", 0.3))
_SOURCES = (("roster", 0.4), ("visit", 0.25), ("match", 0.2), ("phone", 0.1), ("building", 0.05))
_LEAVE_REASONS = (("moved", 0.75), ("lost", 0.15), ("other", 0.1))
_CONTRACTS = (12, 12, 24, 36, 36, 6, None)
_DAY = timedelta(days=1)


class Biographer:
    """Writes the past of one community's people so that it ends in their standing on the day."""

    def __init__(self, draw, tables, employers, profile, development, on, history_start):
        self.draw, self.tables, self.employers = draw, tables, employers
        self.profile, self.development = profile, development
        self.on, self.start = on, history_start
        self.long_ago = add_months(history_start, -96)

    # Change points

    def spell(self, person, started_on, state, reason="", until=None, channels=_CHANNELS):
        """One change point. `until` (its last day) bounds when a spell that is over was last confirmed."""
        draw = self.draw
        if until is None:
            confirmed_on = max(started_on, person.household.confirmed_on)
        else:
            confirmed_on = max(started_on, until - timedelta(days=draw.whole(0, 45)))
        channel, employer, months, income, insured = "", (None, ""), None, None, None
        if state == EMPLOYED:
            channel = draw.weighted(channels)
            if channel in ("employer", "dispatch", "welfare_post"):
                employer = draw.one_of(self.employers)
                months = draw.one_of(_CONTRACTS)
            income = draw.whole(19, 110) * 100 if draw.chance(0.93) else None
            insured = draw.chance(0.9) if draw.chance(0.97) else None
        self.tables.add(
            LabourSpell, person.pk, started_on, state, reason, channel, *employer, months, income, insured,
            confirmed_on, draw.weighted(_SOURCES),
        )  # fmt: skip

    def register(self, person, day):
        self.tables.add(UnemploymentRegistration, person.pk, day)

    def certify(self, person, category, first, last):
        """A hardship certification some day from `first` to `last`; one in five has ended since."""
        certified_on = self.draw.day(max(first, person.works_from), last)
        ends = certified_on + timedelta(days=self.draw.whole(60, 500))
        over = self.draw.chance(0.2) and ends < self.on
        self.tables.add(HardshipCertification, person.pk, category, certified_on, ends if over else None)

    # Lives

    def tell(self, households):
        tellers = {
            standing.YOUNG: self._young,
            standing.OLD: self._old,
            standing.UNKNOWN: self._unknown,
            standing.FORCE: self._working,
            standing.JOBLESS: self._jobless,
            standing.RETURNED: self._back_at_work,
            standing.STUDENT: self._student,
            standing.SERVING: self._serving,
        }
        for household in households:
            for person in household.members:
                if person.standing != standing.ZERO:
                    tellers.get(person.standing, self._out_of_the_market)(person)

    def _school_start(self, person):
        return date(person.birth.year + 15, 9, 1)

    def _young(self, person):
        near = (person.works_from - self.on).days < 400
        if near and not self.draw.chance(self.profile.unknown * 3):
            self.spell(person, min(self._school_start(person), self.on), INACTIVE, standing.STUDENT)

    def _student(self, person):
        self.spell(person, min(self._school_start(person), self.on), INACTIVE, standing.STUDENT)

    def _serving(self, person):
        joined_on = date(person.birth.year + 18, 9, 10)
        if self._school_start(person) < joined_on:
            self.spell(person, self._school_start(person), INACTIVE, standing.STUDENT, joined_on - _DAY)
        self.spell(person, min(joined_on, self.on), INACTIVE, standing.SERVING)

    def _unknown(self, person):
        if self.draw.chance(0.05):
            # The contract of next month is known already, the present is not.
            self.spell(person, self.on + timedelta(days=self.draw.whole(5, 40)), EMPLOYED)

    def _first_work(self, person):
        years = 16 if self.draw.chance(0.1) else 18 if self.draw.chance(0.4) else 22
        return min(add_months(person.birth, years * 12) + _DAY, self.on)

    def _old(self, person):
        retired_in_view = person.retires_on > self.start
        if not retired_in_view and self.draw.chance(0.5):
            return
        if retired_in_view:
            self.spell(
                person, self.draw.day(self.long_ago, self.start - _DAY), EMPLOYED, until=person.retires_on - _DAY
            )
        if retired_in_view and self.draw.chance(0.04):
            return
        self.spell(person, person.retires_on, INACTIVE, standing.RETIRED)

    def _out_of_the_market(self, person):
        reason = person.standing
        first = max(self._first_work(person), self.long_ago)
        if reason == standing.RETIRED:
            first = max(first, add_months(person.retires_on, -34))
        since = self.draw.day(first, self.on)
        if since >= self.start or self.draw.chance(0.3):
            self.earlier_job(person, since)
        self.spell(person, since, INACTIVE, reason)
        if reason == standing.UNABLE and self.draw.chance(0.6):
            self.certify(person, "disabled", max(since, self.start), self.on)

    def earlier_job(self, person, next_on):
        """What went before `next_on`: a job that began before our months of history, else school."""
        first, last = max(self._first_work(person), self.long_ago), next_on - timedelta(days=40)
        if first < self.start:
            last = min(last, self.start - _DAY)
        if first <= last:
            self.spell(person, self.draw.day(first, last), EMPLOYED, until=next_on - _DAY)
        elif (school := self._school_start(person)) < next_on:
            self.spell(person, school, INACTIVE, standing.STUDENT, next_on - _DAY)

    def _working(self, person):
        first_work = self._first_work(person)
        if person.landless_since and self.draw.chance(0.7):
            self._working_since_the_land_went(person)
        elif first_work >= self.start:
            self._graduate(person, first_work)
        else:
            self._at_work(person, first_work)
        self._past_forty(person)
        if (person.retires_on - self.on).days < 45 and self.draw.chance(0.6):
            self.spell(person, person.retires_on, INACTIVE, standing.RETIRED)

    def _at_work(self, person, first_work):
        """In work throughout: the same job for years, or another one since some day we saw."""
        if self.development.unsurveyed and self.draw.chance(self.development.unsurveyed):
            self.spell(person, self.development.turned_on - timedelta(days=self.draw.whole(0, 40)), EMPLOYED)
        elif self.draw.chance(0.35):
            since = self.draw.day(self.start, self.on)
            # Now and then the survey found somebody only when the present job had begun.
            if not self.draw.chance(self.profile.unknown):
                self.earlier_job(person, since)
            self.spell(person, since, EMPLOYED)
        else:
            since = self.draw.day(max(first_work, self.long_ago), self.start - _DAY)
            if self.draw.chance(0.3):
                self.earlier_job(person, since)
            self.spell(person, since, EMPLOYED)

    def _graduate(self, person, since):
        school = self._school_start(person)
        if school < since:
            self.spell(person, school, INACTIVE, standing.STUDENT, since - _DAY)
        if self.draw.chance(0.08) and (self.on - since).days > 120:
            since += timedelta(days=self.draw.whole(40, 110))
            self.certify(person, "graduate", since - timedelta(days=30), since)
        self.spell(person, since, EMPLOYED)

    def _back_at_work(self, person):
        gap = self.development.gap(self.draw)
        if gap is None or gap[0] <= person.works_from:
            self._working(person)
            return
        lost_on, since = gap
        self.earlier_job(person, lost_on)
        self.spell(person, lost_on, UNEMPLOYED, until=since - _DAY)
        if self.draw.chance(0.8):
            self.register(person, lost_on + timedelta(days=self.draw.whole(0, min(20, (since - lost_on).days - 1))))
        helped = self.draw.chance(0.25)
        if helped:
            self.certify(person, self.draw.one_of(("long_term", "low_income", "other")), lost_on, since)
        self.spell(person, since, EMPLOYED, channels=HELPED if helped else _CHANNELS)
        self._past_forty(person)

    def _working_since_the_land_went(self, person):
        registered_on = max(person.landless_since, person.works_from)
        since = min(registered_on + timedelta(days=self.draw.whole(30, 300)), self.on)
        if registered_on < since:
            self.spell(person, registered_on, UNEMPLOYED, until=since - _DAY)
            self.register(person, registered_on)
        self.spell(person, since, EMPLOYED, channels=HELPED)
        if self.draw.chance(0.2):
            self.certify(person, "landless", registered_on, self.on)

    def _past_forty(self, person):
        if person.age_on(self.on) > (51 if person.sex == MAN else 41) and self.draw.chance(0.05):
            self.certify(person, "age_4050", self.start, self.on)

    def _jobless(self, person):
        draw = self.draw
        longest = 180 if draw.chance(0.75) else 600
        since = self.on - timedelta(days=draw.whole(3, longest))
        since = max(since, person.works_from)
        self.earlier_job(person, since)
        self.spell(person, since, UNEMPLOYED)
        if draw.chance(0.85):
            self.register(person, min(since + timedelta(days=draw.whole(0, 20)), self.on))
        if draw.chance(0.3):
            self.certify(person, "long_term" if longest == 600 else draw.one_of(("special", "other")), since, self.on)
        if draw.chance(0.06):
            self.spell(person, self.on + timedelta(days=draw.whole(3, 40)), EMPLOYED)

    # Where they live

    def house(self, households, neighbours):
        """Memberships: since birth, or moved in from another household; some have left."""
        elsewhere = [*households[:40], *neighbours]
        for household in households:
            for person in household.members:
                self._live(person, elsewhere)

    def _live(self, person, elsewhere):
        draw, add, home = self.draw, self.tables.add, person.household
        grown = person.works_from < self.start
        if grown and person.left_on is None and home.episode is None and draw.chance(0.02):
            before = draw.one_of(elsewhere)
            if before is not home:
                relation = CHILD if person.age_on(self.on) < 40 else OTHER
                add(Membership, person.pk, person.birth, before.pk, relation, "")
                add(Membership, person.pk, draw.day(self.start, self.on), home.pk, person.relation, "")
                return
        add(Membership, person.pk, person.birth, home.pk, person.relation, "")
        if person.left_on is not None and person.left_on > person.birth:
            old = person.standing == standing.OLD and draw.chance(0.7)
            reason = "died" if old else "moved" if home.episode else draw.weighted(_LEAVE_REASONS)
            add(Membership, person.pk, person.left_on, None, "", reason)
