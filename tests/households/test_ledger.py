"""The spans built from change points, against hand-made cases and a plain reference."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.rules import FAR_FUTURE
from households import ledger
from households.choices import LabourState
from households.models import LabourSpell, LedgerSpan, Membership, RegistrationSpan, UnemploymentRegistration, Visit
from tests.households.factories import (
    HouseholdFactory,
    LabourSpellFactory,
    MembershipFactory,
    ResidentFactory,
    UnemploymentRegistrationFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db
UNKNOWN, EMPLOYED, UNEMPLOYED, INACTIVE = LabourState
BORN = date(1980, 1, 1)
SIXTEEN = date(1996, 1, 1)
DAY = timedelta(days=1)


@pytest.fixture
def home():
    return HouseholdFactory()


@pytest.fixture
def resident(home):
    return ResidentFactory(home=home, birth_date=BORN)


def spans(resident, *fields):
    ledger.rebuild([resident.pk])
    fields = fields or ("first_on", "last_on", "state")
    return list(LedgerSpan.objects.filter(resident=resident).order_by("first_on").values_list(*fields))


def registrations(resident):
    ledger.rebuild([resident.pk])
    rows = RegistrationSpan.objects.filter(resident=resident).order_by("first_on")
    return list(rows.values_list("first_on", "last_on", "end_reason"))


def community_of(resident):
    resident.refresh_from_db()
    return resident.community


def test_a_person_nobody_asked_is_unknown_from_sixteen_to_retirement(resident):
    assert spans(resident) == [(SIXTEEN, resident.retires_on - DAY, UNKNOWN)]


def test_a_spell_before_working_age_leaves_no_unknown_day(resident):
    LabourSpellFactory(resident=resident, started_on=SIXTEEN - DAY, state=INACTIVE)
    assert spans(resident) == [(SIXTEEN - DAY, FAR_FUTURE, INACTIVE)]


def test_a_spell_on_the_sixteenth_birthday_leaves_no_unknown_day(resident):
    LabourSpellFactory(resident=resident, started_on=SIXTEEN)
    assert spans(resident) == [(SIXTEEN, FAR_FUTURE, EMPLOYED)]


def test_the_days_before_the_first_spell_are_unknown(resident):
    LabourSpellFactory(resident=resident, started_on=date(2026, 3, 1), state=UNEMPLOYED)
    LabourSpellFactory(resident=resident, started_on=date(2026, 5, 1))
    assert spans(resident) == [
        (SIXTEEN, date(2026, 2, 28), UNKNOWN),
        (date(2026, 3, 1), date(2026, 4, 30), UNEMPLOYED),
        (date(2026, 5, 1), FAR_FUTURE, EMPLOYED),
    ]


def test_a_first_spell_after_retirement_leaves_unknown_until_retirement_only(resident):
    LabourSpellFactory(resident=resident, started_on=resident.retires_on + 10 * DAY)
    assert spans(resident) == [
        (SIXTEEN, resident.retires_on - DAY, UNKNOWN),
        (resident.retires_on + 10 * DAY, FAR_FUTURE, EMPLOYED),
    ]


def test_a_spell_that_starts_in_the_future_ends_the_one_of_today(resident):
    LabourSpellFactory(resident=resident, started_on=SIXTEEN, state=UNEMPLOYED)
    LabourSpellFactory(resident=resident, started_on=date(2030, 1, 1))
    assert spans(resident) == [(SIXTEEN, date(2029, 12, 31), UNEMPLOYED), (date(2030, 1, 1), FAR_FUTURE, EMPLOYED)]


def test_a_move_cuts_the_span_and_starts_no_spell(resident, home):
    other = HouseholdFactory()
    LabourSpellFactory(resident=resident, started_on=date(2010, 1, 1))
    MembershipFactory(resident=resident, household=other, started_on=date(2026, 5, 1))
    fields = ("first_on", "last_on", "state_since", "household", "community")
    assert spans(resident, *fields)[1:] == [
        (date(2010, 1, 1), date(2026, 4, 30), date(2010, 1, 1), home.pk, home.community_id),
        (date(2026, 5, 1), FAR_FUTURE, date(2010, 1, 1), other.pk, other.community_id),
    ]


def test_who_left_is_no_resident_until_they_come_back(resident, home):
    LabourSpellFactory(resident=resident, started_on=SIXTEEN)
    MembershipFactory(resident=resident, household=None, started_on=date(2026, 3, 1))
    MembershipFactory(resident=resident, household=home, started_on=date(2026, 6, 1))
    LabourSpellFactory(resident=resident, started_on=date(2026, 4, 1), state=UNEMPLOYED)
    assert spans(resident, "first_on", "last_on", "state", "state_since") == [
        (SIXTEEN, date(2026, 2, 28), EMPLOYED, SIXTEEN),
        (date(2026, 6, 1), FAR_FUTURE, UNEMPLOYED, date(2026, 4, 1)),
    ]


def test_who_moved_in_later_is_unknown_from_that_day():
    resident = ResidentFactory(birth_date=BORN)
    MembershipFactory(resident=resident, started_on=date(2026, 5, 1))
    assert spans(resident) == [(date(2026, 5, 1), resident.retires_on - DAY, UNKNOWN)]


def confirmed(resident):
    return [day for (day,) in spans(resident, "confirmed_on")]


def test_a_visit_confirms_the_spell_in_force_on_its_day_in_both_homes(resident, home):
    LabourSpellFactory(resident=resident, started_on=date(2010, 1, 1))
    MembershipFactory(resident=resident, started_on=date(2026, 5, 1))
    VisitFactory(household=home, visited_on=date(2026, 4, 30), unchanged=True)
    assert confirmed(resident) == [None, date(2026, 4, 30), date(2026, 4, 30)]


def test_a_visit_to_the_old_home_after_the_move_confirms_nothing(resident, home):
    LabourSpellFactory(resident=resident, started_on=SIXTEEN)
    MembershipFactory(resident=resident, started_on=date(2026, 5, 1))
    VisitFactory(household=home, visited_on=date(2026, 5, 1), unchanged=True)
    assert confirmed(resident) == [SIXTEEN, SIXTEEN]


def test_a_visit_entered_before_the_spell_was_known_confirms_it_all_the_same(resident, home):
    VisitFactory(household=home, visited_on=date(2026, 5, 1), unchanged=True)
    assert confirmed(resident) == [None]
    LabourSpellFactory(resident=resident, started_on=SIXTEEN)
    assert confirmed(resident) == [date(2026, 5, 1)]


def test_a_visit_confirms_the_spell_of_its_day_and_no_other(resident, home):
    LabourSpellFactory(resident=resident, started_on=SIXTEEN)
    LabourSpellFactory(resident=resident, started_on=date(2026, 5, 1), state=UNEMPLOYED)
    VisitFactory(household=home, visited_on=date(2026, 4, 30), unchanged=True)
    assert confirmed(resident) == [date(2026, 4, 30), date(2026, 5, 1)]


@pytest.mark.parametrize(("outcome", "unchanged"), [("completed", False), ("nobody_in", True), ("refused", True)])
def test_a_visit_that_found_nobody_or_a_change_confirms_nothing(resident, home, outcome, unchanged):
    LabourSpellFactory(resident=resident, started_on=SIXTEEN)
    VisitFactory(household=home, visited_on=date(2026, 5, 1), outcome=outcome, unchanged=unchanged)
    assert confirmed(resident) == [SIXTEEN]


def test_the_latest_confirmation_counts_be_it_the_spells_own(resident, home):
    LabourSpellFactory(resident=resident, started_on=SIXTEEN, confirmed_on=date(2026, 8, 1))
    for month in (3, 5):
        VisitFactory(household=home, visited_on=date(2026, month, 1), unchanged=True)
    assert confirmed(resident) == [date(2026, 8, 1)]


@pytest.mark.parametrize(
    ("state", "reason", "end"),
    [(EMPLOYED, "", "employed"), (INACTIVE, "student", "student"), (INACTIVE, "unwilling", "unwilling")],
)
def test_a_registration_ends_the_day_before_the_first_other_state(resident, state, reason, end):
    UnemploymentRegistrationFactory(resident=resident, registered_on=date(2026, 1, 10))
    LabourSpellFactory(resident=resident, started_on=date(2026, 1, 10), state=UNEMPLOYED)
    LabourSpellFactory(resident=resident, started_on=date(2026, 3, 1), state=state, inactive_reason=reason)
    LabourSpellFactory(resident=resident, started_on=date(2026, 5, 1))
    assert registrations(resident) == [(date(2026, 1, 10), date(2026, 2, 28), end)]


def test_a_registration_with_only_unemployed_spells_after_it_is_open(resident):
    UnemploymentRegistrationFactory(resident=resident, registered_on=date(2026, 1, 10))
    LabourSpellFactory(resident=resident, started_on=date(2026, 2, 1), state=UNEMPLOYED)
    assert registrations(resident) == [(date(2026, 1, 10), FAR_FUTURE, "")]


def test_a_state_that_began_on_the_day_of_registration_does_not_end_it(resident):
    LabourSpellFactory(resident=resident, started_on=date(2026, 1, 10))
    UnemploymentRegistrationFactory(resident=resident, registered_on=date(2026, 1, 10))
    assert registrations(resident) == [(date(2026, 1, 10), FAR_FUTURE, "")]


def test_a_newer_registration_ends_the_one_before(resident):
    for month in (1, 4):
        UnemploymentRegistrationFactory(resident=resident, registered_on=date(2026, month, 1))
    assert registrations(resident) == [
        (date(2026, 1, 1), date(2026, 3, 31), "renewed"),
        (date(2026, 4, 1), FAR_FUTURE, ""),
    ]


def test_a_job_and_a_new_registration_on_one_day_end_it_with_the_job(resident):
    for month in (1, 4):
        UnemploymentRegistrationFactory(resident=resident, registered_on=date(2026, month, 1))
    LabourSpellFactory(resident=resident, started_on=date(2026, 4, 1))
    assert registrations(resident)[0] == (date(2026, 1, 1), date(2026, 3, 31), "employed")


def test_the_file_lies_where_the_person_lives_today_or_will_live_or_lived_last(time_machine):
    time_machine.move_to("2026-05-01 00:00+08:00")
    old, new = HouseholdFactory(), HouseholdFactory()
    mover, leaver, comer = (ResidentFactory() for _ in range(3))
    for resident in (mover, leaver):
        MembershipFactory(resident=resident, household=old, started_on=BORN)
    MembershipFactory(resident=mover, household=new, started_on=date(2026, 5, 1))
    MembershipFactory(resident=leaver, household=None, started_on=date(2026, 4, 1))
    MembershipFactory(resident=comer, household=new, started_on=date(2026, 6, 1))
    ledger.rebuild()
    assert [community_of(person) for person in (mover, leaver, comer)] == [new.community, old.community, new.community]


def test_a_dated_move_takes_the_file_along_in_the_night_it_comes_true(resident, home, time_machine):
    time_machine.move_to("2026-04-30 12:00+08:00")
    new = HouseholdFactory()
    MembershipFactory(resident=resident, household=new, started_on=date(2026, 5, 1))
    ledger.rebuild()
    ledger.rehome(date(2026, 4, 30))
    assert community_of(resident) == home.community
    time_machine.move_to("2026-05-01 01:30+08:00")
    ledger.rehome(date(2026, 5, 1))
    assert community_of(resident) == new.community


def test_rebuilding_some_touches_nobody_else(resident, home):
    other = ResidentFactory(home=home)
    ledger.rebuild()
    untouched = set(LedgerSpan.objects.filter(resident=other).values_list("pk", flat=True))
    LabourSpellFactory(resident=other)
    LabourSpellFactory(resident=resident)
    ledger.rebuild([resident.pk, resident.pk])
    assert set(LedgerSpan.objects.filter(resident=other).values_list("pk", flat=True)) == untouched
    assert ledger.check() == {"persons": 2, "differ": 1}


def test_rebuilding_nobody_asks_nothing_but_a_savepoint(django_assert_num_queries):
    with django_assert_num_queries(2):
        ledger.rebuild([])


@pytest.mark.parametrize("people", [1, 30])
def test_a_rebuild_costs_the_same_statements_at_any_size(home, people):
    residents = ResidentFactory.create_batch(people, home=home)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ledger.rebuild([resident.pk for resident in residents])
    assert len(queries) <= 8


@pytest.mark.parametrize(
    "tamper",
    [
        lambda rows: rows.update(state=UNEMPLOYED),
        lambda rows: rows.update(confirmed_on=date(2030, 1, 1)),
        lambda rows: rows.update(last_on=date(2026, 1, 1)),
        lambda rows: rows.delete(),
        lambda rows: LedgerSpan.objects.bulk_create([_copy(row) for row in rows]),
    ],
    ids=["state", "confirmation", "end", "deleted", "twice"],
)
def test_the_check_finds_a_tampered_span(resident, home, tamper):
    LabourSpellFactory(resident=resident, started_on=SIXTEEN)
    ResidentFactory(home=home)
    ledger.rebuild()
    assert ledger.check() == {"persons": 2, "differ": 0}
    tamper(LedgerSpan.objects.filter(resident=resident))
    assert ledger.check() == {"persons": 2, "differ": 1}
    ledger.rebuild()
    assert ledger.check()["differ"] == 0


def _copy(row):
    row.pk = None
    return row


def test_the_check_finds_a_tampered_registration(resident):
    UnemploymentRegistrationFactory(resident=resident)
    ledger.rebuild()
    RegistrationSpan.objects.update(end_reason="employed")
    assert ledger.check()["differ"] == 1


# Order independence

_DATES = st.dates(date(2025, 12, 25), date(2026, 1, 20))
_HISTORY = st.fixed_dictionaries(
    {
        "moves": st.dictionaries(_DATES, st.sampled_from([0, 1, None]), max_size=4),
        "spells": st.dictionaries(_DATES, st.sampled_from([1, 2, 3]), max_size=4),
        "registrations": st.sets(_DATES, max_size=3),
        "visits": st.dictionaries(_DATES, st.sampled_from([0, 1]), max_size=3),
        "birth_date": st.sampled_from([BORN, date(2009, 12, 31), date(2010, 1, 10), date(1965, 12, 1)]),
    }
)


def latest(points, day):
    known = [started_on for started_on in points if started_on <= day]
    return max(known) if known else None


def told(history, resident, day):
    """What holds on the day, by the definitions: (state, since, confirmed, home), None for no resident or no word."""
    moves = {resident.birth_date: 0} | history["moves"]
    home = moves.get(latest(moves, day))
    if home is None:
        return None
    since = latest(history["spells"], day)
    if since is None:
        return (0, None, None, home) if resident.works_from <= day < resident.retires_on else None
    visits = [
        visited_on
        for visited_on, place in history["visits"].items()
        if latest(history["spells"], visited_on) == since and moves.get(latest(moves, visited_on)) == place
    ]
    return history["spells"][since], since, max([since, *visits]), home


def built(resident, homes):
    places = {home.pk: place for place, home in enumerate(homes)}
    rows = LedgerSpan.objects.filter(resident=resident)
    return [
        (row.first_on, row.last_on, (row.state, row.state_since, row.confirmed_on, places[row.household_id]))
        for row in rows
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=_HISTORY, order=st.randoms(use_true_random=False))
def test_spans_do_not_depend_on_the_order_in_which_the_sources_came(history, order):
    homes = [HouseholdFactory(), HouseholdFactory()]
    resident = ResidentFactory(home=homes[0], birth_date=history["birth_date"])
    ledger.rebuild([resident.pk])
    sources = [
        *[
            Membership(
                resident=resident,
                started_on=day,
                household=None if place is None else homes[place],
                relation="" if place is None else "other",
                leave_reason="moved" if place is None else "",
            )
            for day, place in history["moves"].items()
        ],
        *[
            LabourSpell(
                resident=resident,
                started_on=day,
                state=state,
                confirmed_on=day,
                inactive_reason="student" if state == INACTIVE else "",
            )
            for day, state in history["spells"].items()
        ],
        *[UnemploymentRegistration(resident=resident, registered_on=day) for day in history["registrations"]],
        *[
            Visit(household=homes[place], visited_on=day, outcome="completed", unchanged=True)
            for day, place in history["visits"].items()
        ],
    ]
    order.shuffle(sources)
    for source in sources:
        source.save()
        ledger.rebuild([resident.pk])
    assert ledger.check()["differ"] == 0
    found = built(resident, homes)
    for offset in range(-10, 45):
        day = date(2025, 12, 25) + offset * DAY
        covering = [what for first_on, last_on, what in found if first_on <= day <= last_on]
        expected = told(history, resident, day)
        assert covering == ([] if expected is None else [expected]), day
