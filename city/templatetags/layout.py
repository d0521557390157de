"""The markup every page repeats: a panel with its heading, and a list with nothing in it."""

from django import template
from django.utils.html import format_html

from city.templatetags.icons import icon

register = template.Library()


@register.simple_block_tag
def panel(content, name, title):
    """`{% panel "criteria" _("Criteria") %} … {% endpanel %}`: a part of the page, `name` its anchor."""
    return format_html(
        '<section class="panel" aria-labelledby="{}"><div class="panel-head"><h2 id="{}">{}</h2></div>{}</section>',
        name,
        name,
        title,
        content,
    )


@register.simple_tag
def nothing(words, name="inbox"):
    """What a list says when it is empty: what that means, and what to do first."""
    return format_html('<div class="empty">{}<p>{}</p></div>', icon(name), words)
