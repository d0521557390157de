from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.rules import (
    IdNumberError,
    add_months,
    birth_date_of,
    half_width,
    id_check_digit,
    last_day_older_than,
    month_end,
    normalise_id_number,
    parent_code,
    period_start,
    quarter_end,
    quarter_start,
    sex_of,
)

DAYS = st.dates(date(1930, 1, 1), date(2100, 12, 31))
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2008, 2, 29), 192, date(2024, 2, 29)),
        (date(2012, 2, 29), 12, date(2013, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 5), -12, date(2025, 1, 5)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_months_are_added_with_the_day_clamped_to_the_months_last(day, months, expected):
    assert add_months(day, months) == expected


@given(day=DAYS, months=st.integers(0, 240))
def test_the_cut_off_is_the_latest_day_older_than_so_many_months(day, months):
    cut_off = last_day_older_than(day, months)
    assert add_months(cut_off, months) < day
    assert add_months(cut_off + DAY, months) >= day


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 3, 1), 1, date(2026, 1, 31)),
        (date(2026, 10, 31), 6, date(2026, 4, 30)),
        (date(2026, 10, 30), 6, date(2026, 4, 29)),
    ],
)
def test_the_cut_off_at_the_ends_of_months(day, months, expected):
    assert last_day_older_than(day, months) == expected


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 6, 30), date(2026, 4, 1), date(2026, 6, 30)),
        (date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_a_quarter_has_its_first_and_last_day(day, first, last):
    assert (quarter_start(day), quarter_end(day)) == (first, last)


def test_the_end_of_february_knows_leap_years():
    assert month_end(date(2028, 2, 1)) == date(2028, 2, 29)
    assert month_end(date(2026, 2, 28)) == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("day", "starts", "expected"),
    [
        (date(2026, 1, 1), "01-01", date(2026, 1, 1)),
        (date(2026, 12, 31), "01-01", date(2026, 1, 1)),
        (date(2026, 10, 31), "11-01", date(2025, 11, 1)),
        (date(2026, 11, 1), "11-01", date(2026, 11, 1)),
    ],
)
def test_the_assessment_period_starts_on_its_day(day, starts, expected):
    assert period_start(day, starts) == expected


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("330100000000", "city", None),
        ("330102000000", "district", "330100000000"),
        ("330102001000", "street", "330102000000"),
        ("330102001001", "community", "330102001000"),
    ],
)
def test_a_division_code_tells_its_superior(code, level, parent):
    assert parent_code(code, level) == parent


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002X",
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105194912310\u30000２ｘ",
        "'11010519491231002X",
        "110105-19491231-002X",
    ],
)
def test_an_id_number_has_one_form_however_it_is_written(written):
    assert normalise_id_number(written) == "11010519491231002X"


def test_the_published_id_numbers_are_good():
    assert normalise_id_number("370101190102039973") == "370101190102039973"


def test_the_15_digit_form_meets_the_18_digit_one():
    body = "11010519491231002"
    assert normalise_id_number("110105491231002") == body + id_check_digit(body)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "form"),
        ("11010519491231002", "form"),
        ("1101051949123100ABC", "form"),
        ("01010519491231002X", "form"),
        ("110105194912310021", "check"),
        ("11010519491231012X", "check"),
        ("11010549123100X", "form"),
        ("110105490231002", "date"),
    ],
)
def test_what_is_no_id_number_is_refused_with_the_reason(written, why):
    with pytest.raises(IdNumberError, match=f"^{why}$"):
        normalise_id_number(written)


@pytest.mark.parametrize("birth", ["20260229", "18991231", "19491301", "19490431"])
def test_an_impossible_birth_date_is_refused(birth):
    body = f"110105{birth}002"
    with pytest.raises(IdNumberError, match="^date$"):
        normalise_id_number(body + id_check_digit(body))


def test_every_birthday_of_the_summer_time_years_is_read_as_it_is():
    """China put its clocks forward from 1986 to 1991: a birth date is no moment and cannot shift."""
    day = date(1986, 1, 1)
    while day.year < 1992:
        body = f"110105{day:%Y%m%d}002"
        assert birth_date_of(normalise_id_number(body + id_check_digit(body))) == day
        day += DAY


def test_the_seventeenth_digit_tells_the_sex():
    assert sex_of("370101190102039973") == "male"
    assert sex_of("11010519491231002X") == "female"


def test_full_width_text_becomes_plain_and_chinese_stays():
    assert half_width("ＡＢ１２（甲）\u3000乙") == "AB12(甲) 乙"
