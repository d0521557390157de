from datetime import date

import pytest

from households.rules import age_on, delay_months, retirement_date, working_age_window

#: The table of the decision of 13 September 2024: sex, category, month of birth, delay, month of retirement.
TABLE = [
    ("male", None, (1964, 12), 0, (2024, 12)),
    ("male", None, (1965, 1), 1, (2025, 2)),
    ("male", None, (1965, 4), 1, (2025, 5)),
    ("male", None, (1965, 5), 2, (2025, 7)),
    ("male", None, (1970, 6), 17, (2031, 11)),
    ("male", None, (1976, 8), 35, (2039, 7)),
    ("male", None, (1976, 9), 36, (2039, 9)),
    ("female", 55, (1970, 1), 1, (2025, 2)),
    ("female", 55, (1971, 4), 4, (2026, 8)),
    ("female", 55, (1981, 9), 36, (2039, 9)),
    ("female", 50, (1974, 12), 0, (2024, 12)),
    ("female", 50, (1975, 1), 1, (2025, 2)),
    ("female", 50, (1975, 3), 2, (2025, 5)),
    ("female", 50, (1984, 10), 59, (2039, 9)),
    ("female", 50, (1984, 11), 60, (2039, 11)),
]


@pytest.mark.parametrize(("sex", "category", "born", "delay", "retires"), TABLE)
def test_the_retirement_month_is_the_published_one(sex, category, born, delay, retires):
    birth_date = date(*born, 15)
    assert delay_months(birth_date, 60 if sex == "male" else category) == delay
    assert retirement_date(birth_date, sex, category) == date(*retires, 15)


def test_a_woman_of_unknown_category_counts_as_50():
    birth_date = date(1975, 3, 10)
    assert retirement_date(birth_date, "female") == retirement_date(birth_date, "female", 50)


def test_a_mans_category_does_not_matter():
    assert retirement_date(date(1965, 1, 1), "male", 50) == date(2025, 2, 1)


def test_the_delay_stops_at_its_longest():
    assert delay_months(date(2000, 1, 1), 60) == delay_months(date(2000, 1, 1), 55) == 36
    assert delay_months(date(2000, 1, 1), 50) == 60


@pytest.mark.parametrize(
    ("birth_date", "sixteen", "retires"),
    [
        (date(1964, 2, 29), date(1980, 2, 29), date(2024, 2, 29)),
        (date(1970, 12, 31), date(1986, 12, 31), date(2032, 6, 30)),
        (date(2008, 2, 29), date(2024, 2, 29), date(2071, 2, 28)),
        (date(1990, 1, 31), date(2006, 1, 31), date(2053, 1, 31)),
    ],
)
def test_the_window_of_working_age_is_clamped_to_the_months_last_day(birth_date, sixteen, retires):
    assert working_age_window(birth_date, "male") == (sixteen, retires)


def test_an_age_changes_on_the_birthday():
    birth_date = date(1980, 6, 15)
    assert [age_on(birth_date, date(2026, 6, day)) for day in (14, 15, 16)] == [45, 46, 46]
