"""What the ledger knows about the rows of a chunk: one query a table, whatever the number of rows."""

import json
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Func, TextField
from django.db.models.expressions import RawSQL

from city import bulk
from city.choices import AreaLevel
from city.models import Area, Employer
from households.models import (
    HardshipCertification,
    Household,
    LabourSpell,
    LowIncomeStatus,
    Membership,
    Resident,
    UnemploymentRegistration,
)
from households.sheets.states import Grid, Home, Person, Spell, Stay, Workplace

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
    """The right side of an `__in` that stays one parameter; of no keys nothing, to which PostgreSQL knows no type."""
    keys = list(keys)
    if not keys:
        return []
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s)", [keys])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([getattr(key, "hex", key) for key in keys])])


def among_hashes(hexes):
    """The same of hashes as 32 digits."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::uuid[])", [bulk.array_text(hexes)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(hexes)])


def among_ids(ids):
    """The same of ids, which are written quicker than keys of any kind."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [bulk.array_text(ids)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(ids))])


class Hex(Func):
    """A UUID as its 32 digits: text is read from the database and compared much quicker than UUIDs are made."""

    output_field = TextField()

    def as_postgresql(self, compiler, connection, **context):
        return super().as_sql(compiler, connection, template="replace(%(expressions)s::text, '-', '')", **context)

    def as_sqlite(self, compiler, connection, **context):
        return super().as_sql(compiler, connection, template="%(expressions)s", **context)


def rows_of(queryset):
    """The rows of a `values_list`, past the ORM where the driver itself gives Python types: seven times quicker."""
    if connection.vendor != "postgresql":
        return list(queryset)
    sql, parameters = queryset.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


_PERSON = (
    "id",
    "name",
    "sex",
    "birth_date",
    "female_retirement_age",
    Hex("phone_hash"),
    "hukou",
    "education",
    "landless",
    "land_acquired_on",
    "community_id",
)


@dataclass(slots=True)
class Wanted:
    """What the rows of a chunk name and no chunk before it was found to."""

    hashes: list  # of ID numbers, as 32 digits
    homes: set  # (community id, number)
    credit_codes: set
    communities: set  # whose grids are needed
    grids: set  # (community id, name)


@dataclass(slots=True)
class Found:
    persons: dict  # hash: Person
    homes: dict  # (community id, number): Home, its grid still an id
    workplaces: dict  # credit code: Workplace
    grids: list
    ids: dict = field(default_factory=dict)  # model: ids for what was not found


def look_up(wanted, on, *, write):
    """`write`: the persons found are held until the transaction ends, and what is not found has ids reserved."""
    found = Found(
        persons(wanted.hashes, lock=write),
        homes(wanted.homes, on),
        workplaces(wanted.credit_codes),
        grids(wanted.communities),
    )
    if write:
        grids_there = {(grid.community_id, grid.name) for grid in found.grids}
        missing = {
            Resident: len(wanted.hashes) - len(found.persons),
            Household: len(wanted.homes) - len(found.homes),
            Employer: len(wanted.credit_codes) - len(found.workplaces),
            Area: len(wanted.grids - grids_there),
        }
        found.ids = {model: bulk.reserve_ids(model, count) for model, count in missing.items() if count}
    return found


def persons(hashes, *, lock):
    """`{hash: Person}` with every change point. `lock`: held until the transaction ends, in id order."""
    residents = Resident.objects.filter(id_hash__in=among_hashes(hashes)).order_by("id")
    if lock:
        residents = residents.select_for_update()
    if not hashes:
        return {}
    found, by_id = {}, {}
    for id_hash, *values in rows_of(residents.annotate(hash=Hex("id_hash")).values_list("hash", *_PERSON)):
        found[id_hash] = by_id[values[0]] = Person(*values)
    if by_id:
        _load_points(by_id)
    return found


def _load_points(by_id):
    def points(model, *names):
        rows = model.objects.filter(resident_id__in=among_ids(by_id)).order_by(names[0])
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


def homes(keys, on):
    """`{(community id, number): Home}` of the households there are, with the low-income status in force on the day.

    The grid of a home is its id.
    """
    found, by_id = {}, {}
    for key, community_id, number, address, grid_id in household_rows(keys):
        home = Home(community_id, number, key, address, grid_id)
        found[community_id, number] = by_id[key] = home
    if not by_id:
        return found
    points = LowIncomeStatus.objects.filter(household_id__in=among_ids(by_id), started_on__lte=on)
    for key, household_id, started_on, low_income in rows_of(
        points.order_by("started_on").values_list("id", "household_id", "started_on", "low_income")
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
