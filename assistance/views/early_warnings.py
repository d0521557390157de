from datetime import timedelta

from django.shortcuts import render
from django.utils import timezone

from assistance import early_warning
from city.models import Area
from config.endpoint import endpoint
from config.paging import paginate


def _days(request, choices):
    """The horizon asked for, else the nearest."""
    asked = request.GET.get("days", "")
    return int(asked) if asked.isdecimal() and int(asked) in choices else choices[0]


def _community(request, places):
    """The one asked for, which most often is on the page already."""
    code = request.GET.get("community", "")
    if not code:
        return None
    shown = {place.code: place for place, _number in places}
    return shown.get(code) or Area.objects.visible_to(request.posting).communities().filter(code=code).first()


@endpoint(["GET"], "assistance.view_layoffs")
def early_warnings(request):
    """Households that would have nobody in work within so many days: by community first, then one by one."""
    today, posting = timezone.localdate(), request.posting
    choices = early_warning.days_ahead(posting.area, today)
    days = _days(request, choices)
    until = today + timedelta(days=days)
    community, places = posting.area if posting.works_at_a_community else None, []
    outlook = early_warning.Outlook(posting.area, today)
    if community is None:
        places = outlook.counts_by_community(until)
        community = _community(request, places)
    page, rows = None, []
    if community is not None:
        listed = outlook.at_risk(until, community).select_related("community", "grid")
        page = paginate(listed, by=("nobody_from", "pk"), cursor=request.GET.get("cursor", ""))
        rows = outlook.explained(page.rows)
    context = {
        "choices": choices,
        "days": days,
        "until": until,
        "community": community,
        "places": places,
        "page": page,
        "rows": rows,
    }
    return render(request, "assistance/early_warnings.html", context)
