"""What every form that must work once carries."""

import uuid

from django import template
from django.utils.html import format_html

from city.idempotency import FIELD

register = template.Library()


@register.simple_tag
def send_once():
    """A hidden key of its own: the second send of the form does nothing twice."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, uuid.uuid4())
