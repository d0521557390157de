"""One person entered twice: the other file is named, what merging does is shown, then it is done."""

from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city.idempotency import once, remember
from config.endpoint import endpoint
from households.forms.duplicates import OtherFileForm
from households.ledger import LedgerRefused
from households.models import Resident
from households.profiles import profiles_on
from households.search import search
from households.services import duplicates
from households.views.filling import posted
from households.views.residents import find_resident

_SHOWN = 20


def find_both(request, resident_id, other_id):
    visible = Resident.objects.visible_to(request.posting)
    return {
        "resident": get_object_or_404(visible, pk=resident_id),
        "other": get_object_or_404(visible, pk=other_id),
    }


@endpoint(["GET", "POST"], "households.accept_transfers", lookup=find_resident)
def find_duplicate(request, resident):
    """Files that may be of the same person: alike at once, others by the one box (sent, so that no number is kept)."""
    form = OtherFileForm(posted(request))
    if form.is_valid():
        found, _order = search(form.cleaned_data["q"], request.posting)
    else:
        alike = Q(name=resident.name) | Q(birth_date=resident.birth_date, sex=resident.sex, initials=resident.initials)
        found = Resident.objects.visible_to(request.posting).filter(alike)
    found = found.exclude(pk=resident.pk).order_by("name", "pk")[:_SHOWN]
    context = {"form": form, "resident": resident, "profiles": profiles_on(list(found), timezone.localdate())}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "households/find_duplicate.html", context, status=status)


@endpoint(["POST"], "households.accept_transfers", lookup=find_both)
def merge_residents(request, resident, other):
    """Without `confirm` what would happen; with it, it happens. `resident` survives."""
    answered = once(request)
    if answered:
        return redirect(answered)
    terms = {"survivor_id": resident.pk, "other_id": other.pk, "by": request.posting, "request": request}
    if "confirm" in request.POST:
        address = reverse("households:resident", args=[resident.pk])
        try:
            with transaction.atomic():
                duplicates.merge_residents(**terms)
                remember(request, address)
        except LedgerRefused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, _("The two files are one."))
            return redirect(address)
    today = timezone.localdate()
    context = {
        "resident": resident,
        "other": other,
        "profiles": profiles_on([resident, other], today),
        "outcome": duplicates.preview(**terms),
    }
    return render(request, "households/merge_residents.html", context)
