from django.shortcuts import render
from django.utils import timezone

from city import parts
from city.desk import WorkList, grids_of, scope_of
from config.endpoint import endpoint


def _laid_out(panels):
    """Panels with something to do, their work lists for the figures on top, and the lists on which nothing waits."""
    lists = [panel.context for panel in panels if isinstance(panel.context, WorkList)]
    idle = [one for one in lists if not one.total]
    return {
        "panels": [panel for panel in panels if panel.context not in idle],
        "busy": [one for one in lists if one.total],
        "idle": idle,
    }


@endpoint(["GET"], "city.open_today")
def today(request):
    """今日工作: what waits in the coordinator's grid, as the apps lay it on the desk."""
    grids = grids_of(request.posting.area)
    scope = scope_of(request, grids)
    desk = _laid_out(parts.panels_for("today", request, scope))
    return render(request, "city/today.html", {"scope": scope, "grids": grids, **desk})


@endpoint(["GET"], "city.open_reviews")
def reviews(request):
    """待审: what waits for a decision of the street or district, and which stations are behind."""
    desk = _laid_out(parts.panels_for("reviews", request, None))
    return render(request, "city/reviews.html", {"day": timezone.localdate(), **desk})
