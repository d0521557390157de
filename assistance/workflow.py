"""Who may take which step with a case, a course or a layoff notice. Tables only; `city.moves` takes the steps."""

from django.utils.translation import gettext_lazy as _

from assistance.choices import (
    CancelReason,
    CaseReason,
    CaseState,
    CourseState,
    DropReason,
    EnrolmentState,
    LayoffState,
    LayoffWithdrawal,
)
from city.choices import AreaLevel, PauseReason
from city.workflow import Step, Workflow

_WORK, _SUPERVISE = "assistance.work_cases", "assistance.supervise_cases"
_CONFIRM = "households.confirm_employment"
#: Whoever may write the ledger has it: what the ledger says moves the case, whoever said it.
_TELL = "households.view_residents"
_UNPLACED, _AT_WORK = CaseState.UNPLACED, CaseState.AT_WORK
#: A promise runs on while the street has sent the case back.
_PROMISED = (CaseState.RETURNED, CaseState.VERIFIED, CaseState.COMMITTED, CaseState.PLACING)


def _staying(action, label, states, permission, **options):
    """A step that leaves the case where it is and is only told by its history."""
    return [Step(action, label, (state,), state, permission, **options) for state in states]


#: The five steps: apply, verify, commit, place, follow up. Not offered: what a form of its own or the ledger brings.
CASE = Workflow(
    "assistance.case",
    Step("apply", _("Application received"), ("",), CaseState.APPLIED, _WORK, offered=False),
    Step("verify", _("Verify"), (CaseState.APPLIED, CaseState.RETURNED), CaseState.VERIFIED, _WORK),
    Step("commit", _("Promise work"), (CaseState.VERIFIED,), CaseState.COMMITTED, _WORK),
    Step("start_placing", _("Start placing"), (CaseState.VERIFIED, CaseState.COMMITTED), CaseState.PLACING, _WORK),
    Step(
        "place",
        _("Placed"),
        (CaseState.VERIFIED, CaseState.COMMITTED, CaseState.PLACING),
        CaseState.PLACED,
        _WORK,
        offered=False,
    ),
    Step("confirm", _("Work confirmed"), _UNPLACED, CaseState.PLACED, _CONFIRM, offered=False),
    Step("follow_up", _("Followed up"), (CaseState.PLACED,), CaseState.FOLLOWED_UP, _WORK, offered=False),
    Step("close", _("Close the case"), (CaseState.FOLLOWED_UP,), CaseState.CLOSED, _WORK),
    Step("place_again", _("Place again"), _AT_WORK, CaseState.PLACING, _WORK, words_required=True),
    *_staying("pause", _("Stop the clock"), _PROMISED, _WORK, reasons=PauseReason),
    *_staying("resume", _("Let the clock run on"), _PROMISED, _WORK),
    *_staying("void", _("Promise void"), _PROMISED, _WORK, offered=False),
    *_staying("correct", _("Answer put right"), (*_PROMISED, *_AT_WORK), _WORK, offered=False),
    *_staying("job_ended", _("The job ended"), _AT_WORK, _TELL, offered=False),
    Step(
        "send_back",
        _("Send back to the station"),
        (CaseState.VERIFIED, CaseState.COMMITTED, CaseState.PLACING),
        CaseState.RETURNED,
        _SUPERVISE,
        reasons=CaseReason,
        words_required=True,
    ),
    Step(
        "not_eligible",
        _("Not eligible"),
        (CaseState.APPLIED, CaseState.RETURNED, CaseState.VERIFIED),
        CaseState.NOT_ELIGIBLE,
        _WORK,
        reasons=CaseReason,
    ),
    Step(
        "lapse",
        _("Let the case lapse"),
        CaseState.OPEN,
        CaseState.LAPSED,
        _WORK,
        reasons=CaseReason,
        words_required=True,
    ),
    Step(
        "leave", _("No longer a resident"), CaseState.OPEN, CaseState.LAPSED, _TELL, reasons=CaseReason, offered=False
    ),
)

_RUN, _ENROL, _REPORT = "assistance.run_courses", "assistance.enrol_residents", "assistance.report_layoffs"
_ABOVE_THE_STREET = (AreaLevel.DISTRICT, AreaLevel.CITY)

#: A street's course is approved by its district or city, a district's or the city's own there, by somebody else.
COURSE = Workflow(
    "assistance.course",
    Step(
        "approve",
        _("Approve"),
        (CourseState.PLANNED,),
        CourseState.APPROVED,
        _RUN,
        levels=_ABOVE_THE_STREET,
        apart_from=("plan",),
    ),
    Step("open", _("Open enrolment"), (CourseState.APPROVED,), CourseState.ENROLLING, _RUN),
    Step("start", _("Start the course"), (CourseState.ENROLLING,), CourseState.RUNNING, _RUN),
    Step("complete", _("Complete the course"), (CourseState.RUNNING,), CourseState.COMPLETED, _RUN),
    Step(
        "assess",
        _("Assess"),
        (CourseState.COMPLETED,),
        CourseState.ASSESSED,
        _RUN,
        levels=_ABOVE_THE_STREET,
        words_required=True,
    ),
    Step(
        "cancel",
        _("Cancel the course"),
        (CourseState.PLANNED, CourseState.APPROVED, CourseState.ENROLLING, CourseState.RUNNING),
        CourseState.CANCELLED,
        _RUN,
        reasons=CancelReason,
    ),
)

#: The station takes a person off a course, the course strikes one off; the forms of the course bring the rest.
ENROLMENT = Workflow(
    "assistance.enrolment",
    Step("attend", _("Attending"), (EnrolmentState.ENROLLED,), EnrolmentState.ATTENDING, _RUN, offered=False),
    Step("complete", _("Completed"), EnrolmentState.PRESENT, EnrolmentState.COMPLETED, _RUN, offered=False),
    Step(
        "certify",
        _("Certificate gained"),
        (EnrolmentState.COMPLETED,),
        EnrolmentState.CERTIFIED,
        _RUN,
        offered=False,
    ),
    Step("drop", _("Leave the course"), EnrolmentState.PRESENT, EnrolmentState.DROPPED, _ENROL, reasons=DropReason),
    Step("strike", _("Strike off"), EnrolmentState.PRESENT, EnrolmentState.DROPPED, _RUN, reasons=DropReason),
)

#: Reported and carried out on a day that their own forms ask for.
LAYOFF = Workflow(
    "assistance.layoff",
    Step("report", _("Reported"), (LayoffState.DRAFTED,), LayoffState.REPORTED, _REPORT, offered=False),
    Step("assess", _("Assess"), (LayoffState.REPORTED,), LayoffState.ASSESSED, _REPORT),
    Step(
        "intervene",
        _("Ask the employer to keep them"),
        (LayoffState.ASSESSED,),
        LayoffState.INTERVENING,
        _REPORT,
        words_required=True,
    ),
    Step("carry_out", _("Carried out"), LayoffState.OPEN, LayoffState.CARRIED_OUT, _REPORT, offered=False),
    Step("close", _("Close"), (LayoffState.CARRIED_OUT,), LayoffState.CLOSED, _REPORT, words_required=True),
    Step(
        "withdraw",
        _("Withdraw"),
        LayoffState.OPEN,
        LayoffState.WITHDRAWN,
        _REPORT,
        reasons=LayoffWithdrawal,
    ),
)
