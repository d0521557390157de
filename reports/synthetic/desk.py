"""What lies on the desks: judgements by hand, requests to transfer residents, loaded sheets, finished jobs."""

import json
import tomllib
from datetime import datetime, time, timedelta

from django.utils import timezone

from city.choices import RunState, SheetState
from city.models import Run, SheetImport
from households.choices import Relation, TransferState
from households.models import TransferRequest
from reports.choices import Verdict
from reports.models import ManualJudgement
from reports.services import policies
from reports.synthetic.areas import POOR


def _at(day, hour, minute=0):
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def judged_by_hand():
    """`{level: criteria}` that the shipped rule sets leave to a person's judgement."""
    found = {}
    for name in policies.presets():
        rules = tomllib.loads(policies.source_of(name))
        keys = {criterion["manual"] for criterion in rules["criterion"] if "manual" in criterion}
        found.setdefault(rules["ruleset"]["level"], set()).update(keys)
    return {level: sorted(keys) for level, keys in found.items()}


def judge(tables, network, staff_id, on, history_start):
    """Every ten months an inspection of each place, the first just before the history.

    Now and then one place is left out, and a poor community fails.
    """
    inspections = [on - timedelta(days=20)]
    while inspections[-1] >= history_start:
        inspections.append(inspections[-1] - timedelta(days=300))
    for level, criteria in judged_by_hand().items():
        places = [place for place in network.all() if place.level == level]
        for number, place in enumerate(places):
            if number % 17 == 11:
                continue
            failing = number % 9 == 3 and getattr(place, "profile", POOR) == POOR
            for day in inspections:
                for manual in criteria:
                    verdict = Verdict.NOT_MET if failing and manual == criteria[0] else Verdict.MET
                    tables.add(ManualJudgement, place.pk, manual, day, verdict.value, "", staff_id)


def ask_transfers(tables, claims, reviewers, on):
    """A request per claim `(home now, home to be)` for its last resident; ids by the community that asks.

    Every third is refused; of the others some have the agreement of the reviewer of the street they leave
    (`reviewers`: `{street id: staff id}`).
    """
    found = {}
    for number, (home, new_home) in enumerate(claims):
        person, origin, destination = home.members[-1], home.community, new_home.community
        if person.left_on is not None:
            continue
        asked_on = on - timedelta(days=number % 25 + 1)
        refused = number % 3 == 2
        agreed = None if number % 3 == 0 else reviewers.get(origin.parent.pk)
        cells = {
            "社区代码": destination.code,
            "户号": new_home.number,
            "与户主关系": "其他",
            "姓名": person.name,
            "身份证号": person.number,
        }
        state = TransferState.REFUSED if refused else TransferState.ASKED
        key = tables.add(
            TransferRequest, person.pk, origin.pk, new_home.pk, Relation.OTHER.value, asked_on, state.value, agreed,
            None, _at(asked_on, 10), _at(on, 15) if refused else None, json.dumps(cells, ensure_ascii=False),
        )  # fmt: skip
        found.setdefault(destination.code, []).append(key)
    return found


def load_sheets(tables, postings, on):
    """A roster written some weeks ago and one dropped yesterday for each `(posting id, area)`; ids by area."""
    found = {}
    for posting_id, area in postings:
        summary = {
            "kind": "roster",
            "rows": 120,
            "accepted": 84,
            "unchanged": 36,
            "rejected": 0,
            "unknown_columns": [],
            "errors": [],
        }
        for days, state in ((24, SheetState.COMMITTED), (1, SheetState.DROPPED)):
            day = on - timedelta(days=days)
            key = tables.add(
                SheetImport, "roster", day, state.value, posting_id, None, None, None, None, summary, _at(day, 9),
                _at(day, 9, 20),
            )  # fmt: skip
            found.setdefault(area.code, []).append(key)
    return found


def run_jobs(tables, postings, on):
    """A sheet written for each `(posting id, area)`, as a job that is done; ids by area."""
    found = {}
    for posting_id, area in postings:
        began, ended = _at(on - timedelta(days=24), 9), _at(on - timedelta(days=24), 9, 1)
        key = tables.add(
            Run, "commit_sheet", None, {}, RunState.DONE.value, 1, posting_id, began, began, ended, ended, 120, 120,
            {"rows": 120}, "",
        )  # fmt: skip
        found.setdefault(area.code, []).append(key)
    return found
