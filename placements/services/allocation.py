"""City-wide allocation: propose who goes where, change it by hand, carry it out in one transaction."""

from collections import defaultdict
from datetime import timedelta
from math import ceil

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistance.choices import CaseState, ServiceKind
from assistance.models import Case, Referral, Service
from city import jobs, parameters
from city.choices import AreaLevel
from city.models import Area, Move
from city.moves import NotAllowed, StepRefused, begin, move
from city.numbers import next_number
from city.trail import acting
from config.conflict import Conflict
from households.models import HardshipCertification
from placements import allocation
from placements.choices import Chosen, Hours, LeftOut, PostState, ProposalState
from placements.eligibility import standings
from placements.models import JobSeeker, Offer, PersonLeftOut, Post, Proposal, ProposedPair
from placements.models.posts import FULL_TIME_HOURS
from placements.rules import rank_of
from placements.waiting import waiting
from placements.workflow import POST, PROPOSAL

_SHOWN = 10
_CHUNK = 2_000
_MOST_AT_ONCE = 2_000_000
_JOB = "propose_allocation"
_MAY_BE_REFERRED = (CaseState.VERIFIED, CaseState.COMMITTED, CaseState.PLACING)


def is_big(area):
    """Whether a proposal for the area takes so long that it is a job for the background."""
    people = waiting(area, timezone.localdate()).count()
    return people * Post.objects.open().filter(area__path__startswith=area.path).count() > _MOST_AT_ONCE


def propose_later(*, area, by, weights, quotas, farthest):
    """The run of the job that makes the proposal."""
    _check_may_propose(area, by)
    asked = {"area": area.pk, "weights": weights, "quotas": list(quotas.items()), "farthest": farthest}
    return jobs.enqueue(_JOB, posting=by, parameters=asked)


@jobs.job(_JOB)
def propose_in_background(run):
    asked = run.parameters
    proposal = propose(
        area=Area.objects.visible_to(run.posting).get(pk=asked["area"]),
        by=run.posting,
        weights=asked["weights"],
        quotas=dict(asked["quotas"]),
        farthest=asked["farthest"],
        tell=lambda done, total: jobs.progress(run, done, total),
    )
    return {"name": proposal.number, "address": reverse("placements:proposal", args=[proposal.pk])}


def _check_may_propose(area, by):
    if not by.may("placements.allocate_posts") or not area.path.startswith(by.area.path):
        raise NotAllowed


