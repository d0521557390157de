"""Where other offices and the ledger disagree: a fixed number of set-based questions, whatever the size of the city.

The latest month the insurance office sent is held against the ledger of that month's last day (of the last ended day,
while the month runs); facts of other offices against the ledger of the last ended day. Only persons of working age are
asked about: the figures count nobody else. Persons meet by the keyed hash of their ID number.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.db import connection
from django.db.models import Max

from city import parameters
from city.bulk import make_room
from city.choices import AreaLevel
from city.findings import Seen
from city.models import Area
from city.rules import month_end
from households.choices import InactiveReason, LabourState, OutsideKind
from households.models import InsuranceMonth

INSURED_BUT_UNEMPLOYED = "insured_but_unemployed"
EMPLOYED_NOT_INSURED = "employed_not_insured"
INSURED_ELSEWHERE = "insured_elsewhere"
DEAD_BUT_RESIDENT = "dead_but_resident"
PENSION_BUT_LABOUR_FORCE = "pension_but_labour_force"
BUSINESS_BUT_UNEMPLOYED = "business_but_unemployed"
IN_PRISON = "in_prison"

_OF_FACT = {
    OutsideKind.PENSION: PENSION_BUT_LABOUR_FORCE,
    OutsideKind.BUSINESS: BUSINESS_BUT_UNEMPLOYED,
    OutsideKind.INSURED_ELSEWHERE: INSURED_ELSEWHERE,
    OutsideKind.PRISON: IN_PRISON,
}
#: Until a city says otherwise in a way that is a number.
_HALF = Decimal("0.5")

_TERMS = {
    "employed": int(LabourState.EMPLOYED),
    "unemployed": int(LabourState.UNEMPLOYED),
    "inactive": int(LabourState.INACTIVE),
    "retired": InactiveReason.RETIRED.value,
    "pension": OutsideKind.PENSION.value,
    "business": OutsideKind.BUSINESS.value,
    "elsewhere": OutsideKind.INSURED_ELSEWHERE.value,
    "prison": OutsideKind.PRISON.value,
    "death": OutsideKind.DEATH.value,
}

_SPAN_ON = """
JOIN households_ledgerspan span
  ON span.resident_id = resident.id AND span.first_on <= %(day)s AND span.last_on >= %(day)s
 AND span.works_from <= %(day)s AND span.retires_on > %(day)s
LEFT JOIN households_labourspell spell ON spell.id = span.spell_id"""

_NOT_AT_WORK = "span.state <> %(employed)s AND COALESCE(spell.inactive_reason, '') <> %(retired)s"

_INSURED = """
SELECT resident.id, resident.id_hash, span.community_id, span.state, span.state_since,
       COALESCE(spell.inactive_reason, ''), insured.employer_name, insured.credit_code, insured.kinds, insured.base
FROM households_insurancemonth insured
JOIN households_resident resident ON resident.id_hash = insured.id_hash
{span_on}
WHERE insured.month = %(month)s AND (insured.employer_name <> '' OR insured.credit_code <> '') AND {not_at_work}
ORDER BY resident.id, insured.credit_code, insured.employer_name"""

#: A job begun within the month may be insured from the next one on: only whole months are asked about. A district of
#: which the month holds too few was not in the file: it is left out.
_RECORDED = """
WITH recorded AS (
    SELECT resident.id, resident.id_hash, span.community_id, street.parent_id AS district_id, span.state_since,
           spell.channel, spell.employer_name, CASE WHEN insured.id_hash IS NULL THEN 1 ELSE 0 END AS absent
    FROM households_ledgerspan span
    JOIN households_labourspell spell ON spell.id = span.spell_id AND spell.insured
    JOIN households_resident resident ON resident.id = span.resident_id AND resident.id_hash IS NOT NULL
    JOIN city_area community ON community.id = span.community_id
    JOIN city_area street ON street.id = community.parent_id
    LEFT JOIN (SELECT DISTINCT id_hash FROM households_insurancemonth WHERE month = %(month)s) insured
           ON insured.id_hash = resident.id_hash
    WHERE span.first_on <= %(day)s AND span.last_on >= %(day)s AND span.state = %(employed)s
      AND span.works_from <= %(day)s AND span.retires_on > %(day)s AND span.state_since <= %(month)s
), left_out AS (
    SELECT district_id FROM recorded GROUP BY district_id HAVING SUM(1 - absent) < COUNT(*) * {share}
)
"""

_LEFT_OUT = "SELECT district_id FROM left_out"

_ABSENT = """
SELECT id, id_hash, community_id, state_since, channel, employer_name
FROM recorded
WHERE absent = 1 AND district_id NOT IN (SELECT district_id FROM left_out)"""

_FACTS = """
SELECT resident.id, resident.id_hash, span.community_id, span.state, span.state_since,
       COALESCE(spell.inactive_reason, ''), COALESCE(spell.employer_name, ''),
       fact.kind, fact.started_on, fact.ended_on, fact.place, fact.source
FROM households_outsidefact fact
JOIN households_resident resident ON resident.id_hash = fact.id_hash
{span_on}
WHERE fact.started_on <= %(day)s AND (fact.ended_on IS NULL OR fact.ended_on >= %(day)s)
  AND (fact.kind = %(pension)s AND span.state IN (%(employed)s, %(unemployed)s)
       OR fact.kind IN (%(business)s, %(elsewhere)s) AND {not_at_work}
       OR fact.kind = %(prison)s AND span.state <> %(inactive)s)"""

#: Of any age, and whether or not anybody said what they do: spans do not know them all.
_DEAD = """
SELECT resident.id, resident.id_hash, household.community_id, household.number, stay.started_on,
       fact.started_on, fact.place, fact.source
