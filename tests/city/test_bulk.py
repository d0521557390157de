"""The same values on both databases; run with DATABASE_URL these go through COPY."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from city import bulk
from city.choices import RunState
from city.models import CalendarDay, Employer, MinimumWage, Run
from households.models import LabourSpell, Resident
from tests.city.factories import AreaFactory, EmployerFactory
from tests.households.factories import LabourSpellFactory, ResidentFactory

pytestmark = pytest.mark.django_db

AWKWARD = [
    "tab\there",
    "line\nbreak",
    "carriage\r\nreturn",
    "back\\slash \\n \\t",
    "\\N",
    "\\.",
    "quote ' \" ''",
    "percent %s %(name)s",
    "中文 𠮷 😀",
    "",
    " ",
]


def test_awkward_text_comes_back_as_it_was():
    rows = [(f"C{place}", text, "company") for place, text in enumerate(AWKWARD)]
    bulk.insert(Employer, ["credit_code", "name", "kind"], rows)
    assert list(Employer.objects.order_by("pk").values_list("name", flat=True)) == AWKWARD


def test_missing_values_dates_money_and_truth_come_back_as_they_were():
    resident = ResidentFactory()
    names = [
        "resident_id", "started_on", "state", "inactive_reason", "channel", "employer_id", "employer_name",
        "contract_months", "monthly_income", "insured", "confirmed_on", "source",
    ]  # fmt: skip
    first = (
        resident.pk, date(2026, 1, 31), 1, "", "employer", None, "甲", 12, Decimal("2490.05"), True,
        date(2026, 2, 1), "visit",
    )  # fmt: skip
    second = (resident.pk, date(2026, 5, 1), 2, "", "", None, "", None, None, None, date(2026, 5, 1), "roster")
    bulk.insert(LabourSpell, names, [first, second])
    assert list(LabourSpell.objects.order_by("started_on").values_list(*names)) == [first, second]


def test_documents_and_moments_come_back_as_they_were():
    moment = datetime(2026, 10, 31, 23, 59, 59, 123456, tzinfo=ZoneInfo("Asia/Shanghai"))
    result = {"text": 'tab\t \\ " 中', "none": None, "list": [1, 2.5]}
    names = ["job", "parameters", "state", "attempts", "rows_done", "queued_at", "error", "result"]
    same = ({}, RunState.DONE, 1, 0, moment, "")
    bulk.insert(Run, names, [("one", *same, result), ("two", *same, None)])
    one, two = Run.objects.order_by("pk")
    assert (one.result, one.queued_at, one.state) == (result, moment, RunState.DONE)
    assert two.result is None
    assert not Run.objects.filter(pk=two.pk, result__isnull=False).exists()


def test_encrypted_values_are_sealed_and_open_again():
    area = AreaFactory(community=True)
    known = ResidentFactory.build()
    names = [
        "id_number", "id_hash", "name", "initials", "sex", "birth_date", "works_from", "retires_on", "phone",
        "bank_account", "health_notes", "community_id", "landless", "hukou", "education", "no_id_reason",
    ]  # fmt: skip
    values = (
        known.id_number, known.id_hash, known.name, "", "male", date(1980, 1, 1), date(1996, 1, 1), date(2042, 1, 1),
        "13800000000", "", "", area.pk, False, "", "", "",
    )  # fmt: skip
    bulk.insert(Resident, names, [values])
    stored = Resident.objects.get()
    assert (stored.id_number, stored.phone, stored.bank_account) == (known.id_number, "13800000000", "")
    assert stored.id_hash == known.id_hash
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM households_resident")
        assert b"138" not in bytes(cursor.fetchone()[0])


def test_more_rows_than_a_batch_all_arrive(monkeypatch):
    monkeypatch.setattr(bulk, "_BATCH", 7)
    days = [date(2100, 1, 1 + place) for place in range(20)]
    bulk.insert(CalendarDay, ["day", "is_working", "name"], ((day, True, "") for day in days))
    assert CalendarDay.objects.filter(day__year=2100).count() == 20


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        bulk.insert(CalendarDay, ["day", "is_working", "name"], [])
        assert bulk.insert_returning_ids(Employer, ["credit_code", "name", "kind"], []) == []


def test_reserved_ids_rise_and_are_given_to_nobody_else():
    before = EmployerFactory()
    reserved = bulk.reserve_ids(Employer, 5)
    after = EmployerFactory()
    assert before.pk < reserved[0]
    assert reserved == sorted(set(reserved))
    assert after.pk > reserved[-1]


def test_rows_lie_under_the_ids_returned_for_them():
    rows = [(f"C{place}", f"name {place}", "company") for place in range(5)]
    ids = bulk.insert_returning_ids(Employer, ["credit_code", "name", "kind"], rows)
    assert [Employer.objects.get(pk=key).name for key in ids] == [name for _code, name, _kind in rows]


def test_the_next_id_follows_the_highest_after_rows_under_chosen_ids():
    bulk.insert(Employer, ["id", "credit_code", "name", "kind"], [(900_000, "C", "chosen", "company")])
    bulk.reset_sequence(Employer)
    assert EmployerFactory().pk > 900_000


def test_many_rows_are_updated_each_with_its_own_values():
    one, two, other = (LabourSpellFactory(state=1) for _ in range(3))
    names = ["contract_months", "monthly_income", "insured", "employer_name", "confirmed_on"]
    bulk.update(
        LabourSpell,
        names,
        [
            (one.pk, 24, Decimal("3000.50"), True, "it's %s", date(2026, 3, 1)),
            (two.pk, None, None, None, "", date(2026, 4, 1)),
        ],
    )
    rows = LabourSpell.objects.order_by("pk").values_list(*names)
    assert list(rows) == [
        (24, Decimal("3000.50"), True, "it's %s", date(2026, 3, 1)),
        (None, None, None, "", date(2026, 4, 1)),
        tuple(getattr(other, name) for name in names),
    ]


def test_an_update_of_missing_values_alone_works():
    wage = MinimumWage.objects.create(area=AreaFactory(), in_force_from=date(2026, 1, 1), monthly=2490)
    spell = LabourSpellFactory(state=1, contract_months=12)
    bulk.update(LabourSpell, ["contract_months"], [(spell.pk, None)])
    bulk.update(MinimumWage, ["monthly"], [(wage.pk, Decimal("2500"))])
    spell.refresh_from_db()
    wage.refresh_from_db()
    assert (spell.contract_months, wage.monthly) == (None, Decimal("2500"))
