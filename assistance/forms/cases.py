"""Forms of an assistance case; each answers one address."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assistance.choices import (
    CaseState,
    FollowUpOutcome,
    Intake,
    Measure,
    ReferralAnswer,
    RefusalReason,
    ServiceKind,
)
from assistance.models import Case, Commitment
from city.models import Area, Posting, Staff
from households.choices import Channel
from households.search import LONGEST

EMPTY = ("", "—")


def text(**attrs):
    return forms.TextInput(attrs={"class": "form-control", **attrs})


def day_input():
    return forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")


def select():
    return forms.Select(attrs={"class": "form-select"})


def tick():
    return forms.CheckboxInput(attrs={"class": "form-check-input"})


def choice(label, choices, *, required=True, **kwargs):
    return forms.ChoiceField(label=label, choices=[EMPTY, *choices], required=required, widget=select(), **kwargs)


def day_field(label, **kwargs):
    return forms.DateField(label=label, widget=day_input(), **kwargs)


def words_field():
    return forms.CharField(label=_("In words"), max_length=200, required=False, widget=text())


def colleagues(community, day):
    """Staff of the station, of whom one answers for the person."""
    postings = Posting.objects.in_force_on(day).filter(area=community)
    return Staff.objects.filter(postings__in=postings, is_active=True).distinct().order_by("name", "pk")


class CaseFilter(forms.Form):
    """Which cases are listed. Left empty: all that are open, the newest first."""

    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("Open cases")),
            ("promised", _("Promise running")),
            ("overdue", _("Promise overdue")),
            ("to_decide", _("Sent back or to be decided")),
            ("mine", _("Mine")),
            ("all", _("All cases")),
        ],
        widget=select(),
    )
    state = choice(_("State"), CaseState.choices, required=False)
    measure = choice(_("Batch"), Measure.choices, required=False)
    community = forms.ModelChoiceField(
        label=_("Community"), queryset=Area.objects.none(), required=False, widget=select(), empty_label="—"
    )
    responsible = forms.ModelChoiceField(
        label=_("Responsible"), queryset=Staff.objects.none(), required=False, widget=select(), empty_label="—"
    )

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        self.posting = posting
        if posting.works_at_a_community:
            del self.fields["community"]
        else:
            below = Area.objects.visible_to(posting).communities()
            self.fields["community"].queryset = below.order_by("code")
        answering = Case.objects.visible_to(posting).open().filter(responsible__isnull=False)
        self.fields["responsible"].queryset = Staff.objects.filter(pk__in=answering.values("responsible")).order_by(
            "name", "pk"
        )

    @property
    def active(self):
        """How many filters are on."""
        return sum(bool(self.cleaned_data.get(name)) for name in self.fields) if self.is_valid() else 0

    @property
    def chosen(self):
        """The filters that are on, as they were sent."""
        return {name: self.data[name] for name in self.fields if self.is_valid() and self.cleaned_data.get(name)}

    def apply(self, cases, moment):
        """The cases asked for; a filter nobody could have chosen is none."""
        chosen = self.cleaned_data if self.is_valid() else {}
        show, state = chosen.get("show"), chosen.get("state")
        if state:
            cases = cases.filter(state=state)
        elif show != "all":
            cases = cases.open()
        if show == "promised":
            cases = cases.filter(commitment__in=Commitment.objects.in_force())
        elif show == "overdue":
            cases = cases.overdue_at(moment)
        elif show == "to_decide":
            cases = cases.to_decide(timezone.localdate(moment))
        elif show == "mine":
            cases = cases.filter(responsible=self.posting.staff_id)
        if chosen.get("measure"):
            cases = cases.filter(measure=chosen["measure"])
        if chosen.get("community"):
            cases = cases.filter(community=chosen["community"])
        if chosen.get("responsible"):
            cases = cases.filter(responsible=chosen["responsible"])
        return cases

    @property
    def order(self):
        """Promises by their due day; all else newest first."""
        return (
            ("due_on", "pk") if self.is_valid() and self.cleaned_data["show"] in ("promised", "overdue") else ("-pk",)
        )


class PersonSearch(forms.Form):
    """Whose case it is to be: searched before anything is written."""

    q = forms.CharField(
        label=_("ID number, phone, name or pinyin initials"),
        required=False,
        max_length=LONGEST,
        widget=text(type="search", autocomplete="off"),
    )

    @property
    def query(self):
        return self.cleaned_data["q"] if self.is_valid() else ""


class OpenCaseForm(forms.Form):
    intake = choice(_("Came by"), Intake.choices)
    applied_on = day_field(_("Applied on"))
    words = forms.CharField(
        label=_("What was asked"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
    )
    accepts_any = forms.BooleanField(
        label=_("Accepts any suitable job"),
        required=False,
        widget=tick(),
        help_text=_("Work is then promised within the time the city allows."),
    )
    preventive = forms.BooleanField(
        label=_("The job is not lost yet"),
        required=False,
        widget=tick(),
        help_text=_("Opened ahead of a layoff or the end of a contract: no certification is needed."),
    )
    measure = choice(_("Batch"), Measure.choices, required=False)


class DetailsForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    measure = choice(_("Batch"), Measure.choices, required=False)
    responsible = forms.ModelChoiceField(
        label=_("Responsible"), queryset=Staff.objects.none(), required=False, widget=select(), empty_label="—"
    )
    accepts_any = forms.BooleanField(label=_("Accepts any suitable job"), required=False, widget=tick())

    def __init__(self, *args, community, day, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["responsible"].queryset = colleagues(community, day)


class PlaceForm(forms.Form):
    """The first day of work, and the job where the ledger does not have it yet."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    placed_on = day_field(_("First day of work"))
    channel = choice(_("Kind of work"), Channel.choices, required=False)
    employer_name = forms.CharField(label=_("Name of the employer"), max_length=120, required=False, widget=text())
    contract_months = forms.IntegerField(
        label=_("Contract months"),
        required=False,
        min_value=0,
        max_value=600,
        widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"}),
    )
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

    def clean(self):
        sent = super().clean()
        told = ("employer_name", "contract_months", "monthly_income", "insured")
        if not sent.get("channel") and any(sent.get(name) not in (None, "") for name in told):
            self.add_error("channel", _("Say what kind of work it is."))
        return sent

    @property
    def job(self):
        """The job told, or None where the ledger's own is meant."""
        told = self.cleaned_data
        if not told["channel"]:
            return None
        names = ("channel", "employer_name", "contract_months", "monthly_income", "insured")
        return {name: told[name] for name in names}


