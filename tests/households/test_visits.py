"""Visits recorded and corrected: what they write, what they refuse, and that nothing is written twice."""

from datetime import date, time, timedelta

import pytest
import time_machine
from django.utils import timezone

from city import facts
from city.models import TrailAct
from config.conflict import Conflict
from households import ledger
from households.choices import (
    Channel,
    FollowUpNeed,
    InactiveReason,
    LabourState,
    MemberReport,
    Source,
    VisitOutcome,
    VisitWay,
)
from households.models import Declaration, LabourSpell, LedgerSpan, Membership, Visit
from households.services.visits import VisitRefused, correct_visit, record_visit
from households.told import FollowUp, Told
from tests.city.factories import AreaFactory, PostingFactory
from tests.households.factories import HouseholdFactory, LabourSpellFactory, ResidentFactory, VisitFactory

pytestmark = pytest.mark.django_db
YESTERDAY = timezone.localdate() - timedelta(days=1)
LONG_AGO = date(2026, 1, 5)


@pytest.fixture
def community():
    return AreaFactory(community=True)


@pytest.fixture
def clerk(community):
    return PostingFactory(area=community)


@pytest.fixture
def household(community):
    return HouseholdFactory(community=community)


@pytest.fixture
def family(household):
    """One in work, one without, one at school; nobody confirmed since January."""
    states = [LabourState.EMPLOYED, LabourState.UNEMPLOYED, LabourState.INACTIVE]
    people = [
        ResidentFactory(home=household, spell={"state": state, "started_on": LONG_AGO, "source": Source.ROSTER})
        for state in states
    ]
    ledger.rebuild()
    return people


@pytest.fixture
def noon():
    """Noon of 20 November in the city."""
    with time_machine.travel("2026-11-20T04:00:00Z", tick=False):
        yield date(2026, 11, 20)


def visit(clerk, household, **kwargs):
    values = {"visited_on": YESTERDAY, "outcome": VisitOutcome.COMPLETED} | kwargs
    return record_visit(household_id=household.pk, by=clerk, **values)


def told(person, report, **kwargs):
    return Told(person.pk, report, **kwargs)


def others(family, person, report=MemberReport.UNCHANGED):
    return [told(one, report) for one in family if one != person]


def span(person):
    return LedgerSpan.objects.in_force_on(timezone.localdate()).get(resident=person)


def spells(person):
    return list(person.labour_spells.order_by("started_on").values_list("started_on", "state", "source"))


def test_nothing_changed_confirms_every_member_on_that_day(clerk, household, family):
    found = visit(clerk, household, nothing_changed=True, visited_at=time(9, 30))
    assert [span(one).confirmed_on for one in family] == [YESTERDAY] * 3
    assert (found.unchanged, found.visitor, found.staff, found.way) == (True, clerk.staff.name, clerk.staff, "door")
    assert set(found.members.values_list("report", flat=True)) == {MemberReport.UNCHANGED}
    assert found.visited_at == time(9, 30)
    assert timezone.localdate(found.entered_at) == timezone.localdate()
    assert TrailAct.objects.latest("pk").posting == clerk
    assert ledger.check()["differ"] == 0


def test_what_was_only_assumed_is_told_once_nothing_has_changed(clerk, household, family):
    person = family[1]
    person.labour_spells.update(source=Source.ASSUMED)
    visit(clerk, household, nothing_changed=True, way=VisitWay.PHONE)
    assert spells(person) == [(LONG_AGO, LabourState.UNEMPLOYED, Source.PHONE)]
    assert {source for *_others, source in spells(family[0])} == {Source.ROSTER}


def test_reports_of_every_kind_are_written_as_events_of_the_ledger(clerk, household, family):
    worker, jobless, pupil = family
    job = {"channel": Channel.FLEXIBLE, "employer_name": "顺风快递", "contract_months": 12, "monthly_income": None}
    day = YESTERDAY - timedelta(days=5)
    visit(
        clerk,
        household,
        told=[
            told(worker, MemberReport.LOST_WORK, on=day, afterwards="unemployed"),
            told(jobless, MemberReport.FOUND_WORK, on=day, job=job),
            told(pupil, MemberReport.LOOKING, on=day),
        ],
    )
    assert spells(worker)[1:] == [(day + timedelta(days=1), LabourState.UNEMPLOYED, Source.VISIT)]
    assert spells(jobless)[1:] == [(day, LabourState.EMPLOYED, Source.VISIT)]
    assert spells(pupil)[1:] == [(day, LabourState.UNEMPLOYED, Source.VISIT)]
    spell = jobless.labour_spells.latest("started_on")
    assert (spell.channel, spell.employer_name, spell.contract_months) == (Channel.FLEXIBLE, "顺风快递", 12)
    assert ledger.check()["differ"] == 0


