from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.core.servers.basehttp import get_internal_wsgi_application, run
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from city.commands import CityCommand, last_ended_day
from reports.synthetic import demo
from reports.synthetic.progress import bar

_WIDTH = 100


class Command(CityCommand):
    help = "A city to try: prepares the database, prints one sign-in per role and serves it on this machine."

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, **options):
        if settings.PRODUCTION:
            raise CommandError(_("The demo never runs in production: set APP_ENV=demo."))
        call_command("migrate", verbosity=0, interactive=False)
        with bar(_("Writing the city")) as progress:
            demo.found(progress)
        with bar(_("Computing two years")) as progress:
            demo.look_back(last_ended_day(), progress)
        self._print_sign_ins()
        demo.Nights().start()
        self._serve(options["port"])

    def _print_sign_ins(self):
        table = Table(title=_("One sign-in per role"))
        for heading in (_("Role"), _("Area"), _("Username"), _("Password")):
            table.add_column(heading, no_wrap=True)
        for row in demo.sign_ins():
            table.add_row(*row)
        console = Console(file=self.stdout)
        Console(file=self.stdout, width=max(_WIDTH, console.width)).print(table)

    def _serve(self, port):
        def tell(bound_port):
            self.stdout.write(f"Serving at http://127.0.0.1:{bound_port}")
            self.stdout.flush()

        try:
            run("127.0.0.1", port, get_internal_wsgi_application(), threading=True, on_bind=tell)
        except OSError as error:
            raise CommandError(_("Port %(port)s cannot be used: %(error)s") % {"port": port, "error": error}) from None
        except KeyboardInterrupt:
            self.stdout.write("")
