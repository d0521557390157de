"""What waits for a decision on money, on the desks of those who check, review and approve; notices to see to."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from city.desk import ON_THE_DESK, Line, WorkList
from subsidies import queue
from subsidies.services import publicity
from subsidies.templatetags.money import yuan


def claims_to_decide(request, _subject):
    """The claims that wait longest for the posting's highest step."""
    posting = request.posting
    step = queue.steps_of(posting)[0]
    waiting = queue.waiting(posting, step.action).filter(mine=False)
    rows = waiting.with_doubts().select_related("employer", "area").oldest_first()[:ON_THE_DESK]
    today = timezone.localdate()
    return WorkList(
        name="claims-to-decide",
        title=_("Subsidy claims to decide"),
        lines=[_line(claim, today) for claim in rows],
        total=waiting.count(),
        late=None,
        more_url=reverse("subsidies:queue"),
        empty=_("No subsidy claim waits for your decision."),
    )


def _line(claim, today):
    who = claim.employer.name if claim.employer else _("Persons themselves")
    days = (today - timezone.localdate(claim.submitted_at)).days
    doubts = ""
    if claim.doubts:
        doubts = ngettext("%(number)s doubt", "%(number)s doubts", claim.doubts) % {"number": claim.doubts}
    return Line(
        title=f"{claim.get_scheme_display()} · {who}",
        url=reverse("subsidies:claim", args=[claim.pk]),
        sub=" · ".join(filter(None, [claim.area.name, claim.number, yuan(claim.total), doubts])),
        due=ngettext("%(days)s day", "%(days)s days", days) % {"days": days},
        soon=bool(claim.doubts),
    )


def notices_to_see_to(request, _subject):
    """Schemes whose notice an objection took away: the district decides, then shows the others again."""
    groups = [group for group in publicity.groups(request.posting.area) if group.upheld]
    if not groups:
        return None
    address = reverse("subsidies:publicity")
    return WorkList(
        name="claim-notices",
        title=_("Notices of claims taken away by an objection"),
        lines=[
            Line(
                title=str(group.scheme.label),
                url=address,
                sub=ngettext("%(number)s claim", "%(number)s claims", group.upheld) % {"number": group.upheld},
                due=_("objection upheld"),
                late=True,
            )
            for group in groups
        ],
        total=len(groups),
        late=len(groups),
        more_url=address,
    )


def register_panels(register):
    """`register` is `city.parts.register_panel`."""
    for page, name, context, permission, order in (
        ("today", "claims_to_decide", claims_to_decide, "subsidies.check_claims", 57),
        ("reviews", "claims_to_decide", claims_to_decide, "subsidies.review_claims", 30),
        ("reviews", "claims_to_approve", claims_to_decide, "subsidies.approve_claims", 30),
        ("reviews", "claim_notices", notices_to_see_to, "subsidies.approve_claims", 31),
    ):
        register(page, name, "city/_worklist.html", context, permission=permission, order=order)
