"""F3, the promise and the record of services to one person, as a printed form."""

from django.utils import timezone

from assistance.models import Case
from city.paper import Form, register


def _day(day):
    return f"{day:%Y-%m-%d}" if day else ""


def _promised(commitment):
    """The promise in words, and until when."""
    if commitment is None:
        return "", ""
    clock = commitment.clock
    unit = "个工作日" if clock.unit == "working_days" else "小时"
    words = f"本人不挑不拣、服从安排，工作站承诺在{clock.allowance}{unit}内帮助其实现就业。"
    if commitment.voided_on:
        words += f"（{_day(commitment.voided_on)} 承诺失效：{commitment.get_void_reason_display()}）"
    due = f"{timezone.localtime(clock.due_at):%Y-%m-%d %H:%M}" if clock.due_at else "暂停计时"
    return words, due


def _case(case, posting):
    resident = case.resident
    promise, due = _promised(getattr(case, "commitment", None))
    return {
        "case": case.number,
        "station": case.community.name,
        "name": resident.name,
        "number": resident.id_number,
        "phone": resident.phone,
        "applied_on": _day(case.applied_on),
        "words": case.words,
        "promise": promise,
        "due": due,
        "services": [
            [_day(one.provided_on), one.get_kind_display(), one.words, one.staff.name if one.staff else "", ""]
            for one in case.services.select_related("staff").order_by("provided_on", "pk")
        ],
        "referrals": [
            [_day(one.referred_on), one.employer_name, one.job, one.get_answer_display(), one.get_reason_display()]
            for one in case.referrals.order_by("referred_on", "pk")
        ],
        "follow_ups": [
            [_day(one.due_on), _day(one.done_on), one.get_outcome_display(), one.words]
            for one in case.follow_ups.order_by("due_on")
        ],
    }


def register_forms():
    register(
        Form(
            "promise",
            "就业援助承诺书及服务记录",
            "promise.typ",
            "case",
            lambda posting, key: (
                Case.objects.visible_to(posting)
                .select_related("resident", "community", "commitment__clock")
                .get(pk=key)
            ),
            _case,
        )
    )
