from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from assistance.views.submitting import submit
from config.endpoint import endpoint
from config.paging import paginate
from placements.choices import PlacementState
from placements.forms.market import EventFilter, EventForm
from placements.models import Event, Placement, ServicePoint, Vacancy
from placements.services import events as service

_VIEW, _RUN = "placements.view_market", "placements.run_events"


def find_event(request, event_id):
    near = Event.objects.near(request.posting).select_related("area", "point", "staff")
    return {"event": get_object_or_404(near, pk=event_id)}


def is_held(event, posting):
    """The event of a superior is seen, but not one's own to write."""
    return event.area.path.startswith(posting.area.path)


@endpoint(["GET"], _VIEW)
def events(request):
    """Campaigns and events of the area and its superiors, and what the area's own brought."""
    form = EventFilter(request.GET)
    found = form.apply(Event.objects.near(request.posting))
    page = paginate(found.select_related("area"), by=("-starts_on", "-pk"), cursor=request.GET.get("cursor", ""))
    own = form.apply(Event.objects.visible_to(request.posting))
    context = {
        "tab": "events",
        "form": form,
        "page": page,
        "figures": own.aggregate(
            number=Count("pk"), attended=Sum("attended"), employers=Sum("employers"), intentions=Sum("intentions")
        ),
        "may_run": request.posting.may(_RUN),
    }
    return render(request, "placements/events.html", context)


@endpoint(["GET", "POST"], _RUN)
def add_event(request):
    return _form(request, None)


@endpoint(["GET", "POST"], _RUN, lookup=find_event)
def correct_event(request, event):
    """Puts an event right, or writes down its results."""
    if not is_held(event, request.posting):
        raise PermissionDenied
    return _form(request, event)


def _form(request, event):
    saved = []
    form = EventForm(
        request.POST if request.method == "POST" else None,
        instance=event and get_object_or_404(Event.objects.visible_to(request.posting), pk=event.pk),
        posting=request.posting,
        initial=_point_asked(request),
    )

    def page():
        return render(request, "placements/event_form.html", {"form": form, "event": event})

    if request.method != "POST":
        return page()
    return submit(
        request,
        form,
        work=lambda sent: saved.append(
            service.save_event(values=sent, event_id=event and event.pk, by=request.posting, request=request)
        ),
        page=page,
        back=lambda: reverse("placements:event", args=[saved[0].pk]),
    )


def _point_asked(request):
    """The service point whose page led here."""
    asked = request.GET.get("point", "")
    points = ServicePoint.objects.visible_to(request.posting)
    point = points.filter(pk=asked).first() if asked.isdecimal() and len(asked) < 19 else None
    return {"point": point, "area": point.area_id, "place": point.address} if point else {}


@endpoint(["GET"], _VIEW, lookup=find_event)
def event(request, event):
    """One event with its results: who came, what was offered, who was placed through it."""
    offered = Vacancy.objects.filter(event=event)
    page = paginate(
        offered.visible_to(request.posting).select_related("employer", "area"),
        by=("-pk",),
        cursor=request.GET.get("cursor", ""),
    )
    placed = Placement.objects.filter(event=event).exclude(state__in=[PlacementState.REPORTED, PlacementState.DROPPED])
    context = {
        "event": event,
        "page": page,
        "offered": offered.aggregate(number=Count("pk"), places=Sum("headcount")),
        "placed": placed.count(),
        "may_run": request.posting.may(_RUN) and is_held(event, request.posting),
    }
    return render(request, "placements/event.html", context)
