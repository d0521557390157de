from django.shortcuts import render
from django.utils import timezone

from city.choices import AreaLevel
from config.endpoint import endpoint
from config.paging import paginate
from households import zero_totals
from households.deadlines import Deadlines, VerifyDays
from households.forms.zero_households import AreaFilter, DeclarationFilter, EndedFilter, OpenEpisodeFilter
from households.models import Declaration, ZeroEmploymentEpisode
from households.rosters import members_on
from households.zero_desk import found_deadlines, found_words
from households.zero_households import detected as detected_households
from households.zero_households import episode_rows, head_of, without_work_of
from households.zero_households import may_be_eliminated as at_work_again

_VIEW = "households.view_episodes"
_OLDEST_FIRST = ("certified_on", "pk")


def _show(request, template, filters, page, rows, **context):
    return render(
        request,
        template,
        {
            "filters": filters,
            "page": page,
            "rows": rows,
            "shows_community": request.posting.area.level != AreaLevel.COMMUNITY,
            **context,
        },
    )


def _page(request, rows, by):
    return paginate(rows, by=by, cursor=request.GET.get("cursor", ""))


def _with_places(episodes):
    return episodes.select_related("household__community", "worker", "responsible")


@endpoint(["GET"], _VIEW)
def episodes(request):
    """在册: open episodes, certified longest ago first, by state and by deadline."""
    today = timezone.localdate()
    deadlines = Deadlines(today)
    filters = OpenEpisodeFilter(request.GET, posting=request.posting)
    found = ZeroEmploymentEpisode.objects.open_on(today).visible_to(request.posting)
    page = _page(request, _with_places(filters.apply(found, deadlines)), _OLDEST_FIRST)
    return _show(request, "households/zero_open.html", filters, page, episode_rows(page.rows, today, deadlines))


@endpoint(["GET"], _VIEW)
def may_be_eliminated(request):
    """可消除: open episodes where a member works by the ledger, with the evidence; somebody has to confirm it."""
    today = timezone.localdate()
    filters = AreaFilter(request.GET, posting=request.posting)
    page = _page(request, _with_places(filters.apply(at_work_again(request.posting, today))), _OLDEST_FIRST)
    may_confirm = request.posting.may("households.confirm_employment")
    return _show(
        request, "households/zero_at_work.html", filters, page, episode_rows(page.rows, today), may_confirm=may_confirm
    )


@endpoint(["GET"], _VIEW)
def detected(request):
    """新发现: households without work that nobody has certified or declared, the latest first."""
    today = timezone.localdate()
    filters = AreaFilter(request.GET, posting=request.posting, place="community")
    found = filters.apply(detected_households(request.posting, today)).select_related("community", "grid")
    page = _page(request, found, ("-last_job_on", "-pk"))
    members = members_on([one.pk for one in page], today)
    looking = without_work_of([one.pk for one in page], today)
    deadlines = found_deadlines(page, today)
    rows = [
        (one, head_of(members.get(one.pk, [])), found_words(one), looking.get(one.pk, []), deadlines.get(one.pk))
        for one in page
    ]
    may_declare = request.posting.may("households.declare_households")
    return _show(request, "households/zero_found.html", filters, page, rows, may_declare=may_declare, today=today)


@endpoint(["GET"], _VIEW)
def ended_episodes(request):
    """已消除/退出: ended episodes (or all there ever were), the latest certified first, and who is at work today."""
    today = timezone.localdate()
    filters = EndedFilter(request.GET, posting=request.posting)
    found = filters.apply(ZeroEmploymentEpisode.objects.visible_to(request.posting), today)
    page = _page(request, _with_places(found), ("-certified_on", "-pk"))
    return _show(request, "households/zero_ended.html", filters, page, episode_rows(page.rows, today))


@endpoint(["GET"], _VIEW)
def declarations(request):
    """待认定: declarations under way, declared longest ago first; decided ones when asked for."""
    today = timezone.localdate()
    filters = DeclarationFilter(request.GET, posting=request.posting)
    found = filters.apply(Declaration.objects.visible_to(request.posting))
    page = _page(request, found.select_related("household__community", "notice__clock"), ("declared_on", "pk"))
    members = members_on([one.household_id for one in page], today)
    days = VerifyDays(today)
    rows = [(one, head_of(members.get(one.household_id, [])), days.of(one)) for one in page]
    return _show(request, "households/zero_declarations.html", filters, page, rows)


@endpoint(["GET"], _VIEW)
def episode_totals(request):
    """累计与首批: events beside households since the ledger began, and how fast the first cohort left."""
    today = timezone.localdate()
    filters = AreaFilter(request.GET, posting=request.posting)
    area = filters.chosen_area
    working, dual = zero_totals.at_work(zero_totals.ever_eliminated(area, today), area, today)
    narrowed = f"&area={area.code}" if filters.values.get("area") else ""
    return render(
        request,
        "households/zero_totals.html",
        {
            "filters": filters,
            "area": area,
            "narrowed": narrowed,
            "today": today,
            "totals": zero_totals.totals(area, today),
            "working": working,
            "dual": dual,
            "programmes": zero_totals.programmes(area, today),
            "curve": zero_totals.baseline_curve(area, today),
        },
    )
