from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

_JOBS = {
    "night": _("Night"),
    "night_part": _("Part of a night"),
    "import_sheet": _("Sheet"),
    "check_sheet": _("Sheet check"),
    "commit_sheet": _("Sheet writing"),
    "undo_sheet": _("Sheet undo"),
    "make_ledger": _("Making a ledger"),
    "export_listing": _("Export of a list"),
    "export_cases": _("Export of cases"),
    "export_board": _("Export of the board"),
    "propose_allocation": _("Allocation proposal"),
    "decide_claims": _("Decision on claims"),
}
_FACTS = {
    "rows": _("Rows"),
    "name": _("File"),
    "on": _("Day"),
    "areas": _("Areas"),
    "seconds": _("Seconds"),
    "late": _("Caught up later"),
    "decided": _("Decided"),
    "refused": _("Held back"),
    "overtaken": _("Somebody was quicker"),
}


@register.filter
def job_title(name):
    return _JOBS.get(name, name)


@register.filter
def fact_title(name):
    return _FACTS.get(name, name)


@register.filter
def fact_value(value):
    """What a job tells in its result, in words."""
    return {True: _("yes"), False: _("no")}[value] if isinstance(value, bool) else value
