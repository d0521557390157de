"""What is told with a decision on claims: which, why, and where less is approved."""

from decimal import Decimal, InvalidOperation

from django import forms
from django.utils.translation import gettext_lazy as _

from placements.forms.employers import AreaField
from placements.forms.widgets import number, select, text
from subsidies.choices import ClaimReason, FundSource, LineReason, Scheme
from subsidies.forms.claims import ClaimFilter
from subsidies.workflow import ACTIONS, MOST

_LONGEST_WORDS = 2_000
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_LONGEST_PAIR, _LONGEST_NUMBER = 30, 15
_REASONED = ("send_back", "reject")


class QueueFilter(ClaimFilter):
    """Which of the claims that wait are listed. Left empty: all of the area."""

    state = None
    doubts = forms.ChoiceField(
        label=_("Doubts"),
        required=False,
        choices=[("", _("All")), ("open", _("With open doubts")), ("none", _("Without doubts"))],
        widget=select(),
    )

    field_order = ["q", "scheme", "doubts", "month", "area"]

    def apply(self, claims):
        claims = super().apply(claims)
        doubts = self.cleaned_data.get("doubts")
        if doubts == "open":
            return claims.with_doubts().filter(doubts__gt=0)
        if doubts == "none":
            return claims.with_doubts().filter(doubts=0)
        return claims


class _Reasoned(forms.Form):
    """An action with the reason and words of its own fields: those of one that was not chosen count for nothing."""

    action = forms.ChoiceField(choices=[(action, action) for action in ACTIONS])

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for action in _REASONED:
            self.fields[f"{action}_reason"] = forms.ChoiceField(
                label=_("Reason"), required=False, choices=[("", "—"), *ClaimReason.choices], widget=select()
            )
            self.fields[f"{action}_words"] = forms.CharField(
                label=_("In words"),
                required=False,
                max_length=_LONGEST_WORDS,
                widget=forms.Textarea(attrs={"class": "form-control", "rows": 2}),
            )

    @property
    def told(self):
        """The reason and words of the action chosen."""
        action = self.cleaned_data["action"]
        return {
            "reason": self.cleaned_data.get(f"{action}_reason", ""),
            "words": self.cleaned_data.get(f"{action}_words", ""),
        }

    def refuse(self, refused):
        """The refusal of a service stands beside what it is about."""
        name = f"{self.cleaned_data['action']}_{refused.field}"
        self.add_error(name if name in self.fields else None, refused.message)


class QueueForm(_Reasoned):
    """The claims ticked as "id:version", or with `everything` all those the page was made with (`matching`)."""

    everything = forms.BooleanField(required=False)
    matching = forms.CharField(required=False, max_length=MOST * _LONGEST_PAIR)

    @property
    def ticked(self):
        return self.data.getlist("claim") if self.is_bound else []

    def clean(self):
        told = super().clean()
        texts = told.get("matching", "").split(",") if told.get("everything") else self.ticked
        pairs = [text.partition(":") for text in texts if text]
        if not all(_is_number(key) and _is_number(version) for key, _colon, version in pairs):
            raise forms.ValidationError(_("Choose claims of the list."))
        told["chosen"] = [(int(key), int(version)) for key, _colon, version in pairs]
        return told


def _is_number(text):
    return text.isdecimal() and len(text) <= _LONGEST_NUMBER


class DecisionForm(_Reasoned):
    """One claim: its step, and the amount of each line where less than computed is approved."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args, lines=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = list(lines)
        for line in self.lines:
            self.fields[f"approved_{line.pk}"] = forms.CharField(
                required=False, max_length=14, initial=line.computed, widget=number(step="0.01", max=line.computed)
            )
            self.fields[f"because_{line.pk}"] = forms.ChoiceField(
                required=False, choices=[("", "—"), *LineReason.choices], widget=select()
            )
            self.fields[f"words_{line.pk}"] = forms.CharField(required=False, max_length=200, widget=text())

    def rows(self):
        """(line, its three fields) for the page."""
        return [
            (line, self[f"approved_{line.pk}"], self[f"because_{line.pk}"], self[f"words_{line.pk}"])
            for line in self.lines
        ]

    def clean(self):
        told = super().clean()
        for line in self.lines:
            name = f"approved_{line.pk}"
            typed = told.get(name) or str(line.computed)
            try:
                told[name] = Decimal(typed)
                valid = told[name].is_finite() and told[name] == round(told[name], 2) and told[name] >= 0
            except InvalidOperation:
                valid = False
            if not valid:
                self.add_error(name, _("Write an amount in yuan, such as 1245.00."))
            elif told.get("action") == "approve":
                self._check_cut(line, told[name])
        return told

    def _check_cut(self, line, approved):
        """What the service would refuse of the whole claim stands beside the line it is about."""
        if approved > line.computed:
            self.add_error(f"approved_{line.pk}", _("No more can be approved than was computed."))
        elif approved < line.computed and not self.cleaned_data.get(f"because_{line.pk}"):
            self.add_error(f"because_{line.pk}", _("Say why less is approved."))

    @property
    def cuts(self):
        """{line id: (approved, reason, words)} of the lines told otherwise than computed; only for an approval."""
        told = self.cleaned_data
        if told["action"] != "approve":
            return {}
        return {
            line.pk: (told[f"approved_{line.pk}"], told[f"because_{line.pk}"], told[f"words_{line.pk}"])
            for line in self.lines
            if told[f"approved_{line.pk}"] != line.computed
        }


class FundFilter(forms.Form):
    """Which funds are listed. Left empty: those of this year."""

    year = forms.IntegerField(
        label=_("Year"), required=False, min_value=_FIRST_YEAR, max_value=_LAST_YEAR, widget=number()
    )
    source = forms.ChoiceField(
        label=_("Source"), required=False, choices=[("", _("All")), *FundSource.choices], widget=select()
    )
    purpose = forms.ChoiceField(
        label=_("Scheme"), required=False, choices=[("", _("All")), *Scheme.choices], widget=select()
    )

    @property
    def active(self):
        """How many filters are on."""
        self.is_valid()
        return sum(bool(value) for value in self.cleaned_data.values())

    def apply(self, funds, this_year):
        self.is_valid()
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        return funds.filter(**{"year": this_year} | chosen)


class AllotForm(forms.Form):
    """Money for a level and a year; a fund there is already gets the amount on top."""

    area = AreaField(label=_("level"), empty_label=None)
    source = forms.ChoiceField(label=_("source of the money"), choices=FundSource.choices, widget=select())
    purpose = forms.ChoiceField(
        label=_("scheme"), required=False, choices=[("", _("Any scheme")), *Scheme.choices], widget=select()
    )
    year = forms.IntegerField(
        label=_("year"), min_value=_FIRST_YEAR, max_value=_LAST_YEAR, widget=number(min=_FIRST_YEAR, max=_LAST_YEAR)
    )
    amount = forms.DecimalField(
        label=_("amount in yuan"),
        max_digits=14,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"class": "form-control", "step": "0.01"}),
        help_text=_("A negative amount takes back what nothing is reserved of."),
    )
    words = forms.CharField(
        label=_("document or reason"), max_length=200, widget=text(), help_text=_("It stands beside the entry.")
    )

    def __init__(self, *args, places, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].offer(places)
