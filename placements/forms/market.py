"""Forms of vacancies, job seekers, service points and events."""

from datetime import timedelta

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.forms import EARLIEST_YEAR, LATEST_YEAR
from city.models import Area, Employer
from households.search import LONGEST
from placements.choices import EventKind, Hours, PointKind, SeekerEnd, VacancyState
from placements.forms.employers import AreaField, EmployerByCode
from placements.forms.widgets import day, number, search_box, select, text
from placements.models import Event, JobSeeker, ServicePoint, Vacancy

#: How long a vacancy is valid unless the employer says otherwise.
_USUAL_DAYS = 30


def places_of(posting):
    """Where something of the posting's may be: the city's own office names no single community."""
    places = Area.objects.visible_to(posting).divisions()
    return places.exclude(level=AreaLevel.COMMUNITY) if posting.area.level == AreaLevel.CITY else places


def _within_years(chosen):
    if chosen and not EARLIEST_YEAR <= chosen.year <= LATEST_YEAR:
        raise forms.ValidationError(_("Choose a day between 1990 and 2100."))
    return chosen


def _long_text():
    return forms.Textarea(attrs={"class": "form-control", "rows": 3, "maxlength": 2_000})


class _Filter(forms.Form):
    @property
    def active(self):
        """How many filters are on."""
        return sum(bool(value) for value in self.cleaned_data.values()) if self.is_valid() else 0

    def chosen(self, name):
        return self.cleaned_data[name] if self.is_valid() else ""


class VacancyForm(forms.ModelForm):
    area = AreaField(label=_("where"))
    headcount = forms.IntegerField(label=_("places"), min_value=1, max_value=9_999, widget=number(min=1))

    class Meta:
        model = Vacancy
        fields = [
            "area", "title", "occupation", "skills", "requirements", "headcount", "wage_from", "wage_to", "hours",
            "valid_from", "valid_until", "event",
        ]  # fmt: skip
        widgets = {
            "title": text(),
            "occupation": text(),
            "skills": text(),
            "requirements": text(),
            "wage_from": number(step="0.01"),
            "wage_to": number(step="0.01"),
            "hours": select(),
            "valid_from": day(),
            "valid_until": day(),
            "event": select(),
        }

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].offer(places_of(posting) | Area.objects.filter(pk=self.instance.area_id))
        self.fields["event"].label = _("gathered at the event")
        events = Event.objects.near(posting).filter(ends_on__gte=timezone.localdate() - timedelta(days=90))
        self.fields["event"].queryset = (events | Event.objects.filter(pk=self.instance.event_id)).order_by(
            "-starts_on"
        )
        if self.instance.pk is None:
            today = timezone.localdate()
            self.initial.setdefault("area", posting.area_id)
            self.initial |= {"valid_from": today, "valid_until": today + timedelta(days=_USUAL_DAYS)}

    def clean_valid_from(self):
        return _within_years(self.cleaned_data["valid_from"])

    def clean_valid_until(self):
        last = _within_years(self.cleaned_data["valid_until"])
        if self.instance.pk is None and last < timezone.localdate():
            raise forms.ValidationError(_("This day is over."))
        return last

    @property
    def values(self):
        """What the vacancy itself says; the place goes with it only when it is corrected."""
        names = self._meta.fields if self.instance.pk else self._meta.fields[1:]
        return {name: self.cleaned_data[name] for name in names}


class GatherForm(EmployerByCode, VacancyForm):
    """A new vacancy with the employer that offers it."""

    field_order = ["credit_code", "employer_name"]


class KnownEmployer(forms.Form):
    """Finds an employer by any part of its name, so that nobody copies a code."""

    employer = forms.CharField(
        label=_("part of the employer's name"), required=False, max_length=60, widget=search_box()
    )

    def found(self, most=10):
        typed = self.cleaned_data["employer"].strip() if self.is_valid() else ""
        return Employer.objects.filter(name__contains=typed).order_by("name", "pk")[:most] if typed else None


class VacancyFilter(_Filter):
    """Which vacancies are listed. Left empty: all of the area that are not closed, and what others published."""

    q = forms.CharField(label=_("job, employer or number"), required=False, max_length=60, widget=search_box())
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("Not closed")), *VacancyState.choices], widget=select()
    )
    mine = forms.ChoiceField(
        label=_("Gathered by"),
        required=False,
        choices=[("", _("everybody")), ("mine", _("this area"))],
        widget=select(),
    )

    def apply(self, vacancies, posting):
        if self.chosen("mine"):
            vacancies = vacancies.run_by(posting)
        state = self.chosen("state")
        vacancies = vacancies.filter(state=state) if state else vacancies.exclude(state=VacancyState.CLOSED)
        return with_words(vacancies, self.chosen("q"))


def with_words(vacancies, typed):
    for word in typed.split():
        vacancies = vacancies.filter(
            Q(title__icontains=word)
            | Q(occupation__icontains=word)
            | Q(skills__icontains=word)
            | Q(employer__name__icontains=word)
            | Q(number__iexact=word)
        )
    return vacancies


