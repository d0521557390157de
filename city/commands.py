"""What every management command of the contract shares: `--on`, `--area`, `--json`, one clear line on failure."""

import json
from datetime import date, timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from city.choices import AreaLevel
from city.models import Area


def last_ended_day():
    """The last day that has ended in the city's time zone: what a night computes."""
    return timezone.localdate() - timedelta(days=1)


def parse_day(text):
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(_("“%(text)s” is not a day; write it as 2026-10-31.") % {"text": text}) from None


def find_area(code):
    """The division with this code, in force or former; without a code the only city. Raises CommandError."""
    if code:
        area = Area.objects.divisions().filter(code=code).first()
        area = area or Area.objects.divisions().filter(codes__code=code).first()
        if area is None:
            raise CommandError(_("There is no area with the code %(code)s.") % {"code": code})
        return area
    cities = list(Area.objects.filter(level=AreaLevel.CITY)[:2])
    if len(cities) != 1:
        raise CommandError(_("Name the area with --area: there is not exactly one city."))
    return cities[0]


class CityCommand(BaseCommand):
    """Base of the contract's commands; `on` and `area` in the subclass's `options_taken` add the common options."""

    options_taken = ()

    def add_arguments(self, parser):
        if "on" in self.options_taken:
            parser.add_argument("--on", metavar="DATE", help=_("such as 2026-10-31; the last ended day if left out"))
        if "area" in self.options_taken:
            parser.add_argument("--area", metavar="CODE", help=_("12-digit code; everything if left out"))
        if "json" in self.options_taken:
            parser.add_argument("--json", action="store_true", help=_("print one JSON document and nothing else"))

    def day(self, options):
        return parse_day(options["on"]) if options["on"] else last_ended_day()

    def answer(self, result, options, sentence):
        """The result as JSON, or a sentence for a person."""
        self.stdout.write(json.dumps(result, ensure_ascii=False) if options["json"] else sentence)