def test_retired_and_stopped_looking(clerk, household, family):
    worker, jobless, pupil = family
    visit(
        clerk,
        household,
        told=[
            told(worker, MemberReport.RETIRED),
            told(jobless, MemberReport.STOPPED_LOOKING, reason=InactiveReason.UNABLE),
            told(pupil, MemberReport.NOT_SEEN),
        ],
    )
    assert worker.labour_spells.latest("started_on").inactive_reason == InactiveReason.RETIRED
    assert jobless.labour_spells.latest("started_on").inactive_reason == InactiveReason.UNABLE
    assert span(pupil).confirmed_on == LONG_AGO


@pytest.mark.parametrize(
    ("afterwards", "state", "source"),
    [
        ("", LabourState.UNEMPLOYED, Source.ASSUMED),
        ("unemployed", LabourState.UNEMPLOYED, Source.VISIT),
        ("unable", LabourState.INACTIVE, Source.VISIT),
    ],
)
def test_lost_work_says_what_came_after_or_leaves_it_assumed(clerk, household, family, afterwards, state, source):
    worker = family[0]
    visit(clerk, household, told=[told(worker, MemberReport.LOST_WORK, afterwards=afterwards, on=LONG_AGO)])
    assert spells(worker)[1:] == [(LONG_AGO + timedelta(days=1), state, source)]


@pytest.mark.parametrize("report", [MemberReport.MOVED, MemberReport.DIED])
def test_who_left_lives_here_no_more(clerk, household, family, report):
    visit(clerk, household, told=[told(family[2], report, on=YESTERDAY), *others(family, family[2])])
    assert Membership.objects.filter(resident=family[2], household=None, leave_reason=report).exists()
    assert not LedgerSpan.objects.filter(resident=family[2], last_on__gte=YESTERDAY).exists()


def test_unchanged_members_are_confirmed_beside_a_changed_one(clerk, household, family):
    found = visit(
        clerk,
        household,
        told=[told(family[0], MemberReport.LOST_WORK, on=YESTERDAY), *others(family, family[0])],
    )
    assert found.unchanged is False
    assert [span(one).confirmed_on for one in family[1:]] == [YESTERDAY] * 2


def test_all_told_unchanged_is_a_visit_at_which_nothing_changed(clerk, household, family):
    assert visit(clerk, household, told=others(family, None)).unchanged is True
    assert visit(clerk, household, way="phone", told=others(family, family[0])).unchanged is False


@pytest.mark.parametrize("outcome", [VisitOutcome.NOBODY_IN, VisitOutcome.REFUSED, VisitOutcome.MOVED])
def test_a_visit_that_met_nobody_confirms_nothing(clerk, household, family, outcome):
    found = visit(clerk, household, outcome=outcome, nothing_changed=True, told=others(family, None))
    assert (found.unchanged, found.members.count()) == (False, 0)
    assert span(family[0]).confirmed_on == LONG_AGO


def test_a_visit_ahead_is_refused(clerk, household, family, noon):
    for values, field in (
        ({"visited_on": noon + timedelta(days=1)}, "visited_on"),
        ({"visited_on": noon, "visited_at": time(12, 1)}, "visited_at"),
    ):
        with pytest.raises(VisitRefused) as refused:
            visit(clerk, household, nothing_changed=True, **values)
        assert refused.value.field == field
    assert not Visit.objects.exists()
    visit(clerk, household, nothing_changed=True, visited_on=noon, visited_at=time(12, 0))


