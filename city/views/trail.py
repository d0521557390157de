from django.shortcuts import render

from city.forms import TrailFilter
from city.models import TrailEntry
from config.endpoint import endpoint
from config.paging import paginate


@endpoint(["GET"], "city.read_trail")
def trail(request):
    """Who wrote what, newest first. Values stay out: an entry names its table and row."""
    filters = TrailFilter(request.GET)
    entries = filters.apply(TrailEntry.objects.select_related("act__staff", "act__posting__area"))
    page = paginate(entries, by=("-pk",), cursor=request.GET.get("cursor", ""))
    return render(request, "city/trail.html", {"filters": filters, "page": page})
