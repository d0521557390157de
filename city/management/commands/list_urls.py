import json

from django.core.management.base import BaseCommand
from django.urls import URLPattern, get_resolver


def addresses(resolver, prefix="", namespaces=()):
    """Every address of the site: name, path, allowed methods and the right it needs, as its view says them."""
    for entry in resolver.url_patterns:
        path = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield {
                "name": ":".join([*namespaces, entry.name or path]),
                "path": f"/{path}",
                "methods": list(getattr(entry.callback, "methods", [])),
                "permission": getattr(entry.callback, "permission", None),
            }
        else:
            inner = [*namespaces, entry.namespace] if entry.namespace else namespaces
            yield from addresses(entry, path, inner)


class Command(BaseCommand):
    help = "Lists every address of the site with its methods and the right it needs."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args, **options):
        found = list(addresses(get_resolver()))
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for address in found:
            methods = ",".join(address["methods"])
            self.stdout.write(f"{address['path']}  {methods}  {address['permission'] or '-'}  {address['name']}")
