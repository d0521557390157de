"""A city in a database of its own, whose worker may be killed. Needs a PostgreSQL server and Redis."""

import json
import os
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
PATIENCE = 60
_LOCKS_HELD = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND datname = current_database()
"""


class Scratch:
    """Made anew from a template before every kill."""

    def __init__(self, database_url, redis_url, name, *, redis_number):
        self.server = database_url
        self.name = name
        self.environment = os.environ | {
            "APP_ENV": "demo",
            "DATABASE_URL": self.url(name),
            "REDIS_URL": urlunsplit(urlsplit(redis_url)._replace(path=f"/{redis_number}")),
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

    def drop_all(self):
        self.drop(self.name)
        self.drop(f"{self.name}_template")

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
        self.keep_as_template()

    def keep_as_template(self):
        """What the database holds now is what it is made anew from."""
        self.drop(f"{self.name}_template")
        self.on_server(f'ALTER DATABASE "{self.name}" RENAME TO "{self.name}_template"')

    def command(self, *arguments, **options):
        """A management command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, start_new_session=True, text=True, **options,
        )  # fmt: skip

    def manage(self, *arguments):
        with self.command(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            told, errors = process.communicate()
        if process.returncode:
            raise AssertionError(f"{arguments}: {errors[-2000:]}")
        return told

    def do(self, code):
        return self.manage("shell", "-v0", "-c", f"from datetime import date; from city import jobs; {code}")

    def ask(self, question):
        with closing(psycopg2.connect(self.url(self.name))) as connection, connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0]

    def digest(self):
        return json.loads(self.manage("state_digest", "--json"))

    def wait_for_locks(self):
        """A killed process leaves its statement to the server, which notices at the end of it."""
        wait_until(lambda: not self.ask(_LOCKS_HELD))

    @contextmanager
    def worker(self):
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "1", "--without-mingle"],
            cwd=ROOT, env=self.environment, start_new_session=True,
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
            raise TimeoutError("the run did not come to its end")
        time.sleep(0.02)


def stratified(kills, seconds, draw):
    """A moment in each equal part of the time the work takes, so that each part of it is hit."""
    return [seconds * (number + draw.random()) / kills for number in range(kills)]
