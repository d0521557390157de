from datetime import timedelta
from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.views.submitting import submit
from city import parameters
from city.idempotency import once, remember
from city.moves import StepRefused, history
from city.steps import answer_step
from config.endpoint import endpoint
from config.paging import paginate
from households.models import Resident
from households.search import search
from placements.choices import PlacementState, PostState
from placements.eligibility import standings
from placements.forms.posts import HolderSearch, PostFilter, TransferFilter, TransferForm
from placements.models import Placement, Post, PostTransfer
from placements.services import posts as service
from placements.terms import last_days
from placements.workflow import POST

FOUND_SHOWN = 10


def find_post(request, post_id):
    reach = Post.objects.in_reach_of(request.posting)
    reach = reach.select_related("plan__employer", "plan__area", "area__parent", "holder")
    return {"post": get_object_or_404(reach, pk=post_id)}


def find_post_to_move(request, post_id):
    return {"post": get_object_or_404(Post.objects.run_by(request.posting).select_related("area"), pk=post_id)}


def find_post_and_resident(request, post_id, resident_id):
    visible = Resident.objects.visible_to(request.posting)
    return find_post(request, post_id) | {"resident": get_object_or_404(visible, pk=resident_id)}


@endpoint(["GET"], "placements.view_posts")
def posts(request):
    """Public-welfare posts of the area, or what is open in the whole city."""
    posting, today = request.posting, timezone.localdate()
    form = PostFilter(request.GET, posting=posting)
    warned = max(parameters.value("post_expiry_warning_days", posting.area, today), default=0)
    expiring = Placement.objects.on_posts_until(today + timedelta(days=warned))
    rows = form.apply(Post.objects.all(), posting, expiring.values("post"))
    page = paginate(
        rows.select_related("plan__employer", "area", "holder"), by=("number",), cursor=request.GET.get("cursor", "")
    )
    counts = dict(Post.objects.run_by(posting).order_by().values_list("state").annotate(number=Count("pk")))
    context = {
        "form": form,
        "page": page,
        "rows": _with_terms(page.rows, today),
        "counts": [(state, state.label, counts.get(state, 0)) for state in PostState],
        "may_plan": posting.may("placements.plan_posts"),
    }
    return render(request, "placements/posts.html", context)


def _with_terms(rows, today):
    """Each post with the last day of the term of whoever fills it."""
    filled = [post.pk for post in rows if post.state == PostState.FILLED]
    at_work = Placement.objects.at_work().filter(post__in=filled).select_related("spell")
    ends = last_days(at_work, today)
    by_post = {placement.post_id: ends.get(placement.pk) for placement in at_work}
    return [(post, by_post.get(post.pk)) for post in rows]


@endpoint(["GET"], "placements.view_posts", lookup=find_post)
def post(request, post):
    """One post: who holds it, what it was, where it went, and what may be done with it."""
    return _post_page(request, post)


def _post_page(request, post, *, status=HTTPStatus.OK, **more):
    posting, today = request.posting, timezone.localdate()
    is_run = post.area.path.startswith(posting.area.path)
    holder_is_ours = bool(post.holder_id) and Resident.objects.visible_to(posting).filter(pk=post.holder_id).exists()
    is_open = post.state == PostState.OPEN
    people = Placement.objects.visible_to(posting).filter(post=post).exclude(state=PlacementState.DROPPED)
    people = list(people.select_related("resident", "spell").order_by("-pk"))
    ends = last_days(people, today)
    may_move = is_run and is_open and posting.may("placements.transfer_posts")
    context = {
        "post": post,
        "holder_is_ours": holder_is_ours,
        "people": [(placement, ends.get(placement.pk)) for placement in people],
        "may_place": posting.may("placements.place_people"),
        "sees_plan": post.plan.area.path.startswith(posting.area.path),
        "steps": POST.steps_for(post, posting) if is_run or holder_is_ours else [],
        "steps_url": reverse("placements:post_step", args=[post.pk]),
        "moves": history(post, POST),
        "transfers": post.transfers.select_related("from_area__parent", "to_area__parent", "staff").order_by("-pk"),
        "transfer_form": TransferForm(posting=posting, initial={"version": post.version}) if may_move else None,
        "may_reserve": is_open and posting.may("placements.place_people"),
        "search": HolderSearch(),
        "found": None,
        "refused": None,
        "cannot_reserve": "",
        **more,
    }
    return render(request, "placements/post.html", context, status=status)


