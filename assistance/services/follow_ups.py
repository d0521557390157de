"""Looking after somebody placed (回访): planned with the placement, each recorded once."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.choices import CaseState, FollowUpOutcome
from assistance.models import FollowUp
from assistance.services.holding import held
from assistance.workflow import CASE
from city import parameters
from city.moves import StepRefused, move
from city.trail import acting
from config.conflict import Conflict
from households.choices import LabourState, Source
from households.services import labour


def plan(case):
    """One so many days after the first day of work, as the city says; what was done before a second try stays."""
    days = parameters.value("follow_up_days", case.community, case.placed_on)
    known = set(case.follow_ups.values_list("due_on", flat=True))
    due = {case.placed_on + timedelta(days=count) for count in days} - known
    FollowUp.objects.bulk_create(FollowUp(case=case, due_on=day) for day in sorted(due))


def drop_open(case):
    """The placement they were for came to nothing."""
    case.follow_ups.filter(done_on=None).delete()


def record(*, follow_up_id, done_on, outcome, by, words="", left_on=None, request=None):
    """What was found. Still at work confirms the ledger's job; no longer at work ends it there, on `left_on`.

    The last one done takes the case a step on.
    """
    with acting(posting=by, reason=_("Follow-up"), request=request):
        follow_up = FollowUp.objects.select_related("staff").get(pk=follow_up_id)
        case = held(follow_up.case_id, by, "assistance.work_cases")
        follow_up.refresh_from_db()
        if follow_up.done_on is not None or case.state != CaseState.PLACED:
            raise Conflict(_("This follow-up is done, or the case has moved on."), by=follow_up.staff)
        if not case.placed_on <= done_on <= timezone.localdate():
            raise StepRefused("done_on", _("A day between the first day of work and today is needed."))
        follow_up.done_on, follow_up.outcome, follow_up.words = done_on, outcome, words
        follow_up.staff = by.staff
        follow_up.save(update_fields=["done_on", "outcome", "words", "staff"])
        _tell_ledger(case, done_on, outcome, left_on, by)
        case.refresh_from_db()
        if not case.follow_ups.filter(done_on=None).exists():
            move(case, "follow_up", workflow=CASE, by=by, version=case.version, request=request)
        return follow_up


def _tell_ledger(case, done_on, outcome, left_on, by):
    if outcome == FollowUpOutcome.WORKS and _works_on(case, done_on):
        labour.confirm(resident_ids=[case.resident_id], on=done_on, by=by)
    if outcome != FollowUpOutcome.LEFT:
        return
    if left_on is None or not case.placed_on <= left_on <= done_on:
        raise StepRefused("left_on", _("Give the last day of work, between the first day and the follow-up."))
    if _works_on(case, left_on) and _works_on(case, done_on):
        try:
            labour.lost_work(resident_id=case.resident_id, on=left_on, source=Source.VISIT, by=by)
        except labour.LedgerRefused as refused:
            raise StepRefused("left_on", refused.message) from refused


def _works_on(case, day):
    spell = case.resident.labour_spells.filter(started_on__lte=day).order_by("started_on").last()
    return spell is not None and spell.state == LabourState.EMPLOYED
