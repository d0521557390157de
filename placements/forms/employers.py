from decimal import Decimal

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from city.choices import AreaLevel, EmployerKind
from city.forms import EARLIEST_YEAR, LATEST_YEAR
from city.models import Area, Employer
from city.rules import half_width
from placements.forms.widgets import day, number, search_box, select, text
from placements.models import EmployerDetails, PlacementBase, Project


class AreaField(forms.ModelChoiceField):
    """A place by its name and its superior's: names of communities repeat."""

    def __init__(self, **kwargs):
        super().__init__(queryset=Area.objects.none(), widget=select(), **kwargs)

    def offer(self, areas):
        self.queryset = areas.select_related("parent").order_by("path")

    def label_from_instance(self, area):
        return f"{area.parent.name} · {area.name}" if area.parent else area.name


class EmployerByCode(forms.Form):
    """The employer, by its code; the name is asked for only when the code is not known yet."""

    credit_code = forms.CharField(
        label=_("unified social credit code"), max_length=30, widget=text(autocomplete="off")
    )
    employer_name = forms.CharField(
        label=_("name of the employer"),
        max_length=120,
        required=False,
        widget=text(),
        help_text=_("Only for an employer not known yet; a known one is found by its code."),
    )

    def clean_credit_code(self):
        try:
            return uscc.validate(half_width(self.cleaned_data["credit_code"]).strip().upper())
        except ValidationError:
            raise forms.ValidationError(_("This unified social credit code is wrong.")) from None

    def clean(self):
        cleaned = super().clean()
        code = self.cleaned_data.get("credit_code")
        if code and not self.cleaned_data.get("employer_name"):
            known = Employer.objects.filter(credit_code=code).first()
            if known is None:
                self.add_error("employer_name", _("The name is required: this employer is not known yet."))
        return cleaned

    @property
    def employer(self):
        """What names the employer for a service."""
        return {name: self.cleaned_data[name] for name in ("credit_code", "employer_name")}


class EmployerFilter(forms.Form):
    """Which employers are shown; a code is found exactly, a name by any part of it."""

    q = forms.CharField(label=_("Name or credit code"), required=False, max_length=60, widget=search_box())
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *EmployerKind.choices], widget=select()
    )

    def apply(self, employers):
        if not self.is_valid():
            return employers
        if self.cleaned_data["kind"]:
            employers = employers.filter(kind=self.cleaned_data["kind"])
        typed = half_width(self.cleaned_data["q"]).strip()
        if uscc.is_valid(typed.upper()):
            return employers.filter(credit_code=uscc.compact(typed.upper()))
        return employers.filter(name__contains=typed) if typed else employers

    @property
    def active(self):
        """How many filters are on."""
        return sum(bool(value) for value in self.cleaned_data.values()) if self.is_valid() else 0


class DetailsForm(forms.ModelForm):
    """What the offices know of an employer besides its name and code."""

    kind = forms.ChoiceField(label=_("kind of employer"), choices=EmployerKind.choices, widget=select())
    area = AreaField(label=_("where the employer is"), required=False)
    contact_phone = forms.CharField(label=_("contact person's phone"), max_length=30, required=False, widget=text())

    class Meta:
        model = EmployerDetails
        fields = ["area", "staff_total", "contact_person", "contact_phone", "address", "words"]
        labels = {"address": _("address of the employer")}
        widgets = {"staff_total": number(), "contact_person": text(), "address": text(), "words": text()}

    def __init__(self, *args, posting, employer, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].initial = employer.kind
        offered = Area.objects.visible_to(posting).divisions()
        if self.instance.area_id:
            offered |= Area.objects.filter(pk=self.instance.area_id)
        self.fields["area"].offer(offered)
        self.order_fields(["kind"])

    @property
    def values(self):
        return {name: self.cleaned_data[name] for name in self._meta.fields}


class PlaceFilter(forms.Form):
    """Which placement bases or projects are shown."""

    q = forms.CharField(label=_("Name or employer"), required=False, max_length=60, widget=search_box())

    def apply(self, rows, payer):
        typed = self.cleaned_data["q"] if self.is_valid() else ""
        return rows.filter(Q(name__contains=typed) | Q(**{f"{payer}__name__contains": typed})) if typed else rows

    @property
    def active(self):
        return int(bool(self.is_valid() and self.cleaned_data["q"]))


class _PlaceForm(EmployerByCode, forms.ModelForm):
    """`payer` names the model's field for the employer."""

    payer = "employer"
    area = AreaField(label=_("in"))

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        places = Area.objects.visible_to(posting).divisions()
        self.fields["area"].offer(places.exclude(level=AreaLevel.CITY) if posting.area.parent_id else places)
        if self.instance.pk:
            self.initial["credit_code"] = getattr(self.instance, self.payer).credit_code
        else:
            self.initial.setdefault("area", posting.area_id)

    @staticmethod
    def _within_years(chosen):
        if chosen and not EARLIEST_YEAR <= chosen.year <= LATEST_YEAR:
            raise forms.ValidationError(_("Choose a day between 1990 and 2100."))
        return chosen


class BaseForm(_PlaceForm):
    field_order = ["name", "credit_code", "employer_name", "area"]

    class Meta:
        model = PlacementBase
        fields = ["name", "area", "capacity", "opened_on", "closed_on", "words"]
        labels = {"opened_on": _("opened on"), "closed_on": _("closed on")}
        widgets = {
            "name": text(),
            "capacity": number(min=1),
            "opened_on": day(),
            "closed_on": day(),
            "words": text(),
        }

    def clean_opened_on(self):
        return self._within_years(self.cleaned_data["opened_on"])

    def clean_closed_on(self):
        return self._within_years(self.cleaned_data["closed_on"])


class ProjectForm(_PlaceForm):
    payer = "investor"
    field_order = ["name", "credit_code", "employer_name", "area"]
    percent = forms.DecimalField(
        label=_("promised share in percent"),
        min_value=Decimal("0.01"),
        max_value=100,
        max_digits=5,
        decimal_places=2,
        widget=number(step="0.01"),
        help_text=_("of all its jobs, as posts for the people who lived there"),
    )

    class Meta:
        model = Project
        fields = ["name", "area", "agreed_on", "jobs_total"]
        labels = {"agreed_on": _("agreed on")}
        widgets = {"name": text(), "agreed_on": day(), "jobs_total": number(min=1)}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["percent"] = (self.instance.promised_share * 100).normalize()

    def clean_agreed_on(self):
        return self._within_years(self.cleaned_data["agreed_on"])

    def clean(self):
        cleaned = super().clean()
        if self.cleaned_data.get("percent"):
            self.instance.promised_share = self.cleaned_data["percent"] / 100
        return cleaned
