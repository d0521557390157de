"""Passwords: given by the office, then chosen by the person, who from then on is the only one to know it."""

import secrets

from city.models import TrailEntry
from city.trail import acting

GIVEN, CHOSEN = "give_password", "change_password"
_GROUPS = 4


def give(staff):
    """A new random password, returned once and stored nowhere in clear. Every session of the account ends."""
    password = "-".join(secrets.token_hex(2) for _place in range(_GROUPS))
    _set(staff, password, reason=GIVEN)
    return password


def choose(staff, password, *, request=None):
    """The person's own password. Every other session of the account ends."""
    _set(staff, password, reason=CHOSEN, request=request)


def _set(staff, password, *, reason, request=None):
    staff.set_password(password)
    with acting(staff=staff if request else None, reason=reason, request=request):
        staff.save(update_fields=["password"])


def is_given(staff):
    """Whether somebody else knows the password: the last one was given. The trail says who set it."""
    settings = TrailEntry.objects.filter(
        table=staff._meta.db_table, key=str(staff.pk), act__reason__in=[GIVEN, CHOSEN]
    )
    return settings.order_by("-pk").values_list("act__reason", flat=True).first() == GIVEN
