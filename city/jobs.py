"""Jobs in the background. The run row is the truth; Celery and Redis only carry its number and may lose it."""

import hashlib
import logging
import time
import uuid
from contextlib import contextmanager, nullcontext
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from city.choices import RunState
from city.models import Lease, Run
from city.trail import record_event

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
REDELIVER_AFTER = timedelta(seconds=60)
HEARTBEAT_SECONDS = 1
MAX_ATTEMPTS = 5

_jobs = {}


class Busy(Exception):
    """Somebody else holds the lock."""


def job(name):
    """Registers `function(run)`; what it returns (JSON) becomes the run's result."""

    def register(function):
        _jobs[name] = function
        return function

    return register


def enqueue(name, *, posting=None, business_day=None, parameters=None):
    """A run row, and its number sent to a worker once the row is committed; without a broker performed right then.

    A job has one run a business day: asked again it answers with that run, and a failed one is tried anew.
    """
    values = {"posting": posting, "parameters": parameters or {}, "heartbeat_at": timezone.now()}
    with transaction.atomic():
        if business_day is None:
            run = Run.objects.create(job=name, **values)
        else:
            run, _made = Run.objects.get_or_create(job=name, business_day=business_day, defaults=values)
        if run.state == RunState.FAILED:
            run.state, run.attempts, run.error = RunState.WAITING, 0, ""
            run.save(update_fields=["state", "attempts", "error"])
        if run.state == RunState.WAITING:
            transaction.on_commit(lambda: deliver(run.pk))
    return run


def deliver(run_id):
    """Sends the number. With the broker away the run waits in its row until `recover_runs` finds it."""
    if settings.CELERY_TASK_ALWAYS_EAGER:
        perform(run_id)
        return
    try:
        current_app.send_task("city.tasks.perform", [run_id])
    except (BrokerError, OSError):
        logger.warning("broker away, run waits run=%d", run_id)


def perform(run_id):
    """Works a run off unless it is finished or somebody else is at it. Never raises for what the job does wrong."""
    try:
        with lock(f"run-{run_id}") as lease:
            run = Run.objects.get(pk=run_id)
            if run.state in (RunState.WAITING, RunState.RUNNING):
                run.lease = lease
                _work(run)
    except Busy:
        logger.info("run is being worked on run=%d", run_id)


def _work(run):
    now = timezone.now()
    run.state, run.attempts, run.started_at, run.heartbeat_at = RunState.RUNNING, run.attempts + 1, now, now
    run.rows_done, run.beaten = 0, time.monotonic()
    run.save(update_fields=["state", "attempts", "started_at", "heartbeat_at", "rows_done"])
    try:
        result = _jobs[run.job](run)
    except Busy:
        Run.objects.filter(pk=run.pk).update(state=RunState.WAITING, heartbeat_at=timezone.now())
    except (OperationalError, InterfaceError):
        # The database went away: nothing can be written down now. The row says "running" and its lock is free,
        # so recover_runs starts it again.
        logger.exception("run interrupted run=%d job=%s", run.pk, run.job)
        connection.close()
    except Exception as error:
        logger.exception("run failed run=%d job=%s", run.pk, run.job)
        _finish(run, RunState.FAILED, error=_one_line(error))
    else:
        _finish(run, RunState.DONE, result=result)


def _one_line(error):
    """What staff can read: a message meant for them, never the database's own words, which quote rows."""
    if isinstance(error, DatabaseError):
        return _("The database refused what was to be written. The log has the details.")
    if isinstance(error, (LookupError, TypeError, AttributeError, AssertionError)):
        return _("The job stopped at a mistake of the program. The log has the details.")
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _finish(run, state, *, result=None, error=""):
    run.state, run.result, run.error, run.finished_at = state, result, error, timezone.now()
    with transaction.atomic():
        run.save(update_fields=["state", "result", "error", "finished_at"])
        record_event(
            "run",
            posting=run.posting,
            key=run.pk,
            details={"job": run.job, "business_day": str(run.business_day or ""), "state": state},
        )


def progress(run, done, total=None):
    """The heartbeat, at most once a second. Inside a transaction it becomes visible when that commits."""
    run.rows_done, run.rows_total = done, total if total is not None else run.rows_total
    if time.monotonic() - getattr(run, "beaten", 0) < HEARTBEAT_SECONDS and done != total:
        return
    run.beaten, run.heartbeat_at = time.monotonic(), timezone.now()
    Run.objects.filter(pk=run.pk).update(
        rows_done=run.rows_done, rows_total=run.rows_total, heartbeat_at=run.heartbeat_at
    )
    renew(getattr(run, "lease", None))


@contextmanager
def lock(name):
    """Held by one at a time, freed at once when the holder's connection dies (PostgreSQL) or after a minute (SQLite).

    Raises Busy when it is held. Yields the lease that `renew` prolongs, None on PostgreSQL.
    """
    if connection.vendor == "postgresql":
        if not _ask("pg_try_advisory_lock", name):
            raise Busy(name)
        try:
            with _savepoint():
                yield None
        finally:
            # With the connection gone the lock went with it.
            if connection.connection is not None and not connection.connection.closed:
                _ask("pg_advisory_unlock", name)
        return
    lease = _take_lease(name)
    try:
        with _savepoint():
            yield lease
    finally:
        Lease.objects.filter(name=name, holder=lease.holder).delete()


def _savepoint():
    """Inside a transaction an error must not leave it unusable for giving the lock back."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def is_held(name):
    if connection.vendor != "postgresql":
        return Lease.objects.filter(name=name, expires_at__gt=timezone.now()).exists()
    try:
        with lock(name):
            return False
    except Busy:
        return True


def _ask(function, name):
    """PostgreSQL's advisory locks are named by 64 bits and belong to the connection."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [number])
        return cursor.fetchone()[0]


def _take_lease(name):
    now = timezone.now()
    with transaction.atomic():
        Lease.objects.filter(name=name, expires_at__lte=now).delete()
        lease, taken = Lease.objects.get_or_create(
            name=name, defaults={"holder": uuid.uuid4(), "expires_at": now + LEASE}
        )
    if not taken:
        raise Busy(name)
    return lease


def renew(lease):
    if lease is not None:
        Lease.objects.filter(name=lease.name, holder=lease.holder).update(expires_at=timezone.now() + LEASE)


def recover_runs():
    """Every minute: runs whose message was lost and runs whose worker died are sent again; returns how many."""
    now = timezone.now()
    sent = 0
    for run in Run.objects.unfinished().order_by("pk"):
        silent = (run.heartbeat_at or run.queued_at) <= now - REDELIVER_AFTER
        if (run.state == RunState.WAITING and not silent) or is_held(f"run-{run.pk}"):
            continue
        if run.attempts >= MAX_ATTEMPTS:
            _finish(run, RunState.FAILED, error=_("Stopped %(times)s times without an end.") % {"times": run.attempts})
            continue
        Run.objects.filter(pk=run.pk, state=run.state, attempts=run.attempts).update(
            state=RunState.WAITING, heartbeat_at=now
        )
        deliver(run.pk)
        sent += 1
    return sent
