"""What the printed forms of the register say: F1 application and certification of a zero-employment household, F2 of a
hardship person, the household card and the visit sheet of a grid.
"""

from django.db.models import Max, Q
from django.utils import timezone

from city.choices import AreaLevel
from city.models import Area
from city.moves import history
from city.paper import Form, qr, register
from households import workflow
from households.choices import DeclarationState, HardshipApplicationState, VisitOutcome
from households.models import Declaration, HardshipApplication, ZeroEmploymentEpisode
from households.profiles import members_of, profiles_on
from households.rosters import members_on
from households.visiting import in_walking_order


def _day(day):
    return f"{day:%Y-%m-%d}" if day else ""


def _low_income(household, day):
    point = household.low_income_points.filter(started_on__lte=day).order_by("-started_on").first()
    return "" if point is None else "是" if point.low_income else "否"


def _head(members):
    return next((one.resident.name for one in members if one.membership.relation == "head"), "")


def _said(moves, *actions):
    """The last words written with one of these steps; without any, what the step was."""
    told = [f"{one.words or one.label}（{one.staff}，{timezone.localtime(one.at):%Y-%m-%d}）" for one in moves
            if one.action in actions]  # fmt: skip
    return told[-1] if told else ""


def _stands_on(moves, is_open):
    """The day a form speaks of: today while it goes its way, and the day of the last step once it is decided."""
    return timezone.localdate() if is_open or not moves else timezone.localdate(moves[-1].at)


def _declaration(declaration, posting):
    household = declaration.household
    moves = history(declaration, workflow.DECLARATION)
    day = _stands_on(moves, declaration.state in DeclarationState.UNDER_WAY)
    members, _past = members_of(household, day)
    notice, episode, visit = declaration.notice, declaration.episode, declaration.visit
    publicity = ""
    if notice:
        until = _day(timezone.localtime(notice.clock.due_at)) if notice.clock.due_at else ""
        publicity = f"{_day(timezone.localtime(notice.clock.started_at))} 至 {until}"
    return {
        "station": household.community.name,
        "household": household.number,
        "head": _head(members),
        "phone": next((one.resident.phone for one in members if one.membership.relation == "head"), ""),
        "size": len(members),
        "of_age": sum(one.works for one in members),
        "declared_on": _day(declaration.declared_on),
        "source": declaration.get_source_display(),
        "address": household.address,
        "low_income": _low_income(household, day),
        "words": declaration.words,
        "members": [
            [
                one.resident.name, one.membership.get_relation_display(), one.resident.id_number, one.age,
                str(one.state), _day(one.spell.started_on) if one.spell else "",
            ]
            for one in members
        ],
        "visit": f"{_day(visit.visited_on)} {visit.visitor} 入户，{visit.get_outcome_display()}" if visit else "",
        "station_opinion": _said(moves, "verify"),
        "street_opinion": _said(moves, "publicise", "certify", "send_back", "reject"),
        "publicity": publicity,
        "result": f"{_day(episode.certified_on)} 认定，卡号 {episode.card_number}" if episode else "",
    }  # fmt: skip


def _hardship(application, posting):
    resident = application.resident
    moves = history(application, workflow.HARDSHIP)
    is_open = application.state in (HardshipApplicationState.PROPOSED, HardshipApplicationState.RETURNED)
    (profile,) = profiles_on([resident], _stands_on(moves, is_open))
    proof = " ".join(filter(None, [application.get_proof_display(), application.proof_words]))
    return {
        "name": resident.name,
        "sex": resident.get_sex_display(),
        "number": resident.id_number,
        "age": profile.age,
        "hukou": resident.get_hukou_display(),
        "education": resident.get_education_display(),
        "phone": resident.phone,
        "station": resident.community.name if resident.community else "",
        "address": profile.household.address if profile.household else "",
        "category": application.get_category_display(),
        "proof": proof,
        "proposed_on": _day(application.proposed_on),
        "valid_until": _day(application.valid_until),
        "state": f"{profile.state}{f'，{_day(profile.spell.started_on)}起' if profile.spell else ''}",
        "station_opinion": _said(moves, "propose", "correct"),
        "street_opinion": _said(moves, "certify", "refuse", "send_back"),
    }


def _card(episode, posting):
    household = episode.household
    members, _past = members_of(household, timezone.localdate())
    card = episode.card_number or f"{household.community.code}-{household.number}"
    return {
        "card": card,
        "head": _head(members),
        "station": household.community.name,
        "household": household.number,
        "certified_on": _day(episode.certified_on),
        "responsible": episode.responsible.name if episode.responsible else "",
        "qr": qr(card),
    }


def _visits(place, posting):
    """Every household of a grid, or of a community, where somebody lives, in the order of a walk."""
    today = timezone.localdate()
    is_grid = place.level == AreaLevel.GRID
    community = place.parent if is_grid else place
    households = place.grid_households if is_grid else place.households
    completed = Q(visits__outcome=VisitOutcome.COMPLETED, visits__superseded=False)
    households = households.select_related("grid").annotate(seen_on=Max("visits__visited_on", filter=completed))
    households = in_walking_order(households, community)
    members = members_on([household.pk for household in households], today)
    coordinator = place.coordinators.in_force_on(today).select_related("staff").first() if is_grid else None
    return {
        "station": community.name,
        "grid": place.name if is_grid else "",
        "coordinator": coordinator.staff.name if coordinator else "",
        "month": f"{today:%Y年%m月}",
        "households": [
            [
                household.number,
                household.address.removeprefix(community.parent.name).removeprefix(community.name),
                "；".join(_told(one, today) for one in members[household.pk]),
                _day(household.seen_on),
                *[""] * 4,
            ]
            for household in households
            if household.pk in members
        ],
    }


def _told(membership, today):
    """Who it is and what they do; of whoever is too young or retired nothing is asked."""
    works = membership.resident.works_from <= today < membership.resident.retires_on
    state = membership.spell.get_state_display() if membership.spell else "未调查" if works else ""
    told = "，".join(filter(None, [membership.get_relation_display(), state]))
    return f"{membership.resident.name}（{told}）"


def register_forms():
    related = {
        "declaration": ("household__community", "notice__clock", "episode", "visit"),
        "application": ("resident__community",),
        "episode": ("household__community", "responsible"),
    }
    for form in (
        Form(
            "declaration",
            "零就业家庭申请认定表",
            "declaration.typ",
            "declaration",
            lambda posting, key: (
                Declaration.objects.visible_to(posting).select_related(*related["declaration"]).get(pk=key)
            ),
            _declaration,
        ),
        Form(
            "hardship",
            "就业困难人员认定申请表",
            "hardship.typ",
            "hardship",
            lambda posting, key: (
                HardshipApplication.objects.visible_to(posting).select_related(*related["application"]).get(pk=key)
            ),
            _hardship,
        ),
        Form(
            "card",
            "零就业家庭卡",
            "card.typ",
            "episode",
            lambda posting, key: (
                ZeroEmploymentEpisode.objects.visible_to(posting).select_related(*related["episode"]).get(pk=key)
            ),
            _card,
        ),
        Form(
            "visits",
            "入户走访表",
            "visits.typ",
            "place",
            lambda posting, key: (
                Area.objects.visible_to(posting)
                .filter(level__in=[AreaLevel.GRID, AreaLevel.COMMUNITY])
                .select_related("parent")
                .get(pk=key)
            ),
            _visits,
        ),
    ):
        register(form)
