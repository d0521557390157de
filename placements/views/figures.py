"""The figures of posts and placements, and the rows behind each."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone

from config.endpoint import endpoint
from config.paging import paginate
from placements import figures as counting
from placements.forms.figures import FiguresFilter, RowsFilter

_SHOWN_PROJECTS = 50
_RELATED = {
    "Post": ("plan__employer", "area__parent"),
    "Placement": ("resident", "community__parent", "spell", "business"),
    "Vacancy": ("employer", "area__parent"),
    "JobSeeker": ("resident__community__parent",),
    "Business": ("owner", "area__parent"),
}


def _asked(request, form_class):
    """The filter, and the rows it counts."""
    today = timezone.localdate()
    form = form_class(request.GET, posting=request.posting, today=today)
    return form, counting.Rows(request.posting, form.place, form.counted, today)


@endpoint(["GET"])
def figures(request):
    """Posts as they stand, and what came in and went out in a period, for the posting's area or a part of it."""
    posting = request.posting
    if posting is None or not any(map(posting.may, ("placements.view_figures", "placements.view_posts"))):
        raise PermissionDenied
    form, rows = _asked(request, FiguresFilter)
    context = {
        "form": form,
        "area": rows.area,
        "period": rows.period,
        "expiring": rows.expiring().count(),
        "posts": counting.stock_of_posts(rows),
        "exports": counting.export_against_plan(rows),
        "projects": counting.promises(rows, _SHOWN_PROJECTS),
        "opens": request.posting.may("placements.view_posts"),
        "query": form.query,
        **counting.flows(rows),
    }
    return render(request, "placements/figures.html", context)


@endpoint(["GET"], "placements.view_posts")
def figure_rows(request, key):
    """What one figure counts, row by row."""
    if key not in counting.KEYS:
        raise Http404
    form, rows = _asked(request, RowsFilter)
    found = counting.choose(rows, key, form.chosen)
    kind = found.model.__name__
    order = ("opened_on", "pk") if key == "empty" else ("-pk",)
    page = paginate(found.select_related(*_RELATED[kind]), by=order, cursor=request.GET.get("cursor", ""))
    context = {
        "title": counting.KEYS[key],
        "key": key,
        "kind": kind,
        "page": page,
        "area": rows.area,
        "period": rows.period,
        "chosen": form.chosen_in_words,
        "query": form.query,
        "today": rows.day,
    }
    return render(request, "placements/figure_rows.html", context)
