"""The figures of public money, and the lines behind each."""

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone

from config.endpoint import endpoint
from config.paging import paginate
from placements.forms.figures import FiguresFilter
from subsidies import figures as counting
from subsidies.forms.figures import LinesFilter


def _asked(request, form_class):
    today = timezone.localdate()
    form = form_class(request.GET, posting=request.posting, today=today)
    return form, counting.Rows(request.posting, form.place, form.counted, today)


@endpoint(["GET"], "subsidies.view_money")
def figures(request):
    """What was paid, from which money, how long it took and what was kept, for the posting's area or a part of it."""
    form, rows = _asked(request, FiguresFilter)
    context = {
        "form": form,
        "area": rows.area,
        "period": rows.period,
        "before": rows.period.year_before,
        "funds": counting.budgets(rows),
        "both": counting.persons_with_both(rows),
        "steps": counting.days_by_step(rows),
        "opens": request.posting.may("subsidies.view_claims"),
        "query": form.query,
        **counting.paid_by_scheme(rows),
        **counting.kept(rows),
    }
    return render(request, "subsidies/figures.html", context)


@endpoint(["GET"], "subsidies.view_claims")
def figure_rows(request, key):
    """What one figure counts, line by line."""
    if key not in counting.KEYS:
        raise Http404
    form, rows = _asked(request, LinesFilter)
    found = counting.choose(rows, key, form.chosen).select_related(
        "resident", "claim__area__parent", "claim__employer"
    )
    context = {
        "title": counting.KEYS[key],
        "page": paginate(found, by=("-pk",), cursor=request.GET.get("cursor", "")),
        "area": rows.area,
        "period": rows.period,
        "chosen": form.chosen_in_words,
        "query": form.query,
        "shows_figures": request.posting.may("subsidies.view_money"),
    }
    return render(request, "subsidies/figure_rows.html", context)
