"""A district with everybody a claim passes, a fund, and claims as far on their way as a test wants them."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

from django.utils import timezone

from city.choices import Role
from city.models import Move
from subsidies.choices import ClaimState, Stage
from subsidies.models import Approval, Claim
from subsidies.services import deciding, funds
from subsidies.workflow import CLAIM
from tests.city.factories import AreaFactory, EmployerFactory, PostingFactory
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory, FundFactory

AMOUNT = Decimal("1245.00")
#: Who takes which step, and the state it ends in.
WAY = (
    (Stage.ENTERED, "clerk", ClaimState.SUBMITTED),
    (Stage.CHECKED, "head", ClaimState.STATION_CHECKED),
    (Stage.REVIEWED, "street", ClaimState.STREET_REVIEWED),
)


def make_deciding_desk(allotted=Decimal("1000000")):
    community = AreaFactory(community=True)
    street, district = community.parent, community.parent.parent
    desk = SimpleNamespace(community=community, street_area=street, district_area=district, city_area=district.parent)
    for name, role, area in (
        ("clerk", Role.STATION_CLERK, community),
        ("head", Role.STATION_HEAD, community),
        ("street", Role.STREET_REVIEWER, street),
        ("district", Role.DISTRICT_OFFICER, district),
        ("finance", Role.FINANCE, district),
        ("office", Role.CITY_OFFICE, district.parent),
    ):
        setattr(desk, name, PostingFactory(role=role, area=area))
    desk.fund = FundFactory(area=district, year=timezone.localdate().year, allotted=0)
    if allotted:
        funds.allot(
            area=district, source=desk.fund.source, purpose="", year=desk.fund.year, amount=allotted, words="",
            by=desk.office,
        )  # fmt: skip
    desk.employer = EmployerFactory()
    return desk


def make_claim(desk, state=ClaimState.STREET_REVIEWED, lines=1, days_ago=10, **fields):
    """A claim somebody submitted, with the steps of its first round up to the state."""
    when = timezone.now() - timedelta(days=days_ago)
    given = {"area": desk.community, "employer": desk.employer, "total": AMOUNT * lines, "submitted_at": when}
    claim = ClaimFactory(**given | fields, state=state)
    ClaimLineFactory.create_batch(lines, claim=claim)
    Move.objects.create(
        workflow=CLAIM.name, key=claim.pk, action="enter", to_state="draft", staff=desk.clerk.staff,
        posting=desk.clerk, at=when,
    )  # fmt: skip
    for stage, name, reached in WAY:
        by = getattr(desk, name)
        Approval.objects.create(
            claim=claim, round=1, stage=stage, staff=by.staff, posting=by, amount=claim.total, at=when
        )
        if reached == state:
            break
    return claim


def decide(action, claims, by, **told):
    """The outcomes of one action on claims as they stand now."""
    versions = dict(Claim.objects.filter(pk__in=[claim.pk for claim in claims]).values_list("pk", "version"))
    return deciding.decide(action, list(versions.items()), by=by, **told)


def approved(desk, **fields):
    claim = make_claim(desk, **fields)
    (result,) = decide("approve", [claim], desk.district)
    if result.outcome != deciding.DONE:
        raise AssertionError(result)
    return Claim.objects.get(pk=claim.pk)


def balance(fund):
    """The three sums of a fund, and the same from its entries."""
    fund.refresh_from_db()
    sums = dict.fromkeys(("allot", "reserve", "release", "pay", "recover"), Decimal(0))
    for kind, amount in fund.entries.values_list("kind", "amount"):
        sums[kind] += amount
    told = (
        sums["allot"],
        sums["reserve"] - sums["release"] - sums["pay"],
        sums["pay"] - sums["recover"],
    )
    return (fund.allotted, fund.reserved, fund.spent), told
