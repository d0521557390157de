from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from city.commands import CityCommand, find_area
from reports.indicators import INDICATORS
from reports.services.explain import PARTS, as_rows


class Command(CityCommand):
    help = "List the persons or households behind one figure."
    options_taken = ("on", "area", "json")

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--indicator", required=True, metavar="KEY")
        parser.add_argument("--part", choices=PARTS, default="numerator")

    def handle(self, **options):
        key = options["indicator"]
        if key not in INDICATORS:
            raise CommandError(_("There is no indicator “%(key)s”.") % {"key": key})
        rows = list(as_rows(find_area(options["area"]), self.day(options), key, options["part"]))
        self.answer(rows, options, "\n".join("\t".join(row.values()) for row in rows))
