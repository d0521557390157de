"""Counted since the ledger began: certified and eliminated events beside distinct households, and the first cohort."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.lookups import Exact

from city.models import Area
from city.rules import month_end
from households.choices import HouseholdTagKind
from households.models import HouseholdTag, LedgerSpan, LowIncomeStatus, ZeroEmploymentEpisode
from households.zero_households import WorkStandards

WIDTH, HEIGHT = 720, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 6, 70, 16, 28


def _low_income(day):
    """Whether the household of the row was on minimum living allowance on its day of that name."""
    points = LowIncomeStatus.objects.filter(household=OuterRef("household"), started_on__lte=OuterRef(day))
    return Subquery(points.order_by("-started_on").values("low_income")[:1])


def low_income_on(day):
    """The same as a condition."""
    return Q(Exact(_low_income(day), True))


def totals(area, today):
    """Events are counted as they happened: a household that came back counts twice, so households stand beside it."""
    episodes = ZeroEmploymentEpisode.objects.filter(household__community__path__startswith=area.path)
    episodes = episodes.annotate(poor_then=_low_income("certified_on"), poor_in_the_end=_low_income("eliminated_on"))
    certified = Q(certified_on__lte=today)
    eliminated = Q(eliminated_on__lte=today)
    return episodes.aggregate(
        certified=Count("pk", filter=certified),
        certified_low_income=Count("pk", filter=certified & Q(poor_then=True)),
        certified_households=Count("household", filter=certified, distinct=True),
        eliminated=Count("pk", filter=eliminated),
        eliminated_low_income_then=Count("pk", filter=eliminated & Q(poor_then=True)),
        eliminated_low_income=Count("pk", filter=eliminated & Q(poor_in_the_end=True)),
        eliminated_households=Count("household", filter=eliminated, distinct=True),
        withdrawn=Count("pk", filter=Q(withdrawn_on__lte=today)),
    ) | {"open": episodes.open_on(today).count()}


def at_work(household_ids, area, today):
    """Of these households (a query of ids) in the area: (with a member at work, with as many as make it dual)."""
    working, dual = _at_work(household_ids, area, today)
    return len(working), len(dual)


def latest_at_work(area, today):
    """`{"working": ids, "dual": ids}`: of the households ever eliminated the last episode that was."""
    last = {}
    episodes = ZeroEmploymentEpisode.objects.filter(
        household__in=ever_eliminated(area, today), eliminated_on__lte=today
    )
    for household_id, key in episodes.order_by("eliminated_on").values_list("household", "pk"):
        last[household_id] = key
    found = zip(("working", "dual"), _at_work(ever_eliminated(area, today), area, today), strict=True)
    return {name: [last[household_id] for household_id in household_ids] for name, household_ids in found}


def _at_work(household_ids, area, today):
    spans = LedgerSpan.objects.in_force_on(today).working().filter(household__in=household_ids)
    rows = spans.order_by().values_list("household", "community").annotate(workers=Count("pk"))
    least = WorkStandards(today).dual_min_of(Area.objects.within(area).communities())
    counts = [(household_id, workers, least[place]) for household_id, place, workers in rows if place in least]
    return (
        [household_id for household_id, _workers, _least in counts],
        [household_id for household_id, workers, enough in counts if workers >= enough],
    )


def ever_eliminated(area, today):
    episodes = ZeroEmploymentEpisode.objects.filter(household__community__path__startswith=area.path)
    return episodes.filter(eliminated_on__lte=today).values("household")


@dataclass(frozen=True)
class Programme:
    """Households of one programme tag: how many, of which poor when tagged, at work and dual today."""

    kind: HouseholdTagKind
    households: int
    low_income: int
    working: int
    dual: int


def programmes(area, today):
    """Every programme with households in the area."""
    tags = _tags(area, today).annotate(poor_then=_low_income("started_on"))
    counts = tags.order_by().values("kind").annotate(rows=Count("pk"), poor=Count("pk", filter=Q(poor_then=True)))
    found = []
    for row in sorted(counts, key=lambda row: HouseholdTagKind.values.index(row["kind"])):
        kind = HouseholdTagKind(row["kind"])
        households = _tags(area, today).filter(kind=kind).values("household")
        found.append(Programme(kind, row["rows"], row["poor"], *at_work(households, area, today)))
    return found


def _tags(area, today):
    return HouseholdTag.objects.filter(household__community__path__startswith=area.path, started_on__lte=today)


@dataclass(frozen=True)
class Curve:
    """How many households of the baseline survey had been eliminated by the end of each month."""

    households: int
    months: list
    line: str = ""
    dots: tuple = ()

    width, height = WIDTH, HEIGHT

    @property
    def eliminated(self):
        return self.months[-1][1] if self.months else 0


def baseline_curve(area, today):
    """The first elimination of each baseline household since the survey, summed by month; None without a baseline."""
    later = ZeroEmploymentEpisode.objects.filter(
        household=OuterRef("household"), eliminated_on__gte=OuterRef("started_on"), eliminated_on__lte=today
    )
    tags = _tags(area, today).filter(kind=HouseholdTagKind.BASELINE)
    first = Subquery(later.order_by("eliminated_on").values("eliminated_on")[:1])
    rows = list(tags.annotate(first_out=first).values_list("started_on", "first_out"))
    if not rows:
        return None
    ended = sorted(day for _started_on, day in rows if day)
    months = []
    end = month_end(min(started_on for started_on, _day in rows))
    while not months or months[-1][0] < today and months[-1][1] < len(rows):
        months.append((min(end, today), bisect_right(ended, end)))
        end = month_end(end + timedelta(days=1))
    return Curve(len(rows), months, *_drawn(months, len(rows)))


def _drawn(months, households):
    if len(months) < 2:
        return "", ()
    step = (WIDTH - _LEFT - _RIGHT) / (len(months) - 1)
    points = [
        (round(_LEFT + step * place, 1), round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * number / households, 1))
        for place, (_day, number) in enumerate(months)
    ]
    return " ".join(f"{x},{y}" for x, y in points), (points[0], points[-1])
