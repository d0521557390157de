"""Payment: what is to be paid, the batches that went to the bank, and what the bank answered."""

from http import HTTPStatus
from io import BytesIO

from django.contrib import messages
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistance.views.submitting import submit
from city import files
from city.idempotency import once, remember
from city.moves import StepRefused
from city.trail import record_event
from config.endpoint import endpoint
from config.paging import paginate
from subsidies.choices import ItemState
from subsidies.forms.payments import ChosenForm, ItemFilter, LeaveOutForm, PayableFilter
from subsidies.models import BatchItem, Claim, PaymentBatch
from subsidies.services import payments as service
from subsidies.services.deciding import DONE, MOST

#: Refusals told above the page; the rest stand beside their claims.
TOLD = 10


def find_batch(request, batch_id):
    seen = PaymentBatch.objects.visible_to(request.posting).select_related("area", "made_by__staff", "file")
    return {"batch": get_object_or_404(seen, pk=batch_id)}


def find_claim(request, claim_id):
    return {"claim": get_object_or_404(Claim.objects.visible_to(request.posting), pk=claim_id)}


@endpoint(["GET"], "subsidies.view_funds")
def payments(request):
    """Claims to be paid, the longest waiting first, each with what stands against it."""
    return _payments_page(request)


def _payments_page(request, status=HTTPStatus.OK, **more):
    posting = request.posting
    form = PayableFilter(request.GET, posting=posting)
    found = form.apply(service.to_pay(posting))
    page = paginate(
        found.select_related("area__parent", "employer"),
        by=("submitted_at", "pk"),
        cursor=request.GET.get("cursor", ""),
    )
    waiting = BatchItem.objects.visible_to(posting).filter(state=ItemState.SENT)
    context = {
        "form": form,
        "page": page,
        "rows": _rows(page.rows, posting),
        "number": found.count(),
        "amount": service.amount_of(found),
        "waiting": waiting.aggregate(number=Count("pk"), sum=Sum("amount")),
        "unanswered": PaymentBatch.objects.visible_to(posting).unanswered().count(),
        "may_pay": posting.may(service.PAY),
        "most": MOST,
        "single_site": connection.vendor == "sqlite",
        "refusals": [],
        **more,
    }
    return render(request, "subsidies/payments.html", context, status=status)


def _rows(claims, posting):
    """Each claim with what would be sent of it, how many payments, and why not."""
    sums, why = service.still_to_send(claims), service.obstacles(claims, posting)
    return [(claim, *sums.get(claim.pk, (None, 0)), why.get(claim.pk)) for claim in claims]


@endpoint(["POST"], "subsidies.pay_claims")
def make_batch(request):
    """The claims ticked, or all that match the filters, as one batch for the bank."""
    if answered := once(request):
        return redirect(answered)
    form = ChosenForm(request.POST)
    if not form.is_valid():
        return _refused(request, _("Choose claims of the list."))
    try:
        with transaction.atomic():
            made = service.make_batch(_chosen(request, form), by=request.posting, request=request)
            if made.batch:
                remember(request, reverse("subsidies:batch", args=[made.batch.pk]))
    except StepRefused as refused:
        return _refused(request, refused.message)
    left = [result for result in made.results if result.outcome != DONE]
    if made.batch is None:
        return _refused(request, _("None of these claims could be paid."), refusals=left)
    _tell(request, made.batch, left)
    return redirect("subsidies:batch", batch_id=made.batch.pk)


def _chosen(request, form):
    if not form.cleaned_data["everything"]:
        return form.cleaned_data["claim"]
    matching = PayableFilter(request.GET, posting=request.posting).apply(service.to_pay(request.posting))
    return list(matching.order_by("submitted_at", "pk").values_list("pk", "version")[:MOST])


def _refused(request, message, **more):
    return _payments_page(request, HTTPStatus.UNPROCESSABLE_ENTITY, refused=message, **more)


