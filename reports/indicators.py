"""Every figure, declared once: whom it is about and who of them counts, as query expressions for any day.

From a declaration come the grouped count of all communities, the list of persons or households behind it, the bounds
and the help text. To add an indicator, add it here (checklist in the README).
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, DateField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Least
from django.utils.translation import gettext_lazy as _

from assistance.models import Commitment, Enrolment
from city.expressions import AddMonths
from households.choices import EXIT_REASONS, LabourState, VisitOutcome
from households.models import (
    FourClear,
    HardshipCertification,
    Household,
    LedgerSpan,
    RegistrationSpan,
    Visit,
    ZeroEmploymentEpisode,
)

_EMPLOYED = Q(state=LabourState.EMPLOYED)
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
    return _present(terms).unemployed_on(terms.on)


def _ever_certified_workers(terms):
    certified = ZeroEmploymentEpisode.objects.filter(certified_on__lte=terms.on)
    return _working_age(terms).filter(_EMPLOYED, household__in=certified.values("household"))


def _without_work(terms):
    return _present(terms).zero_employment(terms.on)


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
    episodes = ZeroEmploymentEpisode.objects.to_visit(first, terms.on, visited_since)
    visited = Visit.objects.standing().filter(
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


def _commitments(terms):
    """Promises, each of the community whose station gave it, with the household its person lives in on the day."""
    commitments = Commitment.objects.all()
    if terms.is_partial:
        commitments = commitments.filter(case__community__in=terms.communities)
    home = LedgerSpan.objects.in_force_on(terms.on).filter(resident=OuterRef("case__resident"))
    return commitments.annotate(
        household_id=Subquery(home.values("household")[:1]),
        household_number=Subquery(home.values("household__number")[:1]),
    )


def _falling_due(terms):
    """Due in the period, whose first day differs by community, up to the day."""
    start = terms.expression("period_start", "case__community_id")
    return _commitments(terms).with_due_on().falling_due_by(terms.on).filter(due_on__gte=start)


def _overdue_promises(terms):
    return _commitments(terms).overdue_on(terms.on)


def _trained(terms):
    """Residents who completed a course in the period."""
    return (
        _present(terms)
        .annotate(
            period_start=terms.expression("period_start"), training_months=terms.expression("training_job_months")
        )
        .filter(Exists(_courses_completed(terms)))
    )


def _courses_completed(terms):
    return Enrolment.objects.filter(
        resident=OuterRef("resident"), completed_on__gte=OuterRef("period_start"), completed_on__lte=terms.on
    )


def _worked_after_a_course(terms):
    """In work on a day from the end of a course to the end of the months in which a job counts as its result."""
    work = LedgerSpan.objects.filter(
        _EMPLOYED,
        resident=OuterRef("resident"),
        first_on__lte=OuterRef("counts_until"),
        last_on__gte=OuterRef("completed_on"),
    )
    until = Least(AddMonths(F("completed_on"), OuterRef("training_months")), Value(terms.on, DateField()))
    return Q(Exists(_courses_completed(terms).annotate(counts_until=until).filter(Exists(work))))


def _all_four_known(terms):
    """By what was last noted of the person by the day."""
    noted = FourClear.objects.filter(noted_on__lte=terms.on)
    latest = noted.filter(resident=OuterRef("resident")).order_by("-noted_on").values("pk")[:1]
    return Q(Exists(noted.complete().filter(resident=OuterRef("resident"), pk=Subquery(latest))))


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
FALLING_DUE = Population("commitment", _falling_due, place="case__community_id")
OVERDUE_PROMISES = Population("commitment", _overdue_promises, place="case__community_id")
TRAINED = Population("person", _trained)
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
        "commitment_on_time_rate",
        _("Promises kept in time"),
        _("Of the promises of work falling due in the period: placed on or before the due moment."),
        FALLING_DUE,
        hit=lambda terms: Q(kept_on__lte=F("due_on")),
        base=_everyone,
    ),
    Indicator(
        "four_clear_rate",
        _("Four-clear rate"),
        _("Of the hardship persons in the labour force: family, cause, work wish and training wish all known."),
        HARDSHIP,
        hit=_all_four_known,
        base=lambda terms: _LABOUR_FORCE,
    ),
    Indicator(
        "training_to_job_rate",
        _("Training-to-job rate"),
        _("Of those who completed a course in the period: in work within the months after it."),
        TRAINED,
        hit=_worked_after_a_course,
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
    Indicator(
        "commitments_overdue",
        _("Promises overdue"),
        _("Promises of work whose due moment has passed with no placement."),
        OVERDUE_PROMISES,
        hit=_everyone,
    ),
]

INDICATORS = {indicator.key: indicator for indicator in _DECLARED}

#: Figures of streets, districts and the city only, read from the areas themselves.
AREA_INDICATORS = {
    "station_coverage": _("Communities with a station"),
}
