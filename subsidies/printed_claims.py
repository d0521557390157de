"""F4, the claim with its roster, and the slip that tells the claimant what was decided, why, and what to do next."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum
from django.utils import timezone

from city import ledgers, paper
from city.models import Move
from city.moves import history
from city.rules import add_months
from households.models import Certificate, Resident
from households.sheets.known import among_ids
from subsidies.choices import LineStanding, Scheme, Stage
from subsidies.models import Claim, ClaimLine, PayeeAccount
from subsidies.overview import asked_last, doubts_of
from subsidies.rules import ZERO, month_of
from subsidies.templatetags.money import yuan
from subsidies.workflow import CLAIM

_DECISIONS = {"approve": "核准", "send_back": "退回补正", "reject": "不予批准"}
_NEXT = {
    "approve": [
        "核准的补贴须经公示，公示期满无异议后拨付到您申报的银行账户。",
        "对核减有疑问的，请到所在社区工作站查询每一笔的计算依据。",
    ],
    "send_back": [
        "请按说明补齐或更正材料，由社区工作站重新提交；退回不影响您的申请资格。",
        "不清楚要补什么的，请持本单到所在社区工作站咨询。",
    ],
    "reject": [
        "对本决定有异议的，可以到所在社区工作站申诉，由区就业部门另一名工作人员复核，复核结果书面答复您。",
        "情况变化后符合条件的，可以重新申请；本次所列月份不受影响。",
    ],
}


@dataclass
class Entry:
    """What one person is claimed for: the lines in the order of their months."""

    resident: Resident
    lines: list
    account: PayeeAccount | None

    @property
    def computed(self):
        return sum((line.computed for line in self.lines), ZERO)

    @property
    def months(self):
        return "、".join(f"{line.month:%Y-%m}" for line in self.lines)


def _entries(lines):
    """One a person, by name."""
    found = {}
    for line in lines:
        entry = found.setdefault(line.resident_id, Entry(line.resident, [], line.account))
        entry.lines.append(line)
    return sorted(found.values(), key=lambda entry: (entry.resident.name, entry.resident.pk))


def _lines(claim):
    """Those in the claim; of one that was rejected or withdrawn, those it was for last."""
    every = list(claim.lines.select_related("resident", "account").order_by("month", "pk"))
    live = [line for line in every if line.standing != LineStanding.DROPPED]
    return live or [line for line in asked_last(every) if not line.was_taken_off]


def _claimant(claim, entries):
    if claim.employer:
        return claim.employer.name
    return entries[0].resident.name if len(entries) == 1 else f"{len(entries)}名个人"


def _period(claim):
    return f"{claim.period_from:%Y-%m} 至 {claim.period_to:%Y-%m}"


def _claim(claim, posting):
    entries = _entries(_lines(claim))
    certificates = _certificates([entry.resident.pk for entry in entries])
    account = entries[0].account if claim.employer and entries else None
    lines = [line for entry in entries for line in entry.lines]
    approvals = {one.stage: one for one in claim.approvals.filter(round=claim.round).select_related("staff")}
    headings = ["序号", "姓名", "身份证号", "证号", "合同起止", "月数", "金额（元）"]
    return {
        "title": f"{claim.get_scheme_display()}申请表",
        "station": claim.area.name,
        "number": claim.number,
        "entered_on": f"{claim.entered_on:%Y-%m-%d}",
        "claimant": _claimant(claim, entries),
        "credit_code": claim.employer.credit_code if claim.employer else "",
        "scheme": claim.get_scheme_display(),
        "area": claim.area.name,
        "period": _period(claim),
        "persons": len(entries),
        "holder": account.holder if account else "",
        "bank": account.bank if account else "",
        "account": account.account if account else "" if claim.employer else "见花名册",
        "asked": yuan(_sum(line.asked for line in lines)),
        "computed": f"{yuan(_sum(line.computed for line in lines))} 元",
        "papers": "、".join(dict.fromkeys(one.get_kind_display() for one in claim.documents.order_by("pk"))),
        "checked": _signed(approvals.get(Stage.CHECKED)),
        "reviewed": _signed(approvals.get(Stage.REVIEWED)),
        "approved": _signed(approvals.get(Stage.APPROVED)),
        "headings": headings if claim.employer else [*headings, "开户银行、账号"],
        "roster": [
            _person(claim, number, entry, certificates.get(entry.resident.pk, ""))
            for number, entry in enumerate(entries, start=1)
        ],
    }


def _person(claim, number, entry, certificate):
    cells = [
        number,
        entry.resident.name,
        entry.resident.id_number,
        certificate,
        _contract(entry.lines[0].basis.get("facts", {})),
        len(entry.lines),
        yuan(entry.computed),
    ]
    if claim.employer:
        return cells
    return [*cells, f"{entry.account.bank} {entry.account.account}" if entry.account else ""]


def _contract(facts):
    """As the line has it frozen."""
    if not facts.get("job_from"):
        return ""
    if not facts.get("contract_months"):
        return f"{facts['job_from']} 起"
    first = date.fromisoformat(facts["job_from"])
    last = add_months(first, facts["contract_months"]) - timedelta(days=1)
    return f"{first} 至 {last}"


def _certificates(residents):
    """{resident id: the number of the latest certificate}."""
    rows = Certificate.objects.filter(resident__in=residents).order_by("issued_on", "pk")
    return dict(rows.values_list("resident", "number"))


def _sum(amounts):
    return sum(amounts, ZERO)


def _signed(approval):
    if approval is None:
        return ""
    at = timezone.localtime(approval.at)
    return f"同意，金额 {yuan(approval.amount)} 元。{approval.staff.name} {at:%Y-%m-%d}"


def _answer(claim, posting):
    decision = [move for move in history(claim, CLAIM) if move.action in _DECISIONS][-1]
    lines = _lines(claim)
    approved = decision.action == "approve"
    doubts = doubts_of(claim)
    reason = str(decision.reason_label)
    return {
        "station": claim.area.name,
        "number": claim.number,
        "scheme": claim.get_scheme_display(),
        "claimant": _claimant(claim, _entries(lines)),
        "period": _period(claim),
        "decision": _DECISIONS[decision.action],
        "decided_on": f"{timezone.localtime(decision.at):%Y-%m-%d}",
        "asked": yuan(_sum(line.asked for line in lines)),
        "approved": yuan(_sum(line.approved for line in lines)) if approved else "—",
        "office": " ".join(filter(None, [decision.posting.area.name, decision.posting.get_role_display()])),
        "words": "：".join(filter(None, [reason, decision.words])) or "按政策核算，详见下表。",
        "lines": [
            [
                line.resident.name,
                line.resident.masked_number,
                f"{line.month:%Y-%m}",
                yuan(line.asked),
                yuan(line.approved) if approved else "—",
                "；".join(_why(line, approved, doubts)) or ("" if approved else reason),
            ]
            for line in sorted(lines, key=lambda line: (line.resident.name, line.resident_id, line.month))
        ],
        "next": _NEXT[decision.action],
    }


def _why(line, approved, doubts):
    if approved and line.approved_reason:
        yield "：".join(filter(None, [line.get_approved_reason_display(), line.approved_words]))
    if not approved:
        yield from (str(doubt.label) for doubt in doubts[line.pk] if doubt.is_open)


def _months_on_a_post(placements, day):
    """L7: {placement id: months a post subsidy was paid for until the day, since the work began}."""
    paid = _paid(day).filter(scheme__in=(Scheme.POST, Scheme.POST_PURCHASE))
    paid = paid.filter(resident__in=among_ids([one.resident_id for one in placements]))
    months = defaultdict(set)
    for resident_id, month in paid.values_list("resident", "month"):
        months[resident_id].add(month)
    return {
        one.pk: sum(month >= month_of(one.spell.started_on) for month in months[one.resident_id]) for one in placements
    }


def _of_enrolments(schemes):
    """L9: {enrolment id: yuan paid by these schemes until the day}."""

    def values(enrolments, day):
        paid = _paid(day).filter(scheme__in=schemes, enrolment__in=among_ids([one.pk for one in enrolments]))
        sums = paid.order_by().values_list("enrolment").annotate(sum=Sum("approved"))
        return {key: yuan(amount) for key, amount in sums}

    return values


def _paid(day):
    return ClaimLine.objects.live().paid().filter(paid_on__lte=day)


def register_printed():
    ledgers.register_column("L7", "补贴月数", _months_on_a_post)
    ledgers.register_column("L9", "补贴", _of_enrolments((Scheme.TRAINING, Scheme.APPRAISAL, Scheme.TUITION)))
    ledgers.register_column("L9", "交通补贴", _of_enrolments((Scheme.TRANSPORT,)))
    for name, title, layout, page, values in (
        ("claim", "补贴申请表", "claim.typ", "claim", _claim),
        ("claim_answer", "答复单", "claim_answer.typ", "claim_decision", _answer),
    ):
        find = _find if page == "claim" else _find_decided
        paper.register(paper.Form(name, title, layout, page, find, values, "subsidies.view_claims"))


def _find(posting, key):
    return Claim.objects.visible_to(posting).select_related("area", "employer").get(pk=key)


def _find_decided(posting, key):
    decided = Move.objects.filter(workflow=CLAIM.name, key=key, action__in=_DECISIONS)
    if not decided.exists():
        raise Claim.DoesNotExist
    return _find(posting, key)
