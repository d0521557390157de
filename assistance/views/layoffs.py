from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance import layoff_signs
from assistance.choices import LayoffState
from assistance.forms.layoffs import DatedStepForm, LayoffFilter, LayoffForm, PersonForm
from assistance.models import Case, LayoffNotice
from assistance.services import layoffs as service
from assistance.workflow import LAYOFF
from city.idempotency import once, remember
from city.moves import StepRefused, history
from city.steps import answer_step
from config.endpoint import endpoint
from config.paging import paginate
from households.choices import LabourState
from households.models import LedgerSpan

_WAY = (
    LayoffState.DRAFTED,
    LayoffState.REPORTED,
    LayoffState.ASSESSED,
    LayoffState.INTERVENING,
    LayoffState.CARRIED_OUT,
    LayoffState.CLOSED,
)


def find_notice(request, notice_id):
    visible = LayoffNotice.objects.visible_to(request.posting).select_related("employer", "area")
    return {"notice": get_object_or_404(visible, pk=notice_id)}


@endpoint(["GET"], "assistance.view_layoffs")
def layoffs(request):
    """Notices that touch the posting's area, and layoffs nobody reported that the ledger shows."""
    form = LayoffFilter(request.GET)
    rows = form.apply(LayoffNotice.objects.visible_to(request.posting)).with_listed()
    rows = rows.select_related("employer", "area")
    page = paginate(rows, by=("-planned_on", "-pk"), cursor=request.GET.get("cursor", ""))
    today = timezone.localdate()
    may_report = request.posting.may("assistance.report_layoffs")
    context = {
        "form": form,
        "page": page,
        "rows": layoff_signs.judged(page.rows, today),
        "signs": _signs(request.posting, today) if may_report else [],
        "may_report": may_report,
    }
    return render(request, "assistance/layoffs.html", context)


def _signs(posting, today):
    """Layoffs nobody reported, each with the address of a form that knows what the ledger knows."""
    signs = layoff_signs.unreported(posting, today)
    for sign in signs:
        known = {
            "credit_code": sign.employer.credit_code,
            "employer_name": sign.employer.name,
            "planned": sign.persons,
            "planned_on": sign.last.isoformat(),
        }
        sign.url = f"{reverse('assistance:draw_up_layoff')}?{urlencode(known)}"
    return signs


@endpoint(["GET", "POST"], "assistance.report_layoffs")
def draw_up_layoff(request):
    """A new notice, as the employer reports it or because the ledger showed it."""
    form = LayoffForm(request.POST or None, posting=request.posting, initial=_asked(request))
    if request.method == "POST":
        if answered := once(request):
            return redirect(answered)
        if form.is_valid() and (notice := _drawn_up(request, form)):
            return redirect("assistance:layoff", notice_id=notice.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, "assistance/layoff_form.html", {"form": form}, status=status)


def _asked(request):
    """What a sign of an unreported layoff already knows."""
    names = ("credit_code", "employer_name", "planned", "planned_on")
    return {name: request.GET[name] for name in names if name in request.GET}


def _drawn_up(request, form):
    sent = form.cleaned_data
    try:
        with transaction.atomic():
            notice = service.draw_up(
                credit_code=sent["credit_code"],
                employer_name=sent["employer_name"],
                area=sent["area"],
                values=form.values,
                by=request.posting,
                request=request,
            )
            remember(request, reverse("assistance:layoff", args=[notice.pk]))
    except StepRefused as refused:
        form.add_error(refused.field, refused.message)
        return None
    return notice


@endpoint(["GET"], "assistance.view_layoffs", lookup=find_notice)
def layoff(request, notice):
    """One notice: what the law says of it, whose jobs they are, who loses the only one of a family."""
    return _notice_page(request, notice)


def _notice_page(request, notice, *, status=HTTPStatus.OK, **more):
    posting, today = request.posting, timezone.localdate()
    is_kept = notice.is_kept_by(posting)
    may_report = is_kept and posting.may("assistance.report_layoffs")
    own = notice.persons.visible_to(posting)
    counts = notice.persons.aggregate(
        listed=Count("pk"),
        matched=Count("pk", filter=Q(resident__isnull=False)),
        ours=Count("pk", filter=Q(pk__in=own.values("pk"))),
    )
    notice.listed = counts["listed"]
    people = own.with_family(notice).annotate(
        helped=Exists(Case.objects.open().filter(resident=OuterRef("resident"))),
        works=Exists(_at_work(notice, today)),
    )
    people = people.select_related("resident", "resident__community")
    context = {
        "notice": notice,
        "judged": layoff_signs.judged([notice], today)[0],
        "way": [(state.label, state == notice.state) for state in _WAY],
        "page": paginate(people, by=("rank", "name", "pk"), cursor=request.GET.get("cursor", "")),
        "counts": counts,
        "places": notice.persons.counts_by_community(notice) if is_kept else [],
        "unmatched": notice.persons.filter(resident=None).order_by("name", "pk")[:50] if may_report else [],
        "is_kept": is_kept,
        "steps": LAYOFF.steps_for(notice, posting) if may_report else [],
        "steps_url": reverse("assistance:layoff_step", args=[notice.pk]),
        "dated": _dated_steps(notice) if may_report else [],
        "moves": history(notice, LAYOFF),
        "person_form": PersonForm() if may_report and notice.state in LayoffState.OPEN else None,
        "may_help": _may_help(notice, posting),
        "may_record": notice.state in service.DONE and posting.may("households.edit_register"),
        "refused": None,
        **more,
    }
    return render(request, "assistance/layoff.html", context, status=status)


