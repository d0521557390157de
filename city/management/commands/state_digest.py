import json

from django.core.management.base import BaseCommand

from city.digests import digest, digested_models


class Command(BaseCommand):
    help = "One SHA-256 per table over its rows by natural key: equal data, equal digest."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args, **options):
        found = {}
        for model in digested_models():
            table = model._meta.db_table
            found[table] = digest(model)
            if not options["json"]:
                self.stdout.write(f"{found[table]}  {table}")
        if options["json"]:
            self.stdout.write(json.dumps(found))
