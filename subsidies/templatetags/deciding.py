"""The decision on a claim, on its page."""

from django import template
from django.urls import reverse
from django.utils import timezone

from subsidies import queue
from subsidies.forms.deciding import DecisionForm
from subsidies.models import Fund
from subsidies.services.funds import fund_for
from subsidies.workflow import ACTIONS, CLAIM

register = template.Library()


@register.inclusion_tag("subsidies/_decide.html", takes_context=True)
def decide_claim(context, claim, sent=None):
    """The steps the posting may take with the claim now, and the next claim of its queue. `sent`: refused as typed."""
    posting = context["request"].posting
    steps = {step.action: step for step in CLAIM.steps_for(claim, posting) if step.action in ACTIONS}
    passing = next((steps[action] for action in queue.STEPS if action in steps), None)
    lines = []
    if passing and passing.action == "approve":
        lines = claim.lines.live().select_related("resident").order_by("month", "pk")
    overview = context["overview"]
    form = sent or (DecisionForm(initial={"version": claim.version}, lines=lines) if steps else None)
    return {
        "claim": claim,
        "form": form if steps else None,
        "passing": passing,
        "held": bool(lines) and bool(overview.doubts or overview.changed),
        "send_back": steps.get("send_back"),
        "reject": steps.get("reject"),
        "fund": _fund(claim) if lines else None,
        "approves": bool(lines),
        "overview": overview,
        "url": reverse("subsidies:claim_step", args=[claim.pk]),
        "next": queue.next_of(posting, claim),
        "csrf_token": context["csrf_token"],
    }


def _fund(claim):
    """The fund that would pay it, with what is left."""
    fund = fund_for([claim], timezone.localdate().year).get(claim.pk)
    return fund and Fund.objects.with_left().select_related("area").get(pk=fund.pk)
