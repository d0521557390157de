"""What placements lay on the day's work, the reviews, a person's page, a case and an episode."""

from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from city.desk import ON_THE_DESK, Line, WorkList
from households.choices import LabourState
from households.models import LedgerSpan, Resident
from placements.choices import PlacementState, PostState
from placements.models import Offer, Placement, Post

_SHOWN = 10


def _of_the_desk(rows, name, scope):
    """Of persons who live in the grid chosen on the desk; elsewhere, of everybody."""
    grid = getattr(scope, "grid", None)
    if grid is None:
        return rows
    living = LedgerSpan.objects.in_force_on(scope.day).filter(household__grid=grid)
    return rows.filter(**{f"{name}__in": living.values("resident")})


def _line(placement, **more):
    return Line(
        title=placement.resident.name,
        url=reverse("placements:placement", args=[placement.pk]),
        sub=" · ".join(filter(None, [placement.get_channel_display(), placement.employer_name, placement.job])),
        **more,
    )


def to_confirm(request, scope):
    """Reported placements that wait for somebody with the right, those whose first day has come first."""
    today = timezone.localdate()
    waiting = Placement.objects.visible_to(request.posting).filter(state=PlacementState.REPORTED)
    waiting = _of_the_desk(waiting, "resident", scope)
    counts = waiting.aggregate(total=Count("pk"), due=Count("pk", filter=Q(agreed_from__lte=today)))
    rows = waiting.select_related("resident").order_by("agreed_from", "pk")[:ON_THE_DESK]
    return WorkList(
        name="placements-to-confirm",
        title=_("Placements to confirm"),
        lines=[
            _line(
                row,
                due=_("from %(day)s") % {"day": row.agreed_from.isoformat()},
                soon=row.agreed_from <= today,
            )
            for row in rows
        ],
        total=counts["total"],
        late=None,
        note=ngettext("%(n)s began already", "%(n)s began already", counts["due"]) % {"n": counts["due"]}
        if counts["due"]
        else "",
        more_url=_list_of(PlacementState.REPORTED),
        empty=_("No placement waits to be confirmed."),
    )


def in_doubt(request, scope):
    """Placements of which the ledger says otherwise; nothing where there are none."""
    doubtful = _of_the_desk(Placement.objects.visible_to(request.posting).in_doubt(), "resident", scope)
    total = doubtful.count()
    if not total:
        return None
    rows = doubtful.select_related("resident").order_by("pk")[:ON_THE_DESK]
    return WorkList(
        name="placements-in-doubt",
        title=_("Placements in doubt"),
        lines=[_line(row, due=_("The ledger says otherwise"), late=True) for row in rows],
        total=total,
        late=total,
        more_url=_list_of(PlacementState.DISPUTED),
    )


def _list_of(state):
    return f"{reverse('placements:placements')}?{urlencode({'state': state})}"


def reservations(request, scope):
    """Posts held for people of the area, by the days left; nothing where there are none."""
    today = timezone.localdate()
    held = Post.objects.filter(state=PostState.RESERVED, holder__in=Resident.objects.visible_to(request.posting))
    held = _of_the_desk(held, "holder", scope)
    total = held.count()
    if not total:
        return None
    rows = held.select_related("holder", "plan__employer").order_by("held_until", "pk")[:ON_THE_DESK]
    return WorkList(
        name="reservations",
        title=_("Posts reserved for your people"),
        lines=[_reserved(row, (row.held_until - today).days) for row in rows],
        total=total,
        late=None,
    )


def _reserved(post, left):
    return Line(
        title=post.holder.name,
        url=reverse("placements:suggestions", args=[post.holder_id]),
        sub=f"{post.plan.title} · {post.plan.employer.name}",
        due=ngettext("%(n)s day left", "%(n)s days left", max(left, 0)) % {"n": max(left, 0)},
        late=left < 1,
        soon=left < 3,
    )


def placements_of(request, resident):
    """The person's placements and what was put before them."""
    offers = Offer.objects.filter(referral__resident=resident).select_related("referral")
    return _panel(request, resident, list(offers.order_by("-pk")[:_SHOWN]))


def placements_in(request, case):
    """The same on a case's page, which shows its referrals itself."""
    return _panel(request, case.resident, [])


def _panel(request, resident, offers):
    return {
        "resident": resident,
        "placements": list(resident.placements.select_related("spell").order_by("-pk")[:_SHOWN]),
        "offers": offers,
        "lives_here": resident.community_id is not None,
        "may_place": request.posting.may("placements.place_people"),
    }


def jobs_of_members(request, episode):
    """The members of a household in need who look for work, each with the way to jobs that fit."""
    today = timezone.localdate()
    spans = LedgerSpan.objects.in_force_on(today).filter(household=episode.household_id)
    members = spans.filter(state=LabourState.UNEMPLOYED, works_from__lte=today, retires_on__gt=today).select_related(
        "resident"
    )
    members = list(members.order_by("resident__birth_date", "pk"))
    return {"members": members} if members else None


def register_panels(register):
    """`register` is `city.parts.register_panel`."""
    for page, order in (("today", 22), ("reviews", 42)):
        register(
            page,
            "placements_to_confirm",
            "city/_worklist.html",
            to_confirm,
            permission="households.confirm_employment",
            order=order,
        )
        for name, context in (("placements_in_doubt", in_doubt), ("reservations", reservations)):
            order += 1
            register(page, name, "city/_worklist.html", context, permission="placements.place_people", order=order)
    template, permission = "placements/_placements_of.html", "placements.view_placements"
    register("resident", "placements", template, placements_of, permission=permission, order=25)
    register("case", "placements", template, placements_in, permission=permission, order=25)
    register("episode", "jobs", "placements/_jobs_of_members.html", jobs_of_members, permission=permission, order=25)
