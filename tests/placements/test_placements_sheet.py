"""The list of placements as a sheet: the ledger and the placement in one go, dirt with its reasons, twice is once."""

from datetime import date

import pytest

from city.choices import Role
from city.rules import id_check_digit
from households.choices import LabourState
from households.models import LabourSpell, LedgerSpan
from placements.choices import PlacementEnd, PlacementState, PostState
from placements.models import Placement, Post
from tests.assistance.case_desk import elsewhere, make_person
from tests.assistance.test_layoffs_sheet import good_code
from tests.city.factories import PostingFactory
from tests.households.factories import HouseholdFactory, LabourSpellFactory, ResidentFactory
from tests.households.sheet_runs import refused_columns, run, told
from tests.placements.post_desk import make_post_desk, open_posts

pytestmark = pytest.mark.django_db
CODE = good_code("91330100MA0000001")


@pytest.fixture
def desk():
    return make_post_desk()


def row(person, **cells):
    return {
        "身份证号": person.id_number,
        "就业渠道": "单位就业",
        "单位名称": "丝厂",
        "上岗日期": "2026-03-02",
        **cells,
    }


def load(desk, *rows, **options):
    return run("placements", *rows, posting=options.pop("posting", desk.head), **options)


def test_a_row_becomes_a_placement_and_a_labour_spell(desk):
    cells = {"统一社会信用代码": CODE, "岗位": "挡车工", "合同月数": "12", "月收入": "3200", "是否参保": "是"}
    assert told(load(desk, row(desk.person, **cells))) == (1, 0, 0)
    placement = Placement.objects.select_related("spell", "employer").get()
    spell = placement.spell
    assert (placement.state, placement.job, placement.employer.name) == (PlacementState.CONFIRMED, "挡车工", "丝厂")
    assert (spell.started_on, spell.state, spell.contract_months) == (date(2026, 3, 2), LabourState.EMPLOYED, 12)
    assert (spell.monthly_income, spell.insured) == (3200, True)
    assert LedgerSpan.objects.in_force_on(date(2026, 3, 2)).get(resident=desk.person).state == LabourState.EMPLOYED


def test_the_second_load_changes_nothing(desk):
    cells = {"统一社会信用代码": CODE, "离岗日期": "2026-05-31", "离岗原因": "辞职"}
    rows = [row(desk.person, **cells), row(desk.person, 上岗日期="2026-07-01", 单位名称="二厂")]
    assert told(load(desk, *rows)) == (2, 0, 0)
    left = list(Placement.objects.order_by("pk").values()), list(LabourSpell.objects.order_by("pk").values())
    assert told(load(desk, *rows)) == (0, 2, 0)
    assert (list(Placement.objects.order_by("pk").values()), list(LabourSpell.objects.order_by("pk").values())) == left


def test_a_dry_run_says_the_same_and_writes_nothing(desk):
    rows = [row(desk.person), row(desk.person, 上岗日期="2024-01-01")]
    dry = load(desk, *rows, write=False)
    assert not Placement.objects.exists()
    assert desk.person.labour_spells.count() == 1
    assert told(dry) == told(load(desk, *rows))


def test_rows_are_taken_by_day_whatever_their_order(desk):
    later = row(desk.person, 上岗日期="2026-07-01", 单位名称="二厂")
    first = row(desk.person, 离岗日期="2026-05-31", 离岗原因="单位终止")
    assert told(load(desk, later, first)) == (2, 0, 0)
    placements = Placement.objects.order_by("spell__started_on").values_list("state", "end_reason")
    assert list(placements) == [("ended", "employer"), ("confirmed", "")]


def test_work_of_the_past_that_the_ledger_knows_is_joined(desk):
    LabourSpellFactory(resident=desk.person, started_on=date(2024, 1, 1), state=LabourState.EMPLOYED)
    known = row(desk.person, 上岗日期="2024-01-01", 离岗原因="辞职")
    assert told(load(desk, known)) == (1, 0, 0)
    placement = Placement.objects.get()
    assert (placement.state, placement.end_reason) == (PlacementState.ENDED, PlacementEnd.RESIGNED)
    assert placement.spell.started_on == date(2024, 1, 1)
    assert desk.person.labour_spells.count() == 2
    assert told(load(desk, known)) == (0, 1, 0)


def test_work_on_a_post_fills_it(desk):
    (post,) = open_posts(desk)
    cells = {"就业渠道": "公益性岗位", "岗位编号": post.number, "单位名称": ""}
    assert told(load(desk, row(desk.person, **cells))) == (1, 0, 0)
    post.refresh_from_db()
    assert (post.state, post.holder) == (PostState.FILLED, desk.person)
    assert Placement.objects.get().turn == 1
    assert told(load(desk, row(desk.person, **cells))) == (0, 1, 0)


def test_two_people_for_one_post_and_one_person_for_two_are_refused(desk):
    first, second = open_posts(desk, headcount=2)
    other = make_person(desk.home)

    def on(post, person, **cells):
        return row(person, 就业渠道="公益性岗位", 岗位编号=post.number, 单位名称="", **cells)

    result = load(desk, on(first, desk.person), on(first, other), on(second, desk.person, 上岗日期="2026-04-01"))
    assert told(result) == (1, 0, 2)
    assert Post.objects.filter(state=PostState.FILLED).count() == 1


def test_an_end_told_later_ends_the_placement(desk):
    load(desk, row(desk.person))
    again = row(desk.person, 离岗日期="2026-06-30", 离岗原因="期满", 月收入="3300")
    assert told(load(desk, again)) == (1, 0, 0)
    placement = Placement.objects.get()
    assert (placement.state, placement.monthly_income, placement.spell.monthly_income) == ("ended", 3300, 3300)
    assert told(load(desk, again)) == (0, 1, 0)


def test_every_error_comes_back_at_once_and_the_good_row_is_written(desk):
    stranger = ResidentFactory(home=HouseholdFactory(community=elsewhere(desk.community)))
    nobody = "11010119800101123"
    person = desk.person
    rows = [
        row(stranger),
        row(person, 身份证号=nobody + id_check_digit(nobody)),
        row(person, 就业渠道="公益性岗位"),
        row(person, 就业渠道="公益性岗位", 岗位编号="none"),
        row(person, 岗位编号="none"),
        row(person, 就业渠道="劳务派遣"),
        row(person, 单位名称=""),
        row(person, 就业渠道="劳务输出"),
        row(person, 离岗日期="2026-03-01", 离岗原因="期满"),
        row(person, 离岗日期="2026-06-01"),
        row(person, 上岗日期="2024-01-01"),
        row(person, 就业渠道="打工"),
        row(person),
    ]
    result = load(desk, *rows)
    assert told(result) == (1, 0, 12)
    assert refused_columns(result) == {
        (2, "身份证号"),
        (3, "身份证号"),
        (4, "岗位编号"),
        (5, "岗位编号"),
        (6, "岗位编号"),
        (7, "统一社会信用代码"),
        (8, "单位名称"),
        (9, "输出去向"),
        (10, "离岗日期"),
        (11, "离岗原因"),
        (12, "上岗日期"),
        (13, "就业渠道"),
    }


def test_who_may_not_confirm_work_loads_nothing(desk):
    result = load(desk, row(desk.person), posting=desk.clerk)
    assert told(result) == (0, 0, 1)
    assert told(load(desk, row(desk.person), posting=None)) == (0, 0, 1)


def test_the_street_loads_for_its_stations(desk):
    by = PostingFactory(area=desk.community.parent, role=Role.STREET_REVIEWER)
    assert told(load(desk, row(desk.person), posting=by)) == (1, 0, 0)
