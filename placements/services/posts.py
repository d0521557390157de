"""Public-welfare posts from plan to end: every write goes through here."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from city import parameters
from city.choices import AreaLevel
from city.models import Move
from city.moves import NotAllowed, StepRefused, begin, move
from city.numbers import next_number
from city.trail import acting
from config.conflict import Conflict
from households.models import Resident
from placements.choices import PlanState, PostState
from placements.eligibility import standing_of
from placements.models import Placement, Post, PostPlan, PostTransfer
from placements.models.posts import FULL_TIME_HOURS
from placements.rules import needed_wage
from placements.workflow import POST, POST_PLAN


def plan(*, area, values, by, request=None):
    """An application for posts in a community of the posting's area. `values`: fields of `PostPlan`.

    Raises StepRefused("monthly_wage") below the minimum wage in force there for these hours.
    """
    _check_place(area, by, "placements.plan_posts")
    with acting(posting=by, reason=_("Posts planned"), request=request):
        today = timezone.localdate()
        item = PostPlan(area=area, planned_on=today, minimum_wage=_minimum_wage(area, today, values), **values)
        item.number = f"岗申〔{today.year}〕{area.code}-{next_number('post_plan', area, today.year):04}"
        return begin(item, workflow=POST_PLAN, by=by, action="plan", request=request)


def plan_again(*, plan_id, values, version, by, request=None):
    """What the district sent back, put right."""
    with acting(posting=by, reason=_("Planned again"), request=request):
        item = _held_plan(plan_id, by)
        wage = _minimum_wage(item.area, timezone.localdate(), values)
        return move(
            item, "plan_again", workflow=POST_PLAN, by=by, version=version, request=request,
            minimum_wage=wage, **values,
        )  # fmt: skip


def _minimum_wage(area, day, values):
    wage = parameters.minimum_wages().of(area.path_ids, day)
    if wage is None:
        raise StepRefused(
            "monthly_wage", _("No minimum wage is known here: the city office loads the sheet of minimum wages.")
        )
    if values["monthly_wage"] < needed_wage(wage, values["weekly_hours"], FULL_TIME_HOURS):
        raise StepRefused(
            "monthly_wage",
            _("Below the minimum wage of %(wage)s yuan a month for full-time work.") % {"wage": wage},
        )
    return wage


def take_plan_step(*, plan_id, action, version, by, reason="", words="", request=None):
    """A step a button of the application offers; opening it makes its posts, one for each place."""
    with acting(posting=by, reason=_("Step of an application for posts"), request=request):
        item = _held_plan(plan_id, by)
        item = move(
            item, action, workflow=POST_PLAN, by=by, version=version, reason=reason, words=words, request=request
        )
        if item.state == PlanState.OPENED:
            _make_posts(item, by)
        return item


def _make_posts(item, by):
    today = timezone.localdate()
    posts = Post.objects.bulk_create(
        Post(number=f"{item.number.replace('岗申', '岗')}-{turn:03}", plan=item, area=item.area, opened_on=today)
        for turn in range(1, item.headcount + 1)
    )
    now = timezone.now()
    Move.objects.bulk_create(
        Move(
            workflow=POST.name, key=post.pk, action="open", to_state=PostState.OPEN, staff_id=by.staff_id,
            posting=by, at=now,
        )
        for post in posts
    )  # fmt: skip


def reserve(*, post_id, resident_id, by, version=None, request=None):
    """Hold an open post for a person for the days the parameter allows. One post a person, one person a post.

    Raises Conflict when somebody was quicker, StepRefused("resident") when the person may not hold it.
    """
    with acting(posting=by, reason=_("Post reserved"), request=request):
        if not by.may("placements.place_people"):
            raise NotAllowed
        resident = Resident.objects.visible_to(by).filter(pk=resident_id).first()
        post = Post.objects.visible_to(by).select_related("plan", "area").filter(pk=post_id).first()
        if resident is None:
            raise NotAllowed
        if post is None:
            raise Conflict(_("This post is no longer open."))
        check_fit(post, standing_of(resident, timezone.localdate()))
        return hold(post, resident, version=post.version if version is None else version, by=by, request=request)


def hold(post, resident, *, version, by, request=None):
    """The step by which an open post is kept for a person from today on."""
    held_until = reservation_ends(post.area, timezone.localdate())
    try:
        with transaction.atomic():
            return move(
                post, "reserve", workflow=POST, by=by, version=version, request=request,
                holder=resident, held_until=held_until,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict(_("This person has a post or a reservation already.")) from error


def reservation_ends(area, day):
    """The last day of a reservation made on `day`."""
    return day + timedelta(days=parameters.value("post_reservation_days", area, day))


def why_not(post, standing):
    """Every reason why the person may not hold this post, in words; empty: they may."""
    refusals = list(standing.refusals)
    if post.plan.landless_only and not standing.landless:
        refusals.append(_("This post is kept for landless farmers."))
    return " ".join(map(str, refusals))


def check_fit(post, standing):
    """StepRefused with every reason why the person may not hold this post."""
    if told := why_not(post, standing):
        raise StepRefused("resident", told)


def take_post_step(*, post_id, action, version, by, reason="", words="", request=None):
    """A step a button of the post offers: release a reservation, end the post."""
    with acting(posting=by, reason=_("Step of a post"), request=request):
        post = Post.objects.select_related("area").filter(pk=post_id).first()
        if post is None or not _may_touch(post, by):
            raise NotAllowed
        if action == "release":
            _check_not_reported(post)
        fields = {"release": {"holder": None, "held_until": None}, "end": {"opened_on": None}}.get(action, {})
        return move(
            post, action, workflow=POST, by=by, version=version, reason=reason, words=words, request=request, **fields
        )


def _check_not_reported(post):
    placement = post.placements.live().filter(resident=post.holder_id).first()
    if placement is not None:
        told = _(
            "A placement was reported for this post: %(number)s. Confirm it, or say there that it did not come about."
        )
        raise StepRefused("action", told % {"number": placement.number})


def _may_touch(post, by):
    """The offices of the post's place, and those of the person it is held for."""
    if post.area.path.startswith(by.area.path):
        return True
    return post.holder_id is not None and Resident.objects.visible_to(by).filter(pk=post.holder_id).exists()


