"""What happens in a night, in order; and which nights are due. Run rows tell which were done."""

import time
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from city import files, jobs, trail
from city.choices import AreaLevel, RunState
from city.commands import last_ended_day
from city.models import Area, Run
from city.nightly import run_steps
from households import ledger
from reports.engine import measure
from reports.services import dashboards
from reports.services.night import recompute_status
from reports.terms import Terms

NIGHT, PART = "night", "night_part"

#: A night later than this many days makes the system not ready.
_PATIENCE = timedelta(days=2)
#: Nights missed longer ago are left to `recompute_status`.
_CAUGHT_UP = timedelta(days=60)
_GLANCE_SECONDS = 0.2


class NightPartFailed(Exception):
    """One district could not be measured; the message is its run's."""


def due_days(until):
    """The nights not yet done up to and with `until`, oldest first; on a new system only `until`.

    A night that was begun and not ended, or failed, is due although later ones were done.
    """
    horizon = until - _CAUGHT_UP
    begun = Run.objects.filter(job=NIGHT, business_day__range=(horizon, until))
    due = set(begun.exclude(state=RunState.DONE).values_list("business_day", flat=True))
    done = Run.objects.filter(job=NIGHT, business_day__lte=until, state=RunState.DONE)
    last = done.aggregate(last=Max("business_day"))["last"] or until - timedelta(days=1)
    last = max(last, horizon)
    due.update(last + timedelta(days=place) for place in range(1, (until - last).days + 1))
    return sorted(due)


def schedule():
    """From beat: every due night becomes a run; workers take them side by side."""
    for day in due_days(last_ended_day()):
        jobs.enqueue(NIGHT, business_day=day)


def run_here(on=None):
    """The same in this process: the night of `on` again, or every night that is due. Yields the runs as they end."""
    for day in [on] if on else due_days(last_ended_day()):
        with transaction.atomic():
            run, _made = Run.objects.get_or_create(job=NIGHT, business_day=day)
            if run.state != RunState.RUNNING:
                Run.objects.filter(pk=run.pk).update(state=RunState.WAITING, heartbeat_at=timezone.now())
        jobs.perform(run.pk)
        run.refresh_from_db()
        yield run


@jobs.job(NIGHT)
def night(run):
    """One night: files follow moves, every status of the day, the boards, what apps look for, the trail sealed, old
    files removed. Apps look at the present alone: a night caught up late is not theirs.
    """
    on = run.business_day
    with trail.acting(reason=NIGHT):
        ledger.rehome(timezone.localdate())
    counts = _measured_by_district(run, on) if settings.NIGHT_BY_DISTRICT else None
    result = recompute_status(on, counts=counts)
    jobs.progress(run, result["areas"], result["areas"])
    dashboards.refresh(on)
    late = on < last_ended_day()
    steps = {} if late else run_steps(on)
    trail.seal()
    files.expire_files()
    return result | {"late": late, "steps": steps}


def _measured_by_district(run, on):
    """Counts of every community, each district a run of its own on whichever worker is free.

    This worker takes its share too, so that one worker is enough; a part whose worker died is simply taken over.
    """
    parts = [
        jobs.enqueue(PART, parameters={"night": run.pk, "attempt": run.attempts, "on": on.isoformat(), "area": key}).pk
        for key in Area.objects.filter(level=AreaLevel.DISTRICT).order_by("code").values_list("pk", flat=True)
    ]
    while waiting := list(Run.objects.unfinished().filter(pk__in=parts).values_list("pk", flat=True)):
        for key in waiting:
            jobs.perform(key)
        jobs.progress(run, len(parts) - len(waiting), len(parts))
        time.sleep(_GLANCE_SECONDS)
    counts = {}
    for part in Run.objects.filter(pk__in=parts):
        if part.state == RunState.FAILED:
            raise NightPartFailed(part.error)
        counts |= {int(key): own for key, own in part.result.items()}
    return counts


@jobs.job(PART)
def night_part(run):
    on = date.fromisoformat(run.parameters["on"])
    counts = measure(Terms(on, Area.objects.get(pk=run.parameters["area"])))
    return {str(key): own for key, own in counts.items()}


def readiness():
    """For `/readyz`: the last whole night is not too long ago; a system without a night yet is ready."""
    last = Run.objects.filter(job=NIGHT, state=RunState.DONE).order_by("-business_day").first()
    return last is None or last.business_day >= last_ended_day() - _PATIENCE
