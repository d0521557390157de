from django.shortcuts import get_object_or_404, render

from city.choices import RunState
from city.models import Run
from config.endpoint import endpoint
from config.paging import paginate


def find_run(request, run_id):
    visible = Run.objects.visible_to(request.posting).select_related("posting__staff", "posting__area")
    return {"run": get_object_or_404(visible, pk=run_id)}


@endpoint(["GET"])
def runs(request):
    """The newest runs first: the nights and everybody's jobs for who keeps them running, else one's own."""
    rows = Run.objects.visible_to(request.posting).select_related("posting__staff")
    page = paginate(rows, by=("-pk",), cursor=request.GET.get("cursor", ""))
    return render(request, "city/runs.html", {"page": page})


@endpoint(["GET"], lookup=find_run)
def run(request, run):
    """Progress while the run goes on, then its result; a part of the page when htmx asks for news."""
    result = run.result if isinstance(run.result, dict) else {}
    context = {
        "run": run,
        "is_open": run.state in (RunState.WAITING, RunState.RUNNING),
        "file": result.get("file"),
        "made": result.get("address"),
        "facts": [
            (key, value) for key, value in result.items() if isinstance(value, str | int | float) and key != "address"
        ],
    }
    return render(request, "city/_run.html" if request.htmx else "city/run.html", context)
