from datetime import UTC, date, datetime

import factory

from placements.allocation import ANYWHERE, DEFAULT_WEIGHTS
from placements.models import PersonLeftOut, Proposal
from tests.city.factories import AreaFactory, StaffFactory


class ProposalFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"proposal-{number}")
    area = factory.SubFactory(AreaFactory, community=True)
    made_at = datetime(2026, 1, 1, tzinfo=UTC)
    made_by = factory.SubFactory(StaffFactory)
    as_of = date(2026, 1, 1)
    weights = DEFAULT_WEIGHTS | {"farthest": ANYWHERE}
    posts_open = 0
    people_waiting = 1

    class Meta:
        model = Proposal


class PersonLeftOutFactory(factory.django.DjangoModelFactory):
    proposal = factory.SubFactory(ProposalFactory)
    priority = "other"
    limit = "no_post"

    class Meta:
        model = PersonLeftOut
