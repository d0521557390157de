"""Posts and vacancies put before a person. The referral is assistance's, with its rules; here it learns of what."""

from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.choices import ReferralAnswer
from assistance.services import referrals
from city.moves import NotAllowed, move
from city.trail import acting
from config.conflict import Conflict
from placements.choices import PostState
from placements.models import Offer, Placement, Post, Vacancy
from placements.services import posts
from placements.workflow import POST

_PLACE = "placements.place_people"


def offer_post(*, resident_id, post_id, by, request=None):
    """Reserve an open post for a person and put it before them; one reserved for them already is put before them.

    Raises Conflict when somebody was quicker, StepRefused when the person may not hold it or their case forbids it.
    """
    with acting(posting=by, reason=_("Post offered"), request=request):
        post = Post.objects.filter(pk=post_id, state=PostState.RESERVED, holder=resident_id).first()
        if post is None:
            post = posts.reserve(post_id=post_id, resident_id=resident_id, by=by, request=request)
        referral = _introduce(
            resident_id, by, request, {"offer__post": post},
            employer_name=post.plan.employer.name, job=post.plan.title, monthly_wage=post.plan.monthly_wage,
        )  # fmt: skip
        return Offer.objects.create(referral=referral, post=post)


def offer_vacancy(*, resident_id, vacancy_id, by, request=None):
    with acting(posting=by, reason=_("Vacancy offered"), request=request):
        vacancies = Vacancy.objects.visible_to(by).open_on(timezone.localdate())
        vacancy = vacancies.select_related("employer").filter(pk=vacancy_id).first()
        if vacancy is None:
            raise Conflict(_("This vacancy is no longer published."))
        referral = _introduce(
            resident_id, by, request, {"offer__vacancy": vacancy},
            employer_name=vacancy.employer.name, job=vacancy.title, monthly_wage=vacancy.wage_from,
        )  # fmt: skip
        return Offer.objects.create(referral=referral, vacancy=vacancy)


def _introduce(resident_id, by, request, target, **job):
    referral = referrals.introduce(resident_id=resident_id, by=by, permission=_PLACE, request=request, **job)
    others = referral.resident.referrals.exclude(pk=referral.pk)
    if others.filter(answer=ReferralAnswer.WAITING, **target).exists():
        raise Conflict(_("This was put before the person already, and waits for an answer."))
    return referral


def answer(*, referral_id, by, request=None, **told):
    """What came of an offer. `told`: answer, answered_on, reason, words."""
    offer = Offer.objects.visible_to(by).filter(pk=referral_id).first()
    if offer is None:
        raise NotAllowed
    return referrals.answer(referral_id=referral_id, by=by, permission=_PLACE, request=request, **told)


def release_refused(fact):
    """Nobody took the post put before them, wherever that was said: it is open again."""
    offer = Offer.objects.select_related("referral").filter(pk=fact.referral_id, post__isnull=False).first()
    if offer is None or offer.referral.answer == ReferralAnswer.HIRED:
        return
    post = Post.objects.select_for_update(of=("self",)).get(pk=offer.post_id)
    kept = Placement.objects.live().filter(post=post).exists()
    if post.state == PostState.RESERVED and post.holder_id == offer.referral.resident_id and not kept:
        move(
            post, "release", workflow=POST, by=fact.by, version=post.version, holder=None, held_until=None,
        )  # fmt: skip


def is_to_be_told_by(posting, case):
    """Whether this posting may put a job before somebody with this open case (or none) and write the answer."""
    return posting.may(_PLACE) and (case is None or posting.may("assistance.work_cases"))
