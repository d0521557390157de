"""An answer written down wrong is put right; what it brought about is taken back with it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assistance.choices import CaseState, RefusalReason
from assistance.models import Commitment, Referral
from assistance.services import referrals
from assistance.workflow import CASE
from city.models import Clock, Move, Parameter
from city.moves import NotAllowed, StepRefused, history
from config.conflict import Conflict
from tests.assistance.case_desk import case_in, elsewhere, make_desk, place, step
from tests.city.factories import PostingFactory
from tests.desks import sign_in

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def desk():
    return make_desk()


def refused(desk, case, times=1):
    """Jobs refused because the person does not like them, the last one returned."""
    for _time in range(times):
        told = {"employer_name": "Silk mill", "job": "weaver", "referred_on": TODAY, "by": desk.clerk}
        referral = referrals.refer(case_id=case.pk, **told)
        told = {"answer": "refused_by_person", "reason": "dislike", "answered_on": TODAY, "by": desk.clerk}
        referrals.answer(referral_id=referral.pk, **told)
    return referral


def correct(desk, referral, answer="refused_by_employer", **told):
    told = {"answered_on": TODAY, "by": desk.clerk} | told
    return referrals.correct_answer(referral_id=referral.pk, answer=answer, **told)


def test_a_corrected_answer_stands_in_the_history(desk):
    case = case_in(desk, CaseState.PLACING)
    corrected = correct(desk, refused(desk, case), words="the firm called")
    assert (corrected.answer, corrected.reason, corrected.words) == ("refused_by_employer", "", "the firm called")
    last = history(case, CASE)[-1]
    assert last.action == "correct"
    assert "weaver" in last.words


def test_a_corrected_reason_stands_in_the_history_too(desk):
    case = case_in(desk, CaseState.PLACING)
    correct(desk, refused(desk, case), answer="refused_by_person", reason="health")
    words = history(case, CASE)[-1].words
    assert words.index(str(RefusalReason.DISLIKE.label)) < words.index(str(RefusalReason.HEALTH.label))


def test_a_promise_void_by_the_wrong_answer_alone_is_owed_again_with_its_due_moment(desk):
    case = case_in(desk, CaseState.PLACING)
    due = Clock.objects.get().due_at
    last = refused(desk, case, times=3)
    assert not Commitment.objects.get().is_owed
    correct(desk, last, answer="refused_by_person", reason="health")
    promise = Commitment.objects.get()
    assert (promise.is_owed, promise.voided_on, promise.void_reason) == (True, None, "")
    assert (promise.clock.due_at, promise.clock.stopped_at) == (due, None)
    assert not case.__class__.objects.flagged(TODAY).exists()


def test_a_promise_stays_void_while_the_refusals_are_enough_without_it(desk):
    Parameter.objects.create(
        name="refusals_until_exit", area=desk.community, in_force_from=TODAY - timedelta(days=9), value=1
    )
    case = case_in(desk, CaseState.PLACING)
    first, second = refused(desk, case), refused(desk, case)
    correct(desk, first)
    assert not Commitment.objects.get().is_owed
    correct(desk, second)
    assert Commitment.objects.get().is_owed


def test_a_correction_may_make_the_promise_void(desk):
    case = case_in(desk, CaseState.PLACING)
    refused(desk, case, times=2)
    third = correct(desk, refused(desk, case))
    assert Commitment.objects.get().is_owed
    correct(desk, third, answer="no_show", reason="none_given")
    assert Commitment.objects.get().void_reason == "refusals"
    assert history(case, CASE)[-1].action == "void"


def test_corrected_after_the_placement_the_promise_was_kept(desk):
    case = case_in(desk, CaseState.PLACING)
    last = refused(desk, case, times=3)
    place(desk, case)
    assert Commitment.objects.get().kept_on is None
    correct(desk, last)
    promise = Commitment.objects.get()
    assert (promise.kept_on, promise.voided_on) == (TODAY, None)
    assert promise.clock.stopped_at


def test_an_answer_nobody_gave_is_waited_for_again(desk):
    case = case_in(desk, CaseState.PLACING)
    referral = correct(desk, refused(desk, case), answer="waiting")
    assert (referral.answered_on, referral.reason) == (None, "")
    assert referrals.answer(referral_id=referral.pk, answer="hired", answered_on=TODAY, by=desk.clerk)


def test_what_cannot_be_corrected_stays_as_it_was(desk):
    case = case_in(desk, CaseState.PLACING)
    referral = refused(desk, case)
    steps = Move.objects.count()
    with pytest.raises(StepRefused) as error:
        correct(desk, referral, answer="no_show")
    assert error.value.field == "reason"
    with pytest.raises(StepRefused) as error:
        correct(desk, referral, answered_on=TODAY + timedelta(days=1))
    assert error.value.field == "answered_on"
    for by in (desk.street, PostingFactory(area=elsewhere(desk.community), role=desk.clerk.role)):
        with pytest.raises(NotAllowed):
            correct(desk, referral, by=by)
    step(desk, case, "lapse", reason="moved", words="left the city")
    with pytest.raises(Conflict):
        correct(desk, referral)
    assert Referral.objects.get().answer == "refused_by_person"
    assert Move.objects.count() == steps + 1


def test_the_page_puts_an_answer_right(client, desk):
    case = case_in(desk, CaseState.PLACING)
    referral = refused(desk, case)
    sign_in(client, desk.clerk.role, desk.community)
    row = client.get(f"/cases/{case.pk}/").context["referrals"][0]
    assert row.correction.initial["answer"] == "refused_by_person"
    url = f"/referrals/{referral.pk}/correct/"
    wrong = client.post(url, {"answer": "no_show", "answered_on": TODAY})
    assert wrong.status_code == 422
    assert wrong.context["referrals"][0].correction.errors["reason"]
    assert client.post(url, {"answer": "hired", "answered_on": TODAY}).status_code == 302
    assert Referral.objects.get().answer == "hired"
