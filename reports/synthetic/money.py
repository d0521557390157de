"""Subsidy claims in every state on the desks of those who can sign in, taken by the very services.

Only who is entitled is written beforehand, as a roster would have brought it, and the clocks of notices are set back.
"""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count, islice

from django.db import connection

from city.choices import AreaLevel
from city.models import Area, Clock, Employer, Posting
from city.rules import add_months
from households import ledger
from households.choices import Channel, HardshipCategory, LabourState
from households.models import HardshipCertification, InsuranceMonth, LabourSpell, LedgerSpan, OutsideFact
from subsidies.choices import (
    Basis,
    ClaimPaper,
    ClaimReason,
    ClaimState,
    ClawbackReason,
    Favoured,
    FundSource,
    ItemState,
    LineReason,
    Scheme,
    WriteOffReason,
)
from subsidies.models import BatchItem, Claim, ClaimLine, Clawback, Fund, PaymentBatch, Rate
from subsidies.rules import month_of
from subsidies.schemes import PLANS
from subsidies.services import claims, clawbacks, deciding, funds, payments, publicity, rates

_DAY = timedelta(days=1)
_SHOWN = 5
_MONTHS = 5
_FIRMS, _AT_EACH, _FLEXIBLE = 5, 4, 3
_SCAN = ("材料.pdf", b"%PDF-1.4\n%%EOF\n")
_BANKS = ("市商业银行城东支行", "农商银行望江支行", "工商银行解放路支行")
#: Scheme, basis, share, contribution, yuan a unit, months until the second half, contract months, for whom, document.
_RATES = (
    (Scheme.POST, Basis.MINIMUM_WAGE, "1/2", "", None, None, 12, Favoured.ANYBODY, "成府发〔2006〕52号"),
    (Scheme.POST, Basis.MINIMUM_WAGE, "3/5", "", None, None, 36, Favoured.ANYBODY, "成府发〔2006〕52号"),
    (Scheme.INSURANCE, Basis.CONTRIBUTION, "1", "0.24", None, None, 12, Favoured.ANYBODY, "财社〔2023〕181号"),
    (Scheme.FLEXIBLE, Basis.CONTRIBUTION, "2/3", "0.28", None, None, 0, Favoured.ANYBODY, "财社〔2023〕181号"),
    (Scheme.INTRODUCTION, Basis.PERSON, "", "", 200, 6, 0, Favoured.ANYBODY, "城劳社发〔2007〕18号"),
    (Scheme.INTRODUCTION, Basis.PERSON, "", "", 500, 3, 0, Favoured.HARDSHIP, "城劳社发〔2007〕18号"),
    (Scheme.TRAINING, Basis.PERSON, "", "", 600, None, 0, Favoured.ANYBODY, "成府发〔2006〕52号"),
    (Scheme.APPRAISAL, Basis.FEE, "1", "", None, None, 0, Favoured.ANYBODY, "成府发〔2006〕52号"),
    (Scheme.TRANSPORT, Basis.DAYS, "", "", 5, None, 0, Favoured.ANYBODY, "鞍劳社发〔2007〕33号"),
    (Scheme.TUITION, Basis.FEE, "1/2", "", None, None, 0, Favoured.ANYBODY, "成府发〔2006〕52号"),
    (Scheme.POST_CREATION, Basis.PERSON, "", "", 500, None, 36, Favoured.ANYBODY, "连政发〔2003〕97号"),
    (Scheme.POST_PURCHASE, Basis.MINIMUM_WAGE, "1/5", "", None, None, 0, Favoured.ANYBODY, "连政办发〔2002〕161号"),
)


