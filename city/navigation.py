"""The main menu: apps register their entries in `AppConfig.ready()`, and each posting sees those it may open."""

from dataclasses import dataclass, replace

from django.urls import reverse


@dataclass(frozen=True)
class Entry:
    label: str
    url_name: str
    permission: str | None
    order: int
    also: tuple = ()
    unless: str | None = None

    def is_for(self, posting):
        if posting is None or (self.unless and posting.may(self.unless)):
            return False
        return self.permission is None or posting.may(self.permission)


@dataclass(frozen=True)
class Shown:
    label: str
    url: str
    current: bool


_entries = {}


def register(label, url_name, *, permission=None, order=100, also=(), unless=None):
    """`label` is a lazy translation; `also` names the pages below this one. Registering again replaces the entry.

    `unless`: whoever has that right finds the page below another entry.
    """
    _entries[url_name] = Entry(label, url_name, permission, order, tuple(also), unless)


def hang_below(url_name, *pages):
    """Pages of a higher app that belong below an entry of a lower one."""
    entry = _entries[url_name]
    _entries[url_name] = replace(entry, also=(*entry.also, *(page for page in pages if page not in entry.also)))


def entries_for(posting, here=""):
    """What the posting may open, in order; `here` is the name of the page being shown."""
    return [
        Shown(entry.label, reverse(entry.url_name), here in (entry.url_name, *entry.also))
        for entry in sorted(_entries.values(), key=lambda entry: (entry.order, entry.url_name))
        if entry.is_for(posting)
    ]
