from django import forms
from django.utils.translation import gettext_lazy as _
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from assistance.choices import LayoffState
from assistance.models import LayoffNotice
from city.choices import AreaLevel
from city.models import Area
from city.rules import IdNumberError, half_width, normalise_id_number


def _text(**attrs):
    return forms.TextInput(attrs={"class": "form-control", **attrs})


def _day():
    return forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")


def _count():
    return forms.NumberInput(attrs={"class": "form-control", "min": 1})


class LayoffForm(forms.ModelForm):
    """F6 (裁减人员情况报告表): the employer, its staff, how many are to go and when."""

    credit_code = forms.CharField(
        label=_("unified social credit code"), max_length=30, widget=_text(autocomplete="off")
    )
    employer_name = forms.CharField(label=_("employer"), max_length=120, widget=_text())
    area = forms.ModelChoiceField(
        label=_("where the employer is"),
        queryset=Area.objects.none(),
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    class Meta:
        model = LayoffNotice
        fields = ["area", "staff_total", "planned", "planned_on", "words", "union_heard"]
        widgets = {
            "staff_total": _count(),
            "planned": _count(),
            "planned_on": _day(),
            "words": forms.Textarea(attrs={"class": "form-control", "rows": 3, "maxlength": 2_000}),
            "union_heard": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        places = Area.objects.visible_to(posting).filter(level__in=[AreaLevel.DISTRICT, AreaLevel.STREET])
        self.fields["area"].queryset = places.order_by("path")
        self.fields["area"].initial = posting.area_id
        self.order_fields(["credit_code", "employer_name"])

    def clean_credit_code(self):
        try:
            return uscc.validate(half_width(self.cleaned_data["credit_code"]).strip().upper())
        except ValidationError:
            raise forms.ValidationError(_("This unified social credit code is wrong.")) from None

    @property
    def values(self):
        """What the notice itself says, the employer apart."""
        names = ("staff_total", "planned", "planned_on", "words", "union_heard")
        return {name: self.cleaned_data[name] for name in names}


class LayoffFilter(forms.Form):
    """Which notices are shown; an empty field chooses nothing."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *LayoffState.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    employer = forms.CharField(label=_("employer"), required=False, max_length=120, widget=_text(type="search"))

    def apply(self, notices):
        if not self.is_valid():
            return notices
        if self.cleaned_data["state"]:
            notices = notices.filter(state=self.cleaned_data["state"])
        if self.cleaned_data["employer"]:
            notices = notices.filter(employer__name__contains=self.cleaned_data["employer"])
        return notices

    @property
    def active(self):
        """How many filters are on."""
        return sum(bool(value) for value in self.cleaned_data.values()) if self.is_valid() else 0


class DatedStepForm(forms.Form):
    """A step that happened on a day: reported, carried out."""

    action = forms.ChoiceField(choices=[("report", ""), ("carry_out", "")], widget=forms.HiddenInput)
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    on = forms.DateField(label=_("Day"), widget=_day())


class PersonForm(forms.Form):
    """One more on the list of staff."""

    name = forms.CharField(label=_("Name"), max_length=60, widget=_text(autocomplete="off"))
    id_number = forms.CharField(label=_("ID number"), max_length=30, widget=_text(autocomplete="off"))
    job = forms.CharField(label=_("Post held"), max_length=60, required=False, widget=_text())

    def clean_id_number(self):
        try:
            return normalise_id_number(self.cleaned_data["id_number"])
        except IdNumberError:
            raise forms.ValidationError(_("This is no ID number: check its digits.")) from None
