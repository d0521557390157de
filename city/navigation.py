"""The main menu: apps register their entries in `AppConfig.ready()`, and each posting sees those it may open."""

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True)
class Entry:
    label: str
    url_name: str
    permission: str | None
    order: int
    also: tuple = ()


@dataclass(frozen=True)
class Shown:
    label: str
    url: str
    current: bool


_entries = {}


def register(label, url_name, *, permission=None, order=100, also=()):
    """`label` is a lazy translation; `also` names the pages below this one. Registering again replaces the entry."""
    _entries[url_name] = Entry(label, url_name, permission, order, tuple(also))


def entries_for(posting, here=""):
    """What the posting may open, in order; `here` is the name of the page being shown."""
    return [
        Shown(entry.label, reverse(entry.url_name), here in (entry.url_name, *entry.also))
        for entry in sorted(_entries.values(), key=lambda entry: (entry.order, entry.url_name))
        if posting is not None and (entry.permission is None or posting.may(entry.permission))
    ]
