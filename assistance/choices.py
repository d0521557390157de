from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Intake(TextChoices):
    WINDOW = "window", _("At the window")
    VISIT = "visit", _("At a visit")
    HOTLINE = "hotline", _("Hotline 962110")
    SELF = "self", _("By the person")
    LAYOFF = "layoff", _("Layoff warning")


class CaseState(TextChoices):
    """The five steps (五制度): apply, verify, commit, place, follow up."""

    APPLIED = "applied", _("Applied")
    RETURNED = "returned", _("Sent back")
    VERIFIED = "verified", _("Verified")
    COMMITTED = "committed", _("Promised")
    PLACING = "placing", _("Being placed")
    PLACED = "placed", _("Placed")
    FOLLOWED_UP = "followed_up", _("Followed up")
    CLOSED = "closed", _("Closed")
    NOT_ELIGIBLE = "not_eligible", _("Not eligible")
    LAPSED = "lapsed", _("Lapsed")


CaseState.UNPLACED = (
    CaseState.APPLIED,
    CaseState.RETURNED,
    CaseState.VERIFIED,
    CaseState.COMMITTED,
    CaseState.PLACING,
)
CaseState.AT_WORK = (CaseState.PLACED, CaseState.FOLLOWED_UP)
CaseState.OPEN = (*CaseState.UNPLACED, *CaseState.AT_WORK)


class CaseReason(TextChoices):
    """Why a case was sent back, found not eligible or lapsed."""

    PAPERS = "papers", _("Papers missing")
    FACTS = "facts", _("Facts not clear")
    WORKS = "works", _("Has work already")
    AGE = "age", _("Outside working age")
    UNABLE = "unable", _("Not able to work")
    NOT_CERTIFIED = "not_certified", _("Neither a hardship person nor of a certified household")
    NO_WISH = "no_wish", _("No wish to work")
    UNREACHABLE = "unreachable", _("Cannot be reached")
    MOVED = "moved", _("Moved away")
    DIED = "died", _("Died")
    OTHER = "other", _("Other")


class VoidReason(TextChoices):
    REFUSALS = "refusals", _("Jobs refused without good reason")
    LAPSED = "lapsed", _("Case lapsed")


class Measure(TextChoices):
    """The six batches (六个一批)."""

    FLEXIBLE = "flexible", _("Flexible work")
    WELFARE_POST = "welfare_post", _("Public-welfare post")
    FAIR = "fair", _("Special job fair")
    ORDERED_TRAINING = "ordered_training", _("Training to order")
    ONE_TO_ONE = "one_to_one", _("One-to-one help")
    AWARENESS = "awareness", _("Information and encouragement")


class ServiceKind(TextChoices):
    """What was done for a person: the 1311 services, the four deliveries with the benefit, and agency work."""

    POLICY = "policy", _("Policy explained")
    GUIDANCE = "guidance", _("Career guidance")
    JOB_OFFER = "job_offer", _("Job introduced")
    TRAINING = "training", _("Training offered")
    AGENCY = "agency", _("Files and affairs handled")
    BRING_POLICY = "bring_policy", _("Policy delivered to the home")
    BRING_POST = "bring_post", _("Post delivered to the home")
    BRING_SKILL = "bring_skill", _("Skill delivered to the home")
    BRING_SERVICE = "bring_service", _("Service delivered to the home")
    BENEFIT = "benefit", _("Insurance subsidy arranged")


#: What everybody with a case is owed at least (1311), and how often.
OWED_SERVICES = {
    ServiceKind.POLICY: 1,
    ServiceKind.GUIDANCE: 1,
    ServiceKind.JOB_OFFER: 3,
    ServiceKind.TRAINING: 1,
}
#: Four deliveries and one benefit (四送一落实).
DELIVERIES = (
    ServiceKind.BRING_POLICY,
    ServiceKind.BRING_POST,
    ServiceKind.BRING_SKILL,
    ServiceKind.BRING_SERVICE,
    ServiceKind.BENEFIT,
)


class ReferralAnswer(TextChoices):
    WAITING = "waiting", _("Waiting for an answer")
    HIRED = "hired", _("Hired")
    REFUSED_BY_PERSON = "refused_by_person", _("Refused by the person")
    REFUSED_BY_EMPLOYER = "refused_by_employer", _("Refused by the employer")
    NO_SHOW = "no_show", _("Did not go")


