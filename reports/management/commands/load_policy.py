from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from city.commands import CityCommand, find_area, parse_day
from city.trail import acting
from reports.services import policies


class Command(CityCommand):
    help = "Load a rule set: a shipped preset by its name, or a TOML file."
    options_taken = ("json",)

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("name_or_file", nargs="?", metavar="NAME_OR_FILE")
        parser.add_argument("--area", metavar="CODE", help="the area it is for; the only city if left out")
        parser.add_argument(
            "--from", dest="in_force_from", metavar="DATE", help="in force from this day, not the file's"
        )
        parser.add_argument("--list", action="store_true", help="name the shipped presets")

    def handle(self, **options):
        if options["list"]:
            presets = policies.presets()
            self.answer(presets, options, "\n".join(f"{name}\t{title}" for name, title in presets.items()))
            return
        if not options["name_or_file"]:
            raise CommandError(_("Name a preset (see --list) or a file."))
        started = parse_day(options["in_force_from"]) if options["in_force_from"] else None
        area = find_area(options["area"])
        try:
            text = policies.source_of(options["name_or_file"])
            with acting(reason="load_policy"):
                ruleset = policies.load(text, area, started)
        except policies.PolicyError as error:
            raise CommandError(str(error)) from None
        result = {"key": ruleset.key, "area": area.code, "in_force_from": ruleset.in_force_from.isoformat()}
        self.answer(result, options, _("%(key)s is in force for %(area)s from %(in_force_from)s.") % result)
