"""Kills the worker in the middle of a night, again and again, and compares what is stored with an undisturbed night.

Needs a PostgreSQL server where databases may be created (DATABASE_URL) and Redis (REDIS_URL); takes number 9 of it
unless told otherwise.

    python -m tests.trust.kill_nights --kills 60 --residents 20000
"""

import argparse
import os
import random
import sys
import time

from tests.trust.scratch import DAY, Scratch, kill, stratified, wait_until

#: What a night writes.
TABLES = ("reports_areastatus", "reports_criterionresult", "reports_dashboard")
REDIS_NUMBER = 9


def night_state(scratch):
    return scratch.ask("SELECT max(state) FROM city_run WHERE job = 'night'")


def digest(scratch):
    found = scratch.digest()
    return {table: found[table] for table in TABLES}


def undisturbed(scratch):
    """`(digest, seconds, rows)` of a night nobody disturbs."""
    scratch.make_anew()
    scratch.manage("nightly", "--on", DAY)
    seconds = scratch.ask("SELECT extract(epoch FROM finished_at - started_at) FROM city_run WHERE job = 'night'")
    return digest(scratch), float(seconds), scratch.ask("SELECT count(*) FROM reports_areastatus")


def disturbed(scratch, delay, rows):
    """The digest after the worker was killed `delay` seconds into the night and another one took over."""
    scratch.make_anew()
    with scratch.worker() as first:
        scratch.do(f"jobs.enqueue('night', business_day=date.fromisoformat('{DAY}'))")
        wait_until(lambda: night_state(scratch) in ("running", "done"))
        time.sleep(delay)
        kill(first)
    if scratch.ask("SELECT count(*) FROM reports_areastatus") not in (0, rows):
        raise AssertionError("half a night can be seen")
    scratch.wait_for_locks()
    with scratch.worker():
        scratch.do("jobs.recover_runs()")
        wait_until(lambda: night_state(scratch) == "done")
    return digest(scratch)


def run(
    *, database_url, redis_url, kills, residents, seed=1, name="trust_nights", redis_number=REDIS_NUMBER, tell=print
):
    """The delays after which the stored night differed from the undisturbed one: none, if all is well."""
    scratch = Scratch(database_url, redis_url, name, redis_number=redis_number)
    try:
        scratch.found(residents)
        expected, seconds, rows = undisturbed(scratch)
        tell(f"undisturbed: {rows} areas in {seconds:.2f} s")
        different = []
        for delay in stratified(kills, seconds, random.Random(seed)):
            found = disturbed(scratch, delay, rows)
            tell(f"killed after {delay:.2f} s: {'equal' if found == expected else 'DIFFERENT'}")
            if found != expected:
                different.append(delay)
        return different
    finally:
        scratch.drop_all()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--residents", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--redis-number", type=int, default=REDIS_NUMBER)
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
