"""The list of cases as a file. Numbers stay masked."""

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from assistance.forms.cases import CaseFilter
from assistance.models import Case
from city.exports import CHUNK, finish
from city.jobs import job


@job("export_cases")
def export_cases(run):
    """What the list showed with its filters, all pages of it."""
    asked, now = run.parameters, timezone.now()
    with translation.override(asked.get("language")):
        form = CaseFilter(asked["filters"], posting=run.posting)
        cases = form.apply(Case.objects.visible_to(run.posting), now).with_due_day().order_by(*form.order)
        return finish(run, _rows(cases, now), f"{_('Assistance cases')} {timezone.localdate(now)}")


def _rows(cases, now):
    yield [
        _("Case number"), _("Name"), _("ID number"), _("Community"), _("Came by"), _("Applied on"), _("Step"),
        _("Promised on"), _("To be kept by"), _("Promise"), _("First day of work"), _("Name of the employer"),
        _("Batch"), _("Responsible"), _("Closed on"),
    ]  # fmt: skip
    related = cases.select_related("resident", "community", "responsible", "commitment__clock", "spell")
    for case in related.iterator(chunk_size=CHUNK):
        promise = case.promise
        due = promise and promise.clock.due_at
        yield [
            case.number,
            case.resident.name,
            case.resident.masked_number,
            case.community.name,
            case.get_intake_display(),
            case.applied_on,
            case.get_state_display(),
            promise and promise.made_on,
            f"{timezone.localtime(due):%Y-%m-%d %H:%M}" if due else "",
            _standing(promise, now) if promise else "",
            case.placed_on,
            case.spell.employer_name if case.spell else "",
            case.get_measure_display(),
            case.responsible and case.responsible.name,
            case.closed_on,
        ]


def _standing(promise, now):
    if promise.kept_on:
        return _("kept on %(day)s") % {"day": promise.kept_on.isoformat()}
    if promise.voided_on:
        return _("void since %(day)s") % {"day": promise.voided_on.isoformat()}
    if promise.is_paused:
        return _("paused")
    return _("overdue") if promise.is_overdue_at(now) else _("Promise running")
