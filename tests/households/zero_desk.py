"""A household without work at its station and street, and one request tried by every role from every place."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.test import Client

from city import clocks
from city.choices import AreaLevel, ClockUnit, Role
from city.models import Area, Notice
from city.moves import begin
from city.workdays import seed
from households import ledger
from households.choices import LabourState, Relation
from households.models import Declaration
from households.workflow import DECLARATION
from tests.city.factories import AreaFactory, PostingFactory
from tests.conftest import ReadingClient
from tests.desks import elsewhere, sign_in
from tests.households.factories import HouseholdFactory, MembershipFactory, ResidentFactory, VisitFactory

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: Thursday; the nearest holidays are over a month away.
TODAY = date(2026, 11, 12)
LONG_AGO = date(2020, 1, 1)


def moment(day, hour=9, minute=0):
    return datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=hour, minutes=minute)


@dataclass
class ZeroDesk:
    community: Area
    clerk: object
    street: object
    household: object
    head: object
    spouse: object

    @property
    def places(self):
        sibling = AreaFactory(level=AreaLevel.COMMUNITY, parent=self.community.parent)
        return {"own": self.community, "sibling": sibling, "other district": elsewhere(self.community)}

    def declaration(self, state="declared", **values):
        """One that came to this state properly, as far as its rows tell."""
        declaration = Declaration(
            household=self.household, source="station", declared_on=TODAY, entered_by=self.clerk.staff, **values
        )
        begin(declaration, workflow=DECLARATION, by=self.clerk, action="declare")
        if state in ("verified", "publicised"):
            declaration.visit = VisitFactory(
                household=self.household, visited_on=TODAY, visitor=f"visitor of {declaration.pk}"
            )
        if state == "publicised":
            declaration.notice = self.notice()
        declaration.state = state
        declaration.save()
        return declaration

    def notice(self, started_on=TODAY - timedelta(days=20)):
        """Five working days that have passed."""
        clock = clocks.start(ClockUnit.WORKING_DAYS, 5, at=moment(started_on))
        return Notice.objects.create(
            kind="zero_household", title="公示", columns=["户主"], rows=[["王*"]], area=self.community, clock=clock
        )

    def state_of(self, person, state, since=TODAY):
        spell = person.labour_spells.create(
            started_on=since,
            state=state,
            inactive_reason="unable" if state == LabourState.INACTIVE else "",
            confirmed_on=since,
        )
        ledger.rebuild([person.pk])
        return spell


def zero_desk():
    """Two members who look for work, at a station of a street; the calendar of 2026 is known."""
    seed(2026, 2026)
    community = AreaFactory(community=True)
    household = HouseholdFactory(community=community, number="desk", address="幸福路1号")
    people = []
    for name, relation in (("王小明", Relation.HEAD), ("李芳", Relation.SPOUSE)):
        person = ResidentFactory(name=name, birth_date=date(1980, 1, 1), spell={"state": LabourState.UNEMPLOYED})
        MembershipFactory(resident=person, household=household, started_on=LONG_AGO, relation=relation)
        people.append(person)
    ledger.rebuild()
    return ZeroDesk(
        community=community,
        clerk=PostingFactory(area=community, role=Role.STATION_CLERK),
        street=PostingFactory(area=community.parent, role=Role.STREET_REVIEWER),
        household=household,
        head=people[0],
        spouse=people[1],
    )


def sees(role, place):
    """Whether a posting of the role over the place covers the desk's own community."""
    if role in (Role.STATION_CLERK, Role.STATION_HEAD):
        return place == "own"
    if role == Role.STREET_REVIEWER:
        return place in ("own", "sibling")
    if role in (Role.DISTRICT_OFFICER, Role.FINANCE):
        return place in ("own", "sibling")
    return True


class TakenBack(Exception):
    """Nothing went wrong: what was tried is undone."""


def status_for(role, community, address, data, watched=()):
    """The answer's status to a POST of this role; what it wrote is taken back. Refused, it has written nothing."""
    client: Client = ReadingClient()
    sign_in(client, role, community)
    before = [list(model.objects.order_by("pk").values()) for model in watched]
    status = None
    try:
        with transaction.atomic():
            status = client.post(address, data).status_code
            after = [list(model.objects.order_by("pk").values()) for model in watched]
            if (status == 302) == (before == after):
                raise AssertionError(f"{role} {address}: {status}, written: {before != after}")
            raise TakenBack
    except TakenBack:
        return status


def tried_by_everybody(desk, address, data, allowed, watched=()):
    """`{(role, place): status}` that differ from: 404 outside, 302 for the allowed, else 403."""
    wrong = {}
    for place, community in desk.places.items():
        for role in Role:
            status = status_for(role, community, address, data, watched)
            expected = 404 if not sees(role, place) else 302 if role in allowed else 403
            if status != expected:
                wrong[role.value, place] = (status, expected)
    return wrong
