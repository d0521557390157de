"""A station with a person it may help, and that person's case in any state, made by the real steps."""

from datetime import date
from types import SimpleNamespace

from django.utils import timezone

from assistance.choices import CaseReason, CaseState, Intake
from assistance.models import Case
from assistance.services import cases, follow_ups
from city import workdays
from city.choices import AreaLevel, Role
from households import ledger
from households.choices import Channel, LabourState
from households.models import FourClear
from tests.city.factories import AreaFactory, PostingFactory
from tests.desks import elsewhere
from tests.households.factories import HardshipCertificationFactory, HouseholdFactory, ResidentFactory

CLEAR = {"family": "three", "cause": "laid_off", "work_wish": "any", "training_wish": "none"}
JOB = {"channel": Channel.EMPLOYER, "employer_name": "Silk mill"}


def make_desk(**person):
    """A community with its clerk and street, and a certified hardship person of whom all four things are known."""
    workdays.seed(2026, 2026)
    community = AreaFactory(community=True)
    home = HouseholdFactory(community=community)
    desk = SimpleNamespace(
        community=community,
        home=home,
        clerk=PostingFactory(area=community, role=Role.STATION_CLERK),
        street=PostingFactory(area=community.parent, role=Role.STREET_REVIEWER),
        district=PostingFactory(area=community.parent.parent, role=Role.DISTRICT_OFFICER),
    )
    desk.person = make_person(home, **person)
    return desk


def make_person(home, *, clear=True, certified=True, state=LabourState.UNEMPLOYED):
    person = ResidentFactory(home=home, spell={"state": state, "started_on": date(2025, 1, 1)})
    if clear:
        FourClear.objects.create(resident=person, noted_on=date(2026, 1, 1), **CLEAR)
    if certified:
        HardshipCertificationFactory(resident=person)
    ledger.rebuild([person.pk])
    person.refresh_from_db()
    return person


def open_case(desk, person=None, **values):
    given = {"intake": Intake.WINDOW, "applied_on": timezone.localdate(), "accepts_any": True} | values
    return cases.open_case(resident_id=(person or desk.person).pk, by=desk.clerk, **given)


def step(desk, case, action, by=None, **sent):
    """Take a step as it is now."""
    version = Case.objects.values_list("version", flat=True).get(pk=case.pk)
    return cases.take(case_id=case.pk, action=action, version=version, by=by or desk.clerk, **sent)


def place(desk, case, on=None, job=JOB, by=None):
    version = Case.objects.values_list("version", flat=True).get(pk=case.pk)
    day = on or timezone.localdate()
    return cases.place(case_id=case.pk, placed_on=day, version=version, by=by or desk.clerk, job=job)


def _follow_up_all(desk, case):
    for one in list(case.follow_ups.order_by("due_on")):
        follow_ups.record(follow_up_id=one.pk, done_on=timezone.localdate(), outcome="works", by=desk.clerk)


_WAYS = {
    CaseState.APPLIED: [],
    CaseState.VERIFIED: ["verify"],
    CaseState.COMMITTED: ["verify", "commit"],
    CaseState.RETURNED: ["verify", "commit", "send_back"],
    CaseState.PLACING: ["verify", "commit", "start_placing"],
    CaseState.PLACED: ["verify", "commit", "start_placing", "place"],
    CaseState.FOLLOWED_UP: ["verify", "commit", "start_placing", "place", "follow_up"],
    CaseState.CLOSED: ["verify", "commit", "start_placing", "place", "follow_up", "close"],
    CaseState.NOT_ELIGIBLE: ["not_eligible"],
    CaseState.LAPSED: ["lapse"],
}


def case_in(desk, state, person=None):
    """The person's case, taken to the state by the steps that lead there."""
    case = open_case(desk, person)
    for action in _WAYS[state]:
        if action == "place":
            place(desk, case)
        elif action == "follow_up":
            _follow_up_all(desk, case)
        elif action == "send_back":
            step(desk, case, action, by=desk.street, reason=CaseReason.PAPERS, words="the card is missing")
        else:
            step(desk, case, action, reason=CaseReason.OTHER, words="said")
    case.refresh_from_db()
    assert case.state == state
    return case


def sibling_of(community):
    return AreaFactory(level=AreaLevel.COMMUNITY, parent=community.parent)


__all__ = [
    "CLEAR",
    "JOB",
    "case_in",
    "elsewhere",
    "make_desk",
    "make_person",
    "open_case",
    "place",
    "sibling_of",
    "step",
]
