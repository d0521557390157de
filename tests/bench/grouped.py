"""The yardstick of the night: the best grouped SQL written by hand for the same figures of every community, stored."""

from datetime import timedelta
from decimal import Decimal

from django.db import connection

from city.models import Area
from city.parameters import minimum_wages
from city.rules import add_months, last_day_older_than

FIGURES = (
    "employment_rate", "registered_unemployed_placement_rate", "hardship_employment_rate", "landless_employment_rate",
    "stable_employment_rate", "dual_employment_rate", "registration_rate", "visit_coverage", "zero_households_open",
    "zero_households_detected", "zero_households_base_left", "zero_households_overdue", "zero_households_arisen",
    "zero_households_eliminated", "long_term_unemployed",
)  # fmt: skip
COUNTS = tuple(name for name in FIGURES if name.startswith("zero_") or name == "long_term_unemployed")

_WORKING_AGE = "s.first_on <= '{on}' AND s.last_on >= '{on}' AND s.works_from <= '{on}' AND s.retires_on > '{on}'"
_BOUNDS = """
    count(*) FILTER (WHERE s.state = 1) AS n, count(*) FILTER (WHERE s.state IN (1, 2)) AS d,
    count(*) FILTER (WHERE s.state = 0) AS ux,
    count(*) FILTER (WHERE s.state = 1 AND s.confirmed_on <= '{stale}') AS ue,
    count(*) FILTER (WHERE s.state = 2 AND s.confirmed_on <= '{stale}') AS un"""
_OPEN = "e.certified_on <= '{on}' AND COALESCE(e.eliminated_on, e.withdrawn_on, '9999-12-31') > '{on}'"
_WORKS = """
    SELECT 1 FROM households_ledgerspan w
    WHERE w.household_id = {household} AND w.state = 1 AND w.first_on <= '{{on}}' AND w.last_on >= '{{on}}'"""

