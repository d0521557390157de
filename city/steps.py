"""The buttons of a workflow: one form a step, one address an object, a refusal beside its button."""

from dataclasses import dataclass
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from city.idempotency import once, remember
from city.moves import StepRefused


class StepForm(forms.Form):
    """What every step is sent with; a step that needs more has a form of its own and calls its service itself."""

    action = forms.CharField(max_length=30)
    version = forms.IntegerField(min_value=0)
    reason = forms.CharField(max_length=30, required=False)
    words = forms.CharField(max_length=2_000, required=False)


@dataclass(frozen=True)
class Refused:
    """Why a step was not taken, for `_steps.html` to show at its place with what was typed."""

    action: str
    field: str
    message: str
    words: str = ""
    reason: str = ""


def answer_step(request, workflow, *, take, page, back):
    """Take the step a button sent. `take(action, version, reason, words)` calls the service; `page(refused)` renders
    the object's page again; `back` is its address. The same form sent twice is answered like the first.
    """
    answered = once(request)
    if answered:
        return redirect(answered)
    form = StepForm(request.POST)
    if not form.is_valid() or form.cleaned_data["action"] not in workflow.steps:
        return _again(page, Refused(request.POST.get("action", "")[:30], "action", _("This step does not exist.")))
    sent = form.cleaned_data
    try:
        with transaction.atomic():
            take(sent["action"], sent["version"], sent["reason"], sent["words"])
            remember(request, back)
    except StepRefused as refused:
        return _again(page, Refused(sent["action"], refused.field, refused.message, sent["words"], sent["reason"]))
    messages.success(request, _("Done."))
    return redirect(back)


def _again(page, refused):
    answer = page(refused)
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer
