"""What the printed forms of the register say, beside what the ledger says today."""

from datetime import timedelta

import pytest

from city import paper
from households.choices import LabourState
from households.hardship import Proposal
from households.services import declarations, hardship
from tests.city.factories import PostingFactory
from tests.households.factories import HardshipApplicationFactory, HouseholdFactory
from tests.households.zero_desk import TODAY, moment, zero_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(time_machine):
    time_machine.move_to(moment(TODAY), tick=False)
    return zero_desk()


def values(form, thing, posting):
    return paper.form_named(form).values(thing, posting)


def test_a_decided_declaration_speaks_of_the_day_it_was_decided(desk, time_machine):
    declaration = desk.declaration("publicised")
    open_form = values("declaration", declaration, desk.street)
    assert {row[4] for row in open_form["members"]} == {LabourState.UNEMPLOYED.label}
    certified = declarations.take(
        declaration_id=declaration.pk, action="certify", by=desk.street, version=declaration.version
    )
    time_machine.move_to(moment(TODAY + timedelta(days=9)), tick=False)
    desk.state_of(desk.head, LabourState.EMPLOYED, since=TODAY + timedelta(days=1))
    assert values("declaration", certified, desk.street)["members"] == open_form["members"]


def test_an_application_put_right_says_who_sent_it_again_and_what_the_street_said(desk):
    application = HardshipApplicationFactory(resident=desk.head)
    terms = {"action": "send_back", "by": desk.street, "version": 0, "reason": "proof", "words": "不清"}
    application = hardship.decide(application_id=application.pk, **terms)
    assert "不清" in values("hardship", application, desk.street)["street_opinion"]
    proposal = Proposal("disabled", "disability", "残疾证 123", None)
    application = hardship.correct(application_id=application.pk, proposal=proposal, by=desk.clerk, version=1)
    assert str(desk.clerk.staff) in values("hardship", application, desk.street)["station_opinion"]


def test_a_household_where_nobody_lives_is_not_walked_to(desk):
    empty = HouseholdFactory(community=desk.community, number="999")
    rows = values("visits", desk.community, PostingFactory(area=desk.community))["households"]
    assert desk.household.number in {row[0] for row in rows}
    assert empty.number not in {row[0] for row in rows}
