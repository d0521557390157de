"""The spans every figure is read from, built from the change points by one set of statements on either database.

`rebuild` replaces the spans of the persons it is given; `check` builds all again beside the stored ones and counts
who differs. The order in which sheets arrived cannot matter: nothing here looks at anything but the change points.
"""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from city.bulk import array_text, make_room
from city.rules import FAR_FUTURE
from households.choices import LabourState, RegistrationEnd, VisitOutcome
from households.models import LedgerSpan, RegistrationSpan, Resident

_MANY = 1_000

_SPAN_COLUMNS = (
    "resident_id, first_on, last_on, state, state_since, confirmed_on, spell_id, household_id, community_id, "
    "works_from, retires_on, landless_since, registered_since"
)
_REGISTRATION_COLUMNS = "resident_id, first_on, last_on, end_reason, next_registered_on"

_SOURCES = """
WITH points AS (
    SELECT resident_id, household_id, started_on AS first_on,
           COALESCE({day_before_next_point}, {far}) AS last_on
    FROM households_membership WHERE {chosen}
    WINDOW own AS (PARTITION BY resident_id ORDER BY started_on)
), stays AS (
    SELECT points.*, household.community_id
    FROM points JOIN households_household household ON household.id = points.household_id
), spells AS (
    SELECT id, resident_id, state, confirmed_on, started_on AS first_on,
           COALESCE({day_before_next_point}, {far}) AS last_on
    FROM households_labourspell WHERE {chosen}
    WINDOW own AS (PARTITION BY resident_id ORDER BY started_on)
)"""

_SPANS = (
    _SOURCES
    + """, confirmations AS (
    SELECT spells.id, MAX(visit.visited_on) AS confirmed_on
    FROM households_visit visit
    JOIN stays ON stays.household_id = visit.household_id
              AND visit.visited_on BETWEEN stays.first_on AND stays.last_on
    JOIN spells ON spells.resident_id = stays.resident_id
               AND visit.visited_on BETWEEN spells.first_on AND spells.last_on
    WHERE visit.unchanged AND NOT visit.superseded AND visit.outcome = {completed}
    GROUP BY spells.id
), first_spells AS (
    SELECT resident_id, MIN(first_on) AS first_on FROM spells GROUP BY resident_id
), persons AS (
    SELECT resident.id, resident.works_from, resident.retires_on, registered.registered_since,
           CASE WHEN resident.landless THEN COALESCE(resident.land_acquired_on, resident.birth_date) END
               AS landless_since
    FROM households_resident resident
    LEFT JOIN (
        SELECT resident_id, MIN(registered_on) AS registered_since
        FROM households_unemploymentregistration WHERE {chosen} GROUP BY resident_id
    ) registered ON registered.resident_id = resident.id
    WHERE {chosen_persons}
)
SELECT stays.resident_id, {greatest}(stays.first_on, spells.first_on), {least}(stays.last_on, spells.last_on),
       spells.state, spells.first_on,
       {greatest}(spells.confirmed_on, COALESCE(confirmations.confirmed_on, spells.confirmed_on)),
       spells.id, stays.household_id, stays.community_id, resident.works_from, resident.retires_on,
       resident.landless_since, resident.registered_since
FROM stays
JOIN persons resident ON resident.id = stays.resident_id
JOIN spells ON spells.resident_id = stays.resident_id
           AND spells.first_on <= stays.last_on AND spells.last_on >= stays.first_on
LEFT JOIN confirmations ON confirmations.id = spells.id
UNION ALL
SELECT stays.resident_id, {greatest}(stays.first_on, resident.works_from),
       {least}(stays.last_on, {day_before_silence_ends}),
       {unknown}, NULL, NULL, NULL, stays.household_id, stays.community_id, resident.works_from, resident.retires_on,
       resident.landless_since, resident.registered_since
FROM stays
JOIN persons resident ON resident.id = stays.resident_id
LEFT JOIN first_spells ON first_spells.resident_id = stays.resident_id
WHERE {greatest}(stays.first_on, resident.works_from) <= {least}(stays.last_on, {day_before_silence_ends})"""
)

