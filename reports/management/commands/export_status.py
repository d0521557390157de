import sys
from pathlib import Path

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from city.commands import CityCommand, find_area, parse_day
from reports.services import status_export
from reports.terms import STATUS_LEVELS


class Command(CityCommand):
    help = "Write the stored status of an area and all below it."
    options_taken = ("area",)

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--on", required=True, metavar="DATE")
        parser.add_argument("--level", choices=[level.value for level in STATUS_LEVELS])
        parser.add_argument("--format", choices=status_export.FORMATS, default="json")
        parser.add_argument("--output", metavar="FILE", help="standard output if left out")

    def handle(self, **options):
        on = parse_day(options["on"])
        area = find_area(options["area"])
        if not status_export.is_stored(area, on):
            raise CommandError(_("%(on)s was never computed; run recompute_status --on %(on)s first.") % {"on": on})
        content = status_export.FORMATS[options["format"]](status_export.rows(area, on, options["level"]))
        if options["output"]:
            self.save(Path(options["output"]), content)
        elif options["format"] == "xlsx":
            sys.stdout.buffer.write(content)
        else:
            self.stdout.write(content.decode(), ending="")

    def save(self, path, content):
        try:
            path.write_bytes(content)
        except OSError as error:
            raise CommandError(_("“%(file)s” cannot be written: %(error)s") % {"file": path, "error": error}) from None
