"""City-wide allocation: proposals, one proposal, a change by hand."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.views.submitting import submit
from city.choices import AreaLevel
from city.idempotency import once, remember
from city.models import Area
from city.moves import StepRefused, history
from city.steps import answer_step
from config.endpoint import endpoint
from config.paging import paginate
from households.models import Resident
from placements.balance import balance
from placements.choices import Chosen, LeftOut, ProposalState
from placements.forms.allocation import (
    ChangeForm,
    LeftOutFilter,
    OpenPostFilter,
    PairFilter,
    ProposalFilter,
    ProposeForm,
)
from placements.models import Post, Proposal
from placements.services import allocation as service
from placements.workflow import PROPOSAL

_OPEN_POSTS_SHOWN = 20
_PAIRS, _LEFT = "pairs", "left"


def find_proposal(request, proposal_id):
    visible = Proposal.objects.visible_to(request.posting).select_related("area", "made_by")
    return {"proposal": get_object_or_404(visible, pk=proposal_id)}


def find_proposal_and_resident(request, proposal_id, resident_id):
    found = find_proposal(request, proposal_id)
    proposal = found["proposal"]
    part = Q(pk__in=proposal.pairs.values("resident")) | Q(pk__in=proposal.left_out.values("resident"))
    people = Resident.objects.filter(part, pk=resident_id).select_related("community__parent")
    return found | {"resident": get_object_or_404(people)}


@endpoint(["GET"], "placements.allocate_posts")
def proposals(request):
    """Proposals of the area, the newest first."""
    form = ProposalFilter(request.GET)
    rows = form.apply(Proposal.objects.visible_to(request.posting)).select_related("area", "made_by")
    page = paginate(rows, by=("-pk",), cursor=request.GET.get("cursor", ""))
    numbers = Proposal.objects.filter(pk__in=[row.pk for row in page.rows]).annotate(number_of_pairs=Count("pairs"))
    pairs = dict(numbers.values_list("pk", "number_of_pairs"))
    context = {"form": form, "page": page, "rows": [(row, pairs[row.pk]) for row in page.rows]}
    return render(request, "placements/proposals.html", context)


@endpoint(["GET", "POST"], "placements.allocate_posts")
def propose(request):
    """What to weigh, and the quota of each district beside who waits and what is open there."""
    area = request.posting.area
    places = sorted(balance(area, AreaLevel.DISTRICT, timezone.localdate()), key=lambda place: place.area.path)
    form = ProposeForm(request.POST if request.method == "POST" else None, places=places)

    def page():
        return render(request, "placements/propose.html", {"form": form, "area": area})

    if request.method != "POST":
        return page()
    back = []
    return submit(
        request,
        form,
        work=lambda sent: back.append(_make(request, form, sent)),
        page=page,
        back=lambda: back[0],
    )


def _make(request, form, sent):
    """Where to read on: the proposal, or the job that makes a big one."""
    area = request.posting.area
    told = {
        "area": area,
        "by": request.posting,
        "weights": form.weights,
        "quotas": form.quotas,
        "farthest": sent["farthest"],
    }
    if service.is_big(area):
        return reverse("city:run", args=[service.propose_later(**told).pk])
    return reverse("placements:proposal", args=[service.propose(**told, request=request).pk])


@endpoint(["GET"], "placements.allocate_posts", lookup=find_proposal)
def proposal(request, proposal):
    """One proposal: who goes where and why, who is left out and by which limit, and its next step."""
    return _proposal_page(request, proposal)


def _proposal_page(request, proposal, refused=None):
    shows_left = request.GET.get("list") == _LEFT
    form, page = (_left_out if shows_left else _pairs)(request, proposal)
    figures = proposal.pairs.aggregate(
        pairs=Count("pk"), by_hand=Count("pk", filter=Q(chosen=Chosen.HAND)), cost=Sum("cost")
    )
    limits = dict(proposal.left_out.order_by().values_list("limit").annotate(number=Count("pk")))
    districts = Area.objects.filter(pk__in=[int(key) for key in proposal.quotas]).order_by("path")
    farthest = dict(ProposeForm.base_fields["farthest"].choices)
    context = {
        "proposal": proposal,
        "shown": _LEFT if shows_left else _PAIRS,
        "form": form,
        "page": page,
        "figures": figures,
        "left": sum(limits.values()),
        "limits": [(limit, limit.label, limits[limit]) for limit in LeftOut if limit in limits],
        "weights": [
            (ProposeForm.base_fields[name].label, proposal.weights[name])
            for name in ("distance", "wish", "wage", "hours")
        ],
        "farthest": farthest[proposal.weights["farthest"]],
        "quotas": [(district, proposal.quotas[str(district.pk)]) for district in districts],
        "may_change": proposal.state == ProposalState.PROPOSED,
        "steps": PROPOSAL.steps_for(proposal, request.posting),
        "steps_url": reverse("placements:proposal_step", args=[proposal.pk]),
        "moves": history(proposal, PROPOSAL),
        "refused": refused,
    }
    return render(request, "placements/proposal.html", context)


def _pairs(request, proposal):
    form = PairFilter(request.GET, area=proposal.area)
    rows = form.apply(proposal.pairs).select_related(
        "resident__community__parent", "post__plan__employer", "post__area__parent"
    )
    return form, paginate(rows, by=("pk",), cursor=request.GET.get("cursor", ""))


def _left_out(request, proposal):
    form = LeftOutFilter(request.GET, area=proposal.area)
    rows = form.apply(proposal.left_out).select_related("resident__community__parent")
    return form, paginate(rows, by=("pk",), cursor=request.GET.get("cursor", ""))


@endpoint(["POST"], "placements.allocate_posts", lookup=find_proposal)
def proposal_step(request, proposal):
    def take(action, version, _reason, words):
        step = {"commit": service.commit, "drop": service.drop}.get(action)
        if step is None:
            raise StepRefused("action", _("This step does not exist."))
        step(proposal_id=proposal.pk, version=version, by=request.posting, words=words, request=request)

    return answer_step(
        request,
        PROPOSAL,
        take=take,
        page=lambda refused: _proposal_page(request, proposal, refused),
        back=reverse("placements:proposal", args=[proposal.pk]),
    )


@endpoint(["GET", "POST"], "placements.allocate_posts", lookup=find_proposal_and_resident)
def change_pair(request, proposal, resident):
    """Another post for a person of the proposal, or none."""
    if request.method != "POST":
        return _change_page(request, proposal, resident)
    if answered := once(request):
        return redirect(answered)
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return _change_page(request, proposal, resident, _("Choose a post."))
    back = reverse("placements:proposal", args=[proposal.pk])
    try:
        with transaction.atomic():
            service.change_pair(
                proposal_id=proposal.pk,
                resident_id=resident.pk,
                post_id=form.cleaned_data["post"],
                version=form.cleaned_data["version"],
                by=request.posting,
                request=request,
            )
            remember(request, back)
    except StepRefused as refused:
        return _change_page(request, proposal, resident, refused.message)
    messages.success(request, _("Changed by hand: %(name)s.") % {"name": resident.name})
    return redirect(back)


def _change_page(request, proposal, resident, refused=""):
    """`refused`: why a change was not made; the answer is a 422 then."""
    form = OpenPostFilter(request.GET, area=proposal.area)
    posts = form.apply(Post.objects.open().filter(area__path__startswith=proposal.area.path))
    page = paginate(
        posts.select_related("plan__employer", "area__parent"),
        by=("number",),
        cursor=request.GET.get("cursor", ""),
        size=_OPEN_POSTS_SHOWN,
    )
    shown = [post.pk for post in page.rows]
    why_none, reasons = "", {}
    try:
        reasons = service.reasons_for(proposal, resident.pk, shown)
    except StepRefused as error:
        why_none = error.message
    others = {pair.post_id: pair for pair in proposal.pairs.filter(post__in=shown).select_related("resident")}
    context = {
        "proposal": proposal,
        "resident": resident,
        "pair": proposal.pairs.filter(resident=resident).select_related("post__plan", "post__area").first(),
        "left": proposal.left_out.filter(resident=resident).first(),
        "form": form,
        "page": page,
        "rows": [(post, reasons.get(post.pk), others.get(post.pk)) for post in page.rows],
        "why_none": why_none,
        "may_change": proposal.state == ProposalState.PROPOSED,
        "refused": refused,
    }
    return render(request, "placements/change_pair.html", context, status=422 if refused else 200)
