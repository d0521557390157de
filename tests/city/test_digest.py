import hashlib
import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from city.ciphers import keyed_hash
from city.digests import digest, digested_models, natural_paths, row_paths
from city.models import Area, CalendarDay, Employer, Parameter, Posting, Staff
from households.choices import LabourState
from households.models import LabourSpell, LedgerSpan, Resident
from tests.city.factories import AreaFactory, EmployerFactory, PostingFactory, StaffFactory

pytestmark = pytest.mark.django_db
DAY = date(2026, 10, 31)


def run(command, *args):
    out = StringIO()
    call_command(command, *args, stdout=out)
    return json.loads(out.getvalue())


def resident(name, id_number=""):
    return Resident.objects.create(
        id_number=id_number,
        id_hash=keyed_hash(id_number) if id_number else None,
        no_id_reason="" if id_number else "lost",
        name=name,
        initials=name,
        sex="male",
        birth_date=date(1990, 1, 1),
        works_from=date(2006, 1, 1),
        retires_on=date(2053, 1, 1),
    )


def fill(order):
    """The same city written in either order, and so under other ids."""
    area = AreaFactory(code="330100000000", name="city")
    people = dict.fromkeys(["a", "b", "c"][::order])
    for name in people:
        people[name] = resident(name, "" if name == "c" else f"33010219900101{ord(name)}")
        LabourSpell.objects.create(
            resident=people[name],
            started_on=DAY,
            state=LabourState.UNEMPLOYED,
            confirmed_on=DAY,
            monthly_income="1.50",
        )
    for number in range(3)[::order]:
        PostingFactory(staff=StaffFactory(number=f"S{number}", name="x"), area=area)
        Parameter.objects.create(name=f"p{number}", area=area, in_force_from=DAY, value={"b": 1, "a": [True, None]})
        CalendarDay.objects.create(day=date(2041, 1, 1 + number), is_working=True)


def empty():
    for model in [LabourSpell, Resident, Posting, Staff, Parameter, CalendarDay, Area]:
        model.objects.all().delete()


def test_equal_data_has_an_equal_digest_whatever_the_order_and_the_ids():
    empty()
    fill(1)
    first = run("state_digest", "--json")
    empty()
    assert run("state_digest", "--json") != first
    fill(-1)
    assert run("state_digest", "--json") == first


def test_the_digest_does_not_depend_on_the_database():
    EmployerFactory(credit_code="91330100MA00000001", name="甲")
    line = '["91330100MA00000001", "甲", "company"]'
    total = int.from_bytes(hashlib.sha256(line.encode()).digest())
    assert digest(Employer) == hashlib.sha256(f"1 {total}".encode()).hexdigest()
    area = AreaFactory(code="330100000000", name="市")
    Parameter.objects.create(name="p", area=area, in_force_from=DAY, value={"b": 1, "a": [True, None, "甲"]})
    LabourSpell.objects.create(
        resident=resident("c"), started_on=DAY, state=LabourState.UNEMPLOYED, confirmed_on=DAY, monthly_income="1.5"
    )
    assert (digest(Parameter)[:16], digest(LabourSpell)[:16]) == (
        "38696a51e1f89809",
        "9f532555492af502",
    )


@pytest.mark.parametrize(
    ("changes", "table"),
    [
        (
            lambda: LabourSpell.objects.filter(resident__name="a").update(monthly_income="1.51"),
            "households_labourspell",
        ),
        (lambda: LabourSpell.objects.filter(resident__name="c").delete(), "households_labourspell"),
        (lambda: Parameter.objects.filter(name="p1").update(value={"b": 2}), "city_parameter"),
        (lambda: Area.objects.update(kind="urban"), "city_area"),
    ],
)
def test_any_change_shows_in_its_table_alone(changes, table):
    fill(1)
    before = run("state_digest", "--json")
    changes()
    after = run("state_digest", "--json")
    assert [name for name in before if before[name] != after[name]] == [table]


def test_what_a_row_is_not_is_left_out():
    assert [name for name in row_paths(Resident) if name in {"id", "id_number", "phone", "health_notes"}] == []
    assert "password" not in row_paths(Staff)
    assert "path" not in row_paths(Area)
    tables = {model._meta.db_table for model in digested_models()}
    assert {"households_ledgerspan", "reports_areastatus", "reports_criterionresult"} <= tables
    assert not {"city_run", "city_trailentry", "city_storedfile", "django_session"} & tables


def test_foreign_keys_are_told_by_the_natural_key_of_what_they_point_to():
    assert list(natural_paths(Posting)) == [
        "staff__number",
        "role",
        "area__code",
        "area__parent__code",
        "area__name",
        "started_on",
    ]
    assert "community__code" in list(row_paths(LedgerSpan))
    assert not [name for model in digested_models() for name in row_paths(model) if name.endswith(("__id", "_id"))]


def test_every_address_is_listed_with_its_methods_and_permission():
    found = {address["name"]: address for address in run("list_urls", "--json")}
    assert found["city:switch_posting"] == {
        "name": "city:switch_posting",
        "path": "/postings/switch/",
        "methods": ["POST"],
        "permission": None,
    }
    assert found["readyz"]["methods"] == ["GET", "HEAD"]


def test_the_trail_is_verified_in_json():
    EmployerFactory()
    assert run("verify_trail", "--json")["broken"] == []
