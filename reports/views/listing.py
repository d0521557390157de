from django.http import Http404
from django.shortcuts import redirect, render

from assistance.models import Commitment
from city.exports import ask_for
from config.endpoint import endpoint
from config.paging import paginate
from households.models import LedgerSpan
from reports.forms import BoardFilter, DayForm, ExportForm
from reports.indicators import INDICATORS
from reports.services import explain
from reports.views.status import find_area, latest_day
from reports.wording import COUNT_PARTS, PARTS


def find_figure(request, code, indicator, part):
    known = INDICATORS.get(indicator)
    if known is None or part not in known.parts:
        raise Http404
    return find_area(request, code) | {"indicator": known, "part": part}


@endpoint(["GET"], "reports.open_figures", lookup=find_figure)
def listing(request, area, indicator, part):
    """The persons, households or episodes behind one figure, as the ledger has them now for that day."""
    on = DayForm(request.GET).day(latest_day())
    rows = explain.listing(area, on, indicator.key, part)
    page = paginate(rows, by=("pk",), cursor=request.GET.get("cursor", ""))
    return render(
        request,
        "reports/listing.html",
        {
            "area": area,
            "indicator": indicator,
            "part_label": (PARTS if indicator.is_ratio else COUNT_PARTS)[part],
            "parts": [(name, PARTS[name]) for name in indicator.parts] if indicator.is_ratio else [],
            "part": part,
            "on": on,
            "page": page,
            "of_persons": rows.model in (LedgerSpan, Commitment),
            "rows": [(explain.shown(row), explain.reason(row, part)) for row in page.rows],
        },
    )


@endpoint(["POST"], "reports.open_figures", lookup=find_figure, pace="export")
def export_listing(request, area, indicator, part):
    on = DayForm(request.POST).day(latest_day())
    run = ask_for(
        "export_listing",
        request,
        {
            "area": area.code,
            "indicator": indicator.key,
            "part": part,
            "on": on.isoformat(),
            "format": ExportForm(request.POST).chosen,
        },
    )
    return redirect("city:run", run_id=run.pk)


@endpoint(["POST"], "reports.view_status", pace="export")
def export_board(request):
    """The board as its address filters it, all pages."""
    filters = BoardFilter(request.GET, posting=request.posting)
    values = filters.values
    asked = {
        "on": DayForm(request.POST).day(latest_day()).isoformat(),
        "area": values["area"].code if values.get("area") else None,
        "verdict": values.get("verdict"),
        "indicator": values.get("indicator"),
        "sort": values.get("sort") or "code",
        "format": ExportForm(request.POST).chosen,
    }
    return redirect("city:run", run_id=ask_for("export_board", request, asked).pk)
