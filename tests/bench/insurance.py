"""A month of the insurance office, as large as the city: imported and matched, against copying and joining by hand.

By hand: the same file read, its numbers hashed and copied to a bare table, and one statement that joins it to the
ledger for both differences, its rows stored. No check of a cell, no key, no comparison with what was known, no trail,
no finding.
"""

import csv
import io
import json
import resource
import tempfile
import time
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction
from stdnum.cn import uscc

from city.bulk import make_room
from city.ciphers import keyed_hexes
from city.rules import id_check_digit, month_end
from households.choices import LabourState
from households.models import LedgerSpan
from households.services.matching import match

_HEADINGS = ("身份证号", "参保月份", "单位名称", "统一社会信用代码", "险种", "缴费基数")
_KINDS = ("养老、医疗、失业、工伤", "养老、医疗", "养老、失业、工伤")
#: Persons of an employer, and of how many on either side one is where the other does not have them.
_STAFF, _ODD = 25, 50


def _numbers(day):
    """ID numbers of those at work and insured less each 50th, and of each 50th of the others of working age."""
    spans = LedgerSpan.objects.in_force_on(day).of_working_age_on(day).order_by("pk")
    rows = spans.values_list("resident__id_number", "state", "spell__insured").iterator(chunk_size=20_000)
    for place, (number, state, insured) in enumerate(rows):
        expected = state == LabourState.EMPLOYED and insured
        if number and bool(expected) != (place % _ODD == 0):
            yield number


def _stranger(number):
    born = f"{1960 + number // 12_000 % 45}{number // 1000 % 12 + 1:02d}15"
    body = f"{340100 + number // 540_000}{born}{number % 1000:03d}"
    return body + id_check_digit(body)


def _employer(number):
    base = f"91330100MA{number:07d}".replace("I", "1").replace("O", "0")
    return f"测试单位{number}", base + uscc.calc_check_digit(base)


def _write(path, rows, month):
    """Rows of the month, by employer as the office exports them; residents first, then persons of other cities."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADINGS)
        count = 0
        for number in _numbers(month_end(month)):
            writer.writerow(_row(count, number, month))
            count += 1
            if count == rows:
                return
        for place in range(rows - count):
            writer.writerow(_row(count + place, _stranger(place), month))


def _row(place, number, month):
    name, code = _employer(place // _STAFF)
    return number, f"{month:%Y-%m}", name, code, _KINDS[place % 3], f"{4000 + place % 700 * 10}.00"


_BY_HAND = """
CREATE TABLE bench_differences AS
SELECT resident.id, span.community_id, insured.c2
FROM bench_insurance insured
JOIN households_resident resident ON resident.id_hash = insured.c0
JOIN households_ledgerspan span
  ON span.resident_id = resident.id AND span.first_on <= '{day}' AND span.last_on >= '{day}'
LEFT JOIN households_labourspell spell ON spell.id = span.spell_id
WHERE span.state <> 1 AND span.works_from <= '{day}' AND span.retires_on > '{day}'
  AND COALESCE(spell.inactive_reason, '') <> 'retired'
UNION ALL
SELECT resident.id, span.community_id, spell.employer_name
FROM households_ledgerspan span
JOIN households_resident resident ON resident.id = span.resident_id
JOIN households_labourspell spell ON spell.id = span.spell_id AND spell.insured
WHERE span.state = 1 AND span.first_on <= '{day}' AND span.last_on >= '{day}'
  AND span.works_from <= '{day}' AND span.retires_on > '{day}' AND span.state_since <= '{month}'
  AND NOT EXISTS (SELECT 1 FROM bench_insurance insured WHERE insured.c0 = resident.id_hash)"""


@transaction.atomic
def _by_hand(path, month):
    make_room()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_insurance (c0 uuid, c1 text, c2 text, c3 text, c4 text, c5 numeric)")
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows)
            numbers, *others = zip(*rows, strict=True)
        hashed = zip(keyed_hexes(numbers), *others, strict=True)
        cursor.copy_expert(
            "COPY bench_insurance FROM STDIN", io.StringIO("".join("\t".join(row) + "\n" for row in hashed))
        )
        cursor.execute("ANALYZE bench_insurance")
        cursor.execute(_BY_HAND.format(day=month_end(month), month=month))
        cursor.execute("SELECT COUNT(*) FROM bench_differences")
        found = cursor.fetchone()[0]
        cursor.execute("DROP TABLE bench_differences; DROP TABLE bench_insurance")
    return found


def _timed(work):
    started = time.perf_counter()
    answer = work()
    return time.perf_counter() - started, answer


def _import(path):
    out = io.StringIO()
    with redirect_stdout(io.StringIO()):
        call_command("import_sheet", "insurance", str(path), json=True, stdout=out)
    return json.loads(out.getvalue())


def measure(on, rows):
    month = (on.replace(day=1) - timedelta(days=1)).replace(day=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "insurance.csv"
        _write(path, rows, month)
        new, first = _timed(lambda: _import(path))
        matched, told = _timed(lambda: match(on))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        again, second = _timed(lambda: _import(path))
        rematched, _nothing = _timed(lambda: match(on))
        by_hand, found = _timed(lambda: _by_hand(path, month))
    differences = sum(counts.get("new", 0) for counts in told.values() if isinstance(counts, dict))
    yield f"insurance file, {first['accepted']} rows imported and matched", new + matched, by_hand, 2
    yield f"the same again, {second['unchanged']} unchanged", again + rematched, by_hand, 2
    yield f"of it the nightly match, {differences} differences (by hand {found})", matched, by_hand, 1
    yield "insurance file, peak memory in MB", peak, None, None
