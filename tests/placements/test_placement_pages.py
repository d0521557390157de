"""Placements through the pages: reported, confirmed, in doubt, ended; and what follows without another keystroke."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistance.choices import CaseState
from assistance.models import Case
from city import paper
from city.choices import EmployerKind, Role
from households import ledger
from households.choices import Channel, EpisodeState, LabourState
from households.models import LabourSpell, LedgerSpan
from households.services import labour
from placements.choices import PlacementState, PostState
from placements.models import Business, Placement, Post
from placements.services import offers
from reports.models import AreaStatus
from reports.services import policies
from reports.services.night import recompute_status
from tests.assistance.case_desk import case_in, elsewhere
from tests.assistance.test_layoffs_sheet import good_code
from tests.city.factories import EmployerFactory, PostingFactory
from tests.desks import sign_in
from tests.households.factories import ZeroEmploymentEpisodeFactory
from tests.placements.post_desk import another, make_post_desk, open_posts, open_vacancy
from tests.placements.test_posts_to_work import put_on

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DISPATCHER = good_code("91330100MA0000077")


@pytest.fixture
def desk():
    return make_post_desk()


@pytest.fixture
def clerk(desk, client):
    client.force_login(desk.clerk.staff)
    return client


def today():
    return timezone.localdate()


def send(client, name, key, **data):
    return client.post(reverse(f"placements:{name}", args=[key]), data)


def report(client, desk, person=None, **data):
    told = {"channel": Channel.EMPLOYER, "agreed_from": today().isoformat(), "insured": "unknown"}
    return send(client, "report_placement", (person or desk.person).pk, **told | data)


def state_on(person, day):
    return LedgerSpan.objects.in_force_on(day).get(resident=person).state


def employed_in(community, day):
    recompute_status(day)
    return AreaStatus.objects.get(area=community, on=day).figures["employment_rate"][0]


def test_timeline_case_episode_and_verdict_follow_from_three_forms(desk, client):
    """A station offers, hears "hired" and reports; its head confirms. Nobody writes anything else."""
    (post,) = open_posts(desk)
    case = case_in(desk, CaseState.COMMITTED)
    episode = ZeroEmploymentEpisodeFactory(household=desk.home, certified_on=today() - 5 * DAY)
    policies.load(policies.source_of("hangzhou-2008"), desk.city.area)
    ledger.rebuild()
    before = employed_in(desk.community, today())
    client.force_login(desk.clerk.staff)
    send(client, "put_before", desk.person.pk, post=post.pk)
    offer = desk.person.referrals.get().offer
    answer = send(client, "answer_offer", offer.pk, answer="hired", answered_on=today().isoformat())
    form = client.get(answer["Location"]).context["form"]
    assert (form.initial["channel"], form.initial["post"]) == (Channel.WELFARE_POST, post.pk)
    answer = report(client, desk, channel=Channel.WELFARE_POST, post=post.pk)
    placement = Placement.objects.get()
    assert answer["Location"] == reverse("placements:placement", args=[placement.pk])
    client.force_login(desk.head.staff)
    send(client, "confirm_placement", placement.pk, version=placement.version)
    assert Post.objects.get().state == PostState.FILLED
    assert state_on(desk.person, today()) == LabourState.EMPLOYED
    case.refresh_from_db()
    episode.refresh_from_db()
    assert (case.state, case.placed_on) == (CaseState.PLACED, today())
    assert case.promise.kept_on == today()
    assert episode.state == EpisodeState.ELIMINATED
    assert employed_in(desk.community, today()) == before + 1
    page = client.get(reverse("households:resident", args=[desk.person.pk]))
    assert placement.number in page.text


@pytest.mark.parametrize(
    ("channel", "told", "field"),
    [
        (Channel.EMPLOYER, {}, "employer_name"),
        (Channel.DISPATCH, {"employer_name": "x"}, "credit_code"),
        (Channel.SELF_EMPLOYED, {}, "business"),
        (Channel.EXPORT, {}, "destination"),
        (Channel.WELFARE_POST, {}, "post"),
        ("", {}, "channel"),
        (Channel.FLEXIBLE, {"agreed_from": ""}, "agreed_from"),
        (Channel.FLEXIBLE, {"agreed_from": "0026-01-01"}, "agreed_from"),
        (Channel.DISPATCH, {"employer_name": "x", "credit_code": "123"}, "credit_code"),
    ],
)
def test_what_a_kind_of_work_needs_is_asked_for(desk, clerk, channel, told, field):
    answer = report(clerk, desk, channel=channel, **told)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Placement.objects.exists()


@pytest.mark.parametrize(
    ("channel", "told", "kept"),
    [
        (Channel.EMPLOYER, {"employer_name": "丝厂", "job": "挡车工"}, {"employer_name": "丝厂", "job": "挡车工"}),
        (Channel.FLEXIBLE, {}, {"employer_name": ""}),
        (
            Channel.EXPORT,
            {"destination": "outside", "destination_place": "上海"},
            {"destination": "outside", "destination_place": "上海"},
        ),
        (Channel.EMPLOYER, {"employer_name": "x", "destination": "outside"}, {"destination": ""}),
    ],
)
def test_each_kind_of_work_is_reported_and_confirmed(desk, clerk, channel, told, kept):
    assert report(clerk, desk, channel=channel, **told).status_code == 302
    placement = Placement.objects.get()
    assert {name: getattr(placement, name) for name in kept} == kept
    clerk.force_login(desk.head.staff)
    send(clerk, "confirm_placement", placement.pk, version=placement.version)
    assert LabourSpell.objects.get(placement=placement).channel == channel


def test_a_business_of_the_family_is_kept_with_the_jobs_it_makes(desk, clerk):
    report(clerk, desk, channel=Channel.SELF_EMPLOYED, business="王家面馆", family="on", jobs_created=3)
    business = Business.objects.get()
    assert (business.owner, business.family, business.jobs_created) == (desk.person, True, 3)
    assert Placement.objects.get().business == business


def test_dispatch_is_by_a_company_known_to_dispatch(desk, clerk):
    EmployerFactory(credit_code=DISPATCHER, kind=EmployerKind.COMPANY)
    told = {"channel": Channel.DISPATCH, "employer_name": "人力", "credit_code": DISPATCHER}
    answer = report(clerk, desk, **told)
    assert answer.status_code == 422
    assert "credit_code" in answer.context["form"].errors
    type(desk.employer).objects.filter(credit_code=DISPATCHER).update(kind=EmployerKind.DISPATCH)
    assert report(clerk, desk, **told).status_code == 302


def test_a_company_nobody_knew_that_dispatches_becomes_known_as_such(desk, clerk):
    report(clerk, desk, channel=Channel.DISPATCH, employer_name="人力", credit_code=DISPATCHER)
    assert Placement.objects.get().employer.kind == EmployerKind.DISPATCH


def test_the_same_form_sent_twice_reports_once(desk, clerk):
    key = "0b8bd9f4-6b70-4a52-8a54-3cbbf01f2f0b"
    for _again in range(2):
        assert report(clerk, desk, employer_name="x", idempotency_key=key).status_code == 302
    assert Placement.objects.count() == 1


def test_a_vacancy_taken_counts_and_closes_when_full(desk, clerk):
    vacancy = open_vacancy(desk, headcount=1)
    offers.offer_vacancy(resident_id=desk.person.pk, vacancy_id=vacancy.pk, by=desk.clerk)
    report(clerk, desk, employer_name="x", vacancy=vacancy.pk)
    placement = Placement.objects.get()
    clerk.force_login(desk.head.staff)
    send(clerk, "confirm_placement", placement.pk, version=placement.version)
    vacancy.refresh_from_db()
    assert vacancy.state == "closed"
    assert desk.person.referrals.get().answer == "hired"


def test_nobody_is_confirmed_before_the_first_day(desk, clerk):
    report(clerk, desk, employer_name="x", agreed_from=(today() + DAY).isoformat())
    placement = Placement.objects.get()
    clerk.force_login(desk.head.staff)
    answer = send(clerk, "confirm_placement", placement.pk, version=placement.version)
    assert answer.status_code == 422
    assert answer.context["forms"]["confirm"].errors


def test_what_did_not_come_about_frees_the_post(desk, clerk):
    (post,) = open_posts(desk)
    offers.offer_post(resident_id=desk.person.pk, post_id=post.pk, by=desk.clerk)
    report(clerk, desk, channel=Channel.WELFARE_POST, post=post.pk)
    placement = Placement.objects.get()
    told = {"action": "drop", "version": placement.version, "reason": "no_show"}
    assert send(clerk, "placement_step", placement.pk, **told).status_code == 302
    placement.refresh_from_db()
    assert (placement.state, placement.drop_reason) == (PlacementState.DROPPED, "no_show")
    assert Post.objects.get().state == PostState.OPEN


@pytest.mark.parametrize("action", ["confirm", "end", "dispute", "report"])
def test_steps_with_a_form_of_their_own_are_no_buttons(desk, clerk, action):
    placement = put_on(desk, open_posts(desk)[0])
    answer = send(clerk, "placement_step", placement.pk, action=action, version=placement.version)
    assert answer.status_code == 422
    placement.refresh_from_db()
    assert placement.state == PlacementState.CONFIRMED


def test_the_end_writes_the_ledger_and_the_leaving_is_reported(desk, clerk):
    placement = put_on(desk, open_posts(desk)[0])
    told = {"last_day": today().isoformat(), "reason": "unfit", "next_state": "", "version": placement.version}
    assert send(clerk, "end_placement", placement.pk, **told).status_code == 302
    placement.refresh_from_db()
    assert (placement.state, placement.end_reason) == (PlacementState.ENDED, "unfit")
    assert state_on(desk.person, today() + DAY) == LabourState.UNEMPLOYED
    assert Post.objects.get().state == PostState.OPEN
    assert send(clerk, "report_leaving", placement.pk, reported_on=today().isoformat()).status_code == 302
    placement.refresh_from_db()
    assert placement.left_reported_on == today()


def test_a_leaving_told_too_late_is_marked(desk, clerk, time_machine):
    placement = put_on(desk, open_posts(desk)[0])
    told = {"last_day": today().isoformat(), "reason": "term", "version": placement.version}
    send(clerk, "end_placement", placement.pk, **told)
    address = reverse("placements:placement", args=[placement.pk])
    assert not clerk.get(address).context["leaving_is_late"]
    time_machine.move_to(timezone.now() + 6 * DAY)
    clerk.force_login(desk.clerk.staff)
    assert clerk.get(address).context["leaving_is_late"]


def test_an_end_without_a_reason_or_before_the_beginning_comes_back(desk, clerk):
    placement = put_on(desk, open_posts(desk)[0])
    early = {"last_day": (today() - DAY).isoformat(), "reason": "term", "version": placement.version}
    for told, field in ((early, "last_day"), (early | {"reason": ""}, "reason")):
        answer = send(clerk, "end_placement", placement.pk, **told)
        assert answer.status_code == 422
        assert field in answer.context["forms"]["end"].errors


def test_a_death_is_recorded_on_the_persons_page_first(desk, clerk):
    placement = put_on(desk, open_posts(desk)[0])
    told = {"last_day": today().isoformat(), "reason": "died", "version": placement.version}
    answer = send(clerk, "end_placement", placement.pk, **told)
    assert answer.status_code == 422
    assert "reason" in answer.context["forms"]["end"].errors


def lose_work(desk):
    labour.lost_work(
        resident_id=desk.person.pk, on=today(), next_state=LabourState.UNEMPLOYED, source="visit", by=desk.clerk
    )


def test_doubt_is_settled_once_the_ledger_agrees_and_not_before(desk, client):
    placement = put_on(desk, open_posts(desk)[0])
    lose_work(desk)
    placement.refresh_from_db()
    assert placement.state == PlacementState.DISPUTED
    client.force_login(desk.head.staff)
    told = {"action": "settle", "version": placement.version, "words": "asked the employer"}
    assert send(client, "placement_step", placement.pk, **told).status_code == 422
    labour.take_back(spell_id=desk.person.labour_spells.latest("started_on").pk, by=desk.clerk)
    assert send(client, "placement_step", placement.pk, **told).status_code == 302
    placement.refresh_from_db()
    assert placement.state == PlacementState.CONFIRMED


def test_what_the_ledger_knows_of_the_end_stands_in_the_form(desk, client):
    placement = put_on(desk, open_posts(desk)[0])
    lose_work(desk)
    client.force_login(desk.clerk.staff)
    page = client.get(reverse("placements:placement", args=[placement.pk]))
    assert page.context["last_day"] == today()
    assert page.context["forms"]["end"].initial["last_day"] == today()


def test_two_who_act_on_one_placement_conflict(desk, client):
    placement = put_on(desk, open_posts(desk)[0])
    lose_work(desk)
    client.force_login(desk.clerk.staff)
    told = {"last_day": today().isoformat(), "reason": "term", "version": placement.version}
    assert send(client, "end_placement", placement.pk, **told).status_code == 409


def test_the_list_keeps_its_filters_and_its_number_of_queries(desk, client):
    placements = [put_on(desk, post, another(desk)) for post in open_posts(desk, headcount=2)]
    client.force_login(desk.street.staff)
    address = reverse("placements:placements")
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    placements += [put_on(desk, post, another(desk)) for post in open_posts(desk, headcount=6)]
    with CaptureQueriesContext(connection) as many:
        page = client.get(address)
    assert len(many) == len(few)
    assert list(page.context["page"].rows) == placements[::-1]
    day = today().isoformat()
    later = (today() + DAY).isoformat()
    for query, number in (
        ({"state": "confirmed"}, 8),
        ({"state": "reported"}, 0),
        ({"channel": Channel.EXPORT}, 0),
        ({"community": desk.community.pk}, 8),
        ({"first": day, "last": day}, 8),
        ({"first": later}, 0),
        ({"first": "not a day"}, 8),
    ):
        assert len(client.get(address, query).context["page"].rows) == number, query


def test_people_of_other_places_are_not_listed(desk, client):
    placement = put_on(desk, open_posts(desk)[0])
    far = sign_in(client, Role.STATION_CLERK, elsewhere(desk.community))
    assert client.get(reverse("placements:placements")).context["page"].rows == []
    assert client.get(reverse("placements:placement", args=[placement.pk])).status_code == 404
    assert not Case.objects.visible_to(far).exists()


def test_the_desk_shows_what_waits(desk, client):
    reserved, doubtful, reported = open_posts(desk, headcount=3)
    waits, works = another(desk), another(desk)
    offers.offer_post(resident_id=waits.pk, post_id=reserved.pk, by=desk.clerk)
    put_on(desk, doubtful)
    lose_work(desk)
    client.force_login(desk.clerk.staff)
    offers.offer_post(resident_id=works.pk, post_id=reported.pk, by=desk.clerk)
    report(client, desk, works, channel=Channel.WELFARE_POST, post=reported.pk)
    client.force_login(desk.head.staff)
    page = client.get(reverse("city:today"))
    for anchor in ("placements-to-confirm", "placements-in-doubt", "reservations"):
        assert f'id="{anchor}"' in page.text
    client.force_login(desk.clerk.staff)
    page = client.get(reverse("city:today"))
    assert 'id="placements-to-confirm"' not in page.text
    assert 'id="reservations"' in page.text


def test_case_and_episode_lead_to_jobs(desk, client):
    case = case_in(desk, CaseState.VERIFIED)
    episode = ZeroEmploymentEpisodeFactory(household=desk.home, certified_on=today() - DAY)
    client.force_login(desk.clerk.staff)
    address = reverse("placements:suggestions", args=[desk.person.pk])
    for page in (
        reverse("assistance:case", args=[case.pk]),
        reverse("households:episode", args=[episode.pk]),
        reverse("households:resident", args=[desk.person.pk]),
    ):
        assert f'href="{address}"' in client.get(page).text, page


@pytest.mark.parametrize("on_a_post", [True, False])
def test_the_agreement_prints(desk, clerk, on_a_post):
    if on_a_post:
        placement = put_on(desk, open_posts(desk)[0])
    else:
        report(clerk, desk, employer_name="丝厂")
        placement = Placement.objects.get()
    form = paper.form_named("placement")
    values = form.values(form.find(desk.clerk, placement.pk), desk.clerk)
    assert values["title"] == ("公益性岗位协议书" if on_a_post else "就业安置协议书")
    assert paper.pdf(form.layout, values).startswith(b"%PDF")
    with pytest.raises(Placement.DoesNotExist):
        form.find(PostingFactory(area=elsewhere(desk.community), role=Role.STATION_CLERK), placement.pk)