def test_a_visit_in_vain_may_be_followed_by_others_of_the_day(clerk, household, family):
    in_vain = {"outcome": VisitOutcome.NOBODY_IN}
    visit(clerk, household, visited_at=time(9), **in_vain)
    visit(clerk, household, visited_at=time(15), outcome=VisitOutcome.REFUSED)
    for values in (in_vain | {"visited_at": time(9)}, {"visited_at": time(15), "nothing_changed": True}):
        with pytest.raises(VisitRefused) as refused:
            visit(clerk, household, **values)
        assert refused.value.field == "visited_at"
    visit(clerk, household, visited_at=time(19), nothing_changed=True)
    with pytest.raises(VisitRefused) as refused:
        visit(clerk, household, visited_at=time(20), nothing_changed=True)
    assert refused.value.field == "visited_on"
    visit(clerk, household, **in_vain)
    assert Visit.objects.count() == 4


def test_the_same_visit_twice_is_refused_and_another_way_is_not(clerk, household, family):
    visit(clerk, household, nothing_changed=True)
    with pytest.raises(VisitRefused) as refused:
        visit(clerk, household, nothing_changed=True)
    assert refused.value.field == "visited_on"
    visit(clerk, household, way=VisitWay.PHONE, nothing_changed=True)
    assert Visit.objects.count() == 2


def test_what_contradicts_the_ledger_keeps_nothing_of_the_visit(clerk, household, family):
    before = spells(family[1])
    with pytest.raises(VisitRefused) as refused:
        visit(
            clerk,
            household,
            told=[
                told(family[0], MemberReport.LOST_WORK, on=YESTERDAY),
                told(family[1], MemberReport.LOST_WORK, on=YESTERDAY),
            ],
        )
    assert refused.value.resident_id == family[1].pk
    assert not Visit.objects.exists()
    assert spells(family[0])[1:] == []
    assert spells(family[1]) == before


@pytest.mark.parametrize("report", [MemberReport.FOUND_WORK, MemberReport.LOST_WORK])
def test_an_event_ahead_is_no_news_of_a_visit(clerk, household, family, report):
    with pytest.raises(VisitRefused) as refused:
        visit(clerk, household, told=[told(family[0], report, on=timezone.localdate() + timedelta(days=1))])
    assert (refused.value.field, refused.value.resident_id) == ("on", family[0].pk)


def test_who_did_not_live_there_is_refused(clerk, household, family):
    stranger = ResidentFactory(home=HouseholdFactory(community=household.community))
    with pytest.raises(VisitRefused) as refused:
        visit(clerk, household, told=[told(stranger, MemberReport.UNCHANGED)])
    assert refused.value.resident_id == stranger.pk


def test_who_moved_in_later_is_not_confirmed_by_an_earlier_visit(clerk, household, family):
    newcomer = ResidentFactory(spell={"started_on": LONG_AGO})
    Membership.objects.create(
        resident=newcomer, household=household, relation="other", started_on=timezone.localdate()
    )
    ledger.rebuild()
    found = visit(clerk, household, nothing_changed=True)
    assert found.unchanged
    assert newcomer.pk not in set(found.members.values_list("resident", flat=True))
    assert span(newcomer).confirmed_on == LONG_AGO


def test_left_to_do_is_kept_apart_from_how_it_went(clerk, household, family):
    again = FollowUp(FollowUpNeed.VISIT_AGAIN, on=timezone.localdate())
    found = visit(clerk, household, outcome=VisitOutcome.NOBODY_IN, follow_up=again, campaign="homes")
    found.refresh_from_db()
    assert (found.outcome, found.follow_up, found.follow_up_on, found.campaign) == (
        "nobody_in",
        "visit_again",
        timezone.localdate(),
        "homes",
    )


def test_a_case_is_wanted_for_the_member_named(clerk, household, family, monkeypatch):
    heard = []
    monkeypatch.setattr(facts, "_handlers", {facts.CaseWanted: [heard.append]})
    wanted = FollowUp(FollowUpNeed.OPEN_CASE, resident_id=family[1].pk)
    visit(clerk, household, nothing_changed=True, note="想学电工", follow_up=wanted)
    ((fact),) = heard
    assert (fact.resident_id, fact.intake, fact.words, fact.preventive, fact.by) == (
        family[1].pk,
        "visit",
        "想学电工",
        False,
        clerk,
    )
    stranger = FollowUp(FollowUpNeed.OPEN_CASE, resident_id=ResidentFactory().pk)
    with pytest.raises(VisitRefused) as refused:
        visit(clerk, household, way="phone", nothing_changed=True, follow_up=stranger)
    assert refused.value.field == "follow_up_member"


