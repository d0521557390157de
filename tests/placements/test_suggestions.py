"""Which jobs are put first before whom, with which reasons, and what one click does."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from assistance.choices import CaseState
from city.choices import AreaLevel, Role
from households.choices import Source
from households.models import FourClear
from placements.choices import Hours, PostCategory, PostState, VacancyState
from placements.models import JobSeeker, Offer, Post
from placements.services import offers
from placements.suggesting import MOST, suggest
from tests.assistance.case_desk import case_in, elsewhere, open_case, sibling_of
from tests.city.factories import AreaFactory, EmployerFactory, PostingFactory
from tests.desks import sign_in
from tests.placements.post_desk import another, make_post_desk, open_posts, open_vacancy

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return make_post_desk()


def found(desk, person=None):
    with override("en"):
        return suggest(person or desk.person, desk.clerk, timezone.localdate())


def things(desk, person=None):
    return [one.thing for one in found(desk, person).found]


def reasons(one):
    return [reason.words for reason in one.reasons]


def seek(desk, **wishes):
    today = timezone.localdate()
    told = {"registered_on": today, "valid_until": today + timedelta(days=90)}
    return JobSeeker.objects.create(resident=desk.person, **told | wishes)


def at(desk, area, **values):
    """A vacancy in another place."""
    return open_vacancy(desk, area=area, **values)


def nearby(desk):
    """A community of another street of the district."""
    street = AreaFactory(level=AreaLevel.STREET, parent=desk.community.parent.parent)
    return AreaFactory(level=AreaLevel.COMMUNITY, parent=street)


def test_the_nearest_comes_first_and_says_so(desk):
    places = [elsewhere(desk.community), nearby(desk), sibling_of(desk.community), desk.community]
    vacancies = [at(desk, place) for place in places]
    suggested = found(desk).found
    assert [one.thing for one in suggested] == vacancies[::-1]
    assert [reasons(one)[0] for one in suggested] == [
        "In the own community",
        "In the same street",
        "In the same district",
        "In another district",
    ]


def test_a_wish_for_another_area_moves_the_centre(desk):
    far = elsewhere(desk.community)
    here, there = at(desk, desk.community), at(desk, far)
    seek(desk, area=far.parent)
    assert things(desk) == [there, here]
    assert reasons(found(desk).found[0])[0] == f"In {far.parent.name}, as wished"


@pytest.mark.parametrize(
    ("wishes", "better", "worse"),
    [
        ({"occupation": "保安"}, {"title": "小区保安"}, {"title": "缝纫工"}),
        ({"skills": "电焊、驾驶"}, {"skills": "会电焊"}, {}),
        ({"wage_wished": Decimal("3500")}, {"wage_to": Decimal("3600")}, {"wage_to": Decimal("3400")}),
        ({"hours": Hours.PART_TIME}, {"hours": Hours.PART_TIME}, {"hours": Hours.FULL_TIME}),
    ],
)
def test_what_fits_better_stands_higher(desk, wishes, better, worse):
    second, first = open_vacancy(desk, **worse), open_vacancy(desk, **better)
    seek(desk, **wishes)
    suggested = found(desk).found
    assert [one.thing for one in suggested] == [first, second]
    assert suggested[0].points > suggested[1].points
    assert len([one for one in suggested[0].reasons if one.speaks_for]) > len(
        [one for one in suggested[1].reasons if one.speaks_for]
    )


def test_what_a_visit_found_out_counts_where_nothing_is_registered(desk):
    open_vacancy(desk, title="缝纫工")
    driver = open_vacancy(desk, title="货车司机")
    FourClear.objects.create(resident=desk.person, noted_on=date(2026, 2, 1), wished_work="司机", source=Source.VISIT)
    assert things(desk)[0] == driver
    assert "Wished for: 司机" in reasons(found(desk).found[0])


def test_a_wished_category_of_post_and_the_place_in_the_order_are_told(desk):
    (cleaning,) = open_posts(desk)
    (security,) = open_posts(desk, category=PostCategory.SECURITY, title="保安")
    seek(desk, post_category=PostCategory.SECURITY)
    suggested = found(desk).found
    assert [one.thing for one in suggested] == [security, cleaning]
    assert {"Wished for: Security", "Comes first as: Aged"} <= set(reasons(suggested[0]))
    assert "Wished for: Security" not in reasons(suggested[1])


def test_who_may_hold_no_post_is_shown_vacancies_and_told_why(desk):
    open_posts(desk)
    vacancy = open_vacancy(desk)
    person = another(desk, certified=False)
    suggested = found(desk, person)
    assert [one.thing for one in suggested.found] == [vacancy]
    assert len(suggested.refusals) == 1


def test_posts_for_landless_farmers_are_for_them_alone(desk):
    open_posts(desk, landless_only=True)
    assert things(desk) == []


def test_reserved_posts_and_closed_or_expired_vacancies_are_left_out(desk):
    (post,) = open_posts(desk)
    offers.offer_post(resident_id=another(desk).pk, post_id=post.pk, by=desk.clerk)
    today = timezone.localdate()
    open_vacancy(desk, state=VacancyState.GATHERED)
    open_vacancy(desk, valid_from=today - timedelta(days=9), valid_until=today - timedelta(days=1))
    open_vacancy(desk, valid_from=today + timedelta(days=1))
    assert things(desk) == []


def test_places_alike_are_one_line_with_their_number(desk):
    posts = open_posts(desk, headcount=3)
    (one,) = found(desk).found
    assert (one.thing, one.thing.places) == (posts[0], 3)
    offers.offer_post(resident_id=another(desk).pk, post_id=posts[0].pk, by=desk.clerk)
    (one,) = found(desk).found
    assert (one.thing, one.thing.places) == (posts[1], 2)


def test_what_was_put_before_somebody_is_not_suggested_again(desk):
    (post,) = open_posts(desk)
    offer = offers.offer_post(resident_id=desk.person.pk, post_id=post.pk, by=desk.clerk)
    told = {"answer": "refused_by_person", "reason": "distance", "answered_on": timezone.localdate()}
    offers.answer(referral_id=offer.pk, by=desk.clerk, **told)
    assert things(desk) == []
    assert things(desk, another(desk)) == [post]


def test_never_more_than_twenty_and_always_as_many_queries(desk, client):
    sign_in(client, Role.STATION_CLERK, desk.community)
    address = reverse("placements:suggestions", args=[desk.person.pk])
    open_posts(desk)
    open_vacancy(desk)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(8):
        open_posts(desk, title=f"岗{number}")
    for number in range(15):
        open_vacancy(desk, employer=EmployerFactory(), title=f"工{number}")
    with CaptureQueriesContext(connection) as many:
        answer = client.get(address)
    assert len(many) == len(few)
    assert len(answer.context["suggestions"].found) == MOST


def test_a_station_finds_three_jobs_and_reserves_one_by_a_click(desk, client):
    posts = [open_posts(desk, title=title)[0] for title in ("保洁员", "保安", "助老员")]
    sign_in(client, Role.STATION_CLERK, desk.community)
    page = client.get(reverse("households:resident", args=[desk.person.pk]))
    address = reverse("placements:suggestions", args=[desk.person.pk])
    assert address in page.text
    page = client.get(address)
    assert page.text.count('name="post"') == 3
    answer = client.post(reverse("placements:put_before", args=[desk.person.pk]), {"post": posts[0].pk})
    assert answer.status_code == 302
    assert Offer.objects.get().post == posts[0]
    assert Post.objects.get(pk=posts[0].pk).state == PostState.RESERVED
    page = client.get(address)
    assert [offer.post for offer in page.context["waiting"]] == [posts[0]]
    assert (page.context["reserved"], page.text.count('name="post"')) == (posts[0], 0)


def test_a_post_taken_meanwhile_reads_as_a_conflict(desk, client):
    (post,) = open_posts(desk)
    offers.offer_post(resident_id=another(desk).pk, post_id=post.pk, by=desk.clerk)
    sign_in(client, Role.STATION_CLERK, desk.community)
    answer = client.post(reverse("placements:put_before", args=[desk.person.pk]), {"post": post.pk})
    assert answer.status_code == 409


@pytest.mark.parametrize("data", [{}, {"post": "x"}, {"post": "1", "vacancy": "1"}])
def test_a_click_that_names_no_one_thing_is_refused(desk, client, data):
    sign_in(client, Role.STATION_CLERK, desk.community)
    answer = client.post(reverse("placements:put_before", args=[desk.person.pk]), data)
    assert answer.status_code == 422


def test_a_case_to_be_verified_first_is_told_and_nothing_written(desk, client):
    (post,) = open_posts(desk)
    open_case(desk)
    sign_in(client, Role.STATION_CLERK, desk.community)
    answer = client.post(reverse("placements:put_before", args=[desk.person.pk]), {"post": post.pk})
    assert answer.status_code == 422
    assert len(answer.context["refused"]) == 1
    assert Post.objects.get().state == PostState.OPEN


def test_an_answer_without_its_reason_comes_back_with_the_form_open(desk, client):
    (post,) = open_posts(desk)
    offer = offers.offer_post(resident_id=desk.person.pk, post_id=post.pk, by=desk.clerk)
    sign_in(client, Role.STATION_CLERK, desk.community)
    address = reverse("placements:answer_offer", args=[offer.pk])
    today = timezone.localdate().isoformat()
    answer = client.post(address, {"answer": "no_show", "answered_on": today})
    assert answer.status_code == 422
    (row,) = answer.context["waiting"]
    assert row.form.errors.keys() == {"reason"}


def test_hired_leads_to_a_report_that_knows_the_vacancy(desk, client):
    vacancy = open_vacancy(desk)
    offer = offers.offer_vacancy(resident_id=desk.person.pk, vacancy_id=vacancy.pk, by=desk.clerk)
    sign_in(client, Role.STATION_CLERK, desk.community)
    today = timezone.localdate().isoformat()
    answer = client.post(
        reverse("placements:answer_offer", args=[offer.pk]), {"answer": "hired", "answered_on": today}
    )
    page = client.get(answer["Location"])
    assert page.context["form"].initial["employer_name"] == desk.employer.name
    assert page.context["form"].initial["vacancy"] == vacancy.pk


def test_the_street_reads_but_leaves_a_case_to_its_station(desk, client):
    open_posts(desk)
    case_in(desk, CaseState.VERIFIED)
    client.force_login(desk.street.staff)
    page = client.get(reverse("placements:suggestions", args=[desk.person.pk]))
    assert page.status_code == 200
    assert len(page.context["suggestions"].found) == 1
    assert 'name="post"' not in page.text


def test_somebody_elsewhere_is_not_there(desk, client):
    far = PostingFactory(area=elsewhere(desk.community), role=Role.STATION_CLERK)
    client.force_login(far.staff)
    assert client.get(reverse("placements:suggestions", args=[desk.person.pk])).status_code == 404
