"""Every step of a layoff notice × ten roles × areas, and what each step asks for."""

from datetime import date

import pytest
import time_machine
from django.utils import translation

from assistance.choices import LayoffState
from assistance.models import LayoffNotice, LayoffPerson
from assistance.services import layoffs
from assistance.workflow import LAYOFF
from city.choices import AreaLevel, Role
from city.ciphers import keyed_hash
from city.facts import CaseWanted
from city.models import Move
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from households import ledger
from households.models import LabourSpell
from tests.assistance.factories import LayoffNoticeFactory, LayoffPersonFactory
from tests.city.factories import AreaFactory, EmployerFactory, PostingFactory
from tests.desks import _PLACES, elsewhere, superior
from tests.households.factories import HouseholdFactory, LabourSpellFactory, ResidentFactory, id_number_of

pytestmark = pytest.mark.django_db
STEPS = [(step.action, state) for step in LAYOFF for state in step.sources]
TODAY, TOMORROW = date(2026, 11, 21), date(2026, 11, 22)
STREET, DISTRICT = Role.STREET_REVIEWER, Role.DISTRICT_OFFICER


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False), translation.override("en"):
        yield


@pytest.fixture
def community():
    return AreaFactory(community=True)


def posted(role, community):
    return PostingFactory(role=role, area=superior(community, _PLACES.get(role, AreaLevel.CITY)))


def resident_of(community, **values):
    person = ResidentFactory(home=HouseholdFactory(community=community), **values)
    ledger.rebuild([person.pk])
    person.refresh_from_db()
    return person


def notice_in(community, state="drafted", listed=True, **values):
    done = TODAY if state in ("carried_out", "closed") else None
    notice = LayoffNoticeFactory(area=community.parent, state=state, carried_out_on=done, **values)
    if listed:
        LayoffPersonFactory(notice=notice, resident=resident_of(community))
    return notice


def take(notice, action, by, *, on=TODAY, **told):
    step = LAYOFF.steps[action][0]
    told = {"reason": step.reasons.values[0] if step.reasons else "", "words": "in words", **told}
    return layoffs.take_layoff_step(notice=notice, action=action, by=by, version=notice.version, on=on, **told)


@pytest.mark.parametrize(("action", "state"), STEPS)
def test_who_may_take_a_step(community, action, state):
    far = elsewhere(community)
    for role in Role:
        for place, near in ((community, True), (far, False)):
            notice = notice_in(community, state)
            allowed = near and role in (STREET, DISTRICT)
            try:
                take(notice, action, posted(role, place))
                taken = True
            except NotAllowed:
                taken = False
            notice.refresh_from_db()
            assert (taken, notice.state != state) == (allowed, allowed), (role, place)
            assert Move.objects.filter(workflow=LAYOFF.name, key=notice.pk).count() == allowed


@pytest.mark.parametrize("action", list(LAYOFF.steps))
@pytest.mark.parametrize("state", LayoffState.values)
def test_from_another_state_a_step_is_a_conflict_and_leaves_no_trace(community, action, state):
    if (action, state) in STEPS:
        return
    notice = notice_in(community, state)
    with pytest.raises(Conflict):
        take(notice, action, posted(STREET, community))
    notice.refresh_from_db()
    assert (notice.state, notice.version) == (state, 0)
    assert not Move.objects.exists()


@pytest.mark.parametrize("action", ["report", "carry_out"])
@pytest.mark.parametrize("on", [None, TOMORROW])
def test_what_happened_has_its_day_and_none_to_come(community, action, on):
    notice = notice_in(community)
    with pytest.raises(StepRefused) as refused:
        take(notice, action, posted(STREET, community), on=on)
    assert refused.value.field == "on"


def test_reported_and_carried_out_keep_their_days(community):
    notice, by = notice_in(community), posted(STREET, community)
    take(notice, "report", by, on=date(2026, 11, 1))
    take(notice, "carry_out", by, on=TODAY)
    assert (notice.reported_on, notice.carried_out_on) == (date(2026, 11, 1), TODAY)


