"""The recomputation itself, on cases small enough to be worked out by hand."""

import tomllib
from datetime import date

import pytest

from tests.independent.definitions import add_months, deadline_of, period_start, registrations_of, retirement_date
from tests.independent.oracle import City, points, verdict
from tests.independent.sample import EVIDENCE, POINTS, SAMPLE, expected, sample_oracle, spread_of_days
from tests.independent.sheets import EMPLOYED, WEIGHTS, Refused, checked_id_number

COMMUNITY, NEIGHBOUR, CITY = "330102001001", "330102001002", "330100000000"
AREAS = f"""区划代码,名称,级别
{CITY},市,市
330102000000,区,区县
330102001000,街道,街道
{COMMUNITY},甲,社区
{NEIGHBOUR},乙,社区
"""
COLUMNS = [
    *("社区代码", "户号", "与户主关系", "姓名", "身份证号", "就业状态", "状态起始日期", "失业登记日期", "未就业原因"),
    *("合同月数", "月收入", "参保", "核实日期", "困难类型", "困难认定日期"),
]


def id_number(born_on, order=1):
    """An odd `order` is a man's."""
    first = f"330102{born_on:%Y%m%d}{order:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True))
    return first + "10X98765432"[total % 11]


MAN, WOMAN = id_number(date(1990, 5, 10)), id_number(date(1992, 2, 29), 2)


@pytest.fixture
def city(tmp_path):
    """Builds a city of two communities from roster rows `(day of --on, [rows])`, episodes and visits."""

    def build(*rosters, episodes=(), visits=(), wages=(f"{CITY},2020-01-01,2000",)):
        def sheet(name, heading, rows):
            path = tmp_path / f"{name}.csv"
            path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
            return path

        (tmp_path / "areas.csv").write_text(AREAS, encoding="utf-8")
        return City.from_sheets(
            areas=tmp_path / "areas.csv",
            minimum_wages=sheet("wages", "区划代码,生效日期,月最低工资", wages),
            rosters=[(sheet(f"roster{on}", ",".join(COLUMNS), rows), on) for on, rows in rosters],
            zero_households=sheet("episodes", "社区代码,户号,认定日期,消除日期,退出日期", episodes),
            visits=sheet("visits", "社区代码,户号,走访日期,结果,方式,走访人,情况无变化", visits),
        )

    return build


def row(number, state="", since="", *, home="1", area=COMMUNITY, name="张三", **cells):
    known = dict(zip(COLUMNS, (area, home, "户主", name, number, state, since), strict=False)) | cells
    return ",".join(known.get(column, "") for column in COLUMNS)


@pytest.mark.parametrize(
    ("born_on", "is_man", "category", "retires_on"),
    [
        (date(1964, 12, 31), True, "", date(2024, 12, 31)),
        (date(1965, 1, 31), True, "", date(2025, 2, 28)),
        (date(1965, 4, 1), True, "", date(2025, 5, 1)),
        (date(1965, 5, 1), True, "", date(2025, 7, 1)),
        (date(1970, 6, 1), True, "55", date(2031, 11, 1)),
        (date(1976, 8, 1), True, "", date(2039, 7, 1)),
        (date(1976, 9, 1), True, "", date(2039, 9, 1)),
        (date(1970, 1, 1), False, "55", date(2025, 2, 1)),
        (date(1971, 4, 1), False, "55", date(2026, 8, 1)),
        (date(1981, 9, 1), False, "55", date(2039, 9, 1)),
        (date(1974, 12, 1), False, "50", date(2024, 12, 1)),
        (date(1975, 1, 1), False, "50", date(2025, 2, 1)),
        (date(1975, 3, 1), False, "", date(2025, 5, 1)),
        (date(1984, 10, 1), False, "50", date(2039, 9, 1)),
        (date(1984, 11, 1), False, "50", date(2039, 11, 1)),
    ],
)
def test_retirement_follows_the_published_table(born_on, is_man, category, retires_on):
    assert retirement_date(born_on, is_man, category) == retires_on


def test_months_are_clamped_and_periods_and_deadlines_turn_on_their_day():
    assert add_months(date(2024, 2, 29), 16 * 12) == date(2040, 2, 29)
    assert add_months(date(2010, 2, 28), 16 * 12) == date(2026, 2, 28)
    assert add_months(date(2025, 1, 31), 1) == date(2025, 2, 28)
    assert add_months(date(2024, 2, 29), -12) == date(2023, 2, 28)
    assert period_start(date(2026, 10, 31), "11-01") == date(2025, 11, 1)
    assert period_start(date(2026, 11, 1), "11-01") == date(2026, 11, 1)
    assert deadline_of(date(2026, 1, 31), {"months": 1}) == date(2026, 2, 28)
    assert deadline_of(date(2026, 8, 17), {"quarter_end": True}) == date(2026, 9, 30)
    assert deadline_of(date(2026, 12, 31), {"quarter_end": True}) == date(2026, 12, 31)
    assert deadline_of(date(2026, 12, 31), {"days": 30}) == date(2027, 1, 30)


