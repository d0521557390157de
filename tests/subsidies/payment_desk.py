"""Claims that were shown to the public to the end, with everything a payment asks for, and who pays them."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

from django.utils import timezone

from city.choices import Role
from city.ciphers import keyed_hash
from subsidies.choices import EntryKind, Scheme, Stage
from subsidies.models import BatchItem, Claim, Fund, FundEntry
from subsidies.services import funds, payments
from tests.city.factories import AreaFactory, ClockFactory, EmployerFactory, NoticeFactory, PostingFactory
from tests.city.sheet_files import dict_sheet
from tests.households.factories import ResidentFactory
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory, FundFactory, PayeeAccountFactory
from tests.subsidies.factories_payments import ApprovalFactory

EARLIER = (Stage.ENTERED, Stage.CHECKED, Stage.REVIEWED, Stage.APPROVED)
MONTHLY = Decimal("1245.00")


def make_payment_desk():
    community = AreaFactory(community=True)
    district = community.parent.parent
    city = district.parent
    desk = SimpleNamespace(
        community=community,
        district=PostingFactory(area=district, role=Role.DISTRICT_OFFICER),
        finance=PostingFactory(area=district, role=Role.FINANCE),
        city_finance=PostingFactory(area=city, role=Role.FINANCE),
        steps=[PostingFactory(area=community) for _stage in EARLIER],
        fund=FundFactory(area=district, year=timezone.localdate().year, allotted=0),
        notice=ended_notice(district),
        numbers=iter(range(10_000_000, 99_999_999)),
    )
    city_office = PostingFactory(area=city, role=Role.CITY_OFFICE)
    funds.allot(
        area=district, source=desk.fund.source, purpose="", year=desk.fund.year, amount=Decimal(10_000_000),
        words="", by=city_office,
    )  # fmt: skip
    desk.fund.refresh_from_db()
    return desk


def ended_notice(area, **values):
    ended = timezone.now() - timedelta(days=1)
    clock = ClockFactory(started_at=ended - timedelta(days=7), due_at=ended)
    return NoticeFactory(kind="subsidies", area=area, clock=clock, **values)


def account_of(desk, **payee):
    number = f"62220000{next(desk.numbers)}"
    known = {"holder": f"户{number[-4:]}", "bank": "银行", "account": number, "account_hash": keyed_hash(number)}
    return PayeeAccountFactory(**known | payee)


def claim_to_pay(desk, persons=2, *, scheme=Scheme.POST, amount=MONTHLY, **values):
    """Of an employer one account for all persons, of flexible work one for each."""
    to_employer = scheme != Scheme.FLEXIBLE
    employer = EmployerFactory() if to_employer else None
    claim = ClaimFactory(
        area=desk.community,
        scheme=scheme,
        employer=employer,
        state="publicised",
        total=amount * persons,
        fund=desk.fund,
        notice=desk.notice,
        approved_at=timezone.now(),
        **values,
    )
    shared = account_of(desk, employer=employer) if to_employer else None
    for _number in range(persons):
        resident = ResidentFactory(home=None)
        account = shared or account_of(desk, employer=None, resident=resident)
        ClaimLineFactory(
            claim=claim, resident=resident, account=account, asked=amount, computed=amount, approved=amount
        )
    for stage, posting in zip(EARLIER, desk.steps, strict=True):
        ApprovalFactory(claim=claim, stage=stage, posting=posting, amount=claim.total)
    funds.reserve([funds.Part(desk.fund.pk, claim.pk, claim.total)], by=desk.district)
    return claim


def chosen(*claims):
    return list(Claim.objects.filter(pk__in=[claim.pk for claim in claims]).values_list("pk", "version"))


def pay(desk, *claims, by=None):
    return payments.make_batch(chosen(*claims), by=by or desk.finance)


def answer_row(item, result="成功", **cells):
    """The row of the bank's answer to a payment."""
    return {
        "批次号": item.batch.number,
        "序号": item.sequence,
        "户名": item.account.holder,
        "账号": item.account.account,
        "金额": f"{item.amount:.2f}",
        "结果": result,
        "失败原因": "" if result == "成功" else "账户已销户",
        "交易日期": f"{timezone.localdate():%Y-%m-%d}",
        **cells,
    }


def items_of(batch):
    return list(BatchItem.objects.filter(batch=batch).select_related("batch", "account").order_by("sequence"))


def bank_sheet(*rows):
    return dict_sheet(*[{heading: str(cell) for heading, cell in row.items()} for row in rows])


def balances(desk):
    """(allotted, reserved, spent) as they stand, after checking that they are what the entries come to."""
    fund = Fund.objects.get(pk=desk.fund.pk)
    sums = dict.fromkeys(EntryKind.values, Decimal(0))
    for entry in FundEntry.objects.filter(fund=fund):
        sums[entry.kind] += entry.amount
    reserved = sums["reserve"] - sums["release"] - sums["pay"]
    spent = sums["pay"] - sums["recover"]
    assert (fund.allotted, fund.reserved, fund.spent) == (sums["allot"], reserved, spent)
    return fund.reserved, fund.spent


def fresh(claim):
    return Claim.objects.get(pk=claim.pk)
