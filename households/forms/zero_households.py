"""Forms and filters about zero-employment households; the filters stand in the address, so a list is found again."""

from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.models import Area
from households import zero_totals
from households.choices import DeclarationSource, DeclarationState, EliminationProof, EpisodeState
from households.forms.fields import DayField, DeskForm, choice_field, styled, words_field

#: Levels of area a posting may narrow its lists to.
_BELOW = {
    AreaLevel.STREET: [AreaLevel.COMMUNITY],
    AreaLevel.DISTRICT: [AreaLevel.STREET, AreaLevel.COMMUNITY],
    AreaLevel.CITY: [AreaLevel.DISTRICT, AreaLevel.STREET],
}
#: Days ahead in which a deadline is near.
SOON_DAYS = 7


class _AreaChoice(forms.ModelChoiceField):
    def label_from_instance(self, area):
        return f"　{area.name}" if area.level in (AreaLevel.STREET, AreaLevel.COMMUNITY) else area.name


class AreaFilter(forms.Form):
    """Narrows a list to one area below the posting's; `place` leads from a row to its community."""

    area = _AreaChoice(
        label=_("Area"), queryset=Area.objects.none(), required=False, to_field_name="code", empty_label=_("All")
    )

    def __init__(self, *args, posting, place="household__community", **kwargs):
        super().__init__(*args, **kwargs)
        self.posting, self.place = posting, place
        levels = _BELOW.get(posting.area.level, [])
        if levels:
            self.fields["area"].queryset = Area.objects.visible_to(posting).filter(level__in=levels).order_by("code")
        else:
            del self.fields["area"]
        for field in self.fields.values():
            styled(field)

    @property
    def values(self):
        """The readable part of what was asked; an unreadable field is reported beside it and left out."""
        self.is_valid()
        return self.cleaned_data

    @property
    def active(self):
        return sum(bool(value) for value in self.values.values())

    @property
    def chosen_area(self):
        return self.values.get("area") or self.posting.area

    def apply(self, rows):
        if self.values.get("area"):
            rows = rows.filter(**{f"{self.place}__path__startswith": self.values["area"].path})
        return rows


class OpenEpisodeFilter(AreaFilter):
    state = choice_field(
        _("State"),
        [(one.value, one.label) for one in (EpisodeState.CERTIFIED, EpisodeState.ASSISTING)],
        empty=("", _("All")),
        required=False,
    )
    deadline = choice_field(
        _("Deadline"),
        [("late", _("passed")), ("soon", _("within 7 days")), ("later", _("later"))],
        empty=("", _("All")),
        required=False,
    )

    def apply(self, rows, deadlines):
        rows = super().apply(rows)
        if self.values.get("state"):
            rows = rows.filter(state=self.values["state"])
        return self._by_deadline(rows, deadlines) if self.values.get("deadline") else rows

    def _by_deadline(self, rows, deadlines):
        communities = Area.objects.communities().within(self.chosen_area)
        late = deadlines.due_before(deadlines.today, communities)
        near = deadlines.due_before(deadlines.today + timedelta(days=SOON_DAYS + 1), communities)
        wanted = self.values["deadline"]
        if wanted == "late":
            return rows.filter(late)
        return rows.filter(near).exclude(late) if wanted == "soon" else rows.exclude(near)


class StateFilter(AreaFilter):
    """`states` are those the list holds; the first line, `unasked`, stands for no choice."""

    state = choice_field(_("State"), [], required=False)
    unasked = _("All")

    def __init__(self, *args, states, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [("", self.unasked), *[(one.value, one.label) for one in states]]

    def apply(self, rows):
        rows = super().apply(rows)
        return rows.filter(state=self.values["state"]) if self.values.get("state") else rows


class EndedFilter(AreaFilter):
    """Ended episodes, unless all that were ever certified are asked for; opens every figure of the totals."""

    state = choice_field(
        _("State"),
        [
            (EpisodeState.ELIMINATED.value, EpisodeState.ELIMINATED.label),
            (EpisodeState.WITHDRAWN.value, EpisodeState.WITHDRAWN.label),
            ("ever", _("ever certified, open ones too")),
        ],
        empty=("", _("All that ended")),
        required=False,
    )
    low_income = choice_field(
        _("Minimum living allowance"),
        [("certified", _("when certified")), ("eliminated", _("when eliminated"))],
        empty=("", _("All")),
        required=False,
    )
    work = choice_field(
        _("At work today"),
        [("working", _("with a member at work today")), ("dual", _("in dual employment today"))],
        empty=("", _("All")),
        required=False,
    )

    def apply(self, rows, today):
        rows = super().apply(rows)
        asked = self.values
        if asked.get("state") == "ever":
            rows = rows.filter(certified_on__lte=today)
        else:
            rows = rows.exclude(eliminated_on=None, withdrawn_on=None)
            if asked.get("state"):
                rows = rows.filter(state=asked["state"])
        if asked.get("low_income"):
            rows = rows.filter(zero_totals.low_income_on(f"{asked['low_income']}_on"))
        if asked.get("work"):
            rows = rows.filter(pk__in=zero_totals.latest_at_work(self.chosen_area, today)[asked["work"]])
        return rows


class DeclarationFilter(StateFilter):
    """Those under way, unless a state is asked for."""

    unasked = _("Under way")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, states=DeclarationState, **kwargs)

    def apply(self, rows):
        rows = super().apply(rows)
        return rows if self.values.get("state") else rows.under_way()


class DeclareForm(DeskForm):
    wide = ("words",)
    source = choice_field(_("Declared by"), DeclarationSource.choices)
    declared_on = DayField(label=_("Declared on"))
    words = words_field(_("What was told"), 500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["declared_on"].initial = timezone.localdate


class CertifyForm(DeskForm):
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    card_number = words_field(
        _("Card number"), 40, help_text=_("Left empty, the next number of the community is given out.")
    )


class ConfirmForm(DeskForm):
    """Who found work, from which day the household counts as eliminated, and what proved it."""

    wide = ("words",)
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    resident = forms.TypedChoiceField(label=_("Who works"), coerce=int)
    on = DayField(label=_("Eliminated on"), help_text=_("A day on which the member works by the ledger."))
    proof = choice_field(_("Proof seen"), EliminationProof.choices)
    words = words_field(_("Remarks"), 200)

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["resident"].choices = members
