"""The sample city twice: as the oracle reads its sheets, and as the management commands load and report it."""

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from tests.independent.definitions import INDICATORS, add_months, deadline_of, retirement_date
from tests.independent.oracle import LEVELS, City, points, verdict

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample_city"
#: In the order of import: kind, file, day of `--on`.
SHEETS = [
    ("areas", "areas", None),
    ("minimum_wages", "minimum_wages", None),
    ("roster", "roster1", date(2026, 3, 31)),
    ("roster", "roster2", date(2026, 9, 30)),
    ("zero_households", "zero_households", None),
    ("visits", "visits", None),
]
FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)

#: Thresholds at which every verdict occurs in the sample.
EVIDENCE = """
[ruleset]
key = "with-evidence"
title = "Evidence is judged"
document = "none"
level = "community"
in_force_from = 2008-01-01
assessment_year_starts = "01-01"
evidence_months = 3
elimination_deadline = { months = 1 }

[[criterion]]
indicator = "employment_rate"
comparator = ">="
threshold = "0.30"
kind = "required"

[[criterion]]
indicator = "hardship_employment_rate"
comparator = ">="
threshold = "0.60"
kind = "required"

[[criterion]]
indicator = "landless_employment_rate"
comparator = "="
threshold = "1"
kind = "required"

[[criterion]]
indicator = "zero_households_overdue"
comparator = "="
threshold = "0"
kind = "veto"
"""

#: No evidence, the year from 1 November, the quarter's end as deadline, points.
POINTS = """
[ruleset]
key = "with-points"
title = "Points are added up"
document = "none"
level = "community"
in_force_from = 2008-01-01
assessment_year_starts = "11-01"
pass_mark = 60
elimination_deadline = { quarter_end = true }

[parameters]
long_term_unemployed_months = 12

[[criterion]]
indicator = "zero_households_overdue"
comparator = "<="
threshold = "1"
kind = "veto"

[[criterion]]
indicator = "employment_rate"
comparator = ">="
threshold = "0.75"
kind = "required"

[[criterion]]
indicator = "registered_unemployed_placement_rate"
comparator = ">="
threshold = "0.2"
kind = "points"
points = 40

[[criterion]]
indicator = "registration_rate"
comparator = ">="
threshold = "0.5"
kind = "points"
points = 40

[[criterion]]
indicator = "long_term_unemployed"
comparator = "<="
threshold = "5"
kind = "points"
points = 20
"""


def sample_oracle():
    paths = {name: SAMPLE / f"{name}.csv" for _, name, _ in SHEETS}
    return City.from_sheets(
        areas=paths["areas"],
        minimum_wages=paths["minimum_wages"],
        rosters=[(paths[name], on) for kind, name, on in SHEETS if kind == "roster"],
        zero_households=paths["zero_households"],
        visits=paths["visits"],
    )


def answer(command, *arguments):
    """The JSON document the command writes on standard output."""
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return json.loads(out.getvalue())


def import_sample(folder=SAMPLE, suffix="csv"):
    """Imports all sheets; `{name: answer}`."""
    return {
        name: answer(
            "import_sheet", kind, str(folder / f"{name}.{suffix}"), *(["--on", str(on)] if on else []), "--json"
        )
        for kind, name, on in SHEETS
    }


def parameters_of(ruleset):
    head = ruleset["ruleset"]
    return {
        "period_starts": head["assessment_year_starts"],
        "deadline": head["elimination_deadline"],
        "long_term_months": ruleset.get("parameters", {}).get("long_term_unemployed_months", 6),
    }


def expected(city, day, ruleset):
    """What `export_status` has to say of the day: `{area: {name: value}}`, flat, so that a difference reads well."""
    parameters, evidence = parameters_of(ruleset), ruleset["ruleset"].get("evidence_months")
    figures = city.figures(day, **parameters)
    bounds = city.bounds(day, evidence, **parameters) if evidence else {}
    stations = {code for code in city.communities if city.sheets.areas[code]["station"]}
    result = {}
    for code, own in figures.items():
        level = LEVELS[city.sheets.areas[code]["level"]]
        told = {"level": level, "verdict": None, "points": None, "criteria": []}
        told |= {key: list(figure) for key, figure in own.items()}
        if level == "community":
            told["verdict"], verdicts = verdict(ruleset, own, bounds.get(code, {}))
            if "pass_mark" in ruleset["ruleset"]:
                told["points"] = points(ruleset, verdicts)[0]
            told["criteria"] = [
                criterion_told(each, own, bounds.get(code, {}), given)
                for each, given in zip(ruleset["criterion"], verdicts, strict=True)
            ]
        else:
            below = [community for community in city.communities if code in city.line(community)]
            told["station_coverage"] = [len(stations.intersection(below)), len(below)]
        result[code] = told
    return result


