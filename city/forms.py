from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from city.models import Staff
from city.sheets.registry import kinds_for

EARLIEST_YEAR, LATEST_YEAR = 1990, 2100


class SignInForm(AuthenticationForm):
    def clean(self):
        """A name longer than any account's is nobody's: it does not reach the table of failures, which has no room."""
        if len(self.cleaned_data.get("username") or "") > Staff._meta.get_field("number").max_length:
            raise self.get_invalid_login_error()
        return super().clean()


class TrailFilter(forms.Form):
    """Which part of the trail is read: one person's, one day's, or one row's."""

    staff = forms.CharField(
        label=_("Employee number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    on = forms.DateField(
        label=_("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
    )

    def apply(self, entries):
        if not self.is_valid():
            return entries
        if self.cleaned_data["staff"]:
            entries = entries.filter(act__staff__number=self.cleaned_data["staff"])
        if self.cleaned_data["on"]:
            entries = entries.filter(at__date=self.cleaned_data["on"])
        return entries


class UploadForm(forms.Form):
    """A sheet to be checked. The content is judged by the reader, not by its name."""

    kind = forms.ChoiceField(label=_("Sheet"), widget=forms.Select(attrs={"class": "form-select"}))
    file = forms.FileField(
        label=_("File (.xlsx, .xls or .csv)"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.et,.csv", "class": "form-control"}),
        max_length=200,
    )
    on = forms.DateField(
        label=_("As of"),
        help_text=_("The day the sheet speaks of."),
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.name, kind.title) for kind in kinds_for(posting)]

    def clean_on(self):
        on = self.cleaned_data["on"]
        if not EARLIEST_YEAR <= on.year <= LATEST_YEAR:
            raise forms.ValidationError(_("Choose a day between 1990 and 2100."))
        return on
