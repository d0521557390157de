"""Who stands where in the labour market on the city's day: the plan that the history then leads up to."""

from dataclasses import dataclass
from datetime import timedelta

from reports.synthetic.areas import FALLEN, GOOD, POOR, UNPROVEN
from reports.synthetic.people import HEAD, MAN

#: What a person is on the day. Of the labour force (`force`), the jobless and those back at work are told afterwards.
YOUNG, OLD, UNKNOWN, FORCE, JOBLESS, RETURNED, ZERO = (
    "young", "old", "unknown", "force", "jobless", "returned", "zero",
)  # fmt: skip
STUDENT, SERVING, UNABLE, UNWILLING, RETIRED, OTHER = (
    "student", "serving", "unable", "unwilling", "retired", "other",
)  # fmt: skip


#: Courses of zero-employment households that have not ended by the day.
STILL_OPEN = ("fresh", "overdue", "base_left")


@dataclass
class Profile:
    """Shares of one community, drawn within the bounds of its kind."""

    unknown: float
    jobless: float
    stale: float
    on_their_own: float


_BOUNDS = {
    GOOD: ((0.0, 0.004), (0.01, 0.027), (0.0, 0.006), 0.0),
    UNPROVEN: ((0.04, 0.09), (0.015, 0.035), (0.08, 0.35), 0.0),
    POOR: ((0.02, 0.05), (0.045, 0.075), (0.03, 0.15), 0.15),
}


def profile_of(community, draw):
    *bounds, on_their_own = _BOUNDS[community.profile]
    if community.past == FALLEN:
        bounds[0] = _BOUNDS[GOOD][0]
    return Profile(*(draw.uniform(*pair) for pair in bounds), on_their_own)


def _student_share(age):
    if age < 18.5:
        return 0.97
    return 0.6 if age < 22.4 else 0.1 if age < 25 else 0


def _of_working_age(person, age, draw, profile, on):
    if draw.chance(profile.unknown):
        return UNKNOWN
    if draw.chance(_student_share(age)):
        return STUDENT
    if person.sex == MAN and 18.5 < age < 22 and draw.chance(0.05):
        return SERVING
    if (person.retires_on - on).days < 1000 and draw.chance(0.12):
        return RETIRED
    share = draw.random()
    for reason, bound in ((UNABLE, 0.012), (UNWILLING, 0.03 if person.sex == MAN else 0.07), (OTHER, 0.075)):
        if share < bound:
            return reason
    return FORCE


def _stand(person, draw, profile, on):
    if on < person.works_from:
        return YOUNG
    if on >= person.retires_on:
        return OLD
    return _of_working_age(person, person.age_on(on), draw, profile, on)


def decide(households, profile, draw, on, history_start):
    """Give everyone a standing and every household a day it was last confirmed; some persons leave on a day."""
    for household in households:
        stale = draw.chance(profile.stale)
        household.confirmed_on = on - timedelta(days=draw.whole(200, 520) if stale else draw.whole(0, 70))
        for person in household.members:
            person.standing = _stand(person, draw, profile, on)
            if person.relation != HEAD and draw.chance(0.016):
                person.left_on = draw.day(history_start, on)


def choose_jobless(households, profile, draw):
    """Make the planned share of the labour force jobless, nearly always beside someone who works.

    In poor communities some are their household's only worker: households without work that nobody has certified.
    """
    free = [household.workers() for household in households if household.episode is None]
    force = sum(len(household.workers()) for household in households)
    wanted = int(force * profile.jobless)
    open_now = [household for household in households if household.episode in STILL_OPEN]
    wanted -= sum(person.standing == ZERO for household in open_now for person in household.members)
    beside = [workers for workers in free if len(workers) > 1]
    alone = [workers for workers in free if len(workers) == 1]
    alone_wanted = min(len(alone), int(max(0, wanted) * profile.on_their_own))
    chosen = draw.sample(alone, alone_wanted) + draw.sample(beside, min(len(beside), max(0, wanted - alone_wanted)))
    for workers in chosen:
        draw.one_of(workers).standing = JOBLESS


def choose_returned(households, share, draw):
    """Mark that share of the labour force as back at work after some time without, one beside another who works."""
    beside = [workers for household in households if len(workers := household.workers()) > 1]
    force = sum(map(len, beside)) + sum(len(household.workers()) == 1 for household in households)
    for workers in draw.sample(beside, min(len(beside), round(force * share))):
        draw.one_of(workers).standing = RETURNED
