"""The figures of posts and placements: each equals the rows it opens to, and costs the same for any number of rows."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from city.choices import Role
from city.models import Parameter
from placements.choices import PlacementEnd, PostState
from placements.figures import Flow, Period
from placements.models import Business, JobSeeker, Post, Project, Vacancy
from placements.services import placements
from tests.city.factories import EmployerFactory, PostingFactory
from tests.placements.post_desk import another, make_post_desk, open_posts

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk():
    return make_post_desk()


def read(client, posting, **asked):
    client.force_login(posting.staff)
    return client.get(reverse("placements:figures"), asked)


def rows(client, key, **asked):
    return client.get(reverse("placements:figure_rows", args=[key]), asked).context["page"].rows


def flow(answer, key):
    return next(one for one in answer.context["flows"] if one.key == key)


def place(desk, channel, person=None, **values):
    placement = placements.report(
        resident_id=(person or desk.person).pk, channel=channel, agreed_from=timezone.localdate(), by=desk.clerk,
        values=values,
    )  # fmt: skip
    return placements.confirm(placement_id=placement.pk, version=placement.version, by=desk.head)


def vacancy(desk, number, day, headcount=1):
    return Vacancy.objects.create(
        number=f"KG{number}", area=desk.community, employer=desk.employer, title="Seamstress", headcount=headcount,
        wage_from=3000, valid_from=day, valid_until=day + 30 * DAY, gathered_on=day,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("last", "kind", "first", "before"),
    [
        (date(2026, 11, 22), "month", date(2026, 11, 1), date(2025, 11, 1)),
        (date(2026, 11, 22), "quarter", date(2026, 10, 1), date(2025, 10, 1)),
        (date(2026, 11, 22), "year", date(2026, 1, 1), date(2025, 1, 1)),
        (date(2024, 2, 29), "month", date(2024, 2, 1), date(2023, 2, 1)),
    ],
)
def test_a_period_begins_with_its_month_quarter_or_year(last, kind, first, before):
    period = Period.to(last, kind)
    assert (period.first, period.year_before.first) == (first, before)


@pytest.mark.parametrize(
    ("now", "before", "words"), [(131, 100, "+31.00%"), (2, 3, "-33.34%"), (5, 0, "–"), (0, 4, "-100.00%")]
)
def test_the_change_is_told_against_the_year_before(now, before, words):
    assert Flow("placed", "", now, before).change_in_words == words


def test_posts_are_counted_by_state_and_by_how_long_they_are_empty(desk, client):
    first, second, third = open_posts(desk, headcount=3)
    today = timezone.localdate()
    Post.objects.filter(pk=first.pk).update(opened_on=today - 10 * DAY)
    Post.objects.filter(pk=second.pk).update(opened_on=today - 4 * DAY)
    Post.objects.filter(pk=third.pk).update(state=PostState.ENDED, opened_on=None)
    found = read(client, desk.clerk).context["posts"]
    assert (found["empty"], found["average_days"], found["longest_days"]) == (2, 7, 10)
    assert (found["filled"], found["existing"]) == (0, 2)
    assert [post.pk for post in rows(client, "empty")] == [first.pk, second.pk]
    assert rows(client, "posts", state="ended") == [third]
    assert len(rows(client, "posts", payer="district")) == 2


def test_flows_stand_beside_the_year_before_and_open_to_their_rows(desk, client):
    today = timezone.localdate()
    vacancy(desk, 1, today, headcount=4)
    vacancy(desk, 2, Period.to(today, "year").year_before.first)
    other = another(desk)
    for person, day in ((desk.person, today), (desk.person, today - DAY), (other, today)):
        JobSeeker.objects.filter(resident=person).update(ended_on=today, end_reason="withdrawn")
        JobSeeker.objects.create(resident=person, registered_on=day, valid_until=today + DAY)
    place(desk, "flexible", other)
    answer = read(client, desk.city)
    vacancies, places, times, persons = answer.context["flows"][:4]
    assert (vacancies.now, vacancies.before, places.now) == (1, 1, 4)
    assert (times.now, persons.now) == (3, 2)
    assert (answer.context["succeeded"], answer.context["registered"]) == (1, 3)
    assert len(rows(client, "vacancies")) == 1
    assert len(rows(client, "registrations")) == 3
    assert [one.resident for one in rows(client, "placed", channel="flexible")] == [other]
    assert rows(client, "placed", channel="export") == []


def test_who_left_work_again_was_placed_and_who_was_only_reported_was_not(desk, client):
    placement = place(desk, "flexible")
    placements.end(
        placement_id=placement.pk, last_day=timezone.localdate(), reason=PlacementEnd.RESIGNED,
        version=placement.version, by=desk.clerk,
    )  # fmt: skip
    placements.report(
        resident_id=another(desk).pk, channel="flexible", agreed_from=timezone.localdate(), by=desk.clerk
    )
    assert flow(read(client, desk.clerk), "placed").now == 1


def test_labour_export_stands_against_the_plan_in_force(desk, client):
    year = timezone.localdate().year
    for day, planned in ((date(year - 1, 1, 1), 7), (date(year, 1, 1), 4)):
        Parameter.objects.create(
            name="labour_export_plan", area=desk.city.area, in_force_from=day, value={"outside": planned}
        )
    place(desk, "export", destination="outside")
    ((place_, _words, number, planned),) = read(client, desk.city).context["exports"]
    assert (place_, number, planned) == ("outside", 1, 4)
    assert len(rows(client, "exported", destination="outside")) == 1


def test_businesses_and_their_jobs(desk, client):
    today = timezone.localdate()
    for name, family, jobs in (("Noodles", True, 2), ("Repairs", False, 3)):
        Business.objects.create(
            name=name, owner=desk.person, area=desk.community, family=family, opened_on=today, jobs_created=jobs
        )
    counted = {str(one.label): one.now for one in read(client, desk.clerk).context["flows"]}
    assert list(counted.values())[-3:] == [2, 1, 5]
    assert [one.name for one in rows(client, "family")] == ["Noodles"]


def test_what_a_project_promised_stands_beside_what_is_filled(desk, client):
    project = Project.objects.create(
        name="Mall", investor=EmployerFactory(), area=desk.community, agreed_on=date(2026, 1, 1), jobs_total=41,
        promised_share="0.1",
    )  # fmt: skip
    first, _second = open_posts(desk, headcount=2, project=project)
    Post.objects.filter(pk=first.pk).update(state=PostState.FILLED, holder=desk.person, opened_on=None)
    ((shown, promised, filled),) = read(client, desk.street).context["projects"]
    assert (shown, promised, filled) == (project, 5, 1)


def test_another_area_counts_nothing_of_it(desk, client):
    open_posts(desk)
    place(desk, "flexible")
    stranger = make_post_desk()
    answer = read(client, stranger.clerk)
    assert answer.context["posts"]["existing"] == 0
    assert flow(answer, "placed").now == 0
    assert rows(client, "placed") == []


def test_a_part_of_the_area_and_a_day_gone_by_can_be_chosen(desk, client):
    vacancy(desk, 1, timezone.localdate())
    before = (timezone.localdate() - 400 * DAY).isoformat()
    assert flow(read(client, desk.city, area=desk.street.area.pk), "vacancies").now == 1
    assert flow(read(client, desk.city, on=before), "vacancies").now == 0


def test_a_leader_reads_figures_without_ways_to_people(desk, client):
    leader = PostingFactory(area=desk.city.area, role=Role.CITY_LEADER)
    open_posts(desk)
    answer = read(client, leader)
    assert answer.status_code == 200
    assert reverse("placements:figure_rows", args=["posts"]) not in answer.content.decode()
    assert client.get(reverse("placements:figure_rows", args=["posts"])).status_code == 403


def test_unknown_rows_are_not_found(desk, client):
    client.force_login(desk.clerk.staff)
    assert client.get(reverse("placements:figure_rows", args=["nothing"])).status_code == 404


def test_it_costs_the_same_for_many(desk, client):
    client.force_login(desk.city.staff)
    client.get(reverse("placements:figures"))
    costs = []
    for many in (1, 29):
        open_posts(desk, headcount=many)
        for number in range(many):
            vacancy(desk, f"{many}-{number}", timezone.localdate())
        if many == 1:
            place(desk, "flexible")
        with CaptureQueriesContext(connection) as found:
            client.get(reverse("placements:figures"))
        costs.append(len(found))
    assert costs[0] == costs[1] < 25
