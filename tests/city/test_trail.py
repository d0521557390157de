import random

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from city import bulk, trail
from city.choices import TrailOperation
from city.models import CalendarDay, Employer, Posting, Staff, TrailAct, TrailBlock, TrailEntry
from city.trail.triggers import APPEND_ONLY, MANY_ROWS, drop_triggers, install_triggers, installed
from tests.city.factories import AreaFactory, EmployerFactory, PostingFactory, StaffFactory

pytestmark = pytest.mark.django_db
POSTGRESQL = "postgresql"


def entries_of(act):
    return list(act.entries.order_by("id").values_list("table", "key", "operation"))


def expected_triggers(table, frozen):
    own = {"trail_frozen", "trail_kept"} if frozen else set()
    if connection.vendor == POSTGRESQL:
        return {"trail_insert", "trail_update", "trail_delete", "trail_no_truncate"} | own
    return {f"trail_{event}_{table}" for event in ("INSERT", "UPDATE", "DELETE")} | {f"{name}_{table}" for name in own}


def test_every_audited_table_has_its_triggers():
    audited = {apps.get_model(label)._meta.db_table for label in settings.TRAIL_MODELS}
    found = installed()
    assert set(found) == audited | {model._meta.db_table for model in APPEND_ONLY}
    kept = {apps.get_model(label)._meta.db_table for label in settings.TRAIL_FROZEN}
    assert [table for table in audited if found[table] != expected_triggers(table, table in kept)] == []


def test_migrating_makes_the_triggers_anew():
    connection.check_constraints()
    before = installed()
    drop_triggers()
    assert installed() == {}
    install_triggers()
    assert installed() == before


def sql_insert():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO city_employer (credit_code, name, kind) VALUES ('9', 'x', 'company')")


@pytest.mark.parametrize(
    "write",
    [
        lambda: EmployerFactory(),
        lambda: Employer.objects.bulk_create([EmployerFactory.build()]),
        lambda: Employer.objects.update(name="other"),
        lambda: Employer.objects.all().delete(),
        sql_insert,
    ],
)
def test_a_write_without_an_act_is_refused_however_it_is_made(write):
    EmployerFactory()
    with trail.nobody(), pytest.raises(IntegrityError, match="write without acting"), transaction.atomic():
        write()


def test_a_write_of_no_row_needs_no_act():
    with trail.nobody():
        assert Employer.objects.update(name="other") == 0


def test_an_insert_keeps_its_key_an_update_and_a_delete_the_row_before():
    with trail.acting(reason="a day's work") as act:
        employer = EmployerFactory(name="before")
        key = str(employer.pk)
        Employer.objects.filter(pk=employer.pk).update(name="after")
        employer.delete()
    rows = list(act.entries.order_by("id").values_list("key", "operation", "before"))
    assert [(found, operation) for found, operation, _ in rows] == [(key, "I"), (key, "U"), (key, "D")]
    assert rows[0][2] is None
    assert (rows[1][2]["name"], rows[2][2]["name"]) == ("before", "after")


def at_once(count):
    return [employer.pk for employer in Employer.objects.bulk_create(EmployerFactory.build_batch(count))]


needs_statements = pytest.mark.skipif(connection.vendor != POSTGRESQL, reason="SQLite writes a line a row")


@needs_statements
@pytest.mark.parametrize(("rows", "lines"), [(MANY_ROWS - 1, MANY_ROWS - 1), (MANY_ROWS, 1)])
def test_many_rows_inserted_at_once_are_one_line(rows, lines):
    with trail.acting(reason="sheet") as act:
        keys = at_once(rows)
    entries = list(act.entries.order_by("id").values_list("key", "last_key", "operation"))
    assert len(entries) == lines
    assert entries[0] == (str(keys[0]), keys[-1] if lines == 1 else None, "I")
    assert set(trail.keys_written(act, Employer)) == set(map(str, keys))


