"""What the registers say of a line, to be read beside it: work, insurance, facts, other claims, courses, the account.

The same for every month of a person as long as the registers say the same, so that months alike can stand together.
"""

from collections import defaultdict

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistance.models import Attendance
from households.choices import Channel, LabourState, OutsideKind
from households.models import InsuranceMonth, OutsideFact
from households.sheets.known import among_ids
from subsidies.choices import Scheme
from subsidies.crossings import first_months, shared_account
from subsidies.looking import AT_WORK, TERM, Look, day_of
from subsidies.models import ClaimLine
from subsidies.rules import last_day_of, month_of
from subsidies.schemes import PLANS, allowed_together
from subsidies.suspects import Spells, business, insured_elsewhere, not_insured, not_there

GOOD, BAD, PLAIN = "good", "bad", ""
_EVERY_LINE = "SELECT {line}, looked.retires_on FROM looked"


def evidence_of(lines):
    """`{line id: [(label, value, tone)]}` of live lines, tone "good", "bad" or ""; a fixed number of queries."""
    wanted = {line.pk for line in lines}
    look = Look(timezone.localdate(), sorted({line.claim_id for line in lines}))
    rows = [row for row in look.ask(_EVERY_LINE) if row[0].id in wanted]
    if not rows:
        return {}
    known = _Registers(look, [line for line, _more in rows])
    return {
        line.id: [
            *known.work(line),
            *known.insurance(line),
            *known.facts(line, day_of(retires_on)),
            *known.other_claims(line),
            *known.courses(line),
            *known.account(line),
        ]
        for line, (retires_on,) in rows
    }


class _Registers:
    """Everything about the persons of some lines, asked once."""

    def __init__(self, look, lines):
        self._look, self._spells = look, Spells(lines)
        self._first, self._last = min(line.month for line in lines), max(line.month for line in lines)
        self._persons = among_ids(sorted({line.resident_id for line in lines}))
        self._hashes = [line.id_hash for line in lines if line.id_hash]
        self._insured = self._insured_months()
        self._told = self._months_told({line.month for line in lines})
        self._facts = self._outside_facts()
        self._others = self._claims()
        self._starts = first_months(look)
        self._days = self._attended()
        self._shared, self._elsewhere, self._business, self._not_there, self._not_insured = (
            {seen.owner for seen in question(look)}
            for question in (shared_account, insured_elsewhere, business, not_there, not_insured)
        )

    def work(self, line):
        """The work of the month by the ledger, for subsidies that are paid for it."""
        if line.scheme not in AT_WORK:
            return
        stretches = [_stretch(spell) for _first, _last, spell in self._spells.within(line)]
        words = "；".join(dict.fromkeys(stretches)) or _("not surveyed")
        yield _("Ledger"), words, BAD if line.id in self._not_there else GOOD

    def insurance(self, line):
        if line.scheme not in (*AT_WORK, Scheme.INTRODUCTION):
            return
        payers = self._insured.get((_plain(line.id_hash), line.month))
        if payers is None:
            absent = line.month in self._told
            words = _("not on the list") if absent else _("month not told yet")
            yield _("Insured"), words, BAD if line.id in self._not_insured else PLAIN
            return
        names = "、".join(name or code or _("by oneself") for code, name in payers)
        own = all(code == line.code if code else name in ("", line.claimant) for code, name in payers)
        yield _("Insured"), names, BAD if line.id in self._elsewhere else GOOD if own else PLAIN

    def facts(self, line, retires_on):
        if retires_on <= last_day_of(line.month):
            yield _("Retirement date"), retires_on.isoformat(), BAD if line.scheme in TERM else PLAIN
        for fact in self._facts[_plain(line.id_hash)]:
            if fact.started_on <= last_day_of(line.month) and (fact.ended_on or line.month) >= line.month:
                day = fact.started_on.isoformat()
                since = day if fact.kind == OutsideKind.DEATH else _("since %(day)s") % {"day": day}
                words = " · ".join(filter(None, [since, fact.place or fact.source]))
                yield OutsideKind(fact.kind).label, words, BAD if self._speaks_against(line, fact) else PLAIN

    def _speaks_against(self, line, fact):
        if fact.kind == OutsideKind.BUSINESS:
            return line.id in self._business
        if fact.kind == OutsideKind.INSURED_ELSEWHERE:
            return line.id in self._elsewhere
        return self._look.is_barred(line, fact.started_on, fact.ended_on)

    def other_claims(self, line):
        if line.scheme in TERM:
            yield _("Claimed since"), f"{self._starts[line.resident_id][0]:%Y-%m}", PLAIN
        matrix = self._look.value("stacking_allowed", line)
        for scheme, claim_id, number in self._others[line.resident_id, line.month]:
            if claim_id != line.claim_id:
                words = f"{Scheme(scheme).label} · {number}"
                tone = PLAIN if allowed_together(matrix, line.scheme, scheme) else BAD
                yield _("Claimed for the same month"), words, tone

    def courses(self, line):
        days = self._days[line.resident_id, line.month]
        if days or line.scheme == Scheme.TRANSPORT:
            yield _("Days at courses"), ngettext("%(n)d day", "%(n)d days", days) % {"n": days}, PLAIN

    def account(self, line):
        if line.id in self._shared:
            yield _("Account"), _("shared with somebody else"), BAD
        elif not PLANS[line.scheme].to_employer:
            yield _("Account"), _("nobody else's"), GOOD

    def _insured_months(self):
        rows = InsuranceMonth.objects.filter(
            id_hash__in=self._hashes, month__gte=self._first, month__lte=self._last
        ).order_by("credit_code", "employer_name")
        found = defaultdict(list)
        for id_hash, month, code, name in rows.values_list("id_hash", "month", "credit_code", "employer_name"):
            found[_plain(id_hash), month].append((code, name))
        return dict(found)

    def _months_told(self, months):
        known = {month for _person, month in self._insured}
        return known | {month for month in months - known if InsuranceMonth.objects.filter(month=month).exists()}

    def _outside_facts(self):
        found = defaultdict(list)
        for fact in OutsideFact.objects.filter(id_hash__in=self._hashes).order_by("started_on", "kind"):
            found[_plain(fact.id_hash)].append(fact)
        return found

    def _claims(self):
        rows = ClaimLine.objects.live().filter(
            resident__in=self._persons, month__gte=self._first, month__lte=self._last
        )
        found = defaultdict(list)
        for resident_id, month, *claim in rows.order_by("scheme", "pk").values_list(
            "resident", "month", "scheme", "claim", "claim__number"
        ):
            found[resident_id, month].append(claim)
        return found

    def _attended(self):
        rows = Attendance.objects.filter(
            enrolment__resident__in=self._persons, day__gte=self._first, day__lte=last_day_of(self._last)
        )
        found = defaultdict(int)
        for resident_id, day in rows.order_by().values_list("enrolment__resident", "day").distinct():
            found[resident_id, month_of(day)] += 1
        return found


def _stretch(spell):
    employer = spell.employer.name if spell.employer else spell.employer_name
    state = Channel(spell.channel).label if spell.channel else LabourState(spell.state).label
    since = _("since %(day)s") % {"day": spell.started_on.isoformat()}
    return " · ".join(filter(None, [employer or str(state), since]))


def _plain(id_hash):
    return str(id_hash).replace("-", "")
