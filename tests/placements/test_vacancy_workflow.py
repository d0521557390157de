"""Vacancies: every step by every role from every state, in the area and outside it; the night; what a form refuses."""

from datetime import timedelta

import pytest
from django.utils import timezone

from city.choices import Role
from city.models import Employer, Move
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from placements.models import Vacancy
from placements.services import vacancies
from placements.workflow import VACANCY
from tests.city.factories import EmployerFactory, PostingFactory
from tests.desks import elsewhere, superior
from tests.placements.market_desk import gather, publish, step, values
from tests.placements.post_desk import make_post_desk

pytestmark = pytest.mark.django_db
_LEVEL = {
    Role.STATION_CLERK: "community",
    Role.STATION_HEAD: "community",
    Role.STREET_REVIEWER: "street",
    Role.DISTRICT_OFFICER: "district",
    Role.FINANCE: "district",
}
MAY = {
    Role.STATION_CLERK,
    Role.STATION_HEAD,
    Role.STREET_REVIEWER,
    Role.DISTRICT_OFFICER,
    Role.CITY_OFFICE,
}
STEPS = [("publish", "gathered"), ("close", "gathered"), ("close", "published")]


@pytest.fixture
def desk():
    return make_post_desk()


def posting_of(role, community):
    return PostingFactory(role=role, area=superior(community, _LEVEL.get(role, "city")))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("action", "state"), STEPS)
def test_who_may_take_a_step(desk, role, action, state):
    vacancy = publish(desk) if state == "published" else gather(desk)
    by = posting_of(role, desk.community)
    sent = {"reason": "withdrawn"} if action == "close" else {}
    if role not in MAY:
        with pytest.raises(NotAllowed):
            step(vacancy, action, by, **sent)
        assert Vacancy.objects.get().state == state
        return
    assert step(vacancy, action, by, **sent).state == {"publish": "published", "close": "closed"}[action]


@pytest.mark.parametrize("role", sorted(MAY - {Role.CITY_OFFICE}))
@pytest.mark.parametrize("action", ["publish", "close"])
def test_nobody_takes_a_step_outside_the_area(desk, role, action):
    vacancy = gather(desk)
    away = elsewhere(desk.community)
    with pytest.raises(NotAllowed):
        step(vacancy, action, posting_of(role, away), reason="withdrawn")
    with pytest.raises(NotAllowed):
        gather(desk, by=posting_of(role, away))


def test_the_table_holds_no_other_step(desk):
    offered = {(one.action, source) for one in VACANCY if one.offered for source in one.sources}
    assert offered == set(STEPS)


@pytest.mark.parametrize(("action", "state"), [("publish", "published"), ("publish", "closed"), ("close", "closed")])
def test_a_step_from_another_state_is_a_conflict(desk, action, state):
    vacancy = publish(desk)
    if state == "closed":
        step(vacancy, "close", desk.clerk, reason="wrong")
    with pytest.raises(Conflict):
        step(vacancy, action, desk.clerk, reason="wrong")


def test_a_stale_page_is_a_conflict(desk):
    vacancy = gather(desk)
    step(vacancy, "publish", desk.clerk)
    with pytest.raises(Conflict):
        vacancies.take_step(vacancy_id=vacancy.pk, action="close", version=0, reason="wrong", by=desk.clerk)


def test_closing_asks_for_a_reason_and_keeps_it(desk):
    vacancy = publish(desk)
    with pytest.raises(StepRefused):
        step(vacancy, "close", desk.clerk)
    closed = step(vacancy, "close", desk.clerk, reason="withdrawn", words="no more")
    assert (closed.closed_on, closed.end_reason) == (timezone.localdate(), "withdrawn")
    moves = Move.objects.filter(workflow=VACANCY.name, key=vacancy.pk).order_by("pk")
    assert [(one.action, one.reason) for one in moves] == [("gather", ""), ("publish", ""), ("close", "withdrawn")]