def propose(
    *, area, by, weights=None, quotas=None, farthest=allocation.ANYWHERE, tell=lambda done, total: None, request=None
):
    """A proposal for everybody who waits in the area and every post that is open there, as of today.

    `tell(done, total)` hears of the progress, in people.
    """
    _check_may_propose(area, by)
    today = timezone.localdate()
    weights = allocation.DEFAULT_WEIGHTS | (weights or {})
    residents = waiting(area, today).values("resident")
    found = standings(residents, today)
    people = _people(found, residents, today)
    posts = _open_posts(area)
    tell(len(found) // 3, len(found))
    result = allocation.propose(people, posts, _divisions(), weights=weights, quotas=quotas or {}, farthest=farthest)
    tell(2 * len(found) // 3, len(found))
    with acting(posting=by, reason=_("Allocation proposed"), request=request):
        proposal = Proposal(
            number=f"调〔{today.year}〕{area.code}-{next_number('proposal', area, today.year):03}",
            area=area,
            made_at=timezone.now(),
            made_by=by.staff,
            as_of=today,
            weights=weights | {"farthest": farthest},
            quotas={str(key): most for key, most in (quotas or {}).items()},
            posts_open=len(posts),
            people_waiting=len(found),
        )
        begin(proposal, workflow=PROPOSAL, by=by, action="propose", request=request)
        _write(proposal, result, found)
    tell(len(found), len(found))
    return proposal


def _people(found, resident_ids, day):
    """Those who may hold a post now, in the order in which they wait. `resident_ids`: ids, or a query of ids."""
    rows = HardshipCertification.objects.in_force_on(day).filter(resident__in=resident_ids)
    certified = dict(rows.order_by("-certified_on").values_list("resident_id", "certified_on"))
    searches = JobSeeker.objects.in_force_on(day).filter(resident__in=resident_ids)
    wishes = {
        one["resident_id"]: one
        for one in searches.values("resident_id", "post_category", "wage_wished", "hours", "area_id")
    }
    district_of = _districts()
    people = []
    for resident_id, standing in found.items():
        if standing.refusals:
            continue
        wish = wishes.get(resident_id, {})
        person = allocation.Person(
            id=resident_id,
            start=wish.get("area_id") or standing.community_id,
            district=district_of[standing.community_id],
            rank=rank_of(standing.priority),
            wish=wish.get("post_category") or "",
            wage=ceil(wish.get("wage_wished") or 0),
            hours=wish.get("hours") or Hours.ANY.value,
            landless=standing.landless,
        )
        people.append((person.rank, certified.get(resident_id, day), resident_id, person))
    return [person for *_order, person in sorted(people, key=lambda one: one[:3])]


def _divisions():
    return allocation.Divisions(dict(Area.objects.divisions().values_list("pk", "parent")))


def _districts():
    """`{community id: district id}`"""
    communities = Area.objects.filter(level=AreaLevel.COMMUNITY)
    return dict(communities.values_list("pk", "parent__parent"))


def _open_posts(area, **chosen):
    rows = Post.objects.open().filter(area__path__startswith=area.path, **chosen).order_by("number")
    return [
        allocation.OpenPost(
            id=key,
            community=community,
            category=category,
            wage=int(wage),
            full_time=hours >= FULL_TIME_HOURS,
            landless_only=landless_only,
        )
        for key, community, category, wage, hours, landless_only in rows.values_list(
            "pk", "area", "plan__category", "plan__monthly_wage", "plan__weekly_hours", "plan__landless_only"
        )
    ]


def _write(proposal, result, found):
    ProposedPair.objects.bulk_create(
        (
            ProposedPair(
                proposal=proposal,
                resident_id=person.id,
                post_id=post.id,
                priority=found[person.id].priority,
                cost=cost,
                reasons=[list(reason) for reason in reasons],
            )
            for person, post, cost, reasons in result.pairs
        ),
        batch_size=_CHUNK,
    )
    left = [(person.id, limit) for person, limit in result.left_out]
    left += [(key, LeftOut.GUARD) for key, standing in found.items() if standing.refusals]
    PersonLeftOut.objects.bulk_create(
        (
            PersonLeftOut(proposal=proposal, resident_id=key, limit=limit, priority=found[key].priority)
            for key, limit in left
        ),
        batch_size=_CHUNK,
    )


def change_pair(*, proposal_id, resident_id, post_id, version, by, request=None):
    """Set by hand which post a person is to get; None: none. Whoever had that post in the proposal is left out.

    A change by hand stands until the proposal is carried out or dropped.
    """
    with acting(posting=by, reason=_("Proposal changed by hand"), request=request):
        proposal = _held(proposal_id, version, by)
        known = ProposedPair.objects.filter(proposal=proposal, resident=resident_id).first()
        left = PersonLeftOut.objects.filter(proposal=proposal, resident=resident_id).first()
        if known is None and left is None:
            raise StepRefused("resident", _("This person is not part of the proposal."))
        if known is not None:
            known.delete()
        if post_id is None:
            _leave_out(proposal, resident_id, (known or left).priority)
        else:
            _pair_by_hand(proposal, resident_id, post_id)
        Proposal.objects.filter(pk=proposal.pk).update(version=version + 1)
        proposal.refresh_from_db()
        return proposal


def _pair_by_hand(proposal, resident_id, post_id):
    reasons = reasons_for(proposal, resident_id, [post_id]).get(post_id)
    if reasons is None:
        raise StepRefused("post", _("This post is not open to this person."))
    other = ProposedPair.objects.filter(proposal=proposal, post=post_id).first()
    if other is not None:
        other.delete()
        _leave_out(proposal, other.resident_id, other.priority)
    standing = standings({resident_id}, timezone.localdate())[resident_id]
    PersonLeftOut.objects.filter(proposal=proposal, resident=resident_id).delete()
    ProposedPair.objects.create(
        proposal=proposal,
        resident_id=resident_id,
        post_id=post_id,
        priority=standing.priority,
        cost=sum(points for _code, points in reasons),
        reasons=[list(reason) for reason in reasons],
        chosen=Chosen.HAND,
    )


def reasons_for(proposal, resident_id, post_ids):
    """`{post id: reasons}` of one person before these posts, None where the person may not have it.

    A post that is not open in the proposal's area is left out. Raises StepRefused when the person may have none.
    """
    today = timezone.localdate()
    standing = standings({resident_id}, today).get(resident_id)
    if standing is None:
        raise StepRefused("resident", _("This person lives in no community of the city."))
    if standing.refusals:
        raise StepRefused("resident", " ".join(map(str, standing.refusals)))
    (person,) = _people({resident_id: standing}, {resident_id}, today)
    divisions = _divisions()
    return {
        post.id: allocation.reasons_of(
            person, post, divisions.steps_up(person.start, post.community), proposal.weights
        )
        for post in _open_posts(proposal.area, pk__in=post_ids)
    }


def _leave_out(proposal, resident_id, priority):
    PersonLeftOut.objects.update_or_create(
        proposal=proposal, resident_id=resident_id, defaults={"limit": LeftOut.BY_HAND, "priority": priority}
    )


def _held(proposal_id, version, by):
    if not by.may("placements.allocate_posts"):
        raise NotAllowed
    proposal = Proposal.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=proposal_id).first()
    if proposal is None:
        raise NotAllowed
    if proposal.version != version or proposal.state != ProposalState.PROPOSED:
        raise Conflict(_("The proposal was changed meanwhile."))
    return proposal


def drop(*, proposal_id, version, by, words="", request=None):
    with acting(posting=by, reason=_("Proposal dropped"), request=request):
        proposal = _held(proposal_id, version, by)
        return move(proposal, "drop", workflow=PROPOSAL, by=by, version=version, words=words, request=request)


def commit(*, proposal_id, version, by, words="", request=None):
    """Every pair becomes a reservation and a referral, or none does: what was taken meanwhile is told by name."""
    with transaction.atomic(), acting(posting=by, reason=_("Allocation carried out"), request=request):
        proposal = _held(proposal_id, version, by)
        list(Post.objects.filter(pk__in=proposal.pairs.values("post")).order_by("pk").select_for_update().values("pk"))
        pairs = list(proposal.pairs.select_related("resident", "post__plan__employer", "post__area").order_by("pk"))
        _check_free(proposal, pairs)
        try:
            with transaction.atomic():
                _reserve(proposal, pairs, by)
        except IntegrityError as error:
            raise Conflict(_("Somebody was quicker: the post or the person is taken.")) from error
        _refer(proposal, pairs, by)
        return move(proposal, "commit", workflow=PROPOSAL, by=by, version=version, words=words, request=request)


def _check_free(proposal, pairs):
    """Each post is still open, and each person still waits and may hold one."""
    today = timezone.localdate()
    residents = proposal.pairs.values("resident")
    found = standings(residents, today)
    still = set(waiting(proposal.area, today).filter(resident__in=residents).values_list("resident", flat=True))
    stale = [
        f"{pair.resident.name}–{pair.post.number}"
        for pair in pairs
        if pair.post.state != PostState.OPEN or pair.resident_id not in still or found[pair.resident_id].refusals
    ]
    if stale:
        message = ngettext(
            "%(count)s pair is no longer possible: %(pairs)s. Change it by hand, or propose anew.",
            "%(count)s pairs are no longer possible: %(pairs)s. Change them by hand, or propose anew.",
            len(stale),
        ) % {"count": len(stale), "pairs": "、".join(stale[:_SHOWN])}
        raise StepRefused("action", message)


def _reserve(proposal, pairs, by):
    now, today = timezone.now(), timezone.localdate()
    days = parameters.dated_all()["post_reservation_days"]
    alike = defaultdict(set)  # days: communities where a reservation lasts so long
    for pair in pairs:
        alike[days.of(pair.post.area.path_ids, today)].add(pair.post.area_id)
    chosen = proposal.pairs.filter(post=OuterRef("pk"))
    for lasting, communities in alike.items():
        Post.objects.filter(pk__in=proposal.pairs.values("post"), area__in=communities).update(
            state=PostState.RESERVED,
            holder=Subquery(chosen.values("resident")),
            held_until=today + timedelta(days=lasting),
            version=F("version") + 1,
        )
    Move.objects.bulk_create(
        (
            Move(
                workflow=POST.name, key=pair.post_id, action="reserve", from_state=PostState.OPEN,
                to_state=PostState.RESERVED, staff_id=by.staff_id, posting=by, at=now,
            )
            for pair in pairs
        ),
        batch_size=_CHUNK,
    )  # fmt: skip


def _refer(proposal, pairs, by):
    today = timezone.localdate()
    open_cases = Case.objects.filter(state__in=_MAY_BE_REFERRED, resident__in=proposal.pairs.values("resident"))
    cases = dict(open_cases.values_list("resident_id", "pk"))
    referrals = Referral.objects.bulk_create(
        (
            Referral(
                resident_id=pair.resident_id,
                case_id=cases.get(pair.resident_id),
                employer_name=pair.post.plan.employer.name,
                job=pair.post.plan.title,
                monthly_wage=pair.post.plan.monthly_wage,
                referred_on=today,
                staff=by.staff,
            )
            for pair in pairs
        ),
        batch_size=_CHUNK,
    )
    Offer.objects.bulk_create(
        (Offer(referral=referral, post_id=pair.post_id) for referral, pair in zip(referrals, pairs, strict=True)),
        batch_size=_CHUNK,
    )
    Service.objects.bulk_create(
        (
            Service(
                resident_id=pair.resident_id, case_id=cases.get(pair.resident_id), kind=ServiceKind.JOB_OFFER,
                provided_on=today, words=pair.post.plan.title, staff=by.staff,
            )
            for pair in pairs
        ),
        batch_size=_CHUNK,
    )  # fmt: skip
