"""Employers, placement bases and projects: what the offices know of them."""

from django.utils.translation import gettext as _

from city.models import Employer
from city.moves import NotAllowed
from city.trail import acting
from placements.models import EmployerDetails


def known_or_new(*, credit_code, name):
    """The employer of a code; one not known yet becomes known by this name. Call it inside the act of the caller."""
    return Employer.objects.get_or_create(credit_code=credit_code, defaults={"name": name})[0]


def save_details(*, employer, kind, values, by, request=None):
    """Put down what is known of an employer. `values`: fields of `EmployerDetails`."""
    if not by.may("placements.gather_vacancies"):
        raise NotAllowed
    with acting(posting=by, reason=_("Employer details"), request=request):
        employer.kind = kind
        employer.save(update_fields=["kind"])
        EmployerDetails.objects.update_or_create(employer=employer, defaults=values)


def save_place(*, item, payer, credit_code, employer_name, by, request=None):
    """A placement base or a project in an area of the posting's; `payer` names its field for the employer."""
    if not (by.may("placements.run_bases") and item.area.path.startswith(by.area.path)):
        raise NotAllowed
    with acting(posting=by, reason=str(item._meta.verbose_name), request=request):
        setattr(item, payer, known_or_new(credit_code=credit_code, name=employer_name))
        item.save()
    return item
