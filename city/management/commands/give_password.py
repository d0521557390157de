from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from city.commands import CityCommand
from city.models import Staff
from city.services import passwords


class Command(CityCommand):
    help = "Give a staff member a new random password and print it once; it is stored nowhere in clear."
    options_taken = ("json",)

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("number", metavar="EMPLOYEE_NUMBER")

    def handle(self, **options):
        staff = Staff.objects.filter(number=options["number"]).first()
        if staff is None:
            raise CommandError(_("There is no staff member with the number %(number)s.") % options)
        password = passwords.give(staff)
        self.answer({"username": staff.number, "password": password}, options, f"{staff.number}\t{password}")