_STATEMENT = f"""
CREATE TEMPORARY TABLE bench_figures AS
WITH persons AS (
    SELECT s.community_id, {_BOUNDS}, count(*) FILTER (WHERE s.state = 2) AS unemployed,
           count(*) FILTER (WHERE s.state = 2 AND s.state_since <= '{{long_term}}') AS long_term
    FROM households_ledgerspan s WHERE {_WORKING_AGE} GROUP BY s.community_id
), hardship AS (
    SELECT s.community_id, {_BOUNDS}
    FROM households_ledgerspan s
    JOIN (SELECT DISTINCT resident_id FROM households_hardshipcertification
          WHERE certified_on <= '{{on}}' AND (ended_on IS NULL OR ended_on >= '{{on}}')) h
      ON h.resident_id = s.resident_id
    WHERE {_WORKING_AGE} GROUP BY s.community_id
), landless AS (
    SELECT s.community_id, {_BOUNDS}
    FROM households_ledgerspan s
    JOIN households_resident r ON r.id = s.resident_id AND r.landless
     AND (r.land_acquired_on IS NULL OR r.land_acquired_on <= '{{on}}')
    JOIN (SELECT DISTINCT resident_id FROM households_unemploymentregistration WHERE registered_on <= '{{on}}') u
      ON u.resident_id = s.resident_id
    WHERE {_WORKING_AGE} GROUP BY s.community_id
), registered AS (
    SELECT s.community_id, count(*) FILTER (WHERE s.state = 1) AS n, count(*) AS d
    FROM households_ledgerspan s
    JOIN (SELECT resident_id,
                 max(CASE WHEN first_on <= '{{on}}' AND last_on >= '{{p0}}' THEN 1 ELSE 0 END) AS overlaps,
                 max(CASE WHEN (next_registered_on IS NULL OR next_registered_on > '{{on}}') AND last_on <= '{{on}}'
                           AND end_reason IN ('student', 'serving', 'unable', 'retired') THEN 1 ELSE 0 END) AS gone
          FROM households_registrationspan GROUP BY resident_id) u
      ON u.resident_id = s.resident_id AND u.overlaps = 1 AND u.gone = 0
    WHERE {_WORKING_AGE} GROUP BY s.community_id
), on_register AS (
    SELECT s.community_id, count(*) AS n
    FROM households_ledgerspan s
    JOIN (SELECT DISTINCT resident_id FROM households_registrationspan
          WHERE first_on <= '{{on}}' AND last_on >= '{{on}}') u ON u.resident_id = s.resident_id
    WHERE s.state = 2 AND {_WORKING_AGE} GROUP BY s.community_id
), stable AS (
    SELECT s.community_id, count(*) AS d,
           count(*) FILTER (WHERE p.contract_months >= 12 AND p.insured AND p.monthly_income >= t.wage) AS n
    FROM households_ledgerspan s
    JOIN (SELECT DISTINCT household_id FROM households_zeroemploymentepisode WHERE certified_on <= '{{on}}') e
      ON e.household_id = s.household_id
    JOIN households_labourspell p ON p.id = s.spell_id
    JOIN bench_terms t ON t.community_id = s.community_id
    WHERE s.state = 1 AND {_WORKING_AGE} GROUP BY s.community_id
), dual AS (
    SELECT h.community_id, count(*) AS d, count(*) FILTER (WHERE w.workers >= 2) AS n
    FROM households_household h
    JOIN (SELECT household_id,
                 max(CASE WHEN eliminated_on <= '{{on}}' THEN 1 ELSE 0 END) AS eliminated,
                 max(CASE WHEN {_OPEN} THEN 1 ELSE 0 END) AS open
          FROM households_zeroemploymentepisode e GROUP BY household_id) e
      ON e.household_id = h.id AND e.eliminated = 1 AND e.open = 0
    LEFT JOIN (SELECT s.household_id, count(*) AS workers FROM households_ledgerspan s
               WHERE s.state = 1 AND s.first_on <= '{{on}}' AND s.last_on >= '{{on}}'
                 AND s.household_id IN (SELECT household_id FROM households_zeroemploymentepisode)
               GROUP BY s.household_id) w ON w.household_id = h.id
    GROUP BY h.community_id
), visits AS (
    SELECT h.community_id, count(*) AS d, count(v.household_id) AS n
    FROM households_household h
    JOIN (SELECT DISTINCT household_id FROM households_zeroemploymentepisode e
          WHERE (certified_on <= '{{on}}' AND COALESCE(eliminated_on, withdrawn_on, '9999-12-31') > '{{month}}'
                 AND COALESCE(eliminated_on, withdrawn_on, '9999-12-31') > certified_on)
             OR (eliminated_on > '{{year_ago}}' AND eliminated_on <= '{{on}}')) e ON e.household_id = h.id
    LEFT JOIN (SELECT DISTINCT household_id FROM households_visit
               WHERE outcome = 'completed' AND visited_on BETWEEN '{{month}}' AND '{{on}}') v ON v.household_id = h.id
    GROUP BY h.community_id
), episodes AS (
    SELECT h.community_id,
           count(*) FILTER (WHERE {_OPEN}) AS open,
           count(*) FILTER (WHERE {_OPEN} AND e.certified_on < '{{p0}}') AS base_left,
           count(*) FILTER (WHERE e.certified_on BETWEEN '{{p0}}' AND '{{on}}') AS arisen,
           count(*) FILTER (WHERE e.eliminated_on BETWEEN '{{p0}}' AND '{{on}}') AS eliminated,
           count(*) FILTER (WHERE e.certified_on BETWEEN '{{p0}}' AND '{{on}}' AND e.due < '{{on}}'
                              AND NOT COALESCE(e.eliminated_on <= e.due, {{no}})
                              AND NOT COALESCE(e.withdrawn_on < e.due, {{no}})) AS overdue
    FROM (SELECT e.*, {{quarter_end}} AS due FROM households_zeroemploymentepisode e) e
    JOIN households_household h ON h.id = e.household_id
    GROUP BY h.community_id
), without_work AS (
    SELECT s.community_id, count(DISTINCT s.household_id) AS n
    FROM households_ledgerspan s
    WHERE s.state = 2 AND {_WORKING_AGE}
      AND NOT EXISTS ({_WORKS.format(household="s.household_id")})
      AND s.household_id NOT IN (SELECT e.household_id FROM households_zeroemploymentepisode e WHERE {_OPEN})
    GROUP BY s.community_id
)
SELECT a.id AS community_id,
       p.n AS employment_rate__n, p.d AS employment_rate__d, p.ux, p.ue, p.un,
       registered.n AS registered_unemployed_placement_rate__n,
       registered.d AS registered_unemployed_placement_rate__d,
       hardship.n AS hardship_employment_rate__n, hardship.d AS hardship_employment_rate__d,
       hardship.ux AS hardship_ux, hardship.ue AS hardship_ue, hardship.un AS hardship_un,
       landless.n AS landless_employment_rate__n, landless.d AS landless_employment_rate__d,
       landless.ux AS landless_ux, landless.ue AS landless_ue, landless.un AS landless_un,
       stable.n AS stable_employment_rate__n, stable.d AS stable_employment_rate__d,
       dual.n AS dual_employment_rate__n, dual.d AS dual_employment_rate__d,
       on_register.n AS registration_rate__n, p.unemployed AS registration_rate__d,
       visits.n AS visit_coverage__n, visits.d AS visit_coverage__d,
       episodes.open AS zero_households_open__n, without_work.n AS zero_households_detected__n,
       episodes.base_left AS zero_households_base_left__n, episodes.overdue AS zero_households_overdue__n,
       episodes.arisen AS zero_households_arisen__n, episodes.eliminated AS zero_households_eliminated__n,
       p.long_term AS long_term_unemployed__n
FROM city_area a
LEFT JOIN persons p ON p.community_id = a.id
LEFT JOIN hardship ON hardship.community_id = a.id
LEFT JOIN landless ON landless.community_id = a.id
LEFT JOIN registered ON registered.community_id = a.id
LEFT JOIN on_register ON on_register.community_id = a.id
LEFT JOIN stable ON stable.community_id = a.id
LEFT JOIN dual ON dual.community_id = a.id
LEFT JOIN visits ON visits.community_id = a.id
LEFT JOIN episodes ON episodes.community_id = a.id
LEFT JOIN without_work ON without_work.community_id = a.id
WHERE a.level = 'community'
"""

