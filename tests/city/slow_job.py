"""A job that other processes work on in the tests."""

import time
from datetime import date, timedelta

from city import jobs, trail
from city.models import CalendarDay

FIRST = date(2041, 1, 1)
DAYS = 20


def written():
    return CalendarDay.objects.filter(day__gte=FIRST).count()


@jobs.job("slow days")
def slow_days(run):
    """A day's row in each of twenty short transactions: may be cut anywhere and begun again."""
    for number in range(DAYS):
        with trail.acting(reason="slow days"):
            CalendarDay.objects.get_or_create(day=FIRST + timedelta(days=number), is_working=True)
        jobs.progress(run, number + 1, DAYS)
        time.sleep(run.parameters["seconds"])
    return {"days": DAYS, "attempt": run.attempts}
