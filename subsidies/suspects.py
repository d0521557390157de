"""Lines that contradict what other offices and the ledger know: died, pension, prison, business, insurance, work.

Each question answers `[Seen]` for one kind of doubt. A fact counts when it leaves too little of the month: a first or
last month that was worked in part is no doubt, nor is a month that nobody has told anything about yet.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.db import connection

from city.choices import EmployerKind
from city.rules import FAR_FUTURE
from households.choices import Channel, LabourState, LeaveReason, OutsideKind
from households.models import LabourSpell
from households.sheets.known import among_ids
from subsidies.choices import Scheme
from subsidies.looking import AT_WORK, TERM, day_of, district_of, quoted, seen, text_of
from subsidies.rules import days_within, last_day_of, month_of

_SENDERS = (EmployerKind.DISPATCH, EmployerKind.LABOUR_SERVICE)
_BY_ONESELF = (Channel.FLEXIBLE, Channel.SELF_EMPLOYED)
#: What the ledger must know as work at the claimant, by oneself, or anywhere.
_BOUND_TO_WORK = (*AT_WORK, Scheme.INTRODUCTION)

_FACTS = """
SELECT {line}, fact.started_on, fact.ended_on, fact.place, fact.source
FROM looked JOIN households_outsidefact fact ON fact.id_hash = looked.id_hash
WHERE fact.kind = '{kind}' AND fact.started_on < looked.next_month
  AND (fact.ended_on IS NULL OR fact.ended_on >= looked.month) {only}
ORDER BY looked.id, fact.started_on"""

_DEATHS_OF_THE_REGISTER = """
SELECT {line}, stay.started_on
FROM looked JOIN households_membership stay ON stay.resident_id = looked.resident_id
WHERE stay.leave_reason = '{died}' AND stay.started_on < looked.next_month AND NOT EXISTS (
    SELECT 1 FROM households_membership later
    WHERE later.resident_id = stay.resident_id AND later.started_on > stay.started_on
)
ORDER BY looked.id"""

_BUSINESSES = """
SELECT {line}, business.opened_on, business.closed_on, business.name
FROM looked JOIN placements_business business ON business.owner_id = looked.resident_id
WHERE looked.scheme IN ({at_work}) AND business.opened_on < looked.next_month
  AND (business.closed_on IS NULL OR business.closed_on >= looked.month)
ORDER BY looked.id, business.opened_on"""

_RETIRED = """
SELECT {line}, looked.retires_on FROM looked WHERE looked.retires_on < looked.next_month"""

_INSURED = """
SELECT {line}, looked.employer_kind, insured.credit_code, insured.employer_name, COALESCE(insurer.kind, '')
FROM looked
JOIN households_insurancemonth insured ON insured.month = looked.month AND insured.id_hash = looked.id_hash
LEFT JOIN city_employer insurer ON insurer.credit_code = insured.credit_code
WHERE looked.scheme IN ({at_work}) AND (insured.credit_code <> '' OR insured.employer_name <> '')
  AND NOT (insured.credit_code <> '' AND insured.credit_code = looked.code
           OR insured.credit_code = '' AND insured.employer_name = looked.claimant)
ORDER BY looked.id, insured.credit_code, insured.employer_name"""

#: Whose spell at the claimant lasted the whole month needs no further look.
_NOT_ALL_THE_MONTH = """
SELECT {line}, looked.employer_kind
FROM looked
WHERE looked.scheme IN ({bound}) AND looked.month <= '{on}' AND NOT EXISTS (
    SELECT 1 FROM households_labourspell spell
    WHERE spell.resident_id = looked.resident_id AND spell.state = {employed} AND spell.started_on <= looked.month
      AND (spell.employer_id = looked.employer_id OR looked.scheme = '{introduction}'
           OR looked.employer_id IS NULL AND spell.channel IN ({by_oneself}))
      AND NOT EXISTS (
          SELECT 1 FROM households_labourspell later
          WHERE later.resident_id = spell.resident_id AND later.started_on > spell.started_on
            AND later.started_on < looked.next_month
      )
)
ORDER BY looked.id"""

_ABSENT = """
SELECT {line}
FROM looked
WHERE looked.scheme IN ({asked}) AND looked.id_hash IS NOT NULL
  AND EXISTS (SELECT 1 FROM households_insurancemonth told WHERE told.month = looked.month)
  AND NOT EXISTS (
    SELECT 1 FROM households_insurancemonth insured
    WHERE insured.month = looked.month AND insured.id_hash = looked.id_hash {by_the_claimant}
  )
