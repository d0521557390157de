"""Putting a person into work: reported by the station, confirmed by somebody with the right, ended with a reason.

Confirming writes the ledger; everything else follows from there: the registration closes, the case is placed, the
episode is eliminated, the night counts the person as employed.
"""

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.choices import ReferralAnswer
from city import facts, parameters
from city.moves import NotAllowed, StepRefused, begin, move
from city.numbers import next_number
from city.trail import acting
from config.conflict import Conflict
from households.choices import Channel, EliminationProof, LeaveReason, Source
from households.models import Resident, ZeroEmploymentEpisode
from households.services import episodes, labour
from placements.choices import PlacementEnd, PlacementState, PostState, SeekerEnd, VacancyEnd, VacancyState
from placements.eligibility import standing_of
from placements.models import JobSeeker, Placement, Post
from placements.services.posts import check_fit, hold
from placements.workflow import PLACEMENT, POST, VACANCY

_PROOFS = {
    Channel.WELFARE_POST: EliminationProof.POST,
    Channel.SELF_EMPLOYED: EliminationProof.LICENCE,
    Channel.FLEXIBLE: EliminationProof.VISIT,
}
#: What a placement and the labour spell it opens both say.
_JOB = ("channel", "employer", "employer_name", "contract_months", "monthly_income", "insured")


def report(*, resident_id, channel, agreed_from, by, post_id=None, values=None, request=None):
    """A person is to work from a day on. `values`: further fields of `Placement`.

    On a public-welfare post the person must be certified, the post open or reserved for them; from then on it is
    kept for them until the placement is confirmed or dropped.
    """
    with acting(posting=by, reason=_("Placement reported"), request=request):
        resident = _resident(resident_id, by)
        placement = Placement(
            resident=resident,
            community=resident.community,
            channel=channel,
            agreed_from=agreed_from,
            staff=by.staff,
            **(values or {}),
        )
        placement.number = next_placement_number(resident.community, timezone.localdate().year)
        if channel == Channel.WELFARE_POST:
            _put_on_post(placement, post_id, by, request)
        elif placement.employer and not placement.employer_name:
            placement.employer_name = placement.employer.name
        try:
            with transaction.atomic():
                return begin(placement, workflow=PLACEMENT, by=by, action="report", request=request)
        except IntegrityError as error:
            raise Conflict(_("Somebody was quicker: the post or the person is taken.")) from error


def _resident(resident_id, by):
    if not by.may("placements.place_people"):
        raise NotAllowed
    resident = Resident.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=resident_id).first()
    if resident is None:
        raise NotAllowed
    if resident.community is None:
        raise StepRefused("resident", _("This person lives in no community of the city."))
    return resident


def next_placement_number(community, year):
    return f"置〔{year}〕{community.code}-{next_number('placement', community, year):04}"


def _put_on_post(placement, post_id, by, request):
    post = (
        Post.objects.select_for_update(of=("self",))
        .select_related("plan__employer", "area")
        .filter(pk=post_id)
        .first()
    )
    if post is None:
        raise StepRefused("post", _("Choose a post."))
    standing = standing_of(placement.resident, timezone.localdate())
    check_fit(post, standing)
    if post.state == PostState.RESERVED and post.holder_id != placement.resident_id:
        raise Conflict(_("This post is reserved for somebody else."))
    if post.state not in (PostState.OPEN, PostState.RESERVED):
        raise Conflict(_("This post is not open."))
    if post.state == PostState.OPEN:
        post = hold(post, placement.resident, version=post.version, by=by, request=request)
    put_on(placement, post, standing)


def put_on(placement, post, standing):
    """What a placement takes over from its post and from the person's standing."""
    months, until_retirement = standing.term(post.area, placement.agreed_from)
    placement.post = post
    placement.hardship_id = standing.hardship_id
    placement.priority = standing.priority
    placement.turn = standing.turn
    placement.post_months, placement.until_retirement = months, until_retirement
    placement.employer, placement.employer_name = post.plan.employer, post.plan.employer.name
    placement.job = post.plan.title
    placement.monthly_income = post.plan.monthly_wage
    placement.contract_months = placement.contract_months or min(months, 12)


def confirm(*, placement_id, version, by, proof="", request=None):
    """The person works: the ledger says so from the agreed day on, and everything that hangs on it follows."""
    with acting(posting=by, reason=_("Work confirmed"), request=request):
        placement = _held(placement_id, by)
        starts_on = placement.agreed_from
        if starts_on and starts_on > timezone.localdate():
            raise StepRefused("action", _("The first day of work still lies ahead: come back on that day."))
        if placement.state == PlacementState.REPORTED:
            _fill_post(placement, by, request)
        placement = move(
            placement, "confirm", workflow=PLACEMENT, by=by, version=version, request=request, agreed_from=None
        )
        spell = _write_ledger(placement, starts_on, by, request)
        placement.spell = spell
        placement.save(update_fields=["spell"])
        _answer_offer(placement, starts_on)
        _end_search(placement, starts_on)
        _count_vacancy(placement, by, request)
        _tell(placement, spell, starts_on, proof, by, request)
        return placement


