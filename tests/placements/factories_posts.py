from datetime import date
from decimal import Decimal

import factory

from placements.models import PlacementBase, Post, PostPlan, Project
from tests.city.factories import AreaFactory, EmployerFactory


class PlacementBaseFactory(factory.django.DjangoModelFactory):
    name = factory.Sequence(lambda number: f"base {number}")
    employer = factory.SubFactory(EmployerFactory)
    area = factory.SubFactory(AreaFactory, community=True)
    capacity = 10
    opened_on = date(2026, 1, 1)

    class Meta:
        model = PlacementBase


class ProjectFactory(factory.django.DjangoModelFactory):
    name = factory.Sequence(lambda number: f"project {number}")
    investor = factory.SubFactory(EmployerFactory)
    area = factory.SubFactory(AreaFactory, community=True)
    agreed_on = date(2026, 1, 1)
    jobs_total = 20
    promised_share = Decimal("0.5")

    class Meta:
        model = Project


class PostPlanFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"plan-{number}")
    area = factory.SubFactory(AreaFactory, community=True)
    employer = factory.SubFactory(EmployerFactory)
    title = "cleaner"
    category = "cleaning"
    field = "community"
    place = "square"
    monthly_wage = minimum_wage = Decimal("2490")
    funding = "district"
    headcount = 1
    planned_on = date(2026, 1, 1)

    class Meta:
        model = PostPlan


class PostFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"post-{number}")
    plan = factory.SubFactory(PostPlanFactory, state="opened", area=factory.SelfAttribute("..area"))
    area = factory.SubFactory(AreaFactory, community=True)
    opened_on = date(2026, 1, 1)

    class Meta:
        model = Post
