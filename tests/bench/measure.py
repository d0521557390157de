"""One part of the bench in a process of its own, which prints a JSON row for every line of the table."""

import argparse
import json
import sys

import django
from django.core.management import call_command


def build(residents):
    """A city of that size with the city's own rules; the night needs nothing more."""
    call_command("migrate", verbosity=0)
    call_command("make_city", residents=residents, stdout=sys.stderr)
    call_command("load_policy", "hangzhou-2008", stdout=sys.stderr)
    return []


def main():
    parser = argparse.ArgumentParser()
    names = ["build", "night", "night-sqlite", "sheets", "exports", "insurance", "allocation"]
    names += ["money", "doubts", "claims"]
    parser.add_argument("part", choices=names)
    parser.add_argument("--residents", type=int, required=True)
    parser.add_argument("--rows", type=int, default=100_000)
    asked = parser.parse_args()
    django.setup()
    # The models of these need the settings first.
    from city.commands import last_ended_day
    from tests.bench import allocation, claims, doubts, exports, insurance, money, night, sheets

    on = last_ended_day()
    parts = {
        "build": lambda: build(asked.residents),
        "night": lambda: night.measure(on),
        "night-sqlite": lambda: night.measure(on, " on SQLite"),
        "sheets": lambda: sheets.measure(asked.rows),
        "exports": lambda: exports.measure(on),
        "insurance": lambda: insurance.measure(on, asked.residents),
        "allocation": allocation.measure,
        "money": money.measure,
        "doubts": doubts.measure,
        "claims": claims.measure,
    }
    for row in parts[asked.part]():
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
