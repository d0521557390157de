"""Deciding claims: the queue, many at once with a result for each, and one from its own page."""

from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from city.choices import RunState
from city.idempotency import once, remember
from city.models import Run
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from config.endpoint import endpoint
from config.paging import paginate
from subsidies import queue as reading
from subsidies.forms.deciding import DecisionForm, QueueFilter, QueueForm
from subsidies.services.deciding import CONFLICT, DONE, REFUSED, decide
from subsidies.views.claims import claim_page, find_claim
from subsidies.workflow import CLAIM, MOST

JOB = "decide_claims"
#: Claims decided that the page of results lists one by one; the others stand in the list of claims.
DONE_SHOWN = 200


def find_results(request, run_id):
    own = Run.objects.filter(posting=request.posting, job=JOB)
    return {"run": get_object_or_404(own, pk=run_id)}


@endpoint(["GET"], "subsidies.view_claims")
def queue(request):
    """Claims that wait for the posting's step, the oldest first, with the money left."""
    return _queue_page(request)


def _queue_page(request, sent=None, status=HTTPStatus.OK):
    posting = request.posting
    steps = reading.steps_of(posting)
    if not steps:
        raise NotAllowed
    step = next((step for step in steps if step.action == request.GET.get("step")), steps[0])
    form = QueueFilter(request.GET, posting=posting)
    found = form.apply(reading.waiting(posting, step.action))
    page = paginate(
        reading.with_what_the_list_shows(found), by=("submitted_at", "pk"), cursor=request.GET.get("cursor", "")
    )
    today = timezone.localdate()
    context = {
        "step": step,
        "steps": steps,
        "form": form,
        "page": page,
        "rows": [(claim, (today - timezone.localdate(claim.submitted_at)).days) for claim in page.rows],
        "matching": reading.matching(found),
        "funds": reading.money_left(posting) if posting.may("subsidies.view_funds") else [],
        "sent": sent or QueueForm(),
        "most": MOST,
    }
    return render(request, "subsidies/queue.html", context, status=status)


@endpoint(["POST"], "subsidies.view_claims")
def decide_claims(request):
    """One step with the claims ticked, or with all that matched; what became of each stands on a page of its own."""
    if answered := once(request):
        return redirect(answered)
    form = QueueForm(request.POST)
    if not form.is_valid():
        return _queue_page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        with transaction.atomic():
            results = decide(
                form.cleaned_data["action"],
                form.cleaned_data["chosen"],
                by=request.posting,
                request=request,
                **form.told,
            )
            address = _note(request, form.cleaned_data["action"], results)
            remember(request, address)
    except StepRefused as refused:
        form.refuse(refused)
        return _queue_page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect(address)


def _note(request, action, results):
    """The results as a finished run, which can be come back to; its address."""
    now = timezone.now()
    run = Run.objects.create(
        job=JOB,
        posting=request.posting,
        state=RunState.DONE,
        started_at=now,
        finished_at=now,
        rows_done=len(results),
        rows_total=len(results),
        parameters={"action": action, "query": _query(request)},
    )
    address = reverse("subsidies:decided_claims", args=[run.pk])
    run.result = {
        "address": address,
        "decided": sum(result.outcome == DONE for result in results),
        "refused": sum(result.outcome == REFUSED for result in results),
        "overtaken": sum(result.outcome == CONFLICT for result in results),
        "results": [_row(result) for result in results],
    }
    run.save(update_fields=["result"])
    return address


def _query(request):
    """The filters the claims were chosen with: the list is opened with them again, from its beginning."""
    query = request.GET.copy()
    query.pop("cursor", None)
    return query.urlencode()


def _row(result):
    return {
        "claim": result.claim_id if result.number else None,
        "number": result.number or str(result.claim_id),
        "outcome": result.outcome,
        "message": str(result.message),
        "by": result.by.name if result.by else "",
        "at": result.at.isoformat() if result.at else "",
    }


@endpoint(["GET"], "subsidies.view_claims", lookup=find_results)
def decided_claims(request, run):
    """What became of each claim: those not decided first, with why."""
    results = [row | {"at": parse_datetime(row["at"]) if row["at"] else None} for row in run.result["results"]]
    done = [row for row in results if row["outcome"] == DONE]
    context = {
        "run": run,
        "result": run.result,
        "label": CLAIM.steps[run.parameters["action"]][0].label,
        "query": run.parameters["query"],
        "left": [row for row in results if row["outcome"] != DONE],
        "done": done[:DONE_SHOWN],
        "more": len(done[DONE_SHOWN:]),
    }
    return render(request, "subsidies/decided_claims.html", context)


@endpoint(["POST"], "subsidies.view_claims", lookup=find_claim)
def claim_step(request, claim):
    """Check, review, approve, send back or reject one claim from its own page."""
    back = reverse("subsidies:claim", args=[claim.pk])
    if answered := once(request):
        return redirect(answered)
    form = DecisionForm(request.POST, lines=claim.lines.live().select_related("resident").order_by("month", "pk"))
    if form.is_valid():
        try:
            with transaction.atomic():
                _decide_one(request, claim, form)
                remember(request, back)
        except StepRefused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Done."))
            return redirect(back)
    answer = claim_page(request, claim, decision=form)
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer


def _decide_one(request, claim, form):
    """Raises Conflict (409) when somebody was quicker, StepRefused when the claim is not fit for it."""
    sent = form.cleaned_data
    (result,) = decide(
        sent["action"],
        [(claim.pk, sent["version"])],
        by=request.posting,
        lines=form.cuts,
        request=request,
        **form.told,
    )
    if result.outcome == CONFLICT:
        raise Conflict(result.message, by=result.by, at=result.at)
    if result.outcome == REFUSED:
        raise StepRefused("action", result.message)
