"""Approved claims before the public: what waits to be shown, what is shown, and showing it at once."""

from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Sum
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city import notices
from city.idempotency import once, remember
from city.models import Notice
from city.moves import StepRefused
from config.endpoint import endpoint
from subsidies.choices import Scheme
from subsidies.services import publicity as service

#: Notices listed, the newest first.
SHOWN = 30


@endpoint(["GET"], "subsidies.approve_claims")
def publicity(request):
    """What waits by scheme, and the notices of the area with where they stand."""
    return _publicity_page(request)


def _publicity_page(request, refused="", status=HTTPStatus.OK):
    now = timezone.now()
    shown = Notice.objects.visible_to(request.posting).filter(kind=service.NOTICE_KIND)
    shown = shown.select_related("area", "clock").annotate(number=Count("claims"), amount=Sum("claims__total"))
    rows = list(shown.order_by("-pk")[:SHOWN])
    context = {
        "groups": service.groups(request.posting.area),
        "notices": [(notice, notices.standing(notice, now)) for notice in rows],
        "refused": refused,
    }
    return render(request, "subsidies/publicity.html", context, status=status)


@endpoint(["POST"], "subsidies.approve_claims")
def publicise(request):
    """Shows the claims of one scheme at once, without waiting for the night."""
    if answered := once(request):
        return redirect(answered)
    back = reverse("subsidies:publicity")
    scheme = request.POST.get("scheme", "")
    try:
        if scheme not in Scheme.values:
            raise StepRefused("action", _("Choose a scheme."))
        with transaction.atomic():
            service.publicise(request.posting.area, Scheme(scheme), by=request.posting, request=request)
            remember(request, back)
    except StepRefused as refused:
        return _publicity_page(request, refused.message, HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("The claims are shown to the public now."))
    return redirect(back)
