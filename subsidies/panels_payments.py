"""What payment lays on the desk: claims to be paid, batches the bank has not answered, money still owed."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from city.desk import ON_THE_DESK, Line, WorkList
from subsidies.models import Clawback, PaymentBatch
from subsidies.services.payments import still_to_send, to_pay
from subsidies.templatetags.money import yuan


def claims_to_pay(request, _subject):
    """Claims whose public notice has ended, the longest waiting first."""
    claims = to_pay(request.posting)
    rows = list(claims.select_related("employer", "area").order_by("submitted_at", "pk")[:ON_THE_DESK])
    if not rows:
        return None
    sums = still_to_send(rows)
    lines = [
        Line(
            title=claim.employer.name if claim.employer else _("Persons themselves"),
            url=reverse("subsidies:claim", args=[claim.pk]),
            sub=f"{claim.get_scheme_display()} · {claim.number} · {claim.area.name}",
            due=_("%(sum)s yuan") % {"sum": yuan(sums.get(claim.pk, (None, 0))[0])},
        )
        for claim in rows
    ]
    return WorkList(
        name="claims-to-pay",
        title=_("Claims to be paid"),
        lines=lines,
        total=claims.count(),
        late=None,
        more_url=reverse("subsidies:payments"),
    )


def batches_waiting(request, _subject):
    """Batches of which the bank has not answered every payment, the oldest first."""
    batches = PaymentBatch.objects.visible_to(request.posting).unanswered()
    rows = list(batches.with_answers().order_by("pk")[:ON_THE_DESK])
    if not rows:
        return None
    lines = [
        Line(
            title=batch.number,
            url=reverse("subsidies:batch", args=[batch.pk]),
            sub=timezone.localtime(batch.made_at).strftime("%Y-%m-%d"),
            due=ngettext("%(number)d payment waits", "%(number)d payments wait", batch.waiting)
            % {"number": batch.waiting},
        )
        for batch in rows
    ]
    return WorkList(
        name="batches-waiting",
        title=_("Batches the bank has not answered"),
        lines=lines,
        total=batches.count(),
        late=None,
        more_url=reverse("subsidies:batches"),
    )


def clawbacks_open(request, _subject):
    """Money still owed, the oldest first."""
    clawbacks = Clawback.objects.visible_to(request.posting).open()
    rows = clawbacks.with_received().select_related("line__resident", "line__claim__employer")
    rows = list(rows.order_by("pk")[:ON_THE_DESK])
    if not rows:
        return None
    lines = [
        Line(
            title=one.debtor,
            url=reverse("subsidies:clawback", args=[one.pk]),
            sub=f"{one.get_cause_display()} · {one.number}",
            due=_("%(sum)s yuan owed") % {"sum": yuan(one.amount - one.received)},
        )
        for one in rows
    ]
    return WorkList(
        name="clawbacks-open",
        title=_("Money asked back"),
        lines=lines,
        total=clawbacks.count(),
        late=None,
        more_url=reverse("subsidies:clawbacks"),
    )


def register_panels(register):
    """`register` is `city.parts.register_panel`."""
    for name, context, permission, order in (
        ("claims_to_pay", claims_to_pay, "subsidies.pay_claims", 60),
        ("batches_waiting", batches_waiting, "subsidies.pay_claims", 61),
        ("clawbacks_open", clawbacks_open, "subsidies.view_funds", 62),
    ):
        register("reviews", name, "city/_worklist.html", context, permission=permission, order=order)
