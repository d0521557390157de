"""What is known of the persons a claim is for, read in a fixed number of queries for one person or ten thousand."""

from dataclasses import dataclass
from datetime import date

from assistance.choices import EnrolmentState
from assistance.models import Attendance, Enrolment
from city import parameters
from city.rules import add_months
from households.choices import LabourState
from households.models import HardshipCertification, InsuranceMonth, LedgerSpan, RegistrationSpan, Resident
from households.sheets.known import among_ids
from placements.choices import PlacementState
from placements.models import Placement
from subsidies.models import ClaimLine
from subsidies.rates import RateTable
from subsidies.rules import last_day_of, month_of
from subsidies.schemes import PLANS

#: How far back of the first month a job, a placement or an insured month may still count.
MONTHS_BACK = 12
_TERM = [scheme for scheme, plan in PLANS.items() if plan.term]


@dataclass(frozen=True)
class Job:
    """A stretch of days in one job and one household, by the ledger."""

    first_on: date
    last_on: date
    spell_id: int
    started_on: date
    channel: str
    employer_id: int | None
    credit_code: str
    contract_months: int | None
    household_id: int
    retires_on: date


@dataclass(frozen=True)
class Placed:
    """A placement by the spell it opened; `introduced`: it came about by a vacancy or an event of the agency."""

    pk: int
    number: str
    on_post: bool
    introduced: bool


@dataclass(frozen=True)
class Course:
    """A person's enrolment, as far as money hangs on it."""

    pk: int
    number: str
    kind: str
    provider: str
    state: str
    enrolled_on: date
    certified_on: date | None
    certificate: str


@dataclass(frozen=True)
class Claimed:
    """A live line of somebody in a month."""

    line_id: int
    scheme: str
    month: date
    occasion: str
    claim: str


class Known:
    """Everything about some persons between two months; what somebody lacks is an empty list or None."""

    def __init__(self, schemes, resident_ids, first, last):
        self._ids = among_ids(sorted(resident_ids))
        self._first, self._last = add_months(month_of(first), -MONTHS_BACK), last_day_of(month_of(last))
        self.rates = RateTable(schemes)
        self.parameters = parameters.dated_all()
        self.wages = parameters.minimum_wages()
        self.hashes = dict(Resident.objects.filter(pk__in=self._ids).values_list("pk", "id_hash"))
        self.jobs = self._jobs()
        self.insured = self._insured()
        self.certified = self._gathered(
            HardshipCertification.objects.order_by("category"), "category", "certified_on", "ended_on"
        )
        self.registered = self._gathered(RegistrationSpan.objects, "first_on", "last_on")
        self.placed = self._placed()
        self.courses = self._courses()
        self.days = self._days()
        self.approved = self._approved()
        self.claimed = self._claimed()

    def setting(self, name, ask):
        """A parameter in force on the first day of the month."""
        return self.parameters[name].of(ask.path_ids, ask.month)

    def _of(self, rows):
        return rows.filter(resident__in=self._ids)

    def _gathered(self, rows, *names):
        found = {}
        for resident_id, *values in self._of(rows).values_list("resident_id", *names):
            found.setdefault(resident_id, []).append(values)
        return found

    def _jobs(self):
        found = {}
        spans = self._of(LedgerSpan.objects).filter(
            state=LabourState.EMPLOYED, spell__isnull=False, first_on__lte=self._last, last_on__gte=self._first
        )
        rows = spans.order_by("first_on").values_list(
            *("resident_id", "first_on", "last_on", "spell_id", "spell__started_on", "spell__channel"),
            *("spell__employer_id", "spell__employer__credit_code", "spell__contract_months"),
            *("household_id", "retires_on"),
        )
        for resident_id, *values in rows:
            found.setdefault(resident_id, []).append(Job(*values))
        return found

    def _insured(self):
        """`{(resident id, month): {credit code: contribution base}}`."""
        hashes = {value: key for key, value in self.hashes.items() if value}
        rows = InsuranceMonth.objects.filter(
            id_hash__in=Resident.objects.filter(pk__in=self._ids).values("id_hash"),
            month__gte=self._first,
            month__lte=self._last,
        )
        found = {}
        for id_hash, month, code, base in rows.values_list("id_hash", "month", "credit_code", "base"):
            found.setdefault((hashes[id_hash], month), {})[code] = base
        return found

    def _placed(self):
        """`{spell id: Placed}`."""
        rows = self._of(Placement.objects).filter(spell__isnull=False).exclude(state=PlacementState.DROPPED)
        return {
            spell_id: Placed(pk, number, post_id is not None, vacancy_id is not None or event_id is not None)
            for spell_id, pk, number, post_id, vacancy_id, event_id in rows.values_list(
                "spell_id", "pk", "number", "post_id", "vacancy_id", "event_id"
            )
        }

    def _courses(self):
        found = {}
        rows = self._of(Enrolment.objects).order_by("pk")
        for resident_id, *values in rows.values_list(
            *("resident_id", "pk", "course__number", "course__kind", "course__provider"),
            *("state", "enrolled_on", "certified_on", "certificate_number"),
        ):
            found.setdefault(resident_id, []).append(Course(*values))
        return found

    def _days(self):
        """`{(resident id, month): {enrolment id: days attended}}` of courses that were not left."""
        rows = Attendance.objects.filter(
            enrolment__resident__in=self._ids, day__gte=self._first, day__lte=self._last
        ).exclude(enrolment__state=EnrolmentState.DROPPED)
        found = {}
        for resident_id, enrolment_id, day in rows.values_list("enrolment__resident_id", "enrolment_id", "day"):
            found.setdefault((resident_id, month_of(day)), {}).setdefault(enrolment_id, set()).add(day)
        return found

    def _approved(self):
        """`{resident id: [(moment approved, month)]}` of the schemes with a longest time."""
        found = {}
        lines = self._of(ClaimLine.objects.live()).filter(
            scheme__in=_TERM, approved__gt=0, claim__approved_at__isnull=False
        )
        for resident_id, at, month in lines.values_list("resident_id", "claim__approved_at", "month"):
            found.setdefault(resident_id, []).append((at, month))
        return found

    def _claimed(self):
        """`{resident id: [Claimed]}` between the months, and what one gets only once whenever it was."""
        found = {}
        rows = self._of(ClaimLine.objects.live())
        for resident_id, *values in rows.values_list(
            "resident_id", "pk", "scheme", "month", "occasion", "claim__number"
        ):
            found.setdefault(resident_id, []).append(Claimed(*values))
        return found
