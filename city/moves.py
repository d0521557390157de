"""The only way from one state to another: `move`, by an app's workflow table; every step leaves a row."""

from django.core.exceptions import PermissionDenied
from django.db.models import F, GeneratedField, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from city.models import Move
from city.trail import acting
from config.conflict import Conflict


class NotAllowed(PermissionDenied):
    """The posting lacks the right for this step, or works at another level."""


class StepRefused(Exception):
    """The step lacks something its doer can still give; `field` is where: "reason", "words" or "action"."""

    def __init__(self, field, message):
        super().__init__(message)
        self.field, self.message = field, str(message)


def history(item, workflow):
    """The steps an object took, oldest first, each with its `label` and `reason_label` in words."""
    moves = Move.objects.filter(workflow=workflow.name, key=item.pk)
    moves = list(moves.select_related("staff", "posting__area").order_by("pk"))
    for one in moves:
        step = workflow.step_from(one.from_state, one.action) if one.action in workflow.steps else None
        one.label = step.label if step else _("Written down")
        one.reason_label = dict(step.reason_choices).get(one.reason, one.reason) if step else one.reason
    return moves


def begin(item, *, workflow, by, action="begin", label="", words="", request=None):
    """Save a new object in its first state, with the first row of its history."""
    with acting(posting=by, reason=label or action, request=request):
        item.save(force_insert=True)
        _note(workflow, item, action, "", by, words=words)
    return item


def move(item, action, *, workflow, by, version, reason="", words="", request=None, **fields):
    """Take one step; `fields` are set with it in the same statement. Returns the object as it is now.

    A model with both a field `reason` and a field `words` keeps the last ones there too.

    Raises NotAllowed (403), StepRefused (the form says why), Conflict (409) when it was moved by somebody meanwhile or
    its state has no such step.
    """
    candidates = workflow.steps[action]
    step = workflow.step_from(item.state, action)
    if not any(one.is_open_to(by) for one in ([step] if step else candidates)):
        raise NotAllowed
    if step is None or version != item.version:
        raise _outrun(workflow, item)
    _check(workflow, item, step, by, reason, words)
    return _taken(workflow, item, step, by, reason, words, request, fields)


def move_all(items, action, *, workflow, by, reason="", words="", request=None, **fields):
    """One step for many objects at once, in a fixed number of statements. `by` None: nobody is signed in.

    Each item tells the state and version its doer saw. Returns (those moved, those somebody else was quicker with);
    who may take the step, its reason and its words were asked before. The rows are held until the transaction ends.
    """
    if not items:
        return [], []
    held = dict(_held(items))
    fresh = [item for item in items if held.get(item.pk) == (item.state, item.version)]
    with acting(posting=by, reason=str(workflow.steps[action][0].label), request=request):
        for (state, version), group in _alike(fresh).items():
            target = workflow.step_from(state, action).target
            seen = type(items[0])._base_manager.filter(pk__in=[item.pk for item in group])
            seen.filter(state=state, version=version).update(version=F("version") + 1, state=target, **fields)
        _note_all(workflow, fresh, action, by, reason, words)
    moved = {item.pk for item in fresh}
    return fresh, [item for item in items if item.pk not in moved]


def _held(items):
    """(id, (state, version)) of each as it stands, locked in the order of the ids so that two never wait crosswise."""
    rows = type(items[0])._base_manager.filter(pk__in=[item.pk for item in items]).order_by("pk").select_for_update()
    return [(pk, (state, version)) for pk, state, version in rows.values_list("pk", "state", "version")]


def _alike(items):
    groups = {}
    for item in items:
        groups.setdefault((item.state, item.version), []).append(item)
    return groups


def _note_all(workflow, items, action, by, reason, words):
    now = timezone.now()
    Move.objects.bulk_create(
        Move(
            workflow=workflow.name,
            key=item.pk,
            action=action,
            from_state=item.state,
            to_state=workflow.step_from(item.state, action).target,
            reason=reason,
            words=words,
            staff_id=by and by.staff_id,
            posting=by,
            at=now,
        )
        for item in items
    )


def last_moves(workflow, keys):
    """{key: its last step, with who took it}, for telling many who was quicker."""
    newest = Move.objects.filter(workflow=workflow.name, key__in=keys).values("key").annotate(newest=Max("pk"))
    moves = Move.objects.filter(pk__in=newest.values("newest")).select_related("staff")
    return {move.key: move for move in moves}


def follow(item, action, *, workflow, reason="", words="", **fields):
    """A step that follows from what a command wrote into the ledger: nobody is signed in, so no right is asked.

    Raises Conflict when the state has no such step.
    """
    step = workflow.step_from(item.state, action)
    if step is None:
        raise _outrun(workflow, item)
    return _taken(workflow, item, step, None, reason, words, None, fields)


def _taken(workflow, item, step, by, reason, words, request, fields):
    with acting(posting=by, reason=str(step.label), request=request):
        if not isinstance(item._meta.get_field("state"), GeneratedField):
            fields["state"] = step.target
        own = {field.name for field in item._meta.concrete_fields}
        if {"reason", "words"} <= own:
            fields |= {"reason": reason, "words": words}
        left = type(item)._base_manager.filter(pk=item.pk, state=item.state, version=item.version)
        if not left.update(version=F("version") + 1, **fields):
            raise _outrun(workflow, item)
        before = item.state
        item.refresh_from_db()
        _note(workflow, item, step.action, before, by, reason=reason, words=words)
    return item


def _check(workflow, item, step, by, reason, words):
    if step.reasons and reason not in step.reasons.values:
        raise StepRefused("reason", _("Choose a reason."))
    if step.words_required and not words.strip():
        raise StepRefused("words", _("Say it in words."))
    if step.apart_from:
        doers = Move.objects.filter(workflow=workflow.name, key=item.pk, action__in=step.apart_from)
        if doers.filter(staff=by.staff_id).exists():
            raise StepRefused("action", _("Somebody else must do this: you took an earlier step yourself."))


def _note(workflow, item, action, before, by, reason="", words=""):
    Move.objects.create(
        workflow=workflow.name,
        key=item.pk,
        action=action,
        from_state=before,
        to_state=item.state,
        reason=reason,
        words=words,
        staff_id=by and by.staff_id,
        posting=by,
        at=timezone.now(),
    )


def _outrun(workflow, item):
    last = Move.objects.filter(workflow=workflow.name, key=item.pk).select_related("staff").order_by("pk").last()
    return Conflict(
        _("Somebody was quicker, or this step is not open in its present state."),
        by=last and last.staff,
        at=last and last.at,
    )
