from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.views.submitting import submit
from city.idempotency import once, remember
from city.models import Employer
from city.moves import StepRefused, history
from city.steps import answer_step
from config.endpoint import endpoint
from config.paging import paginate
from households.models import Resident
from placements.choices import PlacementState, VacancyState
from placements.forms.market import GatherForm, KnownEmployer, VacancyFilter, VacancyForm
from placements.models import Offer, Vacancy
from placements.printed_market import bulletin
from placements.services import offers
from placements.services import vacancies as service
from placements.suitable import seekers_for
from placements.workflow import VACANCY

_GATHER, _VIEW, _PLACE = "placements.gather_vacancies", "placements.view_market", "placements.place_people"
_OFFERS_SHOWN = 50


def find_vacancy(request, vacancy_id):
    visible = Vacancy.objects.visible_to(request.posting).select_related("area", "employer", "event")
    return {"vacancy": get_object_or_404(visible, pk=vacancy_id)}


def find_person_for(request, vacancy_id, resident_id):
    people = Resident.objects.visible_to(request.posting)
    return find_vacancy(request, vacancy_id) | {"resident": get_object_or_404(people, pk=resident_id)}


def is_run(vacancy, posting):
    return vacancy.area.path.startswith(posting.area.path)


@endpoint(["GET"], _VIEW)
def vacancies(request):
    """Vacancies of the posting's area, and those others published."""
    form = VacancyFilter(request.GET)
    visible = Vacancy.objects.visible_to(request.posting)
    page = paginate(
        form.apply(visible, request.posting).select_related("employer", "area"),
        by=("-pk",),
        cursor=request.GET.get("cursor", ""),
    )
    today = timezone.localdate()
    valid = visible.open_on(today)
    own = Vacancy.objects.run_by(request.posting)
    context = {
        "tab": "vacancies",
        "form": form,
        "page": page,
        "today": today,
        "may_gather": request.posting.may(_GATHER),
        "valid": valid.count(),
        "places": valid.aggregate(places=Sum("headcount"))["places"] or 0,
        "waiting": own.filter(state=VacancyState.GATHERED).count(),
    }
    return render(request, "placements/vacancies.html", context)


@endpoint(["GET"], _VIEW, pace="bulletin")
def vacancy_bulletin(request):
    """The valid ones among those the list shows, to print and hang up."""
    form = VacancyFilter(request.GET)
    valid = Vacancy.objects.visible_to(request.posting).open_on(timezone.localdate())
    return bulletin(request, form.apply(valid, request.posting), request.posting.area)


@endpoint(["GET", "POST"], _GATHER)
def gather_vacancy(request):
    """A new vacancy: the employer is found by its code or its name, or becomes known by this form."""
    search = KnownEmployer(request.GET)
    gathered = []
    form = GatherForm(
        request.POST if request.method == "POST" else None, posting=request.posting, initial=_employer_asked(request)
    )

    def page():
        context = {"form": form, "search": search, "employers": search.found(), "vacancy": None}
        return render(request, "placements/vacancy_form.html", context)

    if request.method != "POST":
        return page()
    return submit(
        request,
        form,
        work=lambda sent: gathered.append(
            service.gather(**form.employer, area=sent["area"], values=form.values, by=request.posting, request=request)
        ),
        page=page,
        back=lambda: reverse("placements:vacancy", args=[gathered[0].pk]),
    )


def _employer_asked(request):
    """An employer chosen among those found; employers are known to everybody."""
    asked = request.GET.get("known", "")
    known = Employer.objects.filter(credit_code=asked).first() if asked else None
    return {"credit_code": known.credit_code, "employer_name": known.name} if known else {}


