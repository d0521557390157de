"""The events of the labour timeline: what each asks, which service writes it, where its button stands."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from households.forms import labour as forms
from households.services import labour


@dataclass(frozen=True)
class Event:
    """An event of the timeline: its form, its service, and after which states its button stands on the page."""

    label: Promise
    form: type
    take: object
    lead: Promise
    after: tuple


def _confirm(*, resident_id, **terms):
    labour.confirm(resident_ids=[resident_id], **terms)


EVENTS = {
    "confirm": Event(
        _("Nothing changed"),
        forms.ConfirmForm,
        _confirm,
        _("Confirms on this day the state that is recorded."),
        ("employed", "unemployed", "inactive"),
    ),
    "found-work": Event(
        _("Found work"),
        forms.FoundWorkForm,
        labour.found_work,
        _("A day to come is fine: a contract that starts next month is known already."),
        ("employed", "unemployed", "inactive", "unknown", "young_or_retired"),
    ),
    "lost-work": Event(
        _("Lost work"),
        forms.LostWorkForm,
        labour.lost_work,
        _("The job ends with its last day; what comes after starts the day after."),
        ("employed",),
    ),
    "looking": Event(
        _("Looking for work"),
        forms.SinceForm,
        labour.looking,
        _("Able and willing to work, without a job."),
        ("inactive", "unknown", "young_or_retired"),
    ),
    "register": Event(
        _("Register as unemployed"),
        forms.RegisterForm,
        labour.register_unemployed,
        _("The registration ends by itself with a job, or with a state in which nobody looks for work."),
        ("unemployed", "unknown"),
    ),
    "inactive": Event(
        _("No longer looking"),
        forms.InactiveForm,
        labour.became_inactive,
        _("Studies, serves, cannot or does not wish to work."),
        ("employed", "unemployed", "unknown"),
    ),
    "retired": Event(
        _("Retired"),
        forms.SinceForm,
        labour.retired,
        _("Draws a pension from this day on."),
        ("employed", "unemployed", "inactive", "unknown"),
    ),
}


def events_after(code):
    """(name, label) of the events that fit a state, for the buttons of the page."""
    return [(name, event.label) for name, event in EVENTS.items() if code in event.after]
