"""The months the social-insurance office counted persons as paying. A city sends a million rows at a time.

Rows are checked cell by cell like those of any sheet, then wait in a table of their own; a few statements compare the
whole file with what is known and write the difference. Persons nobody knows here are kept too: they may become known.
"""

import re
from collections import Counter
from datetime import date

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk
from city.ciphers import keyed_hexes
from city.rules import half_width
from city.sheets.columns import (
    FIRST_YEAR,
    LAST_YEAR,
    CellError,
    Column,
    credit_code_column,
    day,
    id_number_column,
    money,
    shown,
    text,
)
from city.sheets.registry import CHANGED, LATER, NEW, UNCHANGED, SheetKind
from city.trail import record_event
from households.models import InsuranceMonth
from households.sheets.undoing import INSURED_MONTHS, insured_months_of, take_back_insured_months

MOST_ROWS = 2_000_000
MOST_BYTES = 400 * 1024 * 1024
_FIELDS = ("id_hash", "month", "employer_name", "credit_code", "kinds", "base")
_MONTH = re.compile(r"(\d{4})(?:[-/.](\d{1,2})|年(\d{1,2})月份?|(\d{2}))")
_SEPARATORS = re.compile(r"[、,;/|\s]+")
_LONGEST_KINDS = 60


def month(value):
    """The first day of a month written like 2026-10, 202610, 2026年10月, or as any day of it."""
    written = re.sub(r"\s", "", half_width(shown(value))) if value.__class__ in (str, float, int) else ""
    found = _MONTH.fullmatch(written)
    if not found:
        try:
            return day(value).replace(day=1)
        except CellError:
            raise CellError(_("This is no month; write it like 2026-10.")) from None
    year, number = (int(part) for part in found.groups() if part)
    if not FIRST_YEAR <= year <= LAST_YEAR or not 1 <= number <= 12:
        raise CellError(_("There is no such month in the calendar."))
    return date(year, number, 1)


def united(words):
    """Insurances in one order, each once, so that the same ones are always written the same."""
    return "、".join(sorted({word for word in _SEPARATORS.split(half_width(words)) if word}))


def insurances(value):
    words = united(text(200)(value))
    if len(words) > _LONGEST_KINDS:
        raise CellError(_("The text is longer than %(length)d characters.") % {"length": _LONGEST_KINDS})
    return words


class InsurancePlan:
    def __init__(self, terms):
        self.terms = terms
        self._this_month = timezone.localdate().replace(day=1)
        self._staging = bulk.Staging(InsuranceMonth, _FIELDS)
        self._keys = set()
        self._months = set()
        self._rows = 0

    def take(self, rows):
        self._refuse_months_to_come(rows)
        good = [row for row in rows if not row.errors]
        if not good:
            return
        for row in good:
            row.outcome = LATER
        numbers, months, names, codes, kinds, bases = zip(*[row.values for row in good], strict=True)
        hashes = keyed_hexes(numbers)
        names, codes, kinds = ([text or "" for text in texts] for texts in (names, codes, kinds))
        # Numbers for keys: a million of them take a tenth of the memory of the keys themselves.
        self._keys.update(map(hash, zip(hashes, months, codes, strict=True)))
        self._months.update(months)
        self._rows += len(good)
        self._staging.insert(hashes, months, names, codes, kinds, bases)

    def _refuse_months_to_come(self, rows):
        to_come = {told for told in {row.values[1] for row in rows} if told and told > self._this_month}
        for row in rows if to_come else ():
            if row.values[1] in to_come:
                row.refuse("参保月份", _("A month to come cannot be insured yet."))

    def finish(self):
        bulk.make_room()
        self._staging.analyze()
        comparison = _Comparison(self._staging.table, self._months, repeats=len(self._keys) < self._rows)
        try:
            outcomes = comparison.outcomes()
            if self.terms.write:
                comparison.write(outcomes)
            return outcomes
        finally:
            comparison.drop()
            self._staging.drop()


_TOLD = """
CREATE TEMPORARY TABLE told_insurance AS
SELECT id_hash, month, credit_code, employer_name, {united} AS kinds, base, told_rows FROM (
    SELECT id_hash, month, credit_code, MAX(employer_name) AS employer_name, {joined} AS kinds, MAX(base) AS base,
           COUNT(*) AS told_rows
    FROM {staged} GROUP BY id_hash, month, credit_code
) grouped"""
_UNITED = """(SELECT COALESCE(STRING_AGG(DISTINCT word COLLATE "C", '、' ORDER BY word COLLATE "C"), '')
    FROM UNNEST(STRING_TO_ARRAY(kinds, '、')) AS word WHERE word <> '')"""
