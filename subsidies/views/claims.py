"""Claims: the list of an area, one claim in one view, and its claimant's steps."""

from functools import partial

from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city import notices
from city.moves import StepRefused, history
from city.steps import answer_step
from config.endpoint import endpoint
from config.paging import paginate
from subsidies import overview as reading
from subsidies.choices import ClaimState, LineStanding
from subsidies.forms.claims import ClaimFilter
from subsidies.models import Claim
from subsidies.services import claims as service
from subsidies.views.entries import entries_of
from subsidies.workflow import CLAIM

_IN_WORDS = {
    "withdraw": service.withdraw,
    "appeal": service.appeal,
    "uphold": partial(service.answer_appeal, action="uphold"),
    "reopen": partial(service.answer_appeal, action="reopen"),
}
_OWN = ("submit", *_IN_WORDS)
_AGAINST = ("send_back", "reject")


def find_claim(request, claim_id):
    visible = Claim.objects.visible_to(request.posting)
    visible = visible.select_related("area__parent", "employer", "fund__area", "notice__clock")
    return {"claim": get_object_or_404(visible, pk=claim_id)}


@endpoint(["GET"], "subsidies.view_claims")
def claims(request):
    """Claims of the posting's area, the newest first."""
    form = ClaimFilter(request.GET, posting=request.posting)
    found = form.apply(Claim.objects.visible_to(request.posting)).with_doubts().select_related("area", "employer")
    live = Q(lines__standing=LineStanding.LIVE)
    context = {
        "form": form,
        "page": paginate(
            found.annotate(persons=Count("lines__resident", filter=live, distinct=True)),
            by=("-pk",),
            cursor=request.GET.get("cursor", ""),
        ),
        "may_enter": request.posting.may("subsidies.enter_claims"),
    }
    return render(request, "subsidies/claims.html", context)


@endpoint(["GET"], "subsidies.view_claims", lookup=find_claim)
def claim(request, claim):
    """One claim in one view: what is asked for whom, why so much, what is doubtful, who decides."""
    return claim_page(request, claim)


@endpoint(["POST"], "subsidies.view_claims", lookup=find_claim)
def take_step(request, claim):
    """Hand in, withdraw, appeal, and what becomes of an appeal; the money's own steps have another address."""

    def take(action, version, reason, words):
        given = {"claim_id": claim.pk, "version": version, "by": request.posting, "request": request}
        if action == "submit":
            service.submit(**given)
        elif action in _IN_WORDS:
            _IN_WORDS[action](words=words, **given)
        else:
            raise StepRefused("action", _("This step has a form of its own."))

    return answer_step(
        request,
        CLAIM,
        take=take,
        page=lambda refused: claim_page(request, claim, refused=refused),
        back=reverse("subsidies:claim", args=[claim.pk]),
    )


def claim_page(request, claim, *, refused=None, sent=None, decision=None):
    """`sent`: {name of an entry: its form as it was sent}; `decision`: the form of the decision, sent the same way."""
    posting = request.posting
    undecided = claim.state in ClaimState.LIVE and claim.state != ClaimState.PAID
    overview = reading.overview(claim, undecided=undecided)
    moves = history(claim, CLAIM)
    may_edit = claim.state == ClaimState.DRAFT and posting.may("subsidies.enter_claims")
    context = {
        "claim": claim,
        "overview": overview,
        "papers": reading.papers(claim, overview.persons),
        "signatures": reading.signatures(claim),
        "moves": moves,
        "why": _why_against(claim, moves),
        "steps": [step for step in CLAIM.steps_for(claim, posting) if step.action in _OWN],
        "steps_url": reverse("subsidies:take_step", args=[claim.pk]),
        "refused": refused,
        "entries": entries_of(claim, overview, sent or {}) if may_edit else [],
        "notice_standing": claim.notice and notices.standing(claim.notice, timezone.now()),
        "payments": claim.payments.select_related("batch", "account").order_by("pk"),
        "is_decided": any(move.action in ("approve", *_AGAINST) for move in moves),
        "decision": decision,
    }
    return render(request, "subsidies/claim.html", context)


def _why_against(claim, moves):
    """The step that sent the claim back or rejected it last, as long as it stands."""
    if claim.state not in (ClaimState.DRAFT, ClaimState.REJECTED, ClaimState.APPEALED):
        return None
    return next((move for move in reversed(moves) if move.action in _AGAINST), None)
