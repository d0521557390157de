"""The placement agreement as a printed form: on a public-welfare post its own text (公益性岗位协议)."""

from datetime import timedelta

from city.paper import Form, register
from city.rules import add_months
from placements.models import Placement
from placements.services.placements import days_to_report_leaving


def _day(day):
    return f"{day:%Y-%m-%d}" if day else ""


def _placement(placement, posting):
    resident, post = placement.resident, placement.post
    plan = post.plan if post else None
    starts_on = placement.starts_on
    return {
        "title": "公益性岗位协议书" if post else "就业安置协议书",
        "number": placement.number,
        "signed_on": "",
        "employer": placement.employer_name,
        "credit_code": placement.employer.credit_code if placement.employer else "",
        "name": resident.name,
        "id_number": resident.id_number,
        "phone": resident.phone,
        "community": placement.community.name,
        "job": placement.job,
        "post": post.number if post else "",
        "place": plan.place if plan else placement.destination_place,
        "channel": placement.get_channel_display(),
        "starts_on": _day(starts_on),
        "term": _term(placement, starts_on),
        "hours": f"每周{plan.weekly_hours}小时" if plan else "",
        "wage": f"{placement.monthly_income}元" if placement.monthly_income is not None else "",
        "funding": plan.get_funding_display() if plan else "",
        "priority": placement.get_priority_display() if post else "",
        "clauses": _post_clauses(placement, starts_on) if post else _clauses(),
    }


def _term(placement, starts_on):
    months = placement.post_months or placement.contract_months
    if not months or not starts_on:
        return ""
    until = _day(add_months(starts_on, months) - timedelta(days=1))
    if placement.until_retirement:
        return f"至法定退休年龄（{_day(placement.resident.retires_on)}前）"
    return f"{months}个月（至{until}）"


def _post_clauses(placement, starts_on):
    days = days_to_report_leaving(placement, starts_on)
    return [
        "甲方按本协议所列岗位、地点和工时安排乙方工作，工资不低于当地最低工资标准，按月足额支付，并依法为乙方缴纳社会保险费。",
        "乙方服从工作安排，遵守甲方规章制度；同一人不得同时占用两个公益性岗位，一生享受公益性岗位安置不超过两次。",
        "期限届满、乙方达到法定退休年龄、自行就业或不再符合条件的，本协议终止，岗位收回另行安排。",
        f"乙方离岗的，甲方在{days}日内报告社区工作站。",
        "本协议一式三份，甲方、乙方、社区工作站各执一份。",
    ]


def _clauses():
    return [
        "甲方为乙方提供本协议所列工作，依法与乙方签订劳动合同，按月足额支付工资，并依法缴纳社会保险费。",
        "乙方按时到岗，遵守甲方规章制度。",
        "社区工作站对乙方就业情况进行回访，甲乙双方如实说明情况；任何一方终止用工的，及时告知社区工作站。",
        "本协议一式三份，甲方、乙方、社区工作站各执一份。",
    ]


def register_printed():
    register(
        Form(
            "placement",
            "安置协议",
            "placement.typ",
            "placement",
            lambda posting, key: (
                Placement.objects.visible_to(posting)
                .select_related("resident", "community", "employer", "spell", "post__plan")
                .get(pk=key)
            ),
            _placement,
        )
    )
