import uuid

from django import template
from django.utils.html import format_html

from city.idempotency import FIELD

register = template.Library()


@register.simple_tag
def idempotency_field():
    """The hidden key of a form that must not work twice."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, uuid.uuid4())