def test_what_is_over_is_not_published(desk):
    today = timezone.localdate()
    vacancy = gather(desk, valid_from=today - timedelta(days=9), valid_until=today - timedelta(days=1))
    with pytest.raises(StepRefused):
        step(vacancy, "publish", desk.clerk)


def test_a_vacancy_is_numbered_by_its_area_and_year(desk):
    year = timezone.localdate().year
    numbers = [gather(desk).number for _turn in range(2)]
    numbers.append(gather(desk, by=desk.street, area=desk.street.area).number)
    code = desk.community.code
    assert numbers == [f"KG{code}-{year}-0001", f"KG{code}-{year}-0002", f"KG{desk.street.area.code[:9]}-{year}-0001"]


def test_an_employer_is_found_by_its_code_or_made_known(desk):
    known = EmployerFactory(name="一厂")
    sent = {"area": desk.community, "values": values(), "by": desk.clerk}
    vacancy = vacancies.gather(credit_code=known.credit_code, employer_name="", **sent)
    assert vacancy.employer == known
    with pytest.raises(StepRefused) as refused:
        vacancies.gather(credit_code=known.credit_code, employer_name="二厂", **sent)
    assert refused.value.field == "employer_name"
    vacancies.gather(credit_code="91330100MA0000099X", employer_name="三厂", **sent)
    assert Employer.objects.get(credit_code="91330100MA0000099X").name == "三厂"
    assert Employer.objects.get(pk=known.pk).name == "一厂"


def test_a_vacancy_is_put_right_until_it_is_closed(desk):
    vacancy = publish(desk)
    version = vacancy.version
    changed = vacancies.correct(vacancy_id=vacancy.pk, values={"headcount": 5}, version=version, by=desk.clerk)
    assert (changed.headcount, changed.version) == (5, version + 1)
    with pytest.raises(Conflict):
        vacancies.correct(vacancy_id=vacancy.pk, values={"headcount": 6}, version=version, by=desk.clerk)
    away = {"area": elsewhere(desk.community)}
    with pytest.raises(NotAllowed):
        vacancies.correct(vacancy_id=vacancy.pk, values=away, version=version + 1, by=desk.clerk)
    step(vacancy, "close", desk.clerk, reason="wrong")
    vacancy.refresh_from_db()
    with pytest.raises(Conflict):
        vacancies.correct(vacancy_id=vacancy.pk, values={"headcount": 6}, version=vacancy.version, by=desk.clerk)


@pytest.mark.parametrize(("days_left", "is_closed"), [(-1, True), (0, True), (1, False)])
def test_the_night_closes_what_is_over(desk, days_left, is_closed):
    """`day` is the one that ended: a vacancy valid until then is over."""
    day = timezone.localdate()
    last = day + timedelta(days=days_left)
    for vacancy in (gather(desk), publish(desk)):
        Vacancy.objects.filter(pk=vacancy.pk).update(valid_from=last - timedelta(days=5), valid_until=last)
    assert vacancies.close_expired(day) == 2 * is_closed
    for vacancy in Vacancy.objects.all():
        assert (vacancy.state == "closed") is is_closed
        if is_closed:
            assert (vacancy.end_reason, vacancy.closed_on) == ("expired", last + timedelta(days=1))
            move = Move.objects.filter(workflow=VACANCY.name, key=vacancy.pk).latest("pk")
            assert (move.action, move.reason, move.staff, move.to_state) == ("close", "expired", None, "closed")
    assert vacancies.close_expired(day) == 0


def test_who_sees_which_vacancy(desk):
    gathered, published = gather(desk), publish(desk)
    stranger = posting_of(Role.STATION_CLERK, elsewhere(desk.community))
    assert set(Vacancy.objects.visible_to(desk.clerk)) == {gathered, published}
    assert set(Vacancy.objects.visible_to(stranger)) == {published}
    assert not Vacancy.objects.run_by(stranger).exists()
