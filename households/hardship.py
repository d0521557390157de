"""What is proposed of a hardship person, and what the register itself says for or against it."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from city.parameters import dated_all
from city.rules import last_day_older_than
from households.choices import HardshipCategory, LabourState
from households.models import HardshipCertification, RegistrationSpan
from households.profiles import profiles_on
from households.rules import age_on


@dataclass(frozen=True)
class Fact:
    """`fits`: speaks for the category (True), against it (False), or is only to be known (None)."""

    label: str
    value: str
    fits: bool | None = None


@dataclass(frozen=True)
class Proposal:
    """What the station says. `upload` is (file name, bytes) of the scanned proof, or None: none, or none newer."""

    category: str
    proof: str
    proof_words: str = ""
    valid_until: date | None = None
    upload: tuple | None = None


@dataclass(frozen=True)
class Terms:
    """What the area's parameters say of hardship persons on a day."""

    categories: list
    proofs: dict
    ages: dict
    long_term_months: int


def terms_of(area, day):
    values, ids = dated_all(), area.path_ids
    return Terms(
        categories=values["hardship_categories"].of(ids, day),
        proofs=values["hardship_proofs"].of(ids, day),
        ages=values["hardship_ages"].of(ids, day),
        long_term_months=int(values["long_term_unemployed_months"].of(ids, day)),
    )


def is_old_enough(resident, terms, day):
    return age_on(resident.birth_date, day) >= terms.ages[resident.sex]


def evidence(resident, category, terms, day):
    """Facts of the register about the person on the day, in the order one reads them."""
    (profile,) = profiles_on([resident], day)
    return [
        _age(profile, category, terms, day),
        _state(profile, category, terms, day),
        _registration(resident, category, day),
        *_household_facts(profile, category, day),
        _land(resident, category),
        _others(resident, category, day),
    ]


def _age(profile, category, terms, day):
    fits = profile.works
    if category == HardshipCategory.AGE_4050:
        fits = fits and is_old_enough(profile.resident, terms, day)
    value = _("%(age)d years, %(sex)s") % {"age": profile.age, "sex": profile.resident.get_sex_display()}
    if not profile.works:
        value += _(" (not of working age)")
    return Fact(_("Age"), value, fits)


def _state(profile, category, terms, day):
    spell = profile.spell
    if spell is None:
        return Fact(_("State"), profile.state or "–", False)
    value = _("%(state)s since %(day)s") % {"state": profile.state, "day": spell.started_on.isoformat()}
    fits = spell.state == LabourState.UNEMPLOYED
    if category == HardshipCategory.LONG_TERM:
        fits = fits and spell.started_on <= last_day_older_than(day, terms.long_term_months)
    return Fact(_("State"), value, fits)


def _registration(resident, category, day):
    span = RegistrationSpan.objects.in_force_on(day).filter(resident=resident).order_by("-first_on").first()
    value = span.first_on.isoformat() if span else _("none in force")
    return Fact(_("Unemployment registration"), value, bool(span) if category == HardshipCategory.LONG_TERM else None)


def _household_facts(profile, category, day):
    if profile.household is None:
        return [Fact(_("Household"), _("no resident today"), False)]
    points = profile.household.low_income_points.filter(started_on__lte=day).order_by("started_on")
    poor = bool(points and points.last().low_income)
    is_open = profile.household.episodes.open_on(day).exists()
    yes, no = _("yes"), _("no")
    return [
        Fact(
            _("Minimum living allowance"),
            yes if poor else no,
            poor if category == HardshipCategory.LOW_INCOME else None,
        ),
        Fact(
            _("Zero-employment household"),
            yes if is_open else no,
            is_open if category == HardshipCategory.ZERO_HOUSEHOLD else None,
        ),
    ]


def _land(resident, category):
    fits = resident.landless if category == HardshipCategory.LANDLESS else None
    return Fact(_("Landless farmer"), _("yes") if resident.landless else _("no"), fits)


def _others(resident, category, day):
    rows = HardshipCertification.objects.in_force_on(day).filter(resident=resident)
    held = [row.get_category_display() for row in rows if row.category != category]
    return Fact(_("Certified already as"), "、".join(held) or "–")
