"""Money to the fen, and the longest time it is paid: against references that share no step with the rules."""

import ast
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from subsidies.choices import Basis, Scheme
from subsidies.rules import (
    Terms,
    amount_again,
    amount_uncapped,
    compute,
    cut_to_fen,
    days_within,
    digest_of,
    last_month_paid,
    months,
)
from subsidies.schemes import PLANS, allowed_together
from tests.subsidies.exact import difference
from tests.subsidies.terms_reference import different

#: The bench tries a million and a hundred thousand.
LINES, CASES = 5_000, 10_000
SOURCES = sorted(Path(__file__).parents[2].joinpath("subsidies").rglob("*.py"))
JANUARY = date(2026, 1, 1)


def terms(basis, **values):
    return Terms(basis, "d", 1, JANUARY, **values)


@pytest.mark.parametrize(
    ("exact", "cut"),
    [("2/3", "0.66"), ("1/200", "0.00"), ("199/200", "0.99"), ("1", "1.00"), ("1245", "1245.00"), ("7/3", "2.33")],
)
def test_cut_to_the_fen_and_never_raised(exact, cut):
    assert str(cut_to_fen(Fraction(exact))) == cut


@pytest.mark.parametrize(
    ("given", "value", "part", "yuan"),
    [
        (terms(Basis.MINIMUM_WAGE, share=Fraction(1, 2)), Decimal("2490.00"), 1, "1245.00"),
        (terms(Basis.MINIMUM_WAGE, share=Fraction(1, 2)), Decimal("2489.99"), 1, "1244.99"),
        (
            terms(Basis.CONTRIBUTION, share=Fraction(2, 3), contribution=Fraction("0.28")),
            Decimal("4000.00"), 1, "746.66",
        ),
        (terms(Basis.DAYS, amount=Decimal("5.00")), 3, 1, "15.00"),
        (terms(Basis.PERSON, amount=Decimal("500.01")), 1, Fraction(1, 2), "250.00"),
        (terms(Basis.FEE, share=Fraction(1), ceiling=Decimal("300")), Decimal("420.00"), 1, "300.00"),
    ],
)  # fmt: skip
def test_amounts(given, value, part, yuan):
    computed = compute(given, value, part=Fraction(part))
    assert str(computed.amount) == yuan
    assert amount_again(computed.basis) == computed.amount
    assert digest_of(computed.basis) == computed.digest


def test_without_its_ceiling_it_is_what_was_asked_for():
    basis = compute(terms(Basis.FEE, share=Fraction(1), ceiling=Decimal("300")), Decimal("420.00")).basis
    assert amount_uncapped(basis) == Decimal("420.00")


def test_every_random_line_is_right_to_the_fen():
    assert difference(LINES) == (0, Decimal("0.00"))


def floats_in(source):
    """Where a module could make a float: a literal, the name, or a division that is not of fractions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno
        if isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr in {"FloatField", "truediv"}:
            yield node.lineno


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(path.parents[1])))
def test_no_float_in_what_reckons_money(path):
    assert list(floats_in(path.read_text())) == []


def test_the_guard_against_floats_bites():
    assert list(floats_in("a = 0.5\nb = float('1')\nc = models.FloatField()")) == [1, 2, 3]


def test_the_longest_time_equals_the_walk_through_the_calendar():
    assert different(CASES) == []


@pytest.mark.parametrize(
    ("approved", "retires_on", "last"),
    [
        (date(2026, 3, 10), date(2031, 3, 10), date(2028, 12, 1)),
        (date(2026, 3, 10), date(2031, 3, 9), date(2031, 2, 1)),
        (date(2026, 3, 10), date(2026, 12, 31), date(2026, 11, 1)),
        (date(2024, 2, 29), date(2029, 2, 28), date(2028, 12, 1)),
    ],
)
def test_until_retirement_with_less_than_five_years_left(approved, retires_on, last):
    assert last_month_paid(date(2026, 1, 1), approved, retires_on, 36, 5) == last


def test_days_of_a_stretch_within_a_month():
    july = date(2026, 7, 1)
    assert days_within(july, date(2026, 7, 17), None) == 15
    assert days_within(july, date(2026, 1, 1), date(2026, 7, 14)) == 14
    assert days_within(july, date(2026, 8, 1), None) == 0


def test_months_with_both_ends():
    assert list(months(date(2026, 11, 20), date(2027, 1, 1))) == [
        date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1),
    ]  # fmt: skip


def test_the_matrix_of_schemes():
    """S4-20: creation with the top-up purchase; what is not of one kind never stands in each other's way."""
    matrix = [["post_creation", "post_purchase"]]
    assert allowed_together(matrix, Scheme.POST_PURCHASE, Scheme.POST_CREATION)
    assert not allowed_together(matrix, Scheme.POST, Scheme.POST_PURCHASE)
    assert allowed_together(matrix, Scheme.TRANSPORT, Scheme.POST)


def test_every_scheme_has_a_plan():
    assert set(PLANS) == set(Scheme)