class PublicFilter(_Filter):
    """The free enquiry: words, a district, a wage."""

    q = forms.CharField(label=_("job, trade or employer"), required=False, max_length=60, widget=search_box())
    area = forms.ModelChoiceField(
        label=_("District"),
        required=False,
        queryset=Area.objects.filter(level=AreaLevel.DISTRICT).order_by("code"),
        empty_label=_("whole city"),
        widget=select(),
    )
    wage = forms.IntegerField(
        label=_("Monthly wage from (yuan)"), required=False, min_value=0, max_value=999_999, widget=number(step="100")
    )
    hours = forms.ChoiceField(
        label=_("working hours"), required=False, choices=[("", _("All")), *Hours.choices], widget=select()
    )

    def apply(self, vacancies):
        if wage := self.chosen("wage"):
            vacancies = vacancies.filter(Q(wage_from__gte=wage) | Q(wage_to__gte=wage))
        if area := self.chosen("area"):
            vacancies = vacancies.filter(area__path__startswith=area.path)
        if hours := self.chosen("hours"):
            vacancies = vacancies.filter(hours__in=[hours, Hours.ANY])
        return with_words(vacancies, self.chosen("q"))


class SeekerForm(forms.ModelForm):
    area = AreaField(label=_("wishes to work in"), required=False)

    class Meta:
        model = JobSeeker
        fields = ["occupation", "skills", "wage_wished", "hours", "area", "post_category", "words"]
        widgets = {
            "occupation": text(),
            "skills": text(),
            "wage_wished": number(step="0.01"),
            "hours": select(),
            "post_category": select(),
            "words": text(),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].offer(Area.objects.filter(level__in=[AreaLevel.DISTRICT, AreaLevel.STREET]))
        self.fields["area"].empty_label = _("near home")


class SeekerSearch(forms.Form):
    """Who is to be registered: searched before anything is written."""

    q = forms.CharField(
        label=_("ID number, phone, name or pinyin initials"), required=False, max_length=LONGEST, widget=search_box()
    )

    @property
    def query(self):
        return self.cleaned_data["q"] if self.is_valid() else ""


class EndSearchForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *((value, value.label) for value in SeekerEnd.BY_HAND)],
        widget=select(),
    )


class SeekerFilter(_Filter):
    """Which registrations are listed and counted. Left empty: all in force."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Valid now")), ("all", _("All")), ("ended", _("No longer valid"))],
        widget=select(),
    )
    since = forms.DateField(label=_("Registered from"), required=False, widget=day())
    until = forms.DateField(label=_("Registered until"), required=False, widget=day())
    occupation = forms.CharField(label=_("trade or skill"), required=False, max_length=60, widget=search_box())

    def apply(self, searches, today):
        state = self.chosen("state")
        if not state:
            searches = searches.in_force_on(today)
        elif state == "ended":
            searches = searches.exclude(ended_on=None)
        if since := self.chosen("since"):
            searches = searches.filter(registered_on__gte=since)
        if until := self.chosen("until"):
            searches = searches.filter(registered_on__lte=until)
        if typed := self.chosen("occupation"):
            searches = searches.filter(Q(occupation__icontains=typed) | Q(skills__icontains=typed))
        return searches


class PointForm(forms.ModelForm):
    area = AreaField(label=_("in"))

    class Meta:
        model = ServicePoint
        fields = ["kind", "name", "area", "address", "floor_area", "opened_on", "closed_on", "joint_plan"]
        widgets = {
            "kind": select(),
            "name": text(),
            "address": text(),
            "floor_area": number(),
            "opened_on": day(),
            "closed_on": day(),
            "joint_plan": _long_text(),
        }

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].offer(Area.objects.visible_to(posting).divisions())
        if self.instance.pk is None:
            self.initial.setdefault("area", posting.area_id)

    def clean_opened_on(self):
        return _within_years(self.cleaned_data["opened_on"])

    def clean_closed_on(self):
        return _within_years(self.cleaned_data["closed_on"])


class PointFilter(_Filter):
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *PointKind.choices], widget=select()
    )
    q = forms.CharField(label=_("Name or address"), required=False, max_length=60, widget=search_box())

    def apply(self, points):
        if kind := self.chosen("kind"):
            points = points.filter(kind=kind)
        if typed := self.chosen("q"):
            points = points.filter(Q(name__contains=typed) | Q(address__contains=typed))
        return points


class EventForm(forms.ModelForm):
    area = AreaField(label=_("held by"))

    class Meta:
        model = Event
        fields = [
            "kind", "name", "area", "point", "place", "starts_on", "ends_on", "attended", "employers", "intentions",
            "words",
        ]  # fmt: skip
        widgets = {
            "kind": select(),
            "name": text(),
            "point": select(),
            "place": text(),
            "starts_on": day(),
            "ends_on": day(),
            "attended": number(),
            "employers": number(),
            "intentions": number(),
            "words": _long_text(),
        }

    def __init__(self, *args, posting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].offer(places_of(posting) | Area.objects.filter(pk=self.instance.area_id))
        self.fields["point"].label = _("service point")
        points = ServicePoint.objects.visible_to(posting).filter(closed_on=None)
        self.fields["point"].queryset = (points | ServicePoint.objects.filter(pk=self.instance.point_id)).order_by(
            "name"
        )
        if self.instance.pk is None:
            self.initial.setdefault("area", posting.area_id)

    def clean_starts_on(self):
        return _within_years(self.cleaned_data["starts_on"])

    def clean_ends_on(self):
        return _within_years(self.cleaned_data["ends_on"])


class EventFilter(_Filter):
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *EventKind.choices], widget=select()
    )
    year = forms.IntegerField(
        label=_("Year"), required=False, min_value=EARLIEST_YEAR, max_value=LATEST_YEAR, widget=number()
    )

    def apply(self, events):
        if kind := self.chosen("kind"):
            events = events.filter(kind=kind)
        if year := self.chosen("year"):
            events = events.filter(starts_on__year=year)
        return events
