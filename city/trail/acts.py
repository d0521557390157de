"""Telling the database in whose name it writes. The triggers refuse a write that nobody stands for."""

from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction
from django.utils import timezone

from city.choices import TrailOperation
from city.models import TrailAct, TrailEntry
from config.address import client_address

#: High 16 bits of the advisory locks that open acts hold; the low 48 bits are the last entry drawn before the act.
OPEN_ACTS = 0x7472
_TELL = f"""
    SELECT set_config('city.act', %s, true), pg_advisory_xact_lock_shared(({OPEN_ACTS}::bigint << 48) + last_value)
    FROM city_trailentry_id_seq
"""

_act = ContextVar("city_act", default=None)
_told = ContextVar("city_told_act", default=None)


def register_city_act(sender, connection, **kwargs):
    """Gives each new SQLite connection `city_act()`, which the triggers ask for the number of the act."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("city_act", 0, _told.get)


@contextmanager
def _telling(act_id):
    """The database writes for this act until the block ends. On PostgreSQL a failing block takes it back itself."""
    before = _told.get()
    token = _told.set(act_id)
    try:
        _tell(act_id)
        yield
    finally:
        _told.reset(token)
    _tell(before)


def _tell(act_id):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            if act_id:
                cursor.execute(_TELL, [str(act_id)])
            else:
                cursor.execute("SELECT set_config('city.act', '', true)")


def current_act():
    """The act that writes now, or None."""
    return _act.get()


@contextmanager
def acting(*, staff=None, posting=None, reason, request=None):
    """One transaction and one act: everything written inside hangs on it. Inside another act it joins that one.

    A request brings its person, posting, number and address.
    """
    outer = _act.get()
    if outer is not None:
        with transaction.atomic():
            yield outer
        return
    with transaction.atomic():
        act = TrailAct.objects.create(**_who(staff, posting, request), reason=reason)
        token = _act.set(act)
        try:
            with _telling(act.pk):
                yield act
        finally:
            _act.reset(token)


def _who(staff, posting, request):
    if request is not None:
        posting = posting or getattr(request, "posting", None)
        user = getattr(request, "user", None)
        staff = staff or (user if user is not None and user.is_authenticated else None)
    return {
        "staff_id": staff.pk if staff else posting and posting.staff_id,
        "posting": posting,
        "request_id": getattr(request, "request_id", ""),
        "address": client_address(request) or None if request is not None else None,
    }


@contextmanager
def standing_in(reason):
    """For tests, inside their transaction: what is written outside of any `acting` hangs on this act.

    Every `acting` inside still makes its own. On PostgreSQL it ends with the transaction, however broken that is.
    """
    act = TrailAct.objects.create(reason=reason)
    token = _told.set(act.pk)
    try:
        _tell(act.pk)
        yield act
    finally:
        _told.reset(token)


@contextmanager
def nobody():
    """Takes a standing act away, so that whoever forgets `acting` inside is found out."""
    if _told.get() is None:
        yield
        return
    with transaction.atomic(), _telling(None):
        yield


def record_event(kind, *, staff=None, posting=None, request=None, key="", details=None):
    """A line for what writes no row: a sign-in, a refusal, a reveal, an export, a run. Never put personal numbers in.

    When the line cannot be written this raises, and what it was about does not happen.
    """
    with acting(staff=staff, posting=posting, reason=kind, request=request) as act:
        return TrailEntry.objects.create(
            act=act,
            table=kind,
            key=str(key),
            operation=TrailOperation.EVENT,
            before=details,
            at=timezone.now(),
        )