_SAME = "known.month = told.month AND known.id_hash = told.id_hash AND known.credit_code = told.credit_code"
#: An empty cell says nothing of what is known.
_DIFFERS = """(told.employer_name <> '' AND told.employer_name <> known.employer_name
    OR told.kinds <> '' AND told.kinds <> known.kinds
    OR told.base IS NOT NULL AND told.base <> COALESCE(known.base, -1))"""
_ALL_NEW = """
SELECT SUM({rows}), SUM({rows}), 0 FROM {told} told"""
_OUTCOMES = """
SELECT SUM({rows}), SUM(CASE WHEN known.id IS NULL THEN {rows} ELSE 0 END),
       SUM(CASE WHEN known.id IS NOT NULL AND {differs} THEN {rows} ELSE 0 END)
FROM {told} told LEFT JOIN households_insurancemonth known ON {same}"""
_INSERT = """
INSERT INTO households_insurancemonth (id_hash, month, credit_code, employer_name, kinds, base)
SELECT id_hash, month, credit_code, employer_name, kinds, base FROM {told} told
WHERE {unknown}
ORDER BY month, id_hash"""
_UNKNOWN = "NOT EXISTS (SELECT 1 FROM households_insurancemonth known WHERE {same})"
_UPDATE = """
UPDATE households_insurancemonth AS known
SET employer_name = CASE WHEN told.employer_name = '' THEN known.employer_name ELSE told.employer_name END,
    kinds = CASE WHEN told.kinds = '' THEN known.kinds ELSE told.kinds END,
    base = COALESCE(told.base, known.base)
FROM {told} AS told WHERE {same} AND {differs}"""


class _Comparison:
    """The file against what is known. Several rows of a person, month and employer are one: all insurances named,
    the highest base; the order in the file cannot matter.
    """

    def __init__(self, staged, months, *, repeats):
        self._terms = {
            "told": staged,
            "rows": "1",
            "same": _SAME,
            "differs": _DIFFERS,
            "unknown": _UNKNOWN.format(same=_SAME),
        }
        self._repeats = repeats
        # A month nobody has sent yet, as most are: nothing to compare with.
        self._all_new = not InsuranceMonth.objects.filter(month__in=months).exists()
        if self._all_new:
            self._terms["unknown"] = "TRUE"
        if repeats:
            self.drop()
            self._unite(staged)
            self._terms |= {"told": "told_insurance", "rows": "told.told_rows"}

    def _unite(self, staged):
        if connection.vendor == "postgresql":
            statement = _TOLD.format(staged=staged, joined="STRING_AGG(kinds, '、')", united=_UNITED)
        else:
            connection.ensure_connection()
            connection.connection.create_function("united", 1, united, deterministic=True)
            statement = _TOLD.format(staged=staged, joined="GROUP_CONCAT(kinds, '、')", united="united(kinds)")
        self._execute(statement)

    def outcomes(self):
        statement = _ALL_NEW if self._all_new else _OUTCOMES
        rows, new, changed = (number or 0 for number in self._execute(statement.format(**self._terms)))
        return Counter({NEW: new, CHANGED: changed, UNCHANGED: rows - new - changed})

    def write(self, outcomes):
        if outcomes[CHANGED]:
            self._execute(_UPDATE.format(**self._terms))
        if outcomes[NEW]:
            last = self._last_id()
            self._execute(_INSERT.format(**self._terms))
            # One line instead of a million: nobody else writes this table meanwhile, so its ids tell the rows.
            record_event(INSURED_MONTHS, details={"after": last, "upto": self._last_id()})
            if connection.vendor == "postgresql":
                # The nightly match joins the month at once, before the database has looked at it by itself.
                self._execute("ANALYZE households_insurancemonth")

    def _last_id(self):
        return self._execute("SELECT MAX(id) FROM households_insurancemonth")[0] or 0

    def drop(self):
        if self._repeats:
            self._execute("DROP TABLE IF EXISTS told_insurance")

    @staticmethod
    def _execute(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None


INSURANCE = (
    id_number_column(required=True, help=gettext_lazy("as text; persons not known here are kept too")),
    Column("参保月份", month, required=True, help=gettext_lazy("such as 2026-10; not a month to come")),
    Column("单位名称", text(120), help=gettext_lazy("empty: the person pays without an employer")),
    credit_code_column(help=gettext_lazy("as text")),
    Column("险种", insurances, help=gettext_lazy("several are separated by 、, or stand in rows of their own")),
    Column("缴费基数", money, help=gettext_lazy("yuan; of several rows the highest counts")),
)

KIND = SheetKind(
    name="insurance",
    title=gettext_lazy("Insured months"),
    columns=INSURANCE,
    key="参保月份",
    permission="households.import_outside",
    plan=InsurancePlan,
    touched=insured_months_of,
    settle=take_back_insured_months,
    max_rows=MOST_ROWS,
    max_bytes=MOST_BYTES,
)
