from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from city.choices import RunState
from city.commands import CityCommand, parse_day
from city.tasks import recover_runs, seal_trail
from reports.services.nightly import run_here


class Command(CityCommand):
    help = "Everything the schedule does in a night, in order, in this process; without --on every night that is due."
    options_taken = ("on",)

    def handle(self, **options):
        """Without a beat this is also where work that a stopped process left behind is taken up again."""
        recover_runs()
        for run in run_here(parse_day(options["on"]) if options["on"] else None):
            if run.state != RunState.DONE:
                busy = _("The night of %(on)s is being worked on.") % {"on": run.business_day}
                raise CommandError(run.error or busy)
            self.stdout.write(_("Night of %(on)s done.") % {"on": run.business_day})
        seal_trail()
