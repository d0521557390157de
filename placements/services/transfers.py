"""Several open posts moved at once, to where most people wait."""

from heapq import heapify, heapreplace

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from city.choices import AreaLevel
from city.moves import NotAllowed, StepRefused
from city.trail import acting
from placements.balance import balance
from placements.models import Post
from placements.services import posts as one_by_one


def transfer_several(*, from_area, to_area, number, category, reason, words, by, request=None):
    """Move so many open posts, those that are empty the longest; each goes where most people per post wait by then.

    All of them move or none does.
    """
    if not all(area.path.startswith(by.area.path) for area in (from_area, to_area)):
        raise NotAllowed
    with acting(posting=by, reason=_("Posts moved"), request=request):
        chosen = Post.objects.open().filter(area__path__startswith=from_area.path)
        if category:
            chosen = chosen.filter(plan__category=category)
        chosen = list(chosen.order_by("opened_on", "pk").values_list("pk", "version")[:number])
        if len(chosen) < number:
            told = ngettext(
                "Only %(count)s such post is open there.", "Only %(count)s such posts are open there.", len(chosen)
            )
            raise StepRefused("posts", told % {"count": len(chosen)})
        for (post_id, version), community in zip(chosen, _by_need(to_area), strict=False):
            one_by_one.transfer(
                post_id=post_id, to_area=community, version=version, reason=reason, words=words, by=by, request=request
            )
        return len(chosen)


def _by_need(area):
    """Communities without end, the next always the one that lacks most posts by then."""
    places = balance(area, AreaLevel.COMMUNITY, timezone.localdate())
    if not places:
        raise StepRefused("to_area", _("There is no community in this place."))
    heap = [(-place.lacking, order, place.area) for order, place in enumerate(places)]
    heapify(heap)
    while True:
        lacking, order, community = heap[0]
        yield community
        heapreplace(heap, (lacking + 1, order, community))
