from django.db.models import Count, Sum
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from assistance.views.submitting import submit
from config.endpoint import endpoint
from config.paging import paginate
from placements.forms.market import PointFilter, PointForm
from placements.models import ServicePoint
from placements.services import events as service

_VIEW, _RUN = "placements.view_market", "placements.run_events"


def find_point(request, point_id):
    visible = ServicePoint.objects.visible_to(request.posting).select_related("area__parent")
    return {"point": get_object_or_404(visible, pk=point_id)}


@endpoint(["GET"], _VIEW)
def points(request):
    """Branches and training points of the area, with their floor in all."""
    form = PointFilter(request.GET)
    found = form.apply(ServicePoint.objects.visible_to(request.posting))
    page = paginate(
        found.select_related("area__parent").annotate(held=Count("events")),
        by=("-pk",),
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "tab": "points",
        "form": form,
        "page": page,
        "figures": found.filter(closed_on=None).aggregate(
            number=Count("pk"), floor=Sum("floor_area"), areas=Count("area", distinct=True)
        ),
        "may_run": request.posting.may(_RUN),
    }
    return render(request, "placements/points.html", context)


@endpoint(["GET", "POST"], _RUN)
def add_point(request):
    return _form(request, None)


@endpoint(["GET", "POST"], _RUN, lookup=find_point)
def correct_point(request, point):
    return _form(request, point)


def _form(request, point):
    saved = []
    form = PointForm(
        request.POST if request.method == "POST" else None,
        instance=point and get_object_or_404(ServicePoint.objects.visible_to(request.posting), pk=point.pk),
        posting=request.posting,
    )

    def page():
        return render(request, "placements/point_form.html", {"form": form, "point": point})

    if request.method != "POST":
        return page()
    return submit(
        request,
        form,
        work=lambda sent: saved.append(
            service.save_point(values=sent, point_id=point and point.pk, by=request.posting, request=request)
        ),
        page=page,
        back=lambda: reverse("placements:point", args=[saved[0].pk]),
    )


@endpoint(["GET"], _VIEW, lookup=find_point)
def point(request, point):
    """One service point with the events held there."""
    page = paginate(
        point.events.select_related("area"), by=("-starts_on", "-pk"), cursor=request.GET.get("cursor", "")
    )
    context = {"point": point, "page": page, "may_run": request.posting.may(_RUN)}
    return render(request, "placements/point.html", context)
