from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.forms import EARLIEST_YEAR
from city.models import Area
from households.choices import Channel
from placements.choices import Destination, FundingLevel, PostCategory, PostState
from placements.figures import PERIODS, Period
from placements.forms.employers import AreaField
from placements.forms.widgets import day, select


class FiguresFilter(forms.Form):
    """Which period and which part of the area; what cannot be read is the whole area and this year."""

    area = AreaField(label=_("District or street"), required=False, empty_label=_("The whole area"))
    period = forms.ChoiceField(label=_("Period"), required=False, choices=PERIODS, widget=select())
    on = forms.DateField(label=_("up to"), required=False, widget=day())

    def __init__(self, data, *, posting, today):
        super().__init__({"period": "year", "on": today.isoformat()} | {key: data[key] for key in data if data[key]})
        self.posting, self.today = posting, today
        if posting.works_at_a_community:
            del self.fields["area"]
        else:
            below = Area.objects.visible_to(posting).divisions().exclude(pk=posting.area_id)
            self.fields["area"].offer(below.filter(level__in=[AreaLevel.DISTRICT, AreaLevel.STREET]))
        self.is_valid()

    def clean_on(self):
        chosen = self.cleaned_data["on"]
        if chosen and not EARLIEST_YEAR <= chosen.year <= self.today.year:
            raise forms.ValidationError(_("Choose a day of this year or of one before."))
        return chosen

    @property
    def place(self):
        """The division counted."""
        return self.cleaned_data.get("area") or self.posting.area

    @property
    def counted(self):
        """The period counted; none reaches beyond today."""
        return Period.to(min(self.cleaned_data.get("on") or self.today, self.today), self._kind)

    @property
    def _kind(self):
        return self.cleaned_data.get("period") or "year"

    @property
    def query(self):
        """The same choice for the address of a list of rows."""
        sent = {"period": self._kind, "on": self.counted.last.isoformat()}
        if self.cleaned_data.get("area"):
            sent["area"] = self.place.pk
        return urlencode(sent)


class RowsFilter(FiguresFilter):
    """The same, and which of the rows."""

    state = forms.ChoiceField(required=False, choices=[("", ""), *PostState.choices])
    category = forms.ChoiceField(required=False, choices=[("", ""), *PostCategory.choices])
    payer = forms.ChoiceField(required=False, choices=[("", ""), *FundingLevel.choices])
    channel = forms.ChoiceField(required=False, choices=[("", ""), *Channel.choices])
    destination = forms.ChoiceField(required=False, choices=[("", ""), *Destination.choices])

    @property
    def chosen(self):
        names = ("state", "category", "payer", "channel", "destination")
        return {name: self.cleaned_data.get(name, "") for name in names}

    @property
    def chosen_in_words(self):
        return [dict(self.fields[name].choices)[value] for name, value in self.chosen.items() if value]