def test_a_declaration_is_made_once(clerk, household, family):
    declare = FollowUp(FollowUpNeed.DECLARE)
    visit(clerk, household, nothing_changed=True, follow_up=declare)
    made = Declaration.objects.get()
    assert (made.household, made.source, made.declared_on) == (household, "visit", YESTERDAY)
    with pytest.raises(VisitRefused) as refused:
        visit(clerk, household, way="phone", nothing_changed=True, follow_up=declare)
    assert refused.value.field == "follow_up"
    assert Visit.objects.count() == 1


def corrected(old, clerk, **kwargs):
    values = {"visited_on": old.visited_on, "outcome": VisitOutcome.COMPLETED, "way": old.way} | kwargs
    return correct_visit(visit_id=old.pk, by=clerk, **values)


def test_a_correction_takes_the_place_of_the_visit_and_its_confirmations(clerk, household, family):
    old = visit(clerk, household, nothing_changed=True)
    new = corrected(old, clerk, outcome=VisitOutcome.NOBODY_IN)
    old.refresh_from_db()
    assert (old.superseded, new.superseded, new.corrects) == (True, False, old)
    assert [span(one).confirmed_on for one in family] == [LONG_AGO] * 3
    newest = corrected(new, clerk, nothing_changed=True)
    assert [span(one).confirmed_on for one in family] == [YESTERDAY] * 3
    assert list(Visit.objects.standing()) == [newest]
    assert ledger.check()["differ"] == 0


def test_a_visit_is_corrected_once(clerk, household, family):
    old = visit(clerk, household, nothing_changed=True)
    colleague = PostingFactory(area=household.community)
    new = corrected(old, colleague, outcome=VisitOutcome.REFUSED)
    with pytest.raises(Conflict) as conflict:
        corrected(old, clerk, nothing_changed=True)
    assert (conflict.value.by, conflict.value.at) == (colleague.staff, new.entered_at)


def test_a_correction_writes_only_what_is_told_otherwise(clerk, household, family):
    worker, jobless, _pupil = family
    job = {"channel": Channel.EMPLOYER}
    first = [
        told(worker, MemberReport.LOST_WORK, on=YESTERDAY),
        told(jobless, MemberReport.FOUND_WORK, on=YESTERDAY, job=job),
    ]
    old = visit(clerk, household, told=first)
    written = LabourSpell.objects.count()
    new = corrected(
        old,
        clerk,
        told=[told(worker, MemberReport.LOST_WORK, on=YESTERDAY), told(jobless, MemberReport.UNCHANGED)],
        note="记错了",
    )
    assert LabourSpell.objects.count() == written
    assert jobless.labour_spells.latest("started_on").state == LabourState.EMPLOYED
    assert new.members.count() == 2


def test_a_correction_begins_nothing_twice(clerk, household, family):
    old = visit(clerk, household, nothing_changed=True, follow_up=FollowUp(FollowUpNeed.DECLARE))
    new = corrected(old, clerk, nothing_changed=True, follow_up=FollowUp(FollowUpNeed.DECLARE), note="补记")
    assert (Declaration.objects.count(), new.follow_up) == (1, FollowUpNeed.DECLARE)


def test_the_ledger_is_the_same_in_whatever_order_visits_are_entered(clerk, household, family):
    later = visit(clerk, household, nothing_changed=True)
    visit(clerk, household, nothing_changed=True, visited_on=YESTERDAY - timedelta(days=30))
    assert span(family[0]).confirmed_on == later.visited_on


def test_a_visit_of_a_sheet_can_be_corrected(clerk, household, family):
    sheet_row = VisitFactory(household=household, visited_on=YESTERDAY, unchanged=True)
    ledger.rebuild()
    corrected(sheet_row, clerk, told=[told(family[0], MemberReport.NOT_SEEN)])
    assert span(family[0]).confirmed_on == LONG_AGO


def test_a_household_without_members_is_not_unchanged(clerk, household):
    assert visit(clerk, household, nothing_changed=True).unchanged is False


def test_who_lived_in_work_since_before_keeps_the_spell(clerk, household, family):
    LabourSpellFactory(resident=family[0], started_on=YESTERDAY - timedelta(days=3), state=LabourState.EMPLOYED)
    visit(clerk, household, nothing_changed=True)
    assert len(spells(family[0])) == 2
