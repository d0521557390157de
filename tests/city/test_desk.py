"""今日工作 and 待审: laid out from registered parts, in one grid or all, with the same queries at any size."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from city import navigation, parts
from city.choices import Role
from city.desk import Line, WorkList
from city.models import Area, Posting
from tests.city.factories import AreaFactory
from tests.desks import sign_in
from tests.households.factories import HouseholdFactory, ZeroEmploymentEpisodeFactory

pytestmark = pytest.mark.django_db
TODAY, REVIEWS = "/today/", "/reviews/"


@pytest.fixture
def community():
    return AreaFactory(community=True)


@pytest.fixture
def grids(community):
    return [AreaFactory(level="grid", code=None, parent=community, name=f"第{n}网格") for n in (1, 2)]


@pytest.fixture
def own_parts(monkeypatch):
    """Only what the test registers lies on the desk."""
    monkeypatch.setattr(parts, "_panels", {})
    return lambda page, name, **kwargs: parts.register_panel(
        page, name, "city/_worklist.html", lambda request, subject: work(name, **kwargs)
    )


def work(name, lines=1, total=None, late=0, **kwargs):
    made = [Line(f"{name} {number}", f"/{name}/{number}/", group=kwargs.get("group", "")) for number in range(lines)]
    return WorkList(name, f"list of {name}", made, lines if total is None else total, late, empty="begin here")


@pytest.mark.parametrize(
    ("role", "start"),
    [
        (Role.STATION_CLERK, TODAY),
        (Role.STATION_HEAD, TODAY),
        (Role.STREET_REVIEWER, REVIEWS),
        (Role.DISTRICT_OFFICER, "/quarter/"),
    ],
)
def test_the_day_of_stations_and_streets_opens_on_their_desk(client, community, role, start):
    sign_in(client, role, community)
    assert client.get("/")["Location"] == start


@pytest.mark.parametrize(("page", "role"), [(TODAY, Role.STREET_REVIEWER), (REVIEWS, Role.STATION_CLERK)])
def test_a_desk_is_for_those_who_work_at_it(client, community, page, role):
    assert client.get(page)["Location"].startswith("/accounts/login/")
    sign_in(client, role, community)
    assert client.get(page).status_code == 403


@pytest.mark.parametrize(("page", "role"), [("today", Role.STATION_CLERK), ("reviews", Role.STREET_REVIEWER)])
def test_lists_with_work_are_shown_with_their_figures_and_idle_ones_apart(client, community, own_parts, page, role):
    own_parts(page, "promises", lines=2, total=31, late=3)
    own_parts(page, "nothing", lines=0)
    own_parts(page, "stations", late=None)
    sign_in(client, role, community)
    answer = client.get(reverse(f"city:{page}"))
    assert [one.name for one in answer.context["busy"]] == ["promises", "stations"]
    assert [one.name for one in answer.context["idle"]] == ["nothing"]
    text = answer.content.decode()
    assert 'href="#promises">31<' in text
    assert "begin here" in text
    assert 'href="/promises/1/"' in text
    assert answer.content.decode().count('class="late"') == 1


def test_a_panel_that_has_nothing_to_show_leaves_no_trace(client, community, monkeypatch):
    monkeypatch.setattr(parts, "_panels", {})
    parts.register_panel("today", "silent", "city/_worklist.html", lambda request, scope: None)
    sign_in(client, Role.STATION_CLERK, community)
    answer = client.get(TODAY)
    assert (answer.context["busy"], answer.context["idle"], answer.context["panels"]) == ([], [], [])
    assert reverse("households:residents") in answer.content.decode()


def test_the_groups_of_a_list_are_headed_once(client, community, own_parts):
    own_parts("today", "visits", lines=3, group="2幢")
    sign_in(client, Role.STATION_CLERK, community)
    assert client.get(TODAY).content.decode().count("2幢") == 1


def scope_at(client, monkeypatch, query=""):
    seen = []
    monkeypatch.setattr(parts, "_panels", {})
    parts.register_panel("today", "scope", "city/_worklist.html", lambda request, scope: seen.append(scope))
    client.get(TODAY + query)
    return seen[0]


def test_the_coordinators_grid_comes_first_and_any_of_the_community_can_be_chosen(
    client, community, grids, monkeypatch
):
    posting = sign_in(client, Role.STATION_CLERK, community)
    assert scope_at(client, monkeypatch).grid is None
    Posting.objects.filter(pk=posting.pk).update(grid=grids[1])
    scope = scope_at(client, monkeypatch)
    assert (scope.grid, scope.area, scope.grid_query) == (grids[1], grids[1], f"?grid={grids[1].pk}")
    assert scope_at(client, monkeypatch, f"?grid={grids[0].pk}").grid == grids[0]
    everywhere = scope_at(client, monkeypatch, "?grid=all")
    assert (everywhere.grid, everywhere.area, everywhere.grid_query) == (None, community, "?grid=all")


@pytest.mark.parametrize("query", ["?grid=0", "?grid=x", "?grid=%00", "?grid=９"])
def test_an_unknown_grid_is_no_grid(client, community, grids, monkeypatch, query):
    sign_in(client, Role.STATION_CLERK, community)
    assert scope_at(client, monkeypatch, query).grid is None


def test_the_grid_of_another_community_is_no_grid(client, community, monkeypatch):
    foreign = AreaFactory(level="grid", code=None, parent=AreaFactory(community=True), name="第1网格")
    sign_in(client, Role.STATION_CLERK, community)
    assert scope_at(client, monkeypatch, f"?grid={foreign.pk}").grid is None


@pytest.mark.parametrize(
    ("page", "role"), [(TODAY, Role.STATION_CLERK), (REVIEWS, Role.STREET_REVIEWER), (REVIEWS, Role.DISTRICT_OFFICER)]
)
def test_a_desk_costs_the_same_queries_at_any_size(client, community, page, role):
    """With every panel that is registered, whatever it asks."""
    grid = AreaFactory(level="grid", code=None, parent=community)
    sign_in(client, role, community)
    episode_in(community, grid)
    asked = queries_of(client, page)
    for number in range(29):
        place = community if number % 2 else AreaFactory(level="community", parent=community.parent)
        episode_in(place, grid if place == community else None)
    assert queries_of(client, page) == asked
    assert Area.objects.communities().count() > 10


def episode_in(community, grid):
    ZeroEmploymentEpisodeFactory(household=HouseholdFactory(community=community, grid=grid, address="1幢101"))


def queries_of(client, page):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(page).status_code == 200
    return len(asked)


def test_pages_of_higher_apps_hang_below_the_desk(client, community):
    posting = sign_in(client, Role.STATION_CLERK, community)
    current = [entry.url for entry in navigation.entries_for(posting, here="households:record_visit") if entry.current]
    assert current == [TODAY]
