"""Posts, vacancies and the allocation in a browser: at a desk and on a phone, and with the keyboard alone."""

import pytest
from playwright.sync_api import expect

from city.choices import Role
from city.trail import acting
from tests.e2e.test_pages import DESK, PHONE, check, open_as
from tests.placements.market_desk import publish, register
from tests.placements.post_desk import another, make_post_desk, open_posts

MARKET = ["vacancies/", "vacancies/new/", "vacancies/{vacancy}/", "vacancies/{vacancy}/suitable/", "seekers/",
          "seekers/{seeker}/", "events/", "points/"]  # fmt: skip
POSTS = ["/posts/", "/posts/{post}/", "/post-plans/", "/post-plans/{plan}/", "/placements/", "/placement-figures/"]


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def screen(page, request):
    page.set_viewport_size(request.param)
    return page


@pytest.fixture
def desk(live_server, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    with acting(reason="test"):
        desk = make_post_desk()
        desk.post, _second = open_posts(desk, headcount=2)
        desk.vacancy = publish(desk, title="缝纫工")
        desk.seeker = register(desk, another(desk), occupation="缝纫")
    return desk


def test_a_clerk_reserves_a_post_and_the_pages_around_it_are_accessible(screen, desk):
    open_as(screen, Role.STATION_CLERK, desk.community, "clerk")
    screen.goto(f"/residents/{desk.person.pk}/jobs/")
    check(screen)
    screen.get_by_role("button", name="预留并推荐").first.click()
    expect(screen.get_by_text("每人同时只能预留一个岗位")).to_be_visible()
    expect(screen.get_by_role("button", name="预留并推荐")).to_have_count(0)
    check(screen)
    known = {
        "post": desk.post.pk,
        "plan": desk.post.plan_id,
        "vacancy": desk.vacancy.pk,
        "seeker": desk.seeker.pk,
    }
    for address in [*POSTS, *(f"/market/{rest}" for rest in MARKET)]:
        screen.goto(address.format(**known))
        check(screen)


def test_the_city_makes_a_proposal_and_changes_it_by_hand(screen, desk):
    open_as(screen, Role.CITY_OFFICE, desk.city.area, "office")
    screen.goto("/post-transfers/new/")
    check(screen)
    screen.goto("/allocation/new/")
    check(screen)
    screen.get_by_role("button", name="生成方案").click()
    check(screen)
    screen.get_by_role("link", name="调整").first.click()
    check(screen)
    screen.get_by_role("button", name="撤下，不安排岗位").click()
    expect(screen.get_by_text("已人工调整")).to_be_visible()
    check(screen)


def test_everybody_reads_the_vacancies_and_prints_them(screen, desk):
    screen.goto("/vacancies/?q=缝纫")
    check(screen)
    with screen.expect_download() as bulletin:
        screen.get_by_role("link", name="空岗信息公告").click()
    assert bulletin.value.path().read_bytes().startswith(b"%PDF")
    screen.get_by_role("link", name="缝纫工").click()
    check(screen)


def test_a_post_is_reserved_without_a_mouse(page, desk):
    open_as(page, Role.STATION_CLERK, desk.community, "clerk")
    page.goto(f"/residents/{desk.person.pk}/jobs/")
    while page.evaluate("document.activeElement.textContent.trim()") != "预留并推荐":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("每人同时只能预留一个岗位")).to_be_visible()
