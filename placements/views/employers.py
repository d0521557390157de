from django.db.models import Count
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from assistance.views.submitting import submit
from city import parts
from city.models import Employer
from config.endpoint import endpoint
from config.paging import paginate
from placements.choices import PlacementState, PostState
from placements.forms.employers import DetailsForm, EmployerFilter
from placements.models import EmployerDetails, Placement, Post, Vacancy
from placements.services import employers as service

_SHOWN = 20


def find_employer(request, employer_id):
    """Employers are known to the whole city; what they gave and took is told of the posting's area alone."""
    return {"employer": get_object_or_404(Employer.objects.select_related("details__area"), pk=employer_id)}


def _gave_and_took(posting, employers):
    """`{employer id: {what: number}}` within the posting's area; three queries."""
    told = {employer.pk: {"posts": 0, "vacancies": 0, "placed": 0} for employer in employers}
    for what, rows, key in (
        ("posts", Post.objects.run_by(posting).exclude(state=PostState.ENDED), "plan__employer"),
        ("vacancies", Vacancy.objects.run_by(posting), "employer"),
        ("placed", _placed(posting), "employer"),
    ):
        counted = rows.order_by().filter(**{f"{key}__in": told}).values_list(key).annotate(number=Count("pk"))
        for employer_id, number in counted:
            told[employer_id][what] = number
    return told


def _placed(posting):
    """People it took: whoever came to work there, whether they still do or not."""
    reported = [PlacementState.REPORTED, PlacementState.DROPPED]
    return Placement.objects.visible_to(posting).exclude(state__in=reported)


@endpoint(["GET"], "placements.view_posts")
def employers(request):
    """Employers by code, with what they gave and took in the posting's area."""
    form = EmployerFilter(request.GET)
    rows = form.apply(Employer.objects.select_related("details"))
    page = paginate(rows, by=("credit_code",), cursor=request.GET.get("cursor", ""))
    told = _gave_and_took(request.posting, page.rows)
    rows = [(employer, told[employer.pk]) for employer in page.rows]
    return render(request, "placements/employers.html", {"form": form, "page": page, "rows": rows})


@endpoint(["GET"], "placements.view_posts", lookup=find_employer)
def employer(request, employer):
    """One employer: what is known of it, what it gave, whom it took."""
    return _employer_page(request, employer)


def _employer_page(request, employer, form=None):
    posting = request.posting
    may_write = posting.may("placements.gather_vacancies")
    placed = _placed(posting).filter(employer=employer).select_related("resident", "spell")
    posts = Post.objects.run_by(posting).filter(plan__employer=employer).exclude(state=PostState.ENDED)
    vacancies = Vacancy.objects.run_by(posting).filter(employer=employer)
    context = {
        "employer": employer,
        "details": getattr(employer, "details", None),
        "form": (form or _details_form(request, employer)) if may_write else None,
        "told": _gave_and_took(posting, [employer])[employer.pk],
        "posts": posts.select_related("plan", "area").order_by("-number")[:_SHOWN],
        "vacancies": vacancies.select_related("area").order_by("-pk")[:_SHOWN],
        "placed": placed.order_by("-pk")[:_SHOWN],
        "bases": employer.bases.visible_to(posting).order_by("name"),
        "projects": employer.projects.visible_to(posting).order_by("name"),
        "shown": _SHOWN,
        "panels": parts.panels_for("employer", request, employer),
    }
    return render(request, "placements/employer.html", context)


def _details_form(request, employer, data=None):
    stored = EmployerDetails.objects.filter(employer=employer).first()
    return DetailsForm(data, instance=stored, posting=request.posting, employer=employer)


@endpoint(["POST"], "placements.gather_vacancies", lookup=find_employer)
def save_employer(request, employer):
    form = _details_form(request, employer, request.POST)

    def work(sent):
        service.save_details(
            employer=employer, kind=sent["kind"], values=form.values, by=request.posting, request=request
        )

    return submit(
        request,
        form,
        work=work,
        page=lambda: _employer_page(request, employer, form),
        back=reverse("placements:employer", args=[employer.pk]),
    )
