"""The triggers that keep the trail, made anew after every `migrate`.

Django remakes SQLite tables and so drops their triggers without a word; a list of all of them is in the tests.
"""

from contextlib import contextmanager

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from city.models import TrailAct, TrailBlock, TrailEntry
from city.trail import frozen

APPEND_ONLY = (TrailAct, TrailEntry, TrailBlock)

#: From so many rows on, an insert is told by the stretches of its keys: a sheet makes rows by the hundred thousand.
MANY_ROWS = 100

_POSTGRESQL_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION city_trail_write() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    act bigint := NULLIF(current_setting('city.act', true), '')::bigint;
    before text := CASE TG_OP WHEN 'INSERT' THEN 'NULL::jsonb' ELSE 'to_jsonb(w)' END;
BEGIN
    IF act IS NULL OR NOT EXISTS (SELECT FROM city_trailact WHERE id = act) THEN
        IF EXISTS (SELECT FROM written) THEN
            RAISE EXCEPTION 'write without acting(): % of %', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' AND TG_ARGV[1] = 'numbered' AND (SELECT count(*) FROM written) >= {MANY_ROWS} THEN
        EXECUTE format(
            'INSERT INTO city_trailentry (act_id, "table", key, last_key, operation, at)
             SELECT $1, $2, min(key)::text, NULLIF(max(key), min(key)), $3, $4
             FROM (SELECT %1$I AS key, %1$I - row_number() OVER (ORDER BY %1$I) AS stretch FROM written) AS keys
             GROUP BY stretch ORDER BY min(key)', TG_ARGV[0]
        ) USING act, TG_TABLE_NAME, left(TG_OP, 1), clock_timestamp();
        RETURN NULL;
    END IF;
    EXECUTE format(
        'INSERT INTO city_trailentry (act_id, "table", key, operation, before, at)
         SELECT $1, $2, w.%I::text, $3, %s, $4 FROM written w', TG_ARGV[0], before
    ) USING act, TG_TABLE_NAME, left(TG_OP, 1), clock_timestamp();
    RETURN NULL;
END
$body$;
CREATE OR REPLACE FUNCTION city_trail_guard() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NULLIF(current_setting('city.act', true), '') IS NULL THEN
        RAISE EXCEPTION 'write without acting(): % of %', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$body$;
CREATE OR REPLACE FUNCTION city_trail_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'the audit trail refuses: % of %', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$body$;
"""

_POSTGRESQL_EVERY_INSERT = """
CREATE TRIGGER trail_insert AFTER INSERT ON "{table}" REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION city_trail_write('{pk}', '{numbered}');
"""
_POSTGRESQL_INSERTS_IN_ONE_LINE = """
CREATE TRIGGER trail_insert AFTER INSERT ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION city_trail_guard();
"""
_POSTGRESQL_AUDITED = """
CREATE TRIGGER trail_update AFTER UPDATE ON "{table}" REFERENCING OLD TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION city_trail_write('{pk}');
CREATE TRIGGER trail_delete AFTER DELETE ON "{table}" REFERENCING OLD TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION city_trail_write('{pk}');
CREATE TRIGGER trail_no_truncate BEFORE TRUNCATE ON "{table}"
    FOR EACH STATEMENT EXECUTE FUNCTION city_trail_refuse();
"""

_POSTGRESQL_APPEND_ONLY = """
CREATE TRIGGER trail_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}"
    FOR EACH STATEMENT EXECUTE FUNCTION city_trail_refuse();
"""

_SQLITE_AUDITED = """
CREATE TRIGGER "trail_{event}_{table}" AFTER {event} ON "{table}" FOR EACH ROW BEGIN
    SELECT RAISE(ABORT, 'write without acting(): {event} of {table}') WHERE city_act() IS NULL;
    INSERT INTO city_trailentry (act_id, "table", key, operation, before, at)
    VALUES (city_act(), '{table}', CAST({side}."{pk}" AS text), '{letter}', {before},
            strftime('%Y-%m-%d %H:%M:%f', 'now'));
