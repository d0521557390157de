from http import HTTPStatus
from urllib.parse import urlencode

from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from assistance.choices import Intake
from assistance.forms.cases import CaseFilter, OpenCaseForm, PersonSearch
from assistance.models import Case
from assistance.services import cases as service
from assistance.views.casefile import case_page, find_case
from assistance.views.submitting import submit
from assistance.workflow import CASE
from city.exports import ask_for
from city.steps import answer_step
from config.endpoint import endpoint
from config.paging import paginate
from households.choices import WorkWish
from households.models import Resident
from households.profiles import profiles_on
from households.search import is_number, search


def find_person(request, resident_id):
    people = Resident.objects.visible_to(request.posting).select_related("community")
    return {"resident": get_object_or_404(people, pk=resident_id)}


@endpoint(["GET"], "assistance.view_cases")
def cases(request):
    """Cases of the posting's area by what is to be done about them."""
    now = timezone.now()
    form = CaseFilter(request.GET, posting=request.posting)
    found = form.apply(Case.objects.visible_to(request.posting), now)
    found = found.with_due_day().with_flags(timezone.localdate(now))
    found = found.select_related("resident", "community", "responsible", "commitment__clock")
    page = paginate(found, by=form.order, cursor=request.GET.get("cursor", ""))
    return render(
        request,
        "assistance/cases.html",
        {
            "form": form,
            "page": page,
            "may_open": request.posting.may("assistance.work_cases"),
            "of_one_station": request.posting.works_at_a_community,
        },
    )


@endpoint(["POST"], "assistance.view_cases", pace="export")
def export_cases(request):
    """The list as its address filters it, all pages."""
    form = CaseFilter(request.GET, posting=request.posting)
    asked = {"filters": form.chosen, "format": "csv" if request.POST.get("format") == "csv" else "xlsx"}
    return redirect("city:run", run_id=ask_for("export_cases", request, asked).pk)


@endpoint(["GET", "POST"], "assistance.work_cases")
def choose_person(request):
    """Search before a case is opened: the person may be known, and have a case already."""
    form = PersonSearch(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST" and form.is_valid() and not is_number(form.query):
        return redirect(f"{reverse('assistance:choose_person')}?{urlencode({'q': form.query})}")
    found, order = search(form.query, request.posting)
    page = paginate(found, by=order, cursor=request.GET.get("cursor", ""))
    known = Case.objects.open().filter(resident__in=[one.pk for one in page.rows]).select_related("resident")
    known = {case.resident_id: case for case in known}
    profiles = profiles_on(page.rows, timezone.localdate())
    return render(
        request,
        "assistance/choose_person.html",
        {
            "form": form,
            "query": form.query,
            "page": page,
            "people": [(profile, known.get(profile.resident.pk)) for profile in profiles],
        },
        status=HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" and form.errors else HTTPStatus.OK,
    )


@endpoint(["GET", "POST"], "assistance.work_cases", lookup=find_person)
def open_case(request, resident):
    """The application; a person with an open case is led to it."""
    known = resident.cases.open().first()
    if known and request.method != "POST":
        return redirect("assistance:case", known.pk)
    opened = []
    form = OpenCaseForm(request.POST if request.method == "POST" else None, initial=_first_words(resident))

    def page():
        context = {"form": form, "resident": resident, "profile": profiles_on([resident], timezone.localdate())[0]}
        return render(request, "assistance/open_case.html", context)

    if request.method != "POST":
        return page()
    return submit(
        request,
        form,
        work=lambda sent: opened.append(
            service.open_case(resident_id=resident.pk, by=request.posting, request=request, **sent)
        ),
        page=page,
        back=lambda: reverse("assistance:case", args=[opened[0].pk]),
    )


def _first_words(resident):
    """What the ledger knows already: whoever wished for any suitable job when last asked accepts one."""
    told = resident.four_clear.order_by("noted_on").last()
    return {
        "intake": Intake.WINDOW,
        "applied_on": timezone.localdate(),
        "accepts_any": told is not None and told.work_wish == WorkWish.ANY,
    }


@endpoint(["GET"], "assistance.view_cases", lookup=find_case)
def case(request, case):
    """One case: the person, how far it is, what was promised, tried and done."""
    return case_page(request, case)


@endpoint(["POST"], "assistance.view_cases", lookup=find_case)
def take_step(request, case):
    """One of the buttons; who may take which is in the table."""
    return answer_step(
        request,
        CASE,
        take=lambda action, version, reason, words: service.take(
            case_id=case.pk,
            action=action,
            version=version,
            reason=reason,
            words=words,
            by=request.posting,
            request=request,
        ),
        page=lambda refused: case_page(request, case, refused=refused),
        back=reverse("assistance:case", args=[case.pk]),
    )
