"""Forms of plans and pairings."""

from django import forms
from django.utils.translation import gettext_lazy as _

from assistance.choices import HelperKind, Measure
from assistance.forms.cases import choice, colleagues, day_field, select, text
from city.choices import AreaLevel
from city.models import Area, Staff
from households.models import Household


class PlanForm(forms.Form):
    """What is to be reached for a household or one of its members, and by which of the six batches."""

    measure = choice(_("Batch"), Measure.choices)
    goal = forms.CharField(label=_("What is to be reached"), max_length=200, widget=text())
    by_when = day_field(_("To be reached by"), required=False)


class ResponsibleForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    responsible = forms.ModelChoiceField(
        label=_("Responsible"), queryset=Staff.objects.none(), widget=select(), empty_label="—"
    )

    def __init__(self, *args, community, day, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["responsible"].queryset = colleagues(community, day)


class PairingForm(forms.Form):
    """A household is named by its number within the community; without one the whole community is meant."""

    helper = forms.CharField(label=_("Who helps"), max_length=120, widget=text())
    kind = choice(_("Kind"), HelperKind.choices)
    community = forms.ModelChoiceField(
        label=_("Community"), queryset=Area.objects.none(), widget=select(), empty_label="—"
    )
    household = forms.CharField(
        label=_("Household number"),
        max_length=30,
        required=False,
        widget=text(),
        help_text=_("Leave it empty to stand by the whole community."),
    )
    started_on = day_field(_("Paired since"))

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["community"].queryset = (
            Area.objects.visible_to(posting).filter(level=AreaLevel.COMMUNITY).order_by("code")
        )

    def clean(self):
        sent = super().clean()
        number = (sent.get("household") or "").strip().lstrip("0")
        sent["household"] = None
        if number and sent.get("community"):
            sent["household"] = Household.objects.filter(community=sent["community"], number=number).first()
            if sent["household"] is None:
                self.add_error("household", _("No household of this community has that number."))
        return sent


class EndPairingForm(forms.Form):
    ended_on = day_field(_("Ended on"))
