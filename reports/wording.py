"""What is missing, in words: one sentence per indicator and direction."""

from django.utils.translation import gettext_lazy as _

_MORE = {
    "employment_rate": _("%(count)s more employed makes %(threshold)s"),
    "registered_unemployed_placement_rate": _("%(count)s more placed makes %(threshold)s"),
    "hardship_employment_rate": _("%(count)s more hardship persons employed makes %(threshold)s"),
    "landless_employment_rate": _("%(count)s more landless farmers employed makes %(threshold)s"),
    "stable_employment_rate": _("%(count)s more in stable work makes %(threshold)s"),
    "dual_employment_rate": _("%(count)s more households with two in work makes %(threshold)s"),
    "registration_rate": _("%(count)s more registered makes %(threshold)s"),
    "commitment_on_time_rate": _("%(count)s more promises kept in time makes %(threshold)s"),
    "four_clear_rate": _("%(count)s more persons with all four things known makes %(threshold)s"),
    "training_to_job_rate": _("%(count)s more in work after their course makes %(threshold)s"),
    "visit_coverage": _("%(count)s more households visited this month makes %(threshold)s"),
}
_FEWER = {
    "zero_households_open": _("%(count)s zero-employment households are still to be eliminated"),
    "zero_households_detected": _("%(count)s detected households are still to be certified or to find work"),
    "zero_households_base_left": _("%(count)s households of the base are still to be eliminated"),
    "zero_households_overdue": _("%(count)s households were not eliminated in time"),
    "commitments_overdue": _("%(count)s promises are overdue"),
}

MANUAL = {
    "no_complaints": _("No justified complaints"),
    "site_inspection": _("Inspected on site"),
}

PARTS = {
    "numerator": _("Counted"),
    "denominator": _("Population"),
    "gap": _("Gap"),
    "stale": _("Evidence too old"),
    "unknown": _("Not surveyed"),
}
COUNT_PARTS = {"numerator": _("List")}


def missing_sentence(indicator, is_ratio, comparator, count, threshold):
    """`count` more (or fewer) would meet the criterion; empty when nothing is missing."""
    if not count:
        return ""
    if comparator == ">=":
        sentence = _MORE.get(indicator, _("%(count)s more makes %(threshold)s"))
    elif not is_ratio and indicator in _FEWER:
        sentence = _FEWER[indicator]
    else:
        sentence = _("%(count)s too many: allowed is %(threshold)s")
    return sentence % {"count": count, "threshold": threshold}


def unproven_sentence(stale, unknown):
    """What would prove a figure that could lie on either side."""
    if stale and unknown:
        return _("Confirm %(stale)s persons again and survey %(unknown)s") % {"stale": stale, "unknown": unknown}
    if stale:
        return _("Confirm %(stale)s persons again") % {"stale": stale}
    return _("Survey %(unknown)s persons") % {"unknown": unknown} if unknown else _("Still to be judged")
