"""A criterion judged by hand: who may, what is refused, and what the next judgement of the area reads."""

from datetime import date
from http import HTTPStatus

import pytest

from city.choices import AreaLevel, Role
from reports.choices import Verdict
from reports.models import ManualJudgement
from reports.services.night import judge_area
from tests.city.factories import AreaFactory
from tests.desks import sign_in, superior
from tests.households.factories import HouseholdFactory, ResidentFactory
from tests.reports.factories import CriterionFactory, RuleSetFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def community():
    place = AreaFactory(community=True)
    ruleset = RuleSetFactory(area=superior(place, AreaLevel.CITY))
    CriterionFactory(ruleset=ruleset, by_hand=True)
    ResidentFactory(home=HouseholdFactory(community=place))
    return place


def test_the_city_office_alone_judges_by_hand(client, community):
    address = f"/status/{community.code}/judge/no_complaints/"
    sign_in(client, Role.STATION_CLERK, community)
    assert client.get(address).status_code == HTTPStatus.FORBIDDEN
    sign_in(client, Role.CITY_OFFICE, community)
    assert client.get(address).status_code == HTTPStatus.OK
    assert client.get(f"/status/{community.code}/judge/nothing/").status_code == HTTPStatus.NOT_FOUND


def test_a_day_to_come_is_refused_beside_its_field(client, community):
    sign_in(client, Role.CITY_OFFICE, community)
    answer = client.post(
        f"/status/{community.code}/judge/no_complaints/", {"verdict": "met", "judged_on": "2999-01-01"}
    )
    assert "不能填写尚未到来的日期" in answer.content.decode()
    assert not ManualJudgement.objects.exists()


def test_a_judgement_counts_from_its_day_for_twelve_months(client, community):
    posting = sign_in(client, Role.CITY_OFFICE, community)
    address = f"/status/{community.code}/judge/no_complaints/"
    sent = {"verdict": "not_met", "judged_on": "2026-03-01", "note": "two letters"}
    assert client.post(address, sent).status_code == HTTPStatus.FOUND
    assert client.post(address, sent | {"verdict": "met"}).status_code == HTTPStatus.FOUND
    judgement = ManualJudgement.objects.get()
    assert (judgement.by, judgement.verdict, judgement.note) == (posting.staff, Verdict.MET, "two letters")
    assert posting.staff.name in client.get(address).content.decode()
    days = {date(2026, 2, 28): Verdict.NOT_PROVEN, date(2026, 3, 1): Verdict.MET, date(2027, 2, 28): Verdict.MET}
    for day, verdict in (days | {date(2027, 3, 1): Verdict.NOT_PROVEN}).items():
        assert judge_area(community, day).results[0].verdict == verdict