_REGISTRATIONS = """
WITH registrations AS (
    SELECT resident_id, registered_on,
           LEAD(registered_on) OVER (PARTITION BY resident_id ORDER BY registered_on) AS next_on
    FROM households_unemploymentregistration WHERE {chosen}
), ends AS (
    SELECT registrations.resident_id, registrations.registered_on, registrations.next_on,
           MIN(spell.started_on) AS exit_on
    FROM registrations
    LEFT JOIN households_labourspell spell
           ON spell.resident_id = registrations.resident_id AND spell.started_on > registrations.registered_on
          AND spell.state <> {unemployed}
    GROUP BY registrations.resident_id, registrations.registered_on, registrations.next_on
)
SELECT ends.resident_id, ends.registered_on,
       {least}(COALESCE({day_before_exit}, {far}), COALESCE({day_before_next_registration}, {far})),
       CASE WHEN ends.exit_on IS NOT NULL AND (ends.next_on IS NULL OR ends.exit_on <= ends.next_on)
            THEN CASE WHEN spell.state = {employed} THEN {end_employed} ELSE spell.inactive_reason END
            WHEN ends.next_on IS NOT NULL THEN {end_renewed} ELSE '' END,
       ends.next_on
FROM ends
LEFT JOIN households_labourspell spell ON spell.resident_id = ends.resident_id AND spell.started_on = ends.exit_on"""

_DERIVED = (
    (LedgerSpan, _SPAN_COLUMNS, _SPANS),
    (RegistrationSpan, _REGISTRATION_COLUMNS, _REGISTRATIONS),
)

_HOMES = """
UPDATE households_resident SET community_id = home.community_id
FROM (
    SELECT resident_id, community_id FROM (
        SELECT point.resident_id, household.community_id,
               ROW_NUMBER() OVER (
                   PARTITION BY point.resident_id
                   ORDER BY CASE WHEN point.started_on <= {today} THEN 0 ELSE 1 END,
                            CASE WHEN point.started_on <= {today} THEN point.started_on END DESC, point.started_on
               ) AS place
        FROM households_membership point JOIN households_household household ON household.id = point.household_id
        WHERE {chosen}
    ) ranked WHERE place = 1
) AS home
WHERE home.resident_id = households_resident.id
  AND (households_resident.community_id IS NULL OR households_resident.community_id <> home.community_id)"""


class LedgerRefused(Exception):
    """What somebody told contradicts the history, or asks for what must never be; `field` is where it stands."""

    def __init__(self, field, message):
        super().__init__(message)
        self.field, self.message = field, str(message)


def nobody_left(number):
    """Why the last member of a household with an open episode stays, in words."""
    return _(
        "Nobody would be left in household %(number)s while its zero-employment episode is open. "
        "Ask the street to withdraw the episode first (reason: moved away)."
    ) % {"number": number}


def _quoted(day):
    return f"'{day.isoformat()}'" if connection.vendor == "sqlite" else f"DATE '{day.isoformat()}'"


def _day_before(expression):
    return f"date({expression}, '-1 day')" if connection.vendor == "sqlite" else f"({expression} - 1)"


def _compiled(statement, chosen):
    sqlite = connection.vendor == "sqlite"
    far = _quoted(FAR_FUTURE)
    least, greatest = ("MIN", "MAX") if sqlite else ("LEAST", "GREATEST")
    silence_ends = f"{least}(resident.retires_on, COALESCE(first_spells.first_on, resident.retires_on))"
    return statement.format(
        chosen=chosen,
        chosen_persons=chosen.replace("resident_id", "resident.id"),
        far=far,
        today=_quoted(timezone.localdate()),
        least=least,
        greatest=greatest,
        day_before_next_point=_day_before("LEAD(started_on) OVER own"),
        day_before_silence_ends=_day_before(silence_ends),
        day_before_exit=_day_before("ends.exit_on"),
        day_before_next_registration=_day_before("ends.next_on"),
        completed=f"'{VisitOutcome.COMPLETED.value}'",
        unknown=int(LabourState.UNKNOWN),
        unemployed=int(LabourState.UNEMPLOYED),
        employed=int(LabourState.EMPLOYED),
        end_employed=f"'{RegistrationEnd.EMPLOYED.value}'",
        end_renewed=f"'{RegistrationEnd.RENEWED.value}'",
    )


