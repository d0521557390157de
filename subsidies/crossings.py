"""Lines that meet other lines, accounts, courses, or the persons who handle them. Each question answers `[Seen]`."""

from itertools import groupby

from django.db import connection
from django.db.models import Min
from django.utils import timezone

from assistance.choices import CourseState, EnrolmentState
from city.choices import AreaLevel
from city.models import Area
from households.choices import HardshipCategory
from households.models import Membership
from households.sheets.known import among_ids
from subsidies.choices import ClaimState, Scheme
from subsidies.looking import APART, AT_WORK, TERM, day_of, district_of, quoted, seen
from subsidies.models import ClaimLine
from subsidies.rules import last_day_of, last_month_paid
from subsidies.schemes import allowed_together
from subsidies.workflow import CLAIM

_NAMES_SHOWN = 5
#: Of these a month of courses leaves too little time for the job.
_JOBS = (Scheme.POST, Scheme.INSURANCE, Scheme.POST_PURCHASE)
_COURSES = (Scheme.TRAINING, Scheme.TRANSPORT, Scheme.APPRAISAL, Scheme.TUITION)

_OTHERS = """
SELECT {line}, other.month, other.scheme, other_claim.number, other_claim.state, other_claim.employer_id,
       other_area.path, other_area.name
FROM looked
JOIN subsidies_claimline other ON other.resident_id = looked.resident_id AND other.standing = 'live'
JOIN subsidies_claim other_claim ON other_claim.id = other.claim_id AND other_claim.id <> looked.claim_id
JOIN city_area other_area ON other_area.id = other_claim.area_id
WHERE looked.scheme IN ({schemes}) AND other.scheme IN ({schemes}) AND {which}
ORDER BY looked.id, other.month, other.scheme, other_claim.number"""

_LASTING = """
SELECT {line}, looked.retires_on, looked.entered_on FROM looked WHERE looked.scheme IN ({term})"""

#: Whose account it is: the latest one a person gave, those money goes to, and the one in the register.
_HOLDERS = """
SELECT {line}, account.employer_id, holder.id, holder.name
FROM looked
JOIN subsidies_payeeaccount account ON account.id = looked.account_id
JOIN (
    SELECT given.account_hash, given.resident_id
    FROM subsidies_payeeaccount given
    WHERE given.resident_id IS NOT NULL AND (
        NOT EXISTS (SELECT 1 FROM subsidies_payeeaccount later
                    WHERE later.resident_id = given.resident_id AND later.id > given.id)
        OR EXISTS (SELECT 1 FROM subsidies_claimline used WHERE used.account_id = given.id AND used.standing = 'live')
    )
    UNION
    SELECT bank_account_hash, id FROM households_resident WHERE bank_account_hash IS NOT NULL
) held ON held.account_hash = account.account_hash
JOIN households_resident holder ON holder.id = held.resident_id
WHERE account.resident_id IS NULL OR holder.id <> account.resident_id
ORDER BY looked.id, holder.name, holder.id"""

_LIVES = """
    SELECT stay.resident_id, stay.household_id FROM households_membership stay
    WHERE stay.started_on <= '{on}' AND NOT EXISTS (
        SELECT 1 FROM households_membership later
        WHERE later.resident_id = stay.resident_id
          AND later.started_on > stay.started_on AND later.started_on <= '{on}'
    )"""

#: Every person of the households of staff, themselves included.
_CLOSE = """
    SELECT staff.id AS staff_id, staff.name, own.id AS resident_id
    FROM city_staff staff JOIN households_resident own ON own.id_hash = staff.id_hash
    UNION
    SELECT staff.id, staff.name, home.resident_id
    FROM city_staff staff
    JOIN households_resident own ON own.id_hash = staff.id_hash
    JOIN ({lives}) lived ON lived.resident_id = own.id AND lived.household_id IS NOT NULL
    JOIN ({lives}) home ON home.household_id = lived.household_id"""

_INSIDERS = """
SELECT DISTINCT {line}, close.name
FROM ({close}) close
JOIN looked ON looked.resident_id = close.resident_id
JOIN city_move step ON step.workflow = '{workflow}' AND step.key = looked.claim_id AND step.staff_id = close.staff_id
ORDER BY 1, close.name"""

