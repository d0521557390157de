from datetime import date

import pytest

from households.models import ZeroEmploymentEpisode
from tests.city.factories import AreaFactory
from tests.households.factories import HouseholdFactory
from tests.households.sheet_runs import CODE, refused_columns, run, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def household():
    return HouseholdFactory(community=AreaFactory(community=True, code=CODE), number="1")


def row(day="2025-05-01", **cells):
    return {"社区代码": CODE, "户号": "0001", "认定日期": day, **cells}


def ledger(*rows):
    return run("zero_households", *rows)


def episodes():
    names = "certified_on", "eliminated_on", "withdrawn_on", "withdrawal_reason", "card_number"
    return list(ZeroEmploymentEpisode.objects.order_by("certified_on").values_list(*names))


def test_an_episode_opens_and_its_end_and_card_are_added_later():
    assert told(ledger(row())) == (1, 0, 0)
    assert told(ledger(row())) == (0, 1, 0)
    assert told(ledger(row(卡号="K1"))) == (1, 0, 0)
    assert told(ledger(row(消除日期="2025-06-01"))) == (1, 0, 0)
    assert told(ledger(row())) == (0, 1, 0)
    assert told(ledger(row(消除日期="2025-06-01", 卡号="K2"))) == (1, 0, 0)
    assert episodes() == [(date(2025, 5, 1), date(2025, 6, 1), None, "", "K2")]


@pytest.mark.parametrize(
    ("word", "reason"),
    [("搬离", "moved"), ("拒绝三次", "refused"), ("", "other"), ("其他", "other"), ("经营收入", "income")],
)
def test_an_episode_is_withdrawn_for_a_reason(word, reason):
    assert told(ledger(row(退出日期="2025-06-01", 退出原因=word))) == (1, 0, 0)
    assert episodes()[0][3] == reason
    assert told(ledger(row(退出日期="2025-06-01", 退出原因=word))) == (0, 1, 0)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"户号": "2"}, "户号"),
        ({"社区代码": "330102001009"}, "社区代码"),
        ({"消除日期": "2025-06-01", "退出日期": "2025-06-01"}, "退出日期"),
        ({"消除日期": "2025-04-30"}, "消除日期"),
        ({"退出日期": "2025-04-30"}, "退出日期"),
        ({"退出原因": "搬离"}, "退出日期"),
    ],
)
def test_a_row_that_cannot_be_is_refused(cells, column):
    assert refused_columns(ledger({**row(), **cells})) == {(2, column)}
    assert episodes() == []


def test_a_known_end_is_not_changed_by_a_sheet():
    ledger(row(消除日期="2025-06-01"))
    assert refused_columns(ledger(row(消除日期="2025-06-02"))) == {(2, "消除日期")}
    assert refused_columns(ledger(row(退出日期="2025-06-01"))) == {(2, "退出日期")}


@pytest.mark.parametrize(
    ("first", "second", "fits"),
    [
        (row("2025-05-01", 消除日期="2025-06-01"), row("2025-06-01"), True),
        (row("2025-05-01", 消除日期="2025-06-02"), row("2025-06-01"), False),
        (row("2025-05-01"), row("2025-06-01"), False),
        (row("2025-06-01"), row("2025-05-01"), False),
        (row("2025-06-01"), row("2025-05-01", 消除日期="2025-06-01"), True),
        (row("2025-05-01", 退出日期="2025-07-01"), row("2025-06-01", 消除日期="2025-06-10"), False),
        (row("2025-05-01", 卡号="K1"), row("2025-05-01", 卡号="K2"), False),
    ],
)
@pytest.mark.parametrize("one_file", [True, False])
def test_episodes_of_a_household_do_not_overlap(first, second, fits, one_file):
    if not one_file:
        result = (ledger(first), ledger(second))[1]
        fits = fits or "卡号" in second
        assert told(result) == ((1, 0, 0) if fits else (0, 0, 1))
        return
    assert told(ledger(first, second)) == ((2, 0, 0) if fits else (1, 0, 1))
    assert told(ledger(first, second)) == ((0, 2, 0) if fits else (0, 1, 1))


def test_an_end_and_the_next_episode_may_come_in_one_file():
    ledger(row("2025-05-01"))
    assert told(ledger(row("2025-05-01", 消除日期="2025-06-01"), row("2025-08-01"))) == (2, 0, 0)
    assert [episode[0] for episode in episodes()] == [date(2025, 5, 1), date(2025, 8, 1)]
