"""The years behind a made-up city: written once for this module and judged at the quarters' ends."""

from collections import Counter
from datetime import date

import pytest
from django.db import transaction

from city import trail
from city.choices import AreaLevel
from city.models import Area
from city.rules import add_months, month_end
from reports.choices import Verdict
from reports.judge import judge_all
from reports.services import policies
from reports.synthetic.areas import FALLEN, GOOD, POOR, RECOVERED, SETBACK, SURVEYED, Network
from reports.synthetic.founding import make_city
from reports.terms import Terms

pytestmark = pytest.mark.django_db

DAY = date(2026, 10, 31)
SIZE = {"residents": 8000, "communities": 20}


def days():
    """Two years ago, then every half year, this day last."""
    return [month_end(add_months(DAY, -back)) for back in (24, 18, 12, 6)] + [DAY]


@pytest.fixture(scope="module")
def verdicts(django_db_setup, django_db_blocker):
    """`{day: {community code: verdict}}`."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_city(**SIZE, seed=3, on=DAY)
        with trail.acting(reason="test"):
            policies.load(policies.source_of("hangzhou-2008"), Area.objects.get(level=AreaLevel.CITY))
        yield {
            day: {one.area.code: one.verdict for one in judge_all(Terms(day)) if one.area.level == AreaLevel.COMMUNITY}
            for day in days()
        }
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def communities():
    return Network(3, **SIZE).communities


def met(verdicts, day):
    return Counter(verdicts[day].values())[Verdict.MET]


def test_more_communities_meet_the_rules_now_than_two_years_ago(verdicts):
    first, *_between, last = days()
    assert 0.2 < met(verdicts, first) / SIZE["communities"] < 0.45
    assert 0.5 < met(verdicts, last) / SIZE["communities"] < 0.75
    assert len({met(verdicts, day) for day in days()}) >= 3


def test_every_day_has_verdicts_of_all_three_kinds(verdicts):
    for day in days():
        assert set(verdicts[day].values()) == {Verdict.MET, Verdict.NOT_MET, Verdict.NOT_PROVEN}


def test_communities_are_today_what_their_profile_says(verdicts, communities):
    for community in communities:
        verdict = verdicts[DAY][community.code]
        assert (verdict == Verdict.MET) == (community.profile == GOOD)
        assert (verdict == Verdict.NOT_MET) == (community.profile == POOR)


@pytest.mark.parametrize(
    ("past", "before"),
    [(SURVEYED, Verdict.NOT_PROVEN), (RECOVERED, Verdict.NOT_MET), (FALLEN, Verdict.MET), (SETBACK, Verdict.MET)],
)
def test_two_years_ago_they_were_what_their_past_says(verdicts, communities, past, before):
    found = Counter(verdicts[days()[0]][one.code] for one in communities if one.past == past)
    assert found.most_common(1)[0][0] == before


def test_a_household_left_waiting_past_its_deadline_costs_last_autumn(verdicts, communities):
    setbacks = [one for one in communities if one.past == SETBACK]
    assert setbacks
    for community in setbacks:
        assert verdicts[date(2025, 10, 31)][community.code] == Verdict.NOT_MET
