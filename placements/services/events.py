"""Service points and events of an area: opened, held, put right."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from city.choices import AreaLevel
from city.moves import NotAllowed, StepRefused
from city.trail import acting
from placements.models import Event, ServicePoint

_RIGHT = "placements.run_events"


def save_point(*, values, by, point_id=None, request=None):
    """A new service point, or a known one put right. `values`: fields of `ServicePoint`."""
    with acting(posting=by, reason=_("Service point written down"), request=request):
        return _save(ServicePoint, point_id, values, by, _("A service point of this name is known there already."))


def save_event(*, values, by, event_id=None, request=None):
    """A new event, or a known one put right or given its results. `values`: fields of `Event`."""
    with acting(posting=by, reason=_("Event written down"), request=request):
        more = {} if event_id else {"staff": by.staff}
        taken = _("An event of this name on this day is known there already.")
        return _save(Event, event_id, values | more, by, taken)


def _save(model, key, values, by, taken):
    area = values["area"]
    if not by.may(_RIGHT) or not area.path.startswith(by.area.path):
        raise NotAllowed
    if area.level == AreaLevel.GRID:
        raise StepRefused("area", _("Choose a community."))
    if key is None:
        item = model()
    else:
        item = model.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=key).first()
        if item is None:
            raise NotAllowed
    for name, value in values.items():
        setattr(item, name, value)
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError as error:
        raise StepRefused("name", taken) from error
    return item
