from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from assistance.choices import CourseKind, EnrolmentState
from assistance.forms.training import BusinessForm
from assistance.models import Enrolment
from assistance.services import training as service
from assistance.views.courses import course_page, find_course
from assistance.workflow import ENROLMENT
from city.idempotency import once, remember
from city.moves import StepRefused, history
from city.steps import answer_step
from config.endpoint import endpoint
from households.models import Resident


def find_course_and_resident(request, course_id, resident_id):
    visible = Resident.objects.visible_to(request.posting)
    return find_course(request, course_id) | {"resident": get_object_or_404(visible, pk=resident_id)}


def find_enrolment(request, enrolment_id):
    visible = Enrolment.objects.visible_to(request.posting).with_relation()
    visible = visible.select_related("course__area", "resident")
    return {"enrolment": get_object_or_404(visible, pk=enrolment_id)}


@endpoint(["POST"], "assistance.enrol_residents", lookup=find_course_and_resident)
def enrol(request, course, resident):
    """Gives a resident of the station a place, or says why there is none."""
    if answered := once(request):
        return redirect(answered)
    back = reverse("assistance:course", args=[course.pk])
    try:
        with transaction.atomic():
            service.enrol(course_id=course.pk, resident=resident, by=request.posting, request=request)
            remember(request, back)
    except service.CannotEnrol as refused:
        course.refresh_from_db(fields=["state", "version", "places"])
        return course_page(request, course, status=HTTPStatus.CONFLICT, cannot_enrol=str(refused))
    messages.success(request, _("%(name)s has a place on the course.") % {"name": resident.name})
    return redirect(back)


@endpoint(["GET"], "assistance.view_courses", lookup=find_enrolment)
def enrolment(request, enrolment):
    """One person on one course: days attended, result, and for a start-up course the business."""
    return _enrolment_page(request, enrolment)


def _follows_business(enrolment, posting):
    may = posting.may("assistance.enrol_residents") or enrolment.course.is_run_by(posting)
    return may and enrolment.course.kind == CourseKind.STARTUP and enrolment.state in EnrolmentState.DONE


def _steps(enrolment, posting):
    steps = ENROLMENT.steps_for(enrolment, posting)
    return steps if enrolment.course.is_run_by(posting) else [step for step in steps if step.action != "strike"]


def _enrolment_page(request, enrolment, *, status=HTTPStatus.OK, **more):
    follows = _follows_business(enrolment, request.posting)
    context = {
        "enrolment": enrolment,
        "days": enrolment.attendance.order_by("day"),
        "steps": _steps(enrolment, request.posting),
        "steps_url": reverse("assistance:enrolment_step", args=[enrolment.pk]),
        "moves": history(enrolment, ENROLMENT),
        "business": BusinessForm(instance=enrolment, initial={"version": enrolment.version}) if follows else None,
        "refused": None,
        **more,
    }
    return render(request, "assistance/enrolment.html", context, status=status)


@endpoint(["POST"], "assistance.view_courses", lookup=find_enrolment)
def enrolment_step(request, enrolment):
    """The station takes its resident off the course, or the course strikes the person off."""

    def take(action, version, reason, words):
        if action not in ("drop", "strike"):
            raise StepRefused("action", _("This step does not exist."))
        service.leave_course(
            enrolment=enrolment,
            action=action,
            by=request.posting,
            version=version,
            reason=reason,
            words=words,
            request=request,
        )

    return answer_step(
        request,
        ENROLMENT,
        take=take,
        page=lambda refused: _enrolment_page(request, enrolment, refused=refused),
        back=reverse("assistance:enrolment", args=[enrolment.pk]),
    )


@endpoint(["POST"], "assistance.view_courses", lookup=find_enrolment)
def record_business(request, enrolment):
    """The business that followed a start-up course, and the jobs it made."""
    if answered := once(request):
        return redirect(answered)
    stored = Enrolment.objects.visible_to(request.posting).get(pk=enrolment.pk)
    form = BusinessForm(request.POST, instance=stored)
    back = reverse("assistance:enrolment", args=[enrolment.pk])
    if form.is_valid():
        sent = form.cleaned_data
        try:
            with transaction.atomic():
                service.record_business(
                    enrolment=enrolment,
                    started_on=sent["business_started_on"],
                    jobs_created=sent["jobs_created"],
                    by=request.posting,
                    version=sent["version"],
                    request=request,
                )
                remember(request, back)
        except StepRefused as refused:
            form.add_error(refused.field, refused.message)
        else:
            messages.success(request, _("Saved."))
            return redirect(back)
    return _enrolment_page(request, enrolment, status=HTTPStatus.UNPROCESSABLE_ENTITY, business=form)