@pytest.mark.parametrize("value", ["11010519491231002X", "11010519491231002x", "370101190102039973"])
def test_published_id_numbers_are_accepted(value):
    assert checked_id_number(value, date(2026, 1, 1)) == value.upper()


@pytest.mark.parametrize("value", ["110105194912310021", "110105491231002", "370101190102039974"])
def test_wrong_id_numbers_are_refused(value):
    with pytest.raises(Refused):
        checked_id_number(value, date(2026, 1, 1))


def test_working_age_starts_on_the_sixteenth_birthday(city):
    young = id_number(date(2010, 2, 28))
    built = city((date(2026, 3, 1), [row(young, EMPLOYED, "2025-01-01")]))
    rate = {day: built.figures(day)[COMMUNITY]["employment_rate"] for day in (date(2026, 2, 27), date(2026, 2, 28))}
    assert list(rate.values()) == [(0, 0), (1, 1)]


def test_a_move_ends_the_membership_the_day_before_and_leaves_the_spell(city):
    built = city(
        (date(2026, 3, 31), [row(MAN, EMPLOYED, "2026-01-01")]),
        (date(2026, 9, 30), [row(MAN, EMPLOYED, "2026-01-01", home="2", area=NEIGHBOUR)]),
    )
    before, after = built.figures(date(2026, 9, 29)), built.figures(date(2026, 9, 30))
    assert (before[COMMUNITY]["employment_rate"], before[NEIGHBOUR]["employment_rate"]) == ((1, 1), (0, 0))
    assert (after[COMMUNITY]["employment_rate"], after[NEIGHBOUR]["employment_rate"]) == ((0, 0), (1, 1))
    assert after[CITY]["employment_rate"] == (1, 1)
    assert len(built.sheets.people[MAN].spells) == 1


def test_a_row_that_contradicts_history_is_lost_whole(city):
    built = city(
        (date(2026, 3, 31), [row(MAN, EMPLOYED, "2026-05-01")]),
        (date(2026, 9, 30), [row(MAN, "失业", "2026-05-01", home="2"), row(WOMAN, "失业", "2026-01-01", name="李四")]),
    )
    assert list(built.sheets.rejected["roster2026-09-30.csv"]) == [2]
    assert built.sheets.people[MAN].memberships[-1].household == (COMMUNITY, "1")


def test_a_registration_ends_with_the_first_later_job_and_counts_as_placed(city):
    built = city(
        (date(2026, 3, 31), [row(MAN, "失业", "2025-12-01", 失业登记日期="2025-12-05")]),
        (date(2026, 9, 30), [row(MAN, EMPLOYED, "2026-06-01")]),
    )
    (registration,) = registrations_of(built.sheets.people[MAN])
    assert (registration.ended_on, registration.reason) == (date(2026, 5, 31), EMPLOYED)
    key = "registered_unemployed_placement_rate"
    assert built.figures(date(2026, 5, 31))[CITY][key] == (0, 1)
    assert built.figures(date(2026, 6, 1))[CITY][key] == (1, 1)
    assert built.figures(date(2027, 1, 1))[CITY][key] == (0, 0)
    assert built.figures(date(2026, 5, 31))[CITY]["registration_rate"] == (1, 1)


def test_who_left_the_labour_market_leaves_the_placement_rate_on_the_registrations_last_day(city):
    built = city(
        (date(2026, 3, 31), [row(MAN, "失业", "2026-01-01", 失业登记日期="2026-01-01")]),
        (date(2026, 9, 30), [row(MAN, "不在业", "2026-06-01", 未就业原因="在校")]),
    )
    key = "registered_unemployed_placement_rate"
    assert [built.figures(date(2026, 5, day))[CITY][key] for day in (30, 31)] == [(0, 1), (0, 0)]


