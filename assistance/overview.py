"""What the page of a case shows beside its rows: how far it is, what is done and missing, what the clock left out."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assistance.choices import DELIVERIES, OWED_SERVICES, CaseState, ServiceKind

#: The five steps and the states in which each is under way.
FIVE_STEPS = (
    (_("to apply"), (CaseState.APPLIED, CaseState.RETURNED)),
    (_("to verify"), (CaseState.VERIFIED,)),
    (_("to promise"), (CaseState.COMMITTED,)),
    (_("to place"), (CaseState.PLACING,)),
    (_("to follow up"), (CaseState.PLACED, CaseState.FOLLOWED_UP)),
)


def five_steps(case):
    """[(label, whether the case is at it now)]."""
    return [(label, case.state in states) for label, states in FIVE_STEPS]


@dataclass(frozen=True)
class Owed:
    """One line of the checklist of services."""

    label: str
    needed: int
    given: int

    @property
    def is_done(self):
        return self.given >= self.needed


def checklist(services):
    """(what everybody is owed, the deliveries) with what has been given of each."""
    given = {}
    for service in services:
        given[service.kind] = given.get(service.kind, 0) + 1
    owed = [Owed(kind.label, needed, given.get(kind, 0)) for kind, needed in OWED_SERVICES.items()]
    return owed, [Owed(ServiceKind(kind).label, 1, given.get(kind, 0)) for kind in DELIVERIES]


@dataclass(frozen=True)
class Pauses:
    """When the clock stood still, and how long in all, in days and hours."""

    rows: list
    days: int
    hours: int


def pauses_of(promise):
    """None where no promise was made or its clock never stood still."""
    rows = list(promise.clock.pauses.select_related("paused_by").order_by("paused_at")) if promise else []
    if not rows:
        return None
    now = timezone.now()
    total = sum(((row.resumed_at or now) - row.paused_at for row in rows), timedelta())
    return Pauses(rows, total.days, total.seconds // 3_600)
