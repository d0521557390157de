"""A post or a vacancy put before a person: the referral follows the rules of assistance, the post those of posts."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from assistance.choices import CaseState, ReferralAnswer, ServiceKind
from assistance.models import Case, Referral
from assistance.services import referrals
from city.choices import Role
from city.models import Move
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from placements.choices import PostState
from placements.models import Offer, Vacancy
from placements.services import offers, posts
from tests.assistance.case_desk import case_in, elsewhere, make_person, open_case
from tests.city.factories import PostingFactory
from tests.households.factories import HouseholdFactory
from tests.placements.post_desk import another, make_post_desk, open_posts, open_vacancy

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return make_post_desk()


def offered(desk, post, person=None, by=None):
    return offers.offer_post(resident_id=(person or desk.person).pk, post_id=post.pk, by=by or desk.clerk)


def answered(offer, answer, by, **told):
    return offers.answer(referral_id=offer.pk, answer=answer, answered_on=timezone.localdate(), by=by, **told)


def test_a_post_is_reserved_and_becomes_a_referral_without_a_case(desk):
    (post,) = open_posts(desk)
    offer = offered(desk, post)
    post.refresh_from_db()
    referral = offer.referral
    assert (post.state, post.holder_id) == (PostState.RESERVED, desk.person.pk)
    assert (referral.case_id, referral.job, referral.monthly_wage) == (None, "保洁员", Decimal("2490"))
    assert desk.person.services.get().kind == ServiceKind.JOB_OFFER


def test_an_open_case_gets_the_referral_and_goes_on_to_placing(desk):
    (post,) = open_posts(desk)
    case = case_in(desk, CaseState.COMMITTED)
    assert offered(desk, post).referral.case == case
    case.refresh_from_db()
    assert case.state == CaseState.PLACING


def test_a_case_not_verified_yet_refuses_and_nothing_is_reserved(desk):
    (post,) = open_posts(desk)
    open_case(desk)
    with pytest.raises(StepRefused):
        offered(desk, post)
    post.refresh_from_db()
    assert post.state == PostState.OPEN
    assert not Referral.objects.exists()


def test_a_post_taken_meanwhile_is_a_conflict_wherever_it_lies(desk):
    (post,) = open_posts(desk)
    offered(desk, post)
    far = elsewhere(desk.community)
    clerk = PostingFactory(area=far, role=Role.STATION_CLERK)
    with pytest.raises(Conflict):
        offered(desk, post, make_person(HouseholdFactory(community=far)), by=clerk)


def test_the_same_thing_is_put_before_somebody_once(desk):
    (post,) = open_posts(desk)
    vacancy = open_vacancy(desk)
    told = {"resident_id": desk.person.pk, "by": desk.clerk}
    offered(desk, post)
    offers.offer_vacancy(vacancy_id=vacancy.pk, **told)
    for again in (
        lambda: offered(desk, post),
        lambda: offers.offer_vacancy(vacancy_id=vacancy.pk, **told),
    ):
        with pytest.raises(Conflict):
            again()
    assert Offer.objects.count() == Referral.objects.count() == 2


def test_a_vacancy_whose_validity_is_over_is_not_offered(desk):
    vacancy = open_vacancy(desk)
    Vacancy.objects.update(valid_from=timezone.localdate() - timedelta(days=9))
    Vacancy.objects.update(valid_until=timezone.localdate() - timedelta(days=1))
    with pytest.raises(Conflict):
        offers.offer_vacancy(resident_id=desk.person.pk, vacancy_id=vacancy.pk, by=desk.clerk)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ReferralAnswer.REFUSED_BY_PERSON, "dislike"),
        (ReferralAnswer.NO_SHOW, "none_given"),
        (ReferralAnswer.REFUSED_BY_EMPLOYER, ""),
    ],
)
def test_a_post_nobody_took_is_open_again(desk, answer, reason):
    (post,) = open_posts(desk)
    answered(offered(desk, post), answer, desk.clerk, reason=reason)
    post.refresh_from_db()
    assert (post.state, post.holder) == (PostState.OPEN, None)
    assert Move.objects.filter(workflow="placements.post", key=post.pk, action="release").count() == 1


def test_hired_keeps_the_reservation_for_the_report(desk):
    (post,) = open_posts(desk)
    answered(offered(desk, post), ReferralAnswer.HIRED, desk.clerk)
    post.refresh_from_db()
    assert post.state == PostState.RESERVED


def test_an_answer_written_on_the_case_frees_the_post_as_well(desk):
    (post,) = open_posts(desk)
    case_in(desk, CaseState.VERIFIED)
    Case.objects.update(accepts_any_suitable_job=False)
    offer = offered(desk, post)
    referrals.answer(
        referral_id=offer.pk,
        answer=ReferralAnswer.REFUSED_BY_EMPLOYER,
        answered_on=timezone.localdate(),
        by=desk.clerk,
    )
    post.refresh_from_db()
    assert post.state == PostState.OPEN


def test_a_refusal_needs_its_reason_and_leaves_the_post_reserved(desk):
    (post,) = open_posts(desk)
    offer = offered(desk, post)
    with pytest.raises(StepRefused) as refused:
        answered(offer, ReferralAnswer.NO_SHOW, desk.clerk)
    assert refused.value.field == "reason"
    post.refresh_from_db()
    assert post.state == PostState.RESERVED


def test_three_refusals_without_good_reason_end_the_promise(desk):
    case = case_in(desk, CaseState.COMMITTED)
    for post in open_posts(desk, headcount=3):
        case.refresh_from_db()
        assert case.promise.is_owed
        answered(offered(desk, post), ReferralAnswer.REFUSED_BY_PERSON, desk.clerk, reason="dislike")
    case = Case.objects.get(pk=case.pk)
    assert case.promise.void_reason == "refusals"


def test_two_answers_to_one_offer_conflict(desk):
    offer = offered(desk, open_posts(desk)[0])
    answered(offer, ReferralAnswer.HIRED, desk.clerk)
    with pytest.raises(Conflict):
        answered(offer, ReferralAnswer.REFUSED_BY_EMPLOYER, desk.clerk)


def test_the_street_tells_of_people_without_a_case_and_leaves_cases_to_the_station(desk):
    first, second = open_posts(desk, headcount=2)
    answered(offered(desk, first, by=desk.street), ReferralAnswer.REFUSED_BY_EMPLOYER, desk.street)
    person = another(desk)
    case_in(desk, CaseState.VERIFIED, person)
    with pytest.raises(NotAllowed):
        offered(desk, second, person, by=desk.street)
    second.refresh_from_db()
    assert second.state == PostState.OPEN


def test_nobody_offers_beyond_their_area_or_their_right(desk):
    (post,) = open_posts(desk)
    far = PostingFactory(area=elsewhere(desk.community), role=Role.STATION_CLERK)
    for by in (far, desk.district, desk.city):
        with pytest.raises(NotAllowed):
            offered(desk, post, by=by)
    offer = offered(desk, post)
    for by in (far, desk.district):
        with pytest.raises(NotAllowed):
            answered(offer, ReferralAnswer.HIRED, by)


def test_a_post_reserved_before_is_put_before_its_holder_as_it_is(desk):
    (post,) = open_posts(desk)
    posts.reserve(post_id=post.pk, resident_id=desk.person.pk, by=desk.clerk)
    assert offered(desk, post).post == post
