from datetime import date

import factory
from django.utils import timezone

from city.choices import AreaLevel, Role
from city.models import Area, Clock, Employer, Notice, Posting, Staff


class AreaFactory(factory.django.DjangoModelFactory):
    """A city; `parent=` and a level make what lies below."""

    level = AreaLevel.CITY
    parent = None
    code = factory.Sequence(lambda number: f"{330000000000 + number}")
    name = factory.Sequence(lambda number: f"area {number}")

    class Meta:
        model = Area
        skip_postgeneration_save = True

    class Params:
        district = factory.Trait(
            level=AreaLevel.DISTRICT, parent=factory.SubFactory("tests.city.factories.AreaFactory")
        )
        street = factory.Trait(
            level=AreaLevel.STREET, parent=factory.SubFactory("tests.city.factories.AreaFactory", district=True)
        )
        community = factory.Trait(
            level=AreaLevel.COMMUNITY, parent=factory.SubFactory("tests.city.factories.AreaFactory", street=True)
        )

    @factory.post_generation
    def path(self, create, extracted):
        above = self.parent.path if self.parent else "/"
        self.path = f"{above}{self.pk}/"
        if create:
            self.save(update_fields=["path"])


class StaffFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"S{number:05}")
    name = factory.Sequence(lambda number: f"staff {number}")
    password = factory.django.Password("correct horse battery")

    class Meta:
        model = Staff


class PostingFactory(factory.django.DjangoModelFactory):
    staff = factory.SubFactory(StaffFactory)
    role = Role.STATION_CLERK
    area = factory.SubFactory(AreaFactory, community=True)
    started_on = date(2020, 1, 1)

    class Meta:
        model = Posting


class EmployerFactory(factory.django.DjangoModelFactory):
    credit_code = factory.Sequence(lambda number: f"91330100MA{number:08}")
    name = factory.Sequence(lambda number: f"employer {number}")

    class Meta:
        model = Employer


class ClockFactory(factory.django.DjangoModelFactory):
    unit = "working_days"
    allowance = 5
    started_at = factory.LazyFunction(timezone.now)

    class Meta:
        model = Clock


class NoticeFactory(factory.django.DjangoModelFactory):
    kind = "zero_household"
    title = "notice"
    area = factory.SubFactory(AreaFactory, street=True)
    clock = factory.SubFactory(ClockFactory)

    class Meta:
        model = Notice
