"""Each constraint of the labour market's tables refuses its bad row by name."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from placements.models import Event, JobSeeker, Offer, ServicePoint, Vacancy
from placements.models import market as models
from tests.assistance.factories import ReferralFactory
from tests.city.factories import AreaFactory
from tests.constraints import assert_refused
from tests.placements.market_desk import publish
from tests.placements.post_desk import make_post_desk, open_posts

pytestmark = pytest.mark.django_db
D = date(2026, 10, 1)
BEFORE = date(2026, 9, 30)


@pytest.fixture
def desk():
    return make_post_desk()


def point(desk, **values):
    return ServicePoint.objects.create(
        **{"kind": "agency", "name": "一站", "area": desk.community, "opened_on": D} | values
    )


def event(desk, **values):
    told = {"kind": "fair", "name": "招聘会", "area": desk.community, "starts_on": D, "ends_on": D}
    return Event.objects.create(**told | values)


def vacancy(desk, **changed):
    made = publish(desk)
    Vacancy.objects.filter(pk=made.pk).update(**changed)


def seeker(desk, **values):
    told = {"resident": desk.person, "registered_on": D, "valid_until": D + timedelta(days=180)}
    return JobSeeker.objects.create(**told | values)


def offer(desk, **values):
    return Offer.objects.create(referral=ReferralFactory(), **values)


def twice(make, *args, **values):
    for _turn in range(2):
        make(*args, **values)


CASES = {
    "servicepoint_unique": lambda desk: twice(point, desk),
    "servicepoint_in_order": lambda desk: point(desk, closed_on=BEFORE),
    "event_unique": lambda desk: twice(event, desk),
    "event_in_order": lambda desk: event(desk, ends_on=BEFORE),
    "vacancy_number_unique": lambda desk: [publish(desk), publish(desk), Vacancy.objects.update(number="one")],
    "vacancy_has_places": lambda desk: vacancy(desk, headcount=0),
    "vacancy_in_order": lambda desk: vacancy(desk, valid_until=timezone.localdate() - timedelta(days=1)),
    "vacancy_wages_in_order": lambda desk: vacancy(desk, wage_to=1),
    "vacancy_closed_with_a_reason": lambda desk: vacancy(desk, state="closed"),
    "jobseeker_one_a_day": lambda desk: twice(seeker, desk, ended_on=D, end_reason="placed"),
    "jobseeker_one_open": lambda desk: [seeker(desk), seeker(desk, registered_on=D + timedelta(days=1))],
    "jobseeker_in_order": lambda desk: seeker(desk, valid_until=BEFORE),
    "jobseeker_ended_with_a_reason": lambda desk: seeker(desk, ended_on=D),
    "offer_of_one_thing": lambda desk: offer(desk, vacancy=publish(desk), post=open_posts(desk)[0]),
}
TURNED = {
    "vacancy_closed_with_a_reason": lambda desk: vacancy(desk, closed_on=D, end_reason="wrong"),
    "jobseeker_in_order": lambda desk: seeker(desk, ended_on=BEFORE, end_reason="placed"),
    "jobseeker_ended_with_a_reason": lambda desk: seeker(desk, end_reason="placed"),
    "offer_of_one_thing": offer,
}


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses(desk, name):
    assert_refused("placements", name, lambda: CASES[name](desk))


@pytest.mark.parametrize("name", TURNED)
def test_the_database_refuses_the_other_way_round(desk, name):
    assert_refused("placements", name, lambda: TURNED[name](desk))


def test_every_constraint_of_the_market_is_tried():
    tables = (models.ServicePoint, models.Event, models.Vacancy, models.JobSeeker, models.Offer)
    assert {one.name for table in tables for one in table._meta.constraints} == set(CASES)


def test_the_same_name_stands_in_two_areas(desk):
    point(desk)
    point(desk, area=AreaFactory(community=True))
    assert ServicePoint.objects.count() == 2
