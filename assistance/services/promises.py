"""The promise of a case (上岗承诺) and its clock. Called by the other services of a case, inside their `acting()`."""

from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.choices import VoidReason
from assistance.models import Commitment
from assistance.workflow import CASE
from city import clocks, parameters
from city.models import Move
from city.moves import StepRefused


def is_to_be_made(case):
    """Whoever accepts any suitable job is promised one before placing begins, unless an earlier promise is void."""
    return case.accepts_any_suitable_job and (case.promise is None or case.promise.is_owed)


def make(case):
    """Promise work within the time the city allows, counted from the moment of verification.

    A case the street sent back keeps the promise it had: the person was told a day.
    """
    if not case.accepts_any_suitable_job:
        raise StepRefused("action", _("A promise is only made to somebody who accepts any suitable job."))
    if case.promise is not None:
        if not case.promise.is_owed:
            raise StepRefused("action", _("The promise of this case is void: start placing without one."))
        return case.promise
    today = timezone.localdate()
    allowed = parameters.value("commitment_deadline", case.community, today)
    clock = clocks.start_from(allowed, at=_verified_at(case))
    return Commitment.objects.create(case=case, clock=clock, made_on=today)


def keep(case, on):
    """The person is in work since `on`."""
    _end(case, kept_on=on)


def void(case, reason):
    """Nothing is owed any more: jobs were refused without good reason, or the case lapsed."""
    _end(case, voided_on=timezone.localdate(), void_reason=VoidReason(reason))


def owe_again(case):
    """The refusals that made it void were written down wrong: it was owed all the time."""
    promise = case.promise
    if promise is None or promise.void_reason != VoidReason.REFUSALS:
        return
    promise.voided_on, promise.void_reason = None, ""
    promise.save(update_fields=["voided_on", "void_reason"])
    clocks.run_on(promise.clock)
    if case.placed_on:
        keep(case, case.placed_on)


def _end(case, **values):
    promise = case.promise
    if promise is None or not promise.is_owed:
        return
    for name, value in values.items():
        setattr(promise, name, value)
    promise.save(update_fields=list(values))
    clocks.stop(promise.clock)


def pause(case, reason, words, by):
    """Time that does not count. A due moment that has passed stays passed."""
    promise = case.promise
    if promise is None or not promise.is_owed:
        raise StepRefused("action", _("No promise is running in this case."))
    if promise.is_overdue_at(timezone.now()):
        raise StepRefused("action", _("The promise is overdue: stopping the clock cannot undo that."))
    clocks.pause(promise.clock, reason, by=by, words=words[:200])


def resume(case):
    if case.promise is None or not case.promise.is_owed:
        raise StepRefused("action", _("No promise is running in this case."))
    clocks.resume(case.promise.clock)


def _verified_at(case):
    verified = Move.objects.filter(workflow=CASE.name, key=case.pk, action="verify").order_by("pk").last()
    return verified.at if verified else None
