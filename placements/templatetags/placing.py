from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def may(posting, permission):
    """Whether to show a way to a page that asks for this right."""
    return posting is not None and posting.may(permission)


@register.filter
def reasons_in_words(reasons, weights):
    """([(words, points)], [words]) of a pair: what cost points, what cost none. What does not count is not told."""
    told = [(_words(code, points, weights), points) for code, points in reasons if weights.get(code)]
    return [one for one in told if one[1]], [words for words, points in told if not points]


def _words(code, points, weights):
    if code == "distance":
        steps = points // weights["distance"]
        if not steps:
            return _("in the own or wished-for place")
        return ngettext("%(steps)s level further out", "%(steps)s levels further out", steps) % {"steps": steps}
    told = {
        "wish": (_("no other work wished for"), _("other work than wished for")),
        "wage": (_("the wage wished for"), _("less than the wage wished for")),
        "hours": (_("hours as wished for"), _("other hours than wished for")),
    }
    return told[code][points > 0]