_QUARTER_END = {
    "postgresql": "(date_trunc('quarter', e.certified_on) + interval '3 months' - interval '1 day')::date",
    "sqlite": (
        "date(e.certified_on, 'start of month', "
        "'+' || (3 - (CAST(strftime('%m', e.certified_on) AS integer) - 1) % 3) || ' months', '-1 day')"
    ),
}


def prepare(on):
    """The minimum wage of every community, told in advance: it is no part of the statement that is timed."""
    wages = minimum_wages()
    rows = [(area.pk, wages.of(area.path_ids, on) or Decimal(0)) for area in Area.objects.communities()]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_terms")
        cursor.execute("CREATE TEMPORARY TABLE bench_terms (community_id bigint PRIMARY KEY, wage decimal)")
        cursor.executemany("INSERT INTO bench_terms VALUES (%s, %s)", [(key, str(wage)) for key, wage in rows])


def statement(on):
    """The one statement for the day, under the rules of `hangzhou-2008`."""
    return _STATEMENT.format(
        on=on,
        p0=on.replace(month=1, day=1),
        month=on.replace(day=1),
        year_ago=add_months(on, -12),
        stale=last_day_older_than(on, 6),
        long_term=last_day_older_than(on, 6),
        quarter_end=_QUARTER_END[connection.vendor],
        no="FALSE" if connection.vendor == "postgresql" else "0",
    )


def run(on):
    """Compute and store the figures of the day."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_figures")
        cursor.execute(statement(on))


def figures():
    """`{community_id: {indicator: [numerator, denominator]}}` of the day that was run, as the software stores them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM bench_figures")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {
        row["community_id"]: {
            key: [row[f"{key}__n"] or 0, None if key in COUNTS else row[f"{key}__d"] or 0] for key in FIGURES
        }
        for row in rows
    }


def days_before(on, days):
    return on - timedelta(days=days)
