"""Zero-employment households from the loss of the last job to the visits long after, and the ordinary visits."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from django.utils import timezone

from city.rules import add_months, month_end, quarter_end, quarter_start
from households.choices import WithdrawalReason
from households.models import LowIncomeStatus, Visit, ZeroEmploymentEpisode
from reports.synthetic import names, standing
from reports.synthetic.areas import FALLEN, GOOD, POOR, SETBACK, UNPROVEN
from reports.synthetic.history import EMPLOYED, HELPED, INACTIVE, UNEMPLOYED

_DAY = timedelta(days=1)
#: What may become of a household without work, taken in turn by the episodes of a community.
_COURSES = {
    GOOD: ("in_time", "again", "withdrawn", "in_time", "dual", "in_time", "moved", "in_time", "in_time", "fresh"),
    UNPROVEN: ("fresh", "in_time", "dual", "in_time", "withdrawn", "again", "in_time", "moved"),
    POOR: ("base_left", "overdue", "late", "fresh", "in_time", "again", "in_time", "withdrawn"),
}
_COURSES_OF_PAST = {
    SETBACK: ("left_waiting", *_COURSES[GOOD]),
    FALLEN: ("overdue", "in_time", "fresh", "dual", "in_time", "withdrawn"),
}
_PER_HOUSEHOLD = 0.012
#: Where somebody can sign in, more households were placed in the last year, and are still visited.
_VISITED_PER_HOUSEHOLD = 0.035
_VISITED_AT_MOST = 14
_OUTCOMES = (("completed", 0.92), ("nobody_in", 0.06), ("refused", 0.02))
_WAYS = (("door", 0.75), ("phone", 0.18), ("window", 0.07))
_NOTES = ("", "", "", "希望在附近找工作", "愿意参加培训", "已介绍岗位，等待答复", "家中有老人需要照顾", "情况稳定")


@lru_cache(maxsize=4096)
def _entered_at(day):
    return timezone.make_aware(datetime.combine(day, time(17, 10)))


class Caseworker:
    """Writes the episodes and visits of one community."""

    def __init__(self, community, writer, draw, tables, on, history_start, is_showcase=False):
        self.community, self.writer, self.draw, self.tables = community, writer, draw, tables
        self.is_showcase = is_showcase
        self.on, self.start = on, history_start
        self.visited = set()
        self.visitors = [names.surname(draw) + names.given_name(draw, "female") for _ in community.grids]

    def choose(self, households):
        """Set aside the households of the plan, each with its course; their members' standing becomes `zero`."""
        wanted = max(2, round(len(households) * _PER_HOUSEHOLD))
        fit = [h for h in households if 1 <= len(h.workers()) <= 2 and self._can_be_without_work(h)]
        courses, first = _COURSES[self.community.profile], self.community.index // 5
        if self.community.past in _COURSES_OF_PAST:
            courses, first = _COURSES_OF_PAST[self.community.past], 0
        taken = [courses[(first + number) % len(courses)] for number in range(wanted)]
        if self.is_showcase:
            taken += ["lately"] * min(_VISITED_AT_MOST, round(len(households) * _VISITED_PER_HOUSEHOLD))
        for household, course in zip(self.draw.sample(fit, min(len(taken), len(fit))), taken, strict=False):
            household.episode = self._possible(course)
            for person in household.members:
                person.left_on = None
                if person.standing == standing.FORCE:
                    person.standing = standing.ZERO

    def _possible(self, course):
        """A short history has no room for long stories."""
        room = (self.on - self.start).days
        if course == "left_waiting" and self._last_spring() - timedelta(days=60) < self.start:
            course = "in_time"
        if course in standing.STILL_OPEN or room > 460:
            return course
        return "in_time" if room > 120 else "fresh"

    def _can_be_without_work(self, household):
        """Members old enough to have lost a job in time, and nobody who could work although past working age."""
        old_enough = all(
            p.works_from < self.start and p.retires_on > add_months(self.on, 6) for p in household.workers()
        )
        return old_enough and all(p.standing not in (standing.OLD, standing.UNKNOWN) for p in household.members)

    def write(self, households):
        for household in households:
            if household.episode is not None:
                getattr(self, f"_{household.episode}")(household, self._workers(household))
            else:
                self._visit_now_and_then(household)

    def _visit_now_and_then(self, household):
        """The visit that last confirmed the household, for some; for some an earlier one, which confirms less."""
        confirmed_on = household.confirmed_on
        if self.draw.chance(0.2):
            self.visit(household, confirmed_on, True)
        if self.draw.chance(0.12):
            self.visit(household, self.draw.day(min(self.start, confirmed_on), confirmed_on - _DAY), False)

    def _workers(self, household):
        return [person for person in household.members if person.standing == standing.ZERO]

    # Courses: each leaves ledger, episode and visits in agreement

    def _certified_between(self, first, last):
        """A day of certification early enough in its quarter for a month to fit before the quarter's end."""
        day = self.draw.day(first, last)
        return max(first, min(day, quarter_end(day) - timedelta(days=32)))

    def _without_work(self, household, workers, certified_on):
        """Everyone who could work loses the job some weeks before; registered and certified as hardship persons."""
        for person in workers:
            lost_on = certified_on - timedelta(days=self.draw.whole(15, 50))
            self.writer.earlier_job(person, lost_on)
            self.writer.spell(person, lost_on, UNEMPLOYED, until=certified_on)
            self.writer.register(person, lost_on + timedelta(days=self.draw.whole(0, 10)))
            self.writer.certify(person, "zero_household", certified_on, certified_on)
        if not household.low_income and self.draw.chance(0.4):
            self.tables.add(LowIncomeStatus, household.pk, certified_on - timedelta(days=200), True)

    def _close(self, household, certified_on, eliminated_on=None, withdrawn_on=None, reason=""):
        """The episode with its card, and a visit every month while it is open and for a year after elimination."""
        self._certify(household, certified_on, eliminated_on, withdrawn_on, reason)
        last = withdrawn_on or (add_months(eliminated_on, 12) if eliminated_on else self.on)
        self._visit_monthly(household, certified_on, min(last, self.on))

    def _certify(self, household, certified_on, eliminated_on, withdrawn_on=None, reason=""):
        self.tables.add(
            ZeroEmploymentEpisode, household.pk, certified_on,
            f"L{self.community.code[4:]}{household.number.zfill(4)}", eliminated_on, withdrawn_on, reason,
        )  # fmt: skip

    def _placed(self, person, day):
        self.writer.spell(person, day, EMPLOYED, channels=HELPED)

    def _others_follow(self, others, eliminated_on, share=0.75):
        for person in others:
            later = eliminated_on + timedelta(days=self.draw.whole(10, 120))
            if later <= self.on and self.draw.chance(share):
                self._placed(person, later)

    def _in_time(self, household, workers, share=0.75):
        certified_on = self._certified_between(self.start + timedelta(days=60), self.on - timedelta(days=45))
        eliminated_on = certified_on + timedelta(days=self.draw.whole(4, 27))
        self._without_work(household, workers, certified_on)
        self._placed(workers[0], eliminated_on)
        self._others_follow(workers[1:], eliminated_on, share)
        self._close(household, certified_on, eliminated_on)

    def _dual(self, household, workers):
        self._in_time(household, workers, share=1)

    def _lately(self, household, workers):
        """Placed in the last year: visited each month since, this month's visit done or still to come."""
        certified_on = self._certified_between(self.on - timedelta(days=320), self.on - timedelta(days=45))
        eliminated_on = certified_on + timedelta(days=self.draw.whole(4, 27))
        self._without_work(household, workers, certified_on)
        for person in workers:
            self._placed(person, eliminated_on)
        self._certify(household, certified_on, eliminated_on)
        this_month = self.on.replace(day=1)
        is_missed = self.draw.chance(0.2)
        self._visit_monthly(household, certified_on, add_months(this_month, -1 if is_missed else 0) - _DAY)
        visited_on = self.draw.day(this_month, month_end(self.on))
        if visited_on <= self.on and not is_missed and self.draw.chance(0.5):
            self.visit(household, visited_on, True)

    def _late(self, household, workers):
        self._placed_late(
            household, workers, self.draw.day(self.start + timedelta(days=60), self.on - timedelta(days=170))
        )

    def _left_waiting(self, household, workers):
        """Last year a household was placed after its quarter: the community failed from July till the new year."""
        spring = self._last_spring()
        self._placed_late(household, workers, self.draw.day(spring, spring + timedelta(days=80)))

    def _last_spring(self):
        return date(self.on.year - 1, 4, 1)

    def _placed_late(self, household, workers, certified_on):
        eliminated_on = quarter_end(certified_on) + timedelta(days=self.draw.whole(5, 60))
        self._without_work(household, workers, certified_on)
        self._placed(workers[0], eliminated_on)
        self._others_follow(workers[1:], eliminated_on)
        self._close(household, certified_on, eliminated_on)

    def _again(self, household, workers):
        """Placed in time, out of work again some months later, placed again: two episodes of one household."""
        first = self._certified_between(self.start + timedelta(days=60), self.on - timedelta(days=380))
        placed_on = first + timedelta(days=self.draw.whole(5, 27))
        self._without_work(household, workers, first)
        for person in workers:
            self.writer.spell(person, placed_on, EMPLOYED, until=placed_on + timedelta(days=60), channels=HELPED)
        again = self._certified_between(placed_on + timedelta(days=130), placed_on + timedelta(days=220))
        for person in workers:
            lost_on = again - timedelta(days=self.draw.whole(12, 40))
            self.writer.spell(person, lost_on, UNEMPLOYED, until=again)
            self.writer.register(person, lost_on)
        back_on = again + timedelta(days=self.draw.whole(5, 27))
        for person in workers:
            self._placed(person, back_on)
        self.tables.add(
            ZeroEmploymentEpisode, household.pk, first, f"L{self.community.code[4:]}{household.number.zfill(4)}A",
            placed_on, None, "",
        )  # fmt: skip
        self._visit_monthly(household, first, add_months(first, 1))
        self._close(household, again, back_on)

    def _withdrawn(self, household, workers):
        """Withdrawn by the street because nobody in it is able and willing to work any more."""
        certified_on = self._certified_between(self.start + timedelta(days=60), self.on - timedelta(days=45))
        withdrawn_on = certified_on + timedelta(days=self.draw.whole(8, 27))
        self._without_work(household, workers, certified_on)
        for person in workers:
            self.writer.spell(person, withdrawn_on, INACTIVE, self.draw.one_of((standing.UNABLE, standing.UNWILLING)))
        self._close(household, certified_on, withdrawn_on=withdrawn_on, reason=WithdrawalReason.NO_MEMBER.value)

    def _moved(self, household, workers):
        """The whole household moves out of the city, so the street withdraws the episode."""
        certified_on = self._certified_between(self.start + timedelta(days=60), self.on - timedelta(days=45))
        withdrawn_on = certified_on + timedelta(days=self.draw.whole(8, 27))
        self._without_work(household, workers, certified_on)
        for person in household.members:
            person.left_on = withdrawn_on
        self._close(household, certified_on, withdrawn_on=withdrawn_on, reason=WithdrawalReason.MOVED.value)

    def _fresh(self, household, workers):
        """Certified in the last weeks of this very quarter: open, and not yet due."""
        first = max(quarter_start(self.on), self.on - timedelta(days=20))
        self._stay_open(household, workers, self.draw.day(first, max(first, self.on - timedelta(days=2))))

    def _overdue(self, household, workers):
        """Open since earlier this year, well past every deadline."""
        latest = self.on - timedelta(days=100)
        first = max(latest - timedelta(days=90), min(latest, self.on.replace(month=1, day=1)))
        self._stay_open(household, workers, self.draw.day(first, latest))

    def _base_left(self, household, workers):
        """Open since before the year began."""
        new_year = self.on.replace(month=1, day=1)
        self._stay_open(
            household, workers, self.draw.day(new_year - timedelta(days=120), new_year - timedelta(days=20))
        )

    def _stay_open(self, household, workers, certified_on):
        self._without_work(household, workers, certified_on)
        self._close(household, certified_on)

    # Visits

    def _visit_monthly(self, household, first, last):
        day = first
        while day <= last:
            end = min(month_end(day), last)
            visited_on = self.draw.day(day, end)
            # The month that still runs has its visits to come in places.
            if end < self.on or self.draw.chance(0.93 if self.community.profile == GOOD else 0.6):
                self.visit(household, visited_on, self.draw.chance(0.75))
            day = month_end(day) + _DAY

    def visit(self, household, day, unchanged):
        """A visit, unless that household had one on that very day."""
        if (household.pk, day) in self.visited:
            return
        self.visited.add((household.pk, day))
        outcome = self.draw.weighted(_OUTCOMES)
        completed = outcome == "completed"
        self.tables.add(
            Visit, household.pk, day, self.draw.weighted(_WAYS), self.visitors[household.grid.pk % len(self.visitors)],
            outcome, completed and unchanged, self.draw.one_of(_NOTES) if completed else "", _entered_at(day),
        )  # fmt: skip
