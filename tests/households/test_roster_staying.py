"""A roster does not empty a household whose zero-employment episode is open."""

import re
from datetime import date

import pytest

from households import ledger
from households.models import Membership, TransferRequest
from households.services import transfers
from households.sheets.staying import Staying
from tests.city.factories import AreaFactory, PostingFactory
from tests.city.sheet_files import id_number
from tests.desks import elsewhere, superior
from tests.households.factories import ZeroEmploymentEpisodeFactory
from tests.households.sheet_runs import CODE, DAY, person, refused_columns, run, told

pytestmark = pytest.mark.django_db

LEFT = {"离开日期": "2026-02-01", "离开原因": "迁出"}


@pytest.fixture(autouse=True)
def community():
    return AreaFactory(community=True, code=CODE)


def member(order, **cells):
    return person(身份证号=id_number("19800101", f"{order:03d}"), 姓名=f"王{'甲乙丙丁'[order % 4]}", **cells)


@pytest.fixture
def household():
    """Two members and an open episode."""
    run("roster", member(1), member(2), on=date(2026, 1, 1))
    household = Membership.objects.first().household
    ZeroEmploymentEpisodeFactory(household=household, certified_on=date(2026, 1, 1))
    return household


def living_in(household):
    last = {point.resident_id: point.household_id for point in Membership.objects.order_by("started_on")}
    return sum(home == household.pk for home in last.values())


def test_all_but_the_last_may_leave(household):
    result = run("roster", member(1, **LEFT), member(2, **LEFT))
    assert (told(result), refused_columns(result)) == ((1, 0, 1), {(3, "离开日期")})
    assert result.errors[0]["message"] == ledger.nobody_left("1")
    assert living_in(household) == 1


def test_the_last_who_moves_to_another_household_is_refused(household):
    result = run("roster", member(1, 户号="2"), member(2, 户号="2"))
    assert (told(result), refused_columns(result)) == ((1, 0, 1), {(3, "户号")})
    assert living_in(household) == 1


def test_so_is_one_whose_leaving_lies_ahead(household):
    run("roster", member(1, **LEFT))
    result = run("roster", member(2, 离开日期="2026-12-01", 离开原因="迁出"))
    assert refused_columns(result) == {(2, "离开日期")}


def test_one_who_is_recorded_to_leave_later_does_not_stay(household):
    run("roster", member(1, 离开日期="2026-12-01", 离开原因="迁出"))
    assert refused_columns(run("roster", member(2, **LEFT))) == {(2, "离开日期")}


def test_a_dry_run_tells_the_same(household):
    result = run("roster", member(1, **LEFT), member(2, **LEFT), write=False)
    assert refused_columns(result) == {(3, "离开日期")}
    assert living_in(household) == 2


@pytest.mark.parametrize("is_known", [False, True], ids=["new", "of another household"])
def test_who_moves_in_above_may_be_the_one_who_stays(household, is_known):
    if is_known:
        run("roster", member(3, 户号="7"), on=date(2026, 1, 1))
    result = run("roster", member(3), member(1, **LEFT), member(2, **LEFT))
    assert told(result) == (3, 0, 0)
    assert living_in(household) == 1


def test_who_comes_and_leaves_in_one_row_does_not_stay(household):
    result = run("roster", member(3, **LEFT), member(1, **LEFT), member(2, **LEFT))
    assert refused_columns(result) == {(4, "离开日期")}


def test_the_last_who_stays_is_left_alone(household):
    run("roster", member(1, **LEFT))
    assert told(run("roster", member(1, **LEFT), member(2, 住址="1号楼"))) == (1, 1, 0)


@pytest.mark.parametrize(
    "end",
    [{"eliminated_on": DAY}, {"withdrawn_on": DAY, "withdrawal_reason": "moved"}],
    ids=["eliminated", "withdrawn"],
)
def test_with_the_episode_ended_all_may_leave(household, end):
    household.episodes.update(**end)
    assert told(run("roster", member(1, **LEFT), member(2, 户号="2"))) == (2, 0, 0)
    assert living_in(household) == 0


def test_who_left_before_the_episode_was_told_is_no_news(household):
    household.episodes.all().delete()
    run("roster", member(1, **LEFT), member(2, **LEFT))
    ZeroEmploymentEpisodeFactory(household=household, certified_on=date(2026, 1, 1))
    assert told(run("roster", member(1, **LEFT), member(2, **LEFT))) == (0, 2, 0)


def test_who_is_asked_for_elsewhere_is_refused_when_the_streets_agree(household):
    """A station is not told how a household of another area stands."""
    run("roster", member(1, **LEFT))
    there = elsewhere(household.community)
    claimed = member(2, 社区代码=there.code, 户号="9")
    result = run("roster", claimed, posting=PostingFactory(area=there))
    assert [error["message"] for error in result.errors] != [ledger.nobody_left("1")]
    city = PostingFactory(role="city_office", area=superior(there, "city"))
    with pytest.raises(transfers.CannotAgree, match=re.escape(ledger.nobody_left("1"))):
        transfers.agree(transfer_id=TransferRequest.objects.get().pk, by=city)
    assert living_in(household) == 1


@pytest.mark.parametrize("episodes", [0, 1, 30])
def test_a_file_costs_one_query_more_whatever_it_holds(household, episodes, django_assert_num_queries):
    household.episodes.all().delete()
    for _turn in range(episodes):
        ZeroEmploymentEpisodeFactory(certified_on=date(2026, 1, 1))
    with django_assert_num_queries(1):
        Staying()
