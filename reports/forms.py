from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.forms import EARLIEST_YEAR, LATEST_YEAR
from city.models import Area
from reports.board import ORDER, statuses_of
from reports.choices import Verdict
from reports.indicators import INDICATORS


class AreaChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, area):
        return area.name if area.level == AreaLevel.DISTRICT else f"　{area.name}"


def day_field(label):
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
    )


SELECT = {"class": "form-select"}


class DayForm(forms.Form):
    """The day of a page. Days far off are refused: no ledger reaches them."""

    on = day_field(_("Day"))

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on and not EARLIEST_YEAR <= on.year <= LATEST_YEAR:
            raise forms.ValidationError(_("Choose a day between 1990 and 2100."))
        return on

    def day(self, default):
        """The day asked for, or the default when none or an unreadable one was given."""
        return (self.cleaned_data.get("on") if self.is_valid() else None) or default


class BoardFilter(DayForm):
    """What the board shows; kept in the address, so that coming back finds the same list."""

    area = AreaChoiceField(
        label=_("Area"),
        queryset=Area.objects.none(),
        required=False,
        to_field_name="code",
        empty_label=_("All"),
        widget=forms.Select(attrs=SELECT),
    )
    verdict = forms.ChoiceField(label=_("Verdict"), required=False, widget=forms.Select(attrs=SELECT))
    indicator = forms.ChoiceField(label=_("Criterion"), required=False, widget=forms.Select(attrs=SELECT))
    sort = forms.ChoiceField(
        label=_("Sorted by"),
        required=False,
        choices=[("code", _("Area code")), ("name", _("Area name")), ("gap", _("Gap"))],
        widget=forms.Select(attrs=SELECT),
    )

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = (
            Area.objects.visible_to(posting)
            .filter(Q(level=AreaLevel.DISTRICT) | Q(level=AreaLevel.STREET))
            .order_by("code")
        )
        self.fields["verdict"].choices = [
            ("", _("All")),
            *[choice for choice in Verdict.choices if choice[0] != Verdict.NOT_APPLICABLE],
        ]
        self.fields["indicator"].choices = [("", _("All")), *[(key, row.label) for key, row in INDICATORS.items()]]

    @property
    def values(self):
        """The readable part of what was asked; an unreadable field is reported beside it and left out."""
        self.is_valid()
        return self.cleaned_data

    @property
    def active(self):
        return sum(bool(self.values.get(name)) for name in ("area", "verdict", "indicator"))

    @property
    def order(self):
        return ORDER[self.values.get("sort") or "code"]

    def apply(self, posting, on):
        """Statuses of the communities asked for on the day, with their gap."""
        chosen = {name: self.values.get(name) for name in ("area", "verdict", "indicator")}
        return statuses_of(posting, on, **chosen)


class WhatIfForm(forms.Form):
    """One threshold tried out: nothing is stored."""

    indicator = forms.ChoiceField(label=_("Criterion"), widget=forms.Select(attrs=SELECT))
    threshold = forms.DecimalField(
        label=_("Threshold"),
        min_value=0,
        max_value=1_000_000,
        max_digits=12,
        decimal_places=6,
        localize=False,
        widget=forms.NumberInput(attrs={"class": "form-control", "step": "any"}),
    )

    def __init__(self, *args, criteria, **kwargs):
        super().__init__(*args, **kwargs)
        self.ratios = {row.indicator for row in criteria if INDICATORS[row.indicator].is_ratio}
        self.fields["indicator"].choices = [
            (row.indicator, f"{row.label or INDICATORS[row.indicator].label}") for row in criteria
        ]

    def clean(self):
        """A ratio is typed in percent, as people say it, and compared as a fraction."""
        values = super().clean()
        if values.get("indicator") in self.ratios and values.get("threshold") is not None:
            if values["threshold"] > 100:
                self.add_error("threshold", _("A rate is at most 100 percent."))
            else:
                values["threshold"] /= 100
        return values


class ExportForm(forms.Form):
    format = forms.ChoiceField(choices=[("xlsx", "xlsx"), ("csv", "csv")], initial="xlsx", required=False)

    @property
    def chosen(self):
        return (self.cleaned_data.get("format") if self.is_valid() else None) or "xlsx"


class JudgementForm(forms.Form):
    """A criterion judged by hand: the verdict, the day it was seen, and what was seen."""

    verdict = forms.ChoiceField(
        label=_("Verdict"),
        choices=[(row.value, row.label) for row in (Verdict.MET, Verdict.NOT_MET)],
        widget=forms.Select(attrs=SELECT),
    )
    judged_on = day_field(_("Judged on"))
    note = forms.CharField(
        label=_("What was seen"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )

    def clean_judged_on(self):
        judged_on = self.cleaned_data["judged_on"] or timezone.localdate()
        if judged_on > timezone.localdate():
            raise forms.ValidationError(_("A day to come cannot have been judged."))
        if judged_on.year < EARLIEST_YEAR:
            raise forms.ValidationError(_("Choose a day between 1990 and 2100."))
        return judged_on
