import uuid
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city.choices import RunState, SheetState
from city.forms import UploadForm
from city.idempotency import once, remember
from city.models import SheetImport
from city.services import sheet_imports
from city.sheets.reader import SheetRefused, glance
from city.sheets.registry import kind_named, kinds_for
from city.sheets.writer import CONTENT_TYPE, template
from city.trail import record_event
from config.endpoint import endpoint
from config.paging import paginate


def find_sheet(request, sheet_id):
    visible = SheetImport.objects.visible_to(request.posting)
    related = visible.select_related("run", "posting__staff", "posting__area", "act__staff", "file", "errors_file")
    return {"sheet": get_object_or_404(related, pk=sheet_id)}


def find_kind(request, kind):
    """A sheet the posting does not load is as good as not there."""
    known = {one.name: one for one in kinds_for(request.posting)}
    if kind not in known:
        raise Http404
    return {"kind": known[kind]}


def _decidable(request, sheet):
    """Who may load this kind of sheet may decide about it."""
    if not request.posting.may(kind_named(sheet.kind).permission):
        raise PermissionDenied
    return sheet


def _tell(what, request, sheet):
    """Who decided what about which file: the job that does it knows no address."""
    details = {"kind": sheet.kind, "sha256": sheet.file.sha256 if sheet.file else ""}
    record_event(what, request=request, key=sheet.pk, details=details)


@endpoint(["GET"], "city.open_sheets")
def sheets(request):
    """What the posting may load, and what was loaded in its area."""
    return _sheets_page(request, UploadForm(posting=request.posting, initial={"on": timezone.localdate()}))


def _sheets_page(request, form, status=HTTPStatus.OK):
    rows = SheetImport.objects.visible_to(request.posting).select_related("posting__staff", "file")
    context = {
        "form": form,
        "kinds": kinds_for(request.posting),
        "page": paginate(rows, by=("-pk",), cursor=request.GET.get("cursor", ""), size=20),
        "key": uuid.uuid4(),
    }
    return render(request, "city/sheets.html", context, status=status)


@endpoint(["POST"], "city.open_sheets", pace="upload")
def upload_sheet(request):
    """Takes a file in and has it checked; nothing is written before the decision on its preview."""
    form = UploadForm(request.POST, request.FILES, posting=request.posting)
    if not form.is_valid():
        return _sheets_page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    if answer := once(request):
        return redirect(answer)
    sent = form.cleaned_data["file"]
    if sent.size > settings.SHEET_MAX_BYTES:
        return render(request, "413.html", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    content = sent.read()
    try:
        glance(kind_named(form.cleaned_data["kind"]), content)
        with transaction.atomic():
            sheet = sheet_imports.upload(
                posting=request.posting,
                kind_name=form.cleaned_data["kind"],
                name=sent.name,
                content=content,
                on=form.cleaned_data["on"],
            )
            remember(request, reverse("city:sheet", args=[sheet.pk]))
            _tell("upload", request, sheet)
    except SheetRefused as refused:
        form.add_error("file", str(refused))
        return _sheets_page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    sheet.refresh_from_db()
    if sheet.state == SheetState.REFUSED:
        return _sheet_page(request, sheet, HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect("city:sheet", sheet_id=sheet.pk)


@endpoint(["GET"], "city.open_sheets", lookup=find_kind)
def sheet_template(request, kind):
    """The empty sheet to fill in, with its help."""
    answer = HttpResponse(template(kind), content_type=CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{kind.name}.xlsx"'
    return answer


@endpoint(["GET"], "city.open_sheets", lookup=find_sheet)
def sheet(request, sheet):
    """One sheet from its check to the decision; a part of the page when htmx asks for news."""
    return _sheet_page(request, sheet)


def _sheet_page(request, sheet, status=HTTPStatus.OK):
    kind = kind_named(sheet.kind)
    context = {
        "sheet": sheet,
        "kind": kind,
        "is_working": sheet.run is not None and sheet.run.state in (RunState.WAITING, RunState.RUNNING),
        "has_failed": sheet.run is not None and sheet.run.state == RunState.FAILED,
        "may_decide": request.posting.may(kind.permission),
        "is_mine": sheet.posting_id == request.posting.pk,
        "summary": sheet.summary,
    }
    return render(request, "city/_sheet.html" if request.htmx else "city/sheet.html", context, status=status)


@endpoint(["POST"], "city.open_sheets", lookup=find_sheet)
def commit_sheet(request, sheet):
    with transaction.atomic():
        sheet_imports.commit(sheet_id=_decidable(request, sheet).pk, posting=request.posting)
        _tell("import", request, sheet)
    return redirect("city:sheet", sheet_id=sheet.pk)


@endpoint(["POST"], "city.open_sheets", lookup=find_sheet)
def drop_sheet(request, sheet):
    with transaction.atomic():
        sheet_imports.drop(sheet_id=_decidable(request, sheet).pk, posting=request.posting)
        _tell("drop", request, sheet)
    messages.success(request, _("The sheet was dropped; nothing of it was written."))
    return redirect("city:sheets")


@endpoint(["POST"], "city.open_sheets", lookup=find_sheet)
def undo_sheet(request, sheet):
    with transaction.atomic():
        sheet_imports.undo(sheet_id=_decidable(request, sheet).pk, posting=request.posting)
        _tell("undo", request, sheet)
    return redirect("city:sheet", sheet_id=sheet.pk)
