"""What is asked when a difference is accepted: enough to write the event the other office knows of.

Each form is made from the finding, so that its evidence is filled in already.
"""

from datetime import date, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from households.choices import Channel
from households.forms.fields import DayField, DeskForm, choice_field, money_field, number_field
from households.forms.labour import LONGEST_CONTRACT

LEFT, UNINSURED = "left", "uninsured"


def _day(text):
    return date.fromisoformat(text) if text else None


def _first_after(since, day):
    """The day a new state may start at the earliest when the present one started on `since`."""
    return max(day, since + timedelta(days=1)) if since else day


class AcceptForm(DeskForm):
    """From which day on the other office is right; never a day to come."""

    on = DayField(label=gettext_lazy("From"))

    def __init__(self, finding, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.evidence = finding.evidence
        self.fields["on"].initial = self.first_day()

    def first_day(self):
        day = _first_after(_day(self.evidence["since"]), _day(self.evidence["from"]))
        return min(day, timezone.localdate())

    def clean_on(self):
        day = self.cleaned_data["on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("This day lies ahead."))
        return day


class _JobForm(AcceptForm):
    on = DayField(label=gettext_lazy("Works since"))
    channel = choice_field(gettext_lazy("Kind of work"), Channel.choices, empty=None)
    contract_months = number_field(gettext_lazy("Contract months"), LONGEST_CONTRACT)
    monthly_income = money_field(gettext_lazy("Monthly income in yuan"))


class InsuredJobForm(_JobForm):
    """The job the insurance office knows of."""

    employer = choice_field(gettext_lazy("Name of the employer"), [], empty=None)
    field_order = ("on", "employer")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        names = [(str(place), one["name"] or one["code"]) for place, one in enumerate(self.evidence["employers"])]
        self.fields["employer"].choices = names

    def first_day(self):
        return _first_after(_day(self.evidence["since"]), _day(f"{self.evidence['month']}-01"))

    def clean_employer(self):
        return self.evidence["employers"][int(self.cleaned_data["employer"])]


class JobElsewhereForm(_JobForm):
    channel = choice_field(gettext_lazy("Kind of work"), Channel.choices, empty=None, initial=Channel.EXPORT.value)


class BusinessForm(_JobForm):
    contract_months = None
    channel = choice_field(
        gettext_lazy("Kind of work"),
        [(one.value, one.label) for one in (Channel.SELF_EMPLOYED, Channel.FLEXIBLE)],
        empty=None,
    )


class NotInsuredForm(DeskForm):
    """Recorded as insured at work and absent from the list: the job is gone, or it goes on without insurance."""

    what = forms.ChoiceField(
        label=gettext_lazy("What is true"),
        choices=[
            (LEFT, gettext_lazy("No longer works there")),
            (UNINSURED, gettext_lazy("Works there, without insurance")),
        ],
        widget=forms.RadioSelect,
    )
    on = DayField(label=gettext_lazy("Last day of work"), required=False)
    wide = ("what",)

    def __init__(self, finding, *args, **kwargs):
        super().__init__(*args, **kwargs)

    def clean(self):
        values = super().clean()
        if values.get("what") == LEFT and "on" not in self.errors:
            if not values.get("on"):
                self.add_error("on", _("Give the last day of work."))
            elif values["on"] > timezone.localdate():
                self.add_error("on", _("This day lies ahead."))
        return values


class DiedForm(AcceptForm):
    on = DayField(label=gettext_lazy("No resident from"), help_text=gettext_lazy("the day after the death"))

    def first_day(self):
        died_on, since = _day(self.evidence["from"]), _day(self.evidence["since"])
        return _first_after(since, died_on + timedelta(days=1))


class PensionForm(AcceptForm):
    on = DayField(label=gettext_lazy("Draws a pension from"))


class PrisonForm(AcceptForm):
    on = DayField(label=gettext_lazy("In prison from"))
