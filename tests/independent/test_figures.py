"""The nightly run against the recomputation from the sheets alone: every figure, bound, verdict and list."""

import csv
import re
import tomllib
from datetime import date

import pytest
import xlsxwriter
from django.core.management import call_command

from tests.independent.definitions import BOUNDED, COUNTS, RATIOS
from tests.independent.sample import (
    EVIDENCE,
    POINTS,
    SAMPLE,
    SHEETS,
    answer,
    differences,
    expected,
    import_sample,
    parameters_of,
    reported,
    sample_oracle,
    spread_of_days,
)

pytestmark = pytest.mark.django_db
CITY = "330100000000"


@pytest.fixture(scope="module")
def city():
    return sample_oracle()


@pytest.fixture
def load(tmp_path):
    def load_policy(text):
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        call_command("load_policy", str(path))
        return tomllib.loads(text)

    return load_policy


@pytest.mark.parametrize("text", [EVIDENCE, POINTS], ids=["evidence", "points"])
def test_every_figure_and_verdict_equals_the_recomputation(city, load, text):
    import_sample()
    ruleset = load(text)
    found = {}
    for day in spread_of_days(city):
        differ = differences(expected(city, day, ruleset), reported(day))
        if differ:
            found[day] = differ[:5]
    assert found == {}


def as_told(city, item):
    """`(community, ID number or 户号)` of one line of `explain_status`, the community by code or by name."""
    named = {area["name"]: code for code, area in city.sheets.areas.items() if code in city.communities}
    community = named.get(item["community"], item["community"])
    return community, item.get("id_number") or item["household"].lstrip("0")


EXPLAINED = [
    *[(key, part) for key in RATIOS for part in ("numerator", "denominator", "gap")],
    *[(key, part) for key in BOUNDED for part in ("stale", "unknown")],
    *[(key, "numerator") for key in COUNTS],
]


def test_every_figure_opens_to_the_same_persons_and_households(city, load):
    import_sample()
    ruleset = load(EVIDENCE)
    parameters = parameters_of(ruleset) | {"evidence_months": 3}
    found = []
    for day, area in [(date(2026, 3, 31), "330102001001"), (date(2026, 10, 31), CITY), (date(2025, 12, 31), CITY)]:
        reported(day)
        for indicator, part in EXPLAINED:
            told = answer(
                "explain_status",
                *("--on", str(day), "--area", area, "--indicator", indicator, "--part", part, "--json"),
            )
            named = sorted(as_told(city, item) for item in told)
            if named != city.people(day, indicator, part, area, **parameters):
                found.append((day, area, indicator, part, named[:3]))
    assert found == []


def test_the_import_loses_exactly_the_rows_the_contract_rejects(city):
    for name, told in import_sample().items():
        rejected = city.sheets.rejected[f"{name}.csv"]
        assert sorted({error["row"] for error in told["errors"]}) == sorted(rejected), name
        assert told["rejected"] == len(rejected), name
        assert told["accepted"] + told["unchanged"] + told["rejected"] == told["rows"], name


def test_the_last_sheets_again_change_nothing():
    """The first roster is left out: after the second it tells an older state of the same residents."""
    first = import_sample()
    for kind, name, on in SHEETS:
        if name == "roster1":
            continue
        told = answer("import_sheet", kind, str(SAMPLE / f"{name}.csv"), *(["--on", str(on)] if on else []), "--json")
        assert (told["accepted"], told["rejected"]) == (0, first[name]["rejected"]), name


def write_workbook(path, rows):
    """As an office writes it: days as Excel dates, months and money as numbers, codes and ID numbers as text."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, days = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        headings = rows[0]
        for down, cells in enumerate(rows):
            for across, (heading, cell) in enumerate(zip(headings, cells, strict=True)):
                if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
                    sheet.write_datetime(down, across, date.fromisoformat(cell), days)
                elif heading in ("合同月数", "月收入", "月最低工资") and re.fullmatch(r"[\d.]+", cell):
                    sheet.write_number(down, across, float(cell))
                else:
                    sheet.write_string(down, across, cell)


def test_workbooks_give_the_same_figures_as_csv(city, load, tmp_path):
    for _, name, _ in SHEETS:
        with (SAMPLE / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            write_workbook(tmp_path / f"{name}.xlsx", list(csv.reader(file)))
    told = import_sample(tmp_path, "xlsx")
    assert {name: each["rejected"] for name, each in told.items() if each["rejected"]} == {"roster2": 5}
    ruleset = load(EVIDENCE)
    day = date(2026, 10, 31)
    assert differences(expected(city, day, ruleset), reported(day)) == []
