from django import forms
from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.models import Area
from placements.allocation import ANYWHERE, DEFAULT_WEIGHTS, WITHIN_COMMUNITY, WITHIN_DISTRICT, WITHIN_STREET
from placements.choices import Chosen, LeftOut, PostCategory, Priority, ProposalState, TransferReason
from placements.forms.employers import AreaField
from placements.forms.widgets import number, search_box, select, text

_MOST_POINTS = 1_000
_MOST_POSTS = 1_000_000
MOST_MOVED = 200
_FARTHEST = (
    (ANYWHERE, _("Anywhere in the city")),
    (WITHIN_DISTRICT, _("Within the district")),
    (WITHIN_STREET, _("Within the street")),
    (WITHIN_COMMUNITY, _("Within the community")),
)


def _points(name, label, help_text):
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        min_value=0,
        max_value=_MOST_POINTS,
        initial=DEFAULT_WEIGHTS[name],
        widget=number(max=_MOST_POINTS),
    )


class ProposeForm(forms.Form):
    """What a proposal weighs, and its limits. A field for the quota of each place of `places`."""

    distance = _points(
        "distance", _("Distance"), _("points for each level further out: street, district, the rest of the city")
    )
    wish = _points("wish", _("Work wished for"), _("points for other work than wished for"))
    wage = _points("wage", _("Wage wished for"), _("points for less than the wage wished for"))
    hours = _points("hours", _("Hours wished for"), _("points for other hours than wished for"))
    farthest = forms.TypedChoiceField(
        label=_("Farthest a person may be sent"),
        help_text=_("Who wishes for a wider area than that is looked after in all of it."),
        choices=_FARTHEST,
        coerce=int,
        widget=select(),
    )

    def __init__(self, *args, places, **kwargs):
        super().__init__(*args, **kwargs)
        self.places = places
        for place in places:
            self.fields[f"quota{place.area.pk}"] = forms.IntegerField(
                label=_("Most people of %(area)s who get a post") % {"area": place.area.name},
                required=False,
                min_value=0,
                max_value=_MOST_POSTS,
                widget=number(placeholder=_("no quota")),
            )

    @property
    def weighing(self):
        return [self[name] for name in (*DEFAULT_WEIGHTS, "farthest")]

    @property
    def quota_rows(self):
        """(place, its field)"""
        return [(place, self[f"quota{place.area.pk}"]) for place in self.places]

    @property
    def weights(self):
        return {name: self.cleaned_data[name] for name in DEFAULT_WEIGHTS}

    @property
    def quotas(self):
        sent = {place.area.pk: self.cleaned_data[f"quota{place.area.pk}"] for place in self.places}
        return {key: most for key, most in sent.items() if most is not None}


def _any_of(label, choices):
    return forms.ChoiceField(label=label, required=False, choices=[("", _("All")), *choices], widget=select())


class _Filter(forms.Form):
    """`lookups`: {field: where in the rows}; an empty field chooses nothing."""

    lookups = {}

    def apply(self, rows):
        if not self.is_valid():
            return rows
        for name, lookup in self.lookups.items():
            value = self.cleaned_data.get(name)
            if value:
                rows = rows.filter(**{lookup: value.path if isinstance(value, Area) else value})
        return rows

    @property
    def active(self):
        """How many filters are on."""
        return sum(bool(value) for value in self.cleaned_data.values()) if self.is_valid() else 0


class ProposalFilter(_Filter):
    state = _any_of(_("State"), ProposalState.choices)
    lookups = {"state": "state"}


class _PeopleFilter(_Filter):
    area = AreaField(label=_("District or street"), required=False, empty_label=_("All"))
    priority = _any_of(_("Priority"), Priority.choices)

    def __init__(self, *args, area, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].offer(
            Area.objects.within(area).filter(level__in=[AreaLevel.DISTRICT, AreaLevel.STREET]).exclude(pk=area.pk)
        )


class PairFilter(_PeopleFilter):
    category = _any_of(_("Category"), PostCategory.choices)
    chosen = _any_of(_("Chosen by"), Chosen.choices)
    lookups = {
        "area": "resident__community__path__startswith",
        "priority": "priority",
        "category": "post__plan__category",
        "chosen": "chosen",
    }


class LeftOutFilter(_PeopleFilter):
    limit = _any_of(_("Limit"), LeftOut.choices)
    lookups = {"area": "resident__community__path__startswith", "priority": "priority", "limit": "limit"}


class OpenPostFilter(_Filter):
    """Which open posts are offered for a change by hand."""

    q = forms.CharField(label=_("Number or name of the post"), required=False, max_length=60, widget=search_box())
    area = AreaField(label=_("District or street"), required=False, empty_label=_("All"))
    category = _any_of(_("Category"), PostCategory.choices)
    lookups = {"area": "area__path__startswith", "category": "plan__category"}

    def __init__(self, *args, area, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].offer(
            Area.objects.within(area).filter(level__in=[AreaLevel.DISTRICT, AreaLevel.STREET, AreaLevel.COMMUNITY])
        )

    def apply(self, rows):
        rows = super().apply(rows)
        typed = self.cleaned_data["q"].strip() if self.is_valid() else ""
        return rows.filter(number__contains=typed) | rows.filter(plan__title__contains=typed) if typed else rows


class ChangeForm(forms.Form):
    """Which post a person is to get; none to take the person off."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    post = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)


class MovePostsForm(forms.Form):
    """Several open posts from one place to another, and why."""

    from_area = AreaField(label=_("From where"))
    to_area = AreaField(
        label=_("To where"), help_text=_("In a wider area each post goes to the community where most people wait.")
    )
    posts = forms.IntegerField(
        label=_("Number of posts"), min_value=1, max_value=MOST_MOVED, widget=number(min=1, max=MOST_MOVED)
    )
    category = _any_of(_("Category"), PostCategory.choices)
    reason = forms.ChoiceField(label=_("Reason"), choices=TransferReason.choices, widget=select())
    words = forms.CharField(label=_("in words"), max_length=200, required=False, widget=text())

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("from_area", "to_area"):
            self.fields[name].offer(Area.objects.visible_to(posting).divisions())

    def clean(self):
        sent = super().clean()
        origin, target = sent.get("from_area"), sent.get("to_area")
        if origin and target and (origin.path.startswith(target.path) or target.path.startswith(origin.path)):
            self.add_error("to_area", _("Choose a place that lies apart from the first."))
        return sent
