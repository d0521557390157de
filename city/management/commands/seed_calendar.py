from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from city import workdays
from city.commands import CityCommand
from city.trail import acting


class Command(CityCommand):
    help = "Write the published public calendar of the years given; days the city already has are left alone."

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("years", nargs="+", type=int)

    def handle(self, **options):
        unknown = sorted(set(options["years"]) - set(workdays.published_years()))
        if unknown:
            raise CommandError(
                _("No calendar is published for %(years)s yet; import it as a sheet when it is.")
                % {"years": ", ".join(map(str, unknown))}
            )
        with acting(reason="seed_calendar"):
            for year in options["years"]:
                workdays.seed(year, year)
        self.stdout.write(_("Written: %(years)s.") % {"years": ", ".join(map(str, options["years"]))})