def test_nobody_can_assess_without_the_list_of_staff(community):
    notice = notice_in(community, "reported", listed=False)
    with pytest.raises(StepRefused, match="list of staff"):
        take(notice, "assess", posted(STREET, community))


@pytest.mark.parametrize(
    ("action", "state", "missing"),
    [
        ("intervene", "assessed", "words"),
        ("close", "carried_out", "words"),
        ("withdraw", "reported", "reason"),
    ],
)
def test_words_and_reasons_are_asked_for(community, action, state, missing):
    notice = notice_in(community, state)
    with pytest.raises(StepRefused) as refused:
        take(notice, action, posted(STREET, community), **{missing: ""})
    assert refused.value.field == missing


def test_who_became_a_resident_since_is_found_when_the_notice_is_assessed(community):
    notice = notice_in(community, "reported", listed=False)
    number = id_number_of(date(1980, 1, 1), "male", 77)
    for key in (number, "somebody else"):
        LayoffPersonFactory(notice=notice, resident=None, id_hash=keyed_hash(key))
    late = resident_of(community, id_number=number)
    take(notice, "assess", posted(STREET, community))
    assert set(notice.persons.values_list("resident", flat=True)) == {late.pk, None}


VALUES = {"staff_total": 100, "planned": 20, "planned_on": TOMORROW, "words": "", "union_heard": True}


@pytest.mark.parametrize("role", Role)
def test_who_may_enter_a_notice(community, role):
    by = posted(role, community)
    if role in (STREET, DISTRICT):
        notice = layoffs.draw_up(
            credit_code="91330100MA00000001", employer_name="一厂", area=community.parent, values=VALUES, by=by
        )
        assert (notice.state, notice.employer.name) == ("drafted", "一厂")
    else:
        with pytest.raises(NotAllowed):
            layoffs.draw_up(credit_code="X", employer_name="一厂", area=by.area, values=VALUES, by=by)
        assert not LayoffNotice.objects.exists()


def test_a_notice_is_entered_within_the_own_area_and_once_a_day(community):
    employer = EmployerFactory()
    by = posted(STREET, community)
    kept = {"credit_code": employer.credit_code, "employer_name": "", "values": VALUES, "by": by}
    with pytest.raises(NotAllowed):
        layoffs.draw_up(area=elsewhere(community).parent, **kept)
    assert layoffs.draw_up(area=by.area, **kept).employer == employer
    with pytest.raises(StepRefused):
        layoffs.draw_up(area=by.area, **kept)


def test_somebody_is_put_on_the_list_by_hand_once(community):
    notice, by = notice_in(community, listed=False), posted(STREET, community)
    number = id_number_of(date(1980, 1, 1), "male", 5)
    resident = resident_of(community, id_number=number)
    told = {"notice": notice, "name": "王", "id_number": number, "job": "", "by": by}
    person = layoffs.add_person(**told)
    assert (person.resident, LayoffPerson.objects.get().id_number) == (resident, number)
    with pytest.raises(StepRefused):
        layoffs.add_person(**told)
    with pytest.raises(NotAllowed):
        layoffs.add_person(**told | {"by": posted(Role.STATION_CLERK, community)})
    LayoffNotice.objects.update(state="withdrawn")
    with pytest.raises(Conflict):
        layoffs.add_person(**told | {"id_number": id_number_of(date(1980, 1, 1), "male", 6)})


@pytest.fixture
def heard(monkeypatch):
    """What is told to whoever listens."""
    facts = []
    monkeypatch.setattr(layoffs, "tell", facts.append)
    return facts


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", LayoffState.values)
def test_help_is_opened_for_the_own_residents_while_the_layoff_is_to_come(community, heard, role, state):
    notice, by = notice_in(community, state), posted(role, community)
    stranger = LayoffPersonFactory(notice=notice, resident=resident_of(elsewhere(community)))
    own = notice.persons.exclude(pk=stranger.pk).get()
    told = {"notice": notice, "person_ids": [own.pk, stranger.pk], "by": by}
    may = role in (Role.STATION_CLERK, Role.STATION_HEAD, STREET, DISTRICT)
    if may and state in LayoffState.OPEN:
        assert layoffs.open_cases(**told) == 1
        assert [(type(fact), fact.resident_id, fact.intake, fact.preventive) for fact in heard] == [
            (CaseWanted, own.resident_id, "layoff", True)
        ]
    else:
        with pytest.raises(Conflict if may else NotAllowed):
            layoffs.open_cases(**told)
        assert heard == []


