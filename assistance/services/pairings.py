"""Paired help (结对帮扶): who stands by a household or a community, from when, until when."""

from django.utils.translation import gettext as _

from assistance.models import Pairing
from city.models import Area
from city.moves import NotAllowed, StepRefused
from city.trail import acting
from config.conflict import Conflict


def pair(*, helper, kind, community, started_on, by, household=None, request=None):
    """With the household, or without one with the whole community. The same helper twice for one is refused."""
    with acting(posting=by, reason=_("Pairing"), request=request):
        if not by.may("assistance.pair_helpers") or not Area.objects.visible_to(by).filter(pk=community.pk).exists():
            raise NotAllowed
        whom = {"household": household, "area": None if household else community}
        if Pairing.objects.in_force_on(started_on).filter(helper=helper, **whom).exists():
            raise StepRefused("helper", _("This helper is paired with them already."))
        return Pairing.objects.create(helper=helper, kind=kind, started_on=started_on, **whom)


def end(*, pairing_id, ended_on, by, request=None):
    with acting(posting=by, reason=_("Pairing ended"), request=request):
        pairing = Pairing.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=pairing_id).first()
        if pairing is None or not by.may("assistance.pair_helpers"):
            raise NotAllowed
        if pairing.ended_on is not None:
            raise Conflict(_("This pairing has ended already."))
        if ended_on < pairing.started_on:
            raise StepRefused("ended_on", _("A pairing cannot end before it begins."))
        pairing.ended_on = ended_on
        pairing.save(update_fields=["ended_on"])
        return pairing
