from django.utils.translation import gettext as _

from city.commands import CityCommand, find_area
from reports.services.night import recompute_status


class Command(CityCommand):
    help = "Compute and store the status of every community, street, district and the city for a day."
    options_taken = ("on", "area", "json")

    def handle(self, **options):
        area = find_area(options["area"]) if options["area"] else None
        result = recompute_status(self.day(options), area)
        sentence = _(
            "%(on)s: %(areas)s areas in %(seconds)s s."
            " Communities: %(met)s met, %(not_met)s not met, %(not_proven)s not proven."
        )
        self.answer(result, options, sentence % (result | result["verdicts"]))