_ATTENDED = """
SELECT {line}, course.number, course.state, enrolment.state, (
           SELECT COUNT(DISTINCT attended.day) FROM assistance_attendance attended
           JOIN assistance_enrolment own ON own.id = attended.enrolment_id
           WHERE own.resident_id = looked.resident_id AND own.state <> '{dropped}'
             AND attended.day >= looked.month AND attended.day < looked.next_month
       ), CASE WHEN EXISTS (
           SELECT 1 FROM assistance_attendance attended WHERE attended.enrolment_id = enrolment.id
       ) THEN 1 ELSE 0 END, CASE WHEN EXISTS (
           SELECT 1 FROM assistance_attendance attended
           JOIN assistance_enrolment fellow ON fellow.id = attended.enrolment_id
           WHERE fellow.course_id = enrolment.course_id
       ) THEN 1 ELSE 0 END
FROM looked
JOIN assistance_enrolment enrolment ON enrolment.id = looked.enrolment_id
JOIN assistance_course course ON course.id = enrolment.course_id
WHERE looked.scheme IN ({courses})
ORDER BY looked.id"""

_AWAY_AT_COURSES = """
SELECT {line}, COUNT(DISTINCT attended.day)
FROM looked
JOIN assistance_enrolment own ON own.resident_id = looked.resident_id
JOIN assistance_attendance attended ON attended.enrolment_id = own.id
 AND attended.day >= looked.month AND attended.day < looked.next_month
WHERE looked.scheme IN ({jobs})
GROUP BY {line}
ORDER BY looked.id"""


def excluded(look):
    """Another scheme that the matrix does not allow beside it pays for the same month."""
    rows = look.ask(_OTHERS, schemes=quoted(APART), which=_SAME_MONTH)
    found = []
    for line, others in _by_line(rows):
        matrix = look.value("stacking_allowed", line)
        against = [_told(one) for one in others if not allowed_together(matrix, line.scheme, one[1])]
        if against:
            found.append(seen(line, others=against))
    return found


def two_districts(look):
    """A person claimed for in two districts in one period, who changed neither employer nor home in between."""
    rows = look.ask(_OTHERS, schemes=quoted(AT_WORK), which=_SAME_PERIOD)
    rows = [(line, other) for line, other in rows if _is_crossing(line, other)]
    moved = _moves({line.resident_id for line, _other in rows})
    names = dict(Area.objects.filter(level=AreaLevel.DISTRICT).values_list("pk", "name"))
    found = []
    for line, others in _by_line(rows):
        told = [
            _told(one) | {"district": names[district_of(one[5])]}
            for one in others
            if not _moved_between(line, one, moved[line.resident_id])
        ]
        if told:
            found.append(seen(line, others=told))
    return found


_SAME_MONTH = "other.month = looked.month AND other.scheme <> looked.scheme"
_SAME_PERIOD = "other.month BETWEEN looked.period_from AND looked.period_to AND other_claim.area_id <> looked.area_id"


def _by_line(rows):
    """[(line, its other lines)]; a line that is paid has nothing to fear from one that is not."""
    for line, group in groupby(rows, key=lambda row: row[0]):
        others = [other for _line, other in group if line.state != ClaimState.PAID or other[3] == ClaimState.PAID]
        if others:
            yield line, others


def _told(other):
    month, scheme, claim = other[:3]
    return {"claim": claim, "scheme": scheme, "month": f"{day_of(month):%Y-%m}"}


def _is_crossing(line, other):
    month, employer_id, path = day_of(other[0]), other[4], other[5]
    here, there = district_of(line.path), district_of(path)
    if here is None or there is None or here == there:
        return False
    return month == line.month or employer_id == line.employer_id


def _moves(resident_ids):
    moves = {key: [] for key in resident_ids}
    for resident_id, day in Membership.objects.filter(resident__in=among_ids(sorted(resident_ids))).values_list(
        "resident", "started_on"
    ):
        moves[resident_id].append(day)
    return moves


def _moved_between(line, other, days):
    first, last = sorted((line.month, day_of(other[0])))
    by_oneself = line.employer_id is None and first != last
    return by_oneself and any(first < day <= last_day_of(last) for day in days)


