"""Kills the worker in the middle of a night, again and again, and compares what is stored with an undisturbed night.

Needs a PostgreSQL server where databases may be created (DATABASE_URL) and Redis (REDIS_URL); takes number 9 of it.

    python -m tests.trust.kill_nights --kills 60 --residents 20000
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parent.parent.parent
DAY = "2026-10-31"
#: What a night writes.
TABLES = ("reports_areastatus", "reports_criterionresult", "reports_dashboard")
PATIENCE = 60
_LOCKS_HELD = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND datname = current_database()
"""


class Scratch:
    """A database of its own, made anew from a template before every night."""

    def __init__(self, database_url, redis_url, name):
        self.server = database_url
        self.name = name
        self.environment = os.environ | {
            "APP_ENV": "demo",
            "DATABASE_URL": self.url(name),
            "REDIS_URL": urlunsplit(urlsplit(redis_url)._replace(path="/9")),
        }

    def url(self, name):
        return urlunsplit(urlsplit(self.server)._replace(path=f"/{name}"))

    def on_server(self, *statements):
        with closing(psycopg2.connect(self.server)) as connection:
            connection.autocommit = True
            for statement in statements:
                connection.cursor().execute(statement)

    def drop(self, name):
        self.on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def make_anew(self):
        self.drop(self.name)
        self.on_server(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.name}_template"')

    def found(self, residents):
        """The template: a made-up city with a rule set, no night yet."""
        self.drop(self.name)
        self.on_server(f'CREATE DATABASE "{self.name}"')
        self.manage("migrate", "-v0")
        self.manage("make_city", "--residents", str(residents), "--on", DAY, "--json")
        self.manage("load_policy", "hangzhou-2008")
        self.drop(f"{self.name}_template")
        self.on_server(f'ALTER DATABASE "{self.name}" RENAME TO "{self.name}_template"')

    def manage(self, *arguments):
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout

    def do(self, code):
        return self.manage("shell", "-v0", "-c", f"from datetime import date; from city import jobs; {code}")

    def ask(self, question):
        with closing(psycopg2.connect(self.url(self.name))) as connection, connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0]

    def night_state(self):
        return self.ask("SELECT max(state) FROM city_run WHERE job = 'night'")

    def digest(self):
        found = json.loads(self.manage("state_digest", "--json"))
        return {table: found[table] for table in TABLES}

    @contextmanager
    def worker(self):
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "1", "--without-mingle"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield process
        finally:
            kill(process)


def kill(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the night did not come to its end")
        time.sleep(0.02)


def undisturbed(scratch):
    """`(digest, seconds, rows)` of a night nobody disturbs."""
    scratch.make_anew()
    scratch.manage("nightly", "--on", DAY)
    seconds = scratch.ask("SELECT extract(epoch FROM finished_at - started_at) FROM city_run WHERE job = 'night'")
    return scratch.digest(), float(seconds), scratch.ask("SELECT count(*) FROM reports_areastatus")


def disturbed(scratch, delay, rows):
    """The digest after the worker was killed `delay` seconds into the night and another one took over."""
    scratch.make_anew()
    with scratch.worker() as first:
        scratch.do(f"jobs.enqueue('night', business_day=date.fromisoformat('{DAY}'))")
        wait_until(lambda: scratch.night_state() in ("running", "done"))
        time.sleep(delay)
        kill(first)
    if scratch.ask("SELECT count(*) FROM reports_areastatus") not in (0, rows):
        raise AssertionError("half a night can be seen")
    wait_until(lambda: not scratch.ask(_LOCKS_HELD))
    with scratch.worker():
        scratch.do("jobs.recover_runs()")
        wait_until(lambda: scratch.night_state() == "done")
    return scratch.digest()


def run(*, database_url, redis_url, kills, residents, seed=1, name="trust_nights", tell=print):
    """The delays after which the stored night differed from the undisturbed one: none, if all is well."""
    scratch = Scratch(database_url, redis_url, name)
    draw = random.Random(seed)
    try:
        scratch.found(residents)
        expected, seconds, rows = undisturbed(scratch)
        tell(f"undisturbed: {rows} areas in {seconds:.2f} s")
        different = []
        for number in range(kills):
            # Stratified: each part of the night is hit.
            delay = seconds * (number + draw.random()) / kills
            found = disturbed(scratch, delay, rows)
            tell(f"killed after {delay:.2f} s: {'equal' if found == expected else 'DIFFERENT'}")
            if found != expected:
                different.append(delay)
        return different
    finally:
        scratch.drop(name)
        scratch.drop(f"{name}_template")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--residents", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = vars(parser.parse_args())
    different = run(
        database_url=os.environ["DATABASE_URL"],
        redis_url=os.environ["REDIS_URL"],
        tell=lambda line: sys.stdout.write(f"{line}\n"),
        **options,
    )
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
