"""The last place of a course and ten stations that want it at once, with the guard and without."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from assistance.models import Course
from assistance.services import training
from city.choices import Role
from city.models import Posting
from city.trail import acting
from households.models import Resident
from tests.assistance.factories import CourseFactory
from tests.city.factories import AreaFactory, PostingFactory
from tests.households.factories import HouseholdFactory, ResidentFactory

WANTED, PLACES = 10, 3


def unguarded(course_id):
    return Course.objects.select_related("area").get(pk=course_id)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_no_more_are_enrolled_than_there_are_places(monkeypatch, guarded):
    with acting(reason="test"):
        community = AreaFactory(community=True)
        clerk = PostingFactory(area=community, role=Role.STATION_CLERK)
        course = CourseFactory(area=community.parent, state="enrolling", places=PLACES)
        home = HouseholdFactory(community=community)
        people = [ResidentFactory(home=home).pk for _number in range(WANTED)]
    together = Barrier(WANTED)
    real = training.begin

    def slowly(*args, **kwargs):
        """Everybody who found a place free waits here for the others, as a busy server lets them."""
        together.wait(timeout=20)
        return real(*args, **kwargs)

    if not guarded:
        monkeypatch.setattr(training, "held", unguarded)
        monkeypatch.setattr(training, "begin", slowly)

    def want(resident_id):
        try:
            resident = Resident.objects.get(pk=resident_id)
            by = Posting.objects.select_related("area", "staff").get(pk=clerk.pk)
            training.enrol(course_id=course.pk, resident=resident, by=by)
        except training.CannotEnrol:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(WANTED) as pool:
        placed = sum(pool.map(want, people))
    assert placed == course.enrolments.count() == (PLACES if guarded else WANTED)
