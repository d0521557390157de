"""Undoing an act from the trail: what it inserted goes, what it changed or deleted comes back as it was."""

from contextlib import contextmanager

from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from city.choices import TrailOperation
from city.models import TrailAct, TrailEntry
from city.trail.acts import acting
from city.trail.triggers import audited_models
from config.conflict import Conflict

#: The entries of the act, one for every row it wrote; of many rows told by one entry each counts.
_ENTRIES = {
    "postgresql": """
        SELECT entry.id, entry."table", COALESCE(stretch.key::text, entry.key) AS key, entry.operation, entry.before
        FROM city_trailentry entry LEFT JOIN LATERAL generate_series(
            CASE WHEN entry.last_key IS NOT NULL THEN entry.key::bigint END, entry.last_key
        ) AS stretch (key) ON TRUE
        WHERE entry.act_id = %(act)s AND entry.operation <> 'E'
    """,
    "sqlite": """
        SELECT id, "table", key, operation, before FROM city_trailentry
        WHERE act_id = %(act)s AND operation <> 'E'
    """,
}

#: Per row of one table the first entry of the act: it tells what was there before the act.
_TOUCHED = f"""
    SELECT DISTINCT ON (key) key, operation, before FROM ({_ENTRIES["postgresql"]}) AS entries
    WHERE "table" = %(table)s ORDER BY key, id
"""

_WRITTEN_LATER = """
    SELECT act_id FROM (
        SELECT (
            SELECT later.act_id FROM city_trailentry later
            WHERE later."table" = entries."table" AND later.key = entries.key AND later.id > entries.id
              AND later.operation <> 'E' AND later.act_id NOT IN (%(act)s, %(undoing)s) LIMIT 1
        ) AS act_id FROM ({entries}) AS entries
    ) AS later WHERE act_id IS NOT NULL LIMIT 1
"""


def _asked(sql, **values):
    with connection.cursor() as cursor:
        cursor.execute(sql.format(entries=_ENTRIES[connection.vendor]), values)
        yield from iter(cursor.fetchone, None)


def _rows_written(act):
    """(table, key) of every row the act wrote."""
    return set(_asked('SELECT DISTINCT "table", key FROM ({entries}) AS entries', act=act.pk))


def keys_written(act, model):
    """The keys, as texts, of every row of one table the act wrote."""
    sql = 'SELECT DISTINCT key FROM ({entries}) AS entries WHERE "table" = %(table)s'
    return [key for (key,) in _asked(sql, act=act.pk, table=model._meta.db_table)]


class BuiltOn(Conflict):
    """Something later rests on what the act wrote; undoing it would break that."""


def undo_act(act):
    """Puts every row the act wrote back as it was before; returns the set of (table, key) put back.

    Set by set, whatever the number of rows. Derived tables are not in the trail: whoever calls rebuilds them for the
    rows returned. Raises BuiltOn, and changes nothing, when a later act wrote one of the rows or a row stands on one.
    """
    with acting(reason=f"undo of act {act.pk}") as undoing:
        _refuse_if_written_later(act, undoing)
        touched = _rows_written(act)
        tables = {table for table, _key in touched}
        restorers = [_restorer(model, act) for model in audited_models() if model._meta.db_table in tables]
        with _database_may_refuse():
            for step in ("delete", "update", "insert"):
                for restorer in restorers:
                    getattr(restorer, step)()
            connection.check_constraints(table_names=_tables_pointing_to(tables))
        # The rows are locked now: this finds a writer who came between the first look and our write.
        _refuse_if_written_later(act, undoing)
    return touched


def _refuse_if_written_later(act, undoing):
    for (found,) in _asked(_WRITTEN_LATER, act=act.pk, undoing=undoing.pk):
        by = TrailAct.objects.select_related("staff").get(pk=found)
        raise BuiltOn(_("Something written later rests on this; it cannot be undone."), by=by.staff, at=by.at)


@contextmanager
def _database_may_refuse():
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise BuiltOn(_("Something written later rests on this; it cannot be undone.")) from error


