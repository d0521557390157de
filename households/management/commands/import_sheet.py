import sys
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from city.commands import CityCommand, parse_day
from city.jobs import Busy
from city.services.sheet_imports import import_now
from city.sheets import pipeline
from city.sheets.reader import SheetRefused, check_size
from city.sheets.registry import Terms, all_kinds, kind_named
from city.sheets.writer import ErrorSheet


class Command(CityCommand):
    help = _("Loads a sheet. Good rows land, refused rows come back in the error sheet with their reasons.")
    options_taken = ("json",)

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("kind", metavar="KIND", help=", ".join(kind.name for kind in all_kinds()))
        parser.add_argument("file", metavar="FILE", help=_(".xlsx, .xls or .csv (UTF-8 or GB18030)"))
        parser.add_argument(
            "--on", metavar="DATE", help=_("the day of the sheet, such as 2026-10-31; today if left out")
        )
        parser.add_argument("--dry-run", action="store_true", help=_("check everything and write nothing"))
        parser.add_argument(
            "--errors", metavar="OUT.xlsx", help=_("where refused rows are written with their reasons")
        )

    def handle(self, *args, **options):
        on = parse_day(options["on"]) if options["on"] else timezone.localdate()
        try:
            kind = kind_named(options["kind"])
        except KeyError:
            raise CommandError(_("There is no sheet of the kind %(kind)s.") % {"kind": options["kind"]}) from None
        path = Path(options["file"])
        try:
            with _errors_at(options["errors"]) as error_sheet, _progress(kind) as progress:
                check_size(path.stat().st_size, kind)
                data = path.read_bytes()
                if options["dry_run"]:
                    result = pipeline.run(kind, data, Terms(on), error_sheet=error_sheet, progress=progress)
                else:
                    result = import_now(kind, data, on=on, name=path.name, error_sheet=error_sheet, progress=progress)
        except SheetRefused as refused:
            raise CommandError(str(refused)) from None
        except OSError as error:
            raise CommandError(f"{error.filename or path}: {error.strerror}") from None
        except Busy:
            raise CommandError(_("A sheet of this kind is being written; try again when it is done.")) from None
        self.answer(result.as_json(), options, self._sentence(result))

    @staticmethod
    def _sentence(result):
        told = result.as_json()
        lines = [
            _("%(rows)d rows: %(accepted)d accepted, %(unchanged)d unchanged, %(rejected)d rejected.") % told,
            *(
                _("row %(row)s, %(column)s: %(message)s") % error
                if error["column"]
                else f"{error['row']}: {error['message']}"
                for error in told["errors"]
            ),
        ]
        if told["unknown_columns"]:
            lines.append(_("Unknown columns: %(columns)s") % {"columns": "、".join(told["unknown_columns"])})
        return "\n".join(lines)


@contextmanager
def _errors_at(path):
    if path is None:
        yield None
        return
    error_sheet = ErrorSheet(path)
    try:
        yield error_sheet
    finally:
        error_sheet.close()


@contextmanager
def _progress(kind):
    """A counter on a terminal, on standard error only, so that standard output holds the answer and nothing else."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(str(kind.title), total=None)
        yield lambda done: bar.update(task, completed=done)
