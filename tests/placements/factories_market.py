from datetime import date, timedelta
from decimal import Decimal

import factory

from placements.models import Event, JobSeeker, ServicePoint, Vacancy
from tests.city.factories import AreaFactory, EmployerFactory
from tests.households.factories import ResidentFactory

D = date(2026, 10, 1)


class ServicePointFactory(factory.django.DjangoModelFactory):
    kind = "agency"
    name = factory.Sequence(lambda number: f"point {number}")
    area = factory.SubFactory(AreaFactory, community=True)
    opened_on = D

    class Meta:
        model = ServicePoint


class EventFactory(factory.django.DjangoModelFactory):
    kind = "fair"
    name = factory.Sequence(lambda number: f"fair {number}")
    area = factory.SubFactory(AreaFactory, community=True)
    starts_on = D
    ends_on = D

    class Meta:
        model = Event


class VacancyFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"KG330102-2026-{number:05}")
    area = factory.SubFactory(AreaFactory, community=True)
    employer = factory.SubFactory(EmployerFactory)
    title = "保洁员"
    headcount = 2
    wage_from = Decimal("3000")
    valid_from = D
    valid_until = D + timedelta(days=90)
    gathered_on = D

    class Meta:
        model = Vacancy


class JobSeekerFactory(factory.django.DjangoModelFactory):
    resident = factory.SubFactory(ResidentFactory)
    registered_on = D
    valid_until = factory.LazyAttribute(lambda self: self.registered_on + timedelta(days=180))

    class Meta:
        model = JobSeeker
