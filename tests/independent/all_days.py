"""All 1,095 days of 2025-2027 against the recomputation, under both rule sets; by hand, it takes a while.

`APP_ENV=test python -m tests.independent.all_days` makes the test database of the settings and drops it again.
"""

import os
import sys
import tempfile
import tomllib
from datetime import timedelta
from pathlib import Path

import django
from django.core.management import call_command
from django.db import transaction
from django.test.runner import DiscoverRunner

from tests.independent.sample import (
    EVIDENCE,
    FIRST,
    LAST,
    POINTS,
    differences,
    expected,
    import_sample,
    reported,
    sample_oracle,
)


def compare(city, text):
    """Prints every difference under one rule set; returns the number of days that differ."""
    ruleset = tomllib.loads(text)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.toml"
        path.write_text(text, encoding="utf-8")
        call_command("load_policy", str(path))
    wrong = 0
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        found = differences(expected(city, day, ruleset), reported(day))
        wrong += bool(found)
        for difference in found:
            sys.stdout.write(f"{ruleset['ruleset']['key']} {day} {difference}\n")
        if day.day == 1:
            sys.stderr.write(f"\r{ruleset['ruleset']['key']} {day:%Y-%m} {wrong} days differ ")
    return wrong


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from_sheets = sample_oracle()
    runner = DiscoverRunner(interactive=False, verbosity=0)
    databases = runner.setup_databases(serialized_aliases=set())
    wrong = 0
    try:
        import_sample()
        for text in (EVIDENCE, POINTS):
            with transaction.atomic():
                wrong += compare(from_sheets, text)
                transaction.set_rollback(True)
    finally:
        runner.teardown_databases(databases)
    sys.stdout.write(f"{wrong} days differ\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
