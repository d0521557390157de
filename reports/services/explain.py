"""Every figure opens: the persons, households or episodes behind it, from the same declaration as the count."""

from django.db.models import BooleanField, Case, Q, Value, When
from django.utils import formats
from django.utils.translation import gettext as _

from city.choices import AreaLevel
from households.choices import LabourState
from households.models import Household, LedgerSpan, ZeroEmploymentEpisode
from reports.indicators import INDICATORS, UNKNOWN
from reports.terms import Terms

PARTS = ("numerator", "denominator", "gap", "stale", "unknown")


def listing(area, on, key, part, overlay=None):
    """Rows behind one part of a figure, ordered by id: LedgerSpan for persons, Household or ZeroEmploymentEpisode.

    `stale` lists the stale persons of the denominator, `unknown` those who would belong to it if surveyed; both are
    empty where the rules do not judge evidence. A count has a numerator only.
    """
    indicator = INDICATORS[key]
    terms = Terms(on, area, overlay)
    rows = _part(indicator, terms, part if part in indicator.parts else "none")
    if indicator.kept:
        return ZeroEmploymentEpisode.objects.filter(
            pk__in=[row.pk for row in rows if indicator.kept(row, terms)]
        ).select_related("household__community").order_by("pk")
    if indicator.unit == "household" and rows.model is LedgerSpan:
        rows = Household.objects.filter(pk__in=rows.values("household"))
    related = {
        "person": ("resident", "household", "community", "spell"),
        "household": ("community",),
        "episode": ("household__community",),
    }
    return rows.select_related(*related[indicator.unit]).order_by("pk")


def _part(indicator, terms, part):
    rows = indicator.population.rows(terms)
    base = indicator.base(terms) if indicator.base else Q()
    if part == "none":
        return rows.none()
    if part == "denominator":
        return rows.filter(base)
    if part in ("stale", "unknown"):
        return _doubtful(rows, base, terms, part)
    # A condition on missing values must not be unknown: who does not count is in the gap.
    counts = Case(When(indicator.hit(terms), then=Value(True)), default=Value(False), output_field=BooleanField())
    return rows.filter(base).annotate(counts=counts).filter(counts=part == "numerator")


def _doubtful(rows, base, terms, part):
    """By the area's own rule set; in an area without one, by that of each community."""
    own_rules = terms.ruleset(terms.areas[terms.area.pk])
    place = terms.stale_place(terms.area.level if own_rules else AreaLevel.COMMUNITY)
    if place is None:
        return rows.none()
    if part == "stale":
        return rows.filter(base, confirmed_on__lte=terms.stale_expression(place))
    judged = [key for key, stale_since in terms.stale_levels[place][1].items() if stale_since]
    return rows.filter(UNKNOWN, community__in=judged)


def reason(row, part, on):
    """One sentence: why this person, household or episode stands in the list."""
    if isinstance(row, Household):
        return _("Household %(number)s") % {"number": row.number}
    if isinstance(row, ZeroEmploymentEpisode):
        return _episode_reason(row)
    if row.state == LabourState.UNKNOWN:
        return _("not surveyed")
    words = {"state": row.get_state_display(), "since": formats.date_format(row.state_since, "Y-m-d")}
    if row.state == LabourState.INACTIVE:
        words["state"] = row.spell.get_inactive_reason_display()
    said = _("%(state)s since %(since)s") % words
    if part == "stale":
        said += _(", last confirmed %(day)s") % {"day": formats.date_format(row.confirmed_on, "Y-m-d")}
    return said


def _episode_reason(row):
    day = formats.date_format
    said = _("certified %(day)s") % {"day": day(row.certified_on, "Y-m-d")}
    if row.eliminated_on:
        said += _(", eliminated %(day)s") % {"day": day(row.eliminated_on, "Y-m-d")}
    if row.withdrawn_on:
        said += _(", withdrawn %(day)s") % {"day": day(row.withdrawn_on, "Y-m-d")}
    return said


def as_rows(area, on, key, part):
    """The contract's shape, persons with their full number (for the command line, which acts for the city)."""
    for row in listing(area, on, key, part).iterator(chunk_size=2_000):
        why = str(reason(row, part, on))
        if isinstance(row, LedgerSpan):
            yield {
                "id_number": row.resident.id_number,
                "name": row.resident.name,
                "household": row.household.number,
                "community": row.community.code,
                "reason": why,
            }
        else:
            household = row if isinstance(row, Household) else row.household
            yield {"household": household.number, "community": household.community.code, "reason": why}
