"""Walks the site's addresses for the guards."""

from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver


@dataclass(frozen=True)
class Address:
    name: str
    path: str
    view: Any


def addresses(resolver=None, prefix="", namespaces=()):
    for entry in (resolver or get_resolver()).url_patterns:
        path = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield Address(":".join([*namespaces, entry.name or path]), path, entry.callback)
        else:
            inner = [*namespaces, entry.namespace] if entry.namespace else namespaces
            yield from addresses(entry, path, inner)
