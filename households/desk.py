"""What visits lay on the desks of station and street, and show on the page of a household."""

from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from city.desk import ON_THE_DESK, Line, WorkList
from households import visiting
from households.choices import FollowUpNeed
from households.models import Visit
from households.rosters import members_on
from households.rules import short_address
from households.zero_households import head_of

VISITS_SHOWN = 50
_SOON_DAYS = 7


def _address(view, scope):
    return f"{reverse(f'households:{view}')}{scope.grid_query}"


def _record_url(household_id, back):
    return f"{reverse('households:record_visit', args=[household_id])}?{urlencode({'next': back})}"


def _home(household, community):
    return short_address(household.address, community.name) or _("Household %(number)s") % {"number": household.number}


def _last_visit(due, members):
    if due.has_moved and members:
        return _("found moved away on %(day)s: record the leaving") % {"day": due.tried_on.isoformat()}
    if due.has_moved:
        return _("found moved away on %(day)s, nobody lives there any more") % {"day": due.tried_on.isoformat()}
    if due.tried_on and (due.last_visit_on is None or due.tried_on > due.last_visit_on):
        return _("nobody met on %(day)s") % {"day": due.tried_on.isoformat()}
    if due.last_visit_on:
        return _("last visit %(day)s") % {"day": due.last_visit_on.isoformat()}
    return _("never visited")


def _who_and_when(due, members):
    number = _("Household %(number)s") % {"number": due.household.number}
    return " · ".join(filter(None, [head_of(members), number, _last_visit(due, members)]))


def lines_of(dues, scope, back):
    """A line for each visit due; the heading names the grid unless one is chosen, and the building."""
    members = members_on([due.household.pk for due in dues], scope.day)
    return [
        Line(
            title=due.place or _("Household %(number)s") % {"number": due.household.number},
            url=reverse("households:household", args=[due.household.pk]),
            sub=_who_and_when(due, members.get(due.household.pk, [])),
            due=_("missed") if due.is_late else _("by %(day)s") % {"day": f"{due.due_by:%m-%d}"},
            late=due.is_late,
            soon=(due.due_by - scope.day).days < _SOON_DAYS,
            group=" · ".join(filter(None, ["" if scope.grid else due.grid, due.building])),
            **_to_do(due, members.get(due.household.pk), scope.posting, back),
        )
        for due in dues
    ]


def _to_do(due, members, posting, back):
    """The visit; of a household found moved away what is left is to record who left."""
    if due.has_moved and not members:
        return {}
    if due.has_moved and posting.may("households.edit_register"):
        return {"does": _("Record the leaving"), "does_url": leaving_url(due.household.pk)}
    if posting.may("households.record_visits"):
        return {"does": _("Visit"), "does_url": _record_url(due.household.pk, back)}
    return {}


def leaving_url(household_id):
    """Where the household's page offers the leaving of each member."""
    return f"{reverse('households:household', args=[household_id])}#visits"


def visits_due(request, scope):
    """Visits due and late in the grid by building, the most pressing twenty."""
    dues = visiting.due_in_walking_order([scope.posting.area], scope.day, scope.grid)
    pressing = visiting.most_pressing(dues, ON_THE_DESK)
    return WorkList(
        name="visits",
        title=_("Visits due"),
        lines=lines_of(pressing, scope, reverse("city:today") + scope.grid_query),
        total=len(dues),
        late=sum(due.is_late for due in dues),
        more_url=_address("visits", scope),
        empty=_("Every household that is owed a visit this round has had it."),
    )


def _left_to_do(need):
    """Visits that left this to do, and no later visit of the household has been there since."""
    since = Visit.objects.standing().filter(
        Q(visited_on__gt=OuterRef("visited_on")) | Q(visited_on=OuterRef("visited_on"), pk__gt=OuterRef("pk")),
        household=OuterRef("household"),
    )
    return Visit.objects.standing().filter(~Exists(since), follow_up=need).select_related("household__grid")


def visits_again(request, scope):
    """Households a visit promised to come back to."""
    found = _left_to_do(FollowUpNeed.VISIT_AGAIN).filter(household__community=scope.posting.area)
    if scope.grid:
        found = found.filter(household__grid=scope.grid)
    visits = list(found.order_by("follow_up_on", "pk"))
    if not visits:
        return None
    may_record = scope.posting.may("households.record_visits")
    back = reverse("city:today") + scope.grid_query
    lines = [
        Line(
            title=_home(visit.household, scope.posting.area),
            url=reverse("households:visit", args=[visit.pk]),
            sub=" · ".join(filter(None, [_day_and_outcome(visit), visit.note[:40]])),
            due=f"{visit.follow_up_on:%m-%d}" if visit.follow_up_on else "",
            late=bool(visit.follow_up_on and visit.follow_up_on < scope.day),
            soon=bool(visit.follow_up_on and (visit.follow_up_on - scope.day).days <= 1),
            does=_("Visit") if may_record else "",
            does_url=_record_url(visit.household_id, back) if may_record else "",
        )
        for visit in visits[:ON_THE_DESK]
    ]
    late = sum(bool(visit.follow_up_on and visit.follow_up_on < scope.day) for visit in visits)
    return WorkList("visits-again", _("To visit again"), lines, len(visits), late)


def _day_and_outcome(visit):
    return f"{visit.visited_on.isoformat()} {visit.get_outcome_display()}"


def reported(request, _subject):
    """What stations reported to the street at visits and nobody has been back to."""
    path = request.posting.area.path
    found = _left_to_do(FollowUpNeed.REPORT).filter(household__community__path__startswith=path)
    visits = list(found.select_related("household__community").order_by("-visited_on", "-pk")[: ON_THE_DESK + 1])
    if not visits:
        return None
    lines = [
        Line(
            title=f"{visit.household.community.name} {_home(visit.household, visit.household.community)}",
            url=reverse("households:visit", args=[visit.pk]),
            sub=" · ".join(filter(None, [_day_and_outcome(visit), visit.visitor, visit.note[:60]])),
        )
        for visit in visits[:ON_THE_DESK]
    ]
    return WorkList("reported", _("Reported at visits"), lines, found.count(), late=None)


def stations_behind(request, _subject):
    """Stations with visits missed, the worst first."""
    behind = [one for one in visiting.stations(request.posting.area, localdate()) if one.late]
    lines = [
        Line(
            title=one.community.name,
            url=reverse("households:community_visits", args=[one.community.code]),
            sub=_("%(due)s due this round") % {"due": one.due},
            due=_("%(late)s missed") % {"late": one.late},
            late=True,
        )
        for one in behind[:ON_THE_DESK]
    ]
    return WorkList(
        name="stations",
        title=_("Stations behind with visits"),
        lines=lines,
        total=len(behind),
        late=None,
        more_url=reverse("households:visits"),
        empty=_("No station has missed a visit."),
    )


def household_visits(request, household):
    """The household's visits, newest first, corrected ones marked; when the next is due."""
    may_record = request.posting.may("households.record_visits")
    visits = household.visits.select_related("correction").order_by("-visited_on", "-pk")
    next_visit = visiting.next_visit(household, localdate())
    leaves = next_visit.has_moved and request.posting.may("households.edit_register")
    return {
        "next_visit": next_visit,
        "leavers": members_on([household.pk], localdate()).get(household.pk, []) if leaves else [],
        "visits": list(visits[:VISITS_SHOWN]),
        "record_url": _record_url(household.pk, request.path) if may_record else "",
    }
