"""今日工作 with everything that can lie on it: every list filled, by grid, with the same queries at any size."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistance.choices import CaseState
from city import workdays
from city.choices import Role
from city.models import Finding
from households import ledger
from households.choices import DeclarationState, HardshipApplicationState, LabourState
from households.models import ResidentFinding
from tests.assistance.factories import CaseFactory, CommitmentFactory, FollowUpFactory
from tests.city.factories import AreaFactory, ClockFactory
from tests.desks import sign_in
from tests.households.factories import (
    DeclarationFactory,
    HardshipApplicationFactory,
    HouseholdFactory,
    ResidentFactory,
    VisitFactory,
    ZeroEmploymentEpisodeFactory,
)

pytestmark = pytest.mark.django_db
LISTS = {
    "visits", "visits-again", "episodes", "found", "to-verify", "promises", "cases-to-decide", "follow-ups",
    "findings", "hardship-returned", "early_warnings",
}  # fmt: skip
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _a_friday(time_machine):
    time_machine.move_to("2026-11-20T09:00+08:00")
    workdays.seed(2026, 2026)


@pytest.fixture
def community():
    return AreaFactory(community=True, name="枫桥社区")


@pytest.fixture
def grid(community):
    return AreaFactory(level="grid", code=None, parent=community, name="第1网格")


def home(community, grid, state, **spell):
    """A household of one in its own building."""
    household = HouseholdFactory(community=community, grid=grid)
    household.address = f"枫桥社区{household.pk}幢1单元101室"
    household.save()
    started_on = timezone.localdate() - 100 * A_DAY
    person = ResidentFactory(
        home=household, community=community, spell={"state": state, "started_on": started_on} | spell
    )
    return household, person


def a_morning(community, grid):
    """One of everything that waits for a station."""
    today = timezone.localdate()
    to_visit, _person = home(community, grid, LabourState.UNEMPLOYED)
    ZeroEmploymentEpisodeFactory(household=to_visit, certified_on=today - 70 * A_DAY)
    again, _person = home(community, grid, LabourState.EMPLOYED)
    VisitFactory(
        household=again, visited_on=today - A_DAY, outcome="refused", follow_up="visit_again", follow_up_on=today
    )
    for state in (DeclarationState.DECLARED, DeclarationState.RETURNED):
        declared, _person = home(community, grid, LabourState.UNEMPLOYED)
        DeclarationFactory(household=declared, state=state)
    home(community, grid, LabourState.UNEMPLOYED)
    home(community, grid, LabourState.EMPLOYED, contract_months=4)
    person = home(community, grid, LabourState.EMPLOYED)[1]
    CaseFactory(resident=person, community=community, state=CaseState.RETURNED)
    promised = CaseFactory(resident=home(community, grid, LabourState.EMPLOYED)[1], state=CaseState.COMMITTED)
    CommitmentFactory(
        case=promised, clock=ClockFactory(started_at=timezone.now() - 3 * A_DAY, due_at=timezone.now() - A_DAY)
    )
    placed = CaseFactory(
        resident=home(community, grid, LabourState.EMPLOYED)[1], state=CaseState.PLACED, placed_on=today - 7 * A_DAY
    )
    FollowUpFactory(case=placed, due_on=today)
    HardshipApplicationFactory(resident=person, state=HardshipApplicationState.RETURNED)
    finding = Finding.objects.create(
        kind="in_prison",
        area=community,
        key=str(person.pk),
        evidence={
            "from": "2026-10-01",
            "to": "",
            "place": "",
            "source": "",
            "state": LabourState.EMPLOYED,
            "since": "2026-08-12",
        },
        found_on=today,
        seen_on=today,
    )
    ResidentFinding.objects.create(finding=finding, resident=person)


def opened(client, address):
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code == 200
    return {one.name: one.total for one in answer.context["busy"]}, len(asked)


@pytest.mark.parametrize("chosen", ["", "?grid=all"])
def test_a_full_desk_costs_no_more_queries_at_any_size(client, community, grid, chosen):
    posting = sign_in(client, Role.STATION_CLERK, community)
    posting.grid = grid
    posting.save()
    a_morning(community, grid)
    ledger.rebuild()
    lists, queries = opened(client, f"/today/{chosen}")
    assert set(lists) == LISTS
    for _number in range(21):
        a_morning(community, grid)
    ledger.rebuild()
    many, asked = opened(client, f"/today/{chosen}")
    assert many == {name: 22 * total for name, total in lists.items()}
    assert asked <= queries


def test_everything_of_another_grid_is_left_out(client, community, grid):
    sign_in(client, Role.STATION_CLERK, community)
    a_morning(community, grid)
    ledger.rebuild()
    other = AreaFactory(level="grid", code=None, parent=community, name="第2网格")
    assert opened(client, f"/today/?grid={other.pk}")[0] == {}
