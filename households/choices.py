from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class Sex(TextChoices):
    MALE = "male", _("Male")
    FEMALE = "female", _("Female")


class Hukou(TextChoices):
    URBAN = "urban", _("Urban")
    RURAL = "rural", _("Rural")


class Education(TextChoices):
    PRIMARY = "primary", _("Primary school or less")
    JUNIOR = "junior", _("Junior middle school")
    SENIOR = "senior", _("Senior middle school")
    VOCATIONAL = "vocational", _("Vocational school")
    COLLEGE = "college", _("College")
    UNIVERSITY = "university", _("University and above")


class Relation(TextChoices):
    HEAD = "head", _("Head of household")
    SPOUSE = "spouse", _("Spouse")
    CHILD = "child", _("Child")
    PARENT = "parent", _("Parent")
    OTHER = "other", _("Other")


class LeaveReason(TextChoices):
    MOVED = "moved", _("Moved away")
    DIED = "died", _("Died")
    LOST = "lost", _("Lost contact")
    OTHER = "other", _("Other")


class LabourState(IntegerChoices):
    """`UNKNOWN` exists on spans only: a resident of working age about whom nobody has said anything."""

    UNKNOWN = 0, _("Not surveyed")
    EMPLOYED = 1, _("Employed")
    UNEMPLOYED = 2, _("Unemployed")
    INACTIVE = 3, _("Inactive")


class InactiveReason(TextChoices):
    STUDENT = "student", _("Student")
    SERVING = "serving", _("Serving in the army")
    UNABLE = "unable", _("Unable to work")
    UNWILLING = "unwilling", _("Not willing to work")
    RETIRED = "retired", _("Retired")
    OTHER = "other", _("Other")


class RegistrationEnd(TextChoices):
    """Why a registration ended: a job, the inactive spell's own reason, or a newer registration."""

    EMPLOYED = "employed", _("Employed")
    STUDENT = "student", _("Student")
    SERVING = "serving", _("Serving in the army")
    UNABLE = "unable", _("Unable to work")
    UNWILLING = "unwilling", _("Not willing to work")
    RETIRED = "retired", _("Retired")
    OTHER = "other", _("Other")
    RENEWED = "renewed", _("Registered anew")


#: Those who left the labour market do not count against placement (indicators: registered_unemployed_placement_rate).
EXIT_REASONS = [RegistrationEnd.STUDENT, RegistrationEnd.SERVING, RegistrationEnd.UNABLE, RegistrationEnd.RETIRED]


class Channel(TextChoices):
    EMPLOYER = "employer", _("Employer")
    FLEXIBLE = "flexible", _("Flexible work")
    SELF_EMPLOYED = "self_employed", _("Self-employed")
    WELFARE_POST = "welfare_post", _("Public-welfare post")
    DISPATCH = "dispatch", _("Labour dispatch")
    EXPORT = "export", _("Labour export")


class Source(TextChoices):
    VISIT = "visit", _("Home visit")
    PHONE = "phone", _("Phone")
    MATCH = "match", _("Insurance match")
    BUILDING = "building", _("Building network")
    ROSTER = "roster", _("Roster")
    PLACEMENT = "placement", _("Placement confirmed")
    ASSUMED = "assumed", _("Assumed")


class HardshipCategory(TextChoices):
    AGE_4050 = "age_4050", _("Women over 40, men over 50")
    DISABLED = "disabled", _("Disabled")
    LOW_INCOME = "low_income", _("On minimum living allowance")
    LONG_TERM = "long_term", _("Long-term unemployed")
    ZERO_HOUSEHOLD = "zero_household", _("Member of a zero-employment household")
    LANDLESS = "landless", _("Landless farmer")
    SPECIAL = "special", _("Special hardship")
    GRADUATE = "graduate", _("University graduate")
    OTHER = "other", _("Other")


class WithdrawalReason(TextChoices):
    MOVED = "moved", _("Moved away")
    REFUSED = "refused", _("Three refusals without good reason")
    UNREACHABLE = "unreachable", _("Unreachable for three months")
    NO_MEMBER = "no_member", _("No member able and willing to work")
    INCOME = "income", _("Business or investment income")
    DISSOLVED = "dissolved", _("Household dissolved")
    OTHER = "other", _("Other")


class VisitOutcome(TextChoices):
    COMPLETED = "completed", _("Completed")
    NOBODY_IN = "nobody_in", _("Nobody in")
    REFUSED = "refused", _("Refused")
    MOVED = "moved", _("Moved away")


class VisitWay(TextChoices):
    DOOR = "door", _("At the door")
    PHONE = "phone", _("Phone")
    WINDOW = "window", _("At the window")


class TransferState(TextChoices):
    ASKED = "asked", _("Asked")
    ACCEPTED = "accepted", _("Agreed")
    REFUSED = "refused", _("Turned down")