@endpoint(["GET", "POST"], _GATHER, lookup=find_vacancy)
def correct_vacancy(request, vacancy):
    """Puts right what a vacancy says."""
    if not is_run(vacancy, request.posting):
        raise PermissionDenied
    instance = get_object_or_404(Vacancy.objects.run_by(request.posting), pk=vacancy.pk)
    form = VacancyForm(request.POST if request.method == "POST" else None, instance=instance, posting=request.posting)

    def page():
        return render(request, "placements/vacancy_form.html", {"form": form, "vacancy": vacancy})

    if request.method != "POST":
        return page()
    version = request.POST.get("version", "")
    return submit(
        request,
        form,
        ready=version.isdecimal(),
        work=lambda sent: service.correct(
            vacancy_id=vacancy.pk, values=form.values, version=int(version), by=request.posting, request=request
        ),
        page=page,
        back=reverse("placements:vacancy", args=[vacancy.pk]),
    )


@endpoint(["GET"], _VIEW, lookup=find_vacancy)
def vacancy(request, vacancy):
    """One vacancy: what it asks and offers, its steps, whom it was put before and with what answer."""
    return _vacancy_page(request, vacancy)


def _vacancy_page(request, vacancy, *, status=HTTPStatus.OK, **more):
    posting, today = request.posting, timezone.localdate()
    run = is_run(vacancy, posting) and posting.may(_GATHER)
    put_before = Offer.objects.filter(vacancy=vacancy)
    own = put_before.visible_to(posting).select_related("referral__resident__community", "referral__case")
    context = {
        "vacancy": vacancy,
        "valid": vacancy.state == VacancyState.PUBLISHED and vacancy.valid_from <= today <= vacancy.valid_until,
        "taken": vacancy.placements.filter(state__in=[*PlacementState.AT_WORK, PlacementState.ENDED]).count(),
        "offers": own.order_by("-pk")[:_OFFERS_SHOWN],
        "put_before": put_before.count(),
        "may_correct": run and vacancy.state != VacancyState.CLOSED,
        "may_place": posting.may(_PLACE),
        "steps": VACANCY.steps_for(vacancy, posting) if run else [],
        "steps_url": reverse("placements:vacancy_step", args=[vacancy.pk]),
        "moves": history(vacancy, VACANCY),
        "refused": None,
        **more,
    }
    return render(request, "placements/vacancy.html", context, status=status)


@endpoint(["POST"], _GATHER, lookup=find_vacancy)
def vacancy_step(request, vacancy):
    def take(action, version, reason, words):
        service.take_step(
            vacancy_id=vacancy.pk,
            action=action,
            version=version,
            by=request.posting,
            reason=reason,
            words=words,
            request=request,
        )

    return answer_step(
        request,
        VACANCY,
        take=take,
        page=lambda refused: _vacancy_page(request, vacancy, refused=refused),
        back=reverse("placements:vacancy", args=[vacancy.pk]),
    )


@endpoint(["GET"], _VIEW, lookup=find_vacancy)
def suitable_seekers(request, vacancy):
    """Job seekers of the posting's area who suit it, best first, each with the reasons."""
    return _suitable_page(request, vacancy)


def _suitable_page(request, vacancy, *, status=HTTPStatus.OK, refused=""):
    today = timezone.localdate()
    valid = vacancy.state == VacancyState.PUBLISHED and vacancy.valid_from <= today <= vacancy.valid_until
    context = {
        "vacancy": vacancy,
        "suggested": seekers_for(vacancy, request.posting),
        "may_place": request.posting.may(_PLACE) and valid,
        "valid": valid,
        "refused": refused,
    }
    return render(request, "placements/suitable_seekers.html", context, status=status)


@endpoint(["POST"], _PLACE, lookup=find_person_for)
def offer_to_seeker(request, vacancy, resident):
    """Puts the vacancy before this person."""
    if answered := once(request):
        return redirect(answered)
    back = reverse("placements:suitable_seekers", args=[vacancy.pk])
    try:
        with transaction.atomic():
            offers.offer_vacancy(resident_id=resident.pk, vacancy_id=vacancy.pk, by=request.posting, request=request)
            remember(request, back)
    except StepRefused as refused:
        told = f"{resident.name}: {refused.message}"
        return _suitable_page(request, vacancy, status=HTTPStatus.UNPROCESSABLE_ENTITY, refused=told)
    messages.success(
        request, _("%(name)s was told of this vacancy; write the answer when it comes.") % {"name": resident.name}
    )
    return redirect(back)
