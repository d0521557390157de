"""Who may take which step with a declaration, an episode, an application. `city.moves` takes the steps."""

from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.workflow import Step, Workflow
from households.choices import (
    DeclarationRejection,
    DeclarationReturn,
    DeclarationState,
    DeclarationWithdrawal,
    EpisodeState,
    HardshipApplicationState,
    HardshipRefusal,
    HardshipReturn,
    WithdrawalReason,
)

_DECLARE, _CERTIFY = "households.declare_households", "households.certify_episodes"
_STATION, _STREET = (AreaLevel.COMMUNITY,), (AreaLevel.STREET,)

#: A household declared to be without work. Certifying has a form of its own, for the card number.
DECLARATION = Workflow(
    "households.declaration",
    Step("declare", _("Declared"), ("",), DeclarationState.DECLARED, _DECLARE, levels=_STATION, offered=False),
    Step(
        "verify",
        _("Verified by the visit"),
        (DeclarationState.DECLARED, DeclarationState.RETURNED),
        DeclarationState.VERIFIED,
        _DECLARE,
        levels=_STATION,
    ),
    Step(
        "publicise",
        _("Put on public notice"),
        (DeclarationState.VERIFIED,),
        DeclarationState.PUBLICISED,
        _CERTIFY,
        levels=_STREET,
    ),
    Step(
        "certify",
        _("Certify"),
        (DeclarationState.PUBLICISED,),
        DeclarationState.CERTIFIED,
        _CERTIFY,
        levels=_STREET,
        apart_from=("verify",),
        offered=False,
    ),
    Step(
        "send_back",
        _("Send back to the station"),
        (DeclarationState.VERIFIED, DeclarationState.PUBLICISED),
        DeclarationState.RETURNED,
        _CERTIFY,
        levels=_STREET,
        reasons=DeclarationReturn,
        words_required=True,
    ),
    Step(
        "reject",
        _("Reject"),
        (DeclarationState.VERIFIED, DeclarationState.PUBLICISED),
        DeclarationState.REJECTED,
        _CERTIFY,
        levels=_STREET,
        reasons=DeclarationRejection,
        words_required=True,
    ),
    Step(
        "withdraw",
        _("Take the declaration back"),
        (DeclarationState.DECLARED, DeclarationState.RETURNED),
        DeclarationState.WITHDRAWN,
        _DECLARE,
        levels=_STATION,
        reasons=DeclarationWithdrawal,
    ),
    Step(
        "withdraw",
        _("Take the declaration back"),
        (DeclarationState.VERIFIED, DeclarationState.PUBLICISED),
        DeclarationState.WITHDRAWN,
        _CERTIFY,
        levels=_STREET,
        reasons=DeclarationWithdrawal,
    ),
)

_OPEN = (EpisodeState.CERTIFIED, EpisodeState.ASSISTING)

#: One certified period without work. It is eliminated by whoever may confirm a job, and by nothing else.
EPISODE = Workflow(
    "households.episode",
    Step(
        "certify",
        _("Certified as without work"),
        ("",),
        EpisodeState.CERTIFIED,
        _CERTIFY,
        levels=_STREET,
        offered=False,
    ),
    Step(
        "start_assisting",
        _("Assistance started"),
        (EpisodeState.CERTIFIED,),
        EpisodeState.ASSISTING,
        _DECLARE,
        levels=_STATION,
        offered=False,
    ),
    Step(
        "confirm_employment",
        _("Work confirmed: eliminated"),
        _OPEN,
        EpisodeState.ELIMINATED,
        "households.confirm_employment",
        offered=False,
    ),
    Step(
        "withdraw",
        _("Withdraw without elimination"),
        _OPEN,
        EpisodeState.WITHDRAWN,
        _CERTIFY,
        levels=_STREET,
        reasons=WithdrawalReason,
        words_required=True,
    ),
)

_PROPOSE, _DECIDE = "households.propose_hardship", "households.decide_hardship"

#: A hardship person in two steps: the station proposes, somebody else at the street decides. Sent back, it is put
#: right and sent again by the station, on a form of its own.
HARDSHIP = Workflow(
    "households.hardship",
    Step("propose", _("Proposed"), ("",), HardshipApplicationState.PROPOSED, _PROPOSE, levels=_STATION, offered=False),
    Step(
        "certify",
        _("Certify"),
        (HardshipApplicationState.PROPOSED,),
        HardshipApplicationState.CERTIFIED,
        _DECIDE,
        levels=_STREET,
        apart_from=("propose", "correct"),
    ),
    Step(
        "send_back",
        _("Send back to the station"),
        (HardshipApplicationState.PROPOSED,),
        HardshipApplicationState.RETURNED,
        _DECIDE,
        levels=_STREET,
        reasons=HardshipReturn,
    ),
    Step(
        "refuse",
        _("Do not certify"),
        (HardshipApplicationState.PROPOSED,),
        HardshipApplicationState.REFUSED,
        _DECIDE,
        levels=_STREET,
        reasons=HardshipRefusal,
        words_required=True,
        apart_from=("propose", "correct"),
    ),
    Step(
        "correct",
        _("Put right and sent again"),
        (HardshipApplicationState.RETURNED,),
        HardshipApplicationState.PROPOSED,
        _PROPOSE,
        levels=_STATION,
        offered=False,
    ),
)