def set_policy(offices, on):
    """The rates, each proposed by one member of the city office and signed by another, and the year's funds.

    `offices`: two postings of the city office.
    """
    proposer, signer = offices
    city = Area.objects.get(pk=proposer.area_id)
    for scheme, basis, share, contribution, amount, second, months, favoured, number in _RATES:
        values = {
            "scheme": scheme,
            "area": city,
            "in_force_from": date(on.year - 2, 1, 1),
            "basis": basis,
            "share": share,
            "contribution": contribution,
            "amount": None if amount is None else Decimal(amount),
            "second_half_after": second,
            "contract_months": months,
            "favoured": favoured,
        }
        rate = rates.propose(values=values, document_number=number, by=proposer)
        rates.decide(rate_id=rate.pk, action="sign", version=rate.version, by=signer)
    raised = values | {"in_force_from": add_months(month_of(on), 1), "share": "1/4"}
    rates.propose(values=raised, document_number=number, by=proposer)
    year = (on + _DAY).year
    for place in (city, *Area.objects.filter(level=AreaLevel.DISTRICT).order_by("pk")):
        amount = Decimal(5_000_000 if place == city else 800_000)
        funds.allot(
            area=place, source=FundSource.EMPLOYMENT, purpose="", year=year, amount=amount,
            words=f"{year}年就业补助资金", by=proposer,
        )  # fmt: skip


