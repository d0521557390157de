"""Due moments counted in working days or hours, paused for coded reasons. The arithmetic is in `city.rules`."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from city.choices import ClockUnit
from city.models import Clock, ClockPause
from city.rules import due_after, working_days_left
from city.workdays import Calendar
from config.conflict import Conflict


def start(unit, allowance, *, at=None, calendar=None):
    """A running clock. Inside the caller's `acting()`, as everything here."""
    at = at or timezone.now()
    due_at = due_after(timezone.localtime(at), unit, allowance, [], calendar or Calendar())
    return Clock.objects.create(unit=unit, allowance=allowance, started_at=at, due_at=due_at)


def start_from(value, *, at=None, calendar=None):
    """As a parameter says it: `{"working_days": 2}` or `{"hours": 72}`."""
    ((unit, allowance),) = value.items()
    return start(ClockUnit(unit), allowance, at=at, calendar=calendar)


def pause(clock, reason, *, by=None, words="", at=None):
    """Stop counting. Raises Conflict when it stands still already or is over."""
    _held(clock)
    if clock.stopped_at or clock.due_at is None:
        raise Conflict(_("This clock stands still already."))
    ClockPause.objects.create(
        clock=clock, reason=reason, words=words, paused_at=at or timezone.now(), paused_by=by and by.staff
    )
    clock.due_at = None
    clock.save(update_fields=["due_at"])


def resume(clock, *, at=None, calendar=None):
    """Count on; the due moment moves by what did not count."""
    _held(clock)
    open_pause = clock.pauses.filter(resumed_at=None).first()
    if open_pause is None:
        raise Conflict(_("This clock is running already."))
    open_pause.resumed_at = at or timezone.now()
    open_pause.save(update_fields=["resumed_at"])
    clock.due_at = due_after(
        timezone.localtime(clock.started_at), clock.unit, clock.allowance, _pauses(clock), calendar or Calendar()
    )
    clock.save(update_fields=["due_at"])


def stop(clock, *, at=None):
    """What it ran for has happened, or never will. A clock that stands still goes on first, to have its due moment."""
    if clock.stopped_at:
        return
    if clock.due_at is None:
        resume(clock, at=at)
    clock.stopped_at = at or timezone.now()
    clock.save(update_fields=["stopped_at"])


def run_on(clock):
    """It was stopped by mistake, and runs as if it never had been."""
    clock.stopped_at = None
    clock.save(update_fields=["stopped_at"])


def _held(clock):
    Clock.objects.select_for_update().get(pk=clock.pk)
    clock.refresh_from_db()


def _pauses(clock):
    return [
        (timezone.localtime(pause.paused_at), timezone.localtime(pause.resumed_at))
        for pause in clock.pauses.order_by("paused_at")
    ]


@dataclass(frozen=True)
class Left:
    """What a page says of a clock; `text` is a whole phrase."""

    text: str
    overdue: bool = False
    paused: bool = False
    soon: bool = False


_HOUR = timedelta(hours=1)
_SOON = timedelta(hours=24)


def left(clock, at, calendar):
    """How much time is left at that moment, in the unit the clock runs on."""
    if clock.stopped_at:
        return Left(_("over"))
    if clock.due_at is None:
        return Left(_("paused"), paused=True)
    gap = clock.due_at - at
    if gap < timedelta(0):
        return Left(_overdue_by(clock, at, calendar), overdue=True)
    if clock.unit == ClockUnit.HOURS or gap < _SOON:
        hours = gap // _HOUR
        text = ngettext("%(n)s hour left", "%(n)s hours left", hours) % {"n": hours}
    else:
        days = working_days_left(timezone.localtime(at).date(), timezone.localtime(clock.due_at).date(), calendar)
        text = ngettext("%(n)s working day left", "%(n)s working days left", days) % {"n": days}
    return Left(text, soon=gap < _SOON)


def _overdue_by(clock, at, calendar):
    gap = at - clock.due_at
    if clock.unit == ClockUnit.HOURS or gap < _SOON:
        hours = gap // _HOUR
        return ngettext("%(n)s hour late", "%(n)s hours late", hours) % {"n": hours}
    days = working_days_left(timezone.localtime(clock.due_at).date(), timezone.localtime(at).date(), calendar)
    return ngettext("%(n)s working day late", "%(n)s working days late", days) % {"n": days}