def _tell(request, batch, left):
    told = ngettext(
        "%(number)d payment of %(sum)s yuan is in the batch. Hand its file to the bank.",
        "%(number)d payments of %(sum)s yuan are in the batch. Hand its file to the bank.",
        batch.items_count,
    )
    messages.success(request, told % {"number": batch.items_count, "sum": f"{batch.total:,.2f}"})
    for result in left[:TOLD]:
        number = result.number or result.claim_id
        messages.warning(request, _("%(number)s was not paid: %(why)s") % {"number": number, "why": result.message})
    if more := left[TOLD:]:
        told = ngettext("%(number)d more claim was not paid.", "%(number)d more claims were not paid.", len(more))
        messages.warning(request, told % {"number": len(more)})


@endpoint(["GET"], "subsidies.view_funds")
def batches(request):
    """The batches of the posting's area, the latest first, with what the bank answered."""
    rows = PaymentBatch.objects.visible_to(request.posting).with_answers().select_related("area", "made_by__staff")
    context = {
        "page": paginate(rows, by=("-pk",), cursor=request.GET.get("cursor", "")),
        "single_site": connection.vendor == "sqlite",
    }
    return render(request, "subsidies/batches.html", context)


@endpoint(["GET"], "subsidies.view_funds", lookup=find_batch)
def batch(request, batch):
    """One batch: what the bank paid, refused and has not answered."""
    return _batch_page(request, batch)


def _batch_page(request, batch, status=HTTPStatus.OK, **more):
    posting = request.posting
    counted = PaymentBatch.objects.visible_to(posting).with_answers().get(pk=batch.pk)
    shown = ItemFilter(request.GET)
    items = shown.apply(batch.items.select_related("claim__employer", "claim__area", "account"))
    page = paginate(items, by=("sequence", "pk"), cursor=request.GET.get("cursor", ""))
    refused = batch.items.to_send_again().select_related("claim").order_by("claim")
    context = {
        "batch": batch,
        "counted": counted,
        "states": [
            (ItemState.PAID, counted.paid, counted.paid_sum),
            (ItemState.FAILED, counted.failed, counted.failed_sum),
            (ItemState.SENT, counted.waiting, counted.waiting_sum),
        ],
        "answered": counted.paid + counted.failed,
        "chosen_state": shown.chosen,
        "page": page,
        "again": list({item.claim_id: item.claim for item in refused}.values())[:MOST],
        "may_pay": posting.may(service.PAY),
        "may_load": posting.may("city.open_sheets") and posting.may(service.PAY),
        "single_site": connection.vendor == "sqlite",
        "day": timezone.localdate(),
        "leave_out": None,
        **more,
    }
    return render(request, "subsidies/batch.html", context, status=status)


@endpoint(["GET"], "subsidies.pay_claims", lookup=find_batch)
def batch_file(request, batch):
    """The file for the bank: the same bytes whenever it is asked for, and a line in the trail each time."""
    try:
        content = files.read(batch.file)
    except files.FileGone:
        raise Http404 from None
    if request.method == "GET":
        details = {"batch": batch.number, "sha256": batch.sha256, "size": batch.file.size}
        record_event("download", request=request, key=batch.file_id, details=details)
    return FileResponse(
        BytesIO(content), as_attachment=True, filename=batch.file.name, content_type=batch.file.content_type
    )


@endpoint(["GET", "POST"], "subsidies.pay_claims", lookup=find_claim)
def leave_out(request, claim):
    """Give up what the bank refused of a claim partly paid: its months are free to be claimed again."""
    refused = BatchItem.objects.filter(claim=claim).to_send_again().select_related("account", "batch").order_by("pk")
    form = LeaveOutForm(request.POST or None, initial={"version": claim.version})

    def page():
        context = {"claim": claim, "items": list(refused), "form": form}
        return render(request, "subsidies/leave_out.html", context)

    if request.method != "POST":
        return page()
    return submit(
        request,
        form,
        work=lambda sent: service.leave_out_refused(claim_id=claim.pk, **sent, by=request.posting, request=request),
        page=page,
        back=reverse("subsidies:claim", args=[claim.pk]),
    )