def _plan_anew():
    """Tables that were empty a moment ago are asked of as if they still were."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def ids_shown(desks):
    """`{kind: {community code: [ids]}}` of what was made, a few of each."""
    shown = {}
    for desk in desks:
        home, district = desk.community, desk.district.area
        for kind, rows in (
            ("claim", Claim.objects.filter(area=home)),
            ("claimline", ClaimLine.objects.filter(claim__area=home)),
            ("fund", Fund.objects.filter(area=district)),
            ("rate", Rate.objects.all()),
            ("paymentbatch", PaymentBatch.objects.filter(area__in=district.path_ids)),
            ("clawback", Clawback.objects.filter(area=home)),
        ):
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:_SHOWN])
            if ids:
                shown.setdefault(kind, {})[home.code] = ids
    return shown


class Teller:
    """Enters the claims of one desk and takes each to another state."""

    def __init__(self, desk, on):
        self.desk, self.on = desk, on
        self.turn = count(1)
        self.last = add_months(month_of(on), -1)
        self.months = [add_months(self.last, later - _MONTHS + 1) for later in range(_MONTHS)]

    def work(self):
        firms, flexible = self._entitled()
        for place, firm in enumerate(firms):
            _plan_anew()
            for scheme in (Scheme.POST, Scheme.INSURANCE):
                for month in self.months:
                    self._claim(scheme, firm, month, place)
        for month in self.months if flexible else ():
            self._claim(Scheme.FLEXIBLE, None, month, 0, residents=[one.pk for one in flexible])

    # Who is entitled

    def _entitled(self):
        """Hardship persons at work with a few firms and in flexible work for a year, each insured every month."""
        taken = set()
        firms = []
        for firm in Employer.objects.order_by("pk")[self.desk.community.pk % 20 :][:_FIRMS]:
            workers = list(islice(self._workers(Channel.EMPLOYER, taken), _AT_EACH))
            if workers:
                firms.append(firm)
                self._employ(workers, firm, taken)
        flexible = list(islice(self._workers(Channel.FLEXIBLE, taken), _FLEXIBLE))
        self._employ(flexible, None, taken)
        ledger.rebuild(taken)
        return firms, [span.resident for span in flexible]

    def _workers(self, channel, taken):
        started = add_months(self.months[0], -30)
        spans = LedgerSpan.objects.filter(
            community=self.desk.community, state=LabourState.EMPLOYED, spell__channel=channel,
            spell__started_on__gte=started, spell__started_on__lt=self.months[0],
            retires_on__gt=add_months(self.on, 12), resident__id_hash__isnull=False,
        )  # fmt: skip
        spans = spans.in_force_on(self.on).exclude(resident__hardship_certifications__isnull=False)
        for span in spans.select_related("resident", "spell").order_by("resident_id"):
            if span.resident_id not in taken:
                yield span

    def _employ(self, spans, firm, taken):
        taken |= {span.resident_id for span in spans}
        if firm:
            months = 36 if next(self.turn) % 3 == 0 else 24
            LabourSpell.objects.filter(pk__in=[span.spell_id for span in spans]).update(
                employer=firm, employer_name=firm.name, contract_months=months, insured=True
            )
        HardshipCertification.objects.bulk_create(
            HardshipCertification(
                resident=span.resident,
                category=HardshipCategory.LONG_TERM,
                certified_on=span.spell.started_on - 20 * _DAY,
            )
            for span in spans
        )
        paid = {(span.resident.id_hash, month) for span in spans for month in self.months}
        InsuranceMonth.objects.filter(id_hash__in=[key for key, _month in paid], month__in=self.months).delete()
        InsuranceMonth.objects.bulk_create(
            InsuranceMonth(
                id_hash=key,
                month=month,
                credit_code=firm.credit_code if firm else "",
                employer_name=firm.name if firm else "",
                kinds="养老、医疗、失业",
                base=Decimal("4462.00"),
            )
            for key, month in sorted(paid, key=str)
        )

    # Claims

    def _claim(self, scheme, firm, month, place, residents=None):
        """One claim for one month, taken as far as its turn says: the older the month, the further."""
        entered = claims.enter(
            scheme=scheme, area=self.desk.community, employer=firm, period_from=month, period_to=month,
            by=self.desk.clerk, residents=residents,
        )  # fmt: skip
        claim = entered.claim
        far = self.months.index(month)
        way = _WAYS[far][(place + (scheme == Scheme.INSURANCE)) % len(_WAYS[far])]
        for step in way:
            claim.refresh_from_db()
            getattr(self, f"_{step}")(claim)

    def _complete(self, claim):
        holders = (
            [(claim.employer.name, None)]
            if claim.employer
            else [(line.resident.name, line.resident_id) for line in claim.lines.live().select_related("resident")]
        )
        for holder, resident_id in holders:
            claims.set_account(
                claim_id=claim.pk, holder=holder, bank=_BANKS[claim.pk % len(_BANKS)],
                account=f"62220212{(claim.employer_id or resident_id):011d}", version=claim.version,
                by=self.desk.clerk, resident_id=resident_id,
            )  # fmt: skip
            claim.refresh_from_db()
        for paper in (*PLANS[claim.scheme].papers, ClaimPaper.CONTRACT):
            claims.attach(claim_id=claim.pk, kind=paper, upload=_SCAN, by=self.desk.clerk)

    def _submit(self, claim):
        self._complete(claim)
        claim.refresh_from_db()
        claims.submit(claim_id=claim.pk, version=claim.version, by=self.desk.clerk)

    def _decide(self, claim, action, by, **told):
        deciding.decide(action, [(claim.pk, claim.version)], by=by, **told)

    def _check(self, claim):
        self._decide(claim, "check", self.desk.head)

    def _review(self, claim):
        self._decide(claim, "review", self.desk.street)

    def _approve(self, claim):
        self._decide(claim, "approve", self.desk.district)

    def _approve_less(self, claim):
        line = claim.lines.live().order_by("pk").first()
        less = {line.pk: (line.computed / 2, LineReason.LESS, "当月实际缴费凭证金额较低")}
        self._decide(claim, "approve", self.desk.district, lines=less)

    def _send_back(self, claim):
        self._decide(
            claim, "send_back", self.desk.street, reason=ClaimReason.PAPERS, words="工资发放表缺少银行盖章，请补充"
        )

    def _reject(self, claim):
        self._decide(
            claim, "reject", self.desk.district, reason=ClaimReason.PERSONS, words="所列人员当月未在该单位提供劳动"
        )

    def _appeal(self, claim):
        claims.appeal(
            claim_id=claim.pk, version=claim.version, by=self.desk.clerk, words="单位补交了考勤记录，请求重新审核"
        )

    def _withdraw(self, claim):
        claims.withdraw(claim_id=claim.pk, version=claim.version, by=self.desk.clerk, words="单位决定下季度一并申报")

    def _doubt(self, claim):
        """What another office knows of one of its persons."""
        line = claim.lines.live().select_related("resident").order_by("pk").first()
        kind = ("business", "insured_elsewhere", "pension")[claim.pk % 3]
        OutsideFact.objects.get_or_create(
            id_hash=line.resident.id_hash, kind=kind, started_on=line.month,
            defaults={"place": "邻市某商贸有限公司" if kind != "pension" else "", "source": "数据比对"},
        )  # fmt: skip

    def _publicise(self, claim):
        publicity.publicise(self.desk.district.area, claim.scheme, by=self.desk.district)

    def _end_notice(self, claim):
        clock = claim.notice.clock
        Clock.objects.filter(pk=clock.pk).update(
            started_at=clock.started_at - 12 * _DAY, due_at=clock.due_at - 12 * _DAY
        )

    def _pay(self, claim):
        payments.make_batch([(claim.pk, claim.version)], by=self.desk.finance)

    def _paid(self, claim):
        self._answer(claim, ItemState.PAID, "")

    def _refused(self, claim):
        self._answer(claim, ItemState.FAILED, "户名与账号不符")

    def _answer(self, claim, state, failure):
        items = BatchItem.objects.filter(claim=claim, state=ItemState.SENT).select_related("batch")
        answers = [payments.Answer(item, state, failure, self.on + _DAY) for item in items]
        payments.record_results(answers, by=self.desk.finance)

    # Money that comes back

    def reclaim(self):
        """Ask back some of what was paid; who owes claims nothing, so this comes when all claims are in."""
        lines = ClaimLine.objects.filter(claim__area=self.desk.community, claim__state=ClaimState.PAID, approved__gt=0)
        firm = lines.filter(claim__employer__isnull=False).order_by("-claim__employer", "pk").first()
        if firm is None:
            return
        lines = list(lines.filter(claim__employer=firm.claim.employer_id).order_by("pk")[:3])
        for line, after in zip(lines, ("receive_all", "write_off", "receive_part"), strict=False):
            clawback = clawbacks.open_clawback(
                line_id=line.pk, amount=line.approved, cause=ClawbackReason.LEFT,
                explanation="人员已离岗，单位五日内未报告", by=self.desk.district,
            )  # fmt: skip
            getattr(self, f"_{after}")(clawback)

    def _receive_all(self, clawback):
        self._receive(clawback, clawback.amount)

    def _receive_part(self, clawback):
        self._receive(clawback, Decimal("300.00"))

    def _receive(self, clawback, amount):
        clawbacks.receive(
            clawback_id=clawback.pk, version=clawback.version, amount=amount, received_on=self.on + _DAY,
            voucher=f"收{clawback.pk:06d}", by=self.desk.finance,
        )  # fmt: skip

    def _write_off(self, clawback):
        other = Posting.objects.filter(role=self.desk.district.role, area=self.desk.district.area)
        other = other.exclude(staff=self.desk.district.staff_id).select_related("staff", "area").first()
        if other:
            clawbacks.take_step(
                clawback_id=clawback.pk, action="write_off", version=clawback.version, reason=WriteOffReason.CLOSED,
                words="单位已注销，无可供执行财产", by=other,
            )  # fmt: skip


_APPROVED = ("submit", "check", "review", "approve")
_SHOWN_TO_THE_END = (*_APPROVED, "publicise", "end_notice")
_PAID_UP = (*_SHOWN_TO_THE_END, "pay", "paid")
#: By month, the oldest first, and firm: what was done with the claim.
_WAYS = (
    (_PAID_UP,),
    (_PAID_UP, ("submit", "check", "review", "approve_less", "publicise", "end_notice", "pay", "paid")),
    (
        (*_SHOWN_TO_THE_END, "pay"),
        _SHOWN_TO_THE_END,
        (*_APPROVED, "publicise"),
        _APPROVED,
        (*_SHOWN_TO_THE_END, "pay", "refused"),
    ),
    (
        ("submit", "check", "review"),
        ("submit", "check", "review", "doubt"),
        ("submit", "check", "review", "reject"),
        ("submit", "check", "review", "reject", "appeal"),
        ("submit", "check", "review"),
    ),
    (("submit",), ("submit", "check"), ("submit", "check", "send_back"), (), ("withdraw",)),
)
