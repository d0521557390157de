"""The printed forms of a thing, as buttons."""

from django import template

from city import paper

register = template.Library()


@register.inclusion_tag("city/_forms.html", takes_context=True)
def print_forms(context, page, key):
    """Buttons for the forms of a page ("case", "declaration" …), for who may print."""
    posting = context["request"].posting
    forms = paper.forms_of(page) if posting and posting.may("city.print_forms") else []
    return {"forms": forms, "key": key, "csrf_token": context["csrf_token"]}
