from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from config.endpoint import endpoint
from reports.forms import DayForm
from reports.models import Chart
from reports.services import dashboards
from reports.views.status import latest_day


@endpoint(["GET"], "reports.view_dashboard")
def quarter(request):
    """The posting's quarter board: this quarter against the last and the year before, districts ranked."""
    days = DayForm(request.GET)
    board = dashboards.board(request.posting.area, days.day(latest_day()))
    return render(request, "reports/quarter.html", {"board": board, "days": days})


def find_chart(request, digest):
    """Only pictures of boards in the posting's area."""
    charts = Chart.objects.filter(dashboard__area__path__startswith=request.posting.area.path, digest=digest)
    return {"chart": get_object_or_404(charts.distinct())}


@endpoint(["GET"], "reports.view_dashboard", lookup=find_chart)
def chart(request, chart):
    return HttpResponse(chart.svg, content_type="image/svg+xml")