ORDER BY looked.id"""


def died(look):
    """The month began after the death, told by another office or kept in the register."""
    told = [(line, (on, None, place, source)) for line, (on, _to, place, source) in _facts(look, OutsideKind.DEATH)]
    kept = look.ask(_DEATHS_OF_THE_REGISTER, died=LeaveReason.DIED.value)
    told += [(line, (on, None, "", "")) for line, (on,) in kept]
    return _barring(look, told)


def pension(look):
    return _barring(look, _facts(look, OutsideKind.PENSION))


def prison(look):
    return _barring(look, _facts(look, OutsideKind.PRISON))


def business(look):
    """Owners of a business, other than those who work for themselves and are recorded so."""
    told = _facts(look, OutsideKind.BUSINESS, only=f"AND looked.scheme IN ({quoted(AT_WORK)})")
    own = look.ask(_BUSINESSES, at_work=quoted(AT_WORK))
    told += [(line, (opened, closed, name, "")) for line, (opened, closed, name) in own]
    spells = Spells(line for line, _fact in told)
    told = [
        (line, fact)
        for line, fact in told
        if line.scheme != Scheme.FLEXIBLE or not spells.channels(line) & {Channel.SELF_EMPLOYED.value}
    ]
    return _barring(look, told)


def retired(look):
    """Subsidies by the month end before the month of retirement; nothing is paid for a month after it."""
    return [
        seen(line, retires_on=text_of(retires_on))
        for line, (retires_on,) in look.ask(_RETIRED)
        if line.scheme in TERM or month_of(day_of(retires_on)) < line.month
    ]


def insured_elsewhere(look):
    """By another employer, here or in another place; who changed jobs in the month or is sent by a company is not."""
    rows = look.ask(_INSURED, at_work=quoted(AT_WORK))
    told = _facts(look, OutsideKind.INSURED_ELSEWHERE, only=f"AND looked.scheme IN ({quoted(AT_WORK)})")
    spells = Spells(line for line, _row in rows + told)
    found = {}
    for line, (kind, code, name, insurer_kind) in rows:
        sent = spells.channels(line) & {Channel.DISPATCH.value} and {kind, insurer_kind} & set(_SENDERS)
        if not sent and not spells.only_in_part(line, kind):
            found.setdefault(line, []).append({"name": name or code, "code": code})
    for line, (first_on, last_on, place, source) in told:
        is_claimant = place and place == line.claimant
        if not is_claimant and look.is_barred(line, day_of(first_on), day_of(last_on)):
            found.setdefault(line, []).append({"name": place or source, "from": text_of(first_on)})
    return [seen(line, employers=employers) for line, employers in found.items()]


def not_there(look):
    """Fewer days at the claimant than a month asks; for work by oneself, at such work; for a job found, at any."""
    rows = look.ask(
        _NOT_ALL_THE_MONTH,
        bound=quoted(_BOUND_TO_WORK),
        on=look.on.isoformat(),
        employed=int(LabourState.EMPLOYED),
        introduction=Scheme.INTRODUCTION.value,
        by_oneself=quoted(_BY_ONESELF),
    )
    spells = Spells(line for line, _row in rows)
    found = []
    for line, (kind,) in rows:
        days, needed = spells.days_there(line, kind), look.needed_days(line)
        if days < needed:
            found.append(seen(line, days=days, needed=needed, ledger=spells.told(line)))
    return found


def not_insured(look):
    """Schemes that ask for insurance, of months and districts the insurance office told about."""
    absent = look.ask(
        _ABSENT,
        asked=quoted([Scheme.INSURANCE, Scheme.POST_CREATION]),
        by_the_claimant=f"AND (insured.credit_code = looked.code OR insured.credit_code = ''"
        f" OR looked.scheme <> '{Scheme.INSURANCE.value}')",
    )
    absent += look.ask(_ABSENT, asked=quoted([Scheme.FLEXIBLE]), by_the_claimant="")
    covered = _covered({line.month for line, _row in absent})
    return [seen(line) for line, _row in absent if covered(look, line)]


def _facts(look, kind, only=""):
    return look.ask(_FACTS, kind=kind.value, only=only)


def _barring(look, told):
    found = {}
    for line, (first_on, last_on, place, source) in told:
        if look.is_barred(line, day_of(first_on), day_of(last_on)):
            fact = {"from": text_of(first_on), "to": text_of(last_on), "place": place, "source": source}
            found.setdefault(line, []).append(fact)
    return [seen(line, facts=facts) for line, facts in found.items()]


class Spells:
    """What the ledger says of the persons of some lines, asked in one go."""

    def __init__(self, lines):
        self._by_person = defaultdict(list)
        rows = LabourSpell.objects.filter(resident__in=among_ids(sorted({line.resident_id for line in lines})))
        for spell in rows.select_related("employer").order_by("started_on"):
            self._by_person[spell.resident_id].append(spell)

    def within(self, line):
        """[(first day, last day, spell)] of what touches the month."""
        spells = self._by_person[line.resident_id]
        ends = [*(spell.started_on for spell in spells[1:]), FAR_FUTURE][: len(spells)]
        last = last_day_of(line.month)
        return [
            (max(spell.started_on, line.month), min(ends_on, last), spell)
            for spell, next_on in zip(spells, ends, strict=True)
            if spell.started_on <= last and (ends_on := _eve(next_on)) >= line.month
        ]

    def channels(self, line):
        return {spell.channel for _first, _last, spell in self.within(line)}

    def days_there(self, line, kind):
        return sum(days_within(line.month, first, last) for first, last in self._there(line, kind))

    def only_in_part(self, line, kind):
        """Whether the work at the claimant began or ended in the month."""
        there = self._there(line, kind)
        whole = (last_day_of(line.month) - line.month).days + 1
        return bool(there) and sum(days_within(line.month, first, last) for first, last in there) < whole

    def told(self, line):
        """The month in the ledger's words, for people."""
        return [
            {
                "from": first.isoformat(),
                "to": last.isoformat(),
                "state": int(spell.state),
                "employer": spell.employer.name if spell.employer else spell.employer_name,
            }
            for first, last, spell in self.within(line)
        ]

    def _there(self, line, kind):
        return [(first, last) for first, last, spell in self.within(line) if _is_there(line, kind, spell)]


