"""Whose spans must be built again when a sheet is undone: asked of its trail before the rows go."""

from households.models import LabourSpell, Membership, Resident, UnemploymentRegistration, Visit


def _keys(act, model):
    keys = act.entries.filter(table=model._meta.db_table).values_list("key", flat=True)
    return [int(key) for key in keys.distinct().iterator()]


def touched_residents(act):
    """Ids of the residents a roster wrote, or wrote change points of; those it made known will be gone after."""
    touched = set(_keys(act, Resident))
    for model in (Membership, LabourSpell, UnemploymentRegistration):
        rows = model.objects.filter(pk__in=_keys(act, model)).order_by()
        touched.update(rows.values_list("resident_id", flat=True))
    return touched


def touched_by_visits(act):
    """Ids of the residents whose confirmations the visits of a sheet gave."""
    households = Visit.objects.filter(pk__in=_keys(act, Visit)).values("household_id")
    return set(Membership.objects.filter(household_id__in=households).values_list("resident_id", flat=True))
