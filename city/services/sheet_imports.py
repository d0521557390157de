"""An uploaded sheet from the check to the decision. The preview is a dry run of what the commit does for real."""

import io
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from city import files, jobs
from city.choices import RunState, SheetState
from city.models import SheetImport
from city.sheets import pipeline
from city.sheets.reader import SheetRefused, check_size
from city.sheets.registry import Terms, kind_named
from city.sheets.writer import CONTENT_TYPE, ErrorSheet
from city.trail import BuiltOn, acting, undo_act
from config.conflict import Conflict

UPLOADS_KEPT_DAYS = 30
ERRORS_KEPT_DAYS = 7


def lock_of(kind):
    """One commit of a kind at a time, in the whole city. Raises city.jobs.Busy."""
    return jobs.lock(f"sheet {kind.name}")


def upload(*, posting, kind_name, name, content, on=None):
    """Keep the file (bytes) and have it checked; returns the SheetImport, its `run` tells how far the check is.

    Raises SheetRefused at once for a file that is too large.
    """
    check_size(len(content))
    with transaction.atomic():
        stored = files.store(
            name,
            content,
            content_type="application/octet-stream",
            posting=posting,
            keep_days=UPLOADS_KEPT_DAYS,
        )
        sheet = SheetImport.objects.create(
            kind=kind_named(kind_name).name, on=on or timezone.localdate(), posting=posting, file=stored
        )
        sheet.run = jobs.enqueue("check_sheet", posting=posting, parameters={"sheet": sheet.pk})
        sheet.save(update_fields=["run"])
    sheet.refresh_from_db()
    return sheet


@jobs.job("check_sheet")
def check(run):
    """The dry run: what would become of every row, and the sheet of those that would be refused."""
    sheet = SheetImport.objects.select_related("posting__area", "file").get(pk=run.parameters["sheet"])
    if sheet.state != SheetState.CHECKING:
        return
    try:
        with _errors_of(sheet) as error_sheet:
            result = _run(sheet, run, error_sheet=error_sheet)
    except SheetRefused as refused:
        sheet.state, sheet.summary = SheetState.REFUSED, {"refused": str(refused)}
    else:
        sheet.state, sheet.summary = SheetState.PREVIEW, result.summary()
    sheet.save(update_fields=["state", "summary", "errors_file"])


def commit(*, sheet_id, posting):
    """Have the sheet written as it was previewed. Raises Conflict when somebody decided meanwhile."""
    with transaction.atomic():
        sheet = _locked(sheet_id, SheetState.PREVIEW, SheetState.COMMITTING)
        if sheet.state == SheetState.COMMITTING and sheet.run.state != RunState.FAILED:
            raise Conflict(_("This sheet is being written."))
        sheet.state = SheetState.COMMITTING
        sheet.run = jobs.enqueue("commit_sheet", posting=posting, parameters={"sheet": sheet.pk})
        sheet.save(update_fields=["state", "run"])
    sheet.refresh_from_db()
    return sheet


@jobs.job("commit_sheet")
def write(run):
    """All or nothing: one transaction, one act. Started again after an interruption it finds nothing of it written."""
    sheet = SheetImport.objects.select_related("posting__area", "file").get(pk=run.parameters["sheet"])
    kind = kind_named(sheet.kind)
    with lock_of(kind) as lease, transaction.atomic():
        if SheetImport.objects.select_for_update().get(pk=sheet.pk).state != SheetState.COMMITTING:
            return
        with _errors_of(sheet) as error_sheet, acting(posting=run.posting, reason=_reason(kind, sheet)) as act:
            result = _run(sheet, run, write=True, error_sheet=error_sheet, lease=lease)
        sheet.state, sheet.act, sheet.decided_at = SheetState.COMMITTED, act, timezone.now()
        sheet.summary = result.summary()
        sheet.save(update_fields=["state", "act", "decided_at", "summary", "errors_file"])


