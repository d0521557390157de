from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db.models import F

from city.choices import AreaLevel
from city.models import Area, Parameter
from city.workdays import seed
from households.deadlines import Deadlines, VerifyDays
from households.models import ZeroEmploymentEpisode
from tests.city.factories import AreaFactory
from tests.households.factories import DeclarationFactory, HouseholdFactory, ZeroEmploymentEpisodeFactory

pytestmark = pytest.mark.django_db
RULE = "elimination_deadline"
DAY = timedelta(days=1)


def put(area, rule, started_on=date(2020, 1, 1), name=RULE):
    Parameter.objects.create(area=area, name=name, value=rule, in_force_from=started_on)


def deadline(community, certified_on, today=date(2026, 11, 21)):
    episode = SimpleNamespace(certified_on=certified_on, eliminated_on=None, withdrawn_on=None)
    return Deadlines(today).of(episode, community)


@pytest.mark.parametrize(
    ("rule", "certified_on", "last_on"),
    [
        ({"working_days": 10}, date(2026, 2, 11), date(2026, 3, 3)),  # Spring Festival 15 to 23, Saturdays 14 and 28
        ({"working_days": 10}, date(2026, 2, 13), date(2026, 3, 5)),
        ({"working_days": 2}, date(2026, 2, 14), date(2026, 2, 25)),
        ({"working_days": 10}, date(2026, 9, 24), date(2026, 10, 15)),  # Mid-Autumn, National Day, Saturday the 10th
        ({"working_days": 2}, date(2026, 9, 30), date(2026, 10, 9)),
        ({"working_days": 1}, date(2026, 10, 9), date(2026, 10, 10)),
        ({"days": 30}, date(2026, 9, 30), date(2026, 10, 30)),
        ({"months": 1}, date(2026, 1, 31), date(2026, 2, 28)),
        ({"quarter_end": True}, date(2026, 10, 1), date(2026, 12, 31)),
        ({"month_end": True}, date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_the_deadline_across_the_holidays_of_2026(rule, certified_on, last_on):
    seed(2026, 2026)
    community = AreaFactory(community=True)
    put(community.parent, rule)
    found = deadline(community, certified_on)
    assert (found.last_on, found.unit) == (last_on, next(iter(rule)))


def test_the_rule_in_force_on_the_day_of_certification_counts():
    community = AreaFactory(community=True)
    put(community, {"days": 10})
    put(community, {"days": 60}, date(2026, 10, 2))
    assert deadline(community, date(2026, 10, 1)).last_on == date(2026, 10, 11)
    assert deadline(community, date(2026, 10, 2)).last_on == date(2026, 12, 1)


@pytest.mark.parametrize(("today", "left", "late"), [(date(2026, 10, 11), 0, False), (date(2026, 10, 12), -1, True)])
def test_the_last_day_is_still_in_time(today, left, late):
    community = AreaFactory(community=True)
    put(community, {"days": 10})
    found = deadline(community, date(2026, 10, 1), today)
    assert (found.days_left, found.is_late) == (left, late)


def test_an_ended_episode_has_no_days_left():
    episode = ZeroEmploymentEpisodeFactory(eliminated_on=date(2026, 12, 1))
    found = Deadlines(date(2026, 12, 24)).of(episode, episode.household.community)
    assert (found.days_left, found.is_late) == (None, False)


RULES = [{"working_days": 10}, {"days": 30}, {"months": 1}, {"quarter_end": True}, {"month_end": True}]


@pytest.mark.parametrize("day", [date(2026, 10, 8), date(2026, 11, 21), date(2026, 12, 31), date(2027, 1, 1)])
def test_due_before_agrees_with_each_deadline(day):
    """The condition in SQL against the deadline of every episode one by one, under five rules that change once."""
    seed(2026, 2026)
    street = AreaFactory(street=True)
    for place, rule in enumerate(RULES):
        community = AreaFactory(level=AreaLevel.COMMUNITY, parent=street)
        put(community, rule)
        put(community, RULES[place - 1], date(2026, 10, 15))
        for back in range(0, 160, 7):
            household = HouseholdFactory(community=community)
            ZeroEmploymentEpisodeFactory(household=household, certified_on=day - back * DAY)
    deadlines = Deadlines(day)
    condition = deadlines.due_before(day, Area.objects.communities())
    found = set(ZeroEmploymentEpisode.objects.filter(condition).values_list("pk", flat=True))
    episodes = ZeroEmploymentEpisode.objects.select_related("household__community")
    late = {one.pk for one in episodes if deadlines.of(one, one.household.community).last_on < day}
    assert found == late
    assert late
    assert len(late) < episodes.count()


def test_due_before_asks_nothing_of_areas_left_out():
    mine, other = (ZeroEmploymentEpisodeFactory(certified_on=date(2026, 1, 1)) for _turn in range(2))
    deadlines = Deadlines(date(2026, 11, 21))
    condition = deadlines.due_before(date(2026, 11, 21), [mine.household.community])
    rows = ZeroEmploymentEpisode.objects.annotate(place=F("household__community")).filter(condition)
    assert [one.pk for one in rows] == [mine.pk]
    assert not ZeroEmploymentEpisode.objects.filter(deadlines.due_before(date(2026, 11, 21), [])).exists()
    assert other.pk != mine.pk


@pytest.mark.parametrize(
    ("declared_on", "verify_by"),
    [
        (date(2026, 2, 12), date(2026, 2, 28)),
        (date(2026, 9, 29), date(2026, 10, 14)),
        (date(2026, 11, 12), date(2026, 11, 23)),
    ],
)
def test_seven_working_days_to_verify_a_declaration(declared_on, verify_by):
    seed(2026, 2026)
    declaration = DeclarationFactory(declared_on=declared_on)
    assert VerifyDays(declared_on).of(declaration).last_on == verify_by
    assert not VerifyDays(verify_by).of(declaration).is_late
    assert VerifyDays(verify_by + DAY).of(declaration).is_late
    declaration.state = "returned"
    assert not VerifyDays(verify_by + DAY).of(declaration).is_late
