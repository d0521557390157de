"""The city to try: made once, its last two years computed, then kept going night by night in this very process."""

import logging
import threading
from datetime import timedelta

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from city import jobs, trail, workdays
from city.choices import AreaLevel, Role
from city.commands import last_ended_day
from city.models import Area, Posting
from city.rules import add_months, month_end, quarter_end
from reports.models import AreaStatus
from reports.services import dashboards, nightly, policies
from reports.services.night import recompute_status
from reports.synthetic.accounts import password
from reports.synthetic.founding import make_city

logger = logging.getLogger(__name__)

SEED = 2008
RESIDENTS = 20_000
COMMUNITIES = 24
NIGHTS = 35
MONTHS = 24
_NIGHT_AT = (1, 30)
_GLANCE_SECONDS = 60
_SEAL_EVERY = 10


def found(progress):
    """The made-up city, whole or not at all, the working-day calendar and a rule set for each level."""
    with trail.acting(reason="demo"):
        if not Area.objects.exists():
            make_city(residents=RESIDENTS, communities=COMMUNITIES, seed=SEED, on=last_ended_day(), progress=progress)
        city = Area.objects.get(level=AreaLevel.CITY)
        known = workdays.published_years()
        this_year = timezone.localdate().year
        workdays.seed(max(known[0], this_year - 3), min(known[-1], this_year + 1))
        for name in in_force():
            policies.load(policies.source_of(name), city)


def in_force():
    """One shipped rule set for each level: the first by name, so that the city's own come before the national ones."""
    chosen = {}
    for name in policies.presets():
        chosen.setdefault(policies.parse(policies.source_of(name), None).ruleset.level, name)
    return list(chosen.values())


def days_to_show(until):
    """Every month end of two years and the last nights, oldest first, without `until` itself."""
    ends = [month_end(add_months(until, -back)) for back in range(1, MONTHS + 1)]
    nights = [until - timedelta(days=back) for back in range(1, NIGHTS)]
    return sorted(set(ends) | set(nights))


def look_back(until, progress):
    """Compute the days not stored yet: month ends as corrections do, with the board of each quarter of the last year,
    the last nights as the nightly run that they were; then every night due.
    """
    days = days_to_show(until)
    stored = AreaStatus.objects.filter(area__level=AreaLevel.CITY, on__in=days).values_list("on", flat=True)
    missing = sorted(set(days) - set(stored) - set(nightly.due_days(until)))
    for number, day in enumerate(missing, start=1):
        if day > until - timedelta(days=NIGHTS):
            for _run in nightly.run_here(day):
                pass
        else:
            recompute_status(day)
            if day == quarter_end(day) and day > add_months(until, -12):
                dashboards.refresh(day)
        progress(number, len(missing))
    catch_up()


def catch_up():
    """Every night that is due, in order; the failed ones stay due."""
    for run in nightly.run_here():
        logger.info("night on=%s state=%s", run.business_day, run.state)


def sign_ins():
    """One `(role, area, username, password)` per role; an account whose password was changed is left out."""
    found = {}
    postings = Posting.objects.in_force_on(timezone.localdate())
    for posting in postings.select_related("staff", "area").order_by("pk"):
        secret = password(SEED, posting.staff.number)
        if posting.role not in found and posting.staff.check_password(secret):
            found[posting.role] = (posting.get_role_display(), posting.area.name, posting.staff.number, secret)
    return [found[role] for role in Role if role in found]


class Nights(threading.Thread):
    """What the beat schedule does elsewhere: the night at half past one, the trail sealed, lost runs found again."""

    def __init__(self):
        super().__init__(name="nights", daemon=True)
        self.done_on = timezone.localdate()

    def run(self):
        turn = 0
        while not threading.Event().wait(_GLANCE_SECONDS):
            turn += 1
            close_old_connections()
            try:
                self.glance(turn)
            except DatabaseError:
                logger.exception("schedule interrupted, the next turn tries again")

    def glance(self, turn):
        """One turn of the clock, a minute after the one before."""
        jobs.recover_runs()
        if turn % _SEAL_EVERY == 0:
            trail.seal()
        now = timezone.localtime()
        if now.date() > self.done_on and (now.hour, now.minute) >= _NIGHT_AT:
            catch_up()
            self.done_on = now.date()
