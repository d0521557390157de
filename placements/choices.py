from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PostCategory(TextChoices):
    """What the work is (S3 保安、保洁、保绿、助老助残; S1, S2 公共设施)."""

    SECURITY = "security", _("Security")
    CLEANING = "cleaning", _("Cleaning")
    GREENING = "greening", _("Greening")
    CARE = "care", _("Help for the aged and disabled")
    FACILITIES = "facilities", _("Public facilities")
    OTHER = "other", _("Other work")


class PostField(TextChoices):
    """The ten fields of community posts (连政发〔2003〕97号)."""

    COMMUNITY = "community", _("Community management")
    WELFARE_SERVICE = "welfare_service", _("Welfare services")
    CONVENIENCE = "convenience", _("Services for residents")
    LOGISTICS = "logistics", _("Logistics for organisations")
    ORDER = "order", _("Public order")
    CULTURE = "culture", _("Culture and civility")
    SOCIAL_WELFARE = "social_welfare", _("Social welfare")
    SOCIAL_RELIEF = "social_relief", _("Social relief")
    SOCIAL_SECURITY = "social_security", _("Social security")
    RETIREES = "retirees", _("Care for retirees")


class FundingLevel(TextChoices):
    CITY = "city", _("City finance")
    DISTRICT = "district", _("District finance")
    STREET = "street", _("Street finance")
    EMPLOYER = "employer", _("The employer")


class PlanState(TextChoices):
    """An application for posts: its places come into being when it is approved."""

    PLANNED = "planned", _("Planned")
    RETURNED = "returned", _("Plan sent back")
    APPROVED = "approved", _("Posts approved")
    OPENED = "opened", _("Opened")
    CANCELLED = "cancelled", _("Plan cancelled")


class PlanReason(TextChoices):
    """Why an application for posts was sent back or cancelled."""

    WAGE = "wage", _("Wage or hours not right")
    PAPERS = "papers", _("Papers missing")
    FUNDS = "funds", _("No money for it")
    NEED = "need", _("No need for these posts")
    EMPLOYER = "employer", _("The employer gave it up")
    OTHER = "other", _("Another reason")


class PostState(TextChoices):
    """One place for one person. That its term is about to end is read from its placement."""

    OPEN = "open", _("Post open")
    RESERVED = "reserved", _("Reserved")
    FILLED = "filled", _("Filled")
    ENDED = "ended", _("Post ended")


PostState.HELD = (PostState.RESERVED, PostState.FILLED)


class PostEnd(TextChoices):
    """Why a post ended for good."""

    BUDGET = "budget", _("Its money ran out")
    DONE = "done", _("The work is done")
    EMPLOYER = "employer", _("The employer closed or withdrew it")
    MERGED = "merged", _("Merged with another post")
    OTHER = "other", _("Another reason")


class TransferReason(TextChoices):
    """Why a post goes to another community."""

    NEED = "need", _("More people wait there")
    HELP = "help", _("A community rich in posts helps")
    VACANT = "vacant", _("Nobody found here")
    WITHDRAWN = "withdrawn", _("Taken back by the city")


class VacancyState(TextChoices):
    GATHERED = "gathered", _("Gathered")
    PUBLISHED = "published", _("Vacancy published")
    CLOSED = "closed", _("Vacancy closed")


class VacancyEnd(TextChoices):
    FILLED = "filled", _("All places filled")
    EXPIRED = "expired", _("Validity over")
    WITHDRAWN = "withdrawn", _("Withdrawn by the employer")
    WRONG = "wrong", _("Not as stated")


class Hours(TextChoices):
    FULL_TIME = "full_time", _("Full-time")
    PART_TIME = "part_time", _("Part-time")
    SHIFTS = "shifts", _("In shifts")
    ANY = "any", _("Any hours")


class SeekerEnd(TextChoices):
    PLACED = "placed", _("Found work")
    EXPIRED = "expired", _("Registration over")
    WITHDRAWN = "withdrawn", _("Wish withdrawn")
    UNREACHABLE = "unreachable", _("Out of reach")


