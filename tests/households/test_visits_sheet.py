from datetime import date, time

import pytest

from households.models import LedgerSpan, Visit
from households.services.visits import correct_visit
from tests.city.factories import AreaFactory, PostingFactory
from tests.households.factories import VisitFactory
from tests.households.sheet_runs import CODE, DAY, person, refused_columns, run, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def household():
    AreaFactory(community=True, code=CODE)
    run("roster", person(就业状态="失业", 状态起始日期="2025-01-01"))


def row(**cells):
    return {"社区代码": CODE, "户号": "1", "走访日期": "2026-03-01", "结果": "完成", **cells}


def visits(*rows):
    return run("visits", *rows)


def confirmed():
    return LedgerSpan.objects.get(state=2).confirmed_on


def test_a_completed_visit_without_change_confirms_every_member():
    assert told(visits(row(情况无变化="是", 走访人="李四", 备注="好"))) == (1, 0, 0)
    assert Visit.objects.values_list("way", "visitor", "outcome", "unchanged", "note").get() == (
        "door",
        "李四",
        "completed",
        True,
        "好",
    )
    assert confirmed() == date(2026, 3, 1)
    assert told(visits(row(走访人="李四"))) == (0, 1, 0)
    assert told(visits(row(走访人="李四", 情况无变化="否"))) == (1, 0, 0)
    assert confirmed() == date(2025, 1, 1)


@pytest.mark.parametrize("outcome", ["无人", "拒访", "搬离"])
def test_another_outcome_confirms_nobody(outcome):
    assert told(visits(row(结果=outcome, 情况无变化="是"))) == (1, 0, 0)
    assert told(visits(row(结果=outcome, 情况无变化="是"))) == (0, 1, 0)
    assert confirmed() == date(2025, 1, 1)


def test_a_visit_is_known_by_household_day_way_and_visitor():
    others = [row(方式="电话"), row(走访人="李四"), row(走访日期="2026-03-02")]
    assert told(visits(row(), *others, row(户号="0001"))) == (4, 1, 0)


def test_a_known_visit_is_corrected_but_not_within_one_file():
    visits(row(结果="无人"))
    result = visits(row(), row(结果="拒访"), row())
    assert told(result) == (1, 1, 1)
    assert refused_columns(result) == {(3, "结果")}
    assert Visit.objects.get().outcome == "completed"


def test_of_several_visits_of_a_day_a_row_means_the_one_that_says_the_same():
    visits(row(结果="无人", 走访人="李四"))
    first = Visit.objects.get()
    for at, outcome in ((time(14), "refused"), (time(19), "completed")):
        VisitFactory(
            household=first.household, visited_on=first.visited_on, visitor="李四", visited_at=at, outcome=outcome
        )
    assert told(visits(row(结果="无人", 走访人="李四"))) == (0, 1, 0)
    assert told(visits(row(走访人="李四", 备注="晚上"))) == (1, 0, 0)
    assert list(Visit.objects.order_by("pk").values_list("outcome", "note")) == [
        ("nobody_in", ""),
        ("refused", ""),
        ("completed", "晚上"),
    ]


def test_a_visit_corrected_on_its_page_is_left_alone():
    visits(row(情况无变化="是", 走访人="李四"))
    old = Visit.objects.get()
    posting = PostingFactory(area=old.household.community)
    correct_visit(
        visit_id=old.pk, by=posting, visited_on=old.visited_on, outcome="refused", way="door", visitor="李四"
    )
    assert told(visits(row(情况无变化="是", 走访人="李四"))) == (0, 1, 0)
    assert refused_columns(visits(row(结果="无人", 走访人="李四"))) == {(2, "走访日期")}
    assert Visit.objects.standing().get().outcome == "refused"
    assert confirmed() == date(2025, 1, 1)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"户号": "2"}, "户号"),
        ({"走访日期": "2999-04-01"}, "走访日期"),
        ({"结果": "好"}, "结果"),
        ({"结果": ""}, "结果"),
    ],
)
def test_a_row_that_cannot_be_is_refused(cells, column):
    assert date(2026, 4, 1) > DAY
    assert refused_columns(visits({**row(), **cells})) == {(2, column)}
