"""What a case's steps ask for and bring about: verification, promise, placement, follow-ups, refusals, facts."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from assistance.choices import CaseState, Intake, RefusalReason, ServiceKind
from assistance.models import Case, Commitment, FollowUp, Referral, Service
from assistance.services import cases, follow_ups, referrals
from assistance.workflow import CASE
from city import facts
from city.models import Clock, Move, Parameter
from city.moves import NotAllowed, StepRefused, history
from config.conflict import Conflict
from households import ledger
from households.choices import Channel, LabourState
from households.models import FourClear, LabourSpell, LedgerSpan
from households.services import labour
from tests.assistance.case_desk import CLEAR, JOB, case_in, make_desk, make_person, open_case, place, step
from tests.households.factories import LabourSpellFactory, MembershipFactory, ZeroEmploymentEpisodeFactory

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)


@pytest.fixture
def desk():
    return make_desk()


def state_of(case):
    return Case.objects.values_list("state", flat=True).get(pk=case.pk)


# Applying


def test_a_case_gets_the_next_number_of_its_community_and_year(desk):
    numbers = [open_case(desk, make_person(desk.home)).number for _ in range(2)]
    assert numbers == [f"援〔{TODAY.year}〕{desk.community.code}-000{n}" for n in (1, 2)]
    assert open_case(desk, applied_on=date(TODAY.year - 1, 12, 31)).number.endswith("-0001")


def test_a_new_case_knows_who_answers_and_begins_its_history(desk):
    case = open_case(desk, intake=Intake.HOTLINE, words="called twice")
    assert (case.state, case.responsible, case.community) == ("applied", desk.clerk.staff, desk.community)
    (told,) = history(case, CASE)
    assert (told.action, told.to_state, told.words) == ("apply", "applied", "called twice")


def test_what_was_asked_stays_whatever_is_said_at_a_step(desk):
    case = open_case(desk, words="work near home")
    step(desk, case, "not_eligible", reason="age", words="turned 60 in May")
    case.refresh_from_db()
    assert case.words == "work near home"
    assert [one.words for one in history(case, CASE)] == ["work near home", "turned 60 in May"]
    assert history(case, CASE)[0].label == CASE.steps["apply"][0].label


def test_a_person_has_one_open_case(desk):
    open_case(desk)
    with pytest.raises(Conflict):
        open_case(desk)
    assert Case.objects.count() == 1


def test_nobody_applies_on_a_day_to_come(desk):
    with pytest.raises(StepRefused) as refused:
        open_case(desk, applied_on=TODAY + DAY)
    assert refused.value.field == "applied_on"
    assert not Case.objects.exists()


# Verifying


@pytest.mark.parametrize("missing", CLEAR)
def test_all_four_must_be_known(desk, missing):
    FourClear.objects.create(resident=desk.person, noted_on=TODAY, **CLEAR | {missing: ""})
    case = open_case(desk)
    with pytest.raises(StepRefused) as refused:
        step(desk, case, "verify")
    assert str(FourClear._meta.get_field(missing).verbose_name) in refused.value.message
    assert state_of(case) == "applied"


def test_somebody_nobody_asked_cannot_be_verified(desk):
    case = open_case(desk, make_person(desk.home, clear=False))
    with pytest.raises(StepRefused):
        step(desk, case, "verify")


@pytest.mark.parametrize(
    ("entitled", "state"),
    [(None, "applied"), ("hardship", "verified"), ("episode", "verified"), ("preventive", "verified")],
)
def test_a_certification_a_certified_household_or_prevention_entitles(desk, entitled, state):
    person = make_person(desk.home, certified=entitled == "hardship")
    if entitled == "episode":
        ZeroEmploymentEpisodeFactory(household=desk.home, certified_on=TODAY)
    case = open_case(desk, person, preventive=entitled == "preventive")
    if entitled is None:
        with pytest.raises(StepRefused):
            step(desk, case, "verify")
    else:
        step(desk, case, "verify")
    assert state_of(case) == state


@pytest.mark.parametrize(("ended", "state"), [(TODAY - DAY, "applied"), (TODAY, "verified")])
def test_a_certification_entitles_up_to_its_last_day(desk, ended, state):
    desk.person.hardship_certifications.update(ended_on=ended)
    case = open_case(desk)
    if state == "applied":
        with pytest.raises(StepRefused):
            step(desk, case, "verify")
    else:
        step(desk, case, "verify")
    assert state_of(case) == state


# Promising


def actions(desk, case):
    case = Case.objects.get(pk=case.pk)
    return {one.action for one in cases.steps_for(case, desk.clerk)}


def test_only_who_accepts_any_suitable_job_is_promised_one(desk):
    case = open_case(desk, accepts_any=False)
    step(desk, case, "verify")
    assert {"commit", "start_placing"} & actions(desk, case) == {"start_placing"}
    with pytest.raises(StepRefused):
        step(desk, case, "commit")
    step(desk, case, "start_placing")
    assert not Commitment.objects.exists()


def test_who_accepts_any_suitable_job_is_promised_one_before_placing(desk):
    case = case_in(desk, CaseState.VERIFIED)
    assert {"commit", "start_placing"} & actions(desk, case) == {"commit"}
    with pytest.raises(StepRefused):
        step(desk, case, "start_placing")
    assert state_of(case) == "verified"


def test_the_promise_runs_from_the_verification_for_the_time_the_city_allows(desk):
    Parameter.objects.create(
        name="commitment_deadline", area=desk.community.parent, in_force_from=date(2026, 1, 1), value={"hours": 72}
    )
    case = case_in(desk, CaseState.COMMITTED)
    clock = case.commitment.clock
    verified = Move.objects.get(workflow=CASE.name, key=case.pk, action="verify")
    assert (clock.unit, clock.allowance, clock.started_at) == ("hours", 72, verified.at)
    assert clock.due_at - clock.started_at == timedelta(hours=72)


def test_a_case_sent_back_keeps_its_promise(desk):
    case = case_in(desk, CaseState.RETURNED)
    before = Clock.objects.values().get()
    step(desk, case, "verify")
    step(desk, case, "commit")
    assert Commitment.objects.count() == 1
    assert Clock.objects.values().get() == before


def test_time_that_stands_still_is_told_and_goes_on(desk):
    case = case_in(desk, CaseState.COMMITTED)
    assert "resume" not in actions(desk, case)
    step(desk, case, "pause", reason="ill", words="hospital")
    pause = case.commitment.clock.pauses.get()
    assert (pause.reason, pause.words, pause.paused_by) == ("ill", "hospital", desk.clerk.staff)
    assert Clock.objects.get().due_at is None
    assert {"pause", "resume"} & actions(desk, case) == {"resume"}
    step(desk, case, "resume")
    assert Clock.objects.get().due_at is not None
    assert [one.action for one in history(case, CASE)][-2:] == ["pause", "resume"]


@pytest.mark.parametrize("action", ["pause", "resume"])
def test_without_a_promise_no_clock_stops(desk, action):
    case = case_in(desk, CaseState.VERIFIED)
    with pytest.raises(StepRefused):
        step(desk, case, action, reason="ill")


def test_a_promise_that_is_overdue_cannot_be_stopped(desk):
    case = case_in(desk, CaseState.COMMITTED)
    due = timezone.now() - timedelta(minutes=1)
    Clock.objects.update(started_at=due - DAY, due_at=due)
    assert not {"pause", "resume"} & actions(desk, case)
    with pytest.raises(StepRefused):
        step(desk, case, "pause", reason="ill")
    assert Clock.objects.get().due_at == due


# Placing


def test_placing_writes_the_job_stops_the_clock_and_plans_the_follow_ups(desk):
    case = place(desk, case_in(desk, CaseState.PLACING))
    spell = LabourSpell.objects.get(resident=desk.person, state=LabourState.EMPLOYED)
    assert (spell.started_on, spell.employer_name, spell.channel) == (TODAY, "Silk mill", "employer")
    case.refresh_from_db()
    assert (case.state, case.placed_on, case.spell) == ("placed", TODAY, spell)
    assert (case.commitment.kept_on, case.commitment.voided_on) == (TODAY, None)
    assert case.commitment.clock.stopped_at
    assert list(case.follow_ups.values_list("due_on", flat=True)) == [TODAY + n * DAY for n in (7, 30, 90)]


def test_a_job_the_ledger_knows_is_used(desk):
    case = open_case(desk, applied_on=TODAY - 9 * DAY)
    step(desk, case, "verify")
    spell = LabourSpellFactory(resident=desk.person, started_on=TODAY - 2 * DAY)
    ledger.rebuild([desk.person.pk])
    case = place(desk, case, on=TODAY - DAY, job=None)
    assert (case.spell, case.placed_on) == (spell, TODAY - DAY)
    assert LabourSpell.objects.filter(resident=desk.person).count() == 2


@pytest.mark.parametrize(
    ("on", "job", "field"),
    [
        (TODAY, None, "channel"),
        (TODAY + DAY, JOB, "placed_on"),
        (TODAY - DAY, JOB, "placed_on"),
    ],
)
def test_a_placement_needs_a_job_on_a_day_that_has_come(desk, on, job, field):
    case = case_in(desk, CaseState.PLACING)
    left = list(LabourSpell.objects.values()), Move.objects.count()
    with pytest.raises(StepRefused) as refused:
        place(desk, case, on=on, job=job)
    assert refused.value.field == field
    assert (list(LabourSpell.objects.values()), Move.objects.count()) == left
    assert state_of(case) == "placing"


def test_a_job_that_contradicts_the_ledger_is_refused_with_its_reason(desk):
    case = case_in(desk, CaseState.PLACING)
    LabourSpellFactory(resident=desk.person, started_on=TODAY + 5 * DAY, state=LabourState.INACTIVE)
    with pytest.raises(StepRefused) as refused:
        place(desk, case)
    assert refused.value.field == "placed_on"
    assert state_of(case) == "placing"


def test_a_paused_promise_is_kept_when_the_person_is_placed(desk):
    case = case_in(desk, CaseState.COMMITTED)
    step(desk, case, "pause", reason="ill")
    place(desk, case)
    clock = Clock.objects.get()
    assert clock.due_at
    assert clock.stopped_at
    assert Commitment.objects.get().kept_on == TODAY


def test_how_soon_to_follow_up_is_the_citys(desk):
    Parameter.objects.create(name="follow_up_days", area=desk.community, in_force_from=date(2026, 1, 1), value=[3])
    case = case_in(desk, CaseState.PLACED)
    assert case.follow_ups.get().due_on == TODAY + 3 * DAY


# Following up


def record(desk, case, outcome="works", **sent):
    first = case.follow_ups.filter(done_on=None).order_by("due_on").first()
    sent = {"done_on": TODAY} | sent
    return follow_ups.record(follow_up_id=first.pk, outcome=outcome, by=sent.pop("by", desk.clerk), **sent)


def test_the_last_follow_up_takes_the_case_on(desk):
    case = case_in(desk, CaseState.PLACED)
    for left in (2, 1):
        record(desk, case)
        assert state_of(case) == "placed"
        assert case.follow_ups.filter(done_on=None).count() == left
    record(desk, case)
    assert state_of(case) == "followed_up"
    step(desk, case, "close")
    assert Case.objects.get().closed_on == TODAY


def test_still_at_work_confirms_the_ledger(desk):
    case = case_in(desk, CaseState.PLACED)
    LabourSpell.objects.filter(pk=case.spell_id).update(confirmed_on=date(2026, 1, 1))
    record(desk, case)
    assert LabourSpell.objects.get(pk=case.spell_id).confirmed_on == TODAY


def test_no_longer_at_work_ends_the_job_and_flags_the_case(desk):
    case = case_in(desk, CaseState.PLACED)
    with pytest.raises(StepRefused) as refused:
        record(desk, case, "left")
    assert refused.value.field == "left_on"
    Case.objects.update(placed_on=TODAY - 5 * DAY)
    LabourSpell.objects.filter(pk=case.spell_id).update(started_on=TODAY - 5 * DAY)
    record(desk, case, "left", left_on=TODAY - DAY)
    span = LedgerSpan.objects.in_force_on(TODAY).get(resident=desk.person)
    assert (span.state, span.first_on) == (LabourState.UNEMPLOYED, TODAY)
    assert Case.objects.flagged(TODAY).get() == case
    assert "job_ended" in [one.action for one in history(case, CASE)]


@pytest.mark.parametrize("sent", [{"done_on": TODAY + DAY}, {"done_on": TODAY - DAY}])
def test_a_follow_up_is_done_between_the_first_day_of_work_and_today(desk, sent):
    case = case_in(desk, CaseState.PLACED)
    with pytest.raises(StepRefused) as refused:
        record(desk, case, **sent)
    assert refused.value.field == "done_on"
    assert not FollowUp.objects.exclude(done_on=None).exists()


def test_a_follow_up_is_recorded_once(desk):
    case = case_in(desk, CaseState.PLACED)
    done = record(desk, case)
    with pytest.raises(Conflict):
        follow_ups.record(follow_up_id=done.pk, done_on=TODAY, outcome="changed", by=desk.clerk)


def test_who_is_out_of_work_again_is_not_closed_silently(desk):
    case = case_in(desk, CaseState.FOLLOWED_UP)
    labour.lost_work(
        resident_id=desk.person.pk, on=TODAY, next_state=LabourState.UNEMPLOYED, source="visit", by=desk.clerk
    )
    LabourSpell.objects.filter(pk=case.spell_id).update(started_on=TODAY - 3 * DAY)
    LabourSpell.objects.filter(resident=desk.person, started_on=TODAY + DAY).update(started_on=TODAY)
    ledger.rebuild([desk.person.pk])
    assert Case.objects.flagged(TODAY).exists()
    with pytest.raises(StepRefused):
        step(desk, case, "close")
    step(desk, case, "place_again", words="out of work since today")
    case.refresh_from_db()
    assert (case.state, case.placed_on, case.spell) == ("placing", None, None)


def test_placing_again_drops_what_was_planned_and_keeps_what_was_done(desk):
    case = case_in(desk, CaseState.PLACED)
    done = record(desk, case)
    step(desk, case, "place_again", words="the firm closed")
    assert list(case.follow_ups.all()) == [done]
    place(desk, case, job=None)
    assert case.follow_ups.count() == 3
    assert case.follow_ups.get(pk=done.pk).done_on


# Referrals and refusals


def refer(desk, case, **sent):
    sent = {"employer_name": "Silk mill", "job": "weaver", "referred_on": TODAY, "by": desk.clerk} | sent
    return referrals.refer(case_id=case.pk, **sent)


def refuse(desk, case, reason=RefusalReason.DISLIKE, answer="refused_by_person"):
    referral = refer(desk, case)
    return referrals.answer(referral_id=referral.pk, answer=answer, reason=reason, answered_on=TODAY, by=desk.clerk)


def test_the_first_referral_begins_the_placing_and_counts_as_a_service(desk):
    case = case_in(desk, CaseState.COMMITTED)
    refer(desk, case)
    refer(desk, case)
    assert state_of(case) == "placing"
    assert Service.objects.filter(case=case, kind=ServiceKind.JOB_OFFER).count() == 2


@pytest.mark.parametrize("state", ["applied", "returned", "placed", "lapsed"])
def test_jobs_are_introduced_between_verification_and_placement(desk, state):
    case = case_in(desk, state)
    with pytest.raises(StepRefused):
        refer(desk, case)
    assert not Referral.objects.exists()


def test_a_referral_does_not_get_round_the_promise(desk):
    case = case_in(desk, CaseState.VERIFIED)
    with pytest.raises(StepRefused):
        refer(desk, case)
    assert state_of(case) == "verified"
    assert not Referral.objects.exists()


@pytest.mark.parametrize("answer", ["refused_by_person", "no_show"])
def test_a_refusal_needs_a_reason(desk, answer):
    case = case_in(desk, CaseState.PLACING)
    with pytest.raises(StepRefused) as refused:
        refuse(desk, case, reason="", answer=answer)
    assert refused.value.field == "reason"


def test_an_answer_is_given_once(desk):
    case = case_in(desk, CaseState.PLACING)
    answered = refuse(desk, case)
    with pytest.raises(Conflict):
        referrals.answer(referral_id=answered.pk, answer="hired", answered_on=TODAY, by=desk.clerk)


def test_the_employers_refusal_has_no_reason_of_the_persons(desk):
    case = case_in(desk, CaseState.PLACING)
    answered = refuse(desk, case, reason=RefusalReason.DISLIKE, answer="refused_by_employer")
    assert answered.reason == ""


def test_three_refusals_without_good_reason_make_the_promise_void_and_flag_the_case(desk):
    case = case_in(desk, CaseState.PLACING)
    reasons = [RefusalReason.DISLIKE, RefusalReason.CARE, RefusalReason.NONE_GIVEN, RefusalReason.WAGE]
    for reason in reasons:
        refuse(desk, case, reason=reason)
    assert Commitment.objects.get().is_owed
    assert not Case.objects.flagged(TODAY).exists()
    refuse(desk, case)
    promise = Commitment.objects.get()
    assert (promise.voided_on, promise.void_reason) == (TODAY, "refusals")
    assert promise.clock.stopped_at
    assert state_of(case) == "placing"
    assert Case.objects.flagged(TODAY).get().refused_thrice
    assert history(case, CASE)[-1].action == "void"


def test_how_many_refusals_is_the_citys(desk):
    Parameter.objects.create(name="refusals_until_exit", area=desk.community, in_force_from=date(2026, 1, 1), value=1)
    case = case_in(desk, CaseState.PLACING)
    refuse(desk, case)
    assert not Commitment.objects.get().is_owed


def test_after_a_void_promise_placing_goes_on_without_one(desk):
    Parameter.objects.create(name="refusals_until_exit", area=desk.community, in_force_from=date(2026, 1, 1), value=1)
    case = case_in(desk, CaseState.PLACING)
    refuse(desk, case)
    step(desk, case, "send_back", by=desk.street, reason="papers", words="look again")
    step(desk, case, "verify")
    assert {"commit", "start_placing"} & actions(desk, case) == {"start_placing"}
    with pytest.raises(StepRefused):
        step(desk, case, "commit")
    step(desk, case, "start_placing")
    place(desk, case)
    assert Commitment.objects.get().kept_on is None


def test_a_lapsed_case_owes_nothing(desk):
    case = case_in(desk, CaseState.PLACING)
    step(desk, case, "lapse", reason="no_wish", words="said so")
    promise = Commitment.objects.get()
    assert (promise.voided_on, promise.void_reason) == (TODAY, "lapsed")
    assert Case.objects.get().closed_on == TODAY


def test_services_are_recorded_with_who_gave_them(desk):
    case = case_in(desk, CaseState.APPLIED)
    given = referrals.serve(case_id=case.pk, kind=ServiceKind.POLICY, provided_on=TODAY, words="told", by=desk.clerk)
    assert (given.resident, given.case, given.staff) == (desk.person, case, desk.clerk.staff)
    with pytest.raises(StepRefused):
        referrals.serve(case_id=case.pk, kind=ServiceKind.POLICY, provided_on=TODAY + DAY, by=desk.clerk)


# Details


def details(desk, case, by=None, **sent):
    version = Case.objects.values_list("version", flat=True).get(pk=case.pk)
    sent = {"measure": "fair", "responsible": desk.clerk.staff, "accepts_any": True, "version": version} | sent
    return cases.set_details(case_id=case.pk, by=by or desk.clerk, **sent)


def test_details_change_until_somebody_else_was_quicker(desk):
    case = case_in(desk, CaseState.APPLIED)
    assert details(desk, case, accepts_any=False).measure == "fair"
    with pytest.raises(Conflict):
        details(desk, case, version=0)
    with pytest.raises(NotAllowed):
        details(desk, case, by=desk.street)


def test_any_suitable_job_stands_once_work_was_promised(desk):
    case = case_in(desk, CaseState.COMMITTED)
    with pytest.raises(StepRefused) as refused:
        details(desk, case, accepts_any=False)
    assert refused.value.field == "accepts_any"


# What others tell


@pytest.mark.parametrize("state", CaseState.UNPLACED)
def test_a_confirmed_job_places_the_open_case(desk, state):
    case = case_in(desk, state)
    spell = labour.found_work(
        resident_id=desk.person.pk, on=TODAY, channel=Channel.FLEXIBLE, source="visit", by=desk.clerk
    )
    facts.tell(facts.JobConfirmed(desk.person.pk, spell.pk, TODAY, desk.street))
    case.refresh_from_db()
    assert (case.state, case.placed_on, case.spell) == ("placed", TODAY, spell)
    assert case.follow_ups.count() == 3
    assert not Commitment.objects.in_force().exists()
    assert history(case, CASE)[-1].staff == desk.street.staff


def test_a_confirmed_job_of_somebody_without_a_case_changes_nothing(desk):
    facts.tell(facts.JobConfirmed(desk.person.pk, None, TODAY, desk.street))
    assert not Move.objects.exists()


@pytest.mark.parametrize("by", ["clerk", None])
def test_a_job_that_ends_flags_whom_it_had_placed(desk, by):
    case = case_in(desk, CaseState.PLACED)
    LabourSpell.objects.filter(pk=case.spell_id).update(started_on=TODAY - 3 * DAY)
    labour.lost_work(resident_id=desk.person.pk, on=TODAY - DAY, source="visit", by=by and getattr(desk, by))
    assert Case.objects.flagged(TODAY).get().out_of_work
    assert state_of(case) == "placed"
    told = history(case, CASE)[-1]
    assert (told.action, told.staff) == ("job_ended", desk.clerk.staff if by else None)


@pytest.mark.parametrize("by", ["clerk", None])
@pytest.mark.parametrize("state", CaseState.OPEN)
def test_the_case_of_somebody_who_left_lapses(desk, state, by):
    case = case_in(desk, state)
    facts.tell(facts.PersonLeft(desk.person.pk, desk.home.pk, TODAY, "died", by and getattr(desk, by)))
    case.refresh_from_db()
    assert (case.state, case.closed_on) == ("lapsed", TODAY)
    assert history(case, CASE)[-1].reason == "died"
    assert not Commitment.objects.in_force().exists()


def test_a_wanted_case_is_opened_once(desk):
    wanted = facts.CaseWanted(desk.person.pk, Intake.LAYOFF, "the mill closes", True, desk.clerk)
    for _ in range(2):
        facts.tell(wanted)
    case = Case.objects.get()
    assert (case.intake, case.preventive, case.words) == ("layoff", True, "the mill closes")


def test_who_left_the_city_has_no_case_opened(desk):
    MembershipFactory(resident=desk.person, household=None, started_on=TODAY - DAY, relation="")
    desk.person.community = None
    desk.person.save()
    facts.tell(facts.CaseWanted(desk.person.pk, Intake.VISIT, "", False, desk.clerk))
    assert not Case.objects.exists()
