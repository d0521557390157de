from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from city.desk import grids_of, scope_of
from city.models import Area
from city.trail import record_event
from config.endpoint import endpoint
from households import visiting
from households.desk import lines_of
from households.models import Household
from households.rosters import members_on, pages_by_grid
from households.rules import short_address


def find_community(request, code):
    visible = Area.objects.communities().visible_to(request.posting)
    return {"community": get_object_or_404(visible, code=code)}


@endpoint(["GET"], "households.view_households")
def visits(request):
    """A station's own visits due; a superior sees how its stations stand and chooses one."""
    if request.posting.works_at_a_community:
        return _visits_page(request, request.posting.area)
    stations = visiting.stations(request.posting.area, timezone.localdate())
    return render(request, "households/stations.html", {"stations": stations})


@endpoint(["GET"], "households.view_households", lookup=find_community)
def community_visits(request, community):
    """Visits due and late of one community, for its superiors."""
    return _visits_page(request, community)


def _visits_page(request, community):
    grids = grids_of(community)
    scope = scope_of(request, grids)
    dues = visiting.due_in_walking_order([community], scope.day, scope.grid)
    return render(
        request,
        "households/visits.html",
        {
            "community": community,
            "grids": grids,
            "scope": scope,
            "lines": lines_of(dues, scope, request.get_full_path()),
            "late": sum(one.is_late for one in dues),
        },
    )


@endpoint(["GET"], "households.view_households", lookup=find_community)
def visit_list(request, community):
    """The visits due, to take along on paper: one page a grid, no phone numbers."""
    return _visit_list(request, community, with_phones=False)


@endpoint(["POST"], "households.reveal_numbers", lookup=find_community)
def visit_list_with_phones(request, community):
    """The same with phones: opening them leaves a line in the trail."""
    record_event("reveal", request=request, key=community.pk, details={"field": "phone", "list": "visits"})
    return _visit_list(request, community, with_phones=True)


def _visit_list(request, community, with_phones):
    scope = scope_of(request, grids_of(community))
    dues = visiting.due_in_walking_order([community], scope.day, scope.grid)
    members = members_on([one.household.pk for one in dues], scope.day)
    context = {
        "community": community,
        "scope": scope,
        "pages": pages_by_grid((one.grid, (one, members.get(one.household.pk, []))) for one in dues),
        "with_phones": with_phones,
        "may_open_phones": not with_phones and request.posting.may("households.reveal_numbers"),
    }
    return render(request, "households/visit_list.html", context)


@endpoint(["GET"], "households.view_households", lookup=find_community)
def blank_roster(request, community):
    """Every household of a grid with empty boxes, for a survey on paper: one page a grid."""
    scope = scope_of(request, grids_of(community))
    households = Household.objects.filter(community=community).select_related("grid")
    if scope.grid:
        households = households.filter(grid=scope.grid)
    households = visiting.in_walking_order(households, community)
    members = members_on([one.pk for one in households], scope.day)
    rows = (
        (one.grid.name if one.grid else "", (one, short_address(one.address, community.name), members.get(one.pk, [])))
        for one in households
    )
    context = {"community": community, "scope": scope, "pages": pages_by_grid(rows)}
    return render(request, "households/blank_roster.html", context)
