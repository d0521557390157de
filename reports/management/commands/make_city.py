from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from city.commands import CityCommand
from reports.synthetic.founding import CityExists, NoSuchCity, make_city
from reports.synthetic.progress import bar


class Command(CityCommand):
    help = "Write a made-up city, the same for the same seed and day, straight into an empty database."
    options_taken = ("on", "json")

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--residents", type=int, required=True)
        parser.add_argument("--communities", type=int, help=_("one for every 2,500 residents if left out, at least 8"))
        parser.add_argument("--seed", type=int, default=1, help=_("another number makes another city"))
        parser.add_argument("--history-months", type=int, default=24)

    def handle(self, **options):
        numbers = {name: options[name] for name in ("residents", "communities", "seed", "history_months")}
        try:
            with bar(_("Writing the city")) as progress:
                report = make_city(**numbers, on=self.day(options), progress=progress)
        except CityExists as error:
            raise CommandError(_("The database already has areas; a made-up city needs an empty one.")) from error
        except NoSuchCity as error:
            raise CommandError(_("These numbers make no city: give residents, and fewer communities.")) from error
        sentence = _("%(residents)s residents written, %(accounts)s accounts can sign in.") % {
            "residents": numbers["residents"],
            "accounts": len(report["accounts"]),
        }
        self.answer(report, options, sentence)
