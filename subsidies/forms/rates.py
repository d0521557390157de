"""Forms of rates: which are listed, and a new one to be signed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.forms import EARLIEST_YEAR, LATEST_YEAR
from city.models import Area
from placements.forms.employers import AreaField
from placements.forms.widgets import day, number, select, text, tick
from subsidies.choices import RateState, Scheme
from subsidies.forms.claims import MonthField
from subsidies.models import Rate

_ON_PAPER = ("scheme", "area", "in_force_from", "in_force_to", "document_number", "document_title", "provisional")


class RateFilter(forms.Form):
    """Which rates are listed."""

    scheme = forms.ChoiceField(
        label=_("Scheme"), required=False, choices=[("", _("All")), *Scheme.choices], widget=select()
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *RateState.choices], widget=select()
    )
    month = MonthField(label=_("In force in"), required=False)

    @property
    def active(self):
        """How many filters are on."""
        self.is_valid()
        return sum(bool(value) for value in self.cleaned_data.values())

    def apply(self, rates):
        """An unreadable filter is told beside it and left out."""
        self.is_valid()
        chosen = self.cleaned_data
        if chosen.get("scheme"):
            rates = rates.filter(scheme=chosen["scheme"])
        if chosen.get("state"):
            rates = rates.filter(state=chosen["state"])
        if chosen.get("month"):
            rates = rates.in_force_on(chosen["month"])
        return rates


class RateForm(forms.ModelForm):
    """A new rate; rates of single streets and communities come by the sheet."""

    area = AreaField(label=_("area"), empty_label=None)
    document_number = forms.CharField(label=_("document number"), max_length=60, widget=text())
    document_title = forms.CharField(
        label=_("title of the document"),
        max_length=200,
        required=False,
        widget=text(),
        help_text=_("Only for a document not known yet."),
    )

    class Meta:
        model = Rate
        fields = [
            *("scheme", "area", "in_force_from", "in_force_to", "favoured", "contract_months", "basis", "share"),
            *("contribution", "amount", "ceiling", "second_half_after", "provisional"),
        ]
        widgets = {
            "scheme": select(),
            "in_force_from": day(),
            "in_force_to": day(),
            "favoured": select(),
            "contract_months": number(),
            "basis": select(),
            "share": text(),
            "contribution": text(),
            "amount": number(step="0.01"),
            "ceiling": number(step="0.01"),
            "second_half_after": number(),
            "provisional": tick(),
        }
        help_texts = {
            "in_force_to": _("Empty: until another follows."),
            "contract_months": _("0: any contract. Of several rates the one with the most months reached counts."),
            "share": _("As it stands in the document: 1/2, 2/3, 0.5. Empty with an amount."),
            "amount": _("So many yuan a person or a day. Empty with a share."),
            "second_half_after": _("Only for a scheme paid in halves: insured months until the second half."),
        }

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        offered = Area.objects.visible_to(posting).filter(level__in=[AreaLevel.CITY, AreaLevel.DISTRICT])
        self.fields["area"].offer(offered)

    def clean(self):
        cleaned = super().clean()
        for name in ("in_force_from", "in_force_to"):
            chosen = cleaned.get(name)
            if chosen and not EARLIEST_YEAR <= chosen.year <= LATEST_YEAR:
                self.add_error(name, _("Choose a day between 1990 and 2100."))
        return cleaned

    @property
    def on_paper(self):
        """Where it stands and how long it holds."""
        return [self[name] for name in _ON_PAPER]

    @property
    def terms(self):
        """What it pays whom."""
        return [field for field in self if field.name not in _ON_PAPER]

    @property
    def values(self):
        return {name: self.cleaned_data[name] for name in self._meta.fields}