def _fill_post(placement, by, request):
    if placement.post_id is None:
        return
    post = Post.objects.select_for_update(of=("self",)).get(pk=placement.post_id)
    if post.state == PostState.RESERVED and post.holder_id != placement.resident_id:
        raise Conflict(_("This post is reserved for somebody else."))
    try:
        with transaction.atomic():
            move(
                post,
                "fill",
                workflow=POST,
                by=by,
                version=post.version,
                request=request,
                holder=placement.resident,
                held_until=None,
                opened_on=None,
            )
    except IntegrityError as error:
        raise Conflict(_("This person has a post or a reservation already.")) from error


def _write_ledger(placement, starts_on, by, request):
    job = {name: getattr(placement, name) for name in _JOB}
    try:
        return labour.found_work(
            resident_id=placement.resident_id, on=starts_on, source=Source.PLACEMENT, by=by, request=request, **job
        )
    except labour.LedgerRefused as refused:
        raise StepRefused("action", refused.message) from refused


def _answer_offer(placement, day):
    """The referrals to this very post or vacancy that wait for an answer: hired."""
    target = {"offer__post": placement.post_id} if placement.post_id else {"offer__vacancy": placement.vacancy_id}
    if any(target.values()):
        waiting = placement.resident.referrals.filter(answer=ReferralAnswer.WAITING, **target)
        for referral in waiting:
            referral.answer, referral.answered_on = ReferralAnswer.HIRED, max(day, referral.referred_on)
            referral.save(update_fields=["answer", "answered_on"])


def _end_search(placement, day):
    for search in JobSeeker.objects.filter(resident=placement.resident_id, ended_on=None):
        search.ended_on, search.end_reason = max(day, search.registered_on), SeekerEnd.PLACED
        search.save(update_fields=["ended_on", "end_reason"])


def _count_vacancy(placement, by, request):
    vacancy = placement.vacancy
    if vacancy is None or vacancy.state != VacancyState.PUBLISHED:
        return
    taken = vacancy.placements.exclude(state__in=[PlacementState.REPORTED, PlacementState.DROPPED]).count()
    if taken >= vacancy.headcount:
        move(
            vacancy, "fill", workflow=VACANCY, by=by, version=vacancy.version, request=request,
            closed_on=timezone.localdate(), end_reason=VacancyEnd.FILLED,
        )  # fmt: skip


def _tell(placement, spell, starts_on, proof, by, request):
    """An open episode of the household ends by it; the case is moved by the fact either way."""
    membership = (
        placement.resident.memberships.filter(started_on__lte=timezone.localdate()).order_by("started_on").last()
    )
    home = membership and membership.household_id
    episode = (
        ZeroEmploymentEpisode.objects.open_on(timezone.localdate()).filter(household=home).first() if home else None
    )
    if episode is not None and starts_on >= episode.certified_on:
        episodes.confirm_employment(
            episode_id=episode.pk,
            resident_id=placement.resident_id,
            proof=proof or _PROOFS.get(placement.channel, EliminationProof.CONTRACT),
            on=starts_on,
            by=by,
            version=episode.version,
            words=placement.number,
            request=request,
        )
    else:
        facts.tell(facts.JobConfirmed(resident_id=placement.resident_id, spell_id=spell.pk, on=starts_on, by=by))


def drop(*, placement_id, version, reason, words, by, request=None):
    """What was agreed did not come about; a reserved post is open again."""
    with acting(posting=by, reason=_("Placement dropped"), request=request):
        placement = _held(placement_id, by)
        placement = move(
            placement, "drop", workflow=PLACEMENT, by=by, version=version, reason=reason, words=words,
            request=request, drop_reason=reason,
        )  # fmt: skip
        post = placement.post
        if post is not None and post.state == PostState.RESERVED and post.holder_id == placement.resident_id:
            move(
                post, "release", workflow=POST, by=by, version=post.version, request=request,
                holder=None, held_until=None,
            )  # fmt: skip
        return placement


