"""The lines that doubts are asked of, and how they are asked: one statement a question, whatever the number of lines.

Asked are the live lines of claims that live, the paid ones too: what becomes known later may reclaim money.
"""

from collections import namedtuple
from datetime import date
from functools import cached_property

from django.db import connection

from city import parameters
from city.findings import Seen
from subsidies.choices import Basis, ClaimState, LineStanding, Scheme
from subsidies.rules import days_within, last_day_of
from subsidies.schemes import PLANS

#: Who gets them works, every month or when the post is made; where they work or live is one place.
AT_WORK = (Scheme.POST, Scheme.INSURANCE, Scheme.FLEXIBLE, Scheme.POST_CREATION, Scheme.POST_PURCHASE)
TERM = tuple(scheme for scheme, plan in PLANS.items() if plan.term)
APART = tuple(scheme for scheme, plan in PLANS.items() if plan.apart)

#: What every answer begins with.
Line = namedtuple(
    "Line", "id claim_id number state path area_id scheme month resident_id name id_hash employer_id claimant code"
)
_COLUMNS = (
    "looked.id, looked.claim_id, looked.number, looked.state, looked.path, looked.area_id, looked.scheme, "
    "looked.month, looked.resident_id, looked.name, looked.id_hash, looked.employer_id, looked.claimant, looked.code"
)

_LOOKED = """
WITH looked AS (
    SELECT line.id, line.claim_id, claim.number, claim.state, area.path, claim.area_id, line.scheme, line.month,
           {next_month} AS next_month, claim.period_from, claim.period_to, claim.entered_on,
           line.resident_id, resident.name, resident.id_hash, resident.retires_on, claim.employer_id,
           COALESCE(employer.name, '') AS claimant,
           COALESCE(employer.credit_code, '') AS code, COALESCE(employer.kind, '') AS employer_kind,
           line.account_id, line.enrolment_id
    FROM subsidies_claimline line
    JOIN subsidies_claim claim ON claim.id = line.claim_id
    JOIN city_area area ON area.id = claim.area_id
    JOIN households_resident resident ON resident.id = line.resident_id
    LEFT JOIN city_employer employer ON employer.id = claim.employer_id
    WHERE line.standing = '{live}' AND claim.state IN ({states}) {part}
)
"""


class Look:
    """One look at all lines, or at those of some claims, on a day."""

    def __init__(self, on, claim_ids=None):
        self.on, self.claim_ids = on, claim_ids
        sqlite = connection.vendor == "sqlite"
        chosen = ", ".join(str(int(key)) for key in claim_ids or ())
        self._looked = _LOOKED.format(
            next_month="date(line.month, '+1 month')" if sqlite else "(line.month + INTERVAL '1 month')::date",
            live=LineStanding.LIVE.value,
            states=quoted(ClaimState.LIVE),
            part="" if claim_ids is None else f"AND claim.id IN ({chosen or 'NULL'})",
        )

    @cached_property
    def parameters(self):
        return parameters.dated_all()

    def ask(self, statement, **names):
        """[(Line, more of the row)] of a statement over `looked`; `{line}` in it stands for the columns of a line."""
        width = len(Line._fields)
        with connection.cursor() as cursor:
            cursor.execute(self._looked + statement.format(line=_COLUMNS, **names))
            return [(Line(*row[:7], day_of(row[7]), *row[8:width]), row[width:]) for row in cursor.fetchall()]

    def value(self, name, line):
        """A parameter as it holds for the claim's area in the line's month."""
        return self.parameters[name].of(path_ids(line.path), line.month)

    def least_days(self, line):
        """How many days of the month must be free of what forbids the subsidy: one, of what is not paid by months."""
        plan = PLANS[line.scheme]
        by_month = plan.monthly and Basis.DAYS not in plan.bases
        return self.value("subsidy_month_min_days", line) if by_month else 1

    def needed_days(self, line):
        """How many days at work make a month that is paid; one that still runs may yet become a whole one."""
        return 1 if last_day_of(line.month) > self.on else self.least_days(line)

    def is_barred(self, line, first_on, last_on):
        """Whether a fact that holds from a day to a day leaves too little of the month."""
        month_days = (last_day_of(line.month) - line.month).days + 1
        return month_days - days_within(line.month, first_on, last_on) < self.least_days(line)


def seen(line, **evidence):
    """A doubt about a line. Its key is the person and month in the claim, so that a line written anew keeps it."""
    person = str(line.id_hash).replace("-", "") if line.id_hash else f"resident {line.resident_id}"
    told = {"claim": line.number, "scheme": line.scheme, "month": f"{line.month:%Y-%m}", "claimant": line.claimant}
    return Seen(f"{line.number} {person} {line.month:%Y-%m}", line.area_id, told | evidence, line.id)


def quoted(values):
    """SQL for a list of the project's own words."""
    return ", ".join(f"'{value.value}'" for value in values)


def day_of(value):
    """A day as both databases give it."""
    return date.fromisoformat(value[:10]) if isinstance(value, str) else value


def text_of(value):
    """A day or nothing as JSON holds it."""
    return None if value is None else day_of(value).isoformat()


def path_ids(path):
    return [int(part) for part in path.split("/") if part]


def district_of(path):
    """The id of the district an area lies in; None for the city itself."""
    ids = path_ids(path)
    return ids[1] if len(ids) > 1 else None
