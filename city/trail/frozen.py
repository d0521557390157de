"""Rows of money: never deleted, and what they say never changes, whoever asks. `settings.TRAIL_FROZEN` lists them."""

from django.apps import apps
from django.conf import settings
from django.db import connection

_POSTGRESQL_FROZEN = """
CREATE TRIGGER trail_frozen BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN ({changed})
    EXECUTE FUNCTION city_trail_refuse();
CREATE TRIGGER trail_kept BEFORE DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION city_trail_refuse();
"""

_SQLITE_FROZEN = """
CREATE TRIGGER "trail_frozen_{table}" BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN {changed} BEGIN
    SELECT RAISE(ABORT, 'the audit trail refuses: UPDATE of {table}');
END
"""
_SQLITE_KEPT = """
CREATE TRIGGER "trail_kept_{table}" BEFORE DELETE ON "{table}" FOR EACH ROW BEGIN
    SELECT RAISE(ABORT, 'the audit trail refuses: DELETE of {table}');
END
"""

#: An update is refused when one of these is true of a column; OLD and NEW are the row before and after.
_CHANGED = "OLD.{column} {differs} NEW.{column}"
_FILLED = "(OLD.{column} IS NOT NULL AND OLD.{column} {differs} NEW.{column})"
_PASSED = "(OLD.{column} <> '{only}' AND OLD.{column} <> NEW.{column})"


def statements(tables):
    """The triggers of every frozen table that exists, for this database."""
    postgresql = connection.vendor == "postgresql"
    layouts = (_POSTGRESQL_FROZEN,) if postgresql else (_SQLITE_FROZEN, _SQLITE_KEPT)
    for label, kept in settings.TRAIL_FROZEN.items():
        table = apps.get_model(label)._meta.db_table
        if table in tables:
            changed = _changed(apps.get_model(label), kept, "IS DISTINCT FROM" if postgresql else "IS NOT")
            yield from (layout.format(table=table, changed=changed) for layout in layouts)


def _changed(model, kept, differs):
    def column(name):
        return f'"{model._meta.get_field(name).column}"'

    names = kept["frozen"] or [field.name for field in model._meta.concrete_fields]
    conditions = [_CHANGED.format(column=column(name), differs=differs) for name in names]
    conditions += [_FILLED.format(column=column(name), differs=differs) for name in kept.get("once", ())]
    conditions += [_PASSED.format(column=column(name), only=only) for name, only in kept.get("from", {}).items()]
    return " OR ".join(conditions)
