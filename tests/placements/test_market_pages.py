"""The pages of the labour market: vacancies, job seekers, events, service points, and what the public reads."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from city import paper
from city.choices import Role
from placements.models import Event, JobSeeker, ServicePoint, Vacancy
from tests.city.factories import EmployerFactory
from tests.desks import elsewhere, sign_in
from tests.placements.factories_market import (
    EventFactory,
    JobSeekerFactory,
    ServicePointFactory,
    VacancyFactory,
)
from tests.placements.market_desk import gather, publish, register
from tests.placements.post_desk import another, make_post_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    desk = make_post_desk()
    client.force_login(desk.clerk.staff)
    return desk


def form_of(**changed):
    today = timezone.localdate()
    return {
        "title": "保洁员",
        "headcount": "2",
        "wage_from": "3000",
        "hours": "full_time",
        "valid_from": today.isoformat(),
        "valid_until": (today + timedelta(days=30)).isoformat(),
    } | changed


def test_a_vacancy_is_gathered_published_and_closed_by_its_pages(client, desk):
    employer = EmployerFactory(credit_code="11320000MB151840XJ", name="一厂")
    address = reverse("placements:gather_vacancy")
    found = client.get(address, {"employer": "一"})
    assert list(found.context["employers"]) == [employer]
    taken = client.get(address, {"known": employer.credit_code}).context["form"]
    assert (taken["credit_code"].value(), taken["employer_name"].value()) == (employer.credit_code, "一厂")
    answer = client.post(address, form_of(credit_code=employer.credit_code, area=desk.community.pk))
    vacancy = Vacancy.objects.get()
    page = reverse("placements:vacancy", args=[vacancy.pk])
    assert answer["Location"] == page
    assert (vacancy.employer, vacancy.area, vacancy.state) == (employer, desk.community, "gathered")
    step = reverse("placements:vacancy_step", args=[vacancy.pk])
    assert client.post(step, {"action": "publish", "version": vacancy.version})["Location"] == page
    refused = client.post(step, {"action": "close", "version": vacancy.version + 1})
    assert refused.status_code == 422
    client.post(step, {"action": "close", "version": vacancy.version + 1, "reason": "withdrawn"})
    vacancy.refresh_from_db()
    assert (vacancy.state, vacancy.end_reason) == ("closed", "withdrawn")
    assert [one.action for one in client.get(page).context["moves"]] == ["gather", "publish", "close"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"credit_code": "11320000MB151840XK"}, "credit_code"),
        ({"credit_code": "91350100M000100Y43"}, "employer_name"),
        ({"wage_to": "100"}, None),
        ({"wage_from": "2489.99"}, "wage_from"),
        ({"valid_until": "2020-01-01"}, "valid_until"),
        ({"headcount": "0"}, "headcount"),
        ({"area": "0"}, "area"),
    ],
)
def test_the_form_tells_what_is_wrong_beside_its_field(client, desk, changed, field):
    EmployerFactory(credit_code="11320000MB151840XJ")
    sent = form_of(credit_code="11320000MB151840XJ", area=str(desk.community.pk)) | changed
    answer = client.post(reverse("placements:gather_vacancy"), sent)
    assert answer.status_code == 422
    assert (field or "__all__") in answer.context["form"].errors
    assert not Vacancy.objects.exists()


def test_a_vacancy_of_another_area_is_read_but_not_written(client, desk):
    away = VacancyFactory(area=elsewhere(desk.community), state="published")
    page = reverse("placements:vacancy", args=[away.pk])
    assert client.get(page).context["steps"] == []
    assert client.get(reverse("placements:correct_vacancy", args=[away.pk])).status_code == 403
    step = {"action": "close", "version": 0, "reason": "wrong"}
    assert client.post(reverse("placements:vacancy_step", args=[away.pk]), step).status_code == 403
    hidden = VacancyFactory(area=away.area)
    assert client.get(reverse("placements:vacancy", args=[hidden.pk])).status_code == 404


def test_suitable_job_seekers_stand_best_first_with_their_reasons(client, desk):
    vacancy = publish(desk, wage_from=Decimal("3000"), wage_to=Decimal("3500"))
    fits = register(desk, occupation="保洁", wage_wished=Decimal("3200"))
    dear = register(desk, another(desk), occupation="保洁员", wage_wished=Decimal("9000"))
    other = register(desk, another(desk, certified=False), occupation="电工", hours="part_time")
    address = reverse("placements:suitable_seekers", args=[vacancy.pk])
    found = client.get(address).context["suggested"]
    assert [one.search for one in found] == [fits, dear, other]
    assert [len(one.against) for one in found] == [0, 1, 2]
    assert any("保洁" in reason for reason in found[0].reasons)
    assert any("9000" in reason for reason in found[1].against)
    assert any("电工" in reason for reason in found[2].against)


def test_one_click_tells_a_job_seeker_and_takes_them_off_the_list(client, desk):
    vacancy = publish(desk)
    search = register(desk, occupation="保洁")
    address = reverse("placements:offer_to_seeker", args=[vacancy.pk, desk.person.pk])
    back = reverse("placements:suitable_seekers", args=[vacancy.pk])
    assert client.post(address)["Location"] == back
    assert client.get(back).context["suggested"] == []
    page = client.get(reverse("placements:vacancy", args=[vacancy.pk])).context
    assert [offer.referral.resident for offer in page["offers"]] == [desk.person]
    seen = client.get(reverse("placements:seeker", args=[search.pk])).context["offers"]
    assert [referral.offer.vacancy for referral in seen] == [vacancy]


def test_the_residents_of_others_are_not_suggested(client, desk):
    vacancy = publish(desk)
    register(desk, occupation="保洁")
    sign_in(client, Role.STATION_CLERK, elsewhere(desk.community))
    assert client.get(reverse("placements:suitable_seekers", args=[vacancy.pk])).context["suggested"] == []


def test_a_job_seeker_is_searched_for_and_registered(client, desk):
    choose = reverse("placements:choose_seeker")
    found = client.post(choose, {"q": desk.person.id_number})
    assert [known for _profile, known in found.context["people"]] == [None]
    address = reverse("placements:register_seeker", args=[desk.person.pk])
    assert client.post(address, {"occupation": "保洁"}).status_code == 422
    client.post(address, {"occupation": "保洁", "hours": "any", "wage_wished": "3000"})
    search = JobSeeker.objects.get()
    page = reverse("placements:seeker", args=[search.pk])
    assert client.get(address)["Location"] == page
    assert client.post(address, {"hours": "any"}).status_code == 409
    found = client.post(choose, {"q": desk.person.id_number})
    assert [known for _profile, known in found.context["people"]] == [search]
    correct = reverse("placements:correct_seeker", args=[search.pk])
    assert client.post(correct, {"hours": "any", "occupation": "保安"}).status_code == 422
    client.post(correct, {"hours": "any", "occupation": "保安", "version": search.version})
    search.refresh_from_db()
    assert (search.occupation, search.wage_wished) == ("保安", None)
    end = reverse("placements:end_seeker", args=[search.pk])
    assert client.post(end, {"reason": "expired", "version": "1"}).status_code == 422
    assert client.post(end, {"reason": "withdrawn", "version": "0"}).status_code == 409
    assert client.post(end, {"reason": "withdrawn", "version": "1"})["Location"] == page
    assert client.post(end, {"reason": "withdrawn", "version": "2"}).status_code == 409
    assert b"<form" not in client.get(page).content.split(b"<main")[1]


def test_a_number_that_is_searched_for_stands_in_no_address(client, desk):
    choose = reverse("placements:choose_seeker")
    assert client.post(choose, {"q": desk.person.id_number}).status_code == 200
    assert client.post(choose, {"q": "王"})["Location"].endswith("?q=%E7%8E%8B")


def test_persons_and_person_times_are_counted_apart(client, desk):
    today = timezone.localdate()
    old = today - timedelta(days=100)
    JobSeekerFactory(resident=desk.person, registered_on=old, ended_on=old, end_reason="placed")
    register(desk)
    register(desk, another(desk))
    JobSeekerFactory(resident=another(desk), registered_on=old, ended_on=old, end_reason="withdrawn")
    address = reverse("placements:seekers")
    assert client.get(address).context["counts"] == {"times": 2, "persons": 2}
    assert client.get(address, {"state": "all"}).context["counts"] == {"times": 4, "persons": 3}
    assert client.get(address, {"state": "ended"}).context["counts"] == {"times": 2, "persons": 2}
    since = {"state": "all", "since": today.isoformat()}
    assert client.get(address, since).context["counts"] == {"times": 2, "persons": 2}


def test_the_public_reads_what_is_valid_today_and_nothing_else(client, desk):
    client.logout()
    today = timezone.localdate()
    shown = publish(desk, title="保洁员")
    hidden = [
        gather(desk),
        VacancyFactory(area=desk.community, state="published", valid_until=today - timedelta(days=1)),
        VacancyFactory(
            area=desk.community,
            state="published",
            valid_from=today + timedelta(days=1),
            valid_until=today + timedelta(days=2),
        ),
    ]
    register(desk)
    answer = client.get(reverse("placements:public_vacancies"))
    assert list(answer.context["page"]) == [shown]
    page = client.get(reverse("placements:public_vacancy", args=[shown.number]))
    assert page.status_code == 200
    for text in (answer.content.decode(), page.content.decode()):
        assert desk.person.name not in text
        assert desk.clerk.staff.name not in text
    for vacancy in hidden:
        assert client.get(reverse("placements:public_vacancy", args=[vacancy.number])).status_code == 404


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"a", "b", "c"}),
        ({"q": "电工"}, {"b"}),
        ({"q": "silk"}, {"c"}),
        ({"q": "silk 保安"}, {"c"}),
        ({"q": "silk 电工"}, set()),
        ({"wage": "4000"}, {"b"}),
        ({"wage": "3400"}, {"b", "c"}),
        ({"wage": "many"}, {"a", "b", "c"}),
        ({"hours": "part_time"}, {"c"}),
    ],
)
def test_the_free_enquiry(client, desk, asked, found):
    client.logout()
    state = {"state": "published", "area": desk.community, "valid_until": timezone.localdate()}
    VacancyFactory(**state, occupation="a", title="保洁员")
    VacancyFactory(**state, occupation="b", title="维修", skills="电工", wage_from=4000)
    VacancyFactory(**state, occupation="c", title="保安", employer__name="Silk mill", wage_to=3500, hours="part_time")
    page = client.get(reverse("placements:public_vacancies"), asked).context["page"]
    assert {vacancy.occupation for vacancy in page} == found


def test_the_free_enquiry_by_district(client, desk):
    client.logout()
    here = publish(desk)
    away = VacancyFactory(area=elsewhere(desk.community), state="published", valid_until=timezone.localdate())
    for vacancy in (here, away):
        district = vacancy.area.parent.parent
        page = client.get(reverse("placements:public_vacancies"), {"area": district.pk}).context["page"]
        assert list(page) == [vacancy]


def test_the_way_to_the_vacancies_stands_on_the_sign_in_page(client):
    assert reverse("placements:public_vacancies") in client.get(reverse("login")).content.decode()


def test_a_service_point_with_the_events_held_there(client, desk):
    opened = timezone.localdate().isoformat()
    sent = {"kind": "training", "name": "一站", "area": desk.community.pk, "floor_area": "80", "opened_on": opened}
    answer = client.post(reverse("placements:add_point"), sent)
    point = ServicePoint.objects.get()
    page = reverse("placements:point", args=[point.pk])
    assert answer["Location"] == page
    assert client.post(reverse("placements:add_point"), sent).status_code == 422
    ServicePointFactory(area=desk.community, floor_area=20)
    ServicePointFactory(area=elsewhere(desk.community), floor_area=999)
    figures = client.get(reverse("placements:points")).context["figures"]
    assert figures == {"number": 2, "floor": 100, "areas": 1}
    event = EventFactory(area=desk.community, point=point)
    assert list(client.get(page).context["page"]) == [event]
    client.post(reverse("placements:correct_point", args=[point.pk]), sent | {"floor_area": "90"})
    assert ServicePoint.objects.get(pk=point.pk).floor_area == 90


def test_an_event_and_what_came_of_it(client, desk):
    day = timezone.localdate().isoformat()
    sent = {"kind": "fair", "name": "招聘会", "area": desk.community.pk, "starts_on": day, "ends_on": day}
    client.post(reverse("placements:add_event"), sent)
    event = Event.objects.get()
    assert event.staff == desk.clerk.staff
    results = {"attended": "80", "employers": "12", "intentions": "9"}
    client.post(reverse("placements:correct_event", args=[event.pk]), sent | results)
    publish(desk, event=event, headcount=3)
    page = client.get(reverse("placements:event", args=[event.pk])).context
    assert page["offered"] == {"number": 1, "places": 3}
    event.refresh_from_db()
    assert (event.attended, event.employers, event.intentions, event.staff) == (80, 12, 9, desk.clerk.staff)
    figures = client.get(reverse("placements:events")).context["figures"]
    assert figures == {"number": 1, "attended": 80, "employers": 12, "intentions": 9}


def test_the_event_of_a_superior_is_read_but_not_written(client, desk):
    event = EventFactory(area=desk.city.area)
    assert client.get(reverse("placements:event", args=[event.pk])).context["may_run"] is False
    assert client.get(reverse("placements:correct_event", args=[event.pk])).status_code == 403
    away = EventFactory(area=elsewhere(desk.community))
    assert client.get(reverse("placements:event", args=[away.pk])).status_code == 404


def _fill(desk, number):
    for _turn in range(number):
        VacancyFactory(area=desk.community, state="published", valid_until=timezone.localdate())
        JobSeekerFactory(resident=another(desk), registered_on=timezone.localdate())
        EventFactory(area=desk.community)
        ServicePointFactory(area=desk.community)


@pytest.mark.parametrize("name", ["vacancies", "seekers", "events", "points", "public_vacancies", "suitable_seekers"])
def test_a_list_asks_as_often_for_one_row_as_for_thirty(client, desk, name):
    args = [publish(desk).pk] if name == "suitable_seekers" else []
    counts = []
    for number in (1, 29):
        _fill(desk, number)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse(f"placements:{name}", args=args))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def printed(answer):
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return answer.content


@pytest.fixture
def on_paper(monkeypatch):
    """What was handed to the layout, beside the PDF it makes."""
    handed, make = [], paper.pdf
    monkeypatch.setattr(paper, "pdf", lambda layout, values: handed.append(values) or make(layout, values))
    return handed


def test_the_bulletin_lists_what_the_public_may_read_and_chose(client, desk, on_paper):
    shown = publish(desk, title="焊工", wage_to=Decimal("4000"), skills="焊工证")
    publish(desk, title="保安")
    gather(desk, title="焊工学徒")
    client.logout()
    answer = client.get(reverse("placements:public_bulletin"), {"q": "焊工"})
    assert printed(answer).startswith(b"%PDF")
    (values,) = on_paper
    assert (values["place"], values["count"], values["places"], values["more"]) == ("全市", 1, 2, 0)
    assert values["rows"][0][:6] == ["焊工", shown.employer.name, 2, "3000—4000", desk.community.name, "焊工证"]
    client.get(reverse("placements:public_bulletin"), {"area": desk.community.parent.parent.pk})
    assert (on_paper[1]["place"], on_paper[1]["count"]) == (desk.community.parent.parent.name, 2)


def test_a_station_prints_its_own_valid_vacancies(client, desk, on_paper):
    mine = publish(desk)
    VacancyFactory(area=elsewhere(desk.community), state="published")
    gather(desk)
    printed(client.get(reverse("placements:vacancy_bulletin"), {"mine": "mine"}))
    assert [row[-1] for row in on_paper[0]["rows"]] == [mine.number]
    assert on_paper[0]["place"] == desk.community.name


def test_a_bulletin_of_nothing_says_so(client, desk, on_paper):
    printed(client.get(reverse("placements:public_bulletin")))
    assert (on_paper[0]["rows"], on_paper[0]["places"]) == ([], 0)
