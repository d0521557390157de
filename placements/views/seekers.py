from http import HTTPStatus
from urllib.parse import urlencode

from django.db.models import Count
from django.forms import Form
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from assistance.views.submitting import submit
from config.endpoint import endpoint
from config.paging import paginate
from households.models import FourClear, Resident
from households.profiles import profiles_on
from households.search import is_number, search
from placements.forms.market import EndSearchForm, SeekerFilter, SeekerForm, SeekerSearch
from placements.models import JobSeeker
from placements.services import seekers as service

_VIEW, _PLACE = "placements.view_market", "placements.place_people"


def find_seeker(request, seeker_id):
    visible = JobSeeker.objects.visible_to(request.posting).select_related("resident__community", "area", "staff")
    return {"seeker": get_object_or_404(visible, pk=seeker_id)}


def find_person(request, resident_id):
    people = Resident.objects.visible_to(request.posting).select_related("community")
    return {"resident": get_object_or_404(people, pk=resident_id)}


@endpoint(["GET"], _VIEW)
def seekers(request):
    """Registrations of the posting's residents, counted by person and by person-time."""
    form = SeekerFilter(request.GET)
    today = timezone.localdate()
    found = form.apply(JobSeeker.objects.visible_to(request.posting), today)
    page = paginate(
        found.select_related("resident__community", "area"),
        by=("-registered_on", "-pk"),
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "tab": "seekers",
        "form": form,
        "page": page,
        "today": today,
        "counts": found.aggregate(times=Count("pk"), persons=Count("resident", distinct=True)),
        "may_place": request.posting.may(_PLACE),
    }
    return render(request, "placements/seekers.html", context)


@endpoint(["GET", "POST"], _PLACE, pace="search")
def choose_seeker(request):
    """Search before registering: the person may be on the list. A number is sent as a form, not in an address."""
    form = SeekerSearch(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST" and form.is_valid() and not is_number(form.query):
        return redirect(f"{reverse('placements:choose_seeker')}?{urlencode({'q': form.query})}")
    found, order = search(form.query, request.posting)
    page = paginate(found, by=order, cursor=request.GET.get("cursor", ""))
    known = JobSeeker.objects.in_force_on(timezone.localdate()).filter(resident__in=[one.pk for one in page.rows])
    known = {one.resident_id: one for one in known}
    profiles = profiles_on(page.rows, timezone.localdate())
    context = {
        "form": form,
        "query": form.query,
        "page": page,
        "people": [(profile, known.get(profile.resident.pk)) for profile in profiles],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" and form.errors else HTTPStatus.OK
    return render(request, "placements/choose_seeker.html", context, status=status)


@endpoint(["GET", "POST"], _PLACE, lookup=find_person)
def register_seeker(request, resident):
    """The registration form; who is registered already is led to it."""
    today = timezone.localdate()
    known = JobSeeker.objects.in_force_on(today).filter(resident=resident).first()
    if known and request.method != "POST":
        return redirect("placements:seeker", known.pk)
    registered = []
    form = SeekerForm(request.POST if request.method == "POST" else None, initial=_first_wish(resident))

    def page():
        context = {"form": form, "resident": resident, "profile": profiles_on([resident], today)[0]}
        return render(request, "placements/seeker_form.html", context)

    if request.method != "POST":
        return page()
    return submit(
        request,
        form,
        work=lambda sent: registered.append(
            service.register(resident_id=resident.pk, values=sent, by=request.posting, request=request)
        ),
        page=page,
        back=lambda: reverse("placements:seeker", args=[registered[0].pk]),
    )


def _first_wish(resident):
    """What was said last: in the registration before, or at the door."""
    before = JobSeeker.objects.filter(resident=resident).order_by("registered_on").last()
    if before:
        return {name: getattr(before, name) for name in SeekerForm._meta.fields if name != "area"} | {
            "area": before.area_id
        }
    told = FourClear.objects.filter(resident=resident).order_by("noted_on").last()
    return {"occupation": told.wished_work[:60], "skills": told.skills} if told else {}


@endpoint(["GET"], _VIEW, lookup=find_seeker)
def seeker(request, seeker):
    """One registration: the wish, how long it is valid, what was put before the person."""
    return _seeker_page(request, seeker)


def _seeker_page(request, seeker, *, form=None, end_form=None):
    may_change = request.posting.may(_PLACE) and seeker.ended_on is None
    offered = seeker.resident.referrals.select_related("offer__vacancy", "offer__post", "staff")
    context = {
        "seeker": seeker,
        "profile": profiles_on([seeker.resident], timezone.localdate())[0],
        "today": timezone.localdate(),
        "earlier": JobSeeker.objects.filter(resident=seeker.resident).exclude(pk=seeker.pk).order_by("-registered_on"),
        "offers": offered.filter(referred_on__gte=seeker.registered_on).order_by("-referred_on", "-pk"),
        "may_change": may_change,
        "form": form or (SeekerForm(instance=seeker) if may_change else None),
        "end_form": end_form or (EndSearchForm() if may_change else None),
    }
    return render(request, "placements/seeker.html", context)


@endpoint(["POST"], _PLACE, lookup=find_seeker)
def correct_seeker(request, seeker):
    form = SeekerForm(request.POST)
    return _answer(
        request,
        seeker,
        form,
        lambda sent, **told: service.correct(values=sent, **told),
        page=lambda: _seeker_page(request, seeker, form=form),
    )


@endpoint(["POST"], _PLACE, lookup=find_seeker)
def renew_seeker(request, seeker):
    """The person still looks for work."""
    return _answer(
        request,
        seeker,
        Form(request.POST),
        lambda _sent, **told: service.renew(**told),
        page=lambda: _seeker_page(request, seeker),
    )


@endpoint(["POST"], _PLACE, lookup=find_seeker)
def end_seeker(request, seeker):
    form = EndSearchForm(request.POST)
    return _answer(
        request,
        seeker,
        form,
        lambda sent, **told: service.end(**sent, **told),
        page=lambda: _seeker_page(request, seeker, end_form=form),
    )


def _answer(request, seeker, form, work, *, page):
    """`version` comes with each form: a page somebody else's change made stale changes nothing."""
    version = request.POST.get("version", "")
    return submit(
        request,
        form,
        ready=version.isdecimal(),
        work=lambda sent: work(sent, seeker_id=seeker.pk, version=int(version), by=request.posting, request=request),
        page=page,
        back=reverse("placements:seeker", args=[seeker.pk]),
    )
