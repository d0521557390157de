from datetime import date

import factory

from assistance.models import (
    Case,
    Commitment,
    Course,
    Enrolment,
    FollowUp,
    LayoffNotice,
    LayoffPerson,
    Pairing,
    Plan,
    Referral,
)
from tests.city.factories import AreaFactory, ClockFactory, EmployerFactory, StaffFactory
from tests.households.factories import HouseholdFactory, ResidentFactory, ZeroEmploymentEpisodeFactory

D = date(2026, 10, 1)


class CaseFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"C{number:05}")
    resident = factory.SubFactory(ResidentFactory)
    community = factory.LazyAttribute(lambda self: self.resident.community or AreaFactory(community=True))
    intake = "window"
    applied_on = D

    class Meta:
        model = Case


class CommitmentFactory(factory.django.DjangoModelFactory):
    case = factory.SubFactory(CaseFactory)
    clock = factory.SubFactory(ClockFactory)
    made_on = D

    class Meta:
        model = Commitment


class ReferralFactory(factory.django.DjangoModelFactory):
    case = factory.SubFactory(CaseFactory)
    resident = factory.SelfAttribute("case.resident")
    employer_name = "one"
    job = "cleaner"
    referred_on = D

    class Meta:
        model = Referral


class FollowUpFactory(factory.django.DjangoModelFactory):
    case = factory.SubFactory(CaseFactory)
    due_on = D

    class Meta:
        model = FollowUp


class PlanFactory(factory.django.DjangoModelFactory):
    episode = factory.SubFactory(ZeroEmploymentEpisodeFactory)
    measure = "one_to_one"
    goal = "work"
    responsible = factory.SubFactory(StaffFactory)
    made_on = D

    class Meta:
        model = Plan


class PairingFactory(factory.django.DjangoModelFactory):
    helper = "one"
    kind = "leader"
    household = factory.SubFactory(HouseholdFactory)
    started_on = D

    class Meta:
        model = Pairing


class CourseFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"T{number:05}")
    title = "welding"
    kind = "skill"
    provider = "school"
    area = factory.SubFactory(AreaFactory, street=True)
    starts_on = D
    ends_on = date(2026, 10, 30)
    places = 20

    class Meta:
        model = Course


class EnrolmentFactory(factory.django.DjangoModelFactory):
    course = factory.SubFactory(CourseFactory)
    resident = factory.SubFactory(ResidentFactory)
    enrolled_on = D

    class Meta:
        model = Enrolment


class LayoffNoticeFactory(factory.django.DjangoModelFactory):
    employer = factory.SubFactory(EmployerFactory)
    area = factory.SubFactory(AreaFactory, street=True)
    staff_total = 100
    planned = 20
    planned_on = D

    class Meta:
        model = LayoffNotice


class LayoffPersonFactory(factory.django.DjangoModelFactory):
    notice = factory.SubFactory(LayoffNoticeFactory)
    name = "one"
    resident = factory.SubFactory(ResidentFactory)
    id_hash = factory.LazyAttribute(lambda self: self.resident.id_hash)

    class Meta:
        model = LayoffPerson
