"""Rows of money: no SQL changes or deletes them, whoever runs it; what may still happen to them is named here."""

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError

from tests.subsidies import factories, factories_payments

pytestmark = pytest.mark.django_db
D = date(2026, 10, 1)


def made(model):
    name = f"{model._meta.object_name}Factory"
    return (getattr(factories, name, None) or getattr(factories_payments, name))()


def other(field, row):
    """A value of the column that is not the row's; nothing on earth refuses it but the trigger."""
    value = getattr(row, field.attname)
    if isinstance(field, models.ForeignKey):
        return (value or 0) + 1
    if isinstance(field, models.DateTimeField | models.DateField):
        return "2001-02-03"
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DecimalField | models.IntegerField):
        return (value or 0) + 7
    if isinstance(field, models.JSONField):
        return '{"other": 1}'
    if isinstance(field, models.UUIDField):
        return "0123456789abcdef0123456789abcdef"
    if isinstance(field, models.BinaryField):
        return b"other"
    return "other"


def execute(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def frozen_columns():
    for label, kept in settings.TRAIL_FROZEN.items():
        model = apps.get_model(label)
        names = kept["frozen"] or [field.name for field in model._meta.concrete_fields if not field.primary_key]
        yield from ((model, name) for name in names)


@pytest.mark.parametrize(
    ("model", "name"), list(frozen_columns()), ids=lambda value: getattr(value, "__name__", value)
)
def test_no_statement_changes_a_frozen_column(model, name):
    row = made(model)
    field = model._meta.get_field(name)
    before = list(model.objects.filter(pk=row.pk).values())
    sql = f'UPDATE "{model._meta.db_table}" SET "{field.column}" = %s WHERE id = %s'
    with pytest.raises(IntegrityError, match="refuses"), transaction.atomic():
        execute(sql, other(field, row), row.pk)
    assert list(model.objects.filter(pk=row.pk).values()) == before


@pytest.mark.parametrize("label", settings.TRAIL_FROZEN)
def test_no_statement_deletes_a_row(label):
    model = apps.get_model(label)
    row = made(model)
    with pytest.raises(IntegrityError, match="refuses"), transaction.atomic():
        execute(f'DELETE FROM "{model._meta.db_table}" WHERE id = %s', row.pk)
    assert model.objects.filter(pk=row.pk).exists()


def test_what_was_approved_is_filled_in_once():
    line = factories.ClaimLineFactory()
    table = '"subsidies_claimline"'
    assert execute(f"UPDATE {table} SET approved = 1245 WHERE id = %s", line.pk) == 1
    for value in ("1244", None):
        with pytest.raises(IntegrityError, match="refuses"), transaction.atomic():
            execute(f"UPDATE {table} SET approved = %s, approved_reason = 'less' WHERE id = %s", value, line.pk)


@pytest.mark.parametrize("standing", ["dropped", "reversed"])
def test_a_line_off_its_claim_does_not_come_back(standing):
    line = factories.ClaimLineFactory(standing=standing)
    with pytest.raises(IntegrityError, match="refuses"), transaction.atomic():
        execute('UPDATE "subsidies_claimline" SET standing = %s WHERE id = %s', "live", line.pk)


@pytest.mark.parametrize(("state", "failure"), [("paid", ""), ("failed", "closed")])
def test_what_the_bank_answered_stays_answered(state, failure):
    item = factories_payments.BatchItemFactory()
    sql = 'UPDATE "subsidies_batchitem" SET state = %s, failure = %s, answered_on = %s WHERE id = %s'
    assert execute(sql, state, failure, D, item.pk) == 1
    for again in (("sent", "", None), ("paid" if state == "failed" else "failed", failure and "" or "closed", D)):
        with pytest.raises(IntegrityError, match="refuses"), transaction.atomic():
            execute(sql, *again, item.pk)


def test_nobody_on_record_can_be_deleted():
    approval = factories_payments.ApprovalFactory()
    item = factories_payments.BatchItemFactory()
    line = factories.ClaimLineFactory(approved=Decimal("1245"))
    for row in (approval.staff, approval.claim, approval.posting, item.account, item.batch, line.resident):
        with pytest.raises((ProtectedError, IntegrityError)), transaction.atomic():
            row.delete()
