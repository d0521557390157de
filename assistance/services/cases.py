"""Assistance cases from the application to the close; every write goes through here.

Permissions and states are judged by the table; what else a step asks for is asked after it, and a refusal takes back
everything of it.
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.choices import CaseState, VoidReason
from assistance.eligibility import standing_of
from assistance.models import Case
from assistance.services import follow_ups, promises
from assistance.services.holding import held
from assistance.workflow import CASE
from city.models import Move
from city.moves import StepRefused, begin, follow, move
from city.numbers import next_number
from city.trail import acting
from config.conflict import Conflict
from households.choices import LabourState, Source
from households.models import Resident
from households.services import labour


def open_case(
    *,
    resident_id,
    intake,
    by,
    applied_on=None,
    words="",
    accepts_any=False,
    preventive=False,
    measure="",
    request=None,
):
    """A person asks for help with work. Raises Conflict when a case is open already."""
    with acting(posting=by, reason=_("Case opened"), request=request):
        residents = Resident.objects.select_for_update(of=("self",)).select_related("community")
        resident = residents.get(pk=resident_id)
        if resident.community is None:
            raise StepRefused("action", _("This person lives in no community of the city."))
        known = resident.cases.open().select_related("responsible").first()
        if known is not None:
            raise Conflict(_("This person has an open case already."), by=known.responsible)
        today = timezone.localdate()
        applied_on = applied_on or today
        if applied_on > today:
            raise StepRefused("applied_on", _("Nobody applies on a day to come."))
        case = Case(
            number=_number(resident.community, applied_on.year),
            resident=resident,
            community=resident.community,
            intake=intake,
            applied_on=applied_on,
            words=words,
            accepts_any_suitable_job=accepts_any,
            preventive=preventive,
            measure=measure,
            responsible=by.staff if by.works_at_a_community else None,
        )
        return begin(case, workflow=CASE, by=by, action="apply", words=words, request=request)


def _number(community, year):
    return f"援〔{year}〕{community.code}-{next_number('case', community, year):04}"


def take(*, case_id, action, version, by, reason="", words="", request=None):
    """One of the steps a button offers. Raises what `city.moves.move` raises."""
    with acting(posting=by, reason=_("Step of a case"), request=request):
        case = held(case_id, by)
        before = case.state
        step = CASE.step_from(before, action)
        if step is not None and not step.offered:
            raise StepRefused("action", _("This step has a form of its own."))
        case = move(
            case,
            action,
            workflow=CASE,
            by=by,
            version=version,
            reason=reason,
            words=words,
            request=request,
            **_fields(action),
        )
        if action in _AFTER:
            _AFTER[action](case, before=before, reason=reason, words=words, by=by)
        return case


def _fields(action):
    if action in ("close", "not_eligible", "lapse"):
        return {"closed_on": timezone.localdate()}
    return {"placed_on": None, "spell": None} if action == "place_again" else {}


def _check_verified(case, **_told):
    refusals = standing_of(case, timezone.localdate()).refusals
    if refusals:
        raise StepRefused("action", " ".join(refusals))


def _check_promised(case, *, before, **_told):
    if before == CaseState.VERIFIED and promises.is_to_be_made(case):
        raise StepRefused("action", _("This person accepts any suitable job: promise work first."))


def _check_at_work(case, **_told):
    profile = standing_of(case, timezone.localdate()).profile
    if profile.spell is not None and profile.spell.state == LabourState.UNEMPLOYED:
        raise StepRefused("action", _("The person is out of work again: place again, or let the case lapse."))


_AFTER = {
    "verify": _check_verified,
    "commit": lambda case, **_told: promises.make(case),
    "start_placing": _check_promised,
    "pause": lambda case, *, reason, words, by, **_told: promises.pause(case, reason, words, by),
    "resume": lambda case, **_told: promises.resume(case),
    "not_eligible": lambda case, **_told: promises.void(case, VoidReason.LAPSED),
    "lapse": lambda case, **_told: promises.void(case, VoidReason.LAPSED),
    "close": _check_at_work,
    "place_again": lambda case, **_told: follow_ups.drop_open(case),
}


def steps_for(case, posting):
    """The buttons of the page: what the table opens, less what this case has no use for now."""
    promise = case.promise
    running = promise is not None and promise.is_owed
    to_promise = promises.is_to_be_made(case)
    useful = {
        "commit": to_promise,
        "start_placing": case.state == CaseState.COMMITTED or not to_promise,
        "pause": running and not promise.is_paused and not promise.is_overdue_at(timezone.now()),
        "resume": running and promise.is_paused,
    }
    return [step for step in CASE.steps_for(case, posting) if useful.get(step.action, True)]


def may_be_placed(case, posting):
    step = CASE.step_from(case.state, "place")
    return step is not None and step.is_open_to(posting)


def place(*, case_id, placed_on, version, by, job=None, request=None):
    """The person is in work since `placed_on`: in the job the ledger knows, or in `job`, which is written there.

    `job`: channel, employer_name, contract_months, monthly_income, insured.
    """
    with acting(posting=by, reason=_("Placed"), request=request):
        case = held(case_id, by)
        case = move(case, "place", workflow=CASE, by=by, version=version, request=request, placed_on=placed_on)
        if placed_on > timezone.localdate():
            raise StepRefused("placed_on", _("The first day of work still lies ahead: come back on that day."))
        if placed_on < case.applied_on:
            raise StepRefused("placed_on", _("The first day of work lies before the application."))
        return _placed(case, placed_on, _spell_of(case, placed_on, job, by))


def _spell_of(case, placed_on, job, by):
    if job:
        try:
            return labour.found_work(resident_id=case.resident_id, on=placed_on, source=Source.VISIT, by=by, **job)
        except labour.LedgerRefused as refused:
            raise StepRefused("placed_on", refused.message) from refused
    spell = case.resident.labour_spells.filter(started_on__lte=placed_on).order_by("started_on").last()
    if spell is None or spell.state != LabourState.EMPLOYED:
        raise StepRefused("channel", _("The ledger knows of no job on this day: say what the work is."))
    return spell


def _placed(case, placed_on, spell):
    case.spell = spell
    case.save(update_fields=["spell"])
    promises.keep(case, placed_on)
    follow_ups.plan(case)
    return case


def confirmed(*, resident_id, spell_id, on, by):
    """Somebody with the right confirmed that the person works: the open case is placed by that, whatever its step."""
    case = Case.objects.filter(resident=resident_id, state__in=CaseState.UNPLACED).select_for_update().first()
    if case is None:
        return None
    case = move(case, "confirm", workflow=CASE, by=by, version=case.version, placed_on=on)
    spell = case.resident.labour_spells.filter(pk=spell_id).first()
    return _placed(case, on, spell)


def left(*, resident_id, reason, by):
    """The person is no longer a resident: the open case lapses, and nothing is owed."""
    case = Case.objects.filter(resident=resident_id).open().select_for_update().first()
    if case is None:
        return None
    case = _told(case, "leave", by, reason=reason, closed_on=timezone.localdate())
    promises.void(case, VoidReason.LAPSED)
    return case


def job_ended(*, resident_id, on, by):
    """A line in the history of somebody placed; the ledger itself says that they are out of work."""
    case = Case.objects.filter(resident=resident_id, state__in=CaseState.AT_WORK).first()
    if case is not None:
        _told(case, "job_ended", by, words=_("last day %(day)s") % {"day": on.isoformat()})


def _told(case, action, by, **told):
    """What the ledger brings about; `by` None: a command wrote it, and nobody signed in for it."""
    if by is None:
        return follow(case, action, workflow=CASE, **told)
    return move(case, action, workflow=CASE, by=by, version=case.version, **told)


def set_details(*, case_id, version, by, measure, responsible, accepts_any, request=None):
    """Which of the six batches helps, who answers for it, and, until a promise is made, whether any job will do."""
    with acting(posting=by, reason=_("Details of a case"), request=request):
        case = held(case_id, by, "assistance.work_cases")
        if not case.is_open or case.version != version:
            last = Move.objects.filter(workflow=CASE.name, key=case.pk).select_related("staff").order_by("pk").last()
            raise Conflict(_("The case was changed meanwhile."), by=last and last.staff, at=last and last.at)
        if case.promise is not None and accepts_any != case.accepts_any_suitable_job:
            raise StepRefused("accepts_any", _("This cannot change once work was promised."))
        case.measure, case.responsible, case.accepts_any_suitable_job = measure, responsible, accepts_any
        case.version += 1
        case.save(update_fields=["measure", "responsible", "accepts_any_suitable_job", "version"])
        return case
