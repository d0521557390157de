"""The labour timeline, edited by events: each writes a change point, none overwrites what is known."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext

from city import facts
from city.models import TrailEntry
from households import ledger
from households.choices import Channel, InactiveReason, LabourState, Source
from households.models import LabourSpell, LedgerSpan, RegistrationSpan, UnemploymentRegistration
from households.services import labour
from households.services.labour import LedgerRefused
from tests.city.factories import PostingFactory
from tests.households.factories import (
    HouseholdFactory,
    LabourSpellFactory,
    MembershipFactory,
    ResidentFactory,
    UnemploymentRegistrationFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
UNKNOWN, EMPLOYED, UNEMPLOYED, INACTIVE = LabourState
TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)


@pytest.fixture
def _today(time_machine):
    time_machine.move_to("2026-11-21T09:00+08:00")


@pytest.fixture
def home():
    return HouseholdFactory()


@pytest.fixture
def resident(home):
    return ResidentFactory(home=home, birth_date=date(1980, 1, 1))


@pytest.fixture
def by(home):
    return PostingFactory(area=home.community)


@pytest.fixture
def told():
    """The facts told, as they came."""
    heard = []
    before = {name: list(handlers) for name, handlers in facts._handlers.items()}
    facts.subscribe(facts.JobEnded, heard.append)
    yield heard
    facts._handlers.clear()
    facts._handlers.update(before)


def points(resident):
    return list(resident.labour_spells.order_by("started_on").values_list("started_on", "state"))


def state_on(resident, day):
    return LedgerSpan.objects.in_force_on(day).get(resident=resident).state


def refusal(event, **terms):
    with pytest.raises(LedgerRefused) as refused:
        event(**terms)
    return refused.value


def test_found_work_writes_a_point_and_the_spans_follow(resident, by):
    spell = labour.found_work(
        resident_id=resident.pk,
        on=date(2026, 11, 2),
        channel=Channel.FLEXIBLE,
        employer_name="夜市",
        monthly_income=3000,
        insured=False,
        source=Source.VISIT,
        by=by,
    )
    assert (spell.channel, spell.employer_name, spell.insured) == ("flexible", "夜市", False)
    assert spell.confirmed_on == TODAY
    assert state_on(resident, date(2026, 11, 1)) == UNKNOWN
    assert state_on(resident, date(2026, 11, 2)) == EMPLOYED


def test_a_visit_entered_later_confirms_on_its_own_day(resident, by):
    terms = {"resident_id": resident.pk, "channel": "employer", "source": Source.VISIT, "by": by}
    spell = labour.found_work(on=date(2026, 11, 2), told_on=date(2026, 11, 10), **terms)
    assert spell.confirmed_on == date(2026, 11, 10)


def test_a_contract_that_starts_next_month_is_known_today(resident, by):
    LabourSpellFactory(resident=resident, state=UNEMPLOYED)
    spell = labour.found_work(
        resident_id=resident.pk, on=date(2026, 12, 1), channel="employer", source=Source.PHONE, by=by
    )
    assert spell.confirmed_on == date(2026, 12, 1)
    assert state_on(resident, TODAY) == UNEMPLOYED
    assert state_on(resident, date(2026, 12, 1)) == EMPLOYED


def test_an_event_says_who_did_it_and_why(resident, by):
    spell = labour.looking(resident_id=resident.pk, on=TODAY, source=Source.VISIT, by=by)
    act = TrailEntry.objects.get(table="households_labourspell", key=str(spell.pk)).act
    assert (act.posting, act.staff, act.reason) == (by, by.staff, gettext("Looking for work"))


def test_a_job_after_a_job_is_a_new_spell_and_none_has_ended(resident, by, told):
    LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1))
    labour.found_work(resident_id=resident.pk, on=date(2026, 6, 1), channel="export", source=Source.VISIT, by=by)
    assert points(resident) == [(date(2026, 1, 1), EMPLOYED), (date(2026, 6, 1), EMPLOYED)]
    assert told == []


def test_the_same_job_told_twice_adds_details_and_takes_none_away(resident, by):
    terms = {"resident_id": resident.pk, "on": date(2026, 11, 2), "source": Source.VISIT, "by": by}
    labour.found_work(channel="employer", employer_name="甲厂", contract_months=12, **terms)
    labour.found_work(channel="employer", monthly_income=4000, **terms)
    spell = resident.labour_spells.get()
    assert (spell.employer_name, spell.contract_months, spell.monthly_income) == ("甲厂", 12, 4000)


@pytest.mark.parametrize(
    ("on", "words"),
    [(date(2026, 5, 31), "2026-06-01"), (date(1980, 1, 1), "出生")],
    ids=["before the latest", "before birth"],
)
def test_what_contradicts_the_history_is_refused_at_its_field(resident, by, on, words):
    LabourSpellFactory(resident=resident, started_on=date(2026, 6, 1), state=UNEMPLOYED)
    terms = {"resident_id": resident.pk, "channel": "employer", "source": Source.VISIT, "by": by}
    refused = refusal(labour.found_work, on=on, **terms)
    assert refused.field == "on"
    assert words in refused.message
    assert points(resident) == [(date(2026, 6, 1), UNEMPLOYED)]


def test_another_state_on_the_day_the_latest_starts_is_refused(resident, by):
    LabourSpellFactory(resident=resident, started_on=date(2026, 6, 1), state=UNEMPLOYED)
    refusal(
        labour.found_work,
        resident_id=resident.pk,
        on=date(2026, 6, 1),
        channel="employer",
        source=Source.VISIT,
        by=by,
    )
    assert points(resident) == [(date(2026, 6, 1), UNEMPLOYED)]


def test_a_change_recorded_for_later_stands_in_the_way_until_it_is_cancelled(resident, by):
    LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1), state=UNEMPLOYED)
    later = LabourSpellFactory(resident=resident, started_on=date(2026, 12, 1))
    terms = {"resident_id": resident.pk, "on": TODAY, "channel": "flexible", "source": Source.VISIT, "by": by}
    assert "2026-12-01" in refusal(labour.found_work, **terms).message
    labour.cancel(spell_id=later.pk, by=by)
    labour.found_work(**terms)
    assert points(resident) == [(date(2026, 1, 1), UNEMPLOYED), (TODAY, EMPLOYED)]


def test_nothing_is_told_of_the_dead(resident, by):
    MembershipFactory(resident=resident, household=None, leave_reason="died", started_on=date(2026, 10, 1))
    terms = {"resident_id": resident.pk, "source": Source.VISIT, "by": by}
    assert "2026-10-01" in refusal(labour.looking, on=date(2026, 10, 1), **terms).message
    labour.looking(on=date(2026, 9, 30), **terms)


def test_nothing_new_is_told_of_who_has_left_until_they_come_back(resident, by):
    MembershipFactory(resident=resident, household=None, leave_reason="moved", started_on=date(2026, 10, 1))
    terms = {"resident_id": resident.pk, "source": Source.VISIT, "by": by}
    assert "迁回" in refusal(labour.looking, on=date(2026, 10, 2), **terms).message
    labour.looking(on=date(2026, 10, 1), **terms)
    MembershipFactory(resident=resident, started_on=date(2026, 11, 1))
    labour.found_work(on=date(2026, 11, 2), channel="flexible", **terms)


class TestLostWork:
    @pytest.fixture(autouse=True)
    def _at_work(self, resident):
        LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1))

    def test_left_open_it_is_unemployed_from_the_next_day_and_assumed(self, resident, by, told):
        spell = labour.lost_work(resident_id=resident.pk, on=date(2026, 11, 16), source=Source.VISIT, by=by)
        assert (spell.started_on, spell.state, spell.source) == (date(2026, 11, 17), UNEMPLOYED, Source.ASSUMED)
        assert spell.confirmed_on == date(2026, 11, 17)
        assert state_on(resident, date(2026, 11, 16)) == EMPLOYED
        assert state_on(resident, date(2026, 11, 17)) == UNEMPLOYED
        assert told == [facts.JobEnded(resident.pk, date(2026, 11, 16), by)]

    def test_what_comes_next_may_be_told(self, resident, by):
        spell = labour.lost_work(
            resident_id=resident.pk,
            on=date(2026, 11, 16),
            next_state=INACTIVE,
            reason=InactiveReason.UNABLE,
            source=Source.PHONE,
            by=by,
        )
        assert (spell.state, spell.inactive_reason, spell.source) == (INACTIVE, "unable", Source.PHONE)

    def test_told_again_nothing_happens(self, resident, by, told):
        for _time in range(2):
            labour.lost_work(resident_id=resident.pk, on=date(2026, 11, 16), source=Source.VISIT, by=by)
        assert points(resident) == [(date(2026, 1, 1), EMPLOYED), (date(2026, 11, 17), UNEMPLOYED)]
        assert len(told) == 1

    def test_an_assumption_yields_to_what_is_told_of_that_day(self, resident, by):
        labour.lost_work(resident_id=resident.pk, on=date(2026, 11, 16), source=Source.VISIT, by=by)
        labour.found_work(
            resident_id=resident.pk, on=date(2026, 11, 17), channel="employer", source=Source.VISIT, by=by
        )
        latest = resident.labour_spells.latest("started_on")
        assert (latest.started_on, latest.state, latest.source) == (date(2026, 11, 17), EMPLOYED, Source.VISIT)

    def test_an_assumption_is_none_once_it_is_told(self, resident, by):
        labour.lost_work(resident_id=resident.pk, on=date(2026, 11, 16), source=Source.VISIT, by=by)
        labour.looking(resident_id=resident.pk, on=TODAY, source=Source.PHONE, by=by)
        latest = resident.labour_spells.latest("started_on")
        assert (latest.started_on, latest.source, latest.confirmed_on) == (date(2026, 11, 17), "phone", TODAY)

    def test_who_is_not_in_work_loses_none(self, resident, by):
        LabourSpellFactory(resident=resident, started_on=date(2026, 6, 1), state=UNEMPLOYED)
        refused = refusal(labour.lost_work, resident_id=resident.pk, on=TODAY, source=Source.VISIT, by=by)
        assert "2026-06-01" in refused.message

    def test_a_last_day_to_come_is_known_today(self, resident, by):
        labour.lost_work(resident_id=resident.pk, on=date(2026, 12, 31), source=Source.VISIT, by=by)
        assert state_on(resident, date(2026, 12, 31)) == EMPLOYED
        assert state_on(resident, date(2027, 1, 1)) == UNEMPLOYED


def test_past_the_retirement_date_a_job_ends_in_retirement(home, by):
    old = ResidentFactory(home=home, birth_date=date(1950, 1, 1))
    LabourSpellFactory(resident=old)
    spell = labour.lost_work(resident_id=old.pk, on=TODAY, source=Source.VISIT, by=by)
    assert (spell.state, spell.inactive_reason, spell.source) == (INACTIVE, "retired", Source.ASSUMED)


def test_a_job_lost_by_somebody_never_asked_leaves_the_days_before_unknown(resident, by):
    labour.lost_work(resident_id=resident.pk, on=date(2026, 11, 16), source=Source.VISIT, by=by)
    assert state_on(resident, date(2026, 11, 16)) == UNKNOWN
    assert state_on(resident, date(2026, 11, 17)) == UNEMPLOYED


@pytest.mark.parametrize(
    ("event", "terms", "state", "reason"),
    [
        (labour.retired, {}, INACTIVE, "retired"),
        (labour.became_inactive, {"reason": "student"}, INACTIVE, "student"),
        (labour.became_inactive, {"reason": ""}, INACTIVE, "other"),
        (labour.looking, {}, UNEMPLOYED, ""),
    ],
)
def test_leaving_work_any_other_way_ends_the_job_the_day_before(resident, by, told, event, terms, state, reason):
    LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1))
    spell = event(resident_id=resident.pk, on=TODAY, source=Source.VISIT, by=by, **terms)
    assert (spell.started_on, spell.state, spell.inactive_reason) == (TODAY, state, reason)
    assert told == [facts.JobEnded(resident.pk, TODAY - DAY, by)]


def test_looking_told_again_lets_the_time_without_work_run_on(resident, by):
    LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1), state=UNEMPLOYED)
    labour.looking(resident_id=resident.pk, on=TODAY, source=Source.VISIT, by=by)
    spell = resident.labour_spells.get()
    assert (spell.started_on, spell.confirmed_on) == (date(2026, 1, 1), TODAY)


def test_another_reason_for_being_inactive_is_a_new_point(resident, by):
    LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1), state=INACTIVE, inactive_reason="student")
    labour.became_inactive(resident_id=resident.pk, on=TODAY, reason="unable", source=Source.VISIT, by=by)
    assert points(resident) == [(date(2026, 1, 1), INACTIVE), (TODAY, INACTIVE)]


class TestConfirm:
    def test_the_spell_in_force_on_the_day_is_confirmed(self, resident, by):
        first = LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1))
        LabourSpellFactory(resident=resident, started_on=date(2026, 11, 20), state=UNEMPLOYED)
        LabourSpellFactory(resident=resident, started_on=date(2026, 12, 20))
        assert labour.confirm(resident_ids=[resident.pk], on=date(2026, 11, 10), by=by) == 1
        days = list(resident.labour_spells.order_by("started_on").values_list("confirmed_on", flat=True))
        assert days == [date(2026, 11, 10), date(2026, 11, 20), date(2026, 12, 20)]
        assert LedgerSpan.objects.get(spell=first).confirmed_on == date(2026, 11, 10)

    def test_never_backwards(self, resident, by):
        LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1), confirmed_on=TODAY)
        labour.confirm(resident_ids=[resident.pk], on=date(2026, 11, 1), by=by)
        assert resident.labour_spells.get().confirmed_on == TODAY

    def test_an_assumption_confirmed_is_none_any_more(self, resident, by):
        LabourSpellFactory(resident=resident, state=UNEMPLOYED, source=Source.ASSUMED)
        labour.confirm(resident_ids=[resident.pk], on=TODAY, by=by, source=Source.PHONE)
        assert resident.labour_spells.get().source == Source.PHONE

    def test_who_was_never_asked_is_not_confirmed(self, resident, by):
        assert labour.confirm(resident_ids=[resident.pk], on=TODAY, by=by) == 0

    def test_no_day_to_come(self, resident, by):
        refusal(labour.confirm, resident_ids=[resident.pk], on=TODAY + DAY, by=by)

    def test_as_many_statements_for_thirty_as_for_one(self, home, by):
        counts = []
        for number in (1, 30):
            people = [ResidentFactory(home=home, spell={"state": EMPLOYED}) for _one in range(number)]
            with CaptureQueriesContext(
                connection,
            ) as queries:
                labour.confirm(resident_ids=[one.pk for one in people], on=TODAY, by=by)
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestCorrect:
    def test_details_of_that_spell_alone(self, resident, by):
        first = LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1), channel="employer")
        LabourSpellFactory(resident=resident, started_on=date(2026, 6, 1), channel="employer")
        labour.correct(spell_id=first.pk, values={"channel": "dispatch", "contract_months": None}, by=by)
        channels = resident.labour_spells.order_by("started_on").values_list("channel", flat=True)
        assert list(channels) == ["dispatch", "employer"]

    def test_a_job_has_no_reason_and_a_search_no_income(self, resident, by):
        job = LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1))
        search = LabourSpellFactory(resident=resident, started_on=date(2026, 6, 1), state=UNEMPLOYED)
        for spell, name in ((job, "inactive_reason"), (search, "monthly_income"), (job, "state")):
            assert refusal(labour.correct, spell_id=spell.pk, values={name: 1}, by=by).field == name

    @pytest.mark.parametrize(
        ("starts", "fits"),
        [
            (date(2026, 1, 1), False),
            (date(2026, 1, 2), True),
            (date(2026, 9, 30), True),
            (date(2026, 10, 1), False),
        ],
    )
    def test_the_first_day_moves_between_its_neighbours(self, resident, by, starts, fits):
        LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1))
        middle = LabourSpellFactory(resident=resident, started_on=date(2026, 6, 1), state=UNEMPLOYED)
        LabourSpellFactory(resident=resident, started_on=date(2026, 10, 1))
        if fits:
            labour.correct(spell_id=middle.pk, values={"started_on": starts}, by=by)
            assert state_on(resident, starts) == UNEMPLOYED
            assert state_on(resident, starts - DAY) == EMPLOYED
        else:
            assert refusal(labour.correct, spell_id=middle.pk, values={"started_on": starts}, by=by).field == (
                "started_on"
            )

    def test_an_inactive_state_keeps_a_reason(self, resident, by):
        spell = LabourSpellFactory(resident=resident, state=INACTIVE)
        assert refusal(labour.correct, spell_id=spell.pk, values={"inactive_reason": ""}, by=by).field == (
            "inactive_reason"
        )


def test_what_has_happened_cannot_be_cancelled_but_taken_back(resident, by):
    LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1), state=UNEMPLOYED)
    wrong = LabourSpellFactory(resident=resident, started_on=TODAY)
    refusal(labour.cancel, spell_id=wrong.pk, by=by)
    labour.take_back(spell_id=wrong.pk, by=by)
    assert state_on(resident, TODAY) == UNEMPLOYED


def test_only_the_latest_state_can_be_taken_back(resident, by):
    first = LabourSpellFactory(resident=resident, started_on=date(2026, 1, 1))
    LabourSpellFactory(resident=resident, started_on=date(2026, 6, 1), state=UNEMPLOYED)
    refusal(labour.take_back, spell_id=first.pk, by=by)
    assert len(points(resident)) == 2


class TestRegistration:
    def test_opens_on_the_day(self, resident, by):
        LabourSpellFactory(resident=resident, started_on=date(2026, 6, 1), state=UNEMPLOYED)
        labour.register_unemployed(resident_id=resident.pk, on=date(2026, 11, 2), by=by)
        assert RegistrationSpan.objects.in_force_on(TODAY).get(resident=resident).first_on == date(2026, 11, 2)

    def test_somebody_never_asked_is_looking_for_work_then(self, resident, by):
        labour.register_unemployed(resident_id=resident.pk, on=date(2026, 11, 2), by=by)
        assert points(resident) == [(date(2026, 11, 2), UNEMPLOYED)]

    def test_told_twice_it_is_one(self, resident, by):
        for _time in range(2):
            labour.register_unemployed(resident_id=resident.pk, on=date(2026, 11, 2), by=by)
        assert UnemploymentRegistration.objects.count() == 1

    @pytest.mark.parametrize("on", [TODAY + DAY, date(1979, 1, 1), date(1990, 1, 1), date(2026, 8, 1)], ids=str)
    def test_days_that_cannot_be(self, resident, by, on):
        LabourSpellFactory(resident=resident, started_on=date(1999, 6, 1), state=UNEMPLOYED)
        UnemploymentRegistrationFactory(resident=resident, registered_on=date(2026, 9, 1))
        assert refusal(labour.register_unemployed, resident_id=resident.pk, on=on, by=by).field == "on"
        assert UnemploymentRegistration.objects.count() == 1

    def test_who_works_does_not_register(self, resident, by):
        LabourSpellFactory(resident=resident)
        refusal(labour.register_unemployed, resident_id=resident.pk, on=TODAY, by=by)


def test_the_ledger_stays_what_its_points_say(resident, by):
    labour.looking(resident_id=resident.pk, on=date(2026, 1, 5), source=Source.VISIT, by=by)
    labour.register_unemployed(resident_id=resident.pk, on=date(2026, 1, 6), by=by)
    labour.found_work(resident_id=resident.pk, on=date(2026, 3, 1), channel="employer", source=Source.VISIT, by=by)
    labour.lost_work(resident_id=resident.pk, on=date(2026, 4, 30), source=Source.VISIT, by=by)
    labour.retired(resident_id=resident.pk, on=date(2026, 8, 1), source=Source.VISIT, by=by)
    assert ledger.check()["differ"] == 0
    assert [state for _on, state in points(resident)] == [UNEMPLOYED, EMPLOYED, UNEMPLOYED, INACTIVE]
    assert LabourSpell.objects.count() == 4
