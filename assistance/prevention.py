"""What early warning and training show on pages of others: 今日工作, 待审, a resident's page."""

from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistance import early_warning
from assistance.choices import CourseState
from assistance.models import Course
from city.desk import ON_THE_DESK, Line, WorkList
from households.rules import short_address

_SOON = 30
COURSES_OFFERED = 10


def _horizon(posting, today):
    """(days, last day) of the furthest early warning."""
    days = early_warning.days_ahead(posting.area, today)[-1]
    return days, today + timedelta(days=days)


def _page(**asked):
    return f"{reverse('assistance:early_warnings')}?{urlencode(asked)}"


def warnings_today(request, scope):
    """Households of the community (or grid) that may soon have nobody in work, soonest first."""
    days, until = _horizon(request.posting, scope.day)
    outlook = early_warning.Outlook(request.posting.area, scope.day)
    found = outlook.at_risk(until)
    if scope.grid is not None:
        found = found.filter(grid=scope.grid)
    rows = outlook.explained(found.order_by("nobody_from", "pk"))
    return WorkList(
        name="early_warnings",
        title=_("Households about to have nobody in work"),
        lines=[_line(row, scope.day, scope.posting.area) for row in rows[:ON_THE_DESK]],
        total=len(rows),
        more_url=_page(days=days),
        empty=_("No household is expected to lose its last job within %(days)d days.") % {"days": days},
    )


def _line(row, today, community):
    left = (row.nobody_from - today).days
    number = _("Household %(number)s") % {"number": row.household.number}
    return Line(
        title=" · ".join(filter(None, [short_address(row.household.address, community.name), number])),
        url=reverse("households:household", args=[row.household.pk]),
        sub="；".join(reason for _resident, reason in row.reasons),
        due=_("now") if left <= 0 else ngettext("in %(days)d day", "in %(days)d days", left) % {"days": left},
        late=left <= 0,
        soon=left <= _SOON,
    )


def warnings_in_review(request, subject):
    """How many such households each community has, the most first."""
    today = timezone.localdate()
    days, until = _horizon(request.posting, today)
    places = early_warning.Outlook(request.posting.area, today).counts_by_community(until)
    lines = [
        Line(
            title=place.name,
            url=_page(days=days, community=place.code),
            sub=_households(number),
        )
        for place, number in places[:ON_THE_DESK]
    ]
    return WorkList(
        name="early_warnings",
        title=_("Households about to have nobody in work"),
        lines=lines,
        total=len(places),
        note=_households(sum(number for _place, number in places)) if places else "",
        more_url=_page(days=days),
        empty=_("No household is expected to lose its last job within %(days)d days.") % {"days": days},
    )


def _households(number):
    return ngettext("%(number)d household", "%(number)d households", number) % {"number": number}


def training_panel(request, resident):
    """On a resident's page: courses attended, and those open now to send the person to."""
    enrolments = list(resident.enrolments.select_related("course").order_by("-enrolled_on", "-pk"))
    offered = []
    if request.posting.may("assistance.enrol_residents"):
        known = {one.course_id for one in enrolments}
        open_now = Course.objects.visible_to(request.posting).filter(state=CourseState.ENROLLING).with_taken()
        rows = open_now.exclude(pk__in=known).order_by("starts_on", "pk")[:COURSES_OFFERED]
        offered = [course for course in rows if course.taken < course.places]
    if not enrolments and not offered:
        return None
    return {"resident": resident, "enrolments": enrolments, "offered": offered}
