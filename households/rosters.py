"""Lists of a grid to take along on paper: households in walking order with who lives there on the day."""

from itertools import groupby

from households.models import LabourSpell, Membership

#: How many ids one statement names; SQLite has a limit.
_MANY = 10_000
_ORDER = {"head": 0, "spouse": 1, "child": 2, "parent": 3}


def members_on(household_ids, day):
    """`{household_id: [membership]}` of who lives there on the day, head first, each with its `spell` or None.

    Three queries for up to ten thousand households.
    """
    found = {}
    for start in range(0, len(household_ids), _MANY):
        found |= _members_on(household_ids[start : start + _MANY], day)
    return found


def _members_on(household_ids, day):
    were_here = Membership.objects.filter(household__in=household_ids, started_on__lte=day).values("resident")
    points = Membership.objects.filter(resident__in=were_here, started_on__lte=day).select_related("resident")
    latest = {point.resident_id: point for point in points.order_by("started_on")}
    wanted = set(household_ids)
    here = [point for point in latest.values() if point.household_id in wanted]
    spells = LabourSpell.objects.filter(resident__in=were_here, started_on__lte=day).order_by("started_on")
    now = {spell.resident_id: spell for spell in spells}
    found = {}
    for point in sorted(here, key=lambda point: (_ORDER.get(point.relation, 9), point.resident.birth_date, point.pk)):
        point.spell = now.get(point.resident_id)
        found.setdefault(point.household_id, []).append(point)
    return found


def pages_by_grid(rows):
    """[(grid name, [row])] of (grid name, row) pairs that come in order of grids."""
    return [(grid, [row for _grid, row in group]) for grid, group in groupby(rows, key=lambda pair: pair[0])]