@needs_statements
def test_every_stretch_of_keys_has_its_line():
    keys = [*range(9_000, 9_060), 9_070, *range(9_100, 9_160)]
    with trail.acting(reason="sheet") as act:
        bulk.insert(Employer, ["id", "credit_code", "name", "kind"], [(key, f"C{key}", "", "company") for key in keys])
    lines = list(act.entries.order_by("id").values_list("key", "last_key"))
    assert lines == [("9000", 9059), ("9070", None), ("9100", 9159)]
    assert sorted(trail.keys_written(act, Employer)) == sorted(map(str, keys))


@pytest.fixture
def many():
    """An act that inserted many rows at once, and their keys."""
    with trail.acting(reason="sheet") as act:
        return act, at_once(MANY_ROWS * 2)


def test_many_rows_are_undone(many):
    act, keys = many
    untouched = EmployerFactory()
    assert trail.undo_act(act) == {("city_employer", str(key)) for key in keys}
    assert list(Employer.objects.all()) == [untouched]


def test_many_rows_and_what_the_same_act_did_to_them_are_undone(many):
    act, _keys = many
    with trail.acting(reason="more") as more:
        keys = at_once(MANY_ROWS)
        Employer.objects.filter(pk=keys[3]).update(name="changed")
        Employer.objects.filter(pk=keys[4]).delete()
    trail.undo_act(more)
    assert Employer.objects.count() == MANY_ROWS * 2


def test_many_rows_one_of_which_was_written_later_are_not_undone(many):
    act, keys = many
    with trail.acting(reason="later"):
        Employer.objects.filter(pk=keys[MANY_ROWS]).update(name="changed")
    with pytest.raises(trail.BuiltOn):
        trail.undo_act(act)
    assert Employer.objects.count() == MANY_ROWS * 2


def test_the_last_key_of_a_line_is_sealed(many):
    trail.seal()
    assert trail.verify()["broken"] == []
    tamper("UPDATE city_trailentry SET last_key = COALESCE(last_key, 0) + 1 WHERE act_id = %s", many[0].pk)
    assert len(trail.verify()["broken"]) == 1


def test_an_act_says_who_why_and_from_where(rf):
    posting = PostingFactory()
    request = rf.get("/", REMOTE_ADDR="10.1.2.3")
    request.user, request.posting, request.request_id = posting.staff, posting, "abc"
    with trail.acting(reason="visit", request=request) as act:
        pass
    act.refresh_from_db()
    assert (act.staff, act.posting, act.reason, act.request_id) == (posting.staff, posting, "visit", "abc")
    assert act.address == "10.1.2.3"


def test_an_act_inside_an_act_joins_it():
    with trail.acting(reason="outer") as outer, trail.acting(reason="inner") as inner:
        employer = EmployerFactory()
    assert inner == outer
    assert entries_of(outer) == [("city_employer", str(employer.pk), "I")]
    assert trail.current_act() is None


def test_a_failing_act_leaves_nothing_and_the_next_one_works():
    def fails():
        with trail.acting(reason="fails"):
            EmployerFactory()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert not TrailAct.objects.filter(reason="fails").exists()
    with trail.acting(reason="works") as act:
        EmployerFactory()
    assert len(entries_of(act)) == 1


@pytest.mark.parametrize("model", APPEND_ONLY)
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id + 100000", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_trail_can_only_grow(model, verb):
    EmployerFactory()
    trail.seal()
    if verb.startswith("TRUNCATE") and connection.vendor != POSTGRESQL:
        verb = "DELETE FROM {}"
    TrailBlock.objects.create(first_entry=1, last_entry=10**9, entries=1, digest="")
    connection.check_constraints()
    with pytest.raises(IntegrityError, match="trail refuses"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb.format(model._meta.db_table))


