"""Rows of money by themselves: what leads to them comes from the services."""

from datetime import date
from decimal import Decimal

import factory
from django.utils import timezone

from city.choices import Role
from city.files import store
from city.models import Finding
from subsidies.choices import EntryKind, Stage
from subsidies.models import (
    Approval,
    BatchItem,
    ClaimDocument,
    Clawback,
    FundEntry,
    Instalment,
    LineFinding,
    PaymentBatch,
)
from tests.city.factories import AreaFactory, PostingFactory, StaffFactory
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory, FundFactory, PayeeAccountFactory


def stored_file():
    return store("payments.csv", b"a", content_type="text/csv")


class FundEntryFactory(factory.django.DjangoModelFactory):
    fund = factory.SubFactory(FundFactory)
    kind = EntryKind.ALLOT
    amount = Decimal("1000")
    at = factory.LazyFunction(timezone.now)

    class Meta:
        model = FundEntry


class ApprovalFactory(factory.django.DjangoModelFactory):
    claim = factory.SubFactory(ClaimFactory)
    round = 1
    stage = Stage.ENTERED
    posting = factory.SubFactory(PostingFactory)
    staff = factory.SelfAttribute("posting.staff")
    amount = Decimal("1245")
    at = factory.LazyFunction(timezone.now)

    class Meta:
        model = Approval


class ClaimDocumentFactory(factory.django.DjangoModelFactory):
    claim = factory.SubFactory(ClaimFactory)
    kind = "payroll"
    file = factory.LazyFunction(stored_file)
    added_by = factory.SubFactory(StaffFactory)
    added_at = factory.LazyFunction(timezone.now)

    class Meta:
        model = ClaimDocument


class LineFindingFactory(factory.django.DjangoModelFactory):
    line = factory.SubFactory(ClaimLineFactory)

    class Meta:
        model = LineFinding

    @factory.lazy_attribute
    def finding(self):
        day = date(2026, 10, 1)
        area = self.line.claim.area
        return Finding.objects.create(
            kind="doubt", key=str(self.line.pk), area=area, evidence={}, found_on=day, seen_on=day
        )


class PaymentBatchFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"batch-{number}")
    area = factory.SubFactory(AreaFactory, district=True)
    made_by = factory.SubFactory(PostingFactory, role=Role.FINANCE, area=factory.SelfAttribute("..area"))
    made_at = factory.LazyFunction(timezone.now)
    items_count = 1
    total = Decimal("1245")
    file = factory.LazyFunction(stored_file)
    sha256 = factory.SelfAttribute("file.sha256")

    class Meta:
        model = PaymentBatch


class BatchItemFactory(factory.django.DjangoModelFactory):
    batch = factory.SubFactory(PaymentBatchFactory)
    sequence = factory.Sequence(lambda number: number + 1)
    claim = factory.SubFactory(ClaimFactory)
    account = factory.SubFactory(PayeeAccountFactory)
    amount = Decimal("1245")

    class Meta:
        model = BatchItem


class ClawbackFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"clawback-{number}")
    line = factory.SubFactory(ClaimLineFactory)
    area = factory.SelfAttribute("line.claim.area")
    amount = Decimal("100")
    cause = "left"
    explanation = "left in June"
    opened_on = date(2026, 10, 1)

    class Meta:
        model = Clawback


class InstalmentFactory(factory.django.DjangoModelFactory):
    clawback = factory.SubFactory(ClawbackFactory)
    amount = Decimal("40")
    received_on = date(2026, 10, 8)
    voucher = factory.Sequence(lambda number: f"voucher-{number}")
    posting = factory.SubFactory(PostingFactory)

    class Meta:
        model = Instalment
