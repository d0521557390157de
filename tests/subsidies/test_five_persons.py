"""Five steps, five persons: every way to spread them over five persons, in the database and through the queue."""

from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from city.choices import Role
from city.models import Posting
from subsidies.choices import ClaimState, Stage
from subsidies.models import Approval
from subsidies.services import deciding
from tests.city.factories import PostingFactory, StaffFactory
from tests.subsidies.deciding_desk import AMOUNT, decide, make_claim, make_deciding_desk

pytestmark = pytest.mark.django_db
PERSONS = 5
#: Who takes each step after the first; everybody here has a posting of every kind.
STEPS = (("check", Role.STATION_HEAD), ("review", Role.STREET_REVIEWER), ("approve", Role.DISTRICT_OFFICER))


class Undone(Exception):
    """A way was tried to its end and is taken back."""


@pytest.fixture
def desk(monkeypatch):
    monkeypatch.setattr(deciding.computing, "differing", lambda _lines: {})
    desk = make_deciding_desk()
    places = {
        Role.STATION_CLERK: desk.community,
        Role.STATION_HEAD: desk.community,
        Role.STREET_REVIEWER: desk.street_area,
        Role.DISTRICT_OFFICER: desk.district_area,
    }
    desk.persons = []
    for _number in range(PERSONS):
        staff = StaffFactory()
        desk.persons.append({role: PostingFactory(staff=staff, role=role, area=area) for role, area in places.items()})
    return desk


def entered_by(desk, posting):
    """In its second round: the first has the desk's own people."""
    claim = make_claim(desk, ClaimState.SUBMITTED)
    type(claim).objects.filter(pk=claim.pk).update(round=2)
    Approval.objects.create(
        claim=claim, round=2, stage=Stage.ENTERED, staff=posting.staff, posting=posting, amount=AMOUNT,
        at=timezone.now(),
    )  # fmt: skip
    return claim


def ways(desk, claim, taken, passed):
    """Tries every person for the next step; what one did is taken back before the next."""
    if len(taken) > len(STEPS):
        passed.append(tuple(taken))
        return
    action, role = STEPS[len(taken) - 1]
    for person in range(PERSONS):
        try:
            with transaction.atomic():
                (result,) = decide(action, [claim], desk.persons[person][role])
                if result.outcome == deciding.DONE:
                    ways(desk, claim, [*taken, person], passed)
                raise Undone
        except Undone:
            continue


def test_of_all_ways_only_those_with_different_persons_pass_the_queues(desk):
    passed = []
    for person in range(PERSONS):
        claim = entered_by(desk, desk.persons[person][Role.STATION_CLERK])
        ways(desk, claim, [person], passed)
    assert len(passed) == len(set(passed)) == 5 * 4 * 3 * 2
    assert all(len(set(way)) == len(way) for way in passed)


def test_of_all_3125_ways_the_database_takes_120(desk):
    claim = make_claim(desk, ClaimState.SUBMITTED, lines=1)
    postings = [one[Role.STATION_CLERK] for one in desk.persons]
    passed = [way for way in product(range(PERSONS), repeat=len(Stage)) if _is_taken(claim, postings, way)]
    assert len(passed) == 120
    assert all(len(set(way)) == PERSONS for way in passed)


def _is_taken(claim, postings, way):
    now = timezone.now()
    rows = [
        Approval(
            claim=claim, round=2, stage=stage, staff_id=postings[person].staff_id, posting=postings[person],
            amount=AMOUNT, at=now,
        )
        for stage, person in zip(Stage, way, strict=True)
    ]  # fmt: skip
    try:
        with transaction.atomic():
            Approval.objects.bulk_create(rows)
            raise Undone
    except IntegrityError:
        return False
    except Undone:
        return True


def test_another_posting_makes_nobody_another_person(desk):
    """A change of role, or a stand-in at another desk, is still who entered it."""
    claim = entered_by(desk, desk.persons[0][Role.STATION_CLERK])
    again = PostingFactory(staff=desk.persons[0][Role.STATION_CLERK].staff, role=Role.STREET_REVIEWER,
                           area=desk.street_area, started_on="2026-06-01")  # fmt: skip
    (result,) = decide("check", [claim], Posting.objects.get(pk=again.pk))
    assert result.outcome == deciding.REFUSED