def test_an_event_is_kept_and_joins_the_act_around_it():
    with trail.acting(reason="export") as act:
        entry = trail.record_event("export", key=7, details={"rows": 3})
    assert (entry.act, entry.table, entry.key, entry.operation) == (act, "export", "7", TrailOperation.EVENT)
    assert TrailEntry.objects.get(pk=entry.pk).before == {"rows": 3}


def test_a_sign_in_is_an_event_and_changes_no_row(client):
    staff = StaffFactory()
    answer = client.post("/accounts/login/", {"username": staff.number, "password": "correct horse battery"})
    assert answer.status_code == 302
    event = TrailEntry.objects.get(table="sign_in")
    assert (event.key, event.act.staff) == (str(staff.pk), staff)
    assert not TrailEntry.objects.filter(table="city_staff", operation="U").exists()


def test_a_failed_sign_in_is_an_event_without_what_was_typed(client):
    staff = StaffFactory()
    client.post("/accounts/login/", {"username": staff.number, "password": "wrong"})
    client.post("/accounts/login/", {"username": "330102199001011234", "password": "wrong"})
    events = TrailEntry.objects.filter(table="sign_in_failed").order_by("id")
    assert [(event.key, event.before) for event in events] == [
        (str(staff.pk), {"known": True}),
        ("", {"known": False}),
    ]


# The chain


@pytest.fixture
def sealed_trail():
    with trail.acting(reason="a sheet"):
        Employer.objects.bulk_create(EmployerFactory.build_batch(2500))
        Employer.objects.update(name="other")
    trail.seal()
    assert trail.verify()["broken"] == []
    return list(TrailEntry.objects.order_by("id").values_list("pk", flat=True))


def tamper(sql, *values):
    connection.check_constraints()
    drop_triggers()
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def swap(first, second):
    tamper(
        "UPDATE city_trailentry SET key = (SELECT key FROM city_trailentry WHERE id = %s) WHERE id = %s", first, second
    )


TAMPERING = [
    lambda keys: tamper("UPDATE city_trailentry SET operation = 'D' WHERE id = %s", keys[0]),
    lambda keys: tamper("UPDATE city_trailentry SET before = NULL WHERE id = %s", keys[-1]),
    lambda keys: tamper("DELETE FROM city_trailentry WHERE id = %s", keys[1234]),
    lambda keys: swap(keys[10], keys[11]),
    lambda keys: tamper("UPDATE city_trailact SET reason = 'nothing'"),
    lambda keys: tamper(
        "DELETE FROM city_trailblock WHERE last_entry = (SELECT min(last_entry) FROM city_trailblock)"
    ),
]


@pytest.mark.parametrize("tampering", TAMPERING)
def test_whatever_is_changed_in_the_sealed_trail_is_found(sealed_trail, tampering):
    tampering(sealed_trail)
    assert trail.verify()["broken"]
    with pytest.raises(CommandError, match="broken"):
        call_command("verify_trail")


def test_every_random_change_is_found(sealed_trail):
    tamper("SELECT 1")
    for key in random.sample(sealed_trail, 20):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE city_trailentry SET key = key || 'x' WHERE id = %s", [key])
        broken = trail.verify()["broken"]
        assert [block["first"] <= key <= block["last"] for block in broken] == [True]
        with connection.cursor() as cursor:
            cursor.execute("UPDATE city_trailentry SET key = replace(key, 'x', '') WHERE id = %s", [key])


def test_the_chain_goes_on_from_the_last_block(sealed_trail):
    assert trail.seal() == 0
    EmployerFactory()
    assert trail.seal() == 1
    assert trail.verify() == {"entries": len(sealed_trail) + 1, "broken": []}


# Undoing


def rows():
    return {
        model: list(model.objects.order_by("pk").values_list()) for model in (CalendarDay, Employer, Staff, Posting)
    }


