"""Forms of the register: who it is, a household with its members, and every move with its day."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city.desk import grids_of
from city.models import Area
from city.sheets import columns
from households.choices import Channel, Education, Hukou, InactiveReason, LabourState, LeaveReason, Relation, Sex
from households.forms.fields import (
    DayField,
    DeskForm,
    ReadField,
    choice_field,
    id_number_field,
    name_field,
    phone_field,
    styled,
    words_field,
    yes_no_field,
)
from households.identity import FirstState, NewMember, identity_of
from households.models import Household

MOST_MEMBERS = 10
FIRST_STATES = [
    ("employed", LabourState.EMPLOYED.label),
    ("unemployed", LabourState.UNEMPLOYED.label),
    *[(one.value, one.label) for one in InactiveReason],
]


_NUMBER = gettext_lazy("Household number")


def household_number_field(label=_NUMBER, **kwargs):
    return ReadField(columns.household_number, label=label, max_length=40, **kwargs)


class WhoForm(DeskForm):
    """An ID number; or, for who has none, name, birth date and sex, with the reason."""

    id_number = id_number_field(required=False)
    name = name_field(required=False)
    birth_date = DayField(label=gettext_lazy("Birth date"), required=False)
    sex = choice_field(gettext_lazy("Sex"), Sex.choices, required=False)
    no_id_reason = words_field(gettext_lazy("Reason for having no ID number"), 100)
    #: What somebody without a number must say.
    told_instead = ("name", "birth_date", "sex", "no_id_reason")

    def clean(self):
        told = super().clean()
        if not told.get("id_number") and "id_number" not in self.errors:
            self._ask_instead(told)
        return told

    def _ask_instead(self, told):
        if not told.get("no_id_reason"):
            if "no_id_reason" not in self.errors:
                self.add_error("id_number", _("Give the ID number, or the reason why there is none."))
            return
        for name in self.told_instead:
            if not told.get(name) and name not in self.errors:
                self.add_error(name, _("Needed of somebody without an ID number."))


class FindForm(WhoForm):
    """The first step of every registration: is this person here already?"""

    wide = ("id_number",)


class MemberForm(WhoForm):
    field_order = ("relation", "id_number", "name", "phone")
    relation = choice_field(gettext_lazy("Relation to head"), Relation.choices)
    phone = phone_field()
    hukou = choice_field(gettext_lazy("Household registration"), Hukou.choices, required=False)
    education = choice_field(gettext_lazy("Education"), Education.choices, required=False)
    state = choice_field(
        gettext_lazy("State today"), FIRST_STATES, empty=("", gettext_lazy("Not asked yet")), required=False
    )
    state_on = DayField(label=gettext_lazy("State since"), required=False)
    channel = choice_field(gettext_lazy("Kind of work"), Channel.choices, required=False)
    female_retirement_age = choice_field(
        gettext_lazy("Women's retirement category"), [("50", "50"), ("55", "55")], required=False
    )
    landless = forms.BooleanField(label=gettext_lazy("Landless farmer"), required=False)
    land_acquired_on = DayField(label=gettext_lazy("Land acquired on"), required=False)
    since = DayField(
        label=gettext_lazy("Lives here since"),
        required=False,
        help_text=gettext_lazy("Empty: always, as on a roster."),
    )
    #: The three parts of the card on the page.
    first = ("relation", "id_number", "name", "phone", "state", "state_on", "channel", "hukou", "education")
    numberless = ("no_id_reason", "birth_date", "sex")
    more = ("since", "female_retirement_age", "landless", "land_acquired_on")

    def clean(self):
        told = super().clean()
        if not told.get("name") and "name" not in self.errors:
            self.add_error("name", _("Give the name."))
        if told.get("state") and not told.get("state_on") and "state_on" not in self.errors:
            self.add_error("state_on", _("The date is required with a state."))
        if told.get("state") == "employed" and not told.get("channel"):
            self.add_error("channel", _("Choose the kind of work."))
        if told.get("land_acquired_on") and not told.get("landless"):
            self.add_error("landless", _("The day the land was acquired is told of landless farmers only."))
        return told

    def member(self):
        told = self.cleaned_data
        category = told["female_retirement_age"]
        identity = identity_of(
            told["name"],
            id_number=told["id_number"],
            no_id_reason=told["no_id_reason"],
            birth_date=told["birth_date"],
            sex=told["sex"],
            female_retirement_age=int(category) if category else None,
        )
        names = ("relation", "phone", "hukou", "education", "landless", "land_acquired_on", "since")
        return NewMember(identity=identity, first_state=self._first_state(), **{name: told[name] for name in names})

    def _first_state(self):
        state, on = self.cleaned_data["state"], self.cleaned_data["state_on"]
        if not state:
            return None
        if state == "employed":
            return FirstState(LabourState.EMPLOYED, on, channel=self.cleaned_data["channel"])
        if state == "unemployed":
            return FirstState(LabourState.UNEMPLOYED, on)
        return FirstState(LabourState.INACTIVE, on, reason=state)

    def parts(self):
        """(heading, fields) of the card; the first part stands open."""
        parts = (("", self.first), (_("No ID number"), self.numberless), (_("More"), self.more))
        return [(heading, [self[name] for name in names]) for heading, names in parts]

    def opened(self):
        """Headings whose part holds an error or something typed, and stands open therefore."""
        return [
            heading
            for heading, fields in self.parts()
            if any(field.errors or field.value() not in (None, "", False) for field in fields)
        ]


class _Members(forms.BaseFormSet):
    """Unused cards count for nothing; one is needed."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for form in self.forms:
            form.use_required_attribute = False

    def told(self):
        """The cards that were filled in."""
        return [form for form in self.forms if form.has_changed()]


