"""Money asked back: the list, one clawback with its instalments, and asking for it."""

from http import HTTPStatus

from django.db.models import Q, Sum
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from assistance.views.submitting import submit
from city.moves import history
from city.steps import answer_step
from config.endpoint import endpoint
from config.paging import paginate
from subsidies.choices import ClawbackState
from subsidies.forms.payments import ClawbackFilter, ClawbackForm, InstalmentForm
from subsidies.models import Claim, ClaimLine, Clawback
from subsidies.services import clawbacks as service
from subsidies.workflow import CLAWBACK


def find_clawback(request, clawback_id):
    seen = Clawback.objects.visible_to(request.posting).with_received()
    seen = seen.select_related("area", "line__resident", "line__claim__employer", "line__account")
    return {"clawback": get_object_or_404(seen, pk=clawback_id)}


def find_line(request, line_id):
    seen = ClaimLine.objects.visible_to(request.posting)
    seen = seen.select_related("resident", "account", "claim__employer", "claim__area")
    return {"line": get_object_or_404(seen, pk=line_id)}


@endpoint(["GET"], "subsidies.view_funds")
def clawbacks(request):
    """Money asked back in the posting's area, the latest first."""
    seen = Clawback.objects.visible_to(request.posting)
    form = ClawbackFilter(request.GET)
    rows = form.apply(seen).with_received().select_related("area", "line__resident", "line__claim__employer")
    is_open = Q(state=ClawbackState.OPEN)
    owed = seen.aggregate(
        asked=Sum("amount", filter=is_open), written_off=Sum("amount", filter=Q(state=ClawbackState.WRITTEN_OFF))
    )
    received = seen.aggregate(
        open=Sum("instalments__amount", filter=is_open),
        all=Sum("instalments__amount"),
        written_off=Sum("instalments__amount", filter=Q(state=ClawbackState.WRITTEN_OFF)),
    )
    context = {
        "form": form,
        "page": paginate(rows, by=("-pk",), cursor=request.GET.get("cursor", "")),
        "owed": (owed["asked"] or 0) - (received["open"] or 0),
        "received": received["all"] or 0,
        "written_off": (owed["written_off"] or 0) - (received["written_off"] or 0),
    }
    return render(request, "subsidies/clawbacks.html", context)


@endpoint(["GET"], "subsidies.view_funds", lookup=find_clawback)
def clawback(request, clawback):
    """One clawback: what for, what came back, and what may be done."""
    return _clawback_page(request, clawback)


def _clawback_page(request, clawback, status=HTTPStatus.OK, **more):
    may_receive = request.posting.may(service.PAY) and clawback.state == ClawbackState.OPEN
    initial = {"version": clawback.version, "received_on": timezone.localdate()}
    context = {
        "clawback": clawback,
        "left": clawback.amount - clawback.received,
        "instalments": clawback.instalments.select_related("posting__staff").order_by("received_on", "pk"),
        "form": InstalmentForm(initial=initial) if may_receive else None,
        "steps": CLAWBACK.steps_for(clawback, request.posting),
        "steps_url": reverse("subsidies:clawback_step", args=[clawback.pk]),
        "moves": history(clawback, CLAWBACK),
        "refused": None,
        **more,
    }
    return render(request, "subsidies/clawback.html", context, status=status)


@endpoint(["GET", "POST"], "subsidies.reclaim_money", lookup=find_line)
def open_clawback(request, line):
    """Ask back what a line was paid."""
    left = service.left_to_reclaim(line)
    form = ClawbackForm(request.POST or None, initial={"amount": left})
    made = []

    def work(sent):
        made.append(service.open_clawback(line_id=line.pk, **sent, by=request.posting, request=request))

    def page():
        return render(request, "subsidies/open_clawback.html", {"line": line, "form": form, "left": left})

    if request.method != "POST":
        return page()
    return submit(request, form, work=work, page=page, back=lambda: reverse("subsidies:clawback", args=[made[0].pk]))


@endpoint(["POST"], "subsidies.pay_claims", lookup=find_clawback)
def receive(request, clawback):
    """An instalment that came in."""
    form = InstalmentForm(request.POST)
    return submit(
        request,
        form,
        work=lambda sent: service.receive(clawback_id=clawback.pk, **sent, by=request.posting, request=request),
        page=lambda: _clawback_page(request, clawback, form=form),
        back=reverse("subsidies:clawback", args=[clawback.pk]),
    )


@endpoint(["POST"], "subsidies.view_funds", lookup=find_clawback)
def clawback_step(request, clawback):
    def take(action, version, reason, words):
        service.take_step(
            clawback_id=clawback.pk,
            action=action,
            version=version,
            reason=reason,
            words=words,
            by=request.posting,
            request=request,
        )

    return answer_step(
        request,
        CLAWBACK,
        take=take,
        page=lambda refused: _clawback_page(request, clawback, refused=refused),
        back=reverse("subsidies:clawback", args=[clawback.pk]),
    )


def find_claim(request, claim_id):
    seen = Claim.objects.visible_to(request.posting).select_related("employer", "area")
    return {"claim": get_object_or_404(seen, pk=claim_id)}


@endpoint(["GET"], "subsidies.reclaim_money", lookup=find_claim)
def paid_lines(request, claim):
    """The lines of a claim the bank has paid, to choose what is asked back."""
    lines = claim.lines.live().paid().select_related("resident").annotate(asked_back=Sum("clawbacks__amount"))
    page = paginate(lines, by=("month", "pk"), cursor=request.GET.get("cursor", ""))
    return render(request, "subsidies/paid_lines.html", {"claim": claim, "page": page})
