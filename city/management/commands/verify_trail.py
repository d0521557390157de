import json

from django.core.management.base import BaseCommand, CommandError

from city.trail import verify


class Command(BaseCommand):
    help = "Proves the audit trail unbroken: walks the hash chain over all sealed entries."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args, **options):
        found = verify()
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            self.stdout.write(f"{found['entries']} entries, {len(found['broken'])} broken blocks")
        if found["broken"]:
            number, first = len(found["broken"]), found["broken"][0]
            raise CommandError(
                f"The trail is broken in {number} blocks, first in entries {first['first']}-{first['last']}."
            )
