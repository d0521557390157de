"""Random lines of money against whole numbers of fen: nothing here shares a step with `subsidies.rules.compute`."""

import random
from datetime import date
from decimal import Decimal
from fractions import Fraction

from subsidies.choices import Basis
from subsidies.rules import Terms, amount_again, compute

_SHARES = ("1/2", "2/3", "1/3", "3/7", "0.5", "0.245", "1", "5/8", "0.333")
_CONTRIBUTIONS = ("0.245", "0.28", "0.16", "0.0975", "1/3")
_PARTS = (Fraction(1), Fraction(1, 2))


def drawn(draw):
    """Terms, a value and a part as documents and people could give them."""
    part = draw.choice(_PARTS)
    ceiling = Decimal(draw.randrange(10_00, 3_000_00)).scaleb(-2) if draw.random() < 0.3 else None
    known = {"document": "d", "rate": 1, "in_force_from": date(2026, 1, 1), "ceiling": ceiling}
    if draw.random() < 0.3:
        amount = Decimal(draw.randrange(1, 2_000_00)).scaleb(-2)
        return Terms(Basis.DAYS, amount=amount, **known), Decimal(draw.randrange(1, 31)), part
    paid = Fraction(draw.choice(_CONTRIBUTIONS)) if draw.random() < 0.5 else None
    basis = Basis.CONTRIBUTION if paid else Basis.MINIMUM_WAGE
    terms = Terms(basis, share=Fraction(draw.choice(_SHARES)), contribution=paid, **known)
    return terms, Decimal(draw.randrange(1, 40_000_00)).scaleb(-2), part


def fen_of(terms, value, part):
    """The whole fen of a line, in whole numbers from beginning to end."""
    over, under = part.numerator, part.denominator
    for factor in (terms.share, terms.contribution):
        if factor is not None:
            over, under = over * factor.numerator, under * factor.denominator
    if terms.share is None:
        over *= int(terms.amount * 100) * int(value)
    else:
        over *= int(value * 100)
    fen = over // under
    return fen if terms.ceiling is None else min(fen, int(terms.ceiling * 100))


def difference(number, seed=1):
    """How many of so many random lines are not right to the fen, and by how much their sum is wrong."""
    draw = random.Random(seed)
    wrong, total, expected = 0, Decimal("0.00"), 0
    for _line in range(number):
        terms, value, part = drawn(draw)
        computed = compute(terms, value, part=part)
        fen = fen_of(terms, value, part)
        total, expected = total + computed.amount, expected + fen
        wrong += computed.amount != Decimal(fen).scaleb(-2) or amount_again(computed.basis) != computed.amount
    return wrong, total - Decimal(expected).scaleb(-2)
