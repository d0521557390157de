from django import forms
from django.utils.translation import gettext_lazy as _

from assistance.choices import CourseKind, CourseState, EnrolmentState
from assistance.models import Course, Enrolment
from city.forms import EARLIEST_YEAR, LATEST_YEAR
from households.search import LONGEST


def _text(**attrs):
    return forms.TextInput(attrs={"class": "form-control", **attrs})


def _day():
    return forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")


def _number():
    return forms.NumberInput(attrs={"class": "form-control", "min": 0})


def _select():
    return forms.Select(attrs={"class": "form-select"})


class CourseForm(forms.ModelForm):
    class Meta:
        model = Course
        fields = ["title", "kind", "trade", "provider", "starts_on", "ends_on", "places"]
        widgets = {
            "title": _text(),
            "kind": _select(),
            "trade": _text(),
            "provider": _text(),
            "starts_on": _day(),
            "ends_on": _day(),
            "places": forms.NumberInput(attrs={"class": "form-control", "min": 1}),
        }

    def clean_starts_on(self):
        day = self.cleaned_data["starts_on"]
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise forms.ValidationError(_("Choose a day between 1990 and 2100."))
        return day


class CourseFilter(forms.Form):
    """Which courses are shown; an empty field chooses nothing."""

    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *CourseKind.choices], widget=_select()
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *CourseState.choices], widget=_select()
    )
    title = forms.CharField(label=_("Course"), required=False, max_length=120, widget=_text(type="search"))

    def apply(self, courses):
        if not self.is_valid():
            return courses
        chosen = {name: self.cleaned_data[name] for name in ("kind", "state") if self.cleaned_data[name]}
        if self.cleaned_data["title"]:
            chosen["title__contains"] = self.cleaned_data["title"]
        return courses.filter(**chosen)

    @property
    def active(self):
        """How many filters are on."""
        return sum(bool(value) for value in self.cleaned_data.values()) if self.is_valid() else 0


class TraineeSearch(forms.Form):
    q = forms.CharField(
        label=_("ID number, phone, name or pinyin initials"),
        max_length=LONGEST,
        widget=_text(type="search", autocomplete="off"),
    )


class ResultForm(forms.Form):
    """One person's row of the results page; an empty row says nothing."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    completed_on = forms.DateField(label=_("Completed on"), required=False, widget=_day())
    certificate_number = forms.CharField(label=_("Certificate"), required=False, max_length=40, widget=_text())
    certified_on = forms.DateField(label=_("Gained"), required=False, widget=_day())

    def __init__(self, *args, enrolment, proposed=None, **kwargs):
        """`proposed`: the day offered to whoever is still on the course."""
        initial = {
            name: getattr(enrolment, name) or None
            for name in ("version", "completed_on", "certificate_number", "certified_on")
        } | {"version": enrolment.version}
        self.enrolment = enrolment
        if self.is_open:
            initial["completed_on"] = proposed
        super().__init__(*args, prefix=f"e{enrolment.pk}", initial=initial, **kwargs)
        self.fields["completed_on"].disabled = enrolment.state in EnrolmentState.DONE
        for name in ("certificate_number", "certified_on"):
            self.fields[name].disabled = enrolment.state == EnrolmentState.CERTIFIED
        for name, field in self.fields.items():
            if name != "version":
                field.widget.attrs["aria-label"] = f"{enrolment.resident.name} {field.label}"

    @property
    def is_open(self):
        """Still on the course, with nothing entered yet."""
        return self.enrolment.state in EnrolmentState.PRESENT

    @property
    def result(self):
        sent = self.cleaned_data
        return (
            self.enrolment,
            sent["version"],
            sent["completed_on"],
            sent["certificate_number"],
            sent["certified_on"],
        )


class BusinessForm(forms.ModelForm):
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    business_started_on = forms.DateField(label=_("Business started"), widget=_day())

    class Meta:
        model = Enrolment
        fields = ["business_started_on", "jobs_created"]
        widgets = {"jobs_created": _number()}