END
"""

_SQLITE_INSERTS_IN_ONE_LINE = """
CREATE TRIGGER "trail_INSERT_{table}" AFTER INSERT ON "{table}" FOR EACH ROW BEGIN
    SELECT RAISE(ABORT, 'write without acting(): INSERT of {table}') WHERE city_act() IS NULL;
END
"""

_SQLITE_APPEND_ONLY = """
CREATE TRIGGER "trail_append_only_{event}_{table}" BEFORE {event} ON "{table}" FOR EACH ROW BEGIN
    SELECT RAISE(ABORT, 'the audit trail refuses: {event} of {table}');
END
"""


def audited_models():
    return [apps.get_model(label) for label in settings.TRAIL_MODELS]


def inserts_in_one_line(model):
    return model._meta.label in settings.TRAIL_INSERTS_IN_ONE_LINE


def installed():
    """The names of the trail's triggers by table, as the database tells them."""
    if connection.vendor == "postgresql":
        sql = """SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                 WHERE tgname LIKE 'trail\\_%' AND NOT tgisinternal"""
    else:
        sql = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'trail_*'"
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for table, name in cursor.fetchall():
            found.setdefault(table, set()).add(name)
    return found


def install_triggers(**kwargs):
    """Drops the trail's triggers and makes them for every table that exists; called after every `migrate`."""
    with transaction.atomic():
        drop_triggers()
        with connection.cursor() as cursor:
            tables = set(connection.introspection.table_names(cursor))
            if not {model._meta.db_table for model in APPEND_ONLY} <= tables:
                return
            for statement in _statements(tables):
                cursor.execute(statement)


def drop_triggers():
    with connection.cursor() as cursor:
        for table, names in installed().items():
            for name in sorted(names):
                on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER "{name}"{on}')


@contextmanager
def without_triggers():
    """For emptying a test database. Needs the right to change tables, which a production account does not have."""
    with transaction.atomic():
        drop_triggers()
        yield
        install_triggers()


def _statements(tables):
    audited = [model for model in audited_models() if model._meta.db_table in tables]
    yield from _on_postgresql(audited) if connection.vendor == "postgresql" else _on_sqlite(audited)
    yield from frozen.statements(tables)


def _on_postgresql(audited):
    yield _POSTGRESQL_FUNCTIONS
    for model in audited:
        on_insert = _POSTGRESQL_INSERTS_IN_ONE_LINE if inserts_in_one_line(model) else _POSTGRESQL_EVERY_INSERT
        numbered = "numbered" if isinstance(model._meta.pk, models.AutoField) else ""
        yield (on_insert + _POSTGRESQL_AUDITED).format(
            table=model._meta.db_table, pk=model._meta.pk.column, numbered=numbered
        )
    for model in APPEND_ONLY:
        yield _POSTGRESQL_APPEND_ONLY.format(table=model._meta.db_table)


def _on_sqlite(audited):
    for model in audited:
        for event, side in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
            if event == "INSERT" and inserts_in_one_line(model):
                yield _SQLITE_INSERTS_IN_ONE_LINE.format(table=model._meta.db_table)
                continue
            yield _SQLITE_AUDITED.format(
                event=event,
                side=side,
                letter=event[0],
                table=model._meta.db_table,
                pk=model._meta.pk.column,
                before="NULL" if event == "INSERT" else _sqlite_row(model),
            )
    for model in APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            yield _SQLITE_APPEND_ONLY.format(event=event, table=model._meta.db_table)


def _sqlite_row(model):
    """The row before as JSON; SQLite's JSON holds no bytes, so those are written in hexadecimal."""
    pairs = []
    for field in model._meta.concrete_fields:
        value = f'OLD."{field.column}"'
        pairs.append(f"'{field.column}', " + (f"hex({value})" if isinstance(field, models.BinaryField) else value))
    return f"json_object({', '.join(pairs)})"
