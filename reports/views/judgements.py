from http import HTTPStatus

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from config.endpoint import endpoint
from reports.forms import JudgementForm
from reports.models import Criterion, ManualJudgement
from reports.services.judgements import judge_by_hand
from reports.views.status import find_area


def find_question(request, code, manual):
    """The area and the criterion judged by hand, by its name in any rule set for the area's level."""
    found = find_area(request, code)
    question = Criterion.objects.filter(manual=manual, ruleset__level=found["area"].level).order_by("-pk").first()
    if question is None:
        raise Http404
    return found | {"question": question}


@endpoint(["GET", "POST"], "reports.judge_by_hand", lookup=find_question)
def judge(request, area, question):
    """What an inspection or a file of complaints showed, with the person's name and the day."""
    form = JudgementForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        judge_by_hand(area=area, manual=question.manual, request=request, **form.cleaned_data)
        messages.success(request, _("Judgement recorded; the next night reads it."))
        return redirect(reverse("reports:area_status", args=[area.code]))
    earlier = ManualJudgement.objects.filter(area=area, manual=question.manual).select_related("by")
    context = {"area": area, "question": question, "form": form, "earlier": earlier.order_by("-judged_on")[:20]}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "reports/judge.html", context, status=status)
