"""Every figure opens: the persons, households, episodes or promises behind it, from the declaration of the count."""

from dataclasses import dataclass

from django.db.models import BooleanField, Case, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.models import Commitment
from city.choices import AreaLevel
from households.choices import InactiveReason, LabourState
from households.models import Household, LedgerSpan, ZeroEmploymentEpisode
from reports.indicators import INDICATORS, UNKNOWN
from reports.terms import Terms

_WORDS = dict(LabourState.choices) | dict(InactiveReason.choices)

PARTS = ("numerator", "denominator", "gap", "stale", "unknown")


def listing(area, on, key, part, overlay=None):
    """Rows behind one part of a figure, ordered by id: LedgerSpan for persons, Household, ZeroEmploymentEpisode or
    Commitment.

    `stale` lists the stale persons of the denominator, `unknown` those who would belong to it if surveyed; both are
    empty where the rules do not judge evidence. A count has a numerator only.
    """
    indicator = INDICATORS[key]
    terms = Terms(on, area, overlay)
    rows = _part(indicator, terms, part if part in indicator.parts else "none")
    if indicator.kept:
        return (
            ZeroEmploymentEpisode.objects.filter(pk__in=[row.pk for row in rows if indicator.kept(row, terms)])
            .select_related("household__community")
            .order_by("pk")
        )
    if indicator.unit == "household" and rows.model is LedgerSpan:
        rows = Household.objects.filter(pk__in=rows.values("household"))
    related = {
        "person": ("resident", "household", "community", "spell"),
        "household": ("community",),
        "episode": ("household__community",),
        "commitment": ("case__resident", "case__community", "clock"),
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


def reason(row, part):
    """One sentence: why this person, household or episode stands in the list."""
    if isinstance(row, Household):
        return _("Household %(number)s") % {"number": row.number}
    if isinstance(row, ZeroEmploymentEpisode):
        return _episode_reason(row)
    if isinstance(row, Commitment):
        return _promise_reason(row)
    inactive_reason = row.spell.inactive_reason if row.state == LabourState.INACTIVE else ""
    return person_reasons(part)(row.state, row.state_since, inactive_reason, row.confirmed_on)


def person_reasons(part):
    """A function from the values of a span to the sentence for its person; the words are translated once."""
    words = {key: str(word) for key, word in _WORDS.items()}
    unknown, plain, stale = _("not surveyed"), _("%(state)s since %(since)s"), _(", last confirmed %(day)s")

    def said(state, since, inactive_reason, confirmed_on):
        if state == LabourState.UNKNOWN:
            return unknown
        sentence = plain % {"state": words[inactive_reason or state], "since": since}
        return sentence + stale % {"day": confirmed_on} if part == "stale" else sentence

    return said


def _episode_reason(row):
    said = _("certified %(day)s") % {"day": row.certified_on}
    if row.eliminated_on:
        said += _(", eliminated %(day)s") % {"day": row.eliminated_on}
    if row.withdrawn_on:
        said += _(", withdrawn %(day)s") % {"day": row.withdrawn_on}
    return said


def _promise_reason(row):
    words = {"made": row.made_on, "due": timezone.localtime(row.clock.due_at).strftime("%Y-%m-%d %H:%M")}
    said = _("promised %(made)s, due %(due)s") % words
    return said + _(", placed %(day)s") % {"day": row.kept_on} if row.kept_on else said


@dataclass(frozen=True)
class Shown:
    """Whom and where a row of a list is about; a household or an episode is about no one person."""

    resident: object
    household_id: int
    household_number: str
    community: object


def shown(row):
    if isinstance(row, Commitment):
        return Shown(row.case.resident, row.household_id, row.household_number or "", row.case.community)
    if isinstance(row, Household):
        return Shown(None, row.pk, row.number, row.community)
    if isinstance(row, ZeroEmploymentEpisode):
        return Shown(None, row.household_id, row.household.number, row.household.community)
    return Shown(row.resident, row.household_id, row.household.number, row.community)


def as_rows(area, on, key, part):
    """The contract's shape, persons with their full number (for the command line, which acts for the city)."""
    for row in listing(area, on, key, part).iterator(chunk_size=2_000):
        one = shown(row)
        person = {"id_number": one.resident.id_number, "name": one.resident.name} if one.resident else {}
        place = {"household": one.household_number, "community": one.community.code}
        yield person | place | {"reason": str(reason(row, part))}
