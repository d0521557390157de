from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from assistance.views.submitting import submit
from city.moves import history
from city.steps import answer_step
from city.trail import acting
from config.endpoint import endpoint
from config.paging import paginate
from placements.choices import PlanState
from placements.forms.posts import PlanFilter, PlanForm
from placements.models import PostPlan
from placements.services import employers as employer_service
from placements.services import posts as service
from placements.workflow import POST_PLAN

_WAY = (PlanState.PLANNED, PlanState.APPROVED, PlanState.OPENED)


def find_plan(request, plan_id):
    visible = PostPlan.objects.visible_to(request.posting)
    visible = visible.select_related("area__parent", "employer", "base", "project")
    return {"plan": get_object_or_404(visible, pk=plan_id)}


@endpoint(["GET"], "placements.view_posts")
def plans(request):
    """Applications for posts of the posting's area, the latest first."""
    form = PlanFilter(request.GET, posting=request.posting)
    rows = form.apply(PostPlan.objects.visible_to(request.posting)).select_related("area", "employer")
    context = {
        "form": form,
        "page": paginate(rows, by=("-pk",), cursor=request.GET.get("cursor", "")),
        "may_plan": request.posting.may("placements.plan_posts"),
    }
    return render(request, "placements/plans.html", context)


@endpoint(["GET", "POST"], "placements.plan_posts")
def plan_posts(request):
    """A new application, for the district to approve."""
    form = PlanForm(request.POST or None, posting=request.posting)
    made = []

    def work(sent):
        with acting(posting=request.posting, reason="plan_posts", request=request):
            values = form.values | {"employer": _employer(form)}
            made.append(service.plan(area=sent["area"], values=values, by=request.posting, request=request))

    def page():
        return render(request, "placements/plan_form.html", {"form": form})

    if request.method != "POST":
        return page()
    return submit(request, form, work=work, page=page, back=lambda: reverse("placements:plan", args=[made[0].pk]))


def _employer(form):
    code, name = form.employer.values()
    return employer_service.known_or_new(credit_code=code, name=name)


@endpoint(["GET"], "placements.view_posts", lookup=find_plan)
def plan(request, plan):
    """One application: what is asked for, who decides, what became of its places."""
    return _plan_page(request, plan)


def _plan_page(request, plan, **more):
    may_plan = request.posting.may("placements.plan_posts")
    returned = plan.state == PlanState.RETURNED
    moves = history(plan, POST_PLAN)
    way = [(state.label, state == plan.state) for state in _WAY]
    context = {
        "plan": plan,
        "way": way if plan.state in _WAY else [(plan.get_state_display(), True), *way],
        "steps": POST_PLAN.steps_for(plan, request.posting),
        "steps_url": reverse("placements:plan_step", args=[plan.pk]),
        "moves": moves,
        "posts": plan.posts.in_reach_of(request.posting).select_related("area").order_by("number"),
        "sent_back": moves[-1] if returned and moves else None,
        "again_form": _again_form(request, plan) if returned and may_plan else None,
        "refused": None,
        **more,
    }
    return render(request, "placements/plan.html", context)


def _again_form(request, plan, data=None):
    """Of a copy: a form that is not valid changes what it was made of."""
    stored = PostPlan.objects.visible_to(request.posting).select_related("employer").get(pk=plan.pk)
    return PlanForm(data, instance=stored, posting=request.posting)


@endpoint(["POST"], "placements.view_posts", lookup=find_plan)
def plan_step(request, plan):
    def take(action, version, reason, words):
        service.take_plan_step(
            plan_id=plan.pk,
            action=action,
            version=version,
            by=request.posting,
            reason=reason,
            words=words,
            request=request,
        )

    return answer_step(
        request,
        POST_PLAN,
        take=take,
        page=lambda refused: _plan_page(request, plan, refused=refused),
        back=reverse("placements:plan", args=[plan.pk]),
    )


@endpoint(["POST"], "placements.plan_posts", lookup=find_plan)
def plan_again(request, plan):
    """What was sent back, put right and sent to the district again."""
    form = _again_form(request, plan, request.POST)
    version = request.POST.get("version", "")
    version = int(version) if version.isdecimal() and len(version) < 10 else -1

    def work(sent):
        with acting(posting=request.posting, reason="plan_again", request=request):
            values = form.values | {"employer": _employer(form)}
            service.plan_again(plan_id=plan.pk, values=values, version=version, by=request.posting, request=request)

    return submit(
        request,
        form,
        work=work,
        page=lambda: _plan_page(request, plan, again_form=form),
        back=reverse("placements:plan", args=[plan.pk]),
    )
