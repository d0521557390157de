"""An episode to its end: assisted, eliminated by a confirmed job, or withdrawn with a reason."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from city import facts
from city.moves import StepRefused, move
from city.parameters import value
from city.rules import add_months
from city.trail import acting
from households.choices import EliminationProof, VisitOutcome, WithdrawalReason
from households.models import LedgerSpan, Membership, Visit, ZeroEmploymentEpisode
from households.workflow import EPISODE


def start_assisting(*, episode_id, responsible, on, by, version, request=None):
    """The plans of the household and its members are made and `responsible` (staff) answers for them."""
    with acting(posting=by, reason=_("Assistance started"), request=request):
        episode = _held(episode_id)
        if _may(episode, "start_assisting", by, version):
            _check_day(episode, on)
        return move(
            episode,
            "start_assisting",
            workflow=EPISODE,
            by=by,
            version=version,
            request=request,
            assisting_since=on,
            responsible=responsible,
        )


def confirm_employment(*, episode_id, resident_id, proof, on, by, version, words="", request=None):
    """The one way to eliminate an episode: a person with the right confirms that a member works, with a proof.

    The ledger must say so too: a member of the household today, employed on the day of elimination.
    """
    with acting(posting=by, reason=_("Work confirmed"), request=request):
        episode = _held(episode_id)
        spell_id = None
        if _may(episode, "confirm_employment", by, version):
            _check_day(episode, on)
            spell_id = _job_of(episode, resident_id, on)
            if proof not in EliminationProof.values:
                raise StepRefused("proof", _("Choose the proof that was seen."))
        episode = move(
            episode,
            "confirm_employment",
            workflow=EPISODE,
            by=by,
            version=version,
            words=words,
            request=request,
            eliminated_on=on,
            worker_id=resident_id,
            proof=proof,
        )
        facts.tell(facts.JobConfirmed(resident_id=resident_id, spell_id=spell_id, on=on, by=by))
        facts.tell(facts.EpisodeEnded(episode_id=episode.pk, by=by))
    return episode


def withdraw(*, episode_id, by, version, reason, words, request=None):
    """Taken off the register today without elimination. It is kept, and never counts as eliminated."""
    today = timezone.localdate()
    with acting(posting=by, reason=_("Withdraw without elimination"), request=request):
        episode = _held(episode_id)
        if _may(episode, "withdraw", by, version) and reason in _MUST_HOLD:
            _MUST_HOLD[reason](episode, today)
        episode = move(
            episode,
            "withdraw",
            workflow=EPISODE,
            by=by,
            version=version,
            reason=reason,
            words=words,
            request=request,
            withdrawn_on=today,
            withdrawal_reason=reason,
        )
        facts.tell(facts.EpisodeEnded(episode_id=episode.pk, by=by))
    return episode


def _held(episode_id):
    episodes = ZeroEmploymentEpisode.objects.select_for_update(of=("self",))
    return episodes.select_related("household__community").get(pk=episode_id)


def _may(episode, action, by, version):
    """Whether the step is open to this posting, so that what is wrong with it may be said."""
    step = EPISODE.step_from(episode.state, action)
    return step is not None and step.is_open_to(by) and version == episode.version


def _check_day(episode, on):
    if on > timezone.localdate():
        raise StepRefused("on", _("This day lies in the future."))
    if on < episode.certified_on:
        raise StepRefused("on", _("The episode was certified on %(day)s.") % {"day": episode.certified_on.isoformat()})


def _job_of(episode, resident_id, on):
    """The spell that proves it; refused unless the ledger says the same."""
    today = timezone.localdate()
    home = Membership.objects.filter(resident=resident_id, started_on__lte=today).order_by("started_on").last()
    if home is None or home.household_id != episode.household_id:
        raise StepRefused("resident", _("Only a member of the household can end its episode."))
    span = LedgerSpan.objects.in_force_on(on).working().filter(resident=resident_id).first()
    if span is None:
        raise StepRefused(
            "resident",
            _("By the ledger this member does not work on %(day)s: record the job first.") % {"day": on.isoformat()},
        )
    return span.spell_id


def _check_unreachable(episode, today):
    months = value("unreachable_months_until_exit", episode.household.community, today)
    reached = Visit.objects.standing().filter(
        household=episode.household, outcome=VisitOutcome.COMPLETED, visited_on__gt=add_months(today, -months)
    )
    last = reached.order_by("visited_on").last()
    if last or episode.certified_on > add_months(today, -months):
        day = (last.visited_on if last else episode.certified_on).isoformat()
        raise StepRefused(
            "reason",
            ngettext(
                "Not yet %(months)s month out of reach: last reached or certified on %(day)s.",
                "Not yet %(months)s months out of reach: last reached or certified on %(day)s.",
                months,
            )
            % {"months": months, "day": day},
        )


def _check_no_member(episode, today):
    spans = LedgerSpan.objects.in_force_on(today).filter(household=episode.household)
    willing = spans.unemployed_on(today).select_related("resident").first()
    if willing:
        raise StepRefused(
            "reason", _("By the ledger %(name)s is able and willing to work.") % {"name": willing.resident.name}
        )


#: What the ledger must not contradict. Three refusals, income and the like are said in words.
_MUST_HOLD = {
    WithdrawalReason.UNREACHABLE: _check_unreachable,
    WithdrawalReason.NO_MEMBER: _check_no_member,
}
