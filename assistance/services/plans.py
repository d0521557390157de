"""One household, one plan; one person, one plan (一家一策、一人一策); with all of them a household is assisted."""

from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.models import Plan
from city.moves import NotAllowed, StepRefused
from city.trail import acting
from config.conflict import Conflict
from households.choices import EpisodeState, LabourState
from households.models import LedgerSpan, ZeroEmploymentEpisode
from households.services import episodes

_CAN_WORK = (LabourState.EMPLOYED, LabourState.UNEMPLOYED)


def able_members(household, day):
    """Residents of the household in the labour force on the day, the eldest first."""
    spans = LedgerSpan.objects.in_force_on(day).of_working_age_on(day).filter(household=household, state__in=_CAN_WORK)
    spans = spans.select_related("resident").order_by("resident__birth_date", "resident")
    return [span.resident for span in spans]


def save_plans(*, episode_id, version, responsible, household_plan, member_plans, by, request=None):
    """Write the household's plan and one for each able member; a certified household is assisted from today.

    A plan is a dict of measure, goal and by_when; `member_plans` is keyed by resident. Saved again, plans change.
    """
    with acting(posting=by, reason=_("Assistance plans"), request=request):
        today = timezone.localdate()
        episode = _held(episode_id, by)
        if episode.version != version or episode.state not in (EpisodeState.CERTIFIED, EpisodeState.ASSISTING):
            raise Conflict(_("The household's episode has changed meanwhile."))
        missing = [one.name for one in able_members(episode.household, today) if one.pk not in member_plans]
        if missing:
            raise StepRefused(
                "action", _("These able members lack a plan: %(names)s.") % {"names": _(", ").join(missing)}
            )
        plans = {None: household_plan, **member_plans}
        for resident_id, values in plans.items():
            Plan.objects.update_or_create(
                episode=episode,
                resident_id=resident_id,
                defaults={**values, "responsible": responsible},
                create_defaults={**values, "responsible": responsible, "made_on": today},
            )
        if episode.state == EpisodeState.CERTIFIED:
            episodes.start_assisting(
                episode_id=episode.pk, responsible=responsible, on=today, by=by, version=version, request=request
            )
        return episode


def _held(episode_id, by):
    episodes_seen = ZeroEmploymentEpisode.objects.visible_to(by).select_for_update(of=("self",))
    episode = episodes_seen.select_related("household__community").filter(pk=episode_id).first()
    if episode is None or not by.may("assistance.work_cases"):
        raise NotAllowed
    return episode