class FollowUpNeed(TextChoices):
    """What a visit leaves to do, apart from how it went."""

    NONE = "none", _("Nothing")
    VISIT_AGAIN = "visit_again", _("Visit again")
    OPEN_CASE = "open_case", _("Open an assistance case")
    DECLARE = "declare", _("Declare as without work")
    REPORT = "report", _("Report to the street")


class MemberReport(TextChoices):
    """What was told at a visit about one member."""

    UNCHANGED = "unchanged", _("Nothing changed")
    FOUND_WORK = "found_work", _("Found work")
    LOST_WORK = "lost_work", _("Lost work")
    RETIRED = "retired", _("Retired")
    STOPPED_LOOKING = "stopped_looking", _("No longer looking")
    LOOKING = "looking", _("Looking for work")
    MOVED = "moved", _("Moved away")
    DIED = "died", _("Died")
    NOT_SEEN = "not_seen", _("Not told")


class Campaign(TextChoices):
    """The four visits of a campaign (四串)."""

    HOMES = "homes", _("Visiting every home")
    NEEDS = "needs", _("Knowing every need")
    TROUBLES = "troubles", _("Solving every trouble")
    HEARTS = "hearts", _("Warming every heart")


class JoblessCause(TextChoices):
    LAID_OFF = "laid_off", _("Laid off")
    CONTRACT_ENDED = "contract_ended", _("Contract ended")
    CLOSED = "closed", _("Employer closed")
    LAND = "land", _("Land acquired")
    FAMILY = "family", _("Family care")
    HEALTH = "health", _("Health")
    NEVER_WORKED = "never_worked", _("Never worked")
    RESIGNED = "resigned", _("Resigned")
    OTHER = "other", _("Other")


class WorkWish(TextChoices):
    ANY = "any", _("Any suitable job")
    FULL_TIME = "full_time", _("Full-time job")
    PART_TIME = "part_time", _("Part-time or flexible work")
    BUSINESS = "business", _("Own business")
    WELFARE_POST = "welfare_post", _("Public-welfare post")
    NONE = "none", _("No wish to work")


class TrainingWish(TextChoices):
    SKILL = "skill", _("Skill training")
    STARTUP = "startup", _("Start-up training")
    GUIDING = "guiding", _("Guiding training")
    NONE = "none", _("No wish to be trained")


class CertificateKind(TextChoices):
    UNEMPLOYMENT = "unemployment", _("Unemployment certificate")
    REEMPLOYMENT = "reemployment", _("Re-employment preference certificate")
    EMPLOYMENT = "employment", _("Employment and business-start certificate")
    ASSISTANCE = "assistance", _("Employment assistance certificate")


class ProofKind(TextChoices):
    ID_CARD = "id_card", _("ID card")
    DISABILITY = "disability", _("Disability certificate")
    LOW_INCOME = "low_income", _("Minimum living allowance certificate")
    LAND = "land", _("Land acquisition agreement")
    REGISTRATION = "registration", _("Unemployment registration")
    GRADUATION = "graduation", _("Diploma")
    OTHER = "other", _("Other paper")


class HardshipApplicationState(TextChoices):
    PROPOSED = "proposed", _("Proposed")
    RETURNED = "returned", _("Sent back")
    CERTIFIED = "certified", _("Approved")
    REFUSED = "refused", _("Not approved")


class DeclarationSource(TextChoices):
    SELF = "self", _("The family itself")
    STATION = "station", _("The station")
    VISIT = "visit", _("A visit")
    DATA = "data", _("The ledger")
    LAYOFF = "layoff", _("A layoff notice")
    HOTLINE = "hotline", _("Hotline 962110")


class DeclarationState(TextChoices):
    DECLARED = "declared", _("Declared")
    RETURNED = "returned", _("Sent back")
    VERIFIED = "verified", _("Verified")
    PUBLICISED = "publicised", _("Publicised")
    CERTIFIED = "certified", _("Certified")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Taken back")


DeclarationState.UNDER_WAY = (
    DeclarationState.DECLARED,
    DeclarationState.RETURNED,
    DeclarationState.VERIFIED,
    DeclarationState.PUBLICISED,
)


class DeclarationReturn(TextChoices):
    """Why the street sends a declaration back to the station."""

    STATES = "states", _("A member's state is not clear")
    VISIT = "visit", _("The visit has to be repeated")
    PAPERS = "papers", _("Papers missing")
    OBJECTION = "objection", _("An objection was upheld")
    OTHER = "other", _("Other")


class DeclarationRejection(TextChoices):
    """Why a household is not certified."""

    WORKS = "works", _("A member works")
    NO_MEMBER = "no_member", _("No member able and willing to work")
    INCOME = "income", _("Business or investment income")
    ELSEWHERE = "elsewhere", _("The family does not live here")
    OBJECTION = "objection", _("An objection was upheld")
    OTHER = "other", _("Other")


