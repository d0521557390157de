"""What zero-employment households lay on the desks of station and street, and show on a household's page."""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from city.desk import ON_THE_DESK, Line, WorkList
from city.models import Objection
from households.choices import DeclarationState
from households.deadlines import Deadlines, VerifyDays
from households.models import Declaration, ZeroEmploymentEpisode
from households.rosters import members_on
from households.rules import short_address
from households.zero_households import NEVER, detected, episode_rows, head_of, soonest

SOON_DAYS = 7


def _name(household, members, community):
    """How the family is called at the station: its head and where in the community it lives."""
    where = short_address(household.address, community.name)
    where = where or _("Household %(number)s") % {"number": household.number}
    return " · ".join(filter(None, [head_of(members), where]))


def _in_scope(rows, scope, place="household__"):
    return rows.filter(**{f"{place}grid": scope.grid}) if scope.grid else rows


def days_left_words(days):
    if days < 0:
        return ngettext("%(n)s day over", "%(n)s days over", -days) % {"n": -days}
    return ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}


def open_episodes(request, scope):
    """Open episodes by days to their deadline; those where a member works by the ledger say so."""
    episodes = _in_scope(ZeroEmploymentEpisode.objects.open_on(scope.day).visible_to(scope.posting), scope)
    rows, total, late = soonest(episodes, Deadlines(scope.day), ON_THE_DESK)
    lines = [_episode_line(row) for row in rows]
    return WorkList(
        name="episodes",
        title=_("Zero-employment households"),
        lines=lines,
        total=total,
        late=late,
        more_url=reverse("households:episodes"),
        empty=_("No open episode: the community stands at zero."),
    )


def _episode_line(row):
    sub = [row.episode.state_label]
    if row.work.workers:
        sub.append(_("%(name)s works by the ledger: may be eliminated") % {"name": row.work.workers[0].resident.name})
    return Line(
        title=_name(row.episode.household, row.members, row.episode.household.community),
        url=reverse("households:episode", args=[row.episode.pk]),
        sub=" · ".join(map(str, sub)),
        due=days_left_words(row.deadline.days_left),
        late=row.deadline.is_late,
        soon=row.deadline.days_left <= SOON_DAYS,
    )


def found_households(request, scope):
    """Households that lost their last job and nobody has declared yet, the latest first."""
    found = _in_scope(detected(scope.posting, scope.day), scope, place="").select_related("community")
    households = list(found.order_by("-last_job_on", "-pk"))
    if not households:
        return None
    shown = households[:ON_THE_DESK]
    members = members_on([one.pk for one in shown], scope.day)
    deadlines = found_deadlines(households, scope.day)
    may_declare = scope.posting.may("households.declare_households")
    lines = [
        Line(
            title=_name(one, members.get(one.pk, []), scope.posting.area),
            url=reverse("households:household", args=[one.pk]),
            sub=" · ".join(filter(None, [found_words(one), one.eliminated_before and _("again without work")])),
            due=_by(deadlines[one.pk], scope.day) if one.pk in deadlines else "",
            late=one.pk in deadlines and deadlines[one.pk].is_late,
            soon=one.eliminated_before is not None,
            does=_("Declare") if may_declare else "",
            does_url=reverse("households:declare", args=[one.pk]) + "?source=data" if may_declare else "",
        )
        for one in shown
    ]
    return WorkList(
        name="found",
        title=_("Newly without work"),
        lines=lines,
        total=len(households),
        late=sum(one.is_late for one in deadlines.values()),
        more_url=reverse("households:detected"),
    )


def found_deadlines(households, day):
    """`{household id: Deadline}` to verify those found; none where nobody knows since when they are without work."""
    days = VerifyDays(day)
    return {
        one.pk: days.of_found(one, one.last_job_on + timedelta(days=1))
        for one in households
        if one.last_job_on != NEVER
    }


def found_words(household):
    """Since when nobody works in a detected household."""
    if household.last_job_on == NEVER:
        return _("no job of a member is known")
    since = household.last_job_on + timedelta(days=1)
    return _("without work since %(day)s") % {"day": since.isoformat()}