def used_up(look):
    """Months past the longest time, counted from the first month that any such scheme was claimed for."""
    starts = first_months(look)
    graduates = _graduates(look)
    found = []
    for line, (retires_on, entered_on) in look.ask(_LASTING, term=quoted(TERM)):
        first, approved_at = starts[line.resident_id]
        name = "graduate_flexible_months" if line.id in graduates else "subsidy_max_months"
        most, years = look.value(name, line), look.value("near_retirement_years", line)
        judged_on = min(day_of(entered_on), timezone.localdate(approved_at) if approved_at else look.on)
        # That somebody retires is a doubt of its own.
        retires_later = day_of(retires_on) > last_day_of(line.month)
        if retires_later and line.month > last_month_paid(first, judged_on, day_of(retires_on), most, years):
            found.append(seen(line, first=f"{first:%Y-%m}", most=most))
    return found


def first_months(look):
    """{resident: (first month claimed, first approval)} over all their live lines of the schemes that end."""
    lines = ClaimLine.objects.live().filter(scheme__in=TERM).order_by()
    if look.claim_ids is not None:
        lines = lines.filter(resident__in=ClaimLine.objects.filter(claim__in=look.claim_ids).values("resident"))
    rows = lines.values_list("resident").annotate(Min("month"), Min("claim__approved_at"))
    return {resident_id: (first, approved_at) for resident_id, first, approved_at in rows}


def _graduates(look):
    """The lines drawn up for somebody who is a hardship person as a graduate only: for them it is shorter."""
    lines = _live(look).filter(scheme=Scheme.FLEXIBLE, basis__facts__hardship=[HardshipCategory.GRADUATE.value])
    return set(lines.values_list("pk", flat=True))


def _live(look):
    lines = ClaimLine.objects.live()
    return lines if look.claim_ids is None else lines.filter(claim__in=look.claim_ids)


def shared_account(look):
    """A person's account that is somebody else's too; an employer's that is the person's or one of staff's home."""
    staff = _household_of_staff(look)
    told, first_lines = {}, set()
    for line, (employer_id, holder_id, name) in look.ask(_HOLDERS):
        of_staff = holder_id in staff
        if employer_id is not None and holder_id != line.resident_id:
            # One account for the whole claim: one doubt, not one a line.
            if not of_staff or (line.claim_id, holder_id) in first_lines:
                continue
            first_lines.add((line.claim_id, holder_id))
        told.setdefault(line, []).append((name, of_staff))
    return [
        seen(
            line,
            holders=[name for name, _staff in holders[:_NAMES_SHOWN]],
            others=len(holders),
            staff=any(of_staff for _name, of_staff in holders),
        )
        for line, holders in told.items()
    ]


def _household_of_staff(look):
    with connection.cursor() as cursor:
        cursor.execute(_close(look))
        return {resident_id for _staff, _name, resident_id in cursor.fetchall()}


def _close(look):
    return _CLOSE.format(lives=_LIVES.format(on=look.on.isoformat()))


def insider(look):
    """Somebody who took a step of the claim lives with the person, or is the person."""
    rows = look.ask(_INSIDERS, close=_close(look), workflow=CLAIM.name)
    return [
        seen(line, staff=[name for _line, (name,) in group]) for line, group in groupby(rows, key=lambda row: row[0])
    ]


def attendance(look):
    """A course that was left or never attended, more days claimed than attended, or no time left for the job."""
    claimed = dict(_live(look).filter(scheme=Scheme.TRANSPORT).values_list("pk", "basis__value"))
    found = []
    rows = look.ask(_ATTENDED, courses=quoted(_COURSES), dropped=EnrolmentState.DROPPED.value)
    for line, (course, course_state, state, days, has_any, is_kept) in rows:
        left = state == EnrolmentState.DROPPED or course_state == CourseState.CANCELLED
        never_there = line.scheme == Scheme.TRAINING and is_kept and not has_any
        too_many = line.scheme == Scheme.TRANSPORT and days < int(claimed.get(line.id) or 0)
        if left or never_there or too_many:
            more = {"claimed": int(claimed[line.id])} if too_many else {}
            found.append(seen(line, course=course, left=left, days=days, **more))
    for line, (days,) in look.ask(_AWAY_AT_COURSES, jobs=quoted(_JOBS)):
        whole = (last_day_of(line.month) - line.month).days + 1
        if whole - days < look.least_days(line):
            found.append(seen(line, days=days, whole=whole))
    return found
