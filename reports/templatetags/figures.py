"""How figures are written: cut, never rounded up, so that nothing reads as met before it is."""

from decimal import Decimal, InvalidOperation

from django import template
from django.utils.translation import gettext as _

from city.templatetags.percent import percent
from reports.choices import Comparator, Verdict

register = template.Library()
register.filter(percent)

ICONS = {
    Verdict.MET: "circle-check",
    Verdict.NOT_MET: "circle-x",
    Verdict.NOT_PROVEN: "circle-question-mark",
    Verdict.NOT_APPLICABLE: "circle-minus",
}


@register.filter
def threshold(value, is_ratio):
    """A threshold as written in the rule set: `0.96` of a ratio is `96%`, a count stays a count."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    return f"{(number * 100).normalize():f}%" if is_ratio else f"{number.normalize():f}"


@register.filter
def comparator_words(comparator):
    return {
        Comparator.AT_LEAST: _("at least"),
        Comparator.AT_MOST: _("at most"),
        Comparator.EQUAL: _("exactly"),
    }.get(comparator, comparator)


@register.inclusion_tag("reports/_verdict.html")
def verdict(value, size=""):
    """A verdict as icon and word; without a rule set there is none and nothing is shown."""
    known = Verdict(value) if value else None
    return {"verdict": known, "icon_name": ICONS.get(known), "size": size}


@register.inclusion_tag("reports/_meter.html")
def meter(row):
    """A ratio as a bar with its threshold marked and its doubt shaded."""
    bar, doubt, mark = row.meter
    return {"bar": bar, "doubt": doubt, "mark": mark}


@register.filter
def unlocalized(number):
    """A coordinate for a drawing, with a point whatever the language."""
    return str(number)


@register.filter
def quarter_words(quarter):
    """`2026 Q3` as people write it."""
    year, number = quarter.split(" Q")
    return _("Q%(number)s %(year)s") % {"number": number, "year": year}


@register.filter
def change(now, before):
    """`+2`, `−1` or `±0`."""
    difference = now - before
    return f"{'+' if difference > 0 else '−' if difference < 0 else '±'}{abs(difference)}"
