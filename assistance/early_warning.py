"""Households that would have nobody in work if what is expected happens: asked of the ledger, never stored.

A contract's last month, the retirement date, a layoff announced, insurance that stopped: none of them ends a spell, so
no figure moves. Here they are taken for real, for so many days ahead.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Case, DateField, Exists, F, Max, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils.translation import gettext as _

from assistance.choices import LayoffState
from assistance.models import LayoffPerson
from city import parameters
from city.choices import AreaLevel
from city.expressions import AddMonths, DayAfter
from city.models import Area
from city.rules import FAR_FUTURE, add_months
from households import matching
from households.choices import LabourState
from households.models import Household, InsuranceMonth, LedgerSpan, ZeroEmploymentEpisode
from households.sheets.known import among

#: Somebody insured in one of so many months before the latest month known, and not in it, has stopped.
_MONTHS_BEFORE = 3
_NEVER = Value(FAR_FUTURE, DateField())


def days_ahead(area, day):
    """How far ahead may be asked, by parameter, nearest first."""
    return sorted(int(days) for days in parameters.value("early_warning_days", area, day))


def workers_on(day, uninsured):
    """Spans of those in work on `day`, each with the days it is expected to end: the first without that work.

    A contract or a retirement date that has passed without anybody saying so is no longer expected.
    """
    today = Value(day, DateField())
    contract_ends = AddMonths(F("spell__started_on"), F("spell__contract_months"))
    announced = LayoffPerson.objects.filter(resident__isnull=False, notice__state__in=LayoffState.OPEN)
    return (
        LedgerSpan.objects.in_force_on(day)
        .filter(state=LabourState.EMPLOYED)
        .annotate(
            contract_ends=Case(
                When(spell__contract_months=None, then=_NEVER), default=contract_ends, output_field=DateField()
            ),
            uninsured=uninsured,
            expected_end=Least(
                Case(When(contract_ends__gt=day, then=F("contract_ends")), default=_NEVER),
                Case(When(retires_on__gt=day, then=F("retires_on")), default=_NEVER),
                # Looked up for those on a list alone: a list holds few of all who work.
                Case(
                    When(
                        resident__in=announced.values("resident"),
                        then=Greatest(Coalesce(DayAfter(_planned_on()), _NEVER), today),
                    ),
                    default=_NEVER,
                ),
                Case(When(uninsured=True, then=today), default=_NEVER),
                Case(When(last_on__lt=FAR_FUTURE, then=DayAfter(F("last_on"))), default=_NEVER),
            ),
        )
    )


def _planned_on():
    """The day the employer of the spell means to lay the person off first; of an unknown employer any will do."""
    employer = Coalesce(OuterRef("spell__employer"), F("notice__employer"))
    lists = LayoffPerson.objects.filter(
        resident=OuterRef("resident"), notice__state__in=LayoffState.OPEN, notice__employer=employer
    )
    days = lists.order_by().values("resident").annotate(first=Min("notice__planned_on")).values("first")
    return Subquery(days, output_field=DateField())


def _uninsured_on(day):
    """Insured in the job before and missing in the latest month told, which the job was there for from its start.

    Nobody is of a district the month left out.
    """
    month = matching.latest_month(day)
    if month is None:
        return Value(False)
    latest = month.first
    left_out = Area.objects.communities().filter(parent__parent__in=matching.districts_left_out(month))
    months = InsuranceMonth.objects.filter(id_hash=OuterRef("resident__id_hash"))
    before = months.filter(month__in=[add_months(latest, -back) for back in range(1, _MONTHS_BEFORE + 1)])
    missing = ~Exists(months.filter(month=latest)) & Exists(before)
    told = Q(spell__started_on__lte=latest) & ~Q(community__in=left_out)
    return Case(When(told & missing, then=Value(True)), default=Value(False))


@dataclass
class AtRisk:
    """A household with the day it may have nobody in work, and why."""

    household: object
    nobody_from: object
    reasons: list = field(default_factory=list)


class Outlook:
    """What is expected of an area from a day on. `area`: the posting's, or one below it."""

    def __init__(self, area, day):
        self.area, self.day = area, day
        self._uninsured = _uninsured_on(day)
        self._known = {}

    def workers(self):
        return workers_on(self.day, self._uninsured)

    def _losing(self, until):
        """{household: (community, first day without work)} where all who work would have lost it by `until`.

        One pass over those who work in the area, whatever the number of households.
        """
        workers = self.workers().order_by()
        if self.area.level != AreaLevel.CITY:
            places = Area.objects.communities().within(self.area).values_list("pk", flat=True)
            workers = workers.filter(community__in=list(places))
        rows = workers.values_list("household", "community").annotate(nobody_from=Max("expected_end"))
        rows = rows.filter(nobody_from__lte=until)
        return {household: (community, nobody_from) for household, community, nobody_from in rows}

    def _expected(self, until):
        """Those that count: somebody who could work is left, nobody is recorded to start, no episode is open."""
        if until in self._known:
            return self._known[until]
        losing = self._losing(until)
        spans = LedgerSpan.objects.filter(
            household__in=among(losing),
            state__in=(LabourState.EMPLOYED, LabourState.UNEMPLOYED),
            first_on__lte=until,
            last_on__gte=self.day,
        )
        names = ("household_id", "state", "first_on", "last_on", "works_from", "retires_on")
        then = defaultdict(list)
        for household, *span in spans.values_list(*names):
            then[household].append(span)
        episodes = ZeroEmploymentEpisode.objects.open_on(self.day).filter(household__in=among(losing))
        known = set(episodes.values_list("household_id", flat=True))
        self._known[until] = {
            household: found
            for household, found in losing.items()
            if household not in known and _is_left_without(found[1], then[household], self.day)
        }
        return self._known[until]

    def at_risk(self, until, community=None):
        """Households with somebody in work on the day and by `until` expectedly nobody, from the day `nobody_from`."""
        days = defaultdict(list)
        for household, (where, nobody_from) in self._expected(until).items():
            if community is None or where == community.pk:
                days[nobody_from].append(household)
        cases = [When(pk__in=among(keys), then=Value(day, DateField())) for day, keys in sorted(days.items())]
        found = Household.objects.annotate(nobody_from=Case(*cases, output_field=DateField()))
        return found.filter(pk__in=among([key for keys in days.values() for key in keys]))

    def counts_by_community(self, until):
        """[(community, households at risk)], the most first."""
        counts = Counter(community for community, _day in self._expected(until).values())
        places = Area.objects.in_bulk(counts)
        return sorted(
            ((places[key], number) for key, number in counts.items()), key=lambda row: (-row[1], row[0].code)
        )

    def explained(self, households):
        """Those households with the reason for every worker, in two queries whatever their number."""
        rows = {one.pk: AtRisk(one, one.nobody_from) for one in households}
        workers = self.workers().annotate(planned_on=_planned_on()).filter(household__in=among(rows))
        for worker in workers.select_related("resident").order_by("expected_end", "pk"):
            rows[worker.household_id].reasons.append((worker.resident, _reason(worker, self.day)))
        return list(rows.values())


