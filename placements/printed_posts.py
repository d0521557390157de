"""L7, the ledger of public-welfare posts, and the printed application for posts with its approval."""

from datetime import datetime, time

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from city import ledgers, paper
from city.models import Move
from city.moves import history
from households.printed import in_chunks
from placements.choices import PlacementState, PostState
from placements.models import Placement, Post, PostPlan, PostTransfer
from placements.rules import last_day_of_term
from placements.terms import last_days
from placements.workflow import POST, POST_PLAN


def _posts(area, day):
    """Where a post lay and who worked on it on that day: what came later is taken back."""
    moved_later = PostTransfer.objects.filter(post=OuterRef("pk"), moved_on__gt=day).order_by("moved_on", "pk")
    posts = Post.objects.filter(plan__planned_on__lte=day).annotate(
        lay_in=Coalesce(Subquery(moved_later.values("from_area__path")[:1]), F("area__path"))
    )
    posts = posts.filter(lay_in__startswith=area.path).select_related("plan__employer").order_by("number")
    for chunk in in_chunks(posts):
        states = _states([post.pk for post in chunk], day)
        workers = _workers([post.pk for post in chunk], day)
        ends = last_days(workers.values(), day)
        paid = ledgers.column("L7", "补贴月数", list(workers.values()), day)
        for post in chunk:
            if post.pk in states:
                worker = workers.get(post.pk)
                yield _line(
                    post, states[post.pk], worker, worker and ends[worker.pk], worker and paid.get(worker.pk, "")
                )


def _states(keys, day):
    """`{post id: its state at the end of the day}`; a post not there yet is absent."""
    night = timezone.make_aware(datetime.combine(day, time.max))
    moves = Move.objects.filter(workflow=POST.name, key__in=keys, at__lte=night).order_by("pk")
    return dict(moves.values_list("key", "to_state"))


def _workers(keys, day):
    """`{post id: the placement of whoever worked there on the day}`."""
    begun = Placement.objects.filter(post__in=keys, spell__started_on__lte=day).exclude(state=PlacementState.DROPPED)
    there = begun.with_next_on().filter(Q(next_on=None) | Q(next_on__gt=day))
    return {one.post_id: one for one in there.select_related("resident", "hardship", "spell").order_by("pk")}


def _line(post, state, worker, last_day, months_paid):
    plan = post.plan
    return [
        post.number,
        plan.employer.name,
        plan.get_category_display(),
        plan.place,
        f"{plan.monthly_wage}",
        plan.get_funding_display(),
        PostState(state).label,
        worker.resident.name if worker else "",
        worker.hardship.get_category_display() if worker else "",
        _contract(worker) if worker else "",
        months_paid or "",
        last_day or "",
    ]


def _contract(placement):
    started_on, months = placement.spell.started_on, placement.contract_months
    return f"{started_on} 至 {last_day_of_term(started_on, months)}" if months else f"{started_on} 起"


def _application(plan, posting):
    moves = {move.action: move for move in history(plan, POST_PLAN)}
    decided = moves.get("approve")
    planned = moves.get("plan_again") or moves.get("plan")
    return {
        "number": plan.number,
        "station": plan.area.name,
        "employer": plan.employer.name,
        "credit_code": plan.employer.credit_code,
        "title": plan.title,
        "category": plan.get_category_display(),
        "field": plan.get_field_display(),
        "place": plan.place,
        "headcount": plan.headcount,
        "wage": f"{plan.monthly_wage} 元/月",
        "minimum": f"{plan.minimum_wage} 元/月",
        "hours": f"每周 {plan.weekly_hours} 小时",
        "funding": plan.get_funding_display(),
        "who": "限失地农民" if plan.landless_only else "就业困难人员",
        "base": plan.base.name if plan.base else "",
        "project": plan.project.name if plan.project else "",
        "planned_on": f"{plan.planned_on:%Y-%m-%d}",
        "planned_by": _who(planned),
        "decision": f"同意设置。{_who(decided)}" if decided else "",
    }


def _who(move):
    if move is None:
        return ""
    name = move.staff.name if move.staff else ""
    return f"{name} {timezone.localtime(move.at):%Y-%m-%d}".strip()


def register_printed():
    ledgers.register(
        ledgers.Ledger(
            "L7",
            "公益性岗位台账",
            ("岗位编号", "单位", "类别", "地点", "工资", "资金来源", "状态", "在岗人", "人员类别", "合同起止",
             "补贴月数", "到期日"),
            _posts,
        )
    )  # fmt: skip
    paper.register(
        paper.Form(
            "post_plan",
            "公益性岗位申请审批表",
            "post_plan.typ",
            "post_plan",
            lambda posting, key: (
                PostPlan.objects.visible_to(posting).select_related("area", "employer", "base", "project").get(pk=key)
            ),
            _application,
        )
    )
