"""Forms of what is known of a person or a household besides home and work."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from city.desk import grids_of
from city.models import Area
from households.choices import (
    CertificateKind,
    Education,
    HouseholdTagKind,
    Hukou,
    JoblessCause,
    Sex,
    Source,
    TrainingWish,
    WorkWish,
)
from households.forms.fields import (
    DayField,
    DeskForm,
    choice_field,
    id_number_field,
    name_field,
    phone_field,
    words_field,
    yes_no_field,
)

_SOURCES = [(one.value, one.label) for one in (Source.VISIT, Source.PHONE, Source.BUILDING)]


#: A number on file is not opened for everybody who edits something beside it.
_KEPT = _("Empty: stays as it is.")


class _KeepsNumbers(DeskForm):
    """Numbers are typed anew or left as they are; `kept` names them."""

    kept = ()

    def terms(self):
        """What is told; a number left empty is not."""
        told = {name: value for name, value in self.cleaned_data.items() if name not in self.kept or value}
        if told.pop("no_phone", False):
            told["phone"] = ""
        return told


class FourClearForm(DeskForm):
    """Family, cause, work wish, training wish (四清), and what helps to find work. Empty: not known yet."""

    wide = ("family", "living_needs")
    noted_on = DayField(label=_("Told on"))
    source = choice_field(_("Told by"), _SOURCES, empty=None)
    family = words_field(_("Family situation"), 200)
    cause = choice_field(_("Cause of unemployment"), JoblessCause.choices, required=False)
    work_wish = choice_field(_("Work wish"), WorkWish.choices, required=False)
    training_wish = choice_field(_("Training wish"), TrainingWish.choices, required=False)
    wished_work = words_field(_("Wished work"), 120)
    skills = words_field(_("Skills"), 120)
    living_needs = words_field(_("Living needs"), 200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["noted_on"].initial = timezone.localdate


class ContactForm(_KeepsNumbers):
    kept = ("contact_phone",)
    wide = ("registered_address", "contact_address")
    registered_address = words_field(_("Address of household registration"), 200)
    contact_address = words_field(_("Address for letters"), 200, help_text=_("if it is not the home"))
    phone_answered_by = words_field(_("Who answers the phone"), 60)
    contact_person = words_field(_("Contact person"), 60)
    contact_phone = phone_field(_("Contact person's phone"), help_text=_KEPT)
    former_employer = words_field(_("Former employer"), 120)
    special_group = words_field(_("Special group"), 60)


class DetailsForm(_KeepsNumbers):
    """What is on file of a person; name, number and birth date are who they are and are not changed here."""

    kept = ("phone",)
    phone = phone_field(help_text=_KEPT)
    no_phone = forms.BooleanField(label=_("No phone any more"), required=False)
    hukou = choice_field(_("Household registration"), Hukou.choices, required=False)
    education = choice_field(_("Education"), Education.choices, required=False)
    female_retirement_age = forms.TypedChoiceField(
        label=_("Women's retirement category"),
        choices=[("", "—"), ("50", "50"), ("55", "55")],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("moves the end of working age; every figure follows"),
    )
    landless = forms.BooleanField(label=_("Landless farmer"), required=False)
    land_acquired_on = DayField(label=_("Land acquired on"), required=False)
    health_notes = words_field(_("Health notes"), 500)

    def __init__(self, *args, resident, **kwargs):
        super().__init__(*args, **kwargs)
        if resident.sex != Sex.FEMALE:
            del self.fields["female_retirement_age"]


class IdentityForm(DeskForm):
    """Who a person is, put right. Birth date and sex are asked of somebody without a number only."""

    name = name_field()
    id_number = id_number_field(required=False, help_text=_KEPT)
    birth_date = DayField(label=_("Birth date"), help_text=_("counts as long as there is no ID number"))
    sex = choice_field(_("Sex"), Sex.choices, empty=None)
    reason = words_field(
        _("Why it is corrected"), 100, required=True, help_text=_("seen on what, by whom; stands in the trail")
    )

    def __init__(self, *args, resident, **kwargs):
        super().__init__(*args, **kwargs)
        if resident.id_hash:
            del self.fields["birth_date"], self.fields["sex"]


class CertificateForm(DeskForm):
    kind = choice_field(_("Kind"), CertificateKind.choices)
    number = words_field(_("Number"), 40, required=True)
    issued_on = DayField(label=_("Issued"))
    issuer = words_field(_("Issued by"), 120)


class CheckForm(DeskForm):
    checked_on = DayField(label=_("Checked"))
    passed = forms.TypedChoiceField(
        label=_("Outcome"),
        choices=[("yes", _("passed")), ("no", _("not passed"))],
        coerce=lambda value: value == "yes",
    )
    note = words_field(_("Note"), 200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["checked_on"].initial = timezone.localdate


class EndCertificateForm(DeskForm):
    ended_on = DayField(label=_("Ended"))


class HouseholdDetailsForm(DeskForm):
    wide = ("address",)
    address = words_field(_("Address"), 200)
    grid = forms.ModelChoiceField(label=_("Grid"), queryset=Area.objects.none(), required=False, empty_label="—")
    low_income = yes_no_field(_("On minimum living allowance"))
    low_income_on = DayField(label=_("Allowance since (or until)"), required=False)

    def __init__(self, *args, community, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["grid"].queryset = Area.objects.filter(pk__in=[grid.pk for grid in grids_of(community)])
        self.fields["low_income_on"].initial = timezone.localdate


class TagForm(DeskForm):
    kind = choice_field(_("Programme"), HouseholdTagKind.choices, empty=None)
    started_on = DayField(label=_("Starting on"), required=False)
    belongs = forms.TypedChoiceField(
        label=_("Belongs to it"),
        choices=[("yes", _("yes, from this day on")), ("no", _("no, entered by mistake"))],
        coerce=lambda value: value == "yes",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["started_on"].initial = timezone.localdate


class RetiredFilter(DeskForm):
    """Part of the retired residents: by the beginning of the name, and from when to when they retired."""

    name = forms.CharField(label=_("Name"), required=False, max_length=60)
    since = DayField(label=_("Retired from"), required=False)
    until = DayField(label=_("Retired until"), required=False)

    def apply(self, residents):
        if not self.is_valid():
            return residents
        told = self.cleaned_data
        if told["name"]:
            residents = residents.filter(name__startswith=told["name"])
        if told["since"]:
            residents = residents.filter(retires_on__gte=told["since"])
        if told["until"]:
            residents = residents.filter(retires_on__lte=told["until"])
        return residents

    @property
    def active(self):
        return sum(bool(value) for value in self.cleaned_data.values()) if self.is_valid() else 0