def _chosen(resident_ids):
    """SQL that picks the residents, and its parameter; without ids everyone."""
    if resident_ids is None:
        return "TRUE", None
    if len(resident_ids) > _MANY and connection.vendor == "postgresql":
        return _staged(resident_ids), None
    if connection.vendor == "sqlite":
        return "resident_id IN (SELECT value FROM json_each(%s))", str(list(resident_ids))
    return "resident_id = ANY(%s)", list(resident_ids)


def _staged(resident_ids):
    """SQL that picks many residents from a table of this connection: the server knows their number, and hashes."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS chosen_residents (id bigint) ON COMMIT DELETE ROWS")
        cursor.execute("TRUNCATE chosen_residents")
        cursor.execute("INSERT INTO chosen_residents SELECT unnest(%s::bigint[])", [array_text(resident_ids)])
        cursor.execute("ANALYZE chosen_residents")
    return "resident_id IN (SELECT id FROM chosen_residents)"


def _execute(cursor, statement, parameter):
    cursor.execute(statement, [parameter] * statement.count("%s") if parameter is not None else None)


def _lock(resident_ids):
    """Hold these residents until the transaction ends, in id order so that two writers never wait for each other."""
    if connection.features.has_select_for_update:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM"
                " (SELECT id FROM households_resident WHERE id = ANY(%s) ORDER BY id FOR UPDATE) AS held",
                [resident_ids],
            )


@transaction.atomic
def rebuild(resident_ids=None):
    """Build the spans of these residents again (None: of everyone), and note where their files lie.

    Runs at the end of every service that touched a change point, inside its transaction, under `acting()`.
    """
    if resident_ids is not None:
        resident_ids = sorted(set(resident_ids))
        if not resident_ids:
            return
        _lock(resident_ids)
    if resident_ids is None or len(resident_ids) > _MANY:
        make_room()
    chosen, parameter = _chosen(resident_ids)
    with connection.cursor() as cursor:
        for model in (LedgerSpan, RegistrationSpan):
            table = model._meta.db_table
            emptying = "TRUNCATE" if resident_ids is None and connection.vendor == "postgresql" else "DELETE FROM"
            where = "" if resident_ids is None else f" WHERE {chosen}"
            _execute(cursor, f"{emptying} {table}{where}", parameter)
        _fill(cursor, chosen, parameter)
        _execute(cursor, _compiled(_HOMES, chosen), parameter)


def build(resident_ids):
    """The spans of residents this very transaction made known, with the community they live in: none are there yet."""
    if not resident_ids:
        return
    if len(resident_ids) > _MANY:
        make_room()
    with connection.cursor() as cursor:
        _fill(cursor, *_chosen(resident_ids))


def _fill(cursor, chosen, parameter):
    for model, columns, statement in _DERIVED:
        table = model._meta.db_table
        _execute(cursor, f"INSERT INTO {table} ({columns}) {_compiled(statement, chosen)}", parameter)


def check():
    """Build everything beside the stored spans, change nothing: `{"persons": residents, "differ": persons}`."""
    differing = set()
    with connection.cursor() as cursor:
        for model, columns, statement in _DERIVED:
            # EXCEPT compares sets: the count tells a row that is there twice.
            stored = f"SELECT {columns}, COUNT(*) FROM {model._meta.db_table} GROUP BY {columns}"
            built = f"WITH built ({columns}) AS ({_compiled(statement, 'TRUE')})"
            built += f" SELECT {columns}, COUNT(*) FROM built GROUP BY {columns}"
            built = f"SELECT * FROM ({built}) AS counted"
            for one, other in ((stored, built), (built, stored)):
                cursor.execute(f"SELECT DISTINCT resident_id FROM ({one} EXCEPT {other}) AS difference")
                differing.update(key for (key,) in cursor.fetchall())
    return {"persons": Resident.objects.count(), "differ": len(differing)}


def rehome(today, days=400):
    """Nightly: files of persons whose dated move came true lately follow them to their community. Under `acting()`."""
    first, last = _quoted(today - timedelta(days=days)), _quoted(today)
    moved = f"SELECT resident_id FROM households_membership WHERE started_on BETWEEN {first} AND {last}"
    with connection.cursor() as cursor:
        cursor.execute(_compiled(_HOMES, f"resident_id IN ({moved})"))