def end(*, placement_id, last_day, reason, version, by, next_state=None, words="", request=None):
    """The work ended on `last_day`: the ledger goes on from the day after, and the post is empty.

    When the ledger knows of the end already (a visit told it), only the placement and its post follow.
    """
    with acting(posting=by, reason=_("Work ended"), request=request):
        placement = _held(placement_id, by)
        if last_day > timezone.localdate():
            raise StepRefused("last_day", _("This day lies in the future."))
        if placement.spell and last_day < placement.spell.started_on:
            raise StepRefused(
                "last_day", _("The work began on %(day)s.") % {"day": placement.spell.started_on.isoformat()}
            )
        placement = move(
            placement, "end", workflow=PLACEMENT, by=by, version=version, reason=reason, words=words,
            request=request, end_reason=reason,
        )  # fmt: skip
        if reason == PlacementEnd.DIED:
            _check_died(placement.resident)
        elif not _ledger_knows(placement, last_day + timedelta(days=1)):
            _write_end(placement, last_day, reason, next_state, by, request)
        post = placement.post
        if post is not None and post.state == PostState.FILLED and post.holder_id == placement.resident_id:
            move(
                post, "vacate", workflow=POST, by=by, version=post.version, request=request,
                holder=None, opened_on=last_day,
            )  # fmt: skip
        return placement


def settle(*, placement_id, version, words, by, request=None):
    """The doubt is cleared and the work goes on: the ledger says so by then, or must be put right first."""
    with acting(posting=by, reason=_("Doubt about work settled"), request=request):
        placement = _held(placement_id, by)
        placement = move(placement, "settle", workflow=PLACEMENT, by=by, version=version, words=words, request=request)
        if _ledger_knows(placement):
            raise StepRefused(
                "action", _("The ledger still says otherwise: take that back on the person's page, or end the work.")
            )
        return placement


def _check_died(resident):
    stay = resident.memberships.filter(started_on__lte=timezone.localdate()).order_by("started_on").last()
    if stay is None or stay.leave_reason != LeaveReason.DIED:
        raise StepRefused("reason", _("Record the death on the person's page first."))


def _ledger_knows(placement, until=date.max):
    """Whether the ledger has a later state than the work this placement stands for, beginning by `until`."""
    if placement.spell is None:
        return True
    later = placement.resident.labour_spells.filter(started_on__gt=placement.spell.started_on)
    return later.filter(started_on__lte=until).exists()


def _write_end(placement, last_day, reason, next_state, by, request):
    told = {"resident_id": placement.resident_id, "by": by, "source": Source.PLACEMENT, "request": request}
    try:
        if reason == PlacementEnd.RETIRED:
            labour.lost_work(on=last_day, next_state=labour.INACTIVE, reason="retired", **told)
        else:
            labour.lost_work(on=last_day, next_state=next_state, **told)
    except labour.LedgerRefused as refused:
        raise StepRefused("last_day", refused.message) from refused


def note_job_ended(fact):
    """The ledger heard of an end from elsewhere: the placement is in doubt until somebody ends it with a reason."""
    if fact.by is None:
        return
    placement = Placement.objects.filter(resident=fact.resident_id, state=PlacementState.CONFIRMED).first()
    if placement is not None:
        words = _("last day %(day)s") % {"day": fact.on.isoformat()}
        move(placement, "dispute", workflow=PLACEMENT, by=fact.by, version=placement.version, words=words)


def note_person_left(fact):
    """Who moved away, died or was lost works no longer as far as anybody knows; a post kept for them is open."""
    if fact.by is None:
        return
    placement = Placement.objects.filter(resident=fact.resident_id, state=PlacementState.CONFIRMED).first()
    if placement is not None:
        words = _("no longer a resident since %(day)s") % {"day": fact.on.isoformat()}
        move(placement, "dispute", workflow=PLACEMENT, by=fact.by, version=placement.version, words=words)


def report_leaving(*, placement_id, reported_on, by, request=None):
    """The employer told that the person has left: late after the days the parameter allows."""
    with acting(posting=by, reason=_("Leaving reported"), request=request):
        placement = _held(placement_id, by)
        if placement.state != PlacementState.ENDED or placement.post_id is None:
            raise StepRefused("reported_on", _("Only the end of work on a post is reported."))
        if reported_on > timezone.localdate():
            raise StepRefused("reported_on", _("This day lies in the future."))
        placement.left_reported_on = reported_on
        placement.save(update_fields=["left_reported_on"])
        return placement


def days_to_report_leaving(placement, last_day):
    """How many days the employer of a post has to tell that somebody left."""
    return parameters.value("post_vacancy_report_days", placement.community, last_day)


def _held(placement_id, by):
    placements = Placement.objects.visible_to(by).select_for_update(of=("self",))
    placement = placements.select_related("resident", "community", "spell", "vacancy").filter(pk=placement_id).first()
    if placement is None:
        raise NotAllowed
    return placement
