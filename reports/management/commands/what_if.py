from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from city.commands import CityCommand, find_area
from reports.services import policies
from reports.services.what_if import flips


class Command(CityCommand):
    help = "The verdicts under another rule set; nothing is stored."
    options_taken = ("on", "area", "json")

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--policy", required=True, metavar="FILE")

    def handle(self, **options):
        area = find_area(options["area"])
        try:
            overlay = policies.parse(policies.source_of(options["policy"]), area)
        except policies.PolicyError as error:
            raise CommandError(str(error)) from None
        result = flips(self.day(options), area, overlay)
        result["flips"] = [{key: row[key] for key in ("area", "from", "to")} for row in result["flips"]]
        self.answer(
            result,
            options,
            _("Communities met: %(now)s now, %(then)s then.") % {"now": result["met_now"], "then": result["met_then"]},
        )
