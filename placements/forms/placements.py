"""Forms of placements and offers; each answers one address."""

from django import forms
from django.utils.translation import gettext_lazy as _
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from assistance.forms.cases import choice, day_field, select, text, tick, words_field
from city.forms import EARLIEST_YEAR, LATEST_YEAR
from city.models import Area
from households.choices import Channel, EliminationProof, LabourState
from placements.choices import Destination, PlacementEnd, PlacementState
from placements.models import Post


def whole_number(label, **kwargs):
    widget = forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"})
    return forms.IntegerField(label=label, required=False, min_value=0, widget=widget, **kwargs)


class PlacementFilter(forms.Form):
    """Which placements are listed. Left empty: all but those that did not come about, the newest first."""

    state = choice(_("State"), PlacementState.choices, required=False)
    channel = choice(_("Kind of work"), Channel.choices, required=False)
    community = forms.ModelChoiceField(
        label=_("Community"), queryset=Area.objects.none(), required=False, widget=select(), empty_label="—"
    )
    first = day_field(_("First day from"), required=False)
    last = day_field(_("First day until"), required=False)

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        if posting.works_at_a_community:
            del self.fields["community"]
        else:
            self.fields["community"].queryset = Area.objects.visible_to(posting).communities().order_by("code")

    @property
    def active(self):
        """How many filters are on."""
        self.is_valid()
        return sum(bool(value) for value in self.cleaned_data.values())

    def apply(self, placements):
        """An unreadable filter is told beside it and left out."""
        self.is_valid()
        chosen = self.cleaned_data
        if chosen.get("state"):
            placements = placements.filter(state=chosen["state"])
        else:
            placements = placements.exclude(state=PlacementState.DROPPED)
        if chosen.get("channel"):
            placements = placements.filter(channel=chosen["channel"])
        if chosen.get("community"):
            placements = placements.filter(community=chosen["community"])
        if chosen.get("first"):
            placements = placements.starting_from(chosen["first"])
        if chosen.get("last"):
            placements = placements.starting_by(chosen["last"])
        return placements


class ReportForm(forms.Form):
    """Where somebody is to work. Which fields are needed follows from the kind of work."""

    channel = choice(_("Kind of work"), Channel.choices)
    agreed_from = day_field(_("First day of work"))
    post = forms.ModelChoiceField(
        label=_("Public-welfare post"),
        queryset=Post.objects.none(),
        required=False,
        widget=select(),
        empty_label="—",
        help_text=_("The post reserved for this person. None is here: reserve one under “Jobs suggested” first."),
    )
    vacancy = forms.IntegerField(required=False, widget=forms.HiddenInput)
    employer_name = forms.CharField(label=_("Name of the employer"), max_length=120, required=False, widget=text())
    credit_code = forms.CharField(
        label=_("Unified social credit code"),
        max_length=18,
        required=False,
        widget=text(autocomplete="off"),
        help_text=_("Needed for labour dispatch; elsewhere it connects the person with a known employer."),
    )
    job = forms.CharField(label=_("Job offered"), max_length=60, required=False, widget=text())
    contract_months = whole_number(_("Contract months"), max_value=600)
    monthly_income = forms.DecimalField(
        label=_("Monthly income"),
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "decimal"}),
    )
    insured = forms.NullBooleanField(
        label=_("Insured"),
        required=False,
        widget=forms.Select(
            choices=[("unknown", _("not known")), ("true", _("yes")), ("false", _("no"))],
            attrs={"class": "form-select"},
        ),
    )
    business = forms.CharField(label=_("Name of the business"), max_length=120, required=False, widget=text())
    jobs_created = whole_number(_("Jobs created"), max_value=10_000)
    family = forms.BooleanField(label=_("Family business"), required=False, widget=tick())
    destination = choice(_("Destination"), Destination.choices, required=False)
    destination_place = forms.CharField(label=_("Place"), max_length=60, required=False, widget=text())

    #: What is asked for one kind of work alone, as groups of the page.
    ONLY_FOR = (
        (Channel.WELFARE_POST, ("post",)),
        (Channel.SELF_EMPLOYED, ("business", "jobs_created", "family")),
        (Channel.EXPORT, ("destination", "destination_place")),
    )

    def __init__(self, *args, resident, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["post"].queryset = Post.objects.filter(holder=resident, state="reserved").select_related("plan")
        self.fields["post"].label_from_instance = lambda post: f"{post.plan.title} · {post.number}"

    @property
    def always(self):
        special = {name for _channel, names in self.ONLY_FOR for name in names}
        return [field for field in self.visible_fields() if field.name not in special]

    @property
    def groups(self):
        """(label, fields, whether it is the kind of work chosen)."""
        chosen = self["channel"].value()
        return [
            (Channel(channel).label, [self[name] for name in names], chosen == channel)
            for channel, names in self.ONLY_FOR
        ]

    def clean_agreed_from(self):
        day = self.cleaned_data["agreed_from"]
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise forms.ValidationError(_("Choose a day between 1990 and 2100."))
        return day

    def clean_credit_code(self):
        code = self.cleaned_data["credit_code"].strip().upper()
        if not code:
            return ""
        try:
            return uscc.validate(code)
        except ValidationError:
            raise forms.ValidationError(_("This unified social credit code is wrong.")) from None

    def clean(self):
        told = super().clean()
        needed = {
            Channel.WELFARE_POST: [("post", _("Choose a post."))],
            Channel.EMPLOYER: [("employer_name", _("Say who the employer is."))],
            Channel.DISPATCH: [
                ("employer_name", _("Say who the employer is.")),
                ("credit_code", _("Say which company dispatches the person.")),
            ],
            Channel.SELF_EMPLOYED: [("business", _("Say which business it is."))],
            Channel.EXPORT: [("destination", _("Say where to."))],
        }
        for name, words in needed.get(told.get("channel"), ()):
            if name not in self.errors and not told.get(name):
                self.add_error(name, words)
        if told.get("channel") != Channel.EXPORT:
            told["destination"] = told["destination_place"] = ""
        told["post"] = told["post"].pk if told.get("post") else None
        return told


class ConfirmForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    proof = choice(
        _("Proved by"),
        EliminationProof.choices,
        required=False,
        help_text=_("Left empty: the agreement, the contract or the licence that goes with the kind of work."),
    )


class EndForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    last_day = day_field(_("Last day of work"))
    reason = choice(_("Why it ended"), PlacementEnd.choices)
    next_state = forms.TypedChoiceField(
        label=_("What comes next"),
        choices=[
            ("", _("Not known yet: ask at the next visit")),
            (LabourState.UNEMPLOYED.value, LabourState.UNEMPLOYED.label),
            (LabourState.INACTIVE.value, LabourState.INACTIVE.label),
        ],
        coerce=lambda value: LabourState(int(value)),
        empty_value=None,
        required=False,
        widget=select(),
    )
    words = words_field()


class LeavingForm(forms.Form):
    reported_on = day_field(_("The employer told on"))