def test_a_case_is_opened_for_real_and_only_once(community):
    notice, by = notice_in(community, "assessed"), posted(Role.STATION_CLERK, community)
    own = notice.persons.get()
    for _time in range(2):
        layoffs.open_cases(notice=notice, person_ids=[own.pk], by=by)
    case = own.resident.cases.get()
    assert (case.preventive, case.intake) == (True, "layoff")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", LayoffState.values)
def test_losses_are_recorded_by_the_station_once_the_layoff_happened(community, role, state):
    notice, by = notice_in(community, state), posted(role, community)
    own = notice.persons.get()
    LabourSpellFactory(resident=own.resident)
    stranger = LayoffPersonFactory(notice=notice, resident=resident_of(elsewhere(community)))
    LabourSpellFactory(resident=stranger.resident)
    ledger.rebuild([own.resident_id, stranger.resident_id])
    told = {"notice": notice, "person_ids": [own.pk, stranger.pk], "by": by}
    may = role in (Role.STATION_CLERK, Role.STATION_HEAD)
    if may and state in layoffs.DONE:
        assert layoffs.record_losses(**told) == (1, [])
        spell = LabourSpell.objects.get(resident=own.resident, state=2)
        assert (spell.started_on, spell.source) == (TOMORROW, "assumed")
    else:
        with pytest.raises(Conflict if may else NotAllowed):
            layoffs.record_losses(**told)
    assert LabourSpell.objects.filter(resident=stranger.resident).count() == 1


def test_what_the_ledger_refuses_stops_nobody_else(community):
    notice, by = notice_in(community, "carried_out"), posted(Role.STATION_HEAD, community)
    first = notice.persons.get()
    LabourSpellFactory(resident=first.resident, state=2)
    second = LayoffPersonFactory(notice=notice, resident=resident_of(community))
    LabourSpellFactory(resident=second.resident)
    ledger.rebuild([first.resident_id, second.resident_id])
    number, refused = layoffs.record_losses(notice=notice, person_ids=[first.pk, second.pk], by=by)
    assert (number, [person for person, _why in refused]) == (1, [first])


def listed(community, state="drafted"):
    """A notice of the street with a resident of it, somebody unknown, and a resident of another district."""
    notice = notice_in(community, state, listed=False)
    unknown = LayoffPerson.objects.create(
        notice=notice, name="two", id_number="x", id_hash=keyed_hash("110105199001010015")
    )
    near, far = (
        LayoffPersonFactory(notice=notice, resident=resident_of(place)) for place in (community, elsewhere(community))
    )
    return notice, near, unknown, far


def test_somebody_is_taken_off_the_list_by_who_keeps_it(community):
    notice, near, unknown, far = listed(community)
    street, clerk = posted(STREET, community), posted(Role.STATION_CLERK, community)
    with pytest.raises(NotAllowed):
        layoffs.take_off(notice=notice, person_id=near.pk, by=clerk)
    for one in (near, unknown):
        assert layoffs.take_off(notice=notice, person_id=one.pk, by=street) == one.name
    for gone in (near, far):
        with pytest.raises(Conflict):
            layoffs.take_off(notice=notice, person_id=gone.pk, by=street)
    assert list(notice.persons.all()) == [far]


@pytest.mark.parametrize("state", ["carried_out", "closed", "withdrawn"])
def test_nobody_is_taken_off_a_list_that_is_closed(community, state):
    notice, near, *_others = listed(community, state)
    with pytest.raises(Conflict):
        layoffs.take_off(notice=notice, person_id=near.pk, by=posted(STREET, community))
    assert notice.persons.count() == 3
