"""Who may take which step with posts, vacancies, placements, proposals. Tables only; `city.moves` takes the steps."""

from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.workflow import Step, Workflow
from placements.choices import (
    DropReason,
    PlacementEnd,
    PlacementState,
    PlanReason,
    PlanState,
    PostEnd,
    PostState,
    ProposalState,
    VacancyEnd,
    VacancyState,
)

_PLAN, _APPROVE = "placements.plan_posts", "placements.approve_posts"
_PLACE, _CONFIRM = "placements.place_people", "households.confirm_employment"
_MOVE, _ALLOCATE, _GATHER = "placements.transfer_posts", "placements.allocate_posts", "placements.gather_vacancies"
#: Whoever may write the ledger has it: what the ledger says moves the placement, whoever said it.
_TELL = "households.view_residents"
_ABOVE_THE_STREET = (AreaLevel.DISTRICT, AreaLevel.CITY)

#: An application for posts: the district approves what somebody else planned; opening it makes the posts.
POST_PLAN = Workflow(
    "placements.post_plan",
    Step("plan", _("Posts planned"), ("",), PlanState.PLANNED, _PLAN, offered=False),
    Step("plan_again", _("Planned again"), (PlanState.RETURNED,), PlanState.PLANNED, _PLAN, offered=False),
    Step(
        "approve",
        _("Approve the posts"),
        (PlanState.PLANNED,),
        PlanState.APPROVED,
        _APPROVE,
        levels=_ABOVE_THE_STREET,
        apart_from=("plan", "plan_again"),
    ),
    Step(
        "send_back",
        _("Send the plan back"),
        (PlanState.PLANNED,),
        PlanState.RETURNED,
        _APPROVE,
        levels=_ABOVE_THE_STREET,
        reasons=PlanReason,
        words_required=True,
    ),
    Step("open", _("Open the posts"), (PlanState.APPROVED,), PlanState.OPENED, _PLAN),
    Step(
        "cancel",
        _("Cancel the plan"),
        (PlanState.PLANNED, PlanState.RETURNED, PlanState.APPROVED),
        PlanState.CANCELLED,
        _PLAN,
        reasons=PlanReason,
    ),
)

#: One post. Filling and emptying it is the placement's; moving it elsewhere has a form of its own.
POST = Workflow(
    "placements.post",
    Step("open", _("Post opened"), ("",), PostState.OPEN, _PLAN, offered=False),
    Step("reserve", _("Reserve"), (PostState.OPEN,), PostState.RESERVED, _PLACE, offered=False),
    Step("release", _("Release the reservation"), (PostState.RESERVED,), PostState.OPEN, _PLACE),
    Step("fill", _("Filled"), (PostState.RESERVED, PostState.OPEN), PostState.FILLED, _CONFIRM, offered=False),
    Step("vacate", _("Empty again"), (PostState.FILLED,), PostState.OPEN, _PLACE, offered=False),
    Step("transfer", _("Moved to another community"), (PostState.OPEN,), PostState.OPEN, _MOVE, offered=False),
    Step("end", _("End the post"), (PostState.OPEN,), PostState.ENDED, _PLAN, reasons=PostEnd),
)

VACANCY = Workflow(
    "placements.vacancy",
    Step("gather", _("Vacancy gathered"), ("",), VacancyState.GATHERED, _GATHER, offered=False),
    Step("publish", _("Publish"), (VacancyState.GATHERED,), VacancyState.PUBLISHED, _GATHER),
    Step(
        "close",
        _("Close the vacancy"),
        (VacancyState.GATHERED, VacancyState.PUBLISHED),
        VacancyState.CLOSED,
        _GATHER,
        reasons=VacancyEnd,
    ),
    Step("fill", _("All places filled"), (VacancyState.PUBLISHED,), VacancyState.CLOSED, _CONFIRM, offered=False),
)

PLACEMENT = Workflow(
    "placements.placement",
    Step("report", _("Placement reported"), ("",), PlacementState.REPORTED, _PLACE, offered=False),
    Step(
        "confirm", _("Confirm the work"), (PlacementState.REPORTED,), PlacementState.CONFIRMED, _CONFIRM, offered=False
    ),
    Step(
        "drop",
        _("It did not come about"),
        (PlacementState.REPORTED,),
        PlacementState.DROPPED,
        _PLACE,
        reasons=DropReason,
    ),
    Step(
        "dispute",
        _("The ledger says otherwise"),
        (PlacementState.CONFIRMED,),
        PlacementState.DISPUTED,
        _TELL,
        offered=False,
    ),
    Step(
        "settle",
        _("The work goes on"),
        (PlacementState.DISPUTED,),
        PlacementState.CONFIRMED,
        _CONFIRM,
        words_required=True,
    ),
    Step(
        "end",
        _("The work ended"),
        PlacementState.AT_WORK,
        PlacementState.ENDED,
        _PLACE,
        reasons=PlacementEnd,
        offered=False,
    ),
)

PROPOSAL = Workflow(
    "placements.proposal",
    Step("propose", _("Proposal made"), ("",), ProposalState.PROPOSED, _ALLOCATE, offered=False),
    Step("commit", _("Carry it out"), (ProposalState.PROPOSED,), ProposalState.COMMITTED, _ALLOCATE),
    Step("drop", _("Drop the proposal"), (ProposalState.PROPOSED,), ProposalState.DROPPED, _ALLOCATE),
)
