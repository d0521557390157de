"""What the frame itself lays on the desks: objections of the public to be answered."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city.desk import ON_THE_DESK, Line, WorkList
from city.models import Objection


def objections(request, _subject):
    """Objections nobody has answered, the oldest first: the notice stands still until they are."""
    waiting = Objection.objects.visible_to(request.posting).filter(upheld=None)
    rows = list(waiting.select_related("notice__area").order_by("received_at", "pk")[:ON_THE_DESK])
    if not rows:
        return None
    lines = [
        Line(
            title=one.notice.title,
            url=reverse("city:objection", args=[one.pk]),
            sub=one.notice.area.name,
            due=_("received %(day)s") % {"day": timezone.localtime(one.received_at).strftime("%Y-%m-%d")},
        )
        for one in rows
    ]
    return WorkList(name="objections", title=_("Objections to answer"), lines=lines, total=waiting.count())
