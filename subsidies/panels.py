"""What claims lay on the day's work, on a person's page and on an employer's."""

from django.db.models import Count, F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from city.desk import ON_THE_DESK, Line, WorkList
from city.models import Move
from subsidies.choices import ClaimState, LineStanding
from subsidies.models import Claim, ClaimLine
from subsidies.rules import ZERO
from subsidies.templatetags.money import yuan
from subsidies.workflow import CLAIM, DRAWING_UP

_SHOWN = 10


def to_hand_in(request, scope):
    """Drafts of the area: what was sent back first, with why; nothing where there are none."""
    drafts = Claim.objects.visible_to(request.posting).filter(state=ClaimState.DRAFT)
    counts = drafts.aggregate(total=Count("pk"), back=Count("pk", filter=Q(round__gt=1)))
    if not counts["total"]:
        return None
    rows = list(drafts.select_related("employer").order_by("-round", "entered_on", "pk")[:ON_THE_DESK])
    why = _why_back([row.pk for row in rows if row.round > 1])
    return WorkList(
        name="claims-to-hand-in",
        title=_("Subsidy claims to hand in"),
        lines=[_draft(row, why.get(row.pk)) for row in rows],
        total=counts["total"],
        late=None,
        note=_("%(n)s sent back") % {"n": counts["back"]} if counts["back"] else "",
        more_url=f"{reverse('subsidies:claims')}?state={ClaimState.DRAFT}",
    )


def _why_back(keys):
    """{claim id: why it was sent back last, in words}."""
    moves = Move.objects.filter(workflow=CLAIM.name, key__in=keys, to_state=ClaimState.DRAFT)
    moves = moves.exclude(action__in=DRAWING_UP).order_by("pk")
    return {move.key: _reason(move) for move in moves}


def _reason(move):
    step = CLAIM.step_from(move.from_state, move.action) if move.action in CLAIM.steps else None
    labels = dict(step.reason_choices) if step else {}
    return "：".join(str(part) for part in (labels.get(move.reason), move.words) if part)


def _draft(claim, why):
    who = claim.employer.name if claim.employer else _("Persons themselves")
    period = f"{claim.period_from:%Y-%m} – {claim.period_to:%Y-%m}"
    return Line(
        title=f"{claim.get_scheme_display()} · {who}",
        url=reverse("subsidies:claim", args=[claim.pk]),
        sub=" · ".join(filter(None, [claim.number, period, yuan(claim.total), why])),
        due=_("sent back") if claim.round > 1 else "",
        soon=claim.round > 1,
    )


def received_by(request, resident):
    """The public money claimed for a person within the posting's area; nothing where there is none."""
    own = Q(lines__resident=resident, lines__standing=LineStanding.LIVE)
    claims = Claim.objects.visible_to(request.posting).filter(own)
    claims = claims.annotate(
        first=Min("lines__month"),
        last=Max("lines__month"),
        amount=Sum(Coalesce("lines__approved", F("lines__computed"))),
    )
    rows = list(claims.select_related("employer").order_by("-last", "-pk"))
    if not rows:
        return None
    lines = ClaimLine.objects.visible_to(request.posting).filter(resident=resident).paid()
    paid = lines.aggregate(sum=Coalesce(Sum("approved"), ZERO), months=Count("pk"))
    return {"claims": rows[:_SHOWN], "left": len(rows[_SHOWN:]), "paid": paid["sum"], "months": paid["months"]}


def claims_of(request, employer):
    """The latest claims of an employer within the posting's area."""
    claims = Claim.objects.visible_to(request.posting).filter(employer=employer).order_by("-pk")
    rows = list(claims.select_related("area")[:_SHOWN])
    return {"claims": rows} if rows else None


def register_panels(register):
    """`register` is `city.parts.register_panel`."""
    register(
        "today",
        "claims_to_hand_in",
        "city/_worklist.html",
        to_hand_in,
        permission="subsidies.enter_claims",
        order=58,
    )
    register(
        "reviews",
        "claims_to_hand_in",
        "city/_worklist.html",
        to_hand_in,
        permission="subsidies.enter_claims",
        order=58,
    )
    for page, template, context in (
        ("resident", "subsidies/_received_by.html", received_by),
        ("employer", "subsidies/_claims_of.html", claims_of),
    ):
        register(page, "subsidies", template, context, permission="subsidies.view_claims", order=40)
