from django.utils.translation import gettext as _

from city.commands import CityCommand
from city.trail import acting
from households import ledger


class Command(CityCommand):
    help = "Build the ledger's spans again from their sources; --check only counts persons whose spans differ."
    options_taken = ("json",)

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--check", action="store_true", help="change nothing")

    def handle(self, **options):
        result = ledger.check()
        if not options["check"]:
            with acting(reason="rebuild_ledger"):
                ledger.rebuild()
        self.answer(result, options, _("%(persons)s persons, %(differ)s differ.") % result)
