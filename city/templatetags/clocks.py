"""How a page tells the time a promise or a deadline has left."""

from django import template
from django.utils import timezone

from city import clocks
from city.workdays import Calendar

register = template.Library()


@register.simple_tag(takes_context=True)
def time_left(context, clock):
    """`Left` of the clock now; the calendar is read once a page."""
    calendar = context.render_context.setdefault("calendar", None) or Calendar()
    context.render_context["calendar"] = calendar
    return clocks.left(clock, timezone.now(), calendar)
