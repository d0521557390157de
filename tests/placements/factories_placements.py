from datetime import date

import factory

from households.choices import Channel
from placements.models import Business, Offer, Placement
from tests.assistance.factories import ReferralFactory
from tests.city.factories import AreaFactory
from tests.households.factories import ResidentFactory
from tests.placements.factories_market import VacancyFactory

D = date(2026, 10, 1)


class BusinessFactory(factory.django.DjangoModelFactory):
    name = factory.Sequence(lambda number: f"business {number}")
    owner = factory.SubFactory(ResidentFactory)
    area = factory.SubFactory(AreaFactory, community=True)
    opened_on = D

    class Meta:
        model = Business


class PlacementFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"P{number:05}")
    resident = factory.SubFactory(ResidentFactory)
    community = factory.SelfAttribute("resident.community")
    channel = Channel.FLEXIBLE
    agreed_from = D

    class Meta:
        model = Placement


class OfferFactory(factory.django.DjangoModelFactory):
    referral = factory.SubFactory(ReferralFactory)
    vacancy = factory.SubFactory(VacancyFactory)

    class Meta:
        model = Offer