def transfer(*, post_id, to_area, version, reason, words, by, request=None):
    """Move an open post to another community: the city anywhere, a district within itself. Both sides see it."""
    with acting(posting=by, reason=_("Post moved"), request=request):
        post = Post.objects.run_by(by).select_related("area").filter(pk=post_id).first()
        if post is None or not to_area.path.startswith(by.area.path):
            raise NotAllowed
        if to_area.level != AreaLevel.COMMUNITY or to_area.pk == post.area_id:
            raise StepRefused("to_area", _("Choose another community."))
        origin = post.area
        post = move(
            post, "transfer", workflow=POST, by=by, version=version, words=words, request=request, area=to_area
        )
        PostTransfer.objects.create(
            post=post,
            from_area=origin,
            to_area=to_area,
            moved_on=timezone.localdate(),
            reason=reason,
            words=words,
            staff=by.staff,
        )
        return post


def release_overdue(day):
    """Nightly: reservations whose days are over are open again, unless a placement was reported. Their number."""
    reported = Placement.objects.live().filter(post=OuterRef("pk"), resident=OuterRef("holder"))
    over = Post.objects.filter(~Exists(reported), state=PostState.RESERVED, held_until__lt=day)
    late = list(over.values_list("pk", flat=True))
    with acting(reason="reservations_over"):
        for post in Post.objects.filter(pk__in=late).select_for_update(of=("self",)):
            released = Post.objects.filter(pk=post.pk, version=post.version, state=PostState.RESERVED)
            released.update(state=PostState.OPEN, holder=None, held_until=None, version=post.version + 1)
    return len(late)


def _check_place(area, by, permission):
    if not by.may(permission) or not area.path.startswith(by.area.path):
        raise NotAllowed
    if area.level != AreaLevel.COMMUNITY:
        raise StepRefused("area", _("Choose a community."))


def _held_plan(plan_id, by):
    plans = PostPlan.objects.visible_to(by).select_for_update(of=("self",)).select_related("area")
    item = plans.filter(pk=plan_id).first()
    if item is None:
        raise NotAllowed
    return item