FROM households_outsidefact fact
JOIN households_resident resident ON resident.id_hash = fact.id_hash
JOIN households_membership stay ON stay.resident_id = resident.id AND stay.started_on <= %(day)s
JOIN households_household household ON household.id = stay.household_id
WHERE fact.kind = %(death)s AND fact.started_on < %(day)s AND NOT EXISTS (
    SELECT 1 FROM households_membership later
    WHERE later.resident_id = stay.resident_id AND later.started_on > stay.started_on AND later.started_on <= %(day)s
)"""


@dataclass(frozen=True)
class Month:
    """The latest month known from the insurance office, and the day of the ledger it is held against."""

    first: date
    day: date


def latest_month(on):
    """The latest month imported that has begun by `on`, or None."""
    first = InsuranceMonth.objects.filter(month__lte=on).aggregate(latest=Max("month"))["latest"]
    return first and Month(first, min(month_end(first), on))


def differences(on):
    """`{kind: [Seen]}` of every kind, on the evidence there is on the day."""
    make_room()
    month = latest_month(on)
    found = {
        INSURED_BUT_UNEMPLOYED: _insured(month) if month else [],
        EMPLOYED_NOT_INSURED: _absent(month) if month else [],
        DEAD_BUT_RESIDENT: _dead(on),
        **{kind: [] for kind in _OF_FACT.values()},
    }
    for kind, seen in _facts(on):
        found[kind].append(seen)
    return found


def _asked(statement, *, share="", **days):
    written = statement.format(span_on=_SPAN_ON, not_at_work=_NOT_AT_WORK, share=share)
    # A whole month meets the whole city: looking its persons up one by one would take several times as long.
    with connection.cursor() as cursor, _loops(cursor, are_allowed="month" not in days):
        cursor.execute(written, {**_TERMS, **{name: day.isoformat() for name, day in days.items()}})
        return cursor.fetchall()


@contextmanager
def _loops(cursor, *, are_allowed):
    if are_allowed or connection.vendor != "postgresql":
        yield
        return
    cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    cursor.execute("SET LOCAL enable_nestloop = on")


def districts_left_out(month):
    """Ids of the districts of which the month holds too few of those recorded as insured to ask who is absent."""
    share = _share_by_district(month.day)
    rows = _asked(_RECORDED + _LEFT_OUT, share=share, month=month.first, day=month.day)
    return [district_id for (district_id,) in rows]


def _text(value):
    """Days, hashes and amounts as both databases give them, as JSON holds them."""
    return None if value is None else str(value)


def _key(id_hash):
    """Names the person the same in every database; useless without the key of the hashes."""
    return str(id_hash).replace("-", "")


def _insured(month):
    found = {}
    for resident_id, id_hash, area_id, state, since, reason, *told in _asked(
        _INSURED, month=month.first, day=month.day
    ):
        if resident_id not in found:
            evidence = {
                "month": f"{month.first:%Y-%m}",
                "state": state,
                "since": _text(since),
                "reason": reason,
                "employers": [],
            }
            found[resident_id] = Seen(_key(id_hash), area_id, evidence, resident_id)
        names = ("name", "code", "kinds", "base")
        employer = dict(zip(names, (*told[:3], _amount(told[3])), strict=True))
        found[resident_id].evidence["employers"].append(employer)
    return list(found.values())


def _amount(value):
    return None if value is None else f"{Decimal(str(value)):.2f}"


def _absent(month):
    rows = _asked(_RECORDED + _ABSENT, share=_share_by_district(month.day), month=month.first, day=month.day)
    return [
        Seen(
            _key(id_hash),
            area_id,
            {
                "month": f"{month.first:%Y-%m}",
                "state": int(LabourState.EMPLOYED),
                "since": _text(since),
                "channel": channel,
                "employer": employer,
            },
            resident_id,
        )
        for resident_id, id_hash, area_id, since, channel, employer in rows
    ]


def _share_by_district(day):
    """SQL for the share each district asks for; district numbers and shares are the city's own, never typed text."""
    shares = parameters.resolve("insurance_coverage_share", day)
    districts = Area.objects.filter(level=AreaLevel.DISTRICT).values_list("pk", flat=True)
    cases = " ".join(f"WHEN {int(pk)} THEN {_share(shares[pk])}" for pk in districts)
    return f"CASE district_id {cases} ELSE {_HALF} END" if cases else str(_HALF)


def _share(value):
    try:
        return min(max(Decimal(str(value)), Decimal(0)), Decimal(1))
    except InvalidOperation:
        return _HALF


def _facts(on):
    for row in _asked(_FACTS, day=on):
        resident_id, id_hash, area_id, state, since, reason, employer, kind, *fact = row
        evidence = {"state": state, "since": _text(since), "reason": reason, "employer": employer, **_fact(*fact)}
        yield _OF_FACT[kind], Seen(f"{_key(id_hash)} {fact[0]}", area_id, evidence, resident_id)


def _fact(started_on, ended_on, place, source):
    return {"from": _text(started_on), "to": _text(ended_on), "place": place, "source": source}


def _dead(on):
    return [
        Seen(
            f"{_key(id_hash)} {died_on}",
            area_id,
            {"household": number, "since": _text(since), **_fact(died_on, None, place, source)},
            resident_id,
        )
        for resident_id, id_hash, area_id, number, since, died_on, place, source in _asked(_DEAD, day=on)
    ]
