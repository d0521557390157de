from datetime import date

import pytest

from city.choices import Role
from city.ciphers import keyed_hash
from city.models import Posting
from city.sheets.registry import kinds_for
from households.models import OutsideFact
from tests.city.factories import PostingFactory
from tests.city.sheet_files import id_number
from tests.households.sheet_runs import refused_columns, run, told

pytestmark = pytest.mark.django_db
ROW = {"身份证号": id_number(), "种类": "养老待遇", "起始日期": "2026-02-01", "单位": "市社保中心", "来源": "省平台"}


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to("2026-03-15 09:00:00+08:00", tick=False)


def stored():
    names = ("id_hash", "kind", "started_on", "ended_on", "place", "source")
    return list(OutsideFact.objects.order_by("kind", "started_on").values_list(*names))


def test_every_kind_is_kept_by_hash_also_of_a_person_nobody_knows():
    kinds = ("死亡", "养老待遇", "工商登记", "异地参保", "服刑")
    assert told(run("outside_facts", *[{**ROW, "种类": kind} for kind in kinds])) == (5, 0, 0)
    assert {row[0] for row in stored()} == {keyed_hash(id_number())}
    assert {row[1] for row in stored()} == {"death", "pension", "business", "insured_elsewhere", "prison"}


def test_the_same_file_twice_changes_nothing_and_a_dry_run_writes_nothing():
    assert told(run("outside_facts", ROW, write=False)) == (1, 0, 0)
    assert stored() == []
    run("outside_facts", ROW)
    assert told(run("outside_facts", ROW)) == (0, 1, 0)


def test_other_details_correct_and_empty_cells_leave_them():
    run("outside_facts", ROW)
    assert told(run("outside_facts", {**ROW, "终止日期": "2026-02-28", "单位": "", "来源": "市平台"})) == (1, 0, 0)
    assert stored()[0][3:] == (date(2026, 2, 28), "市社保中心", "市平台")
    assert told(run("outside_facts", ROW)) == (1, 0, 0)
    assert stored()[0][3:] == (date(2026, 2, 28), "市社保中心", "省平台")


def test_a_row_that_tells_otherwise_than_an_earlier_one_is_refused():
    result = run("outside_facts", ROW, {**ROW, "单位": "另一处"}, ROW)
    assert told(result) == (1, 1, 1)
    assert refused_columns(result) == {(3, "种类")}


@pytest.mark.parametrize(
    ("cells", "columns"),
    [
        ({"起始日期": "2026-03-15"}, set()),
        ({"起始日期": "2026-03-16"}, {"起始日期"}),
        ({"起始日期": "1980-01-01"}, set()),
        ({"起始日期": "1979-12-31"}, {"起始日期"}),
        ({"终止日期": "2026-02-01"}, set()),
        ({"终止日期": "2026-01-31"}, {"终止日期"}),
        ({"种类": "死亡", "终止日期": "2026-02-02"}, {"终止日期"}),
        ({"种类": "失踪", "身份证号": "1", "起始日期": "2026-02-30"}, {"种类", "身份证号", "起始日期"}),
        ({"起始日期": "", "单位": "长" * 121, "来源": "长" * 61}, {"起始日期", "单位", "来源"}),
    ],
)
def test_days_are_checked_at_their_edges_and_all_errors_told_at_once(cells, columns):
    result = run("outside_facts", {**ROW, **cells})
    assert {column for _row, column in refused_columns(result)} == columns
    assert told(result) == ((1, 0, 0) if not columns else (0, 0, 1))


@pytest.mark.parametrize("role", list(Role))
def test_only_a_district_and_the_city_may_import_what_other_offices_know(role):
    posting = Posting.objects.get(pk=PostingFactory(role=role).pk)
    names = {kind.name for kind in kinds_for(posting)}
    assert ({"insurance", "outside_facts"} <= names) == (role in (Role.DISTRICT_OFFICER, Role.CITY_OFFICE))
