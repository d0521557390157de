from django import forms

from placements.forms.figures import FiguresFilter
from subsidies.choices import Scheme


class LinesFilter(FiguresFilter):
    """Which period, which part of the area and which scheme."""

    scheme = forms.ChoiceField(required=False, choices=[("", ""), *Scheme.choices])

    @property
    def chosen(self):
        return self.cleaned_data.get("scheme", "")

    @property
    def chosen_in_words(self):
        return Scheme(self.chosen).label if self.chosen else ""