class RefusalReason(TextChoices):
    WAGE = "wage", _("Wage below the minimum")
    DISTANCE = "distance", _("Too far away")
    HEALTH = "health", _("Health does not allow it")
    CARE = "care", _("Family to care for")
    SKILL = "skill", _("Skills do not fit")
    HOURS = "hours", _("Hours cannot be kept")
    DISLIKE = "dislike", _("Does not like the work")
    NONE_GIVEN = "none_given", _("No reason given")
    OTHER = "other", _("Other")


#: A refusal for one of these counts towards the end of the promise.
UNJUSTIFIED = (RefusalReason.DISLIKE, RefusalReason.NONE_GIVEN)


class FollowUpOutcome(TextChoices):
    WORKS = "works", _("Still at work")
    CHANGED = "changed", _("Works elsewhere")
    LEFT = "left", _("No longer works")
    UNREACHABLE = "unreachable", _("Not reached")


class HelperKind(TextChoices):
    LEADER = "leader", _("Leader")
    ORGANISATION = "organisation", _("Organisation")
    COMMUNITY = "community", _("Full-employment community")
    COMPANY = "company", _("Company")


class CourseKind(TextChoices):
    GUIDING = "guiding", _("Guiding training")
    SKILL = "skill", _("Skill training")
    STARTUP = "startup", _("Start-up training")
    MIGRANT = "migrant", _("Skills of migrant workers in work")
    CHILDREN = "children", _("Children's vocational study")


class CourseState(TextChoices):
    PLANNED = "planned", _("Planned")
    APPROVED = "approved", _("Course approved")
    ENROLLING = "enrolling", _("Enrolling")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    ASSESSED = "assessed", _("Assessed")
    CANCELLED = "cancelled", _("Cancelled")


class EnrolmentState(TextChoices):
    ENROLLED = "enrolled", _("Enrolled")
    ATTENDING = "attending", _("Attending")
    COMPLETED = "completed", _("Completed")
    CERTIFIED = "certified", _("Certificate gained")
    DROPPED = "dropped", _("Dropped out")


class LayoffState(TextChoices):
    DRAFTED = "drafted", _("Being drawn up")
    REPORTED = "reported", _("Reported")
    ASSESSED = "assessed", _("Assessed")
    INTERVENING = "intervening", _("Intervening")
    CARRIED_OUT = "carried_out", _("Carried out")
    CLOSED = "closed", _("Closed")
    WITHDRAWN = "withdrawn", _("Notice withdrawn")


class CancelReason(TextChoices):
    """Why a course was not held."""

    TOO_FEW = "too_few", _("Too few took part")
    PROVIDER = "provider", _("Provider fell away")
    FUNDS = "funds", _("No funds")
    OTHER = "other", _("Other")


class DropReason(TextChoices):
    """Why a person left a course before its end."""

    FOUND_WORK = "found_work", _("Found work")
    HEALTH = "health", _("Health")
    FAMILY = "family", _("Family care")
    MOVED = "moved", _("Moved away")
    ABSENT = "absent", _("Absent for long")
    CANCELLED = "cancelled", _("Course cancelled")
    OTHER = "other", _("Other")


class LayoffWithdrawal(TextChoices):
    """Why a layoff that was announced will not take place."""

    KEPT = "kept", _("The staff is kept")
    POSTPONED = "postponed", _("Put off to another day")
    MISTAKE = "mistake", _("Reported by mistake")
    OTHER = "other", _("Other")


class Timeliness(TextChoices):
    """How a layoff notice stands to the thirty days of the law (Labour Contract Law, art. 41)."""

    NOT_REQUIRED = "not_required", _("Below the threshold")
    AWAITED = "awaited", _("To be reported")
    IN_TIME = "in_time", _("Reported in time")
    SHORT = "short", _("Reported at short notice")
    LATE = "late", _("Reported too late")
    UNREPORTED = "unreported", _("Never reported")


#: A notice in one of these still announces a layoff to come.
LayoffState.OPEN = (LayoffState.DRAFTED, LayoffState.REPORTED, LayoffState.ASSESSED, LayoffState.INTERVENING)
#: On the course still, and so on its attendance sheet.
EnrolmentState.PRESENT = (EnrolmentState.ENROLLED, EnrolmentState.ATTENDING)
EnrolmentState.DONE = (EnrolmentState.COMPLETED, EnrolmentState.CERTIFIED)
