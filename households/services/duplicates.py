"""One person entered twice becomes one. The survivor's word counts; the other's fills what the survivor's leaves open.

Change points: the survivor's stand, those of the other from before the survivor's first are taken over. Everything
else that points to the other (found by looking at the models, so that nothing new is forgotten) points to the
survivor from then on; where both have the same row, the survivor's stays. What cannot be decided by a rule, such as
two open cases, stops the merging with what to do first.
"""

from dataclasses import dataclass, field

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models.deletion import ProtectedError, RestrictedError
from django.utils.translation import gettext as _

from city.trail import acting
from households import ledger
from households.ledger import LedgerRefused
from households.models import ContactDetails, LabourSpell, LedgerSpan, Membership, RegistrationSpan, Resident
from households.rules import working_age_window

_POINTS = (LabourSpell, Membership)
_DERIVED = (LedgerSpan, RegistrationSpan)
#: What the other's file fills in where the survivor's is empty.
_FACTS = ("phone", "bank_account", "health_notes", "hukou", "education", "female_retirement_age", "land_acquired_on")
_HASHES = {"phone": "phone_hash", "bank_account": "bank_account_hash"}


@dataclass
class Outcome:
    """What merging would do. `taken` and `left_out` are change points, `rows` (name, moved, kept of the survivor)."""

    taken: list = field(default_factory=list)
    left_out: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    facts: list = field(default_factory=list)
    doubts: list = field(default_factory=list)
    obstacle: str = ""


class _OnlyLooking(Exception):
    """Takes back what was tried for the preview."""


def preview(*, survivor_id, other_id, by, request=None):
    """The outcome of merging, tried and taken back: what is shown is what would happen."""
    outcome = Outcome()
    try:
        with acting(posting=by, reason=_("Duplicates looked at"), request=request):
            _merge(survivor_id, other_id, outcome)
            raise _OnlyLooking
    except _OnlyLooking:
        pass
    except LedgerRefused as refused:
        outcome.obstacle = refused.message
    return outcome


def merge_residents(*, survivor_id, other_id, by, request=None):
    """Merge for good. Raises LedgerRefused with what must be done first."""
    outcome = Outcome()
    with acting(posting=by, reason=_("Duplicates merged"), request=request):
        _merge(survivor_id, other_id, outcome)
    return outcome


def relations_to(model):
    """Every foreign key that points to the model, those without a name of their own included."""
    return [
        one.field
        for one in model._meta.get_fields(include_hidden=True)
        if one.auto_created and not one.concrete and (one.one_to_many or one.one_to_one)
    ]


def _merge(survivor_id, other_id, outcome):
    if survivor_id == other_id:
        raise LedgerRefused("other", _("This is one and the same file."))
    held = Resident.objects.select_for_update(of=("self",)).filter(pk__in=[survivor_id, other_id]).order_by("pk")
    both = {one.pk: one for one in held}
    survivor, other = both[survivor_id], both[other_id]
    outcome.doubts = _doubts(survivor, other)
    _check_money(survivor, other)
    for model in _POINTS:
        _merge_points(model, survivor, other, outcome)
    for foreign_key in relations_to(Resident):
        model = foreign_key.model
        if model in _DERIVED:
            model.objects.filter(**{foreign_key.name: other}).delete()
        elif model not in _POINTS:
            _point_anew(foreign_key, survivor, other, outcome)
    _fill_facts(survivor, other, outcome)
    ledger.rebuild([survivor.pk])


def _check_money(survivor, other):
    """Rows of money stay with the file they were written for, for ever: that file must be the one that stays."""
    if not _has_money(other):
        return
    if _has_money(survivor):
        raise LedgerRefused(
            "other",
            _(
                "Money was claimed under both files, and what was claimed is never written anew: both stay. "
                "Have reclaimed what was paid twice."
            ),
        )
    raise LedgerRefused(
        "other",
        _(
            "Money was claimed under the file that would go, and what was claimed is never written anew: "
            "merge the other way round, so that it stays."
        ),
    )


def _has_money(resident):
    return any(
        foreign_key.model._base_manager.filter(**{foreign_key.name: resident}).exists()
        for foreign_key in relations_to(Resident)
        if _is_frozen(foreign_key)
    )


def _is_frozen(foreign_key):
    kept = settings.TRAIL_FROZEN.get(foreign_key.model._meta.label)
    return kept is not None and (not kept["frozen"] or foreign_key.name in kept["frozen"])


def _doubts(survivor, other):
    """What speaks against these two being one person; the reviewer decides."""
    doubts = []
    if survivor.id_hash and other.id_hash:
        doubts.append(_("Each has an ID number of their own; the number of the file that goes is lost."))
    if survivor.name != other.name:
        doubts.append(_("The names differ."))
    if survivor.birth_date != other.birth_date:
        doubts.append(_("The birth dates differ."))
    if survivor.sex != other.sex:
        doubts.append(_("The sexes differ."))
    return doubts


