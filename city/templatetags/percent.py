"""How a share is written everywhere: cut, never rounded up, so that nothing reads as reached before it is."""

from django import template

register = template.Library()


@register.filter
def percent(numerator, denominator):
    """`31, 33` → `93.93%`: two decimals, cut; a dash where there is nothing to divide by."""
    if numerator is None or not denominator:
        return "–"
    hundredths = numerator * 10_000 // denominator
    return f"{hundredths // 100}.{hundredths % 100:02}%"
