"""Placement bases, and projects with the posts they promised against those delivered."""

from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from assistance.views.submitting import submit
from config.endpoint import endpoint
from config.paging import paginate
from placements.choices import PostState
from placements.forms.employers import BaseForm, PlaceFilter, ProjectForm
from placements.models import PlacementBase, Project
from placements.rules import promised_posts
from placements.services import employers as service

_FILLED = Count("post_plans__posts", filter=Q(post_plans__posts__state=PostState.FILLED), distinct=True)
_POSTS = Count("post_plans__posts", filter=~Q(post_plans__posts__state=PostState.ENDED), distinct=True)


def find_base(request, base_id):
    visible = PlacementBase.objects.near(request.posting).select_related("employer", "area")
    return {"base": get_object_or_404(visible, pk=base_id)}


def find_project(request, project_id):
    visible = Project.objects.near(request.posting).select_related("investor", "area", "document")
    return {"project": get_object_or_404(visible, pk=project_id)}


def find_base_to_write(request, base_id):
    return {"base": get_object_or_404(PlacementBase.objects.visible_to(request.posting), pk=base_id)}


def find_project_to_write(request, project_id):
    return {"project": get_object_or_404(Project.objects.visible_to(request.posting), pk=project_id)}


def _listed(request, model, payer):
    """The filter, the page and its rows with the posts they have and how many of those are filled."""
    form = PlaceFilter(request.GET)
    rows = form.apply(model.objects.near(request.posting), payer).select_related(payer, "area")
    page = paginate(rows, by=("-pk",), cursor=request.GET.get("cursor", ""))
    shown = model.objects.near(request.posting).filter(pk__in=[row.pk for row in page.rows])
    told = {row["pk"]: row for row in shown.values("pk").annotate(posts=_POSTS, filled=_FILLED)}
    return form, page, told


@endpoint(["GET"], "placements.view_posts")
def bases(request):
    form, page, told = _listed(request, PlacementBase, "employer")
    context = {
        "form": form,
        "page": page,
        "rows": [(base, told[base.pk]) for base in page.rows],
        "may_run": request.posting.may("placements.run_bases"),
        "today": timezone.localdate(),
    }
    return render(request, "placements/bases.html", context)


@endpoint(["GET"], "placements.view_posts")
def projects(request):
    form, page, told = _listed(request, Project, "investor")
    context = {
        "form": form,
        "page": page,
        "rows": [(project, _promise(project, told[project.pk])) for project in page.rows],
        "may_run": request.posting.may("placements.run_bases"),
    }
    return render(request, "placements/projects.html", context)


def _promise(project, told):
    """Promised: its share of the jobs; delivered: its posts that somebody fills."""
    promised = promised_posts(project.jobs_total, project.promised_share)
    return {**told, "promised": promised, "missing": max(promised - told["filled"], 0)}


@endpoint(["GET"], "placements.view_posts", lookup=find_base)
def base(request, base):
    """One base: what it can take, and its applications with their posts."""
    return _place_page(request, base, "placements/base.html", {"base": base, "told": _counts_of(request, base)})


@endpoint(["GET"], "placements.view_posts", lookup=find_project)
def project(request, project):
    """One project: what it promised and what of that people work on."""
    told = _promise(project, _counts_of(request, project))
    context = {"project": project, "told": told, "percent": project.promised_share * 100}
    return _place_page(request, project, "placements/project.html", context)


def _counts_of(request, item):
    seen = type(item).objects.near(request.posting).filter(pk=item.pk)
    return seen.values("pk").annotate(posts=_POSTS, filled=_FILLED).get()


def _place_page(request, item, template, context):
    plans = item.post_plans.visible_to(request.posting).with_posts().select_related("area", "employer")
    may_write = request.posting.may("placements.run_bases") and item.area.path.startswith(request.posting.area.path)
    page = paginate(plans, by=("-pk",), cursor=request.GET.get("cursor", ""))
    return render(request, template, {**context, "page": page, "may_write": may_write})


@endpoint(["GET", "POST"], "placements.run_bases")
def add_base(request):
    return _written(request, BaseForm, None, "placements:base")


@endpoint(["GET", "POST"], "placements.run_bases", lookup=find_base_to_write)
def edit_base(request, base):
    return _written(request, BaseForm, base, "placements:base")


@endpoint(["GET", "POST"], "placements.run_bases")
def add_project(request):
    return _written(request, ProjectForm, None, "placements:project")


@endpoint(["GET", "POST"], "placements.run_bases", lookup=find_project_to_write)
def edit_project(request, project):
    return _written(request, ProjectForm, project, "placements:project")


def _written(request, form_class, item, address):
    name = item.name if item else ""
    form = form_class(request.POST or None, instance=item, posting=request.posting)

    def work(sent):
        service.save_place(item=form.instance, payer=form.payer, **form.employer, by=request.posting, request=request)

    def page():
        kind = form.instance._meta.model_name
        context = {"form": form, "action": request.path, "kind": kind, "name": name}
        return render(request, "placements/place_form.html", context)

    if request.method != "POST":
        return page()
    return submit(request, form, work=work, page=page, back=lambda: reverse(address, args=[form.instance.pk]))
