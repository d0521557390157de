"""Many rows at once: COPY on PostgreSQL, executemany on SQLite. Values are those a model instance would hold."""

import io
import json
from itertools import islice

from django.db import connection

_BATCH = 5_000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_text(value):
    if value is None:
        return "\\N"
    if isinstance(value, str):
        # Most text needs no escape, and finding that out is much quicker than translating it.
        return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)
    if isinstance(value, (bytes, memoryview)):
        return "\\\\x" + bytes(value).hex()
    return str(value)


def _preparer(field):
    """A function from the model's value to the database's, or None where COPY takes the value as it is."""
    kind = field.get_internal_type()
    if kind == "JSONField":
        return lambda value: None if value is None else json.dumps(value, cls=field.encoder)
    if hasattr(field, "sealed") and connection.vendor == "postgresql":
        return field.sealed
    if kind == "BinaryField":
        # psycopg2 wraps bytes; COPY wants what is inside.
        return lambda value: getattr(sealed := field.get_db_prep_save(value, connection), "adapted", sealed)
    if connection.vendor == "postgresql":
        return None
    return lambda value: field.get_db_prep_save(value, connection)


def _copy(table, columns, rows):
    text = io.StringIO("".join("\t".join(map(_copy_text, row)) + "\n" for row in rows))
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", text)


def _executemany(table, columns, rows):
    marks = ", ".join(["%s"] * len(rows[0]))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


def insert(model, names, rows):
    """Insert tuples of values for the fields `names` (attribute names; a foreign key takes the id)."""
    fields = [model._meta.get_field(name) for name in names]
    preparers = [(place, prepare) for place, field in enumerate(fields) if (prepare := _preparer(field))]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    write = _copy if connection.vendor == "postgresql" else _executemany
    rows = iter(rows)
    while batch := [list(row) for row in islice(rows, _BATCH)]:
        for place, prepare in preparers:
            for row in batch:
                row[place] = prepare(row[place])
        write(table, columns, batch)


def reserve_ids(model, count):
    """`count` ids nobody else will get, rising."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
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
