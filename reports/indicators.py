"""Every figure, declared once: whom it is about and who of them counts, as query expressions for any day.

From a declaration come the grouped count of all communities, the list of persons or households behind it, the bounds
and the help text. To add an indicator, add it here (checklist in the README).
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from households.choices import EXIT_REASONS, LabourState, VisitOutcome
from households.models import (
    HardshipCertification,
    Household,
    LedgerSpan,
    RegistrationSpan,
    Visit,
    ZeroEmploymentEpisode,
)

_EMPLOYED = Q(state=LabourState.EMPLOYED)
_UNEMPLOYED = Q(state=LabourState.UNEMPLOYED)
_LABOUR_FORCE = Q(state__in=[LabourState.EMPLOYED, LabourState.UNEMPLOYED])
UNKNOWN = Q(state=LabourState.UNKNOWN)
EVERYBODY = ~Q(pk=None)


@dataclass(frozen=True)
class Population:
    """Rows one query counts: persons (spans), households or episodes. `place` leads to their community."""

    unit: str
    rows: Callable[..., QuerySet]
    place: str = "community_id"
    counted: Count = Count("pk")


def _present(terms):
    """Spans in force on the day in the communities measured."""
    spans = LedgerSpan.objects.in_force_on(terms.on)
    return spans.filter(community__in=terms.communities) if terms.is_partial else spans


def _working_age(terms):
    return _present(terms).of_working_age_on(terms.on)


def _hardship(terms):
    certified = HardshipCertification.objects.in_force_on(terms.on)
    return _working_age(terms).filter(resident__in=certified.values("resident"))


def _landless(terms):
    return _working_age(terms).filter(landless_since__lte=terms.on, registered_since__lte=terms.on)


def _registered_in_period(terms):
    """Registered at any time of the period, less those whose last registration ended with an exit reason."""
    spans = _working_age(terms).annotate(period_start=terms.expression("period_start"))
    registered = RegistrationSpan.objects.filter(
        resident=OuterRef("resident"), first_on__lte=terms.on, last_on__gte=OuterRef("period_start")
    )
    left = RegistrationSpan.objects.filter(
        Q(next_registered_on=None) | Q(next_registered_on__gt=terms.on),
        last_on__lte=terms.on,
        end_reason__in=EXIT_REASONS,
    )
    return spans.filter(Exists(registered)).exclude(resident__in=left.values("resident"))


def _unemployed(terms):
    return _working_age(terms).filter(_UNEMPLOYED)


def _ever_certified_workers(terms):
    certified = ZeroEmploymentEpisode.objects.filter(certified_on__lte=terms.on)
    return _working_age(terms).filter(_EMPLOYED, household__in=certified.values("household"))


def _without_work(terms):
    """Spans of unemployed members in the labour force of households where no member, of any age, works."""
    workers = LedgerSpan.objects.in_force_on(terms.on).filter(_EMPLOYED, household=OuterRef("household"))
    open_episodes = ZeroEmploymentEpisode.objects.open_on(terms.on)
    return _unemployed(terms).filter(~Exists(workers)).exclude(household__in=open_episodes.values("household"))


def _households(terms):
    return Household.objects.filter(community__in=terms.communities) if terms.is_partial else Household.objects.all()


def _eliminated_households(terms):
    eliminated = ZeroEmploymentEpisode.objects.filter(eliminated_on__lte=terms.on)
    open_episodes = ZeroEmploymentEpisode.objects.open_on(terms.on)
    workers = (
        LedgerSpan.objects.in_force_on(terms.on)
        .filter(_EMPLOYED, household=OuterRef("pk"))
        .order_by()
        .values("household")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return (
        _households(terms)
        .filter(pk__in=eliminated.values("household"))
        .exclude(pk__in=open_episodes.values("household"))
        .annotate(workers=Subquery(workers, output_field=IntegerField()))
    )


def _households_to_visit(terms):
    """With an episode open on any day of the month so far, or with one eliminated lately."""
    first = terms.on.replace(day=1)
    visited_since = terms.expression("visited_since", "household__community_id")
    episodes = ZeroEmploymentEpisode.objects.open_some_day(first, terms.on) | (
        ZeroEmploymentEpisode.objects.with_end().filter(eliminated_on__gt=visited_since, eliminated_on__lte=terms.on)
    )
    visited = Visit.objects.filter(
        household=OuterRef("pk"), outcome=VisitOutcome.COMPLETED, visited_on__range=(first, terms.on)
    )
    return _households(terms).filter(pk__in=episodes.values("household")).annotate(visited=Exists(visited))


def _episodes(terms):
    episodes = ZeroEmploymentEpisode.objects.with_end().filter(certified_on__lte=terms.on)
    return episodes.filter(household__community__in=terms.communities) if terms.is_partial else episodes


def _late_candidates(terms):
    """Episodes certified in the period that were not eliminated; `deadline` decides which of them are late."""
    start = terms.expression("period_start", "household__community_id")
    return (
        _episodes(terms)
        .annotate(period_start=start, community_id=F("household__community_id"))
        .filter(certified_on__gte=F("period_start"))
    )


WORKING_AGE = Population("person", _working_age)
HARDSHIP = Population("person", _hardship)
LANDLESS = Population("person", _landless)
REGISTERED = Population("person", _registered_in_period)
UNEMPLOYED = Population("person", _unemployed)
EVER_CERTIFIED = Population("person", _ever_certified_workers)
WITHOUT_WORK = Population("household", _without_work, counted=Count("household", distinct=True))
ELIMINATED = Population("household", _eliminated_households)
TO_VISIT = Population("household", _households_to_visit)
EPISODES = Population("episode", _episodes, place="household__community_id")
CERTIFIED_IN_PERIOD = Population("episode", _late_candidates, place="household__community_id")


@dataclass(frozen=True)
class Indicator:
    """`hit` and `base` take the terms of the day; a count has no `base`. `kept` decides by row what SQL cannot."""

    key: str
    label: str
    help: str
    population: Population
    hit: Callable[..., Q]
    base: Callable[..., Q] | None = None
    bounded: bool = False
    kept: Callable[..., bool] | None = None

    @property
    def unit(self):
        return self.population.unit

    @property
    def is_ratio(self):
        return self.base is not None

    @property
    def parts(self):
        """The lists behind the figure: see `explain`."""
        if not self.is_ratio:
            return ("numerator",)
        proven = ("numerator", "denominator", "gap")
        return (*proven, "stale", "unknown") if self.bounded else proven


def _open_on(day):
    return Q(certified_on__lte=day, closed_on__gt=day)


def _base_left(terms):
    before = terms.expression("day_before_period", "household__community_id")
    return _open_on(terms.on) & Q(certified_on__lte=before)


def _in_period(terms, field):
    start = terms.expression("period_start", "household__community_id")
    return Q(**{f"{field}__gte": start, f"{field}__lte": terms.on})


def is_late(episode, terms):
    """Deadline passed by the end of the day, not eliminated in time, not withdrawn before the deadline."""
    deadline = terms.deadline(episode.community_id, episode.certified_on)
    in_time = episode.eliminated_on is not None and episode.eliminated_on <= deadline
    spared = episode.withdrawn_on is not None and episode.withdrawn_on < deadline
    return deadline < terms.on and not in_time and not spared


def _everyone(terms):
    return EVERYBODY


_DECLARED = [
    Indicator(
        "employment_rate",
        _("Employment rate"),
        _("Employed persons among the labour force: residents of working age who work or are able and willing to."),
        WORKING_AGE,
        hit=lambda terms: _EMPLOYED,
        base=lambda terms: _LABOUR_FORCE,
        bounded=True,
    ),
    Indicator(
        "registered_unemployed_placement_rate",
        _("Placement rate of the registered unemployed"),
        _("Of those registered as unemployed in the period, less those who left the labour market: employed."),
        REGISTERED,
        hit=lambda terms: _EMPLOYED,
        base=_everyone,
    ),
    Indicator(
        "hardship_employment_rate",
        _("Employment rate of hardship persons"),
        _("Employed persons among the certified hardship persons in the labour force."),
        HARDSHIP,
        hit=lambda terms: _EMPLOYED,
        base=lambda terms: _LABOUR_FORCE,
        bounded=True,
    ),
    Indicator(
        "landless_employment_rate",
        _("Employment rate of landless farmers"),
        _("Employed persons among the landless farmers in the labour force who have ever registered."),
        LANDLESS,
        hit=lambda terms: _EMPLOYED,
        base=lambda terms: _LABOUR_FORCE,
        bounded=True,
    ),
    Indicator(
        "stable_employment_rate",
        _("Stable employment rate"),
        _("Of the employed members of ever-certified households: contract of a year, minimum wage and insured."),
        EVER_CERTIFIED,
        hit=lambda terms: Q(
            spell__contract_months__gte=terms.expression("stable_contract_months"),
            spell__monthly_income__gte=terms.expression("minimum_wage"),
            spell__insured=True,
        ),
        base=_everyone,
    ),
    Indicator(
        "dual_employment_rate",
        _("Dual employment rate"),
        _("Households with at least two members in work, of those with an eliminated episode and none open."),
        ELIMINATED,
        hit=lambda terms: Q(workers__gte=terms.expression("dual_employment_min")),
        base=_everyone,
    ),
    Indicator(
        "registration_rate",
        _("Registration rate"),
        _("Unemployed persons of the labour force with a registration in force."),
        UNEMPLOYED,
        hit=lambda terms: Q(
            Exists(RegistrationSpan.objects.in_force_on(terms.on).filter(resident=OuterRef("resident")))
        ),
        base=_everyone,
    ),
    Indicator(
        "visit_coverage",
        _("Visit coverage of the month"),
        _("Households with an open or lately eliminated episode that had a completed visit this month."),
        TO_VISIT,
        hit=lambda terms: Q(visited=True),
        base=_everyone,
    ),
    Indicator(
        "zero_households_open",
        _("Open zero-employment households"),
        _("Episodes certified and neither eliminated nor withdrawn."),
        EPISODES,
        hit=lambda terms: _open_on(terms.on),
    ),
    Indicator(
        "zero_households_detected",
        _("Detected, not certified"),
        _("Households with somebody in the labour force, nobody in work and no open episode."),
        WITHOUT_WORK,
        hit=_everyone,
    ),
    Indicator(
        "zero_households_base_left",
        _("Base not yet zero"),
        _("Episodes open before the period began and still open."),
        EPISODES,
        hit=_base_left,
    ),
    Indicator(
        "zero_households_overdue",
        _("Not eliminated in time"),
        _("Episodes certified in the period whose deadline passed without elimination."),
        CERTIFIED_IN_PERIOD,
        hit=_everyone,
        kept=is_late,
    ),
    Indicator(
        "zero_households_arisen",
        _("Arisen in the period"),
        _("Episodes certified in the period."),
        EPISODES,
        hit=lambda terms: _in_period(terms, "certified_on"),
    ),
    Indicator(
        "zero_households_eliminated",
        _("Eliminated in the period"),
        _("Episodes eliminated in the period."),
        EPISODES,
        hit=lambda terms: _in_period(terms, "eliminated_on"),
    ),
    Indicator(
        "long_term_unemployed",
        _("Long-term unemployed"),
        _("Unemployed persons of the labour force whose spell began more than six months ago."),
        UNEMPLOYED,
        hit=lambda terms: Q(state_since__lte=terms.expression("long_term_since")),
    ),
]

INDICATORS = {indicator.key: indicator for indicator in _DECLARED}

#: Figures of streets, districts and the city only, read from the areas themselves.
AREA_INDICATORS = {
    "station_coverage": _("Communities with a station"),
}
