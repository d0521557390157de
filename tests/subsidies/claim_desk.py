"""A station with an employer, signed rates and a fund, and people whose work the ledger knows."""

from datetime import date
from decimal import Decimal

from django.utils import timezone

from city.choices import Role
from city.models import Posting
from households import ledger
from households.choices import Channel, LabourState
from households.models import InsuranceMonth
from subsidies.choices import Basis, ClaimPaper, Favoured, Scheme
from subsidies.models import Claim
from subsidies.schemes import PLANS
from subsidies.services import claims
from tests.assistance.case_desk import make_person
from tests.city.factories import PostingFactory
from tests.households.factories import LabourSpellFactory
from tests.placements.post_desk import make_post_desk
from tests.subsidies.factories import FundFactory, PolicyDocumentFactory, RateFactory

JULY, AUGUST, SEPTEMBER = date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)
BASE = Decimal("4000")
PDF = ("payroll.pdf", b"%PDF-1.4 payroll")
_ACCOUNT = {"holder": "Silk mill", "bank": "工商银行", "account": "6222000011112222"}
_RATES = (
    (Scheme.POST, 12, Basis.MINIMUM_WAGE, {"share": "1/2"}),
    (Scheme.INSURANCE, 12, Basis.CONTRIBUTION, {"share": "1", "contribution": "0.245"}),
    (Scheme.FLEXIBLE, 0, Basis.CONTRIBUTION, {"share": "2/3", "contribution": "0.28"}),
    (Scheme.APPRAISAL, 0, Basis.FEE, {"share": "1"}),
    (Scheme.TRAINING, 0, Basis.PERSON, {"share": "", "amount": Decimal("1500")}),
)


def make_claim_desk():
    """Station, street, district, finance and city office; rates of the city; a district's fund of a million."""
    desk = make_post_desk()
    district, city = desk.community.parent.parent, desk.community.parent.parent.parent
    document = PolicyDocumentFactory(number="杭政办〔2009〕1号")
    for scheme, months, basis, values in _RATES:
        RateFactory(
            scheme=scheme, area=city, contract_months=months, basis=basis, favoured=Favoured.ANYBODY,
            document=document, **values,
        )  # fmt: skip
    desk.finance = PostingFactory(area=district, role=Role.FINANCE)
    desk.fund = FundFactory(area=district, year=timezone.localdate().year)
    return desk


def put_to_work(desk, since=date(2026, 6, 15), *, contract_months=12, channel=Channel.EMPLOYER):
    """A hardship person in work at the desk's employer."""
    person = make_person(desk.home)
    LabourSpellFactory(
        resident=person,
        started_on=since,
        state=LabourState.EMPLOYED,
        channel=channel,
        employer=desk.employer if channel != Channel.FLEXIBLE else None,
        contract_months=contract_months,
    )
    ledger.rebuild([person.pk])
    person.refresh_from_db()
    return person


def insure(person, *months, credit_code="", base=BASE):
    for month in months:
        InsuranceMonth.objects.create(id_hash=person.id_hash, month=month, credit_code=credit_code, base=base)


def enter(desk, scheme=Scheme.POST, first=JULY, last=SEPTEMBER, by=None):
    return claims.enter(
        scheme=scheme,
        area=desk.community,
        employer=desk.employer if PLANS[scheme].to_employer else None,
        period_from=first,
        period_to=last,
        by=by or desk.clerk,
    ).claim


def complete(desk, claim, by=None):
    """The accounts and papers the claim still lacks."""
    by = by or desk.clerk
    payees = [None] if claim.employer_id else sorted(set(claim.lines.live().values_list("resident", flat=True)))
    for payee in payees:
        claim = claims.set_account(claim_id=claim.pk, version=claim.version, resident_id=payee, by=by, **_ACCOUNT)
    plan = PLANS[claim.scheme]
    for kind in plan.papers:
        claims.attach(claim_id=claim.pk, kind=ClaimPaper(kind), upload=PDF, by=by)
    for kind in plan.each:
        for payee in payees:
            claims.attach(claim_id=claim.pk, kind=ClaimPaper(kind), upload=PDF, resident_id=payee, by=by)
    return Claim.objects.get(pk=claim.pk)


def submit(desk, claim, by: Posting | None = None):
    claim = complete(desk, claim, by)
    return claims.submit(claim_id=claim.pk, version=claim.version, by=by or desk.clerk)
