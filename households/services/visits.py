"""Visits: what was seen and told at a household, and what it writes into the ledger, all in one transaction.

Nothing changed: the visit itself confirms what then stood of every member. Else what was told of each becomes an
event of the labour timeline. A correction is a visit of its own; the one it corrects no longer counts.
"""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from city.facts import CaseWanted, tell
from city.moves import StepRefused
from city.trail import acting
from config.conflict import Conflict
from households import ledger
from households.choices import (
    DeclarationSource,
    FollowUpNeed,
    LabourState,
    MemberReport,
    Source,
    VisitOutcome,
    VisitWay,
)
from households.ledger import LedgerRefused
from households.models import Household, LabourSpell, Membership, Visit, VisitMember
from households.services import declarations, labour, register
from households.told import FollowUp, Told


class VisitRefused(Exception):
    """The visit cannot be taken so; `field` says where, `resident_id` of which member (None: of the visit itself)."""

    def __init__(self, field, message, resident_id=None):
        super().__init__(message)
        self.field, self.message, self.resident_id = field, str(message), resident_id


def record_visit(
    *,
    household_id,
    by,
    visited_on,
    outcome,
    visited_at=None,
    way=VisitWay.DOOR,
    visitor="",
    told=(),
    nothing_changed=False,
    follow_up=None,
    campaign="",
    note="",
    request=None,
):
    """A visit that took place. `nothing_changed` speaks for every member; else `told` says it of each.

    Raises VisitRefused; then nothing of the visit is kept.
    """
    with acting(posting=by, reason=_("Visit recorded"), request=request):
        household = _held(household_id)
        visit = Visit(
            household=household,
            visited_on=visited_on,
            visited_at=visited_at,
            way=way,
            visitor=visitor or by.staff.name,
            outcome=outcome,
            campaign=campaign,
            note=note,
            staff=by.staff,
        )
        _check_moment(visit)
        _check_new(visit)
        _write(visit, told, nothing_changed, follow_up or FollowUp(), by, request)
        return visit


def correct_visit(*, visit_id, by, told=(), nothing_changed=False, follow_up=None, request=None, **values):
    """What the visit should have said, as a visit of its own. The corrected one no longer confirms anybody.

    Events the first one wrote stay in the ledger; only what is told otherwise now is written. Raises Conflict when
    somebody corrected it meanwhile.
    """
    with acting(posting=by, reason=_("Visit corrected"), request=request):
        old = Visit.objects.get(pk=visit_id)
        household = _held(old.household_id)
        old.refresh_from_db()
        if old.superseded:
            later = Visit.objects.select_related("staff").filter(corrects=old).first()
            raise Conflict(
                _("This visit was corrected meanwhile."), by=later and later.staff, at=later and later.entered_at
            )
        visit = Visit(household=household, staff=by.staff, corrects=old, **values)
        visit.visitor = visit.visitor or by.staff.name
        _check_moment(visit)
        old.superseded = True
        old.save(update_fields=["superseded"])
        _write(visit, told, nothing_changed, follow_up or FollowUp(), by, request)
        ledger.rebuild(_members_on(household, old.visited_on))
        return visit


def _held(household_id):
    """One writer at a time per household: the same visit sent by two is then refused by name."""
    return Household.objects.select_for_update(of=("self",)).get(pk=household_id)


def _check_moment(visit):
    now = timezone.localtime()
    if visit.visited_on > now.date():
        raise VisitRefused("visited_on", _("A visit cannot lie in the future."))
    if visit.visited_at and datetime.combine(visit.visited_on, visit.visited_at) > now.replace(tzinfo=None):
        raise VisitRefused("visited_at", _("A visit cannot lie in the future."))


def _check_new(visit):
    """Nobody talks to a family twice a day, but who met nobody may come back at another time of it."""
    same = Visit.objects.filter(
        household=visit.household, visited_on=visit.visited_on, way=visit.way, visitor=visit.visitor, corrects=None
    )
    completed = VisitOutcome.COMPLETED
    if visit.outcome == completed and same.filter(outcome=completed).exists():
        raise VisitRefused(
            "visited_on",
            _("%(visitor)s's visit of this day is entered already. If it was otherwise, correct that one.")
            % {"visitor": visit.visitor},
        )
    if same.filter(visited_at=visit.visited_at).exists():
        raise VisitRefused(
            "visited_at",
            _("A visit of this time is entered already. Give the time of this one, or correct the other."),
        )


def _members_on(household, day):
    """Ids of who lived there on the day."""
    points = Membership.objects.filter(resident__memberships__household=household, started_on__lte=day)
    latest = dict(points.order_by("started_on").values_list("resident_id", "household_id"))
    return {resident_id for resident_id, home in latest.items() if home == household.pk}


def _write(visit, told, nothing_changed, follow_up, by, request):
    members = _members_on(visit.household, visit.visited_on)
    is_completed = visit.outcome == VisitOutcome.COMPLETED
    told = list(told) if is_completed else []
    if is_completed and nothing_changed:
        told = [Told(resident_id, MemberReport.UNCHANGED) for resident_id in sorted(members)]
    for one in told:
        if one.resident_id not in members:
            raise VisitRefused("report", _("This person did not live here on the day of the visit."), one.resident_id)
    unchanged = {one.resident_id for one in told if one.report == MemberReport.UNCHANGED}
    visit.unchanged = bool(members) and unchanged == members
    visit.follow_up, visit.follow_up_on = follow_up.need, follow_up.on
    visit.save(force_insert=True)
    VisitMember.objects.bulk_create(
        VisitMember(visit=visit, resident_id=one.resident_id, report=one.report, words=one.words) for one in told
    )
    _confirm(visit, unchanged, by, request)
    for one in _not_written_yet(visit, told):
        _tell_ledger(visit, one, by, request)
    _see_to(visit, follow_up, by, request)


