from django import forms
from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.models import Area
from households.search import LONGEST
from placements.choices import PlanState, PostCategory, PostState, TransferReason
from placements.forms.employers import AreaField, EmployerByCode
from placements.forms.widgets import number, search_box, select, text, tick
from placements.models import PlacementBase, PostPlan, Project
from placements.models.posts import FULL_TIME_HOURS

MOST_PLACES = 500


class PlanForm(EmployerByCode, forms.ModelForm):
    """An application for posts: what the work is, who pays, how many places."""

    area = AreaField(label=_("for the community"))
    headcount = forms.IntegerField(
        label=_("number of places"), min_value=1, max_value=MOST_PLACES, widget=number(min=1, max=MOST_PLACES)
    )
    weekly_hours = forms.IntegerField(
        label=_("hours a week"),
        min_value=1,
        max_value=FULL_TIME_HOURS,
        initial=FULL_TIME_HOURS,
        widget=number(min=1, max=FULL_TIME_HOURS),
    )

    field_order = ["area", "credit_code", "employer_name"]

    class Meta:
        model = PostPlan
        fields = [
            "area", "title", "category", "field", "place", "headcount", "monthly_wage", "weekly_hours", "funding",
            "base", "project", "landless_only",
        ]  # fmt: skip
        labels = {"category": _("category of the work"), "base": _("placement base"), "project": _("project")}
        widgets = {
            "title": text(),
            "category": select(),
            "field": select(),
            "place": text(),
            "monthly_wage": number(step="0.01"),
            "funding": select(),
            "base": select(),
            "project": select(),
            "landless_only": tick(),
        }

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["area"]
            self.initial["credit_code"] = self.instance.employer.credit_code
        else:
            self.fields["area"].offer(Area.objects.visible_to(posting).communities())
            if posting.area.level == AreaLevel.COMMUNITY:
                self.initial.setdefault("area", posting.area_id)
        self.fields["base"].queryset = PlacementBase.objects.near(posting).filter(closed_on=None).order_by("name")
        self.fields["project"].queryset = Project.objects.near(posting).order_by("name")

    @property
    def values(self):
        """The application's own fields, its community and employer apart."""
        return {name: self.cleaned_data[name] for name in self._meta.fields if name != "area"}


class PlaceChoice(AreaField):
    """A street or community below the posting's own area."""

    def offer_below(self, posting):
        below = Area.objects.visible_to(posting).exclude(pk=posting.area_id)
        self.offer(below.filter(level__in=[AreaLevel.DISTRICT, AreaLevel.STREET, AreaLevel.COMMUNITY]))


class _PlaceFilter(forms.Form):
    """Filters of a list by place; `place_field` names where the rows lie."""

    area = PlaceChoice(label=_("Street or community"), required=False, empty_label=_("All"))

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        if posting.area.level == AreaLevel.COMMUNITY:
            del self.fields["area"]
        else:
            self.fields["area"].offer_below(posting)

    @property
    def active(self):
        """How many filters are on."""
        return sum(bool(value) for value in self.cleaned_data.values()) if self.is_valid() else 0

    def chosen(self, **fields):
        """`{lookup: value}` of the fields that choose something; `fields`: {name: lookup}."""
        values = {lookup: self.cleaned_data[name] for name, lookup in fields.items() if self.cleaned_data[name]}
        if self.cleaned_data.get("area"):
            values["area__path__startswith"] = self.cleaned_data["area"].path
        return values


class PlanFilter(_PlaceFilter):
    """Which applications are shown; an empty field chooses nothing."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *PlanState.choices], widget=select()
    )
    category = forms.ChoiceField(
        label=_("Category"), required=False, choices=[("", _("All")), *PostCategory.choices], widget=select()
    )
    employer = forms.CharField(label=_("employer"), required=False, max_length=60, widget=search_box())

    def apply(self, plans):
        if not self.is_valid():
            return plans
        return plans.filter(**self.chosen(state="state", category="category", employer="employer__name__contains"))


class PostFilter(_PlaceFilter):
    """Which posts are shown: those of the area, those near the end of a term, or what is open anywhere."""

    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("Posts of the area")),
            ("expiring", _("Terms that end soon")),
            ("anywhere", _("Open in the whole city")),
        ],
        widget=select(),
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *PostState.choices], widget=select()
    )
    category = forms.ChoiceField(
        label=_("Category"), required=False, choices=[("", _("All")), *PostCategory.choices], widget=select()
    )

    def apply(self, posts, posting, expiring):
        """`expiring`: the posts near the end of a term."""
        if not self.is_valid():
            return posts.run_by(posting)
        show = self.cleaned_data["show"]
        posts = posts.visible_to(posting).open() if show == "anywhere" else posts.run_by(posting)
        if show == "expiring":
            posts = posts.filter(pk__in=expiring)
        return posts.filter(**self.chosen(state="state", category="plan__category"))


class HolderSearch(forms.Form):
    q = forms.CharField(
        label=_("Name, initials, ID number or phone"), max_length=LONGEST, widget=search_box(required=True)
    )


class TransferForm(forms.Form):
    """Where an open post goes, and why."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    to_area = AreaField(label=_("to the community"))
    reason = forms.ChoiceField(label=_("Reason"), choices=TransferReason.choices, widget=select())
    words = forms.CharField(label=_("in words"), max_length=200, required=False, widget=text())

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to_area"].offer(Area.objects.visible_to(posting).communities())


class TransferFilter(forms.Form):
    """Which transfers are shown, as seen from the reader's area."""

    way = forms.ChoiceField(
        label=_("Which way"),
        required=False,
        choices=[("", _("All")), ("given", _("Given away")), ("taken", _("Taken in"))],
        widget=select(),
    )

    def apply(self, transfers, posting):
        sides = {"given": "from_area", "taken": "to_area"}
        side = sides.get(self.cleaned_data["way"]) if self.is_valid() else None
        return transfers.filter(**{f"{side}__path__startswith": posting.area.path}) if side else transfers

    @property
    def active(self):
        return int(bool(self.is_valid() and self.cleaned_data["way"]))
