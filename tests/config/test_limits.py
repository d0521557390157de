"""How often one posting may do what reads many persons: 429 with the time to wait, and a line in the trail."""

import pytest
from redis.exceptions import ConnectionError as RedisAway

from city.models import TrailEntry
from config import limits
from households import ledger
from tests.city.factories import PostingFactory
from tests.households.factories import HouseholdFactory, ResidentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def twice(settings):
    settings.PACES = dict.fromkeys(settings.PACES, (2, 3_600))


@pytest.fixture
def resident(client):
    person = ResidentFactory(home=HouseholdFactory())
    ledger.rebuild()
    person.refresh_from_db()
    client.force_login(PostingFactory(area=person.community).staff)
    return person


def answers(client, *sends):
    return [client.generic(method, address).status_code for method, address in sends]


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/residents/?q=x", 200),
        ("POST", "/residents/{resident}/number/", 200),
        ("POST", "/status/{community}/employment_rate/gap/export/", 302),
        ("POST", "/status/export/", 302),
        ("POST", "/sheets/upload/", 422),
    ],
)
def test_the_third_time_is_too_often(client, resident, method, address, status):
    address = address.format(resident=resident.pk, community=resident.community.code)
    assert answers(client, *[(method, address)] * 2) == [status, status]
    refused = client.generic(method, address)
    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
    assert "60" in refused.content.decode()
    assert TrailEntry.objects.filter(table="refused", before__status=429).count() == 1


def test_one_posting_does_not_use_up_the_turns_of_another(client, resident):
    assert answers(client, *[("GET", "/residents/")] * 3)[-1] == 429
    client.force_login(PostingFactory(area=resident.community).staff)
    assert answers(client, ("GET", "/residents/")) == [200]


def test_one_kind_does_not_use_up_the_turns_of_another(client, resident):
    assert answers(client, *[("GET", "/residents/")] * 3)[-1] == 429
    assert answers(client, ("POST", f"/residents/{resident.pk}/number/")) == [200]


def test_who_has_not_the_right_takes_no_turn(client, resident):
    client.force_login(PostingFactory(area=resident.community.parent.parent, role="finance").staff)
    assert answers(client, *[("GET", "/residents/")] * 3) == [403] * 3


def test_with_the_counter_away_the_work_goes_on(client, resident, monkeypatch):
    def away(*parts, **options):
        raise RedisAway

    monkeypatch.setattr(limits, "take_turn", away)
    assert answers(client, *[("GET", "/residents/")] * 3) == [200] * 3
