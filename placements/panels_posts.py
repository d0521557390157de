"""Panels of posts on the day's work and the reviews: applications, terms that end, leavings nobody told of."""

from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city import parameters
from city.desk import ON_THE_DESK, Line, WorkList
from city.models import Move
from households.models import LedgerSpan
from placements.choices import PlacementState, PlanState
from placements.models import Placement, PostPlan
from placements.rules import is_reported_late
from placements.terms import last_days
from placements.workflow import POST_PLAN

#: How long a leaving that was told too late stays on the desk.
_LATE_SHOWN_DAYS = 30


def _list_of(name, **filters):
    return f"{reverse(f'placements:{name}')}?{urlencode(filters)}"


def _plan_line(plan, **more):
    return Line(title=f"{plan.title} × {plan.headcount}", url=reverse("placements:plan", args=[plan.pk]), **more)


def _where(plan):
    return f"{plan.area.name} · {plan.employer.name}"


def plans_to_decide(request, _subject):
    """Applications for posts the district has not decided yet, the oldest first."""
    waiting = PostPlan.objects.visible_to(request.posting).waiting()
    rows = waiting.select_related("area", "employer").order_by("planned_on", "pk")
    return WorkList(
        name="plans-to-decide",
        title=_("Applications for posts to decide"),
        lines=[
            _plan_line(plan, sub=_where(plan), due=_("planned %(day)s") % {"day": plan.planned_on.isoformat()})
            for plan in rows[:ON_THE_DESK]
        ],
        total=waiting.count(),
        more_url=_list_of("plans", state=PlanState.PLANNED),
        empty=_("No application for posts waits for a decision."),
    )


def plans_to_go_on(request, _subject):
    """Applications the district sent back, with its reason, and those approved that nobody opened yet."""
    mine = PostPlan.objects.visible_to(request.posting).filter(state__in=[PlanState.RETURNED, PlanState.APPROVED])
    rows = list(mine.select_related("area", "employer").order_by("-state", "pk")[:ON_THE_DESK])
    reasons = _latest_reasons(rows)
    return WorkList(
        name="plans-to-go-on",
        title=_("Applications for posts sent back or approved"),
        lines=[_go_on_line(plan, reasons.get(plan.pk)) for plan in rows],
        total=mine.count(),
        late=mine.filter(state=PlanState.RETURNED).count(),
        more_url=reverse("placements:plans"),
        empty=_("No application for posts was sent back."),
    )


def _go_on_line(plan, step):
    if plan.state == PlanState.RETURNED:
        return _plan_line(plan, sub=step or _where(plan), due=_("sent back"), late=True)
    return _plan_line(plan, sub=_where(plan), due=_("approved: open its posts"), soon=True)


def _latest_reasons(plans):
    """`{plan id: reason and words}` of the last time each was sent back."""
    moves = Move.objects.filter(workflow=POST_PLAN.name, action="send_back", key__in=[plan.pk for plan in plans])
    labels = dict(POST_PLAN.steps["send_back"][0].reason_choices)
    return {move.key: f"{labels.get(move.reason, move.reason)}：{move.words}" for move in moves.order_by("pk")}


def _of_scope(placements, scope):
    """Those of the grid the desk is about."""
    if scope is None or scope.grid is None:
        return placements
    living = LedgerSpan.objects.in_force_on(scope.day).filter(household__grid=scope.grid)
    return placements.filter(resident__in=living.values("resident"))


def _post_line(placement, **more):
    return Line(title=placement.resident.name, url=reverse("placements:placement", args=[placement.pk]), **more)


def _post_words(placement):
    return f"{placement.job} · {placement.employer_name}"


def terms_ending(request, scope):
    """Who leaves a post soon because the term is over, by the days the parameter warns at."""
    today = scope.day if scope else timezone.localdate()
    warned = sorted(parameters.value("post_expiry_warning_days", request.posting.area, today))
    horizon = today + timedelta(days=max(warned, default=0))
    in_area = Q(post__area__path__startswith=request.posting.area.path)
    rows = Placement.objects.on_posts_until(horizon).filter(in_area)
    rows = _of_scope(rows, scope).select_related("resident", "spell")
    ends = last_days(rows, today)
    rows = sorted(rows, key=lambda row: (ends[row.pk], row.pk))
    soon = today + timedelta(days=min(warned, default=0))
    return WorkList(
        name="terms-ending",
        title=_("Terms on posts that end soon"),
        lines=[
            _post_line(
                row,
                sub=_post_words(row),
                due=_("until %(day)s") % {"day": ends[row.pk].isoformat()},
                late=ends[row.pk] < today,
                soon=today <= ends[row.pk] <= soon,
            )
            for row in rows[:ON_THE_DESK]
        ],
        total=len(rows),
        late=sum(ends[row.pk] < today for row in rows),
        more_url=_list_of("posts", show="expiring"),
        empty=_("No term on a post ends soon."),
    )


def leavings(request, scope):
    """Posts whose holder left: the employer has not told of it, or told too late a short while ago."""
    today = scope.day if scope else timezone.localdate()
    days = parameters.value("post_vacancy_report_days", request.posting.area, today)
    ended = Placement.objects.visible_to(request.posting).on_posts().filter(state=PlacementState.ENDED)
    ended = _of_scope(ended, scope).with_next_on().filter(next_on__isnull=False)
    silent = ended.filter(left_reported_on=None)
    recent = ended.filter(left_reported_on__gte=today - timedelta(days=_LATE_SHOWN_DAYS)).select_related("resident")
    late = [row for row in recent if is_reported_late(_left(row), row.left_reported_on, days, today)]
    rows = silent.select_related("resident").order_by("next_on", "pk")[:ON_THE_DESK]
    lines = [_silent_line(row, days, today) for row in rows]
    lines += [_late_line(row, days) for row in late[: ON_THE_DESK - len(lines)]]
    over = silent.filter(next_on__lte=today - timedelta(days=days)).count()
    return WorkList(
        name="leavings",
        title=_("Posts left and not reported in time"),
        lines=lines,
        total=silent.count() + len(late),
        late=over + len(late),
        note=_("An employer tells within %(days)s days that a post is empty.") % {"days": days},
        empty=_("Every leaving from a post was reported."),
    )


def _left(placement):
    return placement.next_on - timedelta(days=1)


def _silent_line(placement, days, today):
    due = _left(placement) + timedelta(days=days)
    return _post_line(
        placement,
        sub=_post_words(placement),
        due=_("to be told by %(day)s") % {"day": due.isoformat()},
        late=due < today,
        soon=due >= today,
    )


def _late_line(placement, days):
    over = (placement.left_reported_on - _left(placement)).days - days
    return _post_line(
        placement, sub=_post_words(placement), due=_("told %(days)s days too late") % {"days": over}, late=True
    )
