"""Money as it is read: 12,345.60."""

from django import template

register = template.Library()


@register.filter
def yuan(amount):
    """Yuan to the fen with thousands separators; nothing known yet is a dash."""
    return "–" if amount is None else f"{amount:,.2f}"


@register.filter
def last_four(account):
    """A bank account, masked: **** 1234."""
    return f"**** {account[-4:]}"
