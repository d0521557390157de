from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Scheme(TextChoices):
    """What public money is paid for (domain.md 3.2; 成都、鞍山、连云港)."""

    POST = "post", _("Post subsidy")
    INSURANCE = "insurance", _("Social-insurance subsidy of employers")
    FLEXIBLE = "flexible", _("Social-insurance subsidy of flexible work")
    INTRODUCTION = "introduction", _("Job-introduction subsidy")
    TRAINING = "training", _("Training subsidy")
    APPRAISAL = "appraisal", _("Skill-appraisal subsidy")
    TRANSPORT = "transport", _("Training transport allowance")
    TUITION = "tuition", _("Tuition subsidy")
    POST_CREATION = "post_creation", _("Post-creation subsidy")
    POST_PURCHASE = "post_purchase", _("Top-up purchase of posts")


class Basis(TextChoices):
    """What a rate is a share of, or a fixed amount for."""

    MINIMUM_WAGE = "minimum_wage", _("Minimum wage of the month")
    CONTRIBUTION = "contribution", _("Contribution paid for the month")
    FEE = "fee", _("Fee paid")
    DAYS = "days", _("Days attended")
    PERSON = "person", _("Person")


class RateState(TextChoices):
    PROPOSED = "proposed", _("Rate proposed")
    SIGNED = "signed", _("Rate signed")
    REFUSED = "refused", _("Rate refused")


class Favoured(TextChoices):
    """Whom a rate is for; the narrower one wins."""

    ANYBODY = "anybody", _("Anybody entitled")
    HARDSHIP = "hardship", _("Hardship persons only")


class ClaimState(TextChoices):
    """A claim's way to the money (domain.md 4.5)."""

    DRAFT = "draft", _("Claim being drawn up")
    SUBMITTED = "submitted", _("Claim submitted")
    STATION_CHECKED = "station_checked", _("Checked by the station")
    STREET_REVIEWED = "street_reviewed", _("Reviewed by the street")
    DISTRICT_APPROVED = "district_approved", _("Approved by the district")
    PUBLICISED = "publicised", _("Shown to the public")
    PAYING = "paying", _("Sent to the bank")
    PAID = "paid", _("Paid")
    REJECTED = "rejected", _("Claim rejected")
    APPEALED = "appealed", _("Claim appealed")
    WITHDRAWN = "withdrawn", _("Claim withdrawn")


#: Its months are taken: nobody else may claim them.
ClaimState.LIVE = (
    ClaimState.DRAFT,
    ClaimState.SUBMITTED,
    ClaimState.STATION_CHECKED,
    ClaimState.STREET_REVIEWED,
    ClaimState.DISTRICT_APPROVED,
    ClaimState.PUBLICISED,
    ClaimState.PAYING,
    ClaimState.PAID,
)
#: Somebody decided that it shall be paid, and it is not paid yet: its money is reserved.
ClaimState.RESERVED = (ClaimState.DISTRICT_APPROVED, ClaimState.PUBLICISED, ClaimState.PAYING)
#: Somebody has yet to look at it.
ClaimState.WAITING = (ClaimState.SUBMITTED, ClaimState.STATION_CHECKED, ClaimState.STREET_REVIEWED)


class Stage(TextChoices):
    """The five steps of a round, each by another person."""

    ENTERED = "entered", _("Entered")
    CHECKED = "station_checked", _("Checked at the station")
    REVIEWED = "street_reviewed", _("Reviewed at the street")
    APPROVED = "district_approved", _("Approved at the district")
    PAID = "paid", _("Sent for payment")


class LineStanding(TextChoices):
    LIVE = "live", _("In the claim")
    DROPPED = "dropped", _("Taken off the claim")
    REVERSED = "reversed", _("Reclaimed in full")


class ClaimReason(TextChoices):
    """Why a claim goes back or is rejected."""

    PAPERS = "papers", _("Papers missing or unclear")
    PERSONS = "persons", _("Persons not entitled")
    MONTHS = "months", _("Months not right")
    AMOUNT = "amount", _("Amount not right")
    ACCOUNT = "account", _("Bank account not right")
    DOUBT = "doubt", _("Doubts not cleared up")
    TWICE = "twice", _("Paid already under another claim")
    FUNDS = "funds", _("No money left for it")
    OBJECTION = "objection", _("An objection was upheld")
    OTHER = "other", _("Another reason")


class LineReason(TextChoices):
    """Why a line is approved with less, or taken off."""

    NOT_ENTITLED = "not_entitled", _("Not entitled in this month")
    NOT_THERE = "not_there", _("Did not work there in this month")
    TWICE = "twice", _("Paid already")
    LESS = "less", _("Less was paid than asked for")
    MISTAKE = "mistake", _("Put in by mistake")


class ClaimPaper(TextChoices):
    """What is attached to a claim."""

    CONTRACT = "contract", _("Labour contract")
    PAYROLL = "payroll", _("Payroll")
    CONTRIBUTION = "contribution", _("Proof of contributions paid")
    RECEIPT = "receipt", _("Receipt of the fee")
    DIPLOMA = "diploma", _("Graduation diploma")
    VOCATIONAL = "vocational", _("Vocational certificate")
    ATTENDANCE = "attendance", _("Attendance sheet")
    ACCOUNT = "account", _("Proof of the bank account")
    OTHER = "other", _("Other attachment")


class FundSource(TextChoices):
    """Where public money for employment comes from."""

    EMPLOYMENT = "employment", _("Employment subsidy fund")
    PROMOTION = "promotion", _("Employment promotion fund")
    SPECIAL = "special", _("Special fund for zero-employment households")
    INSURANCE = "insurance", _("Unemployment insurance fund")
    FINANCE = "finance", _("Budget of the same level")


class EntryKind(TextChoices):
    """What moves a fund's money."""

    ALLOT = "allot", _("Allotted")
    RESERVE = "reserve", _("Reserved")
    RELEASE = "release", _("Released")
    PAY = "pay", _("Paid out")
    RECOVER = "recover", _("Recovered")


class ItemState(TextChoices):
    SENT = "sent", _("Waits for the bank")
    PAID = "paid", _("Paid by the bank")
    FAILED = "failed", _("Refused by the bank")


class ClawbackState(TextChoices):
    OPEN = "open", _("To be recovered")
    SETTLED = "settled", _("Recovered in full")
    WRITTEN_OFF = "written_off", _("Written off")


class ClawbackReason(TextChoices):
    LEFT = "left", _("Left the post, not reported")
    FALSE_PAPERS = "false_papers", _("False papers")
    TWICE = "twice", _("Paid twice")
    DIED = "died", _("Died before the month")
    MISTAKE = "mistake", _("Paid by mistake")
    OTHER = "other", _("Another reason")


class WriteOffReason(TextChoices):
    DIED = "died", _("Debtor died, nothing left")
    CLOSED = "closed", _("Debtor closed down, nothing left")
    HARDSHIP = "hardship", _("Hardship, decided by the district")
    OURS = "ours", _("The mistake was ours")
