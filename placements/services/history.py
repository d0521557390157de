"""Placements of the past and present as a list tells them: what the ledger knows is joined, the rest is written."""

from django.utils.translation import gettext as _

from city.moves import NotAllowed, StepRefused, begin, move
from city.trail import acting
from households.choices import Channel, LabourState
from households.models import Resident
from households.services import labour
from placements.choices import PlacementState
from placements.eligibility import standing_of
from placements.models import Placement
from placements.services import placements
from placements.services.posts import check_fit
from placements.workflow import PLACEMENT

NEW, CHANGED, SAME = "new", "changed", "same"
_ON_THE_SPELL = ("employer", "employer_name", "contract_months", "monthly_income", "insured")


def record(*, resident_id, channel, starts_on, by, post=None, values=None, last_day=None, end_reason="", request=None):
    """What became of it: NEW, CHANGED or SAME. `values`: further fields of `Placement`, told ones alone.

    Raises what reporting, confirming and ending raise.
    """
    with acting(posting=by, reason=_("Placement recorded"), request=request):
        resident = Resident.objects.visible_to(by).select_related("community").filter(pk=resident_id).first()
        if resident is None or not by.may("households.confirm_employment"):
            raise NotAllowed
        known = _known(resident, starts_on)
        if known is not None:
            return _changed(known, channel, post, values or {}, last_day, end_reason, by)
        spell = resident.labour_spells.filter(started_on=starts_on, state=LabourState.EMPLOYED).first()
        later = resident.labour_spells.filter(started_on__gt=starts_on).exists()
        if spell is not None and later:
            _join(resident, spell, channel, starts_on, post, values or {}, end_reason, by)
            return NEW
        placement = placements.report(
            resident_id=resident.pk,
            channel=channel,
            agreed_from=starts_on,
            post_id=post and post.pk,
            values=values,
            by=by,
            request=request,
        )
        placement = placements.confirm(placement_id=placement.pk, version=placement.version, by=by, request=request)
        if last_day:
            _end(placement, last_day, end_reason, by)
        return NEW


def _known(resident, starts_on):
    own = Placement.objects.filter(resident=resident).exclude(state=PlacementState.DROPPED)
    return own.select_related("spell", "resident").filter(spell__started_on=starts_on).first()


def _end(placement, last_day, reason, by):
    _check_reason(reason)
    placements.end(placement_id=placement.pk, last_day=last_day, reason=reason, version=placement.version, by=by)


def _check_reason(reason):
    if not reason:
        raise StepRefused("reason", _("Say why the work ended."))


def _join(resident, spell, channel, starts_on, post, values, reason, by):
    """Work of the past that the ledger has from its first day to its last: nothing of it is written there again."""
    _check_reason(reason)
    if spell.channel and spell.channel != channel:
        raise StepRefused(
            "channel", _("The ledger knows this work as “%(channel)s”.") % {"channel": spell.get_channel_display()}
        )
    placement = Placement(
        resident=resident,
        community=resident.community,
        channel=channel,
        agreed_from=starts_on,
        staff=by.staff,
        **values,
    )
    placement.number = placements.next_placement_number(resident.community, starts_on.year)
    if channel == Channel.WELFARE_POST:
        if post is None:
            raise StepRefused("post", _("Choose a post."))
        standing = standing_of(resident, starts_on)
        check_fit(post, standing)
        placements.put_on(placement, post, standing)
    placement = begin(placement, workflow=PLACEMENT, by=by, action="report")
    placement = move(placement, "confirm", workflow=PLACEMENT, by=by, version=placement.version, agreed_from=None)
    placement.spell = spell
    placement.save(update_fields=["spell"])
    move(placement, "end", workflow=PLACEMENT, by=by, version=placement.version, reason=reason, end_reason=reason)


def _changed(placement, channel, post, values, last_day, reason, by):
    if placement.channel != channel or (post is not None and placement.post_id != post.pk):
        raise StepRefused("channel", _("A placement of this day is known as another one: %(number)s.") % {
            "number": placement.number
        })  # fmt: skip
    if channel == Channel.WELFARE_POST:
        values = {name: values[name] for name in values if name in ("contract_months", "insured")}
    fresh = {name: value for name, value in values.items() if getattr(placement, name) != value}
    for name, value in fresh.items():
        setattr(placement, name, value)
    if fresh:
        placement.save(update_fields=list(fresh))
        labour.correct(
            spell_id=placement.spell_id, values={name: fresh[name] for name in _ON_THE_SPELL if name in fresh}, by=by
        )
    ends = last_day is not None and placement.state in PlacementState.AT_WORK
    if ends:
        _end(placement, last_day, reason, by)
    return CHANGED if fresh or ends else SAME