def test_registration_rules_of_the_roster(city):
    rows = [
        row(MAN, EMPLOYED, "2026-01-01", 失业登记日期="2026-01-01"),
        row(WOMAN, "失业", "2026-01-01", name="李四", 失业登记日期="2026-02-01"),
    ]
    again = row(WOMAN, "失业", "2026-01-01", name="李四", 失业登记日期="2026-01-31")
    built = city((date(2026, 3, 31), rows), (date(2026, 9, 30), [again]))
    assert [list(lost) for name, lost in built.sheets.rejected.items() if "roster" in name] == [[2], [2]]


@pytest.mark.parametrize(
    ("months", "income", "insured", "day", "stable"),
    [
        ("12", "2000", "是", date(2026, 5, 31), 1),
        ("11", "2000", "是", date(2026, 5, 31), 0),
        ("12", "1999.99", "是", date(2026, 5, 31), 0),
        ("12", "2000", "", date(2026, 5, 31), 0),
        ("12", "2000", "是", date(2026, 6, 1), 0),
        ("", "9000", "是", date(2026, 5, 31), 0),
    ],
)
def test_stable_is_a_long_contract_the_wage_of_the_day_and_insurance(city, months, income, insured, day, stable):
    built = city(
        (date(2026, 3, 31), [row(MAN, EMPLOYED, "2026-01-01", 合同月数=months, 月收入=income, 参保=insured)]),
        episodes=[f"{COMMUNITY},01,2026-01-01,2026-01-20,"],
        wages=[f"{CITY},2020-01-01,2000", "330102000000,2026-06-01,2001"],
    )
    assert built.figures(day)[CITY]["stable_employment_rate"] == (stable, 1)


