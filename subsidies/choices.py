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


class Doubt(TextChoices):
    """What can be doubtful about a line; each is a kind of finding, and holds the claim until it is explained."""

    DIED = "claimed_dead", _("Claimed for somebody dead")
    PENSION = "claimed_pension", _("Claimed for a pensioner")
    RETIRED = "claimed_retired", _("Claimed after the retirement age")
    ELSEWHERE = "claimed_elsewhere", _("Insured by another employer in the month claimed")
    BUSINESS = "claimed_business", _("Claimed for the owner of a business")
    PRISON = "claimed_prison", _("Claimed for somebody in prison")
    NOT_THERE = "claimed_not_there", _("Not at work there by the ledger")
    EXCLUDED = "claimed_excluded", _("Another subsidy for the same month")
    USED_UP = "claimed_used_up", _("Longest time of the subsidy used up")
    DISTRICT = "claimed_two_districts", _("Claimed in two districts")
    ACCOUNT = "claimed_account", _("Account shared with somebody else")
    ATTENDANCE = "claimed_attendance", _("Attendance does not fit the claim")
    NOT_INSURED = "claimed_not_insured", _("Not insured in the month claimed")
    INSIDER = "claimed_insider", _("Claimed for the household of somebody who handled it")


class FactDoubtReason(TextChoices):
    """Why a line is right although another office says otherwise of the person."""

    WRONG_PERSON = "wrong_person", _("The other office means somebody else")
    NOT_THEN = "not_then", _("It did not hold in this month; papers seen")
    NO_BAR = "no_bar", _("It does not stand in the way of this subsidy")
    RECLAIMED = "reclaimed", _("The money was reclaimed")
    OTHER = "other", _("Another reason")


class InsuredDoubtReason(TextChoices):
    """Why a line is right although the insurance office knows another employer, or none."""

    CHANGED_JOBS = "changed_jobs", _("Changed jobs within the month")
    NOT_STOPPED = "not_stopped", _("Left the job; insurance not stopped yet")
    AFFILIATED = "affiliated", _("Pays through a unit without working there")
    DISPATCHED = "dispatched", _("Sent there by a labour-dispatch company")
    LATE = "late", _("Insurance paid late; proof of payment seen")
    WRONG_PERSON = "wrong_person", _("The other office means somebody else")
    RECLAIMED = "reclaimed", _("The money was reclaimed")
    OTHER = "other", _("Another reason")


class WorkDoubtReason(TextChoices):
    """Why a line is right although ledger or attendance say otherwise."""

    PAPERS = "papers", _("Contract and payroll seen: worked there")
    LEDGER_LATE = "ledger_late", _("The ledger is behind and being corrected")
    ON_PAPER = "on_paper", _("Attendance kept on paper; sheet seen")
    OFF_HOURS = "off_hours", _("Course outside working hours, or held by the employer")
    RECLAIMED = "reclaimed", _("The money was reclaimed")
    OTHER = "other", _("Another reason")


class TwiceDoubtReason(TextChoices):
    """Why two claims for a person do not exclude each other."""

    DOCUMENT = "document", _("A document allows both")
    MOVED = "moved", _("Changed home or employer in between")
    GIVEN_UP = "given_up", _("The other one is being taken back")
    TERM = "term", _("A longer time is granted by document")
    RECLAIMED = "reclaimed", _("The money was reclaimed")
    OTHER = "other", _("Another reason")


class PersonDoubtReason(TextChoices):
    """Why an account that is shared, or a relation to somebody who decides, is no harm."""

    FAMILY = "family", _("Account of the family; written consent seen")
    GUARDIAN = "guardian", _("Account of the guardian")
    TYPING = "typing", _("The account was typed wrong and is corrected")
    OTHERS_DECIDED = "others_decided", _("Checked again by somebody not related")
    RECLAIMED = "reclaimed", _("The money was reclaimed")
    OTHER = "other", _("Another reason")


class BooksReason(TextChoices):
    """Why money that does not tally is in order."""

    UNDER_WAY = "under_way", _("Under way, will tally by tomorrow")
    REPAIRED = "repaired", _("Put right by another entry")
    OTHER = "other", _("Another reason")