def drop(*, sheet_id, posting):
    """Throw the upload away. Raises Conflict when it was decided meanwhile."""
    with transaction.atomic():
        sheet = _locked(sheet_id, SheetState.PREVIEW, SheetState.REFUSED)
        sheet.state, sheet.decided_at = SheetState.DROPPED, timezone.now()
        sheet.save(update_fields=["state", "decided_at"])
        for stored in (sheet.file, sheet.errors_file):
            if stored:
                files.discard(stored)
    return sheet


def undo(*, sheet_id, posting):
    """Have all the sheet wrote taken back; `summary["undo_refused"]` says why when something was built on it."""
    with transaction.atomic():
        sheet = _locked(sheet_id, SheetState.COMMITTED)
        sheet.run = jobs.enqueue("undo_sheet", posting=posting, parameters={"sheet": sheet.pk})
        sheet.save(update_fields=["run"])
    sheet.refresh_from_db()
    return sheet


@jobs.job("undo_sheet")
def take_back(run):
    sheet = SheetImport.objects.select_related("act").get(pk=run.parameters["sheet"])
    kind = kind_named(sheet.kind)
    with lock_of(kind), transaction.atomic():
        sheet = SheetImport.objects.select_for_update(of=("self",)).select_related("act").get(pk=sheet.pk)
        if sheet.state != SheetState.COMMITTED:
            return
        try:
            with acting(posting=run.posting, reason=_("Undo of sheet %(number)d") % {"number": sheet.pk}):
                touched = kind.touched(sheet.act)
                undo_act(sheet.act)
                kind.settle(touched)
        except BuiltOn as refused:
            sheet.summary["undo_refused"] = refused.message
        else:
            sheet.state = SheetState.UNDONE
        sheet.save(update_fields=["state", "summary"])


def import_now(kind, data, *, on, name="", error_sheet=None, progress=None):
    """For the command: check and write in one go, in the name of the city. Raises Busy and SheetRefused."""
    with lock_of(kind) as lease, transaction.atomic():
        sheet = SheetImport.objects.create(kind=kind.name, on=on, state=SheetState.COMMITTING)
        with acting(reason=_reason(kind, sheet)) as act:
            result = pipeline.run(
                kind,
                data,
                Terms(on, write=True),
                error_sheet=error_sheet,
                progress=lambda done: (jobs.renew(lease), progress and progress(done)),
            )
        sheet.state, sheet.act, sheet.decided_at = SheetState.COMMITTED, act, timezone.now()
        sheet.summary = {**result.summary(), "name": name}
        sheet.save()
    return result


def _locked(sheet_id, *states):
    """The sheet, held until the transaction ends; Conflict when it is in none of these states."""
    sheet = SheetImport.objects.select_for_update(of=("self",)).select_related("run", "act__staff").get(pk=sheet_id)
    if sheet.state not in states:
        by = sheet.act.staff if sheet.act else None
        raise Conflict(_("This sheet was decided meanwhile."), by=by, at=sheet.decided_at)
    return sheet


def _reason(kind, sheet):
    return _("Sheet %(number)d: %(kind)s") % {"number": sheet.pk, "kind": kind.title}


def _run(sheet, run, *, write=False, error_sheet, lease=None):
    def progress(done):
        jobs.progress(run, done)
        jobs.renew(lease)

    terms = Terms(sheet.on, sheet.posting, write)
    return pipeline.run(
        kind_named(sheet.kind), files.read(sheet.file), terms, error_sheet=error_sheet, progress=progress
    )


@contextmanager
def _errors_of(sheet):
    """An error sheet whose rows, when there are any, become the import's `errors_file`."""
    target = io.BytesIO()
    error_sheet = ErrorSheet(target)
    try:
        yield error_sheet
    finally:
        error_sheet.close()
    sheet.errors_file = None
    if error_sheet.rows:
        sheet.errors_file = files.store(
            f"{sheet.kind}-{sheet.pk}-errors.xlsx",
            target.getvalue(),
            content_type=CONTENT_TYPE,
            posting=sheet.posting,
            keep_days=ERRORS_KEPT_DAYS,
        )
