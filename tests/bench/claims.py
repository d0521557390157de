"""The row of the queue: two thousand claims of three persons each, approved in one action, all computed anew."""

import time
from datetime import timedelta
from decimal import Decimal
from unittest import mock

from django.db.models import Sum
from django.utils import timezone

from city.models import Move, Posting
from city.trail import acting
from households.models import Resident
from subsidies.choices import Basis, ClaimState, EntryKind, FundSource, Scheme, Stage
from subsidies.models import Approval, Claim, ClaimLine, FundEntry
from subsidies.services import deciding, funds
from subsidies.workflow import CLAIM
from tests.city.factories import EmployerFactory, PostingFactory, StaffFactory
from tests.subsidies.factories import RateFactory

CLAIMS, PERSONS = 2_000, 3
_SECONDS = 10
_AMOUNT = Decimal("1245.00")


def _desk():
    """The district with the most people, its officer, money and a rate."""
    office = Posting.objects.select_related("area", "staff").filter(role="city_office").order_by("pk").first()
    officer = Posting.objects.select_related("area", "staff").filter(role="district_officer").order_by("pk").first()
    RateFactory(area=office.area, scheme=Scheme.POST, basis=Basis.MINIMUM_WAGE, share="1/2", contract_months=0)
    today = timezone.localdate()
    funds.allot(
        area=officer.area, source=FundSource.EMPLOYMENT, purpose="", year=today.year,
        amount=CLAIMS * PERSONS * _AMOUNT, words="", by=office,
    )  # fmt: skip
    return officer


def _submitted(officer):
    """Claims as three queues pass them on, written at once; their persons are the district's."""
    residents = Resident.objects.filter(community__path__startswith=officer.area.path).order_by("pk")
    people = list(residents.values_list("pk", "community")[: CLAIMS * PERSONS])
    employer, moment = EmployerFactory(), timezone.now() - timedelta(days=5)
    month = timezone.localdate().replace(day=1)
    claims = Claim.objects.bulk_create(
        Claim(
            number=f"补{number:05}", scheme=Scheme.POST, area_id=people[number * PERSONS][1], employer=employer,
            period_from=month, period_to=month, state=ClaimState.STREET_REVIEWED, total=PERSONS * _AMOUNT,
            entered_on=moment.date(), submitted_at=moment,
        )
        for number in range(len(people) // PERSONS)
    )  # fmt: skip
    ClaimLine.objects.bulk_create(
        ClaimLine(
            claim=claim, resident_id=people[turn * PERSONS + person][0], scheme=Scheme.POST, month=month,
            occasion=f"{month:%Y-%m}", asked=_AMOUNT, computed=_AMOUNT, basis={"amount": str(_AMOUNT), "facts": {}},
            basis_digest="x",
        )
        for turn, claim in enumerate(claims)
        for person in range(PERSONS)
    )  # fmt: skip
    others = [PostingFactory(staff=StaffFactory(), area=officer.area) for _stage in range(3)]
    Approval.objects.bulk_create(
        Approval(
            claim=claim, round=1, stage=stage, staff=by.staff, posting=by, amount=claim.total, at=moment
        )
        for claim in claims
        for stage, by in zip((Stage.ENTERED, Stage.CHECKED, Stage.REVIEWED), others, strict=True)
    )  # fmt: skip
    return claims


def measure():
    with acting(reason="bench"):
        officer = _desk()
        claims = _submitted(officer)
    computed = deciding.computing.differing

    def anew(lines):
        """At its full price; the persons were drawn by lot, so that what it finds is left aside."""
        computed(lines)
        return {}

    with mock.patch.object(deciding.computing, "differing", anew):
        started = time.perf_counter()
        results = deciding.decide("approve", [(claim.pk, 0) for claim in claims], by=officer)
        seconds = time.perf_counter() - started
    if {result.outcome for result in results} != {deciding.DONE}:
        raise AssertionError({result.message for result in results})
    keys = [claim.pk for claim in claims]
    if Move.objects.filter(workflow=CLAIM.name, action="approve", key__in=keys).count() != len(claims):
        raise AssertionError("not every approval left its step")
    reserved = FundEntry.objects.filter(kind=EntryKind.RESERVE, claim__in=keys).aggregate(sum=Sum("amount"))["sum"]
    if reserved != len(claims) * PERSONS * _AMOUNT:
        raise AssertionError("the money reserved is not that of the claims")
    yield f"approval of {len(claims)} claims × {PERSONS} persons", seconds, _SECONDS, 1
