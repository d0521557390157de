from http import HTTPStatus
from urllib.parse import urlencode

from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from city import parts
from city.trail import record_event
from config.endpoint import endpoint
from config.paging import paginate
from households.forms.search import SearchForm
from households.models import ContactDetails, Resident
from households.profiles import profiles_on, timeline
from households.search import is_number, search
from households.views.events import events_after


def find_resident(request, resident_id):
    return {"resident": get_object_or_404(Resident.objects.visible_to(request.posting), pk=resident_id)}


@endpoint(["GET", "POST"], "households.view_residents", pace="search")
def residents(request):
    """One box that finds a resident of the posting's area by number, phone, name or initials.

    It is sent as a form, so that no number stands in an address; a search by name comes back as one to keep and page.
    """
    form = SearchForm(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST" and form.is_valid() and not is_number(form.query):
        return redirect(f"{reverse('households:residents')}?{urlencode({'q': form.query})}")
    found, order = search(form.query, request.posting)
    page = paginate(found, by=order, cursor=request.GET.get("cursor", ""))
    return render(
        request,
        "households/residents.html",
        {
            "form": form,
            "query": form.query,
            "may_edit": request.posting.may("households.edit_register"),
            "page": page,
            "profiles": profiles_on(page.rows, timezone.localdate()),
        },
        status=HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" and form.errors else HTTPStatus.OK,
    )


@endpoint(["GET"], "households.view_residents", lookup=find_resident)
def resident(request, resident):
    """One person's file: what is true today, how it came about, what is recorded for later."""
    return render(request, "households/resident.html", _file(request, resident))


@endpoint(["POST"], "households.reveal_numbers", lookup=find_resident, pace="reveal")
def reveal_number(request, resident):
    """Opens the one full number once and leaves a line in the trail; loading the page again masks it again."""
    record_event("reveal", request=request, key=resident.pk, details={"field": "id_number"})
    if request.htmx:
        return render(request, "households/_number.html", {"resident": resident, "number": resident.id_number})
    return render(request, "households/resident.html", _file(request, resident) | {"number": resident.id_number})


@endpoint(["POST"], "households.reveal_numbers", lookup=find_resident, pace="reveal")
def reveal_phones(request, resident):
    """The person's phone and the contact person's, to be called at once; a line stands in the trail."""
    record_event("reveal", request=request, key=resident.pk, details={"field": "phone"})
    contact = ContactDetails.objects.filter(resident=resident).first()
    phones = [number for number in (resident.phone, contact and contact.contact_phone) if number]
    return render(
        request,
        "households/_phones.html" if request.htmx else "households/resident.html",
        ({"resident": resident} if request.htmx else _file(request, resident)) | {"phones": phones},
    )


def _file(request, resident):
    today = timezone.localdate()
    profile = profiles_on([resident], today)[0]
    may_edit = request.posting.may("households.edit_register")
    return {
        "resident": resident,
        "profile": profile,
        "may_edit": may_edit,
        "may_merge": request.posting.may("households.accept_transfers"),
        "may_correct": request.posting.may("households.correct_identity"),
        "events": events_after(profile.code) if may_edit and profile.household else [],
        "spells": timeline(resident.labour_spells.select_related("employer"), today),
        "stays": timeline(resident.memberships.select_related("household__community"), today),
        "registrations": resident.registration_spans.order_by("-first_on"),
        "certifications": resident.hardship_certifications.order_by("-certified_on"),
        "panels": parts.panels_for("resident", request, resident),
        "may_reveal": request.posting.may("households.reveal_numbers"),
        "today": today,
        "number": "",
    }
