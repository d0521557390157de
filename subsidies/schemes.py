"""What each scheme pays whom for what: the one table every part of the app reads."""

from dataclasses import dataclass

from subsidies.choices import Basis, ClaimPaper, Scheme


@dataclass(frozen=True)
class Plan:
    """`to_employer`: one payee for the claim, else every person is paid. `monthly`: a line a month, else once.

    `bases`: what its rates may stand on. `halves`: paid in two parts. `term`: its months count towards the longest
    time of a person. `apart`: another scheme of the same kind excludes it in the same month unless the stacking
    matrix allows both. `fee`: the fee paid is told by hand. `papers` must be attached, `each` one for every person.
    """

    to_employer: bool
    monthly: bool
    bases: tuple
    halves: bool = False
    term: bool = False
    apart: bool = False
    fee: bool = False
    contract_months: int = 0
    insured: bool = False
    papers: tuple = ()
    each: tuple = ()


_WAGE, _PAID, _FEE, _DAYS, _PERSON = (
    Basis.MINIMUM_WAGE,
    Basis.CONTRIBUTION,
    Basis.FEE,
    Basis.DAYS,
    Basis.PERSON,
)

PLANS = {
    Scheme.POST: Plan(
        True, True, (_WAGE, _PERSON), term=True, apart=True, contract_months=12, papers=(ClaimPaper.PAYROLL,)
    ),
    Scheme.INSURANCE: Plan(
        True, True, (_PAID,), term=True, apart=True, contract_months=12, papers=(ClaimPaper.CONTRIBUTION,)
    ),
    Scheme.FLEXIBLE: Plan(False, True, (_PAID,), term=True, apart=True, papers=(ClaimPaper.CONTRIBUTION,)),
    Scheme.INTRODUCTION: Plan(True, False, (_PERSON,), halves=True),
    Scheme.TRAINING: Plan(True, False, (_PERSON,)),
    Scheme.APPRAISAL: Plan(False, False, (_FEE, _PERSON), fee=True, each=(ClaimPaper.RECEIPT,)),
    Scheme.TRANSPORT: Plan(False, True, (_DAYS,)),
    Scheme.TUITION: Plan(
        False,
        False,
        (_FEE,),
        fee=True,
        each=(ClaimPaper.DIPLOMA, ClaimPaper.VOCATIONAL, ClaimPaper.RECEIPT),
    ),
    Scheme.POST_CREATION: Plan(
        True, False, (_PERSON,), apart=True, contract_months=36, insured=True, papers=(ClaimPaper.CONTRACT,)
    ),
    Scheme.POST_PURCHASE: Plan(True, True, (_WAGE, _PERSON), apart=True, papers=(ClaimPaper.CONTRACT,)),
}


def allowed_together(matrix, one, other):
    """Whether two schemes may pay for the same person and month; `matrix` is the parameter `stacking_allowed`."""
    if not (PLANS[one].apart and PLANS[other].apart):
        return True
    return [str(one), str(other)] in matrix or [str(other), str(one)] in matrix