@endpoint(["POST"], "placements.view_posts", lookup=find_post)
def post_step(request, post):
    def take(action, version, reason, words):
        service.take_post_step(
            post_id=post.pk,
            action=action,
            version=version,
            by=request.posting,
            reason=reason,
            words=words,
            request=request,
        )

    return answer_step(
        request,
        POST,
        take=take,
        page=lambda refused: _post_page(request, post, refused=refused),
        back=reverse("placements:post", args=[post.pk]),
    )


@endpoint(["POST"], "placements.place_people", lookup=find_post)
def find_holder(request, post):
    """Looks for a resident of the posting's area; a form, so that no number stands in an address."""
    form = HolderSearch(request.POST)
    found = []
    if form.is_valid():
        residents, order = search(form.cleaned_data["q"], request.posting)
        found = _before(post, list(residents.order_by(*order)[:FOUND_SHOWN]))
    return _post_page(request, post, search=form, found=found)


def _before(post, residents):
    """(resident, standing, why not) of each, those who may hold it first: no button is offered that would refuse."""
    known = standings([resident.pk for resident in residents], timezone.localdate())
    found = []
    for resident in residents:
        standing = known.get(resident.pk)
        why_not = _("This person lives in no community of the city.")
        if standing:
            why_not = service.why_not(post, standing)
        found.append((resident, standing, why_not))
    return sorted(found, key=lambda one: bool(one[2]))


@endpoint(["POST"], "placements.place_people", lookup=find_post_and_resident)
def reserve_post(request, post, resident):
    """Holds the post for a resident, or says why not; who comes second gets a 409."""
    if answered := once(request):
        return redirect(answered)
    version = request.POST.get("version", "")
    back = reverse("placements:post", args=[post.pk])
    try:
        with transaction.atomic():
            service.reserve(
                post_id=post.pk,
                resident_id=resident.pk,
                version=int(version) if version.isdecimal() and len(version) < 10 else None,
                by=request.posting,
                request=request,
            )
            remember(request, back)
    except StepRefused as refused:
        return _post_page(request, post, status=HTTPStatus.UNPROCESSABLE_ENTITY, cannot_reserve=refused.message)
    messages.success(request, _("The post is reserved for %(name)s.") % {"name": resident.name})
    return redirect(back)


@endpoint(["POST"], "placements.transfer_posts", lookup=find_post_to_move)
def transfer_post(request, post):
    """An open post goes to another community: a district within itself, the city anywhere."""
    form = TransferForm(request.POST, posting=request.posting)
    return submit(
        request,
        form,
        work=lambda sent: service.transfer(post_id=post.pk, **sent, by=request.posting, request=request),
        page=lambda: _post_page(request, find_post(request, post.pk)["post"], transfer_form=form),
        back=reverse("placements:transfers"),
    )


@endpoint(["GET"], "placements.view_posts")
def transfers(request):
    """Posts that came into the area or left it; both sides read the same line."""
    form = TransferFilter(request.GET)
    rows = form.apply(PostTransfer.objects.visible_to(request.posting), request.posting)
    rows = rows.select_related("post__plan", "from_area__parent", "to_area__parent", "staff")
    page = paginate(rows, by=("-moved_on", "-pk"), cursor=request.GET.get("cursor", ""))
    reach = set(
        Post.objects.in_reach_of(request.posting)
        .filter(pk__in=[row.post_id for row in page.rows])
        .values_list("pk", flat=True)
    )
    return render(request, "placements/transfers.html", {"form": form, "page": page, "reach": reach})
