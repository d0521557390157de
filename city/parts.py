"""Places that apps fill without the page knowing them: panels of a page, the page a role's day opens on, warnings.

Apps register in `AppConfig.ready()`, in arrow order; nothing here points up.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Panel:
    """`context(request, subject)` returns what `template` shows, or None when there is nothing to show."""

    name: str
    template: str
    context: Callable
    permission: str | None
    order: int


@dataclass(frozen=True)
class Shown:
    template: str
    context: dict


_panels = {}
_starts = {}
_warnings = {}


def register_panel(page, name, template, context, *, permission=None, order=100):
    """Add a panel to a page ("resident", "household"); the same name again replaces it."""
    _panels.setdefault(page, {})[name] = Panel(name, template, context, permission, order)


def panels_for(page, request, subject):
    """The panels of a page the posting may see, in order, each with its context."""
    shown = []
    for panel in sorted(_panels.get(page, {}).values(), key=lambda panel: (panel.order, panel.name)):
        if panel.permission is None or request.posting.may(panel.permission):
            context = panel.context(request, subject)
            if context is not None:
                shown.append(Shown(panel.template, context))
    return shown


def register_start(roles, address):
    """`address(posting)` is the URL the day of these roles opens on; a later registration wins."""
    _starts.update(dict.fromkeys(roles, address))


def start_for(posting):
    """The URL the posting's day opens on, or None where no app has registered one."""
    address = _starts.get(posting.role)
    return address(posting) if address else None


def register_warning(name, warning, *, permission):
    """`warning()` returns a sentence for those with the right, or an empty text when all is well."""
    _warnings[name] = (warning, permission)


def warnings_for(posting):
    """What somebody with these rights should see to, when their day opens."""
    found = [warning() for warning, permission in _warnings.values() if posting.may(permission)]
    return [text for text in found if text]
