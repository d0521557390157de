"""Registrations of job seekers: one in force a person, valid for the months of the city, ended by themselves."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from assistance.models import Service
from city.choices import Role
from city.ledgers import ledger_named
from city.models import Parameter
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from placements.models import JobSeeker
from placements.services import seekers
from tests.city.factories import PostingFactory
from tests.desks import elsewhere, superior
from tests.placements.factories_market import JobSeekerFactory
from tests.placements.market_desk import publish, register
from tests.placements.post_desk import make_post_desk

pytestmark = pytest.mark.django_db
MAY = {Role.STATION_CLERK, Role.STATION_HEAD, Role.STREET_REVIEWER}
_LEVEL = {
    Role.STATION_CLERK: "community",
    Role.STATION_HEAD: "community",
    Role.STREET_REVIEWER: "street",
    Role.DISTRICT_OFFICER: "district",
    Role.FINANCE: "district",
}


@pytest.fixture
def desk():
    return make_post_desk()


def posting_of(role, community):
    return PostingFactory(role=role, area=superior(community, _LEVEL.get(role, "city")))


def every_act(search, by):
    resident_id = search.resident_id
    return [
        lambda: seekers.register(resident_id=resident_id, values={}, by=by),
        lambda: seekers.correct(seeker_id=search.pk, version=search.version, values={"words": "x"}, by=by),
        lambda: seekers.renew(seeker_id=search.pk, version=search.version, by=by),
        lambda: seekers.end(seeker_id=search.pk, version=search.version, reason="withdrawn", by=by),
    ]


@pytest.mark.parametrize("role", Role)
def test_who_may_register_correct_renew_and_end(desk, role):
    search = register(desk)
    for act in every_act(search, posting_of(role, desk.community)):
        if role not in MAY:
            with pytest.raises(NotAllowed):
                act()
    if role in MAY:
        for turn in (1, 2, 3):
            search.refresh_from_db()
            every_act(search, posting_of(role, desk.community))[turn]()
        assert JobSeeker.objects.get().end_reason == "withdrawn"


@pytest.mark.parametrize("role", sorted(MAY))
def test_nobody_does_it_outside_the_area(desk, role):
    search = register(desk)
    for act in every_act(search, posting_of(role, elsewhere(desk.community))):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize(("months", "days"), [(1, 27), (12, 360)])
def test_a_registration_is_valid_for_the_months_of_the_city(desk, months, days):
    Parameter.objects.create(
        name="job_search_months", area=desk.city.area, in_force_from=date(2020, 1, 1), value=months
    )
    search = register(desk)
    assert search.registered_on == timezone.localdate()
    assert days <= (search.valid_until - search.registered_on).days <= days + 5


def test_one_registration_is_in_force_a_person(desk):
    register(desk)
    with pytest.raises(Conflict):
        register(desk)


def test_what_ran_out_makes_way_before_the_night_has_come(desk):
    today = timezone.localdate()
    old = JobSeekerFactory(
        resident=desk.person, registered_on=today - timedelta(days=200), valid_until=today - timedelta(days=1)
    )
    register(desk)
    old.refresh_from_db()
    assert (old.ended_on, old.end_reason) == (today, "expired")
    assert JobSeeker.objects.count() == 2


def test_who_is_retired_is_not_registered(desk):
    type(desk.person).objects.filter(pk=desk.person.pk).update(retires_on=timezone.localdate())
    with pytest.raises(StepRefused):
        register(desk)


def test_a_renewal_stays_one_person_time(desk):
    today = timezone.localdate()
    search = JobSeekerFactory(
        resident=desk.person, registered_on=today - timedelta(days=150), valid_until=today + timedelta(days=1)
    )
    seekers.renew(seeker_id=search.pk, version=search.version, by=desk.clerk)
    search.refresh_from_db()
    assert search.valid_until == seekers.last_day(today, 6)
    assert JobSeeker.objects.count() == 1


@pytest.mark.parametrize("reason", ["expired", "", "other"])
def test_a_person_ends_it_with_a_reason_of_persons(desk, reason):
    search = register(desk)
    with pytest.raises(StepRefused):
        seekers.end(seeker_id=search.pk, version=search.version, reason=reason, by=desk.clerk)


def test_what_has_ended_is_not_changed(desk):
    search = register(desk)
    seekers.end(seeker_id=search.pk, version=search.version, reason="placed", by=desk.clerk)
    for act in every_act(search, desk.clerk)[1:]:
        with pytest.raises(Conflict):
            act()


def test_a_stale_page_overwrites_nothing(desk):
    search = register(desk)
    stale = every_act(search, desk.clerk)[1:]
    seekers.correct(seeker_id=search.pk, version=search.version, values={"words": "只做白班"}, by=desk.clerk)
    for act in stale:
        with pytest.raises(Conflict):
            act()
    search.refresh_from_db()
    assert (search.words, search.ended_on, search.version) == ("只做白班", None, 1)


@pytest.mark.parametrize(("days_left", "ends"), [(-1, True), (0, True), (1, False)])
def test_the_night_ends_what_is_over_and_the_past_stays_as_it_was(desk, days_left, ends):
    day = timezone.localdate()
    last = day + timedelta(days=days_left)
    search = JobSeekerFactory(resident=desk.person, registered_on=day - timedelta(days=9), valid_until=last)
    assert seekers.end_expired(day) == ends
    search.refresh_from_db()
    assert (search.end_reason == "expired") is ends
    assert JobSeeker.objects.in_force_on(last).exists()
    assert not JobSeeker.objects.in_force_on(last + timedelta(days=1)).exists()
    assert seekers.end_expired(day) == 0


def test_the_ledger_of_vacancies_and_job_seekers(desk):
    today = timezone.localdate()
    publish(desk, skills="会用洗地机", wage_to=3500)
    register(desk, occupation="保洁", wage_wished=3000)
    for kind in ("guidance", "job_offer", "job_offer", "policy"):
        Service.objects.create(resident=desk.person, kind=kind, provided_on=today)
    Service.objects.create(resident=desk.person, kind="guidance", provided_on=today - timedelta(days=3))
    ledger = ledger_named("L8")
    rows = list(ledger.rows(desk.community, today))
    assert len(rows) == 1
    line = dict(zip(ledger.headings, rows[0], strict=True))
    assert (line["岗位"], line["人数"], line["工资"]) == ("保洁员", 2, "3000—3500")
    assert (line["姓名"], line["专业"]) == (desk.person.name, "保洁")
    assert (line["职业指导次数"], line["职业介绍次数"], line["登记时间"]) == (1, 2, today)
    assert list(ledger.rows(elsewhere(desk.community), today)) == []
