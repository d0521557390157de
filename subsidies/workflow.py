"""Who may take which step with claims, rates and clawbacks. Tables only; `city.moves` takes the steps.

That five different persons take the five steps of a round is the database's to see to (`Approval`); who drew the claim
up or put its draft right takes none but the first (`ClaimQuerySet.with_mine`).
"""

from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.workflow import Step, Workflow
from subsidies.choices import ClaimReason, ClaimState, ClawbackState, RateState, WriteOffReason

_ENTER, _CHECK, _REVIEW = "subsidies.enter_claims", "subsidies.check_claims", "subsidies.review_claims"
_APPROVE, _PAY, _RECLAIM = "subsidies.approve_claims", "subsidies.pay_claims", "subsidies.reclaim_money"
_RATES = "subsidies.set_rates"
_DISTRICT_AND_CITY = (AreaLevel.DISTRICT, AreaLevel.CITY)
_DRAFT, _APPROVED, _SHOWN = ClaimState.DRAFT, ClaimState.DISTRICT_APPROVED, ClaimState.PUBLICISED


def _back(source, permission, **more):
    return Step("send_back", _("Send the claim back"), source, _DRAFT, permission, reasons=ClaimReason, **more)


def _reject(source, permission, **more):
    return Step(
        "reject",
        _("Reject the claim"),
        source,
        ClaimState.REJECTED,
        permission,
        reasons=ClaimReason,
        words_required=True,
        **more,
    )


CLAIM = Workflow(
    "subsidies.claim",
    Step("enter", _("Claim entered"), ("",), _DRAFT, _ENTER, offered=False),
    Step("change", _("Draft put right"), (_DRAFT,), _DRAFT, _ENTER, offered=False),
    Step("submit", _("Submit the claim"), (_DRAFT,), ClaimState.SUBMITTED, _ENTER),
    Step(
        "check",
        _("Checked and right"),
        (ClaimState.SUBMITTED,),
        ClaimState.STATION_CHECKED,
        _CHECK,
    ),
    Step(
        "review",
        _("Reviewed and right"),
        (ClaimState.STATION_CHECKED,),
        ClaimState.STREET_REVIEWED,
        _REVIEW,
        levels=(AreaLevel.STREET,),
    ),
    Step(
        "approve",
        _("Approve the claim"),
        (ClaimState.STREET_REVIEWED,),
        _APPROVED,
        _APPROVE,
        levels=_DISTRICT_AND_CITY,
    ),
    _back((ClaimState.SUBMITTED,), _CHECK),
    _back((ClaimState.STATION_CHECKED,), _REVIEW, levels=(AreaLevel.STREET,)),
    _back((ClaimState.STREET_REVIEWED, _APPROVED, _SHOWN), _APPROVE, levels=_DISTRICT_AND_CITY),
    _reject((ClaimState.SUBMITTED,), _CHECK),
    _reject((ClaimState.STATION_CHECKED,), _REVIEW, levels=(AreaLevel.STREET,)),
    _reject((ClaimState.STREET_REVIEWED, _APPROVED, _SHOWN), _APPROVE, levels=_DISTRICT_AND_CITY),
    Step("publicise", _("Show to the public"), (_APPROVED, _SHOWN), _SHOWN, _APPROVE, offered=False),
    Step("pay", _("Sent to the bank"), (_SHOWN,), ClaimState.PAYING, _PAY, offered=False),
    Step("settle", _("Paid by the bank"), (ClaimState.PAYING,), ClaimState.PAID, _PAY, offered=False),
    Step("hold", _("Nothing could be paid"), (ClaimState.PAYING,), _SHOWN, _PAY, offered=False),
    Step("withdraw", _("Withdraw the claim"), (_DRAFT,), ClaimState.WITHDRAWN, _ENTER, words_required=True),
    Step("appeal", _("Appeal"), (ClaimState.REJECTED,), ClaimState.APPEALED, _ENTER, words_required=True),
    Step(
        "uphold",
        _("The rejection stands"),
        (ClaimState.APPEALED,),
        ClaimState.REJECTED,
        _APPROVE,
        levels=_DISTRICT_AND_CITY,
        words_required=True,
        apart_from=("reject",),
    ),
    Step(
        "reopen",
        _("Take it up again"),
        (ClaimState.APPEALED,),
        _DRAFT,
        _APPROVE,
        levels=_DISTRICT_AND_CITY,
        words_required=True,
        apart_from=("reject",),
    ),
)

#: Who does these to a draft takes no step but its submission.
DRAWING_UP = ("enter", "change")
#: The steps that many claims may take at once, and how many.
ACTIONS = ("check", "review", "approve", "send_back", "reject")
MOST = 2_000

#: A rate is signed by somebody else than who proposed it; signed, it never changes: a new one follows it.
RATE = Workflow(
    "subsidies.rate",
    Step("propose", _("Rate proposed"), ("",), RateState.PROPOSED, _RATES, offered=False),
    Step(
        "sign",
        _("Sign the rate"),
        (RateState.PROPOSED,),
        RateState.SIGNED,
        _RATES,
        levels=(AreaLevel.CITY,),
        apart_from=("propose",),
    ),
    Step(
        "refuse",
        _("Refuse the rate"),
        (RateState.PROPOSED,),
        RateState.REFUSED,
        _RATES,
        levels=(AreaLevel.CITY,),
        words_required=True,
    ),
)

CLAWBACK = Workflow(
    "subsidies.clawback",
    Step("open", _("Money reclaimed"), ("",), ClawbackState.OPEN, _RECLAIM, offered=False),
    Step("settle", _("Recovered in full"), (ClawbackState.OPEN,), ClawbackState.SETTLED, _PAY, offered=False),
    Step(
        "write_off",
        _("Write it off"),
        (ClawbackState.OPEN,),
        ClawbackState.WRITTEN_OFF,
        _RECLAIM,
        levels=_DISTRICT_AND_CITY,
        reasons=WriteOffReason,
        words_required=True,
        apart_from=("open",),
    ),
)
