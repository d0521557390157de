from django import template
from lucide.templatetags.lucide import lucide

register = template.Library()


@register.simple_tag
def icon(name):
    """Decoration beside a word, never instead of one: screen readers pass over it."""
    return lucide(name, size=16, aria_hidden="true", focusable="false", **{"class": "icon"})