def _is_there(line, kind, spell):
    if spell.state != LabourState.EMPLOYED:
        return False
    if line.scheme == Scheme.INTRODUCTION:
        return True
    if line.employer_id is None:
        return spell.channel in _BY_ONESELF
    if spell.employer_id is None:
        return spell.employer_name == line.claimant
    sent = spell.channel == Channel.DISPATCH and {kind, spell.employer.kind} & set(_SENDERS)
    return spell.employer_id == line.employer_id or bool(sent)


def _eve(day):
    return day if day == FAR_FUTURE else date.fromordinal(day.toordinal() - 1)


_COVERAGE = """
SELECT street.parent_id, COUNT(*), SUM(CASE WHEN insured.id_hash IS NULL THEN 0 ELSE 1 END)
FROM households_ledgerspan span
JOIN households_labourspell spell ON spell.id = span.spell_id AND spell.insured
JOIN households_resident resident ON resident.id = span.resident_id
JOIN city_area community ON community.id = span.community_id
JOIN city_area street ON street.id = community.parent_id
LEFT JOIN (SELECT DISTINCT id_hash FROM households_insurancemonth WHERE month = %(month)s) insured
       ON insured.id_hash = resident.id_hash
WHERE span.first_on <= %(day)s AND span.last_on >= %(day)s AND span.state = %(employed)s
GROUP BY street.parent_id"""


def _covered(months):
    """Says of a line whether the month holds enough of those its district records as insured to ask who is absent."""
    held = {month: _coverage(month) for month in months}

    def is_covered(look, line):
        recorded, insured = held[line.month].get(district_of(line.path), (0, 0))
        return insured >= recorded * Decimal(str(look.value("insurance_coverage_share", line)))

    return is_covered


def _coverage(month):
    """{district: (recorded as insured at the month's end, of them held by the month)}"""
    names = {"month": month.isoformat(), "day": last_day_of(month).isoformat(), "employed": int(LabourState.EMPLOYED)}
    with connection.cursor() as cursor:
        cursor.execute(_COVERAGE, names)
        return {district: (recorded, insured) for district, recorded, insured in cursor.fetchall()}
