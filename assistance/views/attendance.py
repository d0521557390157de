import datetime
from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance import rules
from assistance.choices import CourseState, EnrolmentState
from assistance.forms.training import ResultForm
from assistance.services import training as service
from assistance.views.courses import find_course, only_who_runs
from city.idempotency import once, remember
from city.workdays import Calendar
from config.endpoint import endpoint
from config.paging import paginate

#: Persons on one page of the attendance sheet or the results: a form holds a thousand fields at most.
SHEET_SIZE = 100


def _people(request, course):
    """A page of those who did not leave, by name."""
    rows = course.enrolments.visible_to(request.posting).exclude(state=EnrolmentState.DROPPED)
    cursor = request.GET.get("cursor", "")
    return paginate(rows.select_related("resident"), by=("resident__name", "pk"), cursor=cursor, size=SHEET_SIZE)


def _week(request, course):
    """(weeks of the course, place of the one asked for): the present one unless another is named by a day of it."""
    weeks = rules.weeks_of(course.starts_on, course.ends_on)
    asked = request.GET.get("week", "") or timezone.localdate().isoformat()
    for place, days in enumerate(weeks):
        if asked <= days[-1].isoformat():
            return weeks, place
    return weeks, len(weeks) - 1


@endpoint(["GET", "POST"], "assistance.view_courses", lookup=find_course)
def attendance(request, course):
    """The attendance sheet of a week: days across, persons down, saved as a whole."""
    weeks, place = _week(request, course)
    page, days = _people(request, course), weeks[place]
    if request.method == "POST":
        here = request.get_full_path()
        if answered := once(request):
            return redirect(answered)
        with transaction.atomic():
            service.save_attendance(
                course=course,
                enrolments=page.rows,
                days=days,
                ticks=_ticks(request.POST.getlist("there")),
                seen=request.POST.get("seen", ""),
                by=request.posting,
                request=request,
            )
            remember(request, here)
        messages.success(request, _("The attendance sheet is saved."))
        return redirect(here)
    return render(request, "assistance/attendance.html", _grid(request, course, page, weeks, place))


def _ticks(sent):
    """{(enrolment id, day)} of what the boxes say; what is no box of ours says nothing."""
    ticks = set()
    for value in sent:
        key, _colon, written = value.partition(":")
        try:
            ticks.add((int(key), datetime.date.fromisoformat(written)))
        except ValueError:
            continue
    return ticks


def _grid(request, course, page, weeks, place):
    days = weeks[place]
    ticks = service.ticks_of([one.pk for one in page.rows], days)
    last = min(course.ends_on, timezone.localdate())
    is_kept = course.is_run_by(request.posting) and course.state == CourseState.RUNNING
    present = {one.pk for one in page.rows if one.state in EnrolmentState.PRESENT}
    # A working day nobody is ticked on may be filled as a whole; who was absent is taken off before it is saved.
    empty = {day for day in days if day <= last} - {day for _key, day in ticks}
    filling = request.GET.get("fill") == "all"
    filled = set(filter(Calendar().is_working, empty)) if filling else set()

    def box(one, day):
        may_tick = is_kept and one.pk in present and day <= last
        return day, (one.pk, day) in ticks or (may_tick and day in filled), may_tick

    rows = [(one, [box(one, day) for day in days]) for one in page.rows]
    return {
        "may_fill": is_kept and bool(present) and bool(empty) and not filling,
        "course": course,
        "page": page,
        "days": days,
        "rows": rows,
        "earlier": weeks[place - 1][0] if place else None,
        "later": weeks[place + 1][0] if place + 1 < len(weeks) else None,
        "is_kept": is_kept,
        "seen": service.fingerprint({(key, day) for key, day in ticks if key in present and day <= last}),
    }


@endpoint(["GET", "POST"], "assistance.run_courses", lookup=find_course)
def results(request, course):
    """Who completed the course and gained which certificate: a page of persons, saved as a whole."""
    only_who_runs(course, request.posting)
    page = _people(request, course)
    may_complete = course.state == CourseState.RUNNING
    last_day = min(course.ends_on, timezone.localdate())
    proposed = last_day if may_complete and request.GET.get("fill") == "all" else None
    forms = [ResultForm(request.POST or None, enrolment=one, proposed=proposed) for one in page.rows]
    status = HTTPStatus.OK
    if request.method == "POST":
        if answered := once(request):
            return redirect(answered)
        wrong = [form for form in forms if not form.is_valid()]
        if not wrong and _saved(request, course, forms):
            messages.success(request, _("The results are saved."))
            return redirect(request.get_full_path())
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "course": course,
        "page": page,
        "forms": forms,
        "may_complete": may_complete,
        "may_fill": may_complete and proposed is None and any(form.is_open for form in forms),
        "last_day": last_day,
    }
    return render(request, "assistance/results.html", context, status=status)


def _saved(request, course, forms):
    """Whether the results were taken; otherwise each form tells its error."""
    try:
        with transaction.atomic():
            service.record_results(
                course=course, results=[form.result for form in forms], by=request.posting, request=request
            )
            remember(request, request.get_full_path())
    except service.ResultsRefused as refused:
        for form in forms:
            if error := refused.errors.get(form.enrolment.pk):
                form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    return True
