from django import template

from city.sheets.registry import REFUSED, kind_named

register = template.Library()


@register.filter
def sheet_title(name):
    """The title of a kind; a kind no longer known keeps its name."""
    try:
        return kind_named(name).title
    except KeyError:
        return name


@register.filter
def fact(summary, name):
    """One number of a sheet's summary, or a dash while there is none. `refused` may also be why a file was refused."""
    value = summary.get(REFUSED if name == "refused_rows" else name)
    return value if isinstance(value, int) else "–"
