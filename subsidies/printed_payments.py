"""L10, the ledger of post and insurance subsidies paid, and the list of a payment batch for the file."""

from datetime import date

from django.db.models import Sum

from city import ledgers, paper
from households.printed import in_chunks
from subsidies.choices import Stage
from subsidies.models import Approval, ClaimLine, Instalment, PaymentBatch
from subsidies.schemes import PLANS
from subsidies.templatetags.money import last_four, yuan

#: The subsidies of the printed ledger: those whose months count towards a person's longest time.
_SCHEMES = [scheme for scheme, plan in PLANS.items() if plan.term]


def _paid(area, day):
    """Paid in the year up to the day: one line a person and month, with what was paid back of it since."""
    lines = ClaimLine.objects.paid().filter(
        claim__area__path__startswith=area.path,
        paid_on__gte=date(day.year, 1, 1),
        paid_on__lte=day,
        scheme__in=_SCHEMES,
    )
    lines = lines.select_related("claim__employer", "resident").order_by("paid_on", "claim", "pk")
    for chunk in in_chunks(lines):
        approvers = _approvers({line.claim_id for line in chunk})
        back = _came_back([line.pk for line in chunk], day)
        for line in chunk:
            yield _line(line, approvers, back)


def _approvers(claim_ids):
    """{(claim id, round): who approved it}"""
    rows = Approval.objects.filter(claim__in=claim_ids, stage=Stage.APPROVED)
    return {(claim, number): name for claim, number, name in rows.values_list("claim", "round", "staff__name")}


def _came_back(line_ids, day):
    rows = Instalment.objects.filter(clawback__line__in=line_ids, received_on__lte=day).order_by()
    return dict(rows.values_list("clawback__line").annotate(sum=Sum("amount")))


def _line(line, approvers, back):
    claim, basis = line.claim, line.basis
    return [
        claim.employer.name if claim.employer else line.resident.name,
        line.resident.name,
        f"{line.month:%Y-%m}",
        basis.get("value", ""),
        _share(basis),
        f"{line.approved:.2f}",
        basis.get("facts", {}).get("month_number", ""),
        approvers.get((claim.pk, claim.round), ""),
        line.paid_on,
        f"{back[line.pk]:.2f}" if line.pk in back else "",
    ]


def _share(basis):
    """1/2; of a contribution 2/3 × 20%; a fixed amount in yuan."""
    if basis.get("share") is None:
        return f"{basis['unit']}元" if basis.get("unit") else ""
    return " × ".join(filter(None, [basis["share"], basis.get("contribution")]))


def _batch(batch, posting):
    items = batch.items.select_related("account", "claim").order_by("sequence")
    return {
        "title": "补贴资金支付清单",
        "number": batch.number,
        "area": batch.area.name,
        "made_by": batch.made_by.staff.name,
        "made_at": f"{batch.made_at:%Y-%m-%d}",
        "count": batch.items_count,
        "total": yuan(batch.total),
        "sha256": batch.sha256,
        "items": [
            [
                item.sequence,
                item.account.holder,
                item.account.bank,
                last_four(item.account.account),
                item.claim.get_scheme_display(),
                item.claim.number,
                yuan(item.amount),
            ]
            for item in items
        ],
    }


def _find_batch(posting, key):
    return PaymentBatch.objects.visible_to(posting).select_related("area", "made_by__staff").get(pk=key)


def register_printed():
    ledgers.register(
        ledgers.Ledger(
            "L10",
            "社保/岗位补贴台账",
            ("单位或个人", "人员", "月份", "基数", "比例", "金额", "累计月数", "审核人", "拨付日期", "追回"),
            _paid,
            "subsidies.view_claims",
        )
    )
    paper.register(
        paper.Form(
            "payment_batch",
            "支付清单",
            "payment_batch.typ",
            "payment_batch",
            _find_batch,
            _batch,
            "subsidies.view_funds",
        )
    )