def criterion_told(criterion, figures, bounds, given):
    key = criterion["indicator"]
    worst, best = bounds.get(key, (None, None))
    return {
        "indicator": key,
        "numerator": figures[key][0],
        "denominator": figures[key][1],
        "worst": list(worst) if worst else None,
        "best": list(best) if best else None,
        "verdict": given,
    }


def reported(day):
    """The same from the project: the day computed and exported."""
    call_command("recompute_status", "--on", str(day), "--json", stdout=StringIO())
    result = {}
    for area in answer("export_status", "--on", str(day), "--format", "json"):
        keys = [*INDICATORS, *([] if area["level"] == "community" else ["station_coverage"])]
        criterion_keys = ("indicator", "numerator", "denominator", "worst", "best", "verdict")
        result[area["area"]] = {
            "level": area["level"],
            "verdict": area["verdict"],
            "points": area["points"],
            "criteria": [{key: each[key] for key in criterion_keys} for each in area["criteria"]],
            **{key: area["indicators"].get(key) for key in keys},
        }
    return result


def differences(expected_day, reported_day):
    """`[(area, what, expected, reported)]`."""
    return [
        (code, key, expected_day.get(code, {}).get(key), reported_day.get(code, {}).get(key))
        for code in sorted(expected_day.keys() | reported_day.keys())
        for key in sorted(expected_day.get(code, {}).keys() | reported_day.get(code, {}).keys())
        if expected_day.get(code, {}).get(key) != reported_day.get(code, {}).get(key)
    ]


def edges(city):
    """The days of 2025-2027 on which something in the sheets turns, by kind of turn."""
    people, episodes = city.sheets.people.values(), city.sheets.episodes
    spells = [(person, spell) for person in people for spell in person.spells]
    kinds = {
        "sixteen": [add_months(person.born_on, 16 * 12) for person in people],
        "retired": [retirement_date(person.born_on, person.is_man, person.category) for person in people],
        "spell": [spell.started_on for _, spell in spells],
        "stale": [add_months(city.confirmed_on(*each), 3) + timedelta(days=1) for each in spells],
        "contract": [add_months(each.started_on, each.contract_months) for _, each in spells if each.contract_months],
        "long_term": [add_months(spell.started_on, 6) + timedelta(days=1) for _, spell in spells],
        "registered": [day for person in people for day in person.registered_on],
        "hardship": [day for person in people for day in person.hardship.values()],
        "acquired": [person.acquired_on for person in people if person.acquired_on],
        "certified": [episode.certified_on for episode in episodes],
        "closed": [episode.closed_on for episode in episodes if episode.closed_on],
        "deadline": [deadline_of(each.certified_on, {"months": 1}) + timedelta(days=1) for each in episodes],
        "year_after": [add_months(each.eliminated_on, 12) for each in episodes if each.eliminated_on],
        "visited": [visit.visited_on for visit in city.sheets.visits.values()],
        "moved": [membership.started_on for person in people for membership in person.memberships[1:]],
        "wage": [starts for _, starts, _ in city.sheets.wages],
    }
    return {kind: sorted({day for day in days if FIRST < day <= LAST}) for kind, days in kinds.items()}


def spread_of_days(city):
    """About forty days: ends of months and years, first days of periods, and a turn of every kind with its eve."""
    fixed = "2025-01-01 2025-02-28 2025-06-30 2025-10-31 2025-11-01 2025-12-31 2026-01-01 2026-03-31 2026-09-29"
    later = "2026-09-30 2026-10-31 2026-11-01 2027-02-28 2027-12-31"
    fixed = {date.fromisoformat(day) for day in f"{fixed} {later}".split()}
    turns = [days[len(days) // 2] for days in edges(city).values() if days]
    return sorted(fixed | set(turns) | {day - timedelta(days=1) for day in turns})
