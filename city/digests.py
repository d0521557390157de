"""One digest per table over its rows by natural key: equal data, equal digest, in any order and on any database."""

import hashlib
import json
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models

from city.fields import EncryptedTextField
from city.models import (
    Draft,
    IdempotencyKey,
    Lease,
    Move,
    Run,
    SheetImport,
    StoredFile,
    TrailAct,
    TrailBlock,
    TrailEntry,
)

#: How the data came here and who looked at it is no part of it.
LEFT_OUT = {Draft, IdempotencyKey, Lease, Move, Run, SheetImport, StoredFile, TrailAct, TrailBlock, TrailEntry}
#: Made of surrogate ids, salted, or drawn from other columns by whatever version of a program.
_LEFT_OUT_FIELDS = {"city.Area.path", "city.Staff.password", "reports.Chart.svg"}
_MODULUS = 2**256

_day_text = lru_cache(maxsize=2**16)(str)


def _text(value):
    """Millions of rows share a few thousand days."""
    return _day_text(value) if type(value) is date else str(value)


_encode = json.JSONEncoder(default=_text, ensure_ascii=False, sort_keys=True).encode


def digested_models():
    """The project's own models, less the bookkeeping."""
    own = [config for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR]
    return [model for config in own for model in config.get_models() if model not in LEFT_OUT]


def natural_key(model):
    """The fields that name a row: `natural` of the model, else the fields of its first full unique constraint."""
    if hasattr(model, "natural"):
        return model.natural
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None:
            return constraint.fields
    return (model._meta.pk.name,)


def natural_paths(model, prefix=""):
    """The natural key as paths for `values_list`, foreign keys followed to the natural key of what they point to."""
    for name in natural_key(model):
        if "__" in name:
            yield prefix + name
            continue
        field = model._meta.get_field(name)
        if field.many_to_one or field.one_to_one:
            yield from natural_paths(field.related_model, f"{prefix}{name}__")
        else:
            yield prefix + name


def row_paths(model):
    """Everything a row says: its own values, and for what it points to the natural key."""
    for field in model._meta.concrete_fields:
        if isinstance(field, (models.AutoField, models.DateTimeField, EncryptedTextField)):
            continue
        if f"{model._meta.label}.{field.name}" in _LEFT_OUT_FIELDS or field.related_model in LEFT_OUT:
            continue
        if field.many_to_one or field.one_to_one:
            yield from natural_paths(field.related_model, f"{field.name}__")
        else:
            yield field.name


def digest(model):
    """SHA-256 over the number of rows and the sum of the rows' own digests, so that no order and no sort is needed."""
    total = count = 0
    for row in model.objects.order_by().values_list(*row_paths(model)).iterator(chunk_size=10_000):
        total = (total + int.from_bytes(hashlib.sha256(_encode(row).encode()).digest())) % _MODULUS
        count += 1
    return hashlib.sha256(f"{count} {total}".encode()).hexdigest()


def digests():
    return {model._meta.db_table: digest(model) for model in digested_models()}
