"""Forms of the labour timeline, one for each event; `terms` gives what its service is called with."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from city.sheets import columns
from households.choices import Channel, InactiveReason, LabourState, Source
from households.forms.fields import (
    DayField,
    DeskForm,
    ReadField,
    choice_field,
    money_field,
    number_field,
    words_field,
    yes_no_field,
)

_SOURCES = [(one.value, one.label) for one in (Source.VISIT, Source.PHONE, Source.BUILDING, Source.MATCH)]
_REASONS = [(one.value, one.label) for one in InactiveReason if one != InactiveReason.RETIRED]
LONGEST_CONTRACT = 1200


def _source():
    return choice_field(_("Told by"), _SOURCES, empty=None, initial=Source.VISIT.value)


class EventForm(DeskForm):
    """What every event asks: from which day, and where it is known from."""

    on = DayField(label=_("Starting on"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate

    def terms(self):
        return dict(self.cleaned_data)


class _Job(DeskForm):
    channel = choice_field(_("Kind of work"), Channel.choices)
    employer_name = words_field(_("Name of the employer"), 120)
    credit_code = ReadField(
        columns.credit_code, label=_("Unified social credit code"), required=False, help_text=_("if it is known")
    )
    contract_months = number_field(_("Contract months"), LONGEST_CONTRACT)
    monthly_income = money_field(_("Monthly income in yuan"))
    insured = yes_no_field(_("Insured"))


class FoundWorkForm(EventForm, _Job):
    field_order = ("on",)
    source = _source()


class LostWorkForm(EventForm):
    on = DayField(label=_("Last day of work"))
    afterwards = choice_field(
        _("What comes after"),
        [("unemployed", _("Looking for work")), *[(value, label) for value, label in InactiveReason.choices]],
        empty=("", _("Not known yet")),
        required=False,
        help_text=_("Not known yet: counted as unemployed from the next day, and asked at the next visit."),
    )
    source = _source()

    def terms(self):
        terms = dict(self.cleaned_data)
        afterwards = terms.pop("afterwards")
        if afterwards == "unemployed":
            terms["next_state"] = LabourState.UNEMPLOYED
        elif afterwards:
            terms |= {"next_state": LabourState.INACTIVE, "reason": afterwards}
        return terms


class InactiveForm(EventForm):
    reason = choice_field(_("Reason"), _REASONS)
    source = _source()


class SinceForm(EventForm):
    """Retired, or looking for work: a day and how it is known."""

    source = _source()


class ConfirmForm(EventForm):
    on = DayField(label=_("On"))
    source = _source()


class RegisterForm(EventForm):
    on = DayField(label=_("Registered on"))


class SpellForm(_Job):
    """The details of one spell; what its state has no use for is not asked."""

    field_order = ("started_on",)
    started_on = DayField(label=_("Starting on"))
    inactive_reason = choice_field(_("Reason"), InactiveReason.choices)

    def __init__(self, *args, spell, **kwargs):
        super().__init__(*args, **kwargs)
        if spell.state == LabourState.EMPLOYED:
            del self.fields["inactive_reason"]
            self.fields["channel"].required = False
        else:
            for name in _Job.base_fields:
                del self.fields[name]
            if spell.state != LabourState.INACTIVE:
                del self.fields["inactive_reason"]

    @staticmethod
    def initial_of(spell):
        known = {True: "yes", False: "no", None: ""}
        return {
            "started_on": spell.started_on,
            "inactive_reason": spell.inactive_reason,
            "channel": spell.channel,
            "employer_name": spell.employer_name,
            "credit_code": spell.employer.credit_code if spell.employer else "",
            "contract_months": spell.contract_months,
            "monthly_income": spell.monthly_income,
            "insured": known[spell.insured],
        }
