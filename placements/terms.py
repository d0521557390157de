"""When a term on a post is over: by its months, or by the day of retirement where that comes first."""

from datetime import timedelta

from households.models import LedgerSpan
from placements.rules import last_day_of_term


def last_days(placements, day):
    """`{placement id: its last day}` of those on posts whose spell is known, which they come with; one query."""
    on_posts = [one for one in placements if one.post_id and one.spell_id]
    spans = LedgerSpan.objects.in_force_on(day).filter(resident__in=[one.resident_id for one in on_posts])
    retires = dict(spans.values_list("resident_id", "retires_on"))
    found = {}
    for one in on_posts:
        last = last_day_of_term(one.spell.started_on, one.post_months)
        retires_on = retires.get(one.resident_id)
        found[one.pk] = min(last, retires_on - timedelta(days=1)) if retires_on else last
    return found