class DeclarationWithdrawal(TextChoices):
    """Why a declaration is taken back."""

    FOUND_WORK = "found_work", _("A member has found work")
    MOVED = "moved", _("Moved away")
    FAMILY = "family", _("The family wishes so")
    MISTAKE = "mistake", _("Declared by mistake")
    OTHER = "other", _("Other")


class EpisodeState(TextChoices):
    """Follows from the episode's dates; nobody writes it."""

    CERTIFIED = "certified", _("Certified as without work")
    ASSISTING = "assisting", _("Being assisted")
    ELIMINATED = "eliminated", _("Eliminated")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class EliminationProof(TextChoices):
    CONTRACT = "contract", _("Labour contract")
    INSURANCE = "insurance", _("Social insurance record")
    LICENCE = "licence", _("Business licence")
    POST = "post", _("Welfare-post agreement")
    VISIT = "visit", _("Seen at a visit")


class HouseholdTagKind(TextChoices):
    BASELINE = "baseline", _("Found in the baseline survey")
    SHANTY_RETURN = "shanty_return", _("Return from a shanty town")
    RELOCATED = "relocated", _("Relocated")


class OutsideKind(TextChoices):
    DEATH = "death", _("Death")
    PENSION = "pension", _("Pension")
    BUSINESS = "business", _("Business registered")
    INSURED_ELSEWHERE = "insured_elsewhere", _("Insured elsewhere")
    PRISON = "prison", _("Prison")


class InsuredReason(TextChoices):
    """Why somebody without work is on the insurance office's list, and the ledger is right."""

    AFFILIATED = "affiliated", _("Pays through a unit without working there")
    BACK_PAID = "back_paid", _("Paid later for earlier months")
    NOT_STOPPED = "not_stopped", _("Left the job; insurance not stopped yet")
    WRONG_NUMBER = "wrong_number", _("Somebody else's number")
    OTHER = "other", _("Other")


class NotInsuredReason(TextChoices):
    """Why somebody insured at work is not on the insurance office's list, and the ledger is right."""

    NOT_YET = "not_yet", _("The employer has not signed up yet")
    UNPAID = "unpaid", _("The employer pays late")
    ELSEWHERE = "elsewhere", _("Insured in another place")
    FLEXIBLE = "flexible", _("Pays as a flexible worker")
    WRONG_NUMBER = "wrong_number", _("Wrong ID number on the list")
    OTHER = "other", _("Other")


class ElsewhereReason(TextChoices):
    """Why insurance in another place is no work there."""

    STOPPED = "stopped", _("Insurance there has ended")
    AFFILIATED = "affiliated", _("Pays through a unit without working there")
    WRONG_NUMBER = "wrong_number", _("Somebody else's number")
    OTHER = "other", _("Other")


class DeathReason(TextChoices):
    """Why somebody reported dead stays a resident."""

    ALIVE = "alive", _("Seen alive")
    WRONG_NUMBER = "wrong_number", _("Somebody else's number")
    OTHER = "other", _("Other")


class PensionReason(TextChoices):
    """Why somebody with a pension still works or looks for work."""

    SURVIVOR = "survivor", _("A survivor's pension")
    STOPPED = "stopped", _("The pension has been stopped")
    WRONG_NUMBER = "wrong_number", _("Somebody else's number")
    OTHER = "other", _("Other")


class BusinessReason(TextChoices):
    """Why a registered business is no work."""

    IDLE = "idle", _("The business does not operate")
    IN_NAME = "in_name", _("Shareholder or owner in name only")
    CLOSED = "closed", _("Closed, not struck off yet")
    WRONG_NUMBER = "wrong_number", _("Somebody else's number")
    OTHER = "other", _("Other")


class PrisonReason(TextChoices):
    """Why somebody on the list of prisoners is at home."""

    RELEASED = "released", _("Released already")
    COMMUNITY = "community", _("Serves the sentence in the community")
    WRONG_NUMBER = "wrong_number", _("Somebody else's number")
    OTHER = "other", _("Other")


class HardshipReturn(TextChoices):
    """Why a street sends a hardship application back to the station."""

    PROOF = "proof", _("The proof is missing or cannot be read")
    CATEGORY = "category", _("Another category fits")
    FACTS = "facts", _("The facts of the register do not fit")
    OTHER = "other", _("Other")


class HardshipRefusal(TextChoices):
    """Why a person is not certified as a hardship person."""

    CONDITIONS = "conditions", _("The conditions of the category are not met")
    EMPLOYED = "employed", _("In work")
    UNWILLING = "unwilling", _("Not able or not willing to work")
    FALSE_PROOF = "false_proof", _("The proof is not genuine")
    OTHER = "other", _("Other")
