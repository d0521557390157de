"""How layoff notices stand to the law, and layoffs nobody reported that the ledger shows."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal

from django.db.models import OuterRef, Subquery

from assistance import rules
from assistance.choices import LayoffState, Timeliness
from assistance.models import LayoffNotice
from city import parameters
from city.models import Employer
from city.rules import add_months
from households.choices import LabourState
from households.models import LabourSpell, Resident

#: Jobs lost at one employer within so many days are one layoff, looked for so far back.
SPAN, BACK = 30, 90


@dataclass
class Judged:
    """A notice with what the law says of it today; `persons` is what was planned, or what the list holds if more."""

    notice: LayoffNotice
    persons: int
    required: bool
    timeliness: Timeliness
    notice_days: int
    hired_first_until: object = None

    @property
    def share(self):
        """Percent of the staff, cut off, so that 9.999 never reads as the tenth it is not."""
        share = Decimal(100 * self.persons) / self.notice.staff_total
        return share.quantize(Decimal("0.01"), ROUND_DOWN)

    @property
    def is_flagged(self):
        return self.timeliness in (Timeliness.SHORT, Timeliness.LATE, Timeliness.UNREPORTED)


def judged(notices, today):
    """The notices (of `with_listed`), each under the parameters of its area: one query whatever their number."""
    values = parameters.dated_all()
    return [_judged(notice, values, today) for notice in notices]


def _judged(notice, values, today):
    path = notice.area.path_ids
    persons = max(notice.planned, notice.listed)
    required = rules.must_be_reported(persons, notice.staff_total, values["layoff_threshold"].of(path, today))
    notice_days = values["layoff_notice_days"].of(path, today)
    done = notice.carried_out_on
    return Judged(
        notice=notice,
        persons=persons,
        required=required,
        timeliness=rules.timeliness(
            required=required and notice.state != LayoffState.WITHDRAWN,
            planned_on=notice.planned_on,
            reported_on=notice.reported_on,
            carried_out_on=done,
            notice_days=notice_days,
            today=today,
        ),
        notice_days=notice_days,
        hired_first_until=done and add_months(done, values["layoff_rehire_months"].of(path, today)),
    )


@dataclass
class Sign:
    """Many lost their work at one employer within a month, and no notice tells of it."""

    employer: Employer
    first: object
    last: object
    persons: int
    ours: int
    url: str = ""


def unreported(posting, today):
    """Employers where, city-wide, as many residents lost work within a month as must be reported, without a notice.

    Shown to whoever has one of them among their residents, with how many those are; the others stay a figure.
    """
    since = today - timedelta(days=BACK)
    mine = _losses(since, today).filter(resident__in=Resident.objects.visible_to(posting))
    employer_ids = set(mine.values_list("employer_id", flat=True).distinct())
    threshold = parameters.value("layoff_threshold", posting.area, today)
    notices = defaultdict(list)
    for notice in LayoffNotice.objects.filter(employer__in=employer_ids).order_by("planned_on"):
        notices[notice.employer_id].append(notice)
    lost = defaultdict(list)
    losses = _losses(since, today).filter(employer__in=employer_ids)
    for employer_id, day, path in losses.values_list("employer_id", "next_on", "resident__community__path"):
        lost[employer_id].append((day, path or ""))
    found = {}
    for employer_id, days in lost.items():
        first, last, number = rules.densest([day for day, _path in days], SPAN)
        told = notices[employer_id]
        staff_total = told[-1].staff_total if told else None
        ours = sum(first <= day <= last and path.startswith(posting.area.path) for day, path in days)
        large = rules.must_be_reported(number, staff_total, threshold)
        if ours and large and not any(_tells_of(notice, first, last) for notice in told):
            found[employer_id] = (first, last, number, ours)
    employers = Employer.objects.in_bulk(found)
    signs = [Sign(employers[key], *values) for key, values in found.items()]
    return sorted(signs, key=lambda sign: (-sign.persons, sign.employer.pk))


def _tells_of(notice, first, last):
    day = notice.carried_out_on or notice.planned_on
    near = first - timedelta(days=SPAN) <= day <= last + timedelta(days=SPAN)
    return near and notice.state != LayoffState.WITHDRAWN


def _losses(first, last):
    """Jobs at a known employer that were followed by unemployment from a day in the window: `next_on`."""
    following = LabourSpell.objects.filter(resident=OuterRef("resident"), started_on__gt=OuterRef("started_on"))
    following = following.order_by("started_on")
    jobs = LabourSpell.objects.filter(state=LabourState.EMPLOYED, employer__isnull=False)
    return jobs.annotate(
        next_on=Subquery(following.values("started_on")[:1]), next_state=Subquery(following.values("state")[:1])
    ).filter(next_on__range=(first, last), next_state=LabourState.UNEMPLOYED)
