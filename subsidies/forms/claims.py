"""Forms of a claim: which are listed, what a new one is for, whom it is paid to, what is attached."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from city.choices import AreaLevel
from city.forms import EARLIEST_YEAR, LATEST_YEAR
from city.models import Area, Employer
from city.rules import half_width
from households.forms.hardship import ProofField
from households.models import Resident
from placements.forms.employers import AreaField
from placements.forms.widgets import number, search_box, select, text
from subsidies.choices import ClaimPaper, ClaimState, Scheme
from subsidies.models import Claim
from subsidies.schemes import PLANS

_SHORTEST, _LONGEST = 8, 30


class MonthField(forms.DateField):
    """A month, as its first day."""

    def __init__(self, **kwargs):
        widget = forms.DateInput(attrs={"type": "month", "class": "form-control"}, format="%Y-%m")
        super().__init__(input_formats=["%Y-%m"], widget=widget, **kwargs)

    def clean(self, value):
        month = super().clean(value)
        if month and not EARLIEST_YEAR <= month.year <= LATEST_YEAR:
            raise forms.ValidationError(_("Choose a month between 1990 and 2100."))
        return month


class ClaimFilter(forms.Form):
    """Which claims are listed. Left empty: all of the area but those withdrawn, the newest first."""

    q = forms.CharField(label=_("Number or claimant"), required=False, max_length=60, widget=search_box())
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *ClaimState.choices], widget=select()
    )
    scheme = forms.ChoiceField(
        label=_("Scheme"), required=False, choices=[("", _("All")), *Scheme.choices], widget=select()
    )
    month = MonthField(label=_("Month claimed for"), required=False)
    area = AreaField(label=_("Area"), required=False, empty_label=_("All"))

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        if posting.works_at_a_community:
            del self.fields["area"]
        else:
            levels = [AreaLevel.DISTRICT] if posting.area.level == AreaLevel.CITY else []
            below = Area.objects.visible_to(posting).filter(level__in=[*levels, AreaLevel.STREET, AreaLevel.COMMUNITY])
            self.fields["area"].offer(below.exclude(pk=posting.area_id))

    @property
    def active(self):
        """How many filters are on."""
        self.is_valid()
        return sum(bool(value) for value in self.cleaned_data.values())

    def apply(self, claims):
        """An unreadable filter is told beside it and left out."""
        self.is_valid()
        chosen = self.cleaned_data
        if chosen.get("state"):
            claims = claims.filter(state=chosen["state"])
        else:
            claims = claims.exclude(state=ClaimState.WITHDRAWN)
        if chosen.get("scheme"):
            claims = claims.filter(scheme=chosen["scheme"])
        if chosen.get("month"):
            claims = claims.filter(period_from__lte=chosen["month"], period_to__gte=chosen["month"])
        if chosen.get("area"):
            claims = claims.filter(area__path__startswith=chosen["area"].path)
        return self._named(claims, half_width(chosen.get("q") or "").strip())

    @staticmethod
    def _named(claims, typed):
        if not typed:
            return claims
        if uscc.is_valid(typed.upper()):
            return claims.filter(employer__credit_code=uscc.compact(typed.upper()))
        by_number = Claim.objects.filter(number__contains=typed)
        return claims.filter(pk__in=by_number) | claims.filter(employer__name__contains=typed)


class EntryForm(forms.Form):
    """What a new claim is for. The persons follow from the ledger."""

    scheme = forms.ChoiceField(label=_("Scheme"), choices=[("", "—"), *Scheme.choices], widget=select())
    area = AreaField(label=_("Area"), empty_label=None)
    credit_code = forms.CharField(
        label=_("Claimant's unified social credit code"),
        max_length=30,
        required=False,
        widget=text(autocomplete="off"),
        help_text=_("For schemes that pay an employer; left empty where persons are paid."),
    )
    employer_name = forms.CharField(
        label=_("name of the employer"),
        max_length=120,
        required=False,
        widget=text(),
        help_text=_("Only for an employer not known yet; a known one is found by its code."),
    )
    period_from = MonthField(label=_("From month"))
    period_to = MonthField(label=_("To month"))

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        self.employer = None
        if posting.works_at_a_community:
            del self.fields["area"]
            self._area = posting.area
        else:
            self.fields["area"].offer(Area.objects.visible_to(posting).divisions())
            self.fields["area"].initial = posting.area_id

    def clean_credit_code(self):
        typed = half_width(self.cleaned_data["credit_code"]).strip().upper()
        if not typed:
            return ""
        try:
            code = uscc.validate(typed)
        except ValidationError:
            raise forms.ValidationError(_("This unified social credit code is wrong.")) from None
        self.employer = Employer.objects.filter(credit_code=code).first()
        return code

    def clean(self):
        told = super().clean()
        first, last = told.get("period_from"), told.get("period_to")
        if first and last and last < first:
            self.add_error("period_to", _("A claim cannot end before it begins."))
        plan = PLANS.get(told.get("scheme"))
        if plan and "credit_code" in told:
            if plan.to_employer and not told["credit_code"]:
                self.add_error("credit_code", _("This scheme pays an employer: whose code is it?"))
            elif not plan.to_employer and told["credit_code"]:
                self.add_error("credit_code", _("This scheme pays the persons themselves: leave the code empty."))
        if told.get("credit_code") and self.employer is None:
            self._name_unknown(told)
        return told

    def _name_unknown(self, told):
        """An agency or a training institution that nobody entered yet."""
        if told.get("employer_name"):
            self.employer = Employer(credit_code=told["credit_code"], name=told["employer_name"])
        else:
            self.add_error("employer_name", _("The name is required: this employer is not known yet."))

    def refuse(self, refused):
        """Show what a service refused at its field, or above the form."""
        self.add_error(refused.field if refused.field in self.fields else None, refused.message)

    @property
    def asked(self):
        """What the services are asked with; an employer not known yet is not saved yet."""
        told = self.cleaned_data
        return {
            "scheme": told["scheme"],
            "area": told.get("area") or self._area,
            "employer": self.employer,
            "period_from": told["period_from"],
            "period_to": told["period_to"],
        }


class DraftForm(forms.Form):
    """Something told of a draft; `version` tells a page that is behind."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args, claim, **kwargs):
        super().__init__(*args, **kwargs)
        self.claim = claim
        self.fields["version"].initial = claim.version


