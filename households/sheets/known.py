"""What the ledger knows about the rows of a chunk: one query a table, whatever the number of rows."""

import json

from django.db import connection
from django.db.models.expressions import RawSQL

from city.choices import AreaLevel
from city.models import Area, Employer
from households.models import (
    HardshipCertification,
    LabourSpell,
    LowIncomeStatus,
    Membership,
    Resident,
    UnemploymentRegistration,
)
from households.sheets.states import Grid, Home, Person, Spell, Stay, Workplace

_PERSON = (
    "id",
    "name",
    "sex",
    "birth_date",
    "female_retirement_age",
    "phone_hash",
    "hukou",
    "education",
    "landless",
    "land_acquired_on",
    "community_id",
)
_STAY = ("started_on", "id", "household_id", "relation", "leave_reason")
_SPELL = (
    "started_on",
    "id",
    "state",
    "inactive_reason",
    "channel",
    "employer_id",
    "employer_name",
    "contract_months",
    "monthly_income",
    "insured",
    "confirmed_on",
    "source",
)


def among(keys):
    """The right side of an `__in` that stays one parameter, whatever the number of keys."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s)", [list(keys)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([getattr(key, "hex", key) for key in keys])])


def rows_of(queryset):
    """The rows of a `values_list`, past the ORM where the driver itself gives Python types: seven times quicker."""
    if connection.vendor != "postgresql":
        return list(queryset)
    sql, parameters = queryset.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def persons(hashes, *, lock):
    """`{hash: Person}` with every change point. `lock`: held until the transaction ends, in id order."""
    residents = Resident.objects.filter(id_hash__in=among(hashes)).order_by("id")
    if lock:
        residents = residents.select_for_update()
    if not hashes:
        return {}
    found, by_id = {}, {}
    for id_hash, *values in rows_of(residents.values_list("id_hash", *_PERSON)):
        found[id_hash] = by_id[values[0]] = Person(*values)
    if by_id:
        _load_points(by_id)
    return found


def _load_points(by_id):
    def points(model, *names):
        rows = model.objects.filter(resident_id__in=among(by_id)).order_by(names[0])
        return rows_of(rows.values_list("resident_id", *names))

    for resident_id, *values in points(Membership, *_STAY):
        by_id[resident_id].stays.append(Stay(*values))
    for resident_id, *values in points(LabourSpell, *_SPELL):
        by_id[resident_id].spells.append(Spell(*values))
    for resident_id, day in points(UnemploymentRegistration, "registered_on"):
        by_id[resident_id].registrations.append(day)
    for resident_id, category, day in points(HardshipCertification, "category", "certified_on"):
        by_id[resident_id].hardships.add((category, day))


_HOUSEHOLDS_ON_POSTGRESQL = """
    SELECT household.id, household.community_id, household.number, household.address, household.grid_id
    FROM households_household household
    JOIN unnest(%s::bigint[], %s::text[]) AS wanted (community_id, number)
      ON wanted.community_id = household.community_id AND wanted.number = household.number
"""
_HOUSEHOLDS_ON_SQLITE = """
    SELECT household.id, household.community_id, household.number, household.address, household.grid_id
    FROM json_each(%s) AS wanted
    JOIN households_household household
      ON household.community_id = json_extract(wanted.value, '$[0]')
     AND household.number = json_extract(wanted.value, '$[1]')
"""


def household_rows(keys):
    """(id, community id, number, address, grid id) of the households with these (community id, number)."""
    keys = list(keys)
    if not keys:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_HOUSEHOLDS_ON_POSTGRESQL, [list(part) for part in zip(*keys, strict=True)])
        else:
            cursor.execute(_HOUSEHOLDS_ON_SQLITE, [json.dumps(keys)])
        return cursor.fetchall()


def homes(keys, on, grids):
    """`{(community id, number): Home}` of the households there are, with the low-income status in force on the day."""
    found, by_id = {}, {}
    for key, community_id, number, address, grid_id in household_rows(keys):
        home = Home(community_id, number, key, address, grids.get(grid_id))
        found[community_id, number] = by_id[key] = home
    if not by_id:
        return found
    points = LowIncomeStatus.objects.filter(household_id__in=among(by_id), started_on__lte=on).order_by("started_on")
    for key, household_id, started_on, low_income in points.values_list(
        "id", "household_id", "started_on", "low_income"
    ):
        by_id[household_id].low_income = low_income
        by_id[household_id].low_income_point = key if started_on == on else None
    return found


def grids(community_ids):
    rows = Area.objects.filter(level=AreaLevel.GRID, parent_id__in=list(community_ids))
    return [Grid(parent, name, key) for key, parent, name in rows.values_list("id", "parent_id", "name")]


def workplaces(codes):
    rows = Employer.objects.filter(credit_code__in=list(codes)).values_list("credit_code", "name", "id")
    return {row[0]: Workplace(*row) for row in rows}
