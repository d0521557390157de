"""The page of a case, shown by every address that writes about one."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from assistance import overview
from assistance.choices import CaseState, ReferralAnswer
from assistance.eligibility import standing_of
from assistance.forms.cases import (
    AnswerForm,
    CorrectionForm,
    DetailsForm,
    FollowUpForm,
    PlaceForm,
    ReferralForm,
    ServiceForm,
)
from assistance.models import Case, FollowUp, Referral
from assistance.services import cases as service
from assistance.workflow import CASE
from city import parts
from city.moves import history


def find_case(request, case_id):
    seen = Case.objects.visible_to(request.posting).with_flags(timezone.localdate())
    seen = seen.select_related("resident__community", "community", "responsible", "commitment__clock", "spell")
    return {"case": get_object_or_404(seen, pk=case_id)}


def find_referral(request, referral_id):
    seen = Referral.objects.visible_to(request.posting)
    referral = get_object_or_404(seen, pk=referral_id)
    return {"referral": referral, **find_case(request, referral.case_id)}


def find_follow_up(request, follow_up_id):
    seen = FollowUp.objects.visible_to(request.posting)
    follow_up = get_object_or_404(seen, pk=follow_up_id)
    return {"follow_up": follow_up, **find_case(request, follow_up.case_id)}


def case_page(request, case, *, refused=None, sent=None):
    """`refused`: why a button's step was not taken. `sent`: {name of a form: the form as it was sent}."""
    today = timezone.localdate()
    services = list(case.services.select_related("staff").order_by("-provided_on", "-pk"))
    owed, deliveries = overview.checklist(services)
    works = request.posting.may("assistance.work_cases") and case.is_open
    context = {
        "case": case,
        "today": today,
        "five_steps": overview.five_steps(case),
        "standing": standing_of(case, today),
        "promise": case.promise,
        "pauses": overview.pauses_of(case.promise),
        "steps": service.steps_for(case, request.posting),
        "steps_url": reverse("assistance:take_step", args=[case.pk]),
        "refused": refused,
        "services": services,
        "owed": owed,
        "deliveries": deliveries,
        "moves": history(case, CASE),
        "panels": parts.panels_for("case", request, case),
        "may_be_placed": service.may_be_placed(case, request.posting),
        **_tables(case, works, today, sent or {}),
    }
    context["forms"] = _forms(case, context["referrals"], today) | (sent or {}) if works else {}
    context["sent"] = sent or {}
    return render(request, "assistance/case.html", context)


def _tables(case, works, today, sent):
    """Referrals and follow-ups; those that wait have the form that answers them, of follow-ups the next one."""
    referrals = list(case.referrals.select_related("staff").order_by("-referred_on", "-pk"))
    follow_ups = list(case.follow_ups.select_related("staff").order_by("due_on"))
    for row in referrals if works else ():
        if row.answer == ReferralAnswer.WAITING:
            row.form = sent.get(f"answer-{row.pk}") or answer_form(row, today)
        else:
            row.correction = sent.get(f"correction-{row.pk}") or correction_form(row)
    to_do = next((row for row in follow_ups if row.done_on is None), None)
    if works and to_do and case.state == CaseState.PLACED:
        to_do.form = sent.get(f"follow-up-{to_do.pk}") or follow_up_form(to_do, today)
    return {"referrals": referrals, "follow_ups": follow_ups, "next_follow_up": to_do}


def _forms(case, referrals, today):
    hired = next((one for one in referrals if one.answer == ReferralAnswer.HIRED), None)
    return {
        "details": details_form(case, today),
        "place": place_form(case, hired, today),
        "referral": ReferralForm(auto_id="referral_%s", initial={"referred_on": today}),
        "service": ServiceForm(auto_id="service_%s", initial={"provided_on": today}),
    }


def details_form(case, today, data=None):
    initial = {
        "version": case.version,
        "measure": case.measure,
        "responsible": case.responsible_id,
        "accepts_any": case.accepts_any_suitable_job,
    }
    return DetailsForm(data, auto_id="details_%s", initial=initial, community=case.resident.community, day=today)


def place_form(case, hired, today, data=None):
    """Where a job put before the person was taken, it is filled in."""
    initial = {"version": case.version, "placed_on": today}
    if hired:
        initial |= {
            "placed_on": hired.answered_on,
            "channel": "employer",
            "employer_name": hired.employer_name,
            "monthly_income": hired.monthly_wage,
        }
    return PlaceForm(data, auto_id="place_%s", initial=initial)


def answer_form(referral, today, data=None):
    return AnswerForm(data, auto_id=f"answer_{referral.pk}_%s", initial={"answered_on": today})


def correction_form(referral, data=None):
    told = {name: getattr(referral, name) for name in ("answer", "answered_on", "reason", "words")}
    return CorrectionForm(data, auto_id=f"correction_{referral.pk}_%s", initial=told)


def follow_up_form(follow_up, today, data=None):
    return FollowUpForm(data, auto_id=f"follow_up_{follow_up.pk}_%s", initial={"done_on": today})
