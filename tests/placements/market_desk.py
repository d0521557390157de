"""A desk with an employer's vacancy and a registered job seeker, made by the real steps."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from placements.models import Vacancy
from placements.services import seekers, vacancies
from tests.city.factories import EmployerFactory


def values(**changed):
    """What a vacancy says, unless said otherwise: a cleaner, full-time, for the next thirty days."""
    today = timezone.localdate()
    return {
        "title": "保洁员",
        "headcount": 2,
        "wage_from": Decimal("3000"),
        "valid_from": today,
        "valid_until": today + timedelta(days=30),
    } | changed


def gather(desk, by=None, area=None, **changed):
    employer = changed.pop("employer", None) or EmployerFactory()
    return vacancies.gather(
        credit_code=employer.credit_code,
        employer_name="",
        area=area or desk.community,
        values=values(**changed),
        by=by or desk.clerk,
    )


def step(vacancy, action, by, **sent):
    version = Vacancy.objects.values_list("version", flat=True).get(pk=vacancy.pk)
    return vacancies.take_step(vacancy_id=vacancy.pk, action=action, version=version, by=by, **sent)


def publish(desk, **changed):
    return step(gather(desk, **changed), "publish", desk.clerk)


def register(desk, person=None, **wish):
    return seekers.register(resident_id=(person or desk.person).pk, values=wish, by=desk.clerk)
