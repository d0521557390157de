from placements.models.allocation import PersonLeftOut, Proposal, ProposedPair
from placements.models.market import Event, JobSeeker, Offer, ServicePoint, Vacancy
from placements.models.placements import Business, Placement
from placements.models.posts import (
    EmployerDetails,
    PlacementBase,
    Post,
    PostPlan,
    PostTransfer,
    Project,
)

__all__ = [
    "Business",
    "EmployerDetails",
    "Event",
    "JobSeeker",
    "Offer",
    "PersonLeftOut",
    "Placement",
    "PlacementBase",
    "Post",
    "PostPlan",
    "PostTransfer",
    "Project",
    "Proposal",
    "ProposedPair",
    "ServicePoint",
    "Vacancy",
]
