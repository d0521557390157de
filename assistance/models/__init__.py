from assistance.models.cases import Case, Commitment, FollowUp, Referral, Service
from assistance.models.layoffs import LayoffNotice, LayoffPerson
from assistance.models.plans import Pairing, Plan
from assistance.models.training import Attendance, Course, Enrolment

__all__ = [
    "Attendance",
    "Case",
    "Commitment",
    "Course",
    "Enrolment",
    "FollowUp",
    "LayoffNotice",
    "LayoffPerson",
    "Pairing",
    "Plan",
    "Referral",
    "Service",
]