class PersonsField(forms.ModelChoiceField):
    """One of the persons on a claim."""

    def __init__(self, **kwargs):
        super().__init__(queryset=Resident.objects.none(), widget=select(), **kwargs)

    def offer(self, claim):
        self.queryset = _persons_on(claim)


def _persons_on(claim):
    return Resident.objects.filter(pk__in=claim.lines.live().values("resident")).order_by("name", "pk")


class AccountForm(DraftForm):
    """Into which account the money goes: the claimant's, or one person's."""

    resident = PersonsField(label=_("Of whom"), empty_label="—")
    holder = forms.CharField(label=_("account holder"), max_length=120, widget=text(autocomplete="off"))
    bank = forms.CharField(label=_("bank"), max_length=120, widget=text(autocomplete="off"))
    account = forms.CharField(
        label=_("bank account"),
        max_length=40,
        widget=text(inputmode="numeric", autocomplete="off"),
        help_text=_("Digits only; it is kept encrypted and shown by its last four."),
    )

    def __init__(self, *args, claim, **kwargs):
        super().__init__(*args, claim=claim, **kwargs)
        if claim.employer_id:
            del self.fields["resident"]
            self.fields["holder"].initial = claim.employer.name
        else:
            self.fields["resident"].offer(claim)

    def clean_account(self):
        typed = "".join(half_width(self.cleaned_data["account"]).split()).replace("-", "")
        if not (typed.isascii() and typed.isdecimal() and _SHORTEST <= len(typed) <= _LONGEST):
            raise forms.ValidationError(_("A bank account has between 8 and 30 digits."))
        return typed


class PaperForm(DraftForm):
    """A scan or photo of a paper, for the claim or for one of its persons."""

    kind = forms.ChoiceField(label=_("Paper"), widget=select())
    resident = PersonsField(label=_("Of whom"), required=False, empty_label=_("the whole claim"))
    file = ProofField(label=_("File"), help_text=_("PDF, JPEG or PNG, up to 10 MB"))

    def __init__(self, *args, claim, **kwargs):
        super().__init__(*args, claim=claim, **kwargs)
        self._each = PLANS[claim.scheme].each
        asked = (*PLANS[claim.scheme].papers, *self._each)
        others = [kind for kind in ClaimPaper.values if kind not in asked]
        self.fields["kind"].choices = [(kind, ClaimPaper(kind).label) for kind in (*asked, *others)]
        self.fields["resident"].offer(claim)
        self.fields["file"].required = True
        self.fields["file"].widget.attrs["class"] = "form-control"

    def clean(self):
        told = super().clean()
        if told.get("kind") in self._each and not told.get("resident"):
            self.add_error("resident", _("This paper is asked for of every person: whose is it?"))
        return told


class FeesForm(DraftForm):
    """What each person paid for the course or the examination, by the receipt."""

    def __init__(self, *args, claim, **kwargs):
        super().__init__(*args, claim=claim, **kwargs)
        for person in _persons_on(claim):
            self.fields[f"fee_{person.pk}"] = forms.DecimalField(
                label=person.name,
                required=False,
                min_value=Decimal("0.01"),
                max_digits=10,
                decimal_places=2,
                widget=number(step="0.01", inputmode="decimal"),
            )

    @property
    def fees(self):
        """{resident id: fee} of those told."""
        told = ((name.partition("fee_")[2], fee) for name, fee in self.cleaned_data.items())
        return {int(key): fee for key, fee in told if key and fee is not None}


class TakeOffForm(DraftForm):
    """Whose months come off the claim: one month, or all of a person's."""

    resident = PersonsField(label=_("Of whom"), empty_label="—")
    month = MonthField(label=_("Month"), required=False, help_text=_("Empty: all the person's months."))

    def __init__(self, *args, claim, **kwargs):
        super().__init__(*args, claim=claim, **kwargs)
        self.line = None
        self.fields["resident"].offer(claim)

    def clean(self):
        told = super().clean()
        if told.get("resident") and told.get("month"):
            self.line = self.claim.lines.live().filter(resident=told["resident"], month=told["month"]).first()
            if self.line is None:
                self.add_error("month", _("This person has no line in this month."))
        return told
