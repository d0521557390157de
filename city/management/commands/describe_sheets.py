from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from city.sheets.describing import described


class Command(BaseCommand):
    help = "Writes docs/sheets.md from the columns the sheets declare; with --check it only compares."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="change nothing; fail when the page is out of date")

    def handle(self, *args, **options):
        page = settings.BASE_DIR / "docs" / "sheets.md"
        text = described()
        if not options["check"]:
            page.parent.mkdir(exist_ok=True)
            page.write_text(text, encoding="utf-8")
        elif not page.exists() or page.read_text(encoding="utf-8") != text:
            raise CommandError("docs/sheets.md is out of date; run manage.py describe_sheets.")
