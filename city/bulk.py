"""Many rows at once: COPY on PostgreSQL, executemany on SQLite. Values are those a model instance would hold."""

import io
import json
from itertools import islice

from django.db import connection

_BATCH = 10_000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


#: Kinds of fields whose values every database takes as Python has them.
_TEXT = {"CharField", "TextField"}
_PLAIN = _TEXT | {
    "AutoField",
    "BigAutoField",
    "BigIntegerField",
    "BooleanField",
    "IntegerField",
    "PositiveIntegerField",
    "PositiveSmallIntegerField",
    "SmallIntegerField",
}


def _kind(field):
    return (field.target_field if field.is_relation else field).get_internal_type()


def _json_texts(field, values):
    return [None if value is None else json.dumps(value, cls=field.encoder) for value in values]


def _sealed(field, values):
    return [value and field.sealed(value) or b"" for value in values] if hasattr(field, "sealed") else values


def _escaped(value):
    # Most text needs no escape, and finding that out is much quicker than translating it.
    return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)


def _texts(values, written):
    """Every value as `written` writes it. Words, days and amounts repeat down a column: each is written once."""
    texts = {value: "\\N" if value is None else written(value) for value in set(values)}
    return map(texts.__getitem__, values)


def _copy_texts(field, values):
    """One column's values as COPY reads them."""
    kind = _kind(field)
    if kind == "JSONField":
        return _texts(_json_texts(field, values), _escaped)
    if kind in _TEXT:
        return _texts(values, _escaped)
    if kind == "BinaryField":
        return ["\\N" if value is None else f"\\\\x{bytes(value).hex()}" for value in _sealed(field, values)]
    return _texts(values, str)


def _prepared(field, values):
    """One column's values as the database's driver takes them."""
    kind = _kind(field)
    if kind == "JSONField":
        return _json_texts(field, values)
    if kind == "BinaryField":
        return _sealed(field, values)
    if kind in _PLAIN:
        return values
    if kind == "DateField":
        return map(connection.ops.adapt_datefield_value, values)
    return [field.get_db_prep_save(value, connection) for value in values]


def _now(work, *arguments):
    return work(*arguments)


def _write(table, names, fields, columns, do=_now):
    """`do(work, *arguments)` has the database's part done: at once, or behind the caller (`Behind.do`)."""
    postgresql = connection.vendor == "postgresql"
    written = _copy_texts if postgresql else _prepared
    columns = [written(field, values) for field, values in zip(fields, columns, strict=True)]
    if postgresql:
        text = "\n".join(map("\t".join, zip(*columns, strict=True)))
        do(_copy, f"COPY {table} ({names}) FROM STDIN", text)
    else:
        marks = ", ".join(["%s"] * len(fields))
        do(_executemany, f"INSERT INTO {table} ({names}) VALUES ({marks})", list(zip(*columns, strict=True)))


def _copy(statement, text):
    with connection.cursor() as cursor:
        # In one piece: for each further one this thread would wait while another one computes.
        cursor.copy_expert(statement, io.StringIO(text), len(text) + 1)


def _executemany(statement, rows):
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def insert(model, names, rows, do=_now):
    """Insert tuples of values for the fields `names` (attribute names; a foreign key takes the id)."""
    fields = [model._meta.get_field(name) for name in names]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH)):
        _write(table, columns, fields, zip(*batch, strict=True), do)


class Staging:
    """A table of this connection alone, where the rows of a whole file wait to be decided on by a few statements.

    Its columns are the fields `names` of the model, without a constraint. A dry run may fill it: nobody else sees it.
    """

    def __init__(self, model, names):
        self.table = f"staged_{model._meta.db_table}"
        self._fields = [model._meta.get_field(name) for name in names]
        self._columns = ", ".join(field.column for field in self._fields)
        columns = ", ".join(f"{field.column} {field.db_type(connection)}" for field in self._fields)
        self.drop()
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE {self.table} ({columns})")

    def insert(self, *columns):
        """The values of every field, field by field."""
        _write(self.table, self._columns, self._fields, columns)

    def analyze(self):
        """Tell the database what the file holds, so that it joins it the right way."""
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"ANALYZE {self.table}")

    def drop(self):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.table}")


def check_references():
    """The foreign keys of what was written so far, which PostgreSQL else checks all at the end of the transaction."""
    if connection.vendor == "postgresql":
        connection.check_constraints()


def make_room():
    """For heavy statements, until the transaction ends: memory to hash in, index look-ups at their price in memory."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL jit = off; SET LOCAL random_page_cost = 1.1")


def array_text(values):
    """Ids or hashes as PostgreSQL reads an array: a list the driver would write out number by number."""
    return "{" + ",".join(map(str, values)) + "}"


def reserve_ids(model, count):
    """`count` ids nobody else will get, rising."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The sequence is looked up once, not once an id.
            cursor.execute(
                "SELECT nextval(ids.sequence) FROM generate_series(1, %s),"
                " (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence OFFSET 0) AS ids",
                [count, table],
            )
            return [key for (key,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()
        if last is None:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, 0)", [table])
        first = (last[0] if last else 0) + 1
        cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [first + count - 1, table])
        return list(range(first, first + count))


def insert_returning_ids(model, names, rows):
    """Insert rows under ids reserved for them; the ids, in the order of the rows."""
    rows = list(rows)
    ids = reserve_ids(model, len(rows)) if rows else []
    insert(model, ["id", *names], ((key, *row) for key, row in zip(ids, rows, strict=True)))
    return ids


def reset_sequence(model):
    """After rows were inserted under chosen ids: the next id follows the highest."""
    if connection.vendor == "postgresql":
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COALESCE(max(id), 0) + 1 FROM {table}")
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", [table, cursor.fetchone()[0]])


def update(model, names, rows):
    """Set the fields `names` of many rows, given as (id, value, ...): one statement a batch on PostgreSQL."""
    fields = [model._meta.get_field(name) for name in names]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = [connection.ops.quote_name(field.column) for field in fields]
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH)):
        prepared = [
            (key, *(field.get_db_prep_save(value, connection) for field, value in zip(fields, values, strict=True)))
            for key, *values in batch
        ]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                marks = ", ".join(["(" + ", ".join(["%s"] * (len(fields) + 1)) + ")"] * len(prepared))
                # A foreign key's `db_type` is the type of the column it points to.
                assignments = ", ".join(
                    f"{column} = given.v{place}::{field.db_type(connection)}"
                    for place, (column, field) in enumerate(zip(columns, fields, strict=True))
                )
                given = ", ".join(["id", *(f"v{place}" for place in range(len(fields)))])
                cursor.execute(
                    f"UPDATE {table} SET {assignments} FROM (VALUES {marks}) AS given ({given})"
                    f" WHERE {table}.id = given.id::bigint",
                    [value for row in prepared for value in row],
                )
            else:
                assignments = ", ".join(f"{column} = %s" for column in columns)
                cursor.executemany(
                    f"UPDATE {table} SET {assignments} WHERE id = %s", [(*values, key) for key, *values in prepared]
                )
