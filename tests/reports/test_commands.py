"""Every command of the engine: the shape of its answer, its exit, one clear line on wrong input."""

import csv
import io
import json
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.utils import timezone
from openpyxl import load_workbook

from city import jobs
from city.choices import RunState
from city.models import Run
from households import ledger
from households.choices import LabourState
from reports.indicators import INDICATORS
from reports.models import AreaStatus, RuleSet
from tests.city.factories import AreaFactory
from tests.households.factories import HouseholdFactory, ResidentFactory
from tests.reports.factories import ManualJudgementFactory, policy_text

pytestmark = pytest.mark.django_db
D = "2026-10-31"
BY_HAND = '[[criterion]]\nmanual = "no_complaints"\nkind = "required"'


@pytest.fixture
def community():
    community = AreaFactory(community=True)
    home = HouseholdFactory(community=community)
    for state in (LabourState.EMPLOYED, LabourState.UNEMPLOYED):
        ResidentFactory(home=home, spell={"state": state})
    ledger.rebuild()
    return community


@pytest.fixture
def city(community):
    return community.parent.parent.parent


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(policy_text(head="evidence_months = 300", threshold="0.5", criteria=BY_HAND), encoding="utf-8")
    return str(path)


def run(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def answer(*arguments):
    return json.loads(run(*arguments, "--json"))


def refused(*arguments):
    with pytest.raises(CommandError) as refusal:
        run(*arguments)
    message = str(refusal.value)
    assert message
    assert "\n" not in message
    return message


def test_recomputing_tells_areas_and_verdicts(community, policy):
    run("load_policy", policy)
    ManualJudgementFactory(area=community)
    told = answer("recompute_status", "--on", D)
    assert told.keys() == {"on", "areas", "verdicts", "seconds"}
    assert (told["on"], told["areas"]) == (D, 4)
    assert told["verdicts"] == {"met": 1, "not_met": 0, "not_proven": 0}


def test_a_city_whose_communities_are_still_to_come_has_its_night(policy):
    AreaFactory()
    run("load_policy", policy)
    assert answer("recompute_status", "--on", D)["areas"] == 1


def test_recomputing_one_area_leaves_the_others(community):
    assert answer("recompute_status", "--on", D, "--area", community.parent.code)["areas"] == 2
    assert set(AreaStatus.objects.values_list("area", flat=True)) == {community.pk, community.parent_id}


def test_without_a_day_the_last_that_has_ended_is_meant(community, time_machine):
    time_machine.move_to("2026-10-31 15:59:59+00:00", tick=False)
    assert answer("recompute_status")["on"] == "2026-10-30"
    time_machine.move_to("2026-10-31 16:00:00+00:00", tick=False)
    assert answer("recompute_status")["on"] == "2026-10-31"


def exported(*arguments):
    return json.loads(run("export_status", "--on", D, *arguments))


def test_the_export_has_the_shape_of_the_contract(community, city, policy):
    run("load_policy", policy)
    run("recompute_status", "--on", D)
    rows = exported()
    assert [row["area"] for row in rows] == sorted(row["area"] for row in rows)
    row = next(row for row in rows if row["level"] == "community")
    head = {"area": community.code, "name": community.name, "level": "community", "on": D, "ruleset": "tried"}
    assert row.items() >= (head | {"verdict": "not_proven", "points": None}).items()
    measured, by_hand = row["criteria"]
    assert measured == {
        "indicator": "employment_rate", "numerator": 1, "denominator": 2, "worst": [1, 2], "best": [1, 2],
        "comparator": ">=", "threshold": "0.5", "kind": "required", "verdict": "met",
    }  # fmt: skip
    assert by_hand == dict.fromkeys(measured) | {
        "manual": "no_complaints",
        "kind": "required",
        "verdict": "not_proven",
    }
    assert row["indicators"].keys() == INDICATORS.keys()
    assert row["indicators"]["zero_households_open"] == [0, None]
    top = next(row for row in rows if row["level"] == "city")
    assert (top["ruleset"], top["verdict"], top["criteria"]) == (None, None, [])
    assert top["indicators"]["station_coverage"] == [1, 1]


def test_the_export_narrows_by_area_and_level(community):
    run("recompute_status", "--on", D)
    assert [row["level"] for row in exported("--level", "street")] == ["street"]
    assert [row["area"] for row in exported("--area", community.code)] == [community.code]


def test_the_export_writes_tables_too(community, tmp_path):
    run("recompute_status", "--on", D)
    sheet = tmp_path / "status.csv"
    run("export_status", "--on", D, "--format", "csv", "--output", str(sheet))
    rows = list(csv.reader(io.StringIO(sheet.read_text("utf-8-sig"))))
    assert len(rows) == 5
    assert rows[0][:2] == ["area", "name"]
    book = tmp_path / "status.xlsx"
    run("export_status", "--on", D, "--format", "xlsx", "--output", str(book))
    assert load_workbook(book).active.max_row == 5


def test_explaining_lists_the_persons_behind_a_figure(community):
    arguments = ("explain_status", "--on", D, "--area", community.code, "--indicator", "employment_rate")
    (person,) = answer(*arguments)
    assert person.keys() == {"id_number", "name", "household", "community", "reason"}
    assert len(answer(*arguments, "--part", "denominator")) == 2
    assert run(*arguments).count("\t") == 4


def test_what_if_tells_the_flips_and_nothing_else(community, policy):
    told = answer("what_if", "--on", D, "--area", community.code, "--policy", policy)
    assert told == {
        "met_now": 0,
        "met_then": 0,
        "flips": [{"area": community.code, "from": None, "to": "not_proven"}],
    }
    assert not RuleSet.objects.exists()


def test_rule_sets_are_named_and_loaded(city, policy):
    assert set(answer("load_policy", "--list")) == {"hangzhou-2008", "national-2016"}
    told = answer("load_policy", "national-2016", "--area", city.code, "--from", "2026-05-01")
    assert told == {"key": "national-2016", "area": city.code, "in_force_from": "2026-05-01"}


def test_the_ledger_is_checked_and_rebuilt(community):
    community.households.get().spans.all().delete()
    assert answer("rebuild_ledger", "--check") == {"persons": 2, "differ": 2}
    assert answer("rebuild_ledger") == {"persons": 2, "differ": 2}
    assert answer("rebuild_ledger", "--check") == {"persons": 2, "differ": 0}


def test_a_night_is_run_in_this_process(community):
    assert D in run("nightly", "--on", D)
    assert AreaStatus.objects.filter(on=D).count() == 4
    assert Run.objects.get().result["late"] is True


WRONG = [
    ("recompute_status", "--on", "rubbish"),
    ("recompute_status", "--on", "2026-02-30"),
    ("recompute_status", "--area", "000000000000"),
    ("export_status", "--on", "2020-01-01"),
    ("export_status", "--on", "31.10."),
    ("export_status", "--on", D, "--area", "1"),
    ("export_status", "--on", D, "--level", "village"),
    ("export_status", "--on", D, "--format", "pdf"),
    ("export_status",),
    ("explain_status", "--indicator", "happiness"),
    ("explain_status", "--indicator", "employment_rate", "--part", "half"),
    ("explain_status", "--indicator", "employment_rate", "--on", "x"),
    ("explain_status",),
    ("what_if", "--policy", "/nowhere.toml"),
    ("what_if",),
    ("load_policy",),
    ("load_policy", "no-such-preset"),
    ("load_policy", "national-2016", "--area", "1"),
    ("load_policy", "national-2016", "--from", "soon"),
    ("nightly", "--on", "tonight"),
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_input_is_answered_in_one_line(community, arguments):
    refused(*arguments)
    assert not AreaStatus.objects.exists()
    assert not RuleSet.objects.exists()


def test_a_bad_policy_is_answered_in_one_line(city, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("[ruleset]\nlevel = 'village'", encoding="utf-8")
    assert "title" in refused("load_policy", str(path))
    assert "title" in refused("what_if", "--policy", str(path))


def test_a_file_that_cannot_be_written_is_told(community, tmp_path):
    run("recompute_status", "--on", D)
    assert str(tmp_path) in refused("export_status", "--on", D, "--output", str(tmp_path))


def test_two_cities_need_the_area_named(community):
    AreaFactory()
    assert "--area" in refused("what_if", "--policy", "national-2016")


def test_an_area_is_known_by_a_former_code(community):
    community.codes.create(code="330199001001", started_on=date(2008, 1, 1))
    told = answer("recompute_status", "--on", D, "--area", "330199001001")
    assert told["areas"] == 1


@pytest.mark.parametrize(
    "name",
    ["recompute_status", "export_status", "explain_status", "what_if", "load_policy", "nightly", "rebuild_ledger"],
)
def test_every_command_explains_itself(name, capsys):
    command = load_command_class(get_commands()[name], name)
    with pytest.raises(SystemExit) as leaving:
        command.create_parser("manage.py", name).parse_args(["--help"])
    assert leaving.value.code == 0
    assert command.help in " ".join(capsys.readouterr().out.split())


def test_the_night_takes_up_what_a_stopped_process_left_behind(community, monkeypatch):
    """A small office has no beat: nobody else would."""
    done = []
    monkeypatch.setattr(jobs, "_jobs", jobs._jobs | {"left": lambda run: done.append(run.pk)})
    long_ago = timezone.now() - timedelta(hours=1)
    left = Run.objects.create(job="left", state=RunState.RUNNING, attempts=1, heartbeat_at=long_ago)
    run("nightly", "--on", D)
    assert done == [left.pk]
