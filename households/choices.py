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
