"""The pages of allocation: what they show of a proposal, and what they answer when something stands in the way."""

import pytest
from django.urls import reverse

from city.models import Run
from households.services import labour
from placements.choices import Chosen, LeftOut, PostState, ProposalState, TransferReason
from placements.models import Post, PostTransfer, Proposal
from placements.services import allocation, posts
from tests.assistance.case_desk import sibling_of
from tests.placements.post_desk import another, make_post_desk, open_posts

pytestmark = pytest.mark.django_db
WEIGHTS = {"distance": 10, "wish": 6, "wage": 4, "hours": 3, "farthest": 3}


@pytest.fixture
def desk():
    return make_post_desk()


@pytest.fixture
def office(client, desk):
    client.force_login(desk.city.staff)
    return client


def page_of(name, *args):
    return reverse(f"placements:{name}", args=args)


def step(client, proposal, action, version=None):
    sent = {"action": action, "version": proposal.version if version is None else version}
    return client.post(page_of("proposal_step", proposal.pk), sent)


def test_the_form_says_who_waits_and_what_is_open_beside_each_quota(desk, office):
    another(desk)
    open_posts(desk)
    answer = office.get(page_of("propose"))
    ((place, _field),) = answer.context["form"].quota_rows
    assert (place.area, place.people, place.open_posts) == (desk.district.area, 2, 1)


def test_a_proposal_is_made_by_the_form_with_its_quota(desk, office):
    another(desk)
    open_posts(desk, headcount=2)
    answer = office.post(page_of("propose"), WEIGHTS | {f"quota{desk.district.area_id}": 1})
    proposal = Proposal.objects.get()
    assert answer.url == page_of("proposal", proposal.pk)
    assert proposal.pairs.count() == 1
    shown = office.get(answer.url + "?list=left")
    assert [one.limit for one in shown.context["page"].rows] == [LeftOut.QUOTA]


