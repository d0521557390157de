from http import HTTPStatus

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone

from city import ledgers as printed
from city import paper
from city.exports import ask_for
from city.forms import LedgerForm
from city.trail import record_event
from config.endpoint import endpoint


@endpoint(["GET", "POST"], "city.make_ledgers")
def ledgers(request):
    """The printed ledgers; asked for, one is made by a job and waits on the run's page."""
    today = {"on": timezone.localdate(), "area": request.posting.area}
    sent = request.POST if request.method == "POST" else None
    form = LedgerForm(sent, posting=request.posting, initial=today)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        parameters = {"ledger": asked["ledger"], "area": asked["area"].pk, "on": asked["on"].isoformat()}
        return redirect("city:run", run_id=ask_for("make_ledger", request, parameters).pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(
        request, "city/ledgers.html", {"form": form, "ledgers": printed.ledgers_for(request.posting)}, status=status
    )


def find_printable(request, form, key):
    """The form and what it is printed of, within what the posting may see."""
    try:
        found = paper.form_named(form)
        return {"form": found, "thing": found.find(request.posting, key)}
    except (KeyError, ObjectDoesNotExist):
        raise Http404 from None


@endpoint(["POST"], "city.print_forms", lookup=find_printable)
def print_form(request, form, thing):
    """The form as a PDF. It shows numbers in full, so that each printing leaves a line in the trail."""
    if not request.posting.may(form.permission):
        raise PermissionDenied
    content = paper.pdf(form.layout, form.values(thing, request.posting))
    record_event("print", request=request, key=thing.pk, details={"form": form.name})
    return paper.download(content, f"{form.name}-{thing.pk}")
