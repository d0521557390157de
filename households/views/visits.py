from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from city import drafts
from city.idempotency import once, remember
from config.endpoint import endpoint
from households import visiting
from households.choices import VisitOutcome
from households.desk import leaving_url
from households.forms.visits import VisitForm
from households.models import Visit
from households.profiles import members_of
from households.services import visits as service
from households.views.households import find_household

#: The buttons that record a visit of this very moment.
_QUICK = {"nothing_changed": VisitOutcome.COMPLETED, "nobody_in": VisitOutcome.NOBODY_IN}


def find_visit(request, visit_id):
    related = ("household__community__parent", "household__grid", "staff", "corrects", "correction__staff")
    visible = Visit.objects.visible_to(request.posting).select_related(*related)
    return {"visit": get_object_or_404(visible, pk=visit_id)}


def _back(request, otherwise):
    """Where the visit was opened from: the day's work in its grid, or the household."""
    back = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return back if safe else otherwise


@endpoint(["GET", "POST"], "households.record_visits", lookup=find_household)
def record_visit(request, household):
    """Two taps when nothing changed or nobody was in; else what each member told, and what is left to do."""
    if request.method != "POST":
        return _record_page(request, household, None)
    if answered := once(request):
        return redirect(answered)
    profiles, _past = members_of(household, timezone.localdate())
    quick = next((outcome for name, outcome in _QUICK.items() if name in request.POST), None)
    form = VisitForm(request.POST if not quick else None, profiles=profiles)
    if not quick and not form.is_valid():
        return _record_page(request, household, form)
    values = _just_now(quick) if quick else form.values()
    back = _back(request, reverse("households:household", args=[household.pk]))
    if values["outcome"] == VisitOutcome.MOVED:
        back = leaving_url(household.pk)
    try:
        with transaction.atomic():
            service.record_visit(household_id=household.pk, by=request.posting, request=request, **values)
            drafts.drop(request.posting, "visit", household.pk)
            remember(request, back)
    except service.VisitRefused as refused:
        if quick:
            return _record_page(request, household, None, str(refused))
        form.refuse(refused)
        return _record_page(request, household, form)
    messages.success(request, _("Visit recorded: household %(number)s.") % {"number": household.number})
    return redirect(back)


def _just_now(outcome):
    now = timezone.localtime()
    return {
        "visited_on": now.date(),
        "visited_at": now.time().replace(second=0, microsecond=0),
        "outcome": outcome,
        "nothing_changed": outcome == VisitOutcome.COMPLETED,
    }


def _record_page(request, household, form, refused=""):
    """The page again with what was sent and why it was not taken (422), or fresh with its draft."""
    today = timezone.localdate()
    failed = form is not None or refused
    draft = drafts.load(request.posting, "visit", household.pk)
    if form is None:
        profiles, _past = members_of(household, today)
        form = VisitForm(profiles=profiles, initial={"visitor": request.posting.staff.name})
        for one in (form, *form.members):
            drafts.fill(one, draft)
    context = {
        "household": household,
        "form": form,
        "draft": draft,
        "next_visit": visiting.next_visit(household, today),
        "back": _back(request, reverse("households:household", args=[household.pk])),
        "refused": refused,
        "is_open": bool(draft) or form.is_bound,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if failed else HTTPStatus.OK
    return render(request, "households/record_visit.html", context, status=status)


@endpoint(["GET"], "households.view_households", lookup=find_visit)
def visit(request, visit):
    """One visit: what was told, what it left to do, what was corrected."""
    context = {
        "visit": visit,
        "told": visit.members.select_related("resident").order_by("pk"),
        "correction": getattr(visit, "correction", None),
        "may_correct": request.posting.may("households.record_visits") and not visit.superseded,
    }
    return render(request, "households/visit.html", context)


@endpoint(["GET", "POST"], "households.record_visits", lookup=find_visit)
def correct_visit(request, visit):
    """A visit of its own that takes the place of an earlier one."""
    profiles, _past = members_of(visit.household, visit.visited_on)
    if request.method != "POST":
        return _correct_page(request, visit, _form_of(visit, profiles))
    if answered := once(request):
        return redirect(answered)
    form = VisitForm(request.POST, profiles=profiles, told=_told_at(visit))
    if not form.is_valid():
        return _correct_page(request, visit, form)
    try:
        with transaction.atomic():
            new = service.correct_visit(visit_id=visit.pk, by=request.posting, request=request, **form.values())
            drafts.drop(request.posting, "correct-visit", visit.pk)
            back = reverse("households:visit", args=[new.pk])
            remember(request, back)
    except service.VisitRefused as refused:
        form.refuse(refused)
        return _correct_page(request, visit, form)
    messages.success(request, _("The visit was corrected; the earlier one no longer counts."))
    return redirect(back)


def _form_of(visit, profiles):
    names = ("outcome", "visited_on", "visited_at", "way", "visitor", "note", "follow_up", "follow_up_on", "campaign")
    initial = {name: getattr(visit, name) for name in names}
    return VisitForm(profiles=profiles, initial=initial, told=_told_at(visit))


def _told_at(visit):
    """`{resident_id: (report, words)}`; None of a visit at which nothing had changed for anybody."""
    return None if visit.unchanged else {one.resident_id: (one.report, one.words) for one in visit.members.all()}


def _correct_page(request, visit, form):
    draft = drafts.load(request.posting, "correct-visit", visit.pk)
    for one in (form, *form.members):
        drafts.fill(one, draft)
    context = {"visit": visit, "household": visit.household, "form": form, "draft": draft}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "households/correct_visit.html", context, status=status)