#: What an office says; that a registration is over, the night says.
SeekerEnd.BY_HAND = (SeekerEnd.PLACED, SeekerEnd.WITHDRAWN, SeekerEnd.UNREACHABLE)


class PlacementState(TextChoices):
    """What a person with the right confirms becomes a labour spell; its dates are the ledger's."""

    REPORTED = "reported", _("Placement reported")
    CONFIRMED = "confirmed", _("At work")
    DISPUTED = "disputed", _("In doubt")
    ENDED = "ended", _("Work ended")
    DROPPED = "dropped", _("Did not come about")


PlacementState.LIVE = (PlacementState.REPORTED, PlacementState.CONFIRMED, PlacementState.DISPUTED)
PlacementState.AT_WORK = (PlacementState.CONFIRMED, PlacementState.DISPUTED)


class PlacementEnd(TextChoices):
    """Why the work ended (domain.md 4.3)."""

    TERM = "term", _("Term over")
    RETIRED = "retired", _("Retired")
    DIED = "died", _("Died")
    OWN_JOB = "own_job", _("Found a job of their own")
    UNFIT = "unfit", _("Not fit for the work")
    DISCIPLINE = "discipline", _("Dismissed")
    EMPLOYER = "employer", _("Ended by the employer")
    RESIGNED = "resigned", _("Resigned")
    MOVED = "moved", _("Moved away")
    OTHER = "other", _("Another reason")


class DropReason(TextChoices):
    NO_SHOW = "no_show", _("Did not appear")
    CHANGED_MIND = "changed_mind", _("Changed their mind")
    EMPLOYER = "employer", _("Turned down by the employer")
    MISTAKE = "mistake", _("Reported by mistake")


class Destination(TextChoices):
    """Where labour is exported to (S5: the main city, or outside the municipality)."""

    MAIN_CITY = "main_city", _("To the main city")
    PROVINCE = "province", _("Elsewhere in the province")
    OUTSIDE = "outside", _("Outside the province")


class Priority(TextChoices):
    """Who comes first for a public-welfare post, first to last."""

    ZERO_HOUSEHOLD = "zero_household", _("Of a zero-employment household")
    AGED = "aged", _("Aged")
    DISABLED = "disabled", _("Disabled person")
    OTHER = "other", _("Other hardship person")


class PointKind(TextChoices):
    AGENCY = "agency", _("Branch of the employment agency")
    TRAINING = "training", _("Training point")


class EventKind(TextChoices):
    """Campaigns and events (S5 就业援助月、春风行动 …; S1 三送)."""

    ASSISTANCE_MONTH = "assistance_month", _("Employment assistance month")
    SPRING = "spring", _("Spring breeze action")
    PRIVATE_WEEK = "private_week", _("Recruiting week of private firms")
    MIGRANTS_DAY = "migrants_day", _("Migrant workers' day")
    FAIR = "fair", _("Job fair")
    BRING_POSTS = "bring_posts", _("Posts brought to the community")
    BRING_TRAINING = "bring_training", _("Training brought to the community")
    BRING_POLICY = "bring_policy", _("Policies brought to the community")


class ProposalState(TextChoices):
    PROPOSED = "proposed", _("Proposal waits")
    COMMITTED = "committed", _("Proposal carried out")
    DROPPED = "dropped", _("Proposal dropped")


class Chosen(TextChoices):
    ENGINE = "engine", _("Proposed by the computation")
    HAND = "hand", _("Set by hand")


class LeftOut(TextChoices):
    """Which limit left a person without a post in a proposal."""

    NO_POST = "no_post", _("No open post fits this person")
    TAKEN = "taken", _("All posts that fit went to people who come first")
    QUOTA = "quota", _("The quota of the district is used up")
    GUARD = "guard", _("May hold no public-welfare post now")
    BY_HAND = "by_hand", _("Taken off by hand")
