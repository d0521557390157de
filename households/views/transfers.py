from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from config.endpoint import endpoint
from config.paging import paginate
from households.choices import TransferState
from households.models import TransferRequest
from households.services import transfers as service


def find_transfer(request, transfer_id):
    return {"transfer": get_object_or_404(TransferRequest.objects.visible_to(request.posting), pk=transfer_id)}


@endpoint(["GET"], "households.accept_transfers")
def transfers(request):
    """Persons another community's sheet claims, those that wait for an answer first asked first."""
    rows = TransferRequest.objects.visible_to(request.posting).select_related(
        "resident", "origin", "household__community", "origin_agreed", "destination_agreed"
    )
    decided = "decided" in request.GET
    rows = rows.exclude(state=TransferState.ASKED) if decided else rows.filter(state=TransferState.ASKED)
    page = paginate(rows, by=("-pk",) if decided else ("pk",), cursor=request.GET.get("cursor", ""))
    shown = [(transfer, service.sides_of(transfer, request.posting)) for transfer in page.rows]
    return render(request, "households/transfers.html", {"page": page, "rows": shown, "decided": decided})


@endpoint(["POST"], "households.accept_transfers", lookup=find_transfer)
def agree_transfer(request, transfer):
    try:
        transfer = service.agree(transfer_id=transfer.pk, by=request.posting, request=request)
    except service.CannotAgree as refused:
        messages.error(request, str(refused))
    else:
        if transfer.state == TransferState.ACCEPTED:
            messages.success(request, _("Both sides agreed: the person has moved."))
        else:
            messages.success(request, _("Agreed; the other street still has to answer."))
    return redirect("households:transfers")


@endpoint(["POST"], "households.accept_transfers", lookup=find_transfer)
def refuse_transfer(request, transfer):
    try:
        service.refuse(transfer_id=transfer.pk, by=request.posting, request=request)
    except service.CannotAgree as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Refused: the person stays where they are."))
    return redirect("households:transfers")
