"""The command: files in, the contract's JSON out; the sample city; ten thousand rows of every kind of dirt."""

import csv
import io
import json
import random
from datetime import date

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction

from city.digests import digests
from city.jobs import Busy
from city.models import SheetImport
from city.sheets.reader import opened
from city.sheets.registry import kind_named
from households import ledger
from households.models import Resident
from tests.city.factories import AreaFactory
from tests.city.sheet_files import csv_bytes, id_number, xlsx_bytes
from tests.households.sheet_runs import CODE, person

pytestmark = pytest.mark.django_db

SAMPLE = settings.BASE_DIR / "tests" / "data" / "sample_city"
STEPS = [
    ("areas", "areas", "2026-03-31"),
    ("minimum_wages", "minimum_wages", "2026-03-31"),
    ("roster", "roster1", "2026-03-31"),
    ("roster", "roster2", "2026-09-30"),
    ("zero_households", "zero_households", "2026-10-31"),
    ("visits", "visits", "2026-10-31"),
]


def import_sheet(kind, path, **options):
    out = io.StringIO()
    call_command("import_sheet", kind, str(path), json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def as_csv(name, folder):
    return SAMPLE / f"{name}.csv"


def as_gb18030(name, folder):
    path = folder / f"{name}.csv"
    path.write_text((SAMPLE / f"{name}.csv").read_text("utf-8-sig"), encoding="gb18030")
    return path


def as_xlsx(name, folder):
    """Dates and amounts as Excel cells, codes and household numbers as numbers, under a title and beside a margin."""
    headings, *rows = csv.reader((SAMPLE / f"{name}.csv").read_text("utf-8-sig").splitlines())

    def cell(heading, text):
        if text and heading.endswith("日期"):
            return date.fromisoformat(text)
        if text and heading in {"区划代码", "社区代码", "户号", "合同月数", "月收入", "月最低工资", "女性退休类别"}:
            return float(text)
        return text

    cells = [[cell(*pair) for pair in zip(headings, row, strict=True)] for row in rows]
    path = folder / f"{name}.xlsx"
    path.write_bytes(xlsx_bytes(headings, cells, top=2, left=1))
    return path


def loaded(form, folder):
    """What the sample city leaves behind: counts, refused rows and digests; then everything is taken back."""
    with transaction.atomic():
        results = [import_sheet(kind, form(name, folder), on=on) for kind, name, on in STEPS]
        again = [import_sheet(kind, form(name, folder), on=on) for kind, name, on in STEPS]
        assert ledger.check()["differ"] == 0
        left = digests()
        transaction.set_rollback(True)
    assert [result["accepted"] for result in again] == [0] * len(STEPS)
    assert [result["rejected"] for result in again] == [result["rejected"] for result in results]
    for result in results + again:
        assert result["accepted"] + result["unchanged"] + result["rejected"] == result["rows"]
    told = [[result[key] for key in ("rows", "accepted", "unchanged", "rejected")] for result in results]
    return told, left


def test_the_sample_city_is_the_same_from_every_form_and_a_second_import_changes_nothing(tmp_path):
    from_csv = loaded(as_csv, tmp_path)
    assert from_csv[0] == [
        [15, 15, 0, 0],
        [3, 3, 0, 0],
        [488, 488, 0, 0],
        [162, 130, 27, 5],
        [46, 46, 0, 0],
        [101, 101, 0, 0],
    ]
    assert loaded(as_gb18030, tmp_path) == from_csv
    assert loaded(as_xlsx, tmp_path) == from_csv


@pytest.fixture
def community():
    return AreaFactory(community=True, code=CODE)


@pytest.fixture
def sheet(tmp_path):
    def write(*rows, **options):
        headings = list(dict.fromkeys(heading for row in rows for heading in row))
        path = tmp_path / "sheet.csv"
        path.write_bytes(
            csv_bytes(headings, [[row.get(heading, "") for heading in headings] for row in rows], **options)
        )
        return path

    return write


def test_the_answer_is_the_contracts(community, sheet):
    path = sheet(person(备用="x"), person(社区代码="330102009009", 联系电话="1"))
    assert import_sheet("roster", path, on="2026-03-31", dry_run=True)["accepted"] == 1
    assert not Resident.objects.exists()
    answer = import_sheet("roster", path, on="2026-03-31")
    messages = [error.pop("message") for error in answer["errors"]]
    assert all(messages)
    assert answer == {
        "kind": "roster",
        "rows": 2,
        "accepted": 1,
        "unchanged": 0,
        "rejected": 1,
        "unknown_columns": ["备用"],
        "errors": [
            {"row": 3, "column": "社区代码", "value": "330102009009"},
            {"row": 3, "column": "身份证号", "value": id_number("19800101", "124")},
            {"row": 3, "column": "联系电话", "value": "1"},
        ],
    }
    done = SheetImport.objects.get()
    assert (done.state, done.act.entries.exists(), done.summary["refused"]) == ("committed", True, 1)


def test_refused_rows_come_back_and_land_once_corrected(community, sheet, tmp_path):
    errors = tmp_path / "errors.xlsx"
    import_sheet("roster", sheet(person(), person(身份证号="3", 备用="留")), errors=str(errors))
    kind = kind_named("roster")
    with opened(kind, errors.read_bytes()) as back:
        assert back.headings[-1] == "错误原因"
        assert back.unknown == ["备用"]
        ((_number, cells, _marks),) = [row for piece in back.pieces() for row in piece]
    cells[back.headings.index("身份证号")] = id_number("19900101", "122")
    corrected = tmp_path / "corrected.xlsx"
    corrected.write_bytes(xlsx_bytes(back.headings, [cells]))
    assert import_sheet("roster", corrected)["accepted"] == 1


@pytest.mark.parametrize("kind", ["roster", "nothing"])
def test_what_cannot_be_read_ends_with_one_clear_line(kind, tmp_path, sheet):
    with pytest.raises(CommandError) as failed:
        import_sheet(kind, tmp_path / "none.csv")
    assert len(str(failed.value).splitlines()) == 1
    with pytest.raises(CommandError):
        import_sheet(kind, sheet({"姓名": "x"}))
    with pytest.raises(CommandError):
        import_sheet("roster", sheet(person()), on="31.3.2026")


def test_one_sheet_of_a_kind_is_written_at_a_time(community, sheet, monkeypatch):
    def busy(kind):
        raise Busy(kind.name)

    monkeypatch.setattr("city.services.sheet_imports.lock_of", busy)
    with pytest.raises(CommandError):
        import_sheet("roster", sheet(person()))
    assert import_sheet("roster", sheet(person()), dry_run=True)["accepted"] == 1


def dirty_row(number, chance):
    """A roster row, good or with one or two faults, and the columns of those."""
    row = person(户号=number % 900, 姓名=chance.choice(["王芳", "李强", "买买提·吐尔逊"]), 住址=f"{number}号")
    row["身份证号"] = id_number("19900101", f"{number % 1000:03}", f"{110000 + number // 1000:06}")
    row["就业状态"], row["状态起始日期"] = "就业", chance.choice(["2025-01-01", "2025年3月1日", date(2025, 4, 1)])
    faults = {
        "check digit": {"身份证号": row["身份证号"][:17] + ("1" if row["身份证号"][17] != "1" else "2")},
        "number cell": {"身份证号": float(row["身份证号"][:17] + "0")},
        "31 February": {"状态起始日期": "2025-02-31"},
        "1899": {"状态起始日期": "1899-12-31"},
        "negative": {"月收入": -1.0},
        "decimals": {"月收入": 1.234},
        "unknown community": {"社区代码": "339999001001"},
        "formula": {"姓名": "#REF!"},
        "word": {"与户主关系": "大哥"},
        "missing": {"姓名": ""},
        "date for a name": {"姓名": date(2025, 1, 1)},
    }
    fine = [
        {},
        {"身份证号": "".join(chr(ord(character) + 0xFEE0) for character in row["身份证号"])},
        {"身份证号": f" {row['身份证号'][:6]} {row['身份证号'][6:].lower()} "},
        {"月收入": 3000.0, "合同月数": "１２"},
        {"社区代码": float(CODE)},
    ]
    chosen = chance.sample(sorted(faults), chance.choice([0, 0, 1, 2]))
    for fault in chosen or [None]:
        row |= faults[fault] if fault else chance.choice(fine)
    spoilt = {heading for fault in chosen for heading in faults[fault]}
    return row, spoilt


def test_of_ten_thousand_dirty_rows_none_is_lost_and_none_is_silent(community, tmp_path):
    chance = random.Random(7)
    made = [dirty_row(number, chance) for number in range(10_000)]
    made += [(row, {"身份证号"}) for row, spoilt in made[:50] if not spoilt]
    headings = [*dict.fromkeys(heading for row, _spoilt in made for heading in row)]
    chance.shuffle(headings)
    path, errors = tmp_path / "dirty.xlsx", tmp_path / "errors.xlsx"
    path.write_bytes(xlsx_bytes(headings, [[row.get(heading, "") for heading in headings] for row, _spoilt in made]))

    answer = import_sheet("roster", path, on="2026-03-31", errors=str(errors))

    named = {}
    for error in answer["errors"]:
        assert error["message"]
        named.setdefault(error["row"], set()).add(error["column"])
    assert named == {number: spoilt for number, (_row, spoilt) in enumerate(made, 2) if spoilt}
    assert answer["rows"] == len(made) == answer["accepted"] + answer["unchanged"] + answer["rejected"]
    assert Resident.objects.count() == answer["accepted"]
    again = import_sheet("roster", errors, on="2026-03-31")
    repeated = sum(not spoilt for _row, spoilt in made[:50])
    assert (again["rows"], again["accepted"], again["unchanged"]) == (answer["rejected"], 0, repeated)
