"""The figures of posts and placements of an area, and the rows behind each. Definitions: docs/indicators.md."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils.translation import gettext_lazy as _

from city import parameters
from city.rules import add_months
from households.choices import Channel
from placements.choices import Destination, FundingLevel, PlacementState, PostCategory, PostState
from placements.models import Business, JobSeeker, Placement, Post, Project, Vacancy
from placements.rules import promised_posts

PERIODS = (("month", _("This month")), ("quarter", _("This quarter")), ("year", _("This year")))


@dataclass(frozen=True)
class Period:
    """From the first day of the month, quarter or year of `last` up to `last`."""

    first: date
    last: date

    @classmethod
    def to(cls, last, kind):
        month = {"month": last.month, "quarter": (last.month - 1) // 3 * 3 + 1, "year": 1}[kind]
        return cls(last.replace(month=month, day=1), last)

    @property
    def year_before(self):
        return Period(add_months(self.first, -12), add_months(self.last, -12))

    def has(self, name):
        return Q(**{f"{name}__gte": self.first, f"{name}__lte": self.last})


@dataclass(frozen=True)
class Flow:
    """How many in the period, and in the same one a year before; `key` names the rows."""

    key: str
    label: str
    now: int
    before: int

    @property
    def change(self):
        """In hundredths of a percent; None where there was nothing to compare with."""
        return (self.now - self.before) * 10_000 // self.before if self.before else None

    @property
    def change_in_words(self):
        if self.change is None:
            return "–"
        whole, part = divmod(abs(self.change), 100)
        return f"{'-' if self.change < 0 else '+'}{whole}.{part:02}%"


class Rows:
    """What the figures count: every count below is the number of rows of one of these."""

    def __init__(self, posting, area, period, day):
        self.posting, self.area, self.period, self.day = posting, area, period, day

    def posts(self):
        """All that have not ended, and where asked for, those that have."""
        return Post.objects.run_by(self.posting).filter(area__path__startswith=self.area.path)

    def empty(self):
        return self.posts().filter(state__in=[PostState.OPEN, PostState.RESERVED])

    def expiring(self):
        warned = max(parameters.value("post_expiry_warning_days", self.area, self.day), default=0)
        return self._of_residents(Placement).on_posts_until(self.day + timedelta(days=warned))

    def vacancies(self, period=None):
        rows = Vacancy.objects.run_by(self.posting).filter(area__path__startswith=self.area.path)
        return rows.filter(period.has("gathered_on")) if period else rows

    def registrations(self, period=None):
        rows = self._of_residents(JobSeeker)
        return rows.filter(period.has("registered_on")) if period else rows

    def succeeded(self, period):
        """Registrations of the period after which the person came into work by its last day."""
        jobs = self.placed().filter(
            resident=OuterRef("resident"),
            spell__started_on__gte=OuterRef("registered_on"),
            spell__started_on__lte=period.last,
        )
        return self.registrations(period).filter(Exists(jobs))

    def placed(self, period=None):
        """Confirmed, whatever became of it: by the first day of work in the ledger."""
        rows = self._of_residents(Placement).filter(state__in=[*PlacementState.AT_WORK, PlacementState.ENDED])
        return rows.filter(period.has("spell__started_on")) if period else rows

    def exported(self):
        """Since the beginning of the year: the plan is the year's."""
        return self.placed(Period.to(self.period.last, "year")).filter(channel=Channel.EXPORT)

    def businesses(self, period=None):
        rows = Business.objects.visible_to(self.posting).filter(area__path__startswith=self.area.path)
        return rows.filter(period.has("opened_on")) if period else rows

    def _of_residents(self, model):
        rows = model.objects.visible_to(self.posting)
        return rows.filter(resident__community__path__startswith=self.area.path)


def stock_of_posts(rows):
    """Posts as they stand today: by state and category, by payer, how many are filled, how long others are empty."""
    counted = rows.posts().order_by().values_list("state", "plan__category", "plan__funding")
    by_state, cells, payers = Counter(), Counter(), Counter()
    for state, category, funding, number in counted.annotate(number=Count("pk")):
        by_state[state] += number
        cells[category, state] += number
        payers[funding] += number * (state != PostState.ENDED)
    existing = sum(number for state, number in by_state.items() if state != PostState.ENDED)
    return {
        "states": [(state, state.label, by_state[state]) for state in PostState],
        "categories": [
            (category, category.label, [(state, cells[category, state]) for state in PostState])
            for category in PostCategory
            if any(cells[category, state] for state in PostState)
        ],
        "payers": [(payer, payer.label, payers[payer]) for payer in FundingLevel if payers[payer]],
        "filled": by_state[PostState.FILLED],
        "existing": existing,
    } | _days_empty(rows)


def _days_empty(rows):
    since = rows.empty().order_by().values_list("opened_on").annotate(number=Count("pk"))
    days = [((rows.day - opened_on).days, number) for opened_on, number in since]
    empty = sum(number for _days, number in days)
    return {
        "empty": empty,
        "average_days": sum(length * number for length, number in days) // empty if empty else None,
        "longest_days": max((length for length, _number in days), default=None),
    }


