"""Whose spans must be built again when a sheet is undone: asked of its trail before the rows go."""

from django.db.models import BigIntegerField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from city.choices import TrailOperation
from city.models import TrailEntry
from city.trail import BuiltOn, keys_written
from households.models import InsuranceMonth, LabourSpell, Membership, Resident, UnemploymentRegistration, Visit

#: The line of the trail that names the range of keys a sheet of insured months inserted.
INSURED_MONTHS = "insured_months"


def _keys(act, model):
    return [int(key) for key in keys_written(act, model)]


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


def insured_months_of(act):
    """The ranges of keys [(after, up to)] a sheet of insured months inserted. Raises BuiltOn if one changed since."""
    lines = list(act.entries.filter(table=INSURED_MONTHS, operation=TrailOperation.EVENT).order_by("pk"))
    ranges = [(line.before["after"], line.before["upto"]) for line in lines]
    for line, (after, upto) in zip(lines, ranges, strict=True):
        later = TrailEntry.objects.filter(table=InsuranceMonth._meta.db_table, pk__gt=line.pk)
        later = later.annotate(row=Cast("key", BigIntegerField())).filter(row__gt=after, row__lte=upto)
        written = later.select_related("act__staff").first()
        if written:
            raise BuiltOn(
                _("Something written later rests on this; it cannot be undone."),
                by=written.act.staff,
                at=written.act.at,
            )
    return ranges


def take_back_insured_months(ranges):
    for after, upto in ranges:
        InsuranceMonth.objects.filter(pk__gt=after, pk__lte=upto).delete()