class ReferralForm(forms.Form):
    employer_name = forms.CharField(label=_("Name of the employer"), max_length=120, widget=text())
    job = forms.CharField(label=_("Job offered"), max_length=120, widget=text())
    monthly_wage = forms.DecimalField(
        label=_("Monthly wage"),
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "decimal"}),
    )
    referred_on = day_field(_("Introduced on"))


class AnswerForm(forms.Form):
    answer = choice(_("Answer"), [pair for pair in ReferralAnswer.choices if pair[0] != ReferralAnswer.WAITING])
    reason = choice(
        _("Reason"),
        RefusalReason.choices,
        required=False,
        help_text=_("Needed when the person refused or did not go."),
    )
    answered_on = day_field(_("Answered on"))
    words = words_field()


class CorrectionForm(AnswerForm):
    """An answer as it should have been written; perhaps none was given."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["answer"].choices = ReferralAnswer.choices


class ServiceForm(forms.Form):
    kind = choice(_("Service"), ServiceKind.choices)
    provided_on = day_field(_("On"))
    words = words_field()


class FollowUpForm(forms.Form):
    outcome = choice(_("Found"), FollowUpOutcome.choices)
    done_on = day_field(_("Done on"))
    left_on = day_field(
        _("Last day of work"),
        required=False,
        help_text=_("Needed when the person no longer works; the ledger gets it."),
    )
    words = words_field()
