from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from city import notices as service
from city import parts
from city.forms import AnswerForm, ObjectionForm
from city.idempotency import FIELD, once, remember
from city.models import Notice, Objection
from config.address import client_address
from config.endpoint import endpoint
from config.paging import paginate
from config.rates import first_time, take_turn

_DAY = 24 * 60 * 60
#: Objections a day from one address: to one notice, and to all.
PER_NOTICE, PER_ADDRESS = 3, 10


def find_notice(request, notice_id):
    """To everybody alike: a notice that has ended is as good as never published."""
    shown = Notice.objects.public_at(timezone.now()).select_related("area", "clock")
    return {"notice": get_object_or_404(shown, pk=notice_id)}


def find_objection(request, objection_id):
    visible = Objection.objects.visible_to(request.posting).select_related(
        "notice__area", "notice__clock", "answered_by"
    )
    return {"objection": get_object_or_404(visible, pk=objection_id)}


@endpoint(["GET"], public=True)
def notices(request):
    """What is open to the public now, newest first."""
    shown = Notice.objects.public_at(timezone.now()).select_related("area", "clock")
    page = paginate(shown, by=("-pk",), cursor=request.GET.get("cursor", ""), size=20)
    return _unlisted(render(request, "city/notices.html", {"page": page}))


@endpoint(["GET"], lookup=find_notice, public=True)
def notice(request, notice):
    return _notice_page(request, notice, ObjectionForm())


@endpoint(["POST"], lookup=find_notice, public=True)
def object_to_notice(request, notice):
    """Takes an objection of anybody, a few a day from one place; the same form sent twice is one objection."""
    form = ObjectionForm(request.POST)
    if not form.is_valid():
        return _notice_page(request, notice, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    sent = request.POST.get(FIELD, "")
    if not sent or first_time("objection", notice.pk, sent, seconds=_DAY):
        if not _may_object(request, notice):
            return _too_many(request, notice, form)
        try:
            service.object_to(notice, **form.cleaned_data, request=request)
        except service.TooManyObjections:
            return _too_many(request, notice, form)
    told = _("Your objection has arrived: nothing is decided until the office in charge has looked into it.")
    messages.success(request, told)
    return redirect("city:notice", notice_id=notice.pk)


def _may_object(request, notice):
    address = client_address(request)
    return take_turn("objections-of-notice", notice.pk, address, limit=PER_NOTICE, seconds=_DAY) and take_turn(
        "objections", address, limit=PER_ADDRESS, seconds=_DAY
    )


def _too_many(request, notice, form):
    told = _("There were too many objections from this place today. Please come to the office in charge.")
    form.add_error(None, told)
    return _notice_page(request, notice, form, HTTPStatus.TOO_MANY_REQUESTS)


def _notice_page(request, notice, form, status=HTTPStatus.OK):
    return _unlisted(render(request, "city/notice.html", {"notice": notice, "form": form}, status=status))


def _unlisted(answer):
    """What ends after its working days must not live on in a search engine."""
    answer["X-Robots-Tag"] = "noindex, noarchive"
    return answer


@endpoint(["GET", "POST"], service.ANSWER, lookup=find_objection)
def objection(request, objection):
    """One objection with what the office in charge found out, or the form to say it."""
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not once(request):
            with transaction.atomic():
                service.answer(objection, **form.cleaned_data, by=request.posting, request=request)
                remember(request, request.path)
            messages.success(request, _("Answered."))
        return redirect(request.path)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    context = {"objection": objection, "form": form, "panels": parts.panels_for("objection", request, objection)}
    return render(request, "city/objection.html", context, status=status)