def to_verify(request, scope):
    """Declarations the station has to verify by a visit, those sent back among them."""
    waiting = (DeclarationState.DECLARED, DeclarationState.RETURNED)
    found = _in_scope(Declaration.objects.visible_to(scope.posting).filter(state__in=waiting), scope)
    declarations = list(found.select_related("household__community").order_by("declared_on", "pk"))
    if not declarations:
        return None
    shown = declarations[:ON_THE_DESK]
    members = members_on([one.household_id for one in shown], scope.day)
    days = VerifyDays(scope.day)
    due = {one.pk: days.of(one) for one in declarations}
    lines = [
        Line(
            title=_name(one.household, members.get(one.household_id, []), one.household.community),
            url=reverse("households:declaration", args=[one.pk]),
            sub=f"{one.get_state_display()} · {one.declared_on.isoformat()} {one.get_source_display()}",
            due=_verify_by(one, due[one.pk], scope.day),
            late=due[one.pk].is_late,
            soon=one.state == DeclarationState.RETURNED,
        )
        for one in shown
    ]
    late = sum(one.is_late for one in due.values())
    return WorkList("to-verify", _("Declarations to verify"), lines, len(declarations), late)


def _verify_by(declaration, deadline, today):
    if declaration.state == DeclarationState.RETURNED:
        return _("sent back")
    return _by(deadline, today)


def _by(deadline, today):
    day = deadline.last_on
    return _("by %(day)s") % {"day": f"{day:%m-%d}" if day.year == today.year else day.isoformat()}


def to_decide(request, _subject):
    """Declarations the street has to publicise, and those whose public notice has ended."""
    now = timezone.now()
    waiting = Objection.objects.filter(notice=OuterRef("notice"), upheld=None)
    ended = Q(state=DeclarationState.PUBLICISED, notice__clock__due_at__lt=now) & ~Exists(waiting)
    upheld = Q(state=DeclarationState.PUBLICISED, notice__withdrawn_at__isnull=False)
    found = Declaration.objects.visible_to(request.posting).filter(Q(state=DeclarationState.VERIFIED) | ended | upheld)
    shown = list(
        found.annotate(withdrawn_at=F("notice__withdrawn_at"))
        .select_related("household__community")
        .order_by("declared_on", "pk")[:ON_THE_DESK]
    )
    members = members_on([one.household_id for one in shown], timezone.localdate())
    lines = [
        Line(
            title=_name(one.household, members.get(one.household_id, []), one.household.community),
            url=reverse("households:declaration", args=[one.pk]),
            sub=f"{one.household.community.name} · {one.declared_on.isoformat()} {one.get_source_display()}",
            due=_next_words(one),
            soon=one.withdrawn_at is not None,
        )
        for one in shown
    ]
    return WorkList(
        name="declarations",
        title=_("Zero-employment households to certify"),
        lines=lines,
        total=found.count(),
        more_url=reverse("households:declarations"),
        empty=_("No declaration waits for the street."),
    )


def objected_to(request, objection):
    """The declaration behind the notice of an objection: the notice itself names nobody."""
    declarations = Declaration.objects.visible_to(request.posting).filter(notice=objection.notice_id)
    declaration = declarations.select_related("household").first()
    if declaration is None:
        return None
    home = declaration.household_id
    return {"declaration": declaration, "head": head_of(members_on([home], timezone.localdate()).get(home, []))}


def _next_words(declaration):
    if declaration.state == DeclarationState.VERIFIED:
        return _("to be put on notice")
    return _("objection upheld") if declaration.withdrawn_at else _("to be certified")


def household_panel(request, household):
    """Episodes and declarations of one household, newest first, and whether it may be declared."""
    today = timezone.localdate()
    episodes = list(household.episodes.order_by("-certified_on").select_related("household__community"))
    declarations = list(household.declarations.order_by("-declared_on", "-pk"))
    is_open = any(one.eliminated_on is None and one.withdrawn_on is None for one in episodes)
    under_way = any(one.state in DeclarationState.UNDER_WAY for one in declarations)
    may_declare = request.posting.may("households.declare_households") and not is_open and not under_way
    if not (episodes or declarations or may_declare):
        return None
    return {
        "household": household,
        "rows": episode_rows(episodes, today) if episodes else [],
        "declarations": declarations,
        "may_declare": may_declare,
        "may_open": request.posting.may("households.view_episodes"),
    }