def flows(rows):
    """Vacancies, registrations and placements of the period, each beside a year before."""
    now, before = rows.period, rows.period.year_before
    vacancies = rows.vacancies().aggregate(
        **_both("rows", Count, "pk", "gathered_on", now), **_both("places", Sum, "headcount", "gathered_on", now)
    )
    seekers = rows.registrations().aggregate(
        **_both("times", Count, "pk", "registered_on", now),
        **_both("persons", Count, "resident", "registered_on", now, distinct=True),
    )
    by_channel = rows.placed(None).order_by().values("channel")
    by_channel = by_channel.annotate(**_both("times", Count, "pk", "spell__started_on", now))
    channels = {row["channel"]: (row["times_now"], row["times_before"]) for row in by_channel}
    placed = [sum(pair[place] for pair in channels.values()) for place in (0, 1)]
    businesses = rows.businesses().aggregate(
        **_both("family", Count, "pk", "opened_on", now, extra=Q(family=True)),
        **_both("all", Count, "pk", "opened_on", now),
        **_both("jobs", Sum, "jobs_created", "opened_on", now),
    )

    def flow(key, label, found, name):
        return Flow(key, label, found[f"{name}_now"] or 0, found[f"{name}_before"] or 0)

    registered = flow("registrations", _("Job-seeker registrations (person-times)"), seekers, "times")
    return {
        "before": before,
        "flows": [
            flow("vacancies", _("Vacancies gathered"), vacancies, "rows"),
            flow("vacancies", _("Places in them"), vacancies, "places"),
            registered,
            flow("registrations", _("Job seekers registered (persons)"), seekers, "persons"),
            Flow("placed", _("Placed in work (person-times)"), *placed),
            flow("businesses", _("Businesses opened"), businesses, "all"),
            flow("family", _("of these family businesses"), businesses, "family"),
            flow("businesses", _("Jobs created by them"), businesses, "jobs"),
        ],
        "succeeded": rows.succeeded(now).count(),
        "registered": registered.now,
        "channels": [
            Flow(channel, channel.label, *channels[channel]) for channel in Channel if any(channels.get(channel, ()))
        ],
    }


def _both(name, function, field, day, period, extra=None, **told):
    """`{name}_now` and `{name}_before`: of the period, and of the same one a year before."""
    extra = extra or Q()
    return {
        f"{name}_now": function(field, filter=period.has(day) & extra, **told),
        f"{name}_before": function(field, filter=period.year_before.has(day) & extra, **told),
    }


def export_against_plan(rows):
    """[(destination, its words, persons since the beginning of the year, planned for the year)]"""
    plan = parameters.value("labour_export_plan", rows.area, rows.period.last)
    done = rows.exported().order_by().values_list("destination").annotate(number=Count("resident", distinct=True))
    done = dict(done)
    return [
        (place, place.label, done.get(place, 0), plan.get(place))
        for place in Destination
        if place in done or place in plan
    ]


def promises(rows, most):
    """[(project, posts promised, of these filled)], the newest first."""
    projects = Project.objects.visible_to(rows.posting).filter(area__path__startswith=rows.area.path)
    filled = Count("post_plans__posts", filter=Q(post_plans__posts__state=PostState.FILLED))
    projects = projects.annotate(filled=filled).order_by("-agreed_on", "-pk")[:most]
    return [(one, promised_posts(one.jobs_total, one.promised_share), one.filled) for one in projects]


def choose(rows, key, chosen):
    """The rows behind a figure. `chosen`: {"state", "category", "payer", "channel", "destination"}, empty for any."""
    period = rows.period
    if key == "posts":
        found = rows.posts().filter(**_given(chosen, state="state", category="plan__category", payer="plan__funding"))
        return found if chosen.get("state") else found.exclude(state=PostState.ENDED)
    if key == "empty":
        return rows.empty()
    if key == "expiring":
        return rows.expiring()
    if key == "vacancies":
        return rows.vacancies(period)
    if key == "registrations":
        return rows.registrations(period)
    if key == "succeeded":
        return rows.succeeded(period)
    if key == "placed":
        return rows.placed(period).filter(**_given(chosen, channel="channel"))
    if key == "exported":
        return rows.exported().filter(**_given(chosen, destination="destination"))
    found = rows.businesses(period)
    return found.filter(family=True) if key == "family" else found


KEYS = {
    "posts": _("Public-welfare posts"),
    "empty": _("Empty posts"),
    "expiring": _("Terms that end soon"),
    "vacancies": _("Vacancies gathered"),
    "registrations": _("Job-seeker registrations"),
    "succeeded": _("Registrations that led to work"),
    "placed": _("Placed in work"),
    "exported": _("Labour export"),
    "businesses": _("Businesses opened"),
    "family": _("Family businesses opened"),
}


def _given(chosen, **lookups):
    return {lookup: chosen[name] for name, lookup in lookups.items() if chosen.get(name)}
