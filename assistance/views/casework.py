"""The forms of a case's page: each answers with the page again, or goes back to it."""

from django.urls import reverse
from django.utils import timezone

from assistance.forms.cases import ReferralForm, ServiceForm
from assistance.services import cases as service
from assistance.services import follow_ups, referrals
from assistance.views import casefile
from assistance.views.submitting import submit
from config.endpoint import endpoint


def _answer(request, case, name, form, work):
    return submit(
        request,
        form,
        work=work,
        page=lambda: casefile.case_page(request, case, sent={name: form}),
        back=reverse("assistance:case", args=[case.pk]),
    )


@endpoint(["POST"], "assistance.work_cases", lookup=casefile.find_case)
def set_details(request, case):
    form = casefile.details_form(case, timezone.localdate(), request.POST)
    return _answer(
        request,
        case,
        "details",
        form,
        lambda sent: service.set_details(case_id=case.pk, by=request.posting, request=request, **sent),
    )


@endpoint(["POST"], "assistance.work_cases", lookup=casefile.find_case)
def place(request, case):
    form = casefile.place_form(case, None, timezone.localdate(), request.POST)
    return _answer(
        request,
        case,
        "place",
        form,
        lambda sent: service.place(
            case_id=case.pk,
            placed_on=sent["placed_on"],
            version=sent["version"],
            job=form.job,
            by=request.posting,
            request=request,
        ),
    )


@endpoint(["POST"], "assistance.work_cases", lookup=casefile.find_case)
def refer(request, case):
    form = ReferralForm(request.POST, auto_id="referral_%s")
    return _answer(
        request,
        case,
        "referral",
        form,
        lambda sent: referrals.refer(case_id=case.pk, by=request.posting, request=request, **sent),
    )


@endpoint(["POST"], "assistance.work_cases", lookup=casefile.find_referral)
def answer_referral(request, referral, case):
    form = casefile.answer_form(referral, timezone.localdate(), request.POST)
    return _answer(
        request,
        case,
        f"answer-{referral.pk}",
        form,
        lambda sent: referrals.answer(referral_id=referral.pk, by=request.posting, request=request, **sent),
    )


@endpoint(["POST"], "assistance.work_cases", lookup=casefile.find_referral)
def correct_answer(request, referral, case):
    """An answer written down wrong, put right."""
    form = casefile.correction_form(referral, request.POST)
    return _answer(
        request,
        case,
        f"correction-{referral.pk}",
        form,
        lambda sent: referrals.correct_answer(referral_id=referral.pk, by=request.posting, request=request, **sent),
    )


@endpoint(["POST"], "assistance.work_cases", lookup=casefile.find_case)
def serve(request, case):
    form = ServiceForm(request.POST, auto_id="service_%s")
    return _answer(
        request,
        case,
        "service",
        form,
        lambda sent: referrals.serve(case_id=case.pk, by=request.posting, request=request, **sent),
    )


@endpoint(["POST"], "assistance.work_cases", lookup=casefile.find_follow_up)
def record_follow_up(request, follow_up, case):
    form = casefile.follow_up_form(follow_up, timezone.localdate(), request.POST)
    return _answer(
        request,
        case,
        f"follow-up-{follow_up.pk}",
        form,
        lambda sent: follow_ups.record(follow_up_id=follow_up.pk, by=request.posting, request=request, **sent),
    )