def members_formset(extra=3):
    return forms.formset_factory(
        MemberForm,
        formset=_Members,
        extra=extra,
        min_num=1,
        validate_min=True,
        max_num=MOST_MEMBERS,
        absolute_max=MOST_MEMBERS,
        validate_max=True,
    )


class HouseholdForm(DeskForm):
    """Where the household lives. `grid` is one of the community's."""

    wide = ("address",)
    number = household_number_field(help_text=gettext_lazy("unique within the community; leading zeros do not count"))
    grid = forms.ModelChoiceField(
        label=gettext_lazy("Grid"), queryset=Area.objects.none(), required=False, empty_label="—"
    )
    address = words_field(gettext_lazy("Address"), 200)
    low_income = yes_no_field(gettext_lazy("On minimum living allowance"))

    def __init__(self, *args, community, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["grid"].queryset = Area.objects.filter(pk__in=[grid.pk for grid in grids_of(community)])


class TransferForm(DeskForm):
    id_number = id_number_field()
    name = name_field()
    number = household_number_field(help_text=gettext_lazy("of the household the person moves into"))
    relation = choice_field(gettext_lazy("Relation to head"), Relation.choices)
    moves_on = DayField(label=gettext_lazy("Moves on"))


class _AmongHouseholds(DeskForm):
    """A household is named by its number, among those of the community."""

    def __init__(self, *args, community, **kwargs):
        self.community = community
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate

    def household_of(self, name):
        number = self.cleaned_data[name]
        household = Household.objects.filter(community=self.community, number=number).first()
        if household is None:
            raise forms.ValidationError(_("There is no household of this number in this community."))
        return household


class _NextHead(DeskForm):
    """Asked where the head goes and others stay."""

    def ask_next_head(self, others):
        if others:
            field = choice_field(gettext_lazy("Head of those who stay"), [(str(one.pk), one.name) for one in others])
            self.fields["new_head"] = styled(field)
            field.is_wide = False

    @property
    def new_head_id(self):
        return int(self.cleaned_data.get("new_head") or 0) or None


class MoveForm(_AmongHouseholds, _NextHead):
    on = DayField(label=gettext_lazy("Lives there from"))
    household = household_number_field()
    relation = choice_field(gettext_lazy("Relation to head"), Relation.choices)

    def __init__(self, *args, others=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.ask_next_head(others)

    def clean_household(self):
        return self.household_of("household")


class LeaveForm(_NextHead):
    on = DayField(label=gettext_lazy("No resident from"))
    reason = choice_field(gettext_lazy("Reason"), LeaveReason.choices)

    def __init__(self, *args, others=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate
        self.ask_next_head(others)


class _OfMembers(DeskForm):
    """One choice of a relation for each member; `member_<id>`."""

    def ask_members(self, members, empty, required):
        for one in members:
            label = f"{one.resident.name}（{one.membership.get_relation_display()}）"
            field = choice_field(label, Relation.choices, empty=empty, required=required)
            field.is_wide = False
            self.fields[f"member_{one.resident.pk}"] = styled(field)

    @property
    def relations(self):
        """{resident id: relation} of those chosen."""
        return {
            int(name.removeprefix("member_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("member_") and value
        }


class SplitForm(_OfMembers, _NextHead):
    on = DayField(label=gettext_lazy("Separate from"))
    number = household_number_field(gettext_lazy("Number of the new household"))
    address = words_field(
        gettext_lazy("Address of the new household"), 200, help_text=gettext_lazy("Empty: the same.")
    )

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate
        self.ask_members(members, empty=("", _("stays")), required=False)
        heads = [one for one in members if one.membership.relation == Relation.HEAD]
        others = [one.resident for one in members if one not in heads]
        if heads and others:
            self.ask_next_head(others)
            self.fields["new_head"].required = False
            self.fields["new_head"].help_text = _("only if the head goes")


class MergeForm(_AmongHouseholds, _OfMembers):
    on = DayField(label=gettext_lazy("Together from"))
    into = household_number_field(gettext_lazy("Into household"))

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.ask_members(members, empty=None, required=True)
        for one in members:
            self.fields[f"member_{one.resident.pk}"].initial = Relation.OTHER.value

    def clean_into(self):
        return self.household_of("into")
