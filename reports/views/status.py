from datetime import timedelta

from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from city.choices import AreaLevel
from city.models import Area
from config.endpoint import endpoint
from config.paging import paginate
from reports.board import board_rows, children_of
from reports.choices import Verdict
from reports.forms import BoardFilter, DayForm, WhatIfForm
from reports.indicators import INDICATORS
from reports.models import AreaStatus
from reports.reading import COMPARED_LEVELS, read
from reports.services import trying
from reports.trend import trend_of


def find_area(request, code):
    areas = Area.objects.divisions().visible_to(request.posting).known_as(code)
    return {"area": get_object_or_404(areas.select_related("parent__parent__parent"))}


def latest_day():
    """The day a status page opens on: the latest stored night, or yesterday where no night ever ran."""
    return AreaStatus.objects.latest_day() or timezone.localdate() - timedelta(days=1)


@endpoint(["GET"], "reports.view_status")
def board(request):
    """Every community in the posting's area on one stored day."""
    filters = BoardFilter({"on": latest_day(), **request.GET.dict()}, posting=request.posting)
    on = filters.values.get("on") or latest_day()
    page = paginate(filters.apply(request.posting, on), by=filters.order, cursor=request.GET.get("cursor", ""))
    visible = AreaStatus.objects.visible_to(request.posting)
    nearest = [] if page.rows else visible.nearest_days(on)
    return render(
        request,
        "reports/board.html",
        {
            "filters": filters,
            "on": on,
            "page": page,
            "rows": board_rows(page.rows, filters.values.get("indicator")),
            "summary": dict.fromkeys(Verdict.values, 0) | visible.counts_on([on])[on],
            "nearest": nearest,
            "is_stored": bool(page.rows) or on in nearest,
            "indicator": INDICATORS.get(filters.values.get("indicator")),
        },
    )


@endpoint(["GET"], "reports.view_status", lookup=find_area)
def area_status(request, area):
    """One community, street, district or the city on any day, past or to come."""
    days = DayForm(request.GET)
    on = days.day(latest_day())
    compared = "compare" in request.GET
    reading = read(area, on, compare=compared)
    what_if, trial = _what_if(request, reading)
    return render(
        request,
        "reports/area_status.html",
        {
            "area": area,
            "superiors": [part for part in _superiors(area) if part.path.startswith(request.posting.area.path)],
            "on": on,
            "days": days,
            "today": timezone.localdate(),
            "reading": reading,
            "compared": compared,
            "loads_present": reading.computed_at and not compared and area.level in COMPARED_LEVELS,
            "children": children_of(area, on),
            "is_community": area.level == AreaLevel.COMMUNITY,
            "trend": trend_of(area, on, request.GET.get("trend", "")),
            "what_if": what_if,
            "trial": trial,
            "may_open": request.posting.may("reports.open_figures"),
            "may_judge": request.posting.may("reports.judge_by_hand"),
        },
    )


def _what_if(request, reading):
    """(form, result) of the threshold tried out; (None, None) for who may not or where there are no rules."""
    ruleset = request.posting.may("reports.try_policies") and trying.ruleset_for(reading.area, reading.judged)
    if not ruleset:
        return None, None
    form = WhatIfForm(request.GET if "threshold" in request.GET else None, criteria=trying.tryable(ruleset))
    if not (form.is_bound and form.is_valid()):
        return form, None
    return form, trying.try_threshold(reading.area, reading.on, ruleset, **form.cleaned_data)


def _superiors(area):
    found = []
    while area.parent_id:
        area = area.parent
        found.insert(0, area)
    return found
