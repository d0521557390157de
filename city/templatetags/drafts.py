"""What makes a form keep its draft: `<form method="post" {% autosave draft %}>`."""

from django import template
from django.urls import reverse
from django.utils.html import format_html

register = template.Library()


def _address(view, draft):
    return reverse(f"city:{view}", args=[draft.form, draft.key])


@register.simple_tag
def autosave(draft):
    """Sends the form to be kept a second after typing stops; without scripts nothing is kept and all works."""
    return format_html(
        'data-draft hx-post="{}" hx-trigger="input delay:1s" hx-target="#draft-state" hx-select="[data-saved]" '
        'hx-swap="innerHTML" hx-sync="this:replace"',
        _address("save_draft", draft),
    )


@register.simple_tag
def drop_address(draft):
    return _address("drop_draft", draft)
