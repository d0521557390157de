import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from city.digests import digests
from city.models import Area
from households import ledger
from households.models import Resident, Visit
from reports.synthetic.areas import Network, numbers_of_places
from reports.synthetic.episodes import Caseworker
from reports.synthetic.founding import NoSuchCity, credit_code, make_city
from reports.synthetic.people import Household
from reports.synthetic.streams import Stream
from reports.synthetic.tables import Tables

DAY = date(2026, 10, 31)
SIZE = {"residents": 400, "communities": 12}


def city(**changes):
    return make_city(**{**SIZE, "on": DAY, "seed": 7, **changes})


def digest_of(**changes):
    """The digest of a city that is taken away again."""
    with transaction.atomic():
        report = city(**changes)
        digest = digests()
        transaction.set_rollback(True)
    return report, digest


@pytest.mark.django_db
def test_the_same_seed_makes_the_same_city_and_another_seed_another():
    report, digest = digest_of(residents=400)
    assert digest_of(residents=400) == (report, digest)
    other_report, other_digest = digest_of(residents=400, seed=8)
    assert other_digest != digest
    assert other_report["areas"] == report["areas"]


@pytest.mark.django_db
def test_the_command_prints_one_document_that_names_areas_accounts_and_objects():
    out = StringIO()
    call_command("make_city", residents=300, communities=8, on=DAY.isoformat(), json=True, stdout=out)
    report = json.loads(out.getvalue())
    assert set(report) == {"areas", "accounts", "objects"}
    assert [len(codes) for codes in report["areas"].values()] == [1, 2, 4, 8]
    assert list(report["areas"]) == ["city", "district", "street", "community"]
    assert all(set(account) == {"role", "area", "username", "password"} for account in report["accounts"])
    codes = {code for codes in report["areas"].values() for code in codes}
    for found in report["objects"].values():
        assert len(found) >= 2
        assert set(found) <= codes
        assert all(ids and all(isinstance(key, int) for key in ids) for ids in found.values())


@pytest.mark.django_db
def test_a_filled_database_is_refused_with_one_line():
    Area.objects.create(level="city", name="市", code="330100000000", path="/1/")
    with pytest.raises(CommandError, match=r"^[^\n]+$"):
        call_command("make_city", residents=300, on=DAY.isoformat())
    assert Resident.objects.count() == 0


@pytest.mark.parametrize(
    "numbers", [{"residents": 0}, {"residents": 5, "communities": 8}, {"history_months": 0}, {"communities": -1}]
)
@pytest.mark.django_db
def test_numbers_that_make_no_city_are_refused(numbers):
    with pytest.raises(NoSuchCity):
        city(**numbers)
    with pytest.raises(CommandError, match=r"^[^\n]+$"):
        call_command("make_city", residents=1)


@pytest.mark.parametrize(("residents", "communities", "months"), [(1, 1, 1), (40, 8, 1), (120, 3, 60), (90, 30, 7)])
@pytest.mark.django_db
def test_odd_sizes_work_too(residents, communities, months):
    city(residents=residents, communities=communities, history_months=months, on=date(2024, 2, 29))
    assert Resident.objects.count() == residents
    assert ledger.check()["differ"] == 0


def test_nobody_visits_a_household_twice_on_a_day():
    community, tables = Network(1, 50, 1).communities[0], Tables()
    caseworker = Caseworker(community, None, Stream(1), tables, DAY, DAY)
    home, neighbour = Household(), Household()
    home.pk, neighbour.pk, home.grid, neighbour.grid = 1, 2, *community.grids[:2]
    for household in (home, home, neighbour):
        caseworker.visit(household, DAY, True)
    assert tables.waiting(Visit) == 2


def test_big_cities_have_at_most_ten_districts_and_streets_of_about_eight():
    assert numbers_of_places(8) == (2, 4)
    assert numbers_of_places(24) == (3, 6)
    assert numbers_of_places(4000) == (10, 500)


def test_streams_of_different_parts_differ_and_repeat():
    draws = [[Stream(1, "community", part).random() for _ in range(3)] for part in (1, 2, 1)]
    assert draws[0] == draws[2] != draws[1]


def test_credit_codes_are_valid():
    stdnum = pytest.importorskip("stdnum.cn.uscc")
    assert all(stdnum.is_valid(credit_code(number)) for number in (0, 1, 19_999))
