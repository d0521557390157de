from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from city import findings as service
from city.choices import AreaLevel, FindingState
from city.forms import FindingFilter
from city.idempotency import once, remember
from city.models import Finding
from city.moves import StepRefused, history
from city.steps import StepForm, answer_step
from config.endpoint import endpoint
from config.paging import paginate

_SEE = "households.view_findings"


def find_finding(request, finding_id):
    rows = Finding.objects.visible_to(request.posting).select_related("area", "decided_by")
    return {"finding": get_object_or_404(rows, pk=finding_id)}


@endpoint(["GET"], _SEE)
def findings(request):
    """Differences with other offices and other doubts, the oldest first: the open ones unless asked otherwise."""
    filters = FindingFilter(request.GET, posting=request.posting)
    rows = filters.apply(service.visible_to(request.posting).select_related("area"))
    page = paginate(rows, by=("pk",), cursor=request.GET.get("cursor", ""))
    subjects = service.subjects_of(page.rows)
    shown = [
        (finding, service.kind_named(finding.kind), _sides(finding), subjects.get(finding.pk)) for finding in page.rows
    ]
    context = {
        "filters": filters,
        "page": page,
        "rows": shown,
        "shows_community": request.posting.area.level != AreaLevel.COMMUNITY,
    }
    return render(request, "city/findings.html", context)


@endpoint(["GET"], _SEE, lookup=find_finding)
def finding(request, finding):
    """One doubt with what each side says, and what may be done about it."""
    service.check_may_see(finding, request.posting)
    return _page(request, finding)


@endpoint(["POST"], _SEE, lookup=find_finding)
def move_finding(request, finding):
    """Explained with a reason, or taken up again."""
    service.check_may_decide(finding, request.posting)

    def take(action, version, reason, words):
        if action == "explain":
            service.explain(
                finding=finding, reason=reason, words=words, by=request.posting, version=version, request=request
            )
        elif action == "reopen":
            service.reopen(finding=finding, words=words, by=request.posting, version=version, request=request)
        else:
            raise StepRefused("action", _("This step does not exist."))

    return answer_step(
        request,
        service.kind_named(finding.kind).workflow,
        take=take,
        page=lambda refused: _page(request, _again(request, finding), refused=refused),
        back=reverse("city:finding", args=[finding.pk]),
    )


@endpoint(["POST"], _SEE, lookup=find_finding)
def accept_finding(request, finding):
    """The other side is right: the ledger is written from the form."""
    kind = service.kind_named(finding.kind)
    service.check_may_decide(finding, request.posting)
    if answered := once(request):
        return redirect(answered)
    form, sent = kind.accept.form(finding, request.POST), StepForm(request.POST)
    if not (form.is_valid() and sent.is_valid()):
        return _page(request, finding, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    back = reverse("city:finding", args=[finding.pk])
    try:
        with transaction.atomic():
            advice = service.accept(
                finding=finding,
                values=form.cleaned_data,
                by=request.posting,
                version=sent.cleaned_data["version"],
                request=request,
            )
            remember(request, back)
    except service.AcceptRefused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return _page(request, _again(request, finding), form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("The ledger is written."))
    if advice:
        messages.info(request, advice)
    return redirect(back)


def _sides(finding):
    return service.kind_named(finding.kind).describe(finding.evidence)


def _again(request, finding):
    """As it is now: a step that was refused may have changed the object in memory."""
    return find_finding(request, finding.pk)["finding"]


def _page(request, finding, *, form=None, refused=None, status=HTTPStatus.OK):
    kind = service.kind_named(finding.kind)
    may_accept = kind.accept and finding.state == FindingState.OPEN and request.posting.may(kind.decide)
    context = {
        "finding": finding,
        "kind": kind,
        "sides": _sides(finding),
        "subject": service.subjects_of([finding]).get(finding.pk),
        "reason": dict(kind.reasons.choices).get(finding.reason, ""),
        "steps": kind.workflow.steps_for(finding, request.posting),
        "steps_url": reverse("city:move_finding", args=[finding.pk]),
        "refused": refused,
        "form": (form or kind.accept.form(finding)) if may_accept else None,
        "moves": history(finding, kind.workflow),
    }
    return render(request, "city/finding.html", context, status=status)