def test_a_big_one_is_made_by_a_job_that_leads_to_it(desk, office, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(allocation, "_MOST_AT_ONCE", 0)
    open_posts(desk)
    with django_capture_on_commit_callbacks(execute=True):
        answer = office.post(page_of("propose"), WEIGHTS)
    run = Run.objects.get()
    assert answer.url == reverse("city:run", args=[run.pk])
    assert run.result["address"] == page_of("proposal", Proposal.objects.get().pk)
    assert run.result["address"] in office.get(answer.url).content.decode()


def test_a_weight_below_nothing_is_refused(office):
    assert office.post(page_of("propose"), WEIGHTS | {"wish": -1}).status_code == 422
    assert not Proposal.objects.exists()


def test_the_page_tells_each_pair_and_never_a_whole_number(desk, office):
    open_posts(desk)
    proposal = allocation.propose(area=desk.city.area, by=desk.city)
    text = office.get(page_of("proposal", proposal.pk)).content.decode()
    assert desk.person.name in text
    assert desk.person.masked_number in text
    assert desk.person.id_number not in text


def test_filters_choose_among_the_pairs(desk, office):
    open_posts(desk)
    proposal = allocation.propose(area=desk.city.area, by=desk.city)
    here = page_of("proposal", proposal.pk)
    assert len(office.get(here + "?category=cleaning").context["page"]) == 1
    assert len(office.get(here + "?category=security").context["page"]) == 0
    assert len(office.get(here + "?chosen=hand").context["page"]) == 0


@pytest.mark.parametrize("shown", ["", "?list=left"])
@pytest.mark.parametrize("people", [1, 30])
def test_it_costs_the_same_for_many(desk, office, people, shown, django_assert_max_num_queries):
    for _number in range(people):
        another(desk)
    open_posts(desk, headcount=max(people // 2, 1))
    proposal = allocation.propose(area=desk.city.area, by=desk.city)
    with django_assert_max_num_queries(24):
        office.get(page_of("proposal", proposal.pk) + shown)


def test_a_change_by_hand_says_what_it_costs_and_stays(desk, office):
    other = another(desk)
    (post,) = open_posts(desk)
    proposal = allocation.propose(area=desk.city.area, by=desk.city)
    had = proposal.pairs.get().resident
    without = other if had == desk.person else desk.person
    page = page_of("change_pair", proposal.pk, without.pk)
    ((shown, reasons, pair),) = office.get(page).context["rows"]
    assert (shown, pair.resident) == (post, had)
    assert ("distance", 0) in reasons
    assert office.post(page, {"version": proposal.version, "post": post.pk}).status_code == 302
    changed = proposal.pairs.get()
    assert (changed.resident, changed.chosen, changed.reasons[0]) == (without, Chosen.HAND, ["distance", 0])
    assert proposal.left_out.get().resident == had
    assert office.post(page, {"version": proposal.version, "post": post.pk}).status_code == 409


def test_a_post_that_does_not_exist_is_refused_and_a_person_of_no_proposal_unknown(desk, office):
    open_posts(desk)
    proposal = allocation.propose(area=desk.city.area, by=desk.city)
    page = page_of("change_pair", proposal.pk, desk.person.pk)
    assert office.post(page, {"version": proposal.version, "post": 999_999}).status_code == 422
    assert proposal.pairs.get().resident == desk.person
    assert office.get(page_of("change_pair", proposal.pk, another(desk).pk)).status_code == 404


def test_carried_out_once_and_a_second_time_told_so(desk, office):
    (post,) = open_posts(desk)
    proposal = allocation.propose(area=desk.city.area, by=desk.city)
    assert step(office, proposal, "commit").status_code == 302
    post.refresh_from_db()
    assert (post.state, post.holder) == (PostState.RESERVED, desk.person)
    assert step(office, proposal, "commit").status_code == 409


def test_what_was_taken_meanwhile_is_told_by_name(desk, office):
    (post,) = open_posts(desk)
    proposal = allocation.propose(area=desk.city.area, by=desk.city)
    posts.reserve(post_id=post.pk, resident_id=another(desk).pk, by=desk.clerk)
    answer = step(office, proposal, "commit")
    assert answer.status_code == 422
    assert post.number in answer.content.decode()


def test_who_found_work_meanwhile_stops_it_too(desk, office):
    open_posts(desk)
    proposal = allocation.propose(area=desk.city.area, by=desk.city)
    labour.found_work(
        resident_id=desk.person.pk, on=proposal.as_of, source="visit", by=desk.clerk, channel="employer",
        employer_name="Silk mill",
    )  # fmt: skip
    answer = step(office, proposal, "commit")
    assert answer.status_code == 422
    assert desk.person.name in answer.content.decode()


def test_dropped_it_changes_nothing(desk, office):
    (post,) = open_posts(desk)
    proposal = allocation.propose(area=desk.city.area, by=desk.city)
    assert step(office, proposal, "drop").status_code == 302
    proposal.refresh_from_db()
    post.refresh_from_db()
    assert (proposal.state, post.state) == (ProposalState.DROPPED, PostState.OPEN)


def test_a_district_reads_its_own_proposals_and_a_station_none(client, desk):
    proposal = allocation.propose(area=desk.city.area, by=desk.city)
    client.force_login(desk.district.staff)
    assert client.get(page_of("proposal", proposal.pk)).status_code == 404
    assert client.get(page_of("proposals")).status_code == 200
    client.force_login(desk.clerk.staff)
    assert client.get(page_of("proposals")).status_code == 403


def test_several_posts_go_where_most_people_wait(desk, office):
    calm = sibling_of(desk.community)
    another(desk)
    open_posts(desk, headcount=4)
    from_here = {"from_area": desk.community.pk, "to_area": calm.pk, "posts": 3, "reason": TransferReason.NEED}
    assert office.post(page_of("move_posts"), from_here | {"words": "那里更缺"}).status_code == 302
    assert set(PostTransfer.objects.values_list("to_area", "words")) == {(calm.pk, "那里更缺")}
    assert Post.objects.filter(area=calm).count() == 3


def test_more_posts_than_are_open_move_none(desk, office):
    calm = sibling_of(desk.community)
    open_posts(desk, headcount=2)
    sent = {"from_area": desk.community.pk, "to_area": calm.pk, "posts": 3, "reason": TransferReason.NEED}
    assert office.post(page_of("move_posts"), sent).status_code == 422
    assert not PostTransfer.objects.exists()


def test_the_page_of_moves_puts_the_place_in_need_first(desk, office):
    open_posts(desk, headcount=3)
    (place,) = office.get(page_of("move_posts")).context["places"]
    assert (place.people, place.open_posts, place.posts_for_ten) == (1, 3, 30)
    inside = office.get(page_of("move_posts") + f"?in={desk.district.area.code}").context["places"]
    assert [one.area for one in inside] == [desk.community]