def test_an_act_is_undone_row_by_row():
    posting = PostingFactory()
    kept, changed, deleted = EmployerFactory.create_batch(3)
    day = CalendarDay.objects.create(day="2041-10-01", is_working=False)
    before = rows()
    with trail.acting(reason="a sheet") as act:
        new = EmployerFactory()
        new.name = "twice written"
        new.save()
        Employer.objects.filter(pk=changed.pk).update(name="changed", credit_code="x")
        Employer.objects.filter(pk=changed.pk).update(name="changed again")
        deleted.delete()
        CalendarDay.objects.filter(day=day.day).update(name="国庆")
        colleague = StaffFactory()
        PostingFactory(staff=colleague, area=posting.area)

    with trail.acting(reason="undo"):
        touched = trail.undo_act(act)

    assert rows() == before
    assert touched == {(table, key) for table, key, _ in entries_of(act)}
    assert ("city_employer", str(kept.pk)) not in touched


def test_undoing_the_undoing_brings_the_act_back():
    employer = EmployerFactory(name="one")
    with trail.acting(reason="a sheet") as act:
        Employer.objects.filter(pk=employer.pk).update(name="two")
        EmployerFactory()
    after = rows()
    with trail.acting(reason="undo") as undoing:
        trail.undo_act(act)
    trail.undo_act(undoing)
    assert rows() == after


def test_what_was_written_again_later_is_not_undone_and_the_refusal_says_by_whom():
    employer = EmployerFactory()
    with trail.acting(reason="a sheet") as act:
        Employer.objects.filter(pk=employer.pk).update(name="sheet")
        untouched = EmployerFactory()
    colleague = StaffFactory()
    with trail.acting(reason="correction", staff=colleague):
        Employer.objects.filter(pk=employer.pk).update(name="corrected")
    with pytest.raises(trail.BuiltOn) as refusal:
        trail.undo_act(act)
    assert refusal.value.by == colleague
    assert Employer.objects.filter(pk=untouched.pk).exists()


def test_what_something_later_stands_on_is_not_undone():
    with trail.acting(reason="a sheet") as act:
        staff = StaffFactory()
    with trail.acting(reason="posted"):
        PostingFactory(staff=staff)
    with pytest.raises(trail.BuiltOn):
        trail.undo_act(act)
    assert Staff.objects.filter(pk=staff.pk).exists()


@pytest.mark.parametrize("number", [1, 30])
def test_undoing_costs_the_same_at_any_size(number, django_assert_max_num_queries):
    with trail.acting(reason="a sheet") as act:
        EmployerFactory.create_batch(number)
    with django_assert_max_num_queries(25):
        trail.undo_act(act)
    assert Employer.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.services
def test_entries_of_an_open_act_and_all_after_it_wait_for_their_seal():
    other = connection.copy()
    with trail.acting(reason="first"):
        EmployerFactory()
    with other.cursor() as cursor:
        other.set_autocommit(False)
        cursor.execute("INSERT INTO city_trailact (reason, request_id, at) VALUES ('long', '', now()) RETURNING id")
        number = cursor.fetchone()[0]
        cursor.execute(trail.acts._TELL, [str(number)])
        cursor.execute("INSERT INTO city_employer (credit_code, name, kind) VALUES ('long', '', 'company')")
        with trail.acting(reason="later"):
            EmployerFactory()
        assert trail.seal() == 1
        other.commit()
        other.close()
    assert trail.seal() == 2
    assert trail.verify() == {"entries": 3, "broken": []}


def test_flush_is_for_tests_only(settings):
    settings.TESTING = False
    with pytest.raises(CommandError, match="tests only"):
        call_command("flush", interactive=False)


@pytest.mark.django_db(transaction=True)
def test_a_test_database_can_be_emptied():
    with trail.acting(reason="test"):
        AreaFactory()
    call_command("flush", interactive=False, verbosity=0)
    assert TrailAct.objects.count() == 0
    assert expected_triggers("city_area", frozen=False) <= installed()["city_area"]
