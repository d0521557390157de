"""On PostgreSQL names sort and match by bytes, so that one plain index serves prefix search, order and keyset paging."""

from django.db import migrations

_COLUMNS = ("name", "initials")


def _collate(schema_editor, collation):
    if schema_editor.connection.vendor == "postgresql":
        for column in _COLUMNS:
            schema_editor.execute(
                f'ALTER TABLE households_resident ALTER COLUMN {column} TYPE varchar(60) COLLATE "{collation}"'
            )


def forwards(apps, schema_editor):
    _collate(schema_editor, "C")


def backwards(apps, schema_editor):
    _collate(schema_editor, "default")


class Migration(migrations.Migration):
    dependencies = [("households", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