def _confirm(visit, unchanged, by, request):
    """A visit at which nothing changed confirms by itself; what was only assumed has now been told."""
    if not unchanged:
        return
    if not visit.unchanged:
        labour.confirm(resident_ids=unchanged, on=visit.visited_on, by=by, source=_source(visit), request=request)
        return
    points = LabourSpell.objects.filter(resident__in=unchanged, started_on__lte=visit.visited_on)
    in_force = dict(points.order_by("started_on").values_list("resident_id", "source"))
    assumed = [resident_id for resident_id, source in in_force.items() if source == Source.ASSUMED]
    if assumed:
        labour.confirm(resident_ids=assumed, on=visit.visited_on, by=by, source=_source(visit), request=request)
    ledger.rebuild(unchanged)


def _not_written_yet(visit, told):
    """The events of a visit; of a correction those alone that the corrected one did not tell alike."""
    said = {}
    if visit.corrects_id:
        said = dict(visit.corrects.members.values_list("resident_id", "report"))
    return [one for one in told if one.report in _EVENTS and said.get(one.resident_id) != one.report]


def _source(visit):
    return Source.PHONE if visit.way == VisitWay.PHONE else Source.VISIT


def _tell_ledger(visit, one, by, request):
    on = one.on or visit.visited_on
    if on > timezone.localdate():
        raise VisitRefused("on", _("What is told at a visit has happened: give a day up to today."), one.resident_id)
    try:
        _EVENTS[one.report](one, on=on, visit=visit, by=by, request=request)
    except LedgerRefused as refused:
        raise VisitRefused(refused.field, refused.message, one.resident_id) from refused


def _found_work(one, *, on, visit, by, request):
    labour.found_work(
        resident_id=one.resident_id,
        on=on,
        source=_source(visit),
        told_on=visit.visited_on,
        by=by,
        request=request,
        **one.job,
    )


def _lost_work(one, *, on, visit, by, request):
    looks = one.afterwards == "unemployed"
    stopped = LabourState.INACTIVE if one.afterwards else None
    labour.lost_work(
        resident_id=one.resident_id,
        on=on,
        next_state=LabourState.UNEMPLOYED if looks else stopped,
        reason="" if looks else one.afterwards,
        source=_source(visit),
        told_on=visit.visited_on,
        by=by,
        request=request,
    )


def _stopped_looking(one, *, on, visit, by, request):
    labour.became_inactive(
        resident_id=one.resident_id,
        on=on,
        reason=one.reason,
        source=_source(visit),
        told_on=visit.visited_on,
        by=by,
        request=request,
    )


def _retired(one, *, on, visit, by, request):
    labour.retired(
        resident_id=one.resident_id, on=on, source=_source(visit), told_on=visit.visited_on, by=by, request=request
    )


def _looking(one, *, on, visit, by, request):
    labour.looking(
        resident_id=one.resident_id, on=on, source=_source(visit), told_on=visit.visited_on, by=by, request=request
    )


def _left(one, *, on, visit, by, request):
    register.leave(resident_id=one.resident_id, on=on, reason=one.report, by=by, request=request)


#: What each report writes into the ledger; the others write nothing of their own.
_EVENTS = {
    MemberReport.FOUND_WORK: _found_work,
    MemberReport.LOST_WORK: _lost_work,
    MemberReport.RETIRED: _retired,
    MemberReport.STOPPED_LOOKING: _stopped_looking,
    MemberReport.LOOKING: _looking,
    MemberReport.MOVED: _left,
    MemberReport.DIED: _left,
}


def _see_to(visit, follow_up, by, request):
    """What can be begun at once is begun; a correction begins nothing that the corrected visit has begun."""
    if visit.corrects_id and visit.corrects.follow_up == follow_up.need:
        return
    begin = _BEGUN.get(follow_up.need)
    if begin is None:
        return
    words = visit.note or _("Found at the visit of %(day)s.") % {"day": visit.visited_on.isoformat()}
    try:
        begin(visit, follow_up, words, by, request)
    except (StepRefused, Conflict) as refused:
        raise VisitRefused("follow_up", refused.message) from refused


def _want_case(visit, follow_up, words, by, request):
    if follow_up.resident_id not in _members_on(visit.household, visit.visited_on):
        raise VisitRefused("follow_up_member", _("Choose the member a case is to be opened for."))
    tell(CaseWanted(follow_up.resident_id, "visit", words, preventive=False, by=by))


def _declare(visit, follow_up, words, by, request):
    declarations.declare(
        household_id=visit.household_id,
        source=DeclarationSource.VISIT,
        declared_on=visit.visited_on,
        words=words,
        by=by,
        request=request,
    )


_BEGUN = {FollowUpNeed.OPEN_CASE: _want_case, FollowUpNeed.DECLARE: _declare}
