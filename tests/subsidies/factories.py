from datetime import date
from decimal import Decimal

import factory
from django.utils import timezone

from city.models import PolicyDocument
from subsidies.choices import Basis, ClaimState, FundSource, LineStanding, RateState, Scheme
from subsidies.models import Claim, ClaimLine, Fund, PayeeAccount, Rate
from subsidies.rules import Terms, compute, digest_of
from tests.city.factories import AreaFactory, EmployerFactory, StaffFactory
from tests.households.factories import ResidentFactory


class PolicyDocumentFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"document {number}")

    class Meta:
        model = PolicyDocument


class RateFactory(factory.django.DjangoModelFactory):
    scheme = Scheme.POST
    area = factory.SubFactory(AreaFactory, community=True)
    in_force_from = date(2026, 1, 1)
    contract_months = 12
    basis = Basis.MINIMUM_WAGE
    share = "1/2"
    document = factory.SubFactory(PolicyDocumentFactory)
    state = RateState.SIGNED

    class Meta:
        model = Rate


class FundFactory(factory.django.DjangoModelFactory):
    """A fund by its sums alone; money that moves comes from `services.funds`."""

    area = factory.SubFactory(AreaFactory, community=True)
    source = FundSource.EMPLOYMENT
    year = 2026
    allotted = Decimal("1000000")

    class Meta:
        model = Fund


class PayeeAccountFactory(factory.django.DjangoModelFactory):
    employer = factory.SubFactory(EmployerFactory)
    holder = "holder"
    bank = "bank"
    account = "6222000000000000"
    account_hash = factory.Faker("uuid4")
    entered_by = factory.SubFactory(StaffFactory)
    entered_at = factory.LazyFunction(timezone.now)

    class Meta:
        model = PayeeAccount


class ClaimFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"claim-{number}")
    scheme = Scheme.POST
    area = factory.SubFactory(AreaFactory, community=True)
    employer = factory.SubFactory(EmployerFactory)
    period_from = date(2026, 7, 1)
    period_to = date(2026, 9, 1)
    entered_on = date(2026, 10, 8)
    submitted_at = factory.LazyAttribute(
        lambda claim: None if claim.state in (ClaimState.DRAFT, ClaimState.WITHDRAWN) else timezone.now()
    )
    state = ClaimState.DRAFT

    class Meta:
        model = Claim


def by_person(amount):
    """A line's amount as a rate of so many yuan a person gives it."""
    return compute(Terms(Basis.PERSON, "document", 0, date(2026, 1, 1), amount=amount), 1)


class ClaimLineFactory(factory.django.DjangoModelFactory):
    claim = factory.SubFactory(ClaimFactory)
    resident = factory.SubFactory(ResidentFactory)
    scheme = factory.SelfAttribute("claim.scheme")
    month = factory.SelfAttribute("claim.period_from")
    occasion = factory.LazyAttribute(lambda line: line.month.isoformat()[:7])
    asked = Decimal("1245.00")
    computed = Decimal("1245.00")
    standing = LineStanding.LIVE
    basis = factory.LazyAttribute(lambda line: by_person(line.computed).basis)
    basis_digest = factory.LazyAttribute(lambda line: digest_of(line.basis))

    class Meta:
        model = ClaimLine