def _is_left_without(day, spans, today):
    """Whether on `day` somebody of the labour force is left, and nobody has begun to work since today."""
    on_the_day = [span for span in spans if span[1] <= day <= span[2]]
    starts = any(state == LabourState.EMPLOYED and first > today for state, first, *_rest in on_the_day)
    left = any(works_from <= day < retires_on for *_rest, works_from, retires_on in on_the_day)
    return left and not starts


def _reason(worker, today):
    name = worker.resident.name
    day = worker.expected_end
    if worker.expected_end == worker.contract_ends:
        last = day - timedelta(days=1)
        return _("if the contract of %(name)s ends on %(day)s") % {"name": name, "day": last.isoformat()}
    if worker.planned_on and day == max(worker.planned_on + timedelta(days=1), today):
        planned = worker.planned_on.isoformat()
        return _("if %(name)s is laid off on %(day)s as announced") % {"name": name, "day": planned}
    if worker.uninsured:
        return _("if %(name)s, no longer insured, has lost the job") % {"name": name}
    if worker.expected_end == worker.retires_on:
        return _("when %(name)s retires on %(day)s") % {"name": name, "day": day.isoformat()}
    return _("when the work of %(name)s ends on %(day)s, as recorded") % {"name": name, "day": day.isoformat()}