def _merge_points(model, survivor, other, outcome):
    mine = list(model.objects.filter(resident=survivor).order_by("started_on"))
    theirs = model.objects.filter(resident=other).order_by("started_on")
    for point in theirs:
        if mine and point.started_on >= mine[0].started_on:
            now = [one for one in mine if one.started_on <= point.started_on][-1]
            _let_go(point, now)
            outcome.left_out.append(str(point))
        else:
            point.resident = survivor
            point.save(update_fields=["resident"])
            outcome.taken.append(str(point))


def _point_anew(foreign_key, survivor, other, outcome):
    model = foreign_key.model
    moved = kept = 0
    for row in model._base_manager.filter(**{foreign_key.name: other}):
        if _moved(row, foreign_key, survivor):
            moved += 1
            continue
        twin = _twin(row, foreign_key, survivor)
        if twin is None:
            raise LedgerRefused(
                "other",
                _("Both have an open entry of the kind “%(name)s”: bring one of them to its end first.")
                % {"name": model._meta.verbose_name},
            )
        if model is ContactDetails:
            _fill_contact(twin, row)
        _let_go(row, twin)
        kept += 1
    if moved or kept:
        outcome.rows.append((str(model._meta.verbose_name), moved, kept))


def _moved(row, foreign_key, survivor):
    """Whether the row could be given to the survivor; the database says when both have it."""
    try:
        with transaction.atomic():
            same = type(row)._base_manager.filter(pk=row.pk)
            same.update(**{foreign_key.name: survivor})
    except IntegrityError:
        return False
    return True


def _twin(row, foreign_key, survivor):
    """The survivor's row that a unique rule without a condition says is the same, or None."""
    meta = row._meta
    rules = [tuple(one.fields) for one in meta.constraints if _is_plain(one)]
    rules += [tuple(names) for names in meta.unique_together]
    rules += [(one.name,) for one in meta.concrete_fields if one.unique]
    for names in rules:
        if foreign_key.name in names:
            values = {name: getattr(row, meta.get_field(name).attname) for name in names if name != foreign_key.name}
            twin = type(row)._base_manager.filter(**values, **{foreign_key.name: survivor}).first()
            if twin is not None:
                return twin
    return None


def _is_plain(constraint):
    return isinstance(constraint, models.UniqueConstraint) and constraint.condition is None and constraint.fields


def _let_go(row, twin):
    """What points to a row that goes points to its twin; then it goes."""
    for foreign_key in relations_to(type(row)):
        if foreign_key.model in _DERIVED:
            continue
        for one in foreign_key.model._base_manager.filter(**{foreign_key.name: row.pk}):
            if not _moved(one, foreign_key, twin):
                counterpart = _twin(one, foreign_key, twin)
                if counterpart is None:
                    raise LedgerRefused(
                        "other",
                        _("Both have an open entry of the kind “%(name)s”: bring one of them to its end first.")
                        % {"name": one._meta.verbose_name},
                    )
                _let_go(one, counterpart)
    try:
        row.delete()
    except (ProtectedError, RestrictedError) as refused:
        raise LedgerRefused("other", str(refused.args[0])) from refused


def _fill_contact(mine, theirs):
    for one in ContactDetails._meta.concrete_fields:
        if not one.primary_key and not getattr(mine, one.name) and getattr(theirs, one.name):
            setattr(mine, one.name, getattr(theirs, one.name))
    mine.save()


def _fill_facts(survivor, other, outcome):
    """The other goes first: its ID number is free then, and the survivor without one takes it."""
    for name in _FACTS:
        if not getattr(survivor, name) and getattr(other, name):
            setattr(survivor, name, getattr(other, name))
            outcome.facts.append(str(Resident._meta.get_field(name).verbose_name))
            if name in _HASHES:
                setattr(survivor, _HASHES[name], getattr(other, _HASHES[name]))
    survivor.landless = survivor.landless or other.landless
    number = (other.id_number, other.id_hash) if other.id_hash and not survivor.id_hash else None
    _let_go(other, survivor)
    if number:
        survivor.id_number, survivor.id_hash = number
        survivor.no_id_reason = ""
        survivor.sex, survivor.birth_date = other.sex, other.birth_date
        outcome.facts.append(str(Resident._meta.get_field("id_number").verbose_name))
    survivor.works_from, survivor.retires_on = working_age_window(
        survivor.birth_date, survivor.sex, survivor.female_retirement_age
    )
    survivor.save()
