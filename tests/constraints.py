"""What the tests of constraints share: each named constraint refuses its bad row by name."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import UniqueConstraint


def named(app):
    """`{name: constraint}` of every constraint the app's models declare."""
    return {
        constraint.name: (model, constraint)
        for model in apps.get_app_config(app).get_models()
        for constraint in model._meta.constraints
    }


def words_of(name, model, constraint):
    """How the database names it: SQLite tells the columns of a whole unique constraint, all else goes by name."""
    whole = isinstance(constraint, UniqueConstraint) and constraint.condition is None and not constraint.expressions
    partial = isinstance(constraint, UniqueConstraint) and constraint.condition is not None
    if connection.vendor == "sqlite" and (whole or partial):
        fields = [model._meta.get_field(field).column for field in constraint.fields]
        return ", ".join(f"{model._meta.db_table}.{column}" for column in fields)
    return name


def assert_refused(app, name, write):
    model, constraint = named(app)[name]
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write()
    assert words_of(name, model, constraint) in str(refusal.value)
