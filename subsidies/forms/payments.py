"""What payments are listed, and what is told of money asked back."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from placements.forms.widgets import day, number, select, text
from subsidies.choices import ClawbackReason, ClawbackState, ItemState
from subsidies.forms.claims import ClaimFilter
from subsidies.models import Instalment

#: Digits of a claim's id and version with the colon between them.
_LONGEST_CHOICE = 30


class PayableFilter(ClaimFilter):
    """Which claims to be paid are listed. Left empty: all of the area."""

    state = None
    month = None


class ChosenForm(forms.Form):
    """The claims ticked, each as "id:version"; `everything`: all that match the filters instead."""

    claim = forms.MultipleChoiceField(required=False)
    everything = forms.BooleanField(required=False)

    def __init__(self, data):
        super().__init__(data)
        self.fields["claim"].choices = [(one, one) for one in data.getlist("claim")]

    def clean_claim(self):
        chosen = []
        for one in self.cleaned_data["claim"]:
            key, _colon, version = one.partition(":")
            if not (key.isdecimal() and version.isdecimal() and len(one) <= _LONGEST_CHOICE):
                raise forms.ValidationError(_("Choose claims of the list."))
            chosen.append((int(key), int(version)))
        return chosen


class ItemFilter(forms.Form):
    """Which payments of a batch are listed: those the bank paid, refused or has not answered."""

    state = forms.ChoiceField(required=False, choices=[("", ""), *ItemState.choices])

    @property
    def chosen(self):
        return self.cleaned_data["state"] if self.is_valid() else ""

    def apply(self, items):
        return items.filter(state=self.chosen) if self.chosen else items


class LeaveOutForm(forms.Form):
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    words = forms.CharField(
        label=_("Why it cannot be paid"), max_length=200, widget=text(), help_text=_("It stands on the claim's page.")
    )


class ClawbackFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *ClawbackState.choices],
        widget=select(),
    )
    cause = forms.ChoiceField(
        label=_("Reason"), required=False, choices=[("", _("All")), *ClawbackReason.choices], widget=select()
    )

    @property
    def active(self):
        """How many filters are on."""
        self.is_valid()
        return sum(bool(value) for value in self.cleaned_data.values())

    def apply(self, clawbacks):
        self.is_valid()
        return clawbacks.filter(**{name: value for name, value in self.cleaned_data.items() if value})


def _yuan(label, **kwargs):
    return forms.DecimalField(
        label=label,
        min_value=Decimal("0.01"),
        max_digits=10,
        decimal_places=2,
        widget=number(step="0.01", inputmode="decimal"),
        **kwargs,
    )


class ClawbackForm(forms.Form):
    """How much of a paid line is asked back, and why."""

    amount = _yuan(_("Yuan asked back"))
    cause = forms.ChoiceField(label=_("Reason"), choices=[("", "—"), *ClawbackReason.choices], widget=select())
    explanation = forms.CharField(
        label=_("In words"),
        max_length=1_000,
        help_text=_("What was found, from where, and what the payee was told."),
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
    )


class InstalmentForm(forms.Form):
    """Money that came back."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    amount = _yuan(_("Yuan received"))
    received_on = forms.DateField(label=_("Received on"), widget=day())
    voucher = forms.CharField(
        label=_("Voucher"), max_length=Instalment._meta.get_field("voucher").max_length, widget=text()
    )
