"""Jobs put before a person with their answers, and the other services done for them."""

from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.choices import CaseState, ReferralAnswer, ServiceKind, VoidReason
from assistance.models import Referral, Service
from assistance.services import cases, promises
from assistance.services.holding import held
from assistance.workflow import CASE
from city import facts, parameters
from city.moves import NotAllowed, StepRefused, move
from city.trail import acting
from config.conflict import Conflict
from households.models import Resident

_WORK = "assistance.work_cases"
_MAY_BE_REFERRED = (CaseState.VERIFIED, CaseState.COMMITTED, CaseState.PLACING)
_ANSWERS_WITH_A_REASON = (ReferralAnswer.REFUSED_BY_PERSON, ReferralAnswer.NO_SHOW)


def introduce(*, resident_id, employer_name, job, by, permission=_WORK, monthly_wage=None, request=None):
    """Put one job before a person today: as part of the open case, which asks for its own right, or on its own."""
    with acting(posting=by, reason=_("Job introduced"), request=request):
        resident = _resident(resident_id, by, permission)
        today = timezone.localdate()
        told = {"employer_name": employer_name, "job": job, "monthly_wage": monthly_wage, "referred_on": today}
        case = resident.cases.open().first()
        if case is not None:
            return refer(case_id=case.pk, by=by, request=request, **told)
        referral = Referral.objects.create(resident=resident, staff=by.staff, **told)
        _note(resident.pk, None, ServiceKind.JOB_OFFER, today, str(referral), by)
        return referral


def _resident(resident_id, by, permission):
    resident = Resident.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=resident_id).first()
    if resident is None or not by.may(permission):
        raise NotAllowed
    return resident


def refer(*, case_id, employer_name, job, referred_on, by, monthly_wage=None, request=None):
    """Put one job before the person; the first begins the placing. It counts as a job introduced."""
    with acting(posting=by, reason=_("Job introduced"), request=request):
        case = held(case_id, by, _WORK)
        if case.state not in _MAY_BE_REFERRED:
            raise StepRefused("action", _("Jobs are introduced between verification and placement."))
        _check_day("referred_on", referred_on, case.applied_on)
        if case.state != CaseState.PLACING:
            cases.take(case_id=case.pk, action="start_placing", version=case.version, by=by, request=request)
        referral = Referral.objects.create(
            resident_id=case.resident_id,
            case=case,
            employer_name=employer_name,
            job=job,
            monthly_wage=monthly_wage,
            referred_on=referred_on,
            staff=by.staff,
        )
        _note(case.resident_id, case, ServiceKind.JOB_OFFER, referred_on, str(referral), by)
        return referral


def answer(*, referral_id, answer, answered_on, by, permission=_WORK, reason="", words="", request=None):
    """What came of a referral. As many refusals without good reason as the city allows make the promise void.

    `permission` is asked for a referral without a case; one of a case asks for the case's.
    """
    with acting(posting=by, reason=_("Answer to a referral"), request=request):
        referral = Referral.objects.select_related("staff").get(pk=referral_id)
        case = _case_of(referral, by, permission)
        referral.refresh_from_db()
        if referral.answer != ReferralAnswer.WAITING or (case and not case.is_open):
            raise Conflict(_("This referral is answered already."), by=referral.staff)
        _check_day("answered_on", answered_on, referral.referred_on)
        _write_answer(referral, answer, answered_on, reason, words)
        if case is not None:
            _void_if_refused_too_often(case, by)
        facts.tell(facts.ReferralAnswered(referral.pk, by))
        return referral


def _case_of(referral, by, permission):
    """The case it is part of, held; None for one on its own. Either way the posting may write it."""
    if referral.case_id:
        return held(referral.case_id, by, _WORK)
    _resident(referral.resident_id, by, permission)
    return None


def correct_answer(*, referral_id, answer, answered_on, by, permission=_WORK, reason="", words="", request=None):
    """An answer written down wrong. A promise that only this made void is owed again, as if it always had been."""
    with acting(posting=by, reason=_("Answer put right"), request=request):
        referral = Referral.objects.select_related("staff").get(pk=referral_id)
        case = _case_of(referral, by, permission)
        referral.refresh_from_db()
        if referral.answer == ReferralAnswer.WAITING or (case and not case.is_open):
            raise Conflict(_("There is no answer to put right, or the case is closed."), by=referral.staff)
        _check_day("answered_on", answered_on, referral.referred_on)
        before = _in_words(referral)
        _write_answer(referral, answer, answered_on, reason, words)
        if case is not None:
            told = f"{referral}：{before} → {_in_words(referral)}"
            _weigh_again(move(case, "correct", workflow=CASE, by=by, version=case.version, words=told), by)
        facts.tell(facts.ReferralAnswered(referral.pk, by))
        return referral


def _in_words(referral):
    return " · ".join(filter(None, [referral.get_answer_display(), referral.get_reason_display()]))


def _weigh_again(case, by):
    if not _is_refused_too_often(case):
        promises.owe_again(case)
    elif case.state in CaseState.UNPLACED:
        _void_if_refused_too_often(case, by)


def _write_answer(referral, answer, answered_on, reason, words):
    needs_reason = answer in _ANSWERS_WITH_A_REASON
    if needs_reason and not reason:
        raise StepRefused("reason", _("Say why the job was refused."))
    referral.answer = answer
    referral.answered_on = None if answer == ReferralAnswer.WAITING else answered_on
    referral.reason = reason if needs_reason else ""
    referral.words = words
    referral.save(update_fields=["answer", "answered_on", "reason", "words"])


def _is_refused_too_often(case):
    allowed = parameters.value("refusals_until_exit", case.community, timezone.localdate())
    return case.referrals.refused_without_good_reason().count() >= allowed


def _void_if_refused_too_often(case, by):
    if case.promise is None or not case.promise.is_owed or not _is_refused_too_often(case):
        return
    refused = case.referrals.refused_without_good_reason().count()
    words = _("%(count)s jobs refused without good reason") % {"count": refused}
    case = move(case, "void", workflow=CASE, by=by, version=case.version, words=words)
    promises.void(case, VoidReason.REFUSALS)


def serve(*, case_id, kind, provided_on, by, words="", request=None):
    """Something done for the person, with its day."""
    with acting(posting=by, reason=_("Service"), request=request):
        case = held(case_id, by, _WORK)
        if not case.is_open:
            raise StepRefused("action", _("This case is closed."))
        if provided_on > timezone.localdate():
            raise StepRefused("provided_on", _("This day still lies ahead."))
        return _note(case.resident_id, case, kind, provided_on, words, by)


def _note(resident_id, case, kind, day, words, by):
    return Service.objects.create(
        resident_id=resident_id, case=case, kind=kind, provided_on=day, words=words[:200], staff=by.staff
    )


def _check_day(field, day, first):
    if not first <= day <= timezone.localdate():
        raise StepRefused(field, _("A day between %(first)s and today is needed.") % {"first": first.isoformat()})
