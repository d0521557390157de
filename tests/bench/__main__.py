"""Runs every part in its own process against scratch databases and prints the table."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from rich.console import Console
from rich.table import Table

_BIGGEST_ON_SQLITE = 1_000_000


def _part(name, url, residents, rows):
    """The rows of one part; its own words go to standard error."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "tests.bench.measure", name, "--residents", str(residents), "--rows", str(rows)]
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings", "REDIS_URL": ""}
    environment.setdefault("APP_ENV", "test")
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    sys.stderr.write(f"{name}: {time.perf_counter() - started:.1f} s\n")
    if done.returncode:
        return [[f"{name}: failed", None, None, None]]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]


class Scratch:
    """A database of our own next to the one in DATABASE_URL, gone when we are done."""

    def __init__(self, url):
        self.parts = urlsplit(url)
        self.name = f"bench_{os.getpid()}"

    def _execute(self, statement):
        connection = psycopg2.connect(urlunsplit(self.parts))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def __enter__(self):
        self._execute(f'CREATE DATABASE "{self.name}"')
        return urlunsplit(self.parts._replace(path=f"/{self.name}"))

    def __exit__(self, *_error):
        self._execute(f'DROP DATABASE "{self.name}" WITH (FORCE)')


def _measured(url, residents, rows):
    """Every row of the table: PostgreSQL where there is one, SQLite for the night."""
    found = []
    if url.startswith(("postgres://", "postgresql://")):
        with Scratch(url) as scratch:
            for part in ("build", "night", "exports", "insurance", "sheets", "doubts", "claims"):
                found += _part(part, scratch, residents, rows)
    else:
        sys.stderr.write("Without DATABASE_URL (PostgreSQL) only the night on SQLite is measured.\n")
    with tempfile.TemporaryDirectory() as folder:
        own = f"sqlite:///{folder}/bench.sqlite3"
        found += _part("allocation", own, residents, rows) + _part("money", own, residents, rows)
        few = min(residents, _BIGGEST_ON_SQLITE)
        _part("build", own, few, rows)
        return found + _part("night-sqlite", own, few, rows)


def _shown(number):
    return "" if number is None else f"{number:.3f}" if number < 10 else f"{number:.1f}"


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--residents", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the roster sheet")
    asked = parser.parse_args()
    table = Table(title=f"{asked.residents} residents, seconds unless said otherwise")
    for heading in ("work", "value", "yardstick", "ratio", "target", "verdict"):
        table.add_column(heading, justify="left" if heading in ("work", "verdict") else "right")
    for work, value, yardstick, target in _measured(os.environ.get("DATABASE_URL", ""), asked.residents, asked.rows):
        ratio = value / yardstick if value is not None and yardstick else None
        verdict = "" if ratio is None else "holds" if ratio <= target else "does not hold"
        table.add_row(
            work, _shown(value), _shown(yardstick), _shown(ratio), f"≤ {target:g}" if target else "", verdict
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
