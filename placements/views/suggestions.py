"""Jobs that fit a person, put before them by one click, and what came of it."""

from datetime import date
from http import HTTPStatus
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.choices import ReferralAnswer
from assistance.forms.cases import AnswerForm
from city.idempotency import once, remember
from city.moves import StepRefused
from config.endpoint import endpoint
from households.models import Resident
from households.profiles import profiles_on
from placements.choices import PostState
from placements.models import Offer
from placements.services import offers
from placements.suggesting import suggest


class _Offered(forms.Form):
    """Which suggestion's button was pressed."""

    post = forms.IntegerField(required=False, min_value=1)
    vacancy = forms.IntegerField(required=False, min_value=1)

    def clean(self):
        if bool(self.cleaned_data.get("post")) == bool(self.cleaned_data.get("vacancy")):
            raise forms.ValidationError(_("Choose one post or one vacancy."))
        return self.cleaned_data


def find_person(request, resident_id):
    people = Resident.objects.visible_to(request.posting).select_related("community")
    return {"resident": get_object_or_404(people, pk=resident_id)}


def find_offer(request, referral_id):
    seen = Offer.objects.visible_to(request.posting).select_related("referral__resident__community")
    return {"offer": get_object_or_404(seen, pk=referral_id)}


@endpoint(["GET"], "placements.view_placements", lookup=find_person)
def suggestions(request, resident):
    """Open posts and vacancies in the order in which they fit this person."""
    return _page(request, resident)


@endpoint(["POST"], "placements.place_people", lookup=find_person)
def put_before(request, resident):
    """Reserve the post for the person and refer them, or refer them to the vacancy."""
    back = reverse("placements:suggestions", args=[resident.pk])
    if answered := once(request):
        return redirect(answered)
    form = _Offered(request.POST)
    if not form.is_valid():
        return _again(
            _page(request, resident, refused=form.non_field_errors() or _("Choose one post or one vacancy."))
        )
    told = {"resident_id": resident.pk, "by": request.posting, "request": request}
    try:
        with transaction.atomic():
            if form.cleaned_data["post"]:
                offer = offers.offer_post(post_id=form.cleaned_data["post"], **told)
            else:
                offer = offers.offer_vacancy(vacancy_id=form.cleaned_data["vacancy"], **told)
            remember(request, back)
    except StepRefused as refused:
        return _again(_page(request, resident, refused=[refused.message]))
    messages.success(request, _("%(job)s was put before %(name)s.") % {"job": offer, "name": resident.name})
    return redirect(back)


@endpoint(["POST"], "placements.place_people", lookup=find_offer)
def answer_offer(request, offer):
    """What came of it; hired leads to the report of the placement."""
    resident = offer.referral.resident
    if answered := once(request):
        return redirect(answered)
    form = answer_form(offer, timezone.localdate(), request.POST)
    if form.is_valid():
        back = _after(offer, form.cleaned_data["answer"])
        try:
            with transaction.atomic():
                offers.answer(referral_id=offer.pk, by=request.posting, request=request, **form.cleaned_data)
                remember(request, back)
        except StepRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        else:
            messages.success(request, _("Saved."))
            return redirect(back)
    return _again(_page(request, resident, sent=(offer.pk, form)))


def _after(offer, answer):
    if answer == ReferralAnswer.HIRED:
        report = reverse("placements:report_placement", args=[offer.referral.resident_id])
        return f"{report}?{urlencode({'offer': offer.pk})}"
    return reverse("placements:suggestions", args=[offer.referral.resident_id])


def answer_form(offer, today, data=None):
    return AnswerForm(data, auto_id=f"offer_{offer.pk}_%s", initial={"answered_on": today})


def _again(answer):
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer


def _page(request, resident, *, refused=(), sent=(None, None)):
    today = timezone.localdate()
    case = resident.cases.open().first()
    tells = offers.is_to_be_told_by(request.posting, case)
    context = {
        "resident": resident,
        "profile": profiles_on([resident], today)[0],
        "case": case,
        "tells": tells,
        "refused": refused,
        "suggestions": suggest(resident, request.posting, today) if resident.community else None,
        "waiting": _waiting(request.posting, resident, tells, today, sent),
        "reserved": resident.posts.filter(state=PostState.RESERVED).select_related("plan").first(),
        "today": today,
    }
    return render(request, "placements/suggestions.html", context)


def _waiting(posting, resident, tells, today: date, sent):
    """What lies before the person and is not answered yet, each with its form."""
    rows = Offer.objects.visible_to(posting).filter(
        referral__resident=resident, referral__answer=ReferralAnswer.WAITING
    )
    rows = list(rows.select_related("referral", "post", "vacancy").order_by("referral__referred_on", "pk"))
    for row in rows:
        row.reserved = row.post is not None and row.post.holder_id == resident.pk
        if tells:
            row.form = sent[1] if row.pk == sent[0] else answer_form(row, today)
    return rows