def _tables_pointing_to(tables):
    """The tables to look through on SQLite for rows left pointing to nothing; PostgreSQL knows by itself."""
    pointing = {
        relation.related_model._meta.db_table
        for model in audited_models()
        if model._meta.db_table in tables
        for relation in model._meta.related_objects
        if relation.field.db_constraint
    }
    return sorted(pointing | tables)


def _restorer(model, act):
    return (_OnPostgresql if connection.vendor == "postgresql" else _OnSqlite)(model, act)


class _OnPostgresql:
    """Each step is one statement, whatever the number of rows."""

    def __init__(self, model, act):
        meta = model._meta
        self.values = {"act": act.pk, "table": meta.db_table}
        self.table = f'"{meta.db_table}"'
        self.pk = f'"{meta.pk.column}"'
        self.pk_type = meta.pk.rel_db_type(connection)
        columns = [f'"{field.column}"' for field in meta.concrete_fields if not field.primary_key]
        self.assignments = ", ".join(f"{column} = r.{column}" for column in columns)
        self.rows_before = f"""
            SELECT r.* FROM ({_TOUCHED}) e CROSS JOIN LATERAL jsonb_populate_record(NULL::{self.table}, e.before) r
            WHERE e.operation <> 'I'
        """

    def _execute(self, sql):
        with connection.cursor() as cursor:
            cursor.execute(sql, self.values)

    def delete(self):
        self._execute(f"""
            DELETE FROM {self.table} t USING ({_TOUCHED}) e
            WHERE e.operation = 'I' AND t.{self.pk} = e.key::{self.pk_type}
        """)

    def update(self):
        self._execute(f"""
            UPDATE {self.table} t SET {self.assignments} FROM ({self.rows_before}) r WHERE t.{self.pk} = r.{self.pk}
        """)

    def insert(self):
        self._execute(f"""
            INSERT INTO {self.table} SELECT r.* FROM ({self.rows_before}) r
            WHERE NOT EXISTS (SELECT FROM {self.table} t WHERE t.{self.pk} = r.{self.pk})
        """)


class _OnSqlite:
    """SQLite cannot read its own hexadecimal before 3.41, so the rows pass through Python."""

    def __init__(self, model, act):
        self.meta = model._meta
        self.act = act
        self.binary = {field.column for field in self.meta.concrete_fields if isinstance(field, models.BinaryField)}
        self.columns = [field.column for field in self.meta.concrete_fields]

    def _first_entries(self):
        entries = self.act.entries.filter(table=self.meta.db_table).exclude(operation=TrailOperation.EVENT)
        first = entries.values("key").annotate(first=models.Min("id")).values("first")
        return TrailEntry.objects.filter(id__in=first)

    def _rows_before(self):
        rows = self._first_entries().exclude(operation=TrailOperation.INSERT).values_list("before", flat=True)
        return [[self._value(row, column) for column in self.columns] for row in rows]

    def _value(self, row, column):
        value = row.get(column)
        return bytes.fromhex(value) if column in self.binary and value is not None else value

    def _executemany(self, sql, rows):
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)

    def delete(self):
        keys = self._first_entries().filter(operation=TrailOperation.INSERT).values_list("key")
        self._executemany(f'DELETE FROM "{self.meta.db_table}" WHERE "{self.meta.pk.column}" = %s', list(keys))

    def update(self):
        place = self.columns.index(self.meta.pk.column)
        assignments = ", ".join(f'"{column}" = %s' for column in self.columns if column != self.meta.pk.column)
        sql = f'UPDATE "{self.meta.db_table}" SET {assignments} WHERE "{self.meta.pk.column}" = %s'
        self._executemany(sql, [[*row[:place], *row[place + 1 :], row[place]] for row in self._rows_before()])

    def insert(self):
        names = ", ".join(f'"{column}"' for column in self.columns)
        marks = ", ".join(["%s"] * len(self.columns))
        missing = f'ON CONFLICT ("{self.meta.pk.column}") DO NOTHING'
        sql = f'INSERT INTO "{self.meta.db_table}" ({names}) VALUES ({marks}) {missing}'
        self._executemany(sql, self._rows_before())