def test_an_episode_through_its_life(city):
    built = city(
        (date(2026, 3, 31), [row(MAN, "失业", "2025-01-01"), row(WOMAN, "不在业", "2025-01-01", name="李四")]),
        episodes=[f"{COMMUNITY},0001,2025-12-10,2026-02-15,"],
        visits=[f"{COMMUNITY},1,2026-02-10,完成,电话,甲,", f"{COMMUNITY},1,2027-02-20,完成,入户,甲,"],
    )

    def at(year, month, day, name):
        return built.figures(date(year, month, day))[CITY]["zero_households_" + name][0]

    assert [at(2025, 12, 9, "open"), at(2025, 12, 10, "open")] == [0, 1]
    assert [at(2026, 2, 14, "open"), at(2026, 2, 15, "open")] == [1, 0]
    assert [at(2025, 12, 9, "detected"), at(2025, 12, 10, "detected"), at(2026, 2, 15, "detected")] == [1, 0, 1]
    assert [at(2026, 2, 14, "base_left"), at(2026, 2, 15, "base_left"), at(2025, 12, 31, "base_left")] == [1, 0, 0]
    assert [at(2025, 12, 31, "arisen"), at(2026, 1, 1, "arisen"), at(2026, 2, 15, "eliminated")] == [1, 0, 1]
    coverage = {
        day: built.figures(day)[CITY]["visit_coverage"]
        for day in (date(2026, 2, 9), date(2026, 2, 10), date(2027, 2, 14), date(2027, 2, 15), date(2027, 2, 20))
    }
    assert list(coverage.values()) == [(0, 1), (1, 1), (0, 1), (0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("ends", "overdue"),
    [("2026-02-28,", 0), ("2026-03-01,", 1), (",2026-02-27", 0), (",2026-02-28", 1), (",", 1)],
)
def test_overdue_is_late_or_open_past_the_deadline(city, ends, overdue):
    built = city((date(2026, 3, 31), [row(MAN, "失业", "2025-01-01")]), episodes=[f"{COMMUNITY},1,2026-01-31,{ends}"])
    key = "zero_households_overdue"
    assert built.figures(date(2026, 2, 28))[CITY][key] == (0, None)
    assert built.figures(date(2026, 3, 1))[CITY][key] == (overdue, None)


def test_overlapping_and_doubly_ended_episodes_are_refused(city):
    built = city(
        (date(2026, 3, 31), [row(MAN, "失业", "2025-01-01")]),
        episodes=[
            f"{COMMUNITY},1,2026-01-10,2026-02-10,",
            f"{COMMUNITY},1,2026-02-09,,",
            f"{COMMUNITY},1,2026-03-09,2026-03-10,2026-03-11",
            f"{COMMUNITY},1,2026-03-09,2026-03-08,",
            f"{COMMUNITY},2,2026-03-09,,",
            f"{COMMUNITY},1,2026-02-10,,",
        ],
    )
    assert list(built.sheets.rejected["episodes.csv"]) == [3, 4, 5, 6]


def test_dual_counts_working_members_of_any_age(city):
    child = id_number(date(2015, 1, 1))
    rows = [row(MAN, EMPLOYED, "2026-02-01"), row(child, EMPLOYED, "2026-03-01", name="张小")]
    built = city((date(2026, 3, 31), rows), episodes=[f"{COMMUNITY},1,2026-01-10,2026-02-01,"])
    key = "dual_employment_rate"
    assert [built.figures(date(2026, month, 1))[CITY][key] for month in (1, 2, 3)] == [(0, 0), (0, 1), (1, 1)]


def test_long_term_is_strictly_more_than_the_months(city):
    built = city((date(2026, 3, 31), [row(MAN, "失业", "2025-08-31")]))
    key = "long_term_unemployed"
    assert [built.figures(date(2026, *day))[CITY][key][0] for day in ((2, 28), (3, 1))] == [0, 1]


def test_bounds_count_the_stale_and_the_unknown(city):
    third = id_number(date(1991, 1, 1), 3)
    rows = [
        row(MAN, EMPLOYED, "2026-01-10"),
        row(WOMAN, "失业", "2026-01-10", name="李四", home="2", 核实日期="2026-03-20"),
        row(third, name="王五"),
    ]
    visits = [
        f"{COMMUNITY},1,2026-02-01,拒访,入户,甲,是",
        f"{COMMUNITY},1,2026-02-02,完成,入户,甲,否",
        f"{COMMUNITY},2,2026-05-01,完成,入户,甲,是",
    ]
    built = city((date(2026, 3, 31), rows), visits=visits)
    key = "employment_rate"
    assert built.bounds(date(2026, 4, 10), 3)[CITY][key] == ((1, 3), (2, 3))
    assert built.bounds(date(2026, 4, 11), 3)[CITY][key] == ((0, 3), (2, 3))
    assert built.bounds(date(2026, 8, 2), 3)[CITY][key] == ((0, 3), (3, 3))
    assert built.people(date(2026, 4, 11), key, "stale", CITY, evidence_months=3) == [(COMMUNITY, MAN)]
    assert built.people(date(2026, 4, 11), key, "unknown", CITY, evidence_months=3) == [(COMMUNITY, third)]
    assert built.people(date(2026, 4, 11), key, "gap", CITY) == [(COMMUNITY, WOMAN)]


def criterion(kind="required", threshold="0.95", **more):
    return {"indicator": "employment_rate", "comparator": ">=", "threshold": threshold, "kind": kind} | more


@pytest.mark.parametrize(
    ("figure", "ends", "expected"),
    [
        ((19, 20), None, "met"),
        ((94, 100), None, "not_met"),
        ((19, 20), ((18, 20), (20, 20)), "not_proven"),
        ((18, 20), ((10, 20), (18, 20)), "not_met"),
        ((0, 0), None, "not_proven"),
    ],
)
def test_verdicts_on_whole_numbers(figure, ends, expected):
    ruleset = {"ruleset": {}, "criterion": [criterion()]}
    ends = {"employment_rate": ends} if ends else {}
    assert verdict(ruleset, {"employment_rate": figure}, ends)[0] == expected


def test_points_are_judged_at_worst_and_best():
    ruleset = {
        "ruleset": {"pass_mark": 90},
        "criterion": [criterion("points", points=90), {"manual": "no_complaints", "kind": "points", "points": 10}],
    }
    figures = {"employment_rate": (19, 20)}
    assert verdict(ruleset, figures, {})[0] == "met"
    assert points(ruleset, ["met", "not_proven"]) == (90, 100)
    ruleset["ruleset"]["pass_mark"] = 91
    assert verdict(ruleset, figures, {})[0] == "not_proven"
    ruleset["ruleset"]["pass_mark"] = 101
    assert verdict(ruleset, figures, {})[0] == "not_met"


def test_the_sample_loses_the_five_rows_that_contradict_what_is_known():
    rejected = sample_oracle().sheets.rejected
    assert {name: sorted(lost) for name, lost in rejected.items() if lost} == {"roster2.csv": [41, 122, 133, 147, 155]}
    assert {path.name for path in SAMPLE.glob("*.csv")} == set(rejected)


@pytest.mark.parametrize(
    ("text", "verdicts"), [(EVIDENCE, {"met", "not_met", "not_proven"}), (POINTS, {"met", "not_met"})]
)
def test_the_days_compared_show_every_verdict(text, verdicts):
    city, ruleset = sample_oracle(), tomllib.loads(text)
    told = [expected(city, day, ruleset) for day in spread_of_days(city)]
    assert {day[code]["verdict"] for day in told for code in city.communities} == verdicts
