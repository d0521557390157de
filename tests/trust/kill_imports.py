"""Kills who writes a roster in the middle of it, again and again: all of the sheet is in the database, or nothing.

By turns the worker that writes a sheet decided on a page, and the command. Afterwards the state is the one before or
the one after, and carrying on (the recovery of runs; the command once more) ends in the one after.

Needs a PostgreSQL server where databases may be created (DATABASE_URL) and Redis (REDIS_URL); takes number 8 of it
unless told otherwise.

    python -m tests.trust.kill_imports --kills 60 --rows 3000
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path

from tests.city.sheet_files import dict_sheet, id_number
from tests.trust.scratch import DAY, Scratch, kill, stratified, wait_until

REDIS_NUMBER = 8
RESIDENTS = 400
#: The last kills come after the commit, before the run says so.
LATER = 1.1
_COMMIT_RUN = "FROM city_run WHERE job = 'commit_sheet' ORDER BY id DESC LIMIT 1"
#: Checked in this process: only the decision is a worker's.
_UPLOAD = (
    "from pathlib import Path; from city.models import Posting; from city.services import sheet_imports; "
    "sheet = sheet_imports.upload(posting=Posting.objects.get(pk={desk}), kind_name='roster', name='roster.csv', "
    "on=date.fromisoformat('{day}'), content=Path('{path}').read_bytes()); jobs.perform(sheet.run_id)"
)
_COMMIT = (
    "from city.models import Posting; from city.services import sheet_imports; "
    "sheet_imports.commit(sheet_id={sheet}, posting=Posting.objects.get(pk={desk}))"
)
_FORGET = (
    "from city import files; from city.models import StoredFile; "
    "[files.path_of(stored).unlink() for stored in StoredFile.objects.all()]"
)


def roster(codes, rows, *, later):
    """Two persons a household, all over the city; the later sheet changes what the first told of its half."""
    cells = []
    for number, code in zip(range(rows), cycle(codes), strict=False):
        born = date(1970, 1, 1) + timedelta(days=number % 9000)
        row = {
            "社区代码": code,
            "户号": str(50_000 + number // (2 * len(codes))),
            "与户主关系": "其他",
            "姓名": "王芳",
            "身份证号": id_number(f"{born:%Y%m%d}", f"{number // 9000:03}", area="110101"),
            "就业状态": "就业" if number % 3 else "失业",
            "状态起始日期": "2025-01-01",
            "联系电话": f"154{number:08}",
        }
        if number % 3 == 0:
            row["失业登记日期"] = "2025-02-01"
        if later and number % 2:
            row |= {"就业状态": "失业", "状态起始日期": "2026-06-01", "户号": str(70_000 + number), "月收入": ""}
        cells.append(row)
    return dict_sheet(*cells)


class Import:
    """The sheet, the city it is loaded into, and what is in the database before and after it."""

    def __init__(self, scratch, folder, rows):
        self.scratch = scratch
        scratch.found(RESIDENTS)
        scratch.make_anew()
        codes = scratch.ask("SELECT array_agg(code ORDER BY code) FROM city_area WHERE level = 'community'")
        self.desk = scratch.ask("SELECT min(id) FROM city_posting WHERE role = 'city_office'")
        first, self.path = Path(folder) / "first.csv", Path(folder) / "roster.csv"
        first.write_bytes(roster(codes, rows // 2, later=False))
        self.path.write_bytes(roster(codes, rows, later=True))
        scratch.manage("import_sheet", "roster", str(first), "--on", "2026-01-31")
        scratch.do(_UPLOAD.format(desk=self.desk, day=DAY, path=self.path))
        self.sheet = scratch.ask("SELECT id FROM city_sheetimport WHERE state = 'preview'")
        scratch.keep_as_template()
        scratch.make_anew()
        self.before = scratch.digest()
        began = time.monotonic()
        self.told = self.command()
        self.command_seconds = time.monotonic() - began
        self.after = scratch.digest()
        scratch.make_anew()
        with scratch.worker():
            self.decide()
            wait_until(lambda: self.run_state() == "done")
        self.worker_seconds = float(scratch.ask(f"SELECT extract(epoch FROM finished_at - started_at) {_COMMIT_RUN}"))
        if not self.whole():
            raise AssertionError("a sheet decided on a page is not written")

    def command(self):
        return self.scratch.manage(*self.arguments)

    @property
    def arguments(self):
        return "import_sheet", "roster", str(self.path), "--on", DAY, "--json"

    def decide(self):
        """Somebody decides on the page that the sheet is to be written; returns when a worker is at it."""
        self.scratch.do(_COMMIT.format(sheet=self.sheet, desk=self.desk))
        wait_until(lambda: self.run_state() in ("running", "done"))

    def run_state(self):
        return self.scratch.ask(f"SELECT state {_COMMIT_RUN}")

    def sheet_state(self):
        return self.scratch.ask(f"SELECT state FROM city_sheetimport WHERE id = {self.sheet}")

    def whole(self):
        """Whether the database holds all of the sheet; anything but all or nothing of it ends the trial."""
        found = self.scratch.digest()
        if found not in (self.before, self.after):
            raise AssertionError(f"half a sheet: {[table for table in found if found[table] != self.before[table]]}")
        return found == self.after

    def forget(self):
        """The uploaded sheet lies outside of the database."""
        self.scratch.make_anew()
        self.scratch.do(_FORGET)


def worker_killed(trial, delay):
    """Whether the sheet was there when the worker was killed. Another worker must bring it to its end."""
    scratch = trial.scratch
    scratch.make_anew()
    with scratch.worker() as first:
        trial.decide()
        time.sleep(delay)
        kill(first)
    scratch.wait_for_locks()
    was_there = trial.whole()
    with scratch.worker():
        scratch.do("jobs.recover_runs()")
        wait_until(lambda: trial.run_state() == "done")
    if trial.sheet_state() != "committed":
        raise AssertionError(f"the sheet's page says {trial.sheet_state()} for ever")
    return was_there


def command_killed(trial, delay):
    """Whether the sheet was there when the command was killed. The same command once more must end it."""
    scratch = trial.scratch
    scratch.make_anew()
    with scratch.command(*trial.arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(delay)
        kill(process)
    scratch.wait_for_locks()
    was_there = trial.whole()
    told = json.loads(trial.command())
    if told["rejected"] or was_there == bool(told["accepted"]):
        raise AssertionError(f"loaded once more the sheet says {told}")
    return was_there


def run(*, database_url, redis_url, kills, rows, seed=1, name="trust_imports", redis_number=REDIS_NUMBER, tell=print):
    """How many kills found (nothing, all) of the sheet; raises AssertionError when one found anything else."""
    scratch = Scratch(database_url, redis_url, name, redis_number=redis_number)
    draw = random.Random(seed)
    found = Counter()
    try:
        with tempfile.TemporaryDirectory() as folder:
            trial = Import(scratch, folder, rows)
            tell(f"undisturbed: {rows} rows in {trial.worker_seconds:.2f} s, command {trial.command_seconds:.2f} s")
            for kind, seconds in ((worker_killed, trial.worker_seconds), (command_killed, trial.command_seconds)):
                for delay in stratified(kills // 2, seconds * LATER, draw):
                    was_there = kind(trial, delay)
                    if not trial.whole():
                        raise AssertionError(f"{kind.__name__} after {delay:.2f} s: the sheet is not there in the end")
                    found[was_there] += 1
                    tell(f"{kind.__name__} after {delay:.2f} s: {'all' if was_there else 'nothing'}, then all")
            trial.forget()
    finally:
        scratch.drop_all()
    return found[False], found[True]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--rows", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--redis-number", type=int, default=REDIS_NUMBER)
    options = vars(parser.parse_args())
    nothing, everything = run(
        database_url=os.environ["DATABASE_URL"],
        redis_url=os.environ["REDIS_URL"],
        tell=lambda line: sys.stdout.write(f"{line}\n"),
        **options,
    )
    sys.stdout.write(f"{nothing} kills found nothing of the sheet, {everything} all of it\n")


if __name__ == "__main__":
    main()
