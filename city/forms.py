from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel, FindingState
from city.findings import kinds_for as kinds_for_findings
from city.ledgers import ledgers_for
from city.models import Area, Staff
from city.notices import LONGEST_CONTACT, LONGEST_OBJECTION
from city.sheets.registry import kinds_for

EARLIEST_YEAR, LATEST_YEAR = 1990, 2100


class SignInForm(AuthenticationForm):
    def clean(self):
        """A name longer than any account's is nobody's: it does not reach the table of failures, which has no room."""
        if len(self.cleaned_data.get("username") or "") > Staff._meta.get_field("number").max_length:
            raise self.get_invalid_login_error()
        return super().clean()


class OwnPasswordForm(PasswordChangeForm):
    error_messages = PasswordChangeForm.error_messages | {
        "password_incorrect": _("The present password is not right."),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"


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


class FindingFilter(forms.Form):
    """Which differences are listed: the open ones of every kind unless asked otherwise."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, widget=forms.Select(attrs={"class": "form-select"}))
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", FindingState.OPEN.label), *[choice for choice in FindingState.choices if choice[0] != "open"]],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    area = forms.ModelChoiceField(
        label=_("Area"),
        queryset=Area.objects.none(),
        required=False,
        to_field_name="code",
        empty_label=_("All"),
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [
            ("", _("All")),
            *[(kind.name, kind.label) for kind in kinds_for_findings(posting)],
        ]
        if posting.area.level == AreaLevel.COMMUNITY:
            del self.fields["area"]
        else:
            below = Area.objects.divisions().filter(parent=posting.area).order_by("code")
            self.fields["area"].queryset = below

    @property
    def values(self):
        """The readable part of what was asked; an unreadable field is reported beside it and left out."""
        self.is_valid()
        return self.cleaned_data

    @property
    def active(self):
        return sum(bool(value) for value in self.values.values())

    def apply(self, findings):
        findings = findings.filter(state=self.values.get("state") or FindingState.OPEN)
        if self.values.get("kind"):
            findings = findings.filter(kind=self.values["kind"])
        if self.values.get("area"):
            findings = findings.filter(area__path__startswith=self.values["area"].path)
        return findings


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


class ObjectionForm(forms.Form):
    """What somebody from the public says against a notice, and how to answer them."""

    words = forms.CharField(
        label=_("What is wrong"),
        help_text=_("Say what you know and from where. Only the office in charge reads it."),
        max_length=LONGEST_OBJECTION,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 4}),
    )
    contact = forms.CharField(
        label=_("Your name and phone"),
        help_text=_("Kept encrypted; the office in charge needs it to answer you."),
        max_length=LONGEST_CONTACT,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )


class AnswerForm(forms.Form):
    """What the office in charge found out about an objection."""

    upheld = forms.TypedChoiceField(
        label=_("The objection is"),
        choices=[("no", _("not upheld: the notice goes on")), ("yes", _("upheld: the notice is taken away"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    words = forms.CharField(
        label=_("What was found out"),
        max_length=LONGEST_OBJECTION,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 4}),
    )


class LedgerForm(forms.Form):
    """Which printed ledger, of which area, on which day."""

    ledger = forms.ChoiceField(label=_("Ledger"), widget=forms.Select(attrs={"class": "form-select"}))
    area = forms.ModelChoiceField(
        label=_("Area"),
        queryset=Area.objects.none(),
        empty_label=None,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    on = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ledger"].choices = [(one.code, f"{one.code} {one.title}") for one in ledgers_for(posting)]
        self.fields["area"].queryset = Area.objects.divisions().visible_to(posting).order_by("path")

    def clean_on(self):
        on = self.cleaned_data["on"]
        if not EARLIEST_YEAR <= on.year <= LATEST_YEAR:
            raise forms.ValidationError(_("Choose a day between 1990 and 2100."))
        return on