def _at_work(notice, today):
    """Still in work the day after the layoff, or today while it is to come, as far as the ledger knows."""
    spans = LedgerSpan.objects.filter(resident=OuterRef("resident"), state=LabourState.EMPLOYED)
    done = notice.carried_out_on
    return spans.filter(first_on__lte=done, last_on__gt=done) if done else spans.in_force_on(today)


def _may_help(notice, posting):
    may = posting.may("assistance.work_cases") or posting.may("assistance.report_layoffs")
    return may and notice.state in LayoffState.OPEN


def _dated_steps(notice):
    """[(step, its form)] of the steps that ask for a day."""
    today = timezone.localdate()
    steps = [LAYOFF.step_from(notice.state, action) for action in ("report", "carry_out")]
    return [
        (step, DatedStepForm(initial={"action": step.action, "version": notice.version, "on": today}, auto_id=False))
        for step in steps
        if step
    ]


@endpoint(["POST"], "assistance.report_layoffs", lookup=find_notice)
def layoff_step(request, notice):
    def take(action, version, reason, words):
        on = None
        if action in ("report", "carry_out"):
            form = DatedStepForm(request.POST)
            on = form.cleaned_data["on"] if form.is_valid() else None
        service.take_layoff_step(
            notice=notice,
            action=action,
            by=request.posting,
            version=version,
            reason=reason,
            words=words,
            on=on,
            request=request,
        )

    return answer_step(
        request,
        LAYOFF,
        take=take,
        page=lambda refused: _notice_page(request, notice, refused=refused),
        back=reverse("assistance:layoff", args=[notice.pk]),
    )


@endpoint(["POST"], "assistance.report_layoffs", lookup=find_notice)
def add_layoff_person(request, notice):
    """One more on the list, without a sheet."""
    if answered := once(request):
        return redirect(answered)
    form = PersonForm(request.POST)
    back = reverse("assistance:layoff", args=[notice.pk])
    if form.is_valid():
        try:
            with transaction.atomic():
                service.add_person(notice=notice, **form.cleaned_data, by=request.posting, request=request)
                remember(request, back)
        except StepRefused as refused:
            form.add_error(refused.field, refused.message)
        else:
            return redirect(back)
    return _notice_page(request, notice, status=HTTPStatus.UNPROCESSABLE_ENTITY, person_form=form)


@endpoint(["POST"], "assistance.report_layoffs", lookup=find_notice)
def take_off_layoff_person(request, notice):
    """Off the list again, one at a time."""
    if answered := once(request):
        return redirect(answered)
    back = reverse("assistance:layoff", args=[notice.pk])
    for key in _chosen(request)[:1]:
        with transaction.atomic():
            name = service.take_off(notice=notice, person_id=key, by=request.posting, request=request)
            remember(request, back)
        messages.success(request, _("%(name)s is off the list.") % {"name": name})
    return redirect(back)


def _chosen(request):
    return [int(key) for key in request.POST.getlist("person") if key.isdecimal() and len(key) < 19]


@endpoint(["POST"], "assistance.view_layoffs", lookup=find_notice)
def help_layoff_persons(request, notice):
    """Opens preventive cases for those chosen; the posting's own residents only."""
    if not _may_help(notice, request.posting) and notice.state in LayoffState.OPEN:
        raise PermissionDenied
    return _together(request, notice, _help)


def _help(request, notice):
    number = service.open_cases(notice=notice, person_ids=_chosen(request), by=request.posting, request=request)
    return number, _("Preventive help is under way for %(number)d persons."), []


@endpoint(["POST"], "households.edit_register", lookup=find_notice)
def record_layoff_losses(request, notice):
    """One click after the layoff happened: those chosen lost their work on that day."""
    return _together(request, notice, _lose)


def _lose(request, notice):
    number, refused = service.record_losses(
        notice=notice, person_ids=_chosen(request), by=request.posting, request=request
    )
    return number, _("%(number)d persons are recorded as having lost their work."), refused


def _together(request, notice, work):
    """One action for all chosen, answered once; what was refused is told by name."""
    if answered := once(request):
        return redirect(answered)
    back = reverse("assistance:layoff", args=[notice.pk])
    with transaction.atomic():
        number, sentence, refused = work(request, notice)
        remember(request, back)
    if number:
        messages.success(request, sentence % {"number": number})
    for person, message in refused:
        messages.error(request, f"{person.name}: {message}")
    if not number and not refused:
        messages.error(request, _("Choose at least one person."))
    return redirect(back)
