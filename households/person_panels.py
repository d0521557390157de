"""What the register lays on the page of a person and of a household, and on the desks: hardship applications."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from city import parts
from city.desk import ON_THE_DESK, Line, WorkList
from households.choices import HardshipApplicationState
from households.models import ContactDetails, FourClear, HardshipApplication, LedgerSpan
from households.rules import next_check_on


def _editing(request, resident):
    return {"resident": resident, "may_edit": request.posting.may("households.edit_register")}


def four_clear(request, resident):
    """How much of the four facts is known, and what is missing."""
    row = resident.four_clear.order_by("noted_on").last()
    missing = row.missing if row else FourClear().missing
    asked = len(FourClear.ASKED)
    return {**_editing(request, resident), "row": row, "missing": missing, "known": asked - len(missing), "of": asked}


def contact(request, resident):
    row = ContactDetails.objects.filter(resident=resident).first() or ContactDetails(resident=resident)
    home = resident.memberships.filter(started_on__lte=localdate()).order_by("started_on").last()
    home = home.household if home else None
    return {
        **_editing(request, resident),
        "row": row,
        "home": home,
        "has_phone": bool(resident.phone_hash or row.contact_phone),
        "may_reveal": request.posting.may("households.reveal_numbers"),
    }


@dataclass(frozen=True)
class CertificateLine:
    """A certificate with its last annual check; `due_on` None: ended, no check is due."""

    certificate: object
    last: object
    due_on: object
    is_overdue: bool


def certificates(request, resident):
    today = localdate()
    lines = []
    for one in resident.certificates.prefetch_related("checks").order_by("-issued_on", "-pk"):
        last = max(one.checks.all(), key=lambda check: check.checked_on, default=None)
        due = None if one.ended_on else next_check_on(one.issued_on, last and last.checked_on)
        lines.append(CertificateLine(one, last, due, due is not None and due < today))
    return {**_editing(request, resident), "lines": lines}


def hardship(request, resident):
    may_propose = request.posting.may("households.propose_hardship")
    applications = list(resident.hardship_applications.order_by("-proposed_on", "-pk"))
    if not applications and not may_propose:
        return None
    return {"resident": resident, "applications": applications, "may_propose": may_propose}


def tags(request, household):
    rows = list(household.tags.order_by("started_on", "pk"))
    may_edit = request.posting.may("households.edit_register")
    return {"household": household, "rows": rows, "may_edit": may_edit} if rows or may_edit else None


def to_decide(request, _subject):
    """待审: applications proposed to the street, the oldest first."""
    return _applications(
        request,
        HardshipApplicationState.PROPOSED,
        _("Hardship applications to decide"),
        _("No application waits for a decision."),
    )


def sent_back(request, scope):
    """今日工作: applications the street sent back, of the residents of the grid."""
    return _applications(
        request,
        HardshipApplicationState.RETURNED,
        _("Hardship applications sent back"),
        _("Nothing was sent back."),
        scope,
    )


def _applications(request, state, title, empty, scope=None):
    rows = HardshipApplication.objects.visible_to(request.posting).filter(state=state)
    if scope is not None and scope.grid:
        living = LedgerSpan.objects.in_force_on(scope.day).filter(household__grid=scope.grid)
        rows = rows.filter(resident__in=living.values("resident"))
    shown = list(rows.select_related("resident__community").order_by("proposed_on", "pk")[:ON_THE_DESK])
    lines = [
        Line(
            title=one.resident.name,
            url=reverse("households:hardship_application", args=[one.pk]),
            sub=_about(one, scope),
            due=_("proposed %(day)s") % {"day": one.proposed_on.isoformat()},
        )
        for one in shown
    ]
    return WorkList(
        name=f"hardship-{state}",
        title=title,
        lines=lines,
        total=rows.count(),
        more_url=f"{reverse('households:hardship_applications')}?state={state}",
        empty=empty,
    )


def _about(application, scope):
    category = str(application.get_category_display())
    return category if scope else f"{category} · {application.resident.community.name}"


def register():
    """Everything above at its place."""
    for name, template, context, order in (
        ("four_clear", "households/_four_clear.html", four_clear, 10),
        ("hardship", "households/_hardship.html", hardship, 20),
        ("certificates", "households/_certificates.html", certificates, 30),
        ("contact", "households/_contact.html", contact, 40),
    ):
        parts.register_panel("resident", name, template, context, permission="households.view_residents", order=order)
    parts.register_panel(
        "household", "tags", "households/_tags.html", tags, permission="households.view_households", order=40
    )
    for page, context, permission, order in (
        ("reviews", to_decide, "households.decide_hardship", 10),
        ("today", sent_back, "households.propose_hardship", 40),
    ):
        parts.register_panel(page, "hardship", "city/_worklist.html", context, permission=permission, order=order)
