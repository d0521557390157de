"""Panels of cases, plans and pairings: on the day's work, the reviews, a person, a household, an episode."""

from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistance.choices import CaseState
from assistance.models import Case, Commitment, FollowUp, Pairing
from assistance.workflow import CASE
from city import clocks
from city.desk import ON_THE_DESK, Line, WorkList
from city.models import Move
from city.workdays import Calendar

_DAYS_AHEAD = 7


def _list_of(show, **more):
    return f"{reverse('assistance:cases')}?{urlencode({'show': show, **more})}"


def _case_line(case, **more):
    return Line(title=case.resident.name, url=reverse("assistance:case", args=[case.pk]), **more)


def _promise_line(promise, now, calendar, sub):
    left = clocks.left(promise.clock, now, calendar)
    return _case_line(promise.case, sub=sub, due=left.text, late=left.overdue, soon=left.soon)


def promises(request, scope):
    """Promises by the time they have left; those whose clock stands still come last."""
    now, calendar = timezone.now(), Calendar()
    owed = Commitment.objects.visible_to(request.posting).in_force()
    if scope.grid is not None:
        owed = owed.filter(case__in=Case.objects.in_grid(scope.grid, scope.day))
    counts = owed.aggregate(total=Count("pk"), late=Count("pk", filter=Q(clock__due_at__lt=now)))
    rows = owed.select_related("case__resident", "clock").order_by(F("clock__due_at").asc(nulls_last=True), "pk")
    return WorkList(
        name="promises",
        title=_("Promises by the time left"),
        lines=[
            _promise_line(row, now, calendar, f"{row.case.number} · {row.case.get_state_display()}")
            for row in rows[:ON_THE_DESK]
        ],
        total=counts["total"],
        late=counts["late"],
        more_url=_list_of("promised"),
        empty=_("Nobody is waiting for promised work."),
    )


def follow_ups(request, scope):
    """Placed persons to be asked how it goes in the days to come, overdue ones first."""
    due = FollowUp.objects.visible_to(request.posting).to_do()
    due = due.filter(due_on__lte=scope.day + timedelta(days=_DAYS_AHEAD))
    if scope.grid is not None:
        due = due.filter(case__in=Case.objects.in_grid(scope.grid, scope.day))
    counts = due.aggregate(total=Count("pk"), late=Count("pk", filter=Q(due_on__lt=scope.day)))
    rows = due.select_related("case__resident", "case__spell").order_by("due_on", "pk")
    return WorkList(
        name="follow-ups",
        title=_("Follow-ups due"),
        lines=[_follow_up_line(row, scope.day) for row in rows[:ON_THE_DESK]],
        total=counts["total"],
        late=counts["late"],
        more_url=_list_of("", state=CaseState.PLACED),
        empty=_("Nobody placed is to be asked this week."),
    )


def _follow_up_line(row, today):
    job = row.case.spell.employer_name if row.case.spell else ""
    placed = _("placed %(day)s") % {"day": row.case.placed_on.isoformat()}
    return _case_line(
        row.case,
        sub=f"{placed} · {job}" if job else placed,
        due=row.due_on.isoformat(),
        late=row.due_on < today,
        soon=row.due_on == today,
    )


def to_decide(request, scope):
    """Cases the street sent back, with its reason, and cases that are flagged."""
    seen = Case.objects.visible_to(request.posting).in_grid(scope.grid, scope.day).select_related("resident")
    returned = seen.sent_back()
    flagged = seen.flagged(scope.day).exclude(state=CaseState.RETURNED)
    lines = [_returned_line(case, step) for case, step in _with_reasons(returned.order_by("pk")[:ON_THE_DESK])]
    lines += [_flagged_line(case) for case in flagged.order_by("pk")[: ON_THE_DESK - len(lines)]]
    return WorkList(
        name="cases-to-decide",
        title=_("Cases sent back or to be decided"),
        lines=lines,
        total=returned.count() + flagged.count(),
        more_url=_list_of("to_decide"),
        empty=_("The street sent nothing back."),
    )


def _returned_line(case, step):
    return _case_line(case, sub=f"{step.reason_label}：{step.words}" if step else "", due=_("sent back"), late=True)


def _flagged_line(case):
    why = _("jobs refused, promise void") if case.refused_thrice else _("out of work again")
    return _case_line(case, sub=case.number, due=why, late=True)


def _with_reasons(cases):
    """Each case sent back with the step that did it."""
    cases = list(cases)
    steps = Move.objects.filter(workflow=CASE.name, action="send_back", key__in=[case.pk for case in cases])
    latest = {step.key: step for step in steps.order_by("pk")}
    labels = dict(CASE.steps["send_back"][0].reason_choices)
    for step in latest.values():
        step.reason_label = labels.get(step.reason, step.reason)
    return [(case, latest.get(case.pk)) for case in cases]


def escalated(request, _subject):
    """Promises this level must see to: a street all that are overdue, a district those late by the allowance again."""
    now, calendar = timezone.now(), Calendar()
    late = Commitment.objects.visible_to(request.posting).escalated_to(request.posting.area.level, now)
    rows = late.select_related("case__resident", "case__community", "case__responsible", "clock").order_by(
        "clock__due_at", "pk"
    )
    total = late.count()
    return WorkList(
        name="escalated-promises",
        title=_("Overdue promises"),
        lines=[_promise_line(row, now, calendar, _answers_for(row.case)) for row in rows[:ON_THE_DESK]],
        total=total,
        late=total,
        more_url=_list_of("overdue"),
        empty=_("Every promise that fell due was kept."),
    )


def _answers_for(case):
    community = case.community.name
    return f"{community} · {case.responsible.name}" if case.responsible else community


def stations_behind(request, _subject):
    """Stations with overdue promises, those with most first."""
    community = "case__community"
    overdue = Commitment.objects.visible_to(request.posting).overdue_at(timezone.now())
    rows = overdue.values(community, f"{community}__name").annotate(count=Count("pk"))
    rows = list(rows.order_by("-count", f"{community}__code"))
    return WorkList(
        name="stations-behind",
        title=_("Stations with overdue promises"),
        lines=[
            Line(
                title=row[f"{community}__name"],
                url=_list_of("overdue", community=row[community]),
                due=ngettext("%(n)s promise overdue", "%(n)s promises overdue", row["count"]) % {"n": row["count"]},
                late=True,
            )
            for row in rows[:ON_THE_DESK]
        ],
        total=len(rows),
        late=len(rows),
        empty=_("No station is behind with its promises."),
    )


def cases_of(request, resident):
    """The person's cases, and the way to open one."""
    cases = list(resident.cases.select_related("responsible", "commitment__clock").order_by("-pk"))
    may_open = request.posting.may("assistance.work_cases") and not any(case.is_open for case in cases)
    return {"resident": resident, "cases": cases, "may_open": may_open} if cases or may_open else None


def plans_of(request, episode):
    """The household's plan and its members', the household's first."""
    plans = list(episode.plans.select_related("resident", "responsible").order_by(F("resident").asc(nulls_first=True)))
    return {"episode": episode, "plans": plans, "may_plan": request.posting.may("assistance.work_cases")}


def pairings_of(request, household):
    """Who stands by the household or its community today."""
    today = timezone.localdate()
    own = Pairing.objects.in_force_on(today)
    rows = list(
        (own.filter(household=household) | own.filter(area=household.community_id)).order_by("started_on", "pk")
    )
    return {"rows": rows, "household": household} if rows else None
