from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from assistance.choices import CourseKind, CourseState
from assistance.forms.training import CourseFilter, CourseForm, TraineeSearch
from assistance.models import Course, Enrolment
from assistance.services import training as service
from assistance.workflow import COURSE
from city import parameters
from city.idempotency import once, remember
from city.moves import history
from city.steps import answer_step
from config.endpoint import endpoint
from config.paging import paginate
from households.search import search

FOUND_SHOWN = 10
_WAY = (
    CourseState.PLANNED,
    CourseState.APPROVED,
    CourseState.ENROLLING,
    CourseState.RUNNING,
    CourseState.COMPLETED,
    CourseState.ASSESSED,
)


def find_course(request, course_id):
    visible = Course.objects.visible_to(request.posting).select_related("area")
    return {"course": get_object_or_404(visible, pk=course_id)}


def only_who_runs(course, posting):
    """The course of a superior is seen, but not one's own to write."""
    if not course.is_run_by(posting):
        raise PermissionDenied


def months_for(area):
    """Within how many months of a course a job counts as its result."""
    return parameters.value("training_job_months", area, timezone.localdate())


@endpoint(["GET"], "assistance.view_courses")
def courses(request):
    """Courses the posting holds or may send people to, and what came of this year's."""
    form = CourseFilter(request.GET)
    rows = form.apply(Course.objects.visible_to(request.posting))
    page = paginate(rows.with_taken().select_related("area"), by=("-pk",), cursor=request.GET.get("cursor", ""))
    today = timezone.localdate()
    done = Enrolment.objects.visible_to(request.posting).filter(
        completed_on__gte=today.replace(month=1, day=1), completed_on__lte=today
    )
    months = months_for(request.posting.area)
    figures = list(done.figures_by_kind(today, months))
    for row in figures:
        row["kind"] = CourseKind(row["course__kind"]).label
    context = {
        "form": form,
        "page": page,
        "figures": figures,
        "months": months,
        "year": today.year,
        "may_run": request.posting.may("assistance.run_courses"),
    }
    return render(request, "assistance/courses.html", context)


@endpoint(["GET", "POST"], "assistance.run_courses")
def plan_course(request):
    """A new course of the posting's own area, to be approved."""
    form = CourseForm(request.POST or None)
    if request.method == "POST":
        if answered := once(request):
            return redirect(answered)
        if form.is_valid():
            with transaction.atomic():
                course = service.plan_course(values=form.cleaned_data, by=request.posting, request=request)
                remember(request, reverse("assistance:course", args=[course.pk]))
            return redirect("assistance:course", course_id=course.pk)
    return _form_page(request, form, None)


@endpoint(["GET", "POST"], "assistance.run_courses", lookup=find_course)
def correct_course(request, course):
    """Puts right what a course not yet approved says."""
    only_who_runs(course, request.posting)
    form = CourseForm(request.POST or None, instance=Course.objects.visible_to(request.posting).get(pk=course.pk))
    if request.method == "POST":
        if answered := once(request):
            return redirect(answered)
        version = request.POST.get("version", "")
        if form.is_valid() and version.isdecimal():
            back = reverse("assistance:course", args=[course.pk])
            with transaction.atomic():
                service.correct_course(
                    course=course, values=form.cleaned_data, by=request.posting, version=int(version), request=request
                )
                remember(request, back)
            return redirect(back)
    return _form_page(request, form, course)


def _form_page(request, form, course):
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, "assistance/course_form.html", {"form": form, "course": course}, status=status)


@endpoint(["GET"], "assistance.view_courses", lookup=find_course)
def course(request, course):
    """One course: its way, who is on it, what came of it, and its next step."""
    return course_page(request, course)


def course_page(request, course, *, status=HTTPStatus.OK, **more):
    is_run = course.is_run_by(request.posting)
    on_it = course.enrolments.all() if is_run else course.enrolments.visible_to(request.posting)
    seen = course.enrolments.visible_to(request.posting).select_related("resident", "resident__community")
    today = timezone.localdate()
    places = Course.objects.with_taken().visible_to(request.posting).get(pk=course.pk)
    months = months_for(course.area)
    context = {
        "course": course,
        "way": [(state.label, state == course.state) for state in _WAY],
        "taken": places.taken,
        "free": course.places - places.taken,
        "figures": on_it.figures(today, months),
        "months": months,
        "page": paginate(
            seen.with_job_by(today, months).with_relation(),
            by=("resident__name", "pk"),
            cursor=request.GET.get("cursor", ""),
        ),
        "is_run": is_run,
        "may_enrol": request.posting.may("assistance.enrol_residents") and course.state == CourseState.ENROLLING,
        "search": TraineeSearch(),
        "steps": COURSE.steps_for(course, request.posting) if is_run else [],
        "steps_url": reverse("assistance:course_step", args=[course.pk]),
        "moves": history(course, COURSE),
        "refused": None,
        "cannot_enrol": "",
        "found": None,
        **more,
    }
    return render(request, "assistance/course.html", context, status=status)


@endpoint(["POST"], "assistance.run_courses", lookup=find_course)
def course_step(request, course):
    def take(action, version, reason, words):
        service.take_course_step(
            course=course,
            action=action,
            by=request.posting,
            version=version,
            reason=reason,
            words=words,
            request=request,
        )

    return answer_step(
        request,
        COURSE,
        take=take,
        page=lambda refused: course_page(request, course, refused=refused),
        back=reverse("assistance:course", args=[course.pk]),
    )


@endpoint(["POST"], "assistance.enrol_residents", lookup=find_course)
def find_trainee(request, course):
    """Looks for a resident to send; a form, so that no number stands in an address."""
    form = TraineeSearch(request.POST)
    found = []
    if form.is_valid():
        residents, order = search(form.cleaned_data["q"], request.posting)
        found = list(residents.order_by(*order)[:FOUND_SHOWN])
    return course_page(request, course, search=form, found=found)
