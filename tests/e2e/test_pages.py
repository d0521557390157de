"""A station's day in a browser: at a desk and on a phone, with a mouse and with the keyboard alone."""

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from city.choices import AreaLevel, Role
from city.trail import acting
from households import ledger
from households.choices import LabourState
from reports.services import dashboards
from reports.services.night import recompute_status
from tests.city.factories import AreaFactory, PostingFactory, StaffFactory
from tests.city.sheet_files import dict_sheet
from tests.desks import superior
from tests.households.factories import HouseholdFactory, ResidentFactory
from tests.households.sheet_runs import CODE, person
from tests.reports.factories import CriterionFactory, RuleSetFactory

DAY = date(2026, 10, 31)
PASSWORD = "correct horse battery"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def screen(page, request):
    page.set_viewport_size(request.param)
    return page


@pytest.fixture
def community(live_server, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    with acting(reason="test"):
        return _station()


def _station():
    place = AreaFactory(community=True, code=CODE, name="枫桥社区")
    CriterionFactory(ruleset=RuleSetFactory(area=superior(place, AreaLevel.CITY)), threshold="0.96")
    home = HouseholdFactory(community=place)
    for number in range(10):
        state = LabourState.EMPLOYED if number else LabourState.UNEMPLOYED
        ResidentFactory(name=f"王{number}", home=home, spell={"state": state, "started_on": date(2026, 1, 1)})
    ledger.rebuild()
    recompute_status(DAY)
    dashboards.refresh(DAY)
    return place


def open_as(page, role, area, number):
    with acting(reason="test"):
        PostingFactory(role=role, area=area, staff=StaffFactory(number=number, password=PASSWORD))
    page.goto("/accounts/login/")
    page.get_by_label("工号").fill(number)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator(".account")).to_be_visible()


def check(page):
    """Accessible, and nothing wider than the screen."""
    assert Axe().run(page).response["violations"] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def test_a_clerk_goes_from_the_verdict_to_the_persons_behind_it(screen, community):
    open_as(screen, Role.STATION_CLERK, community, "clerk")
    screen.goto(f"/status/{CODE}/")
    expect(screen.get_by_role("heading", level=1, name="枫桥社区")).to_be_visible()
    expect(screen.get_by_text("再有 1 人就业即达到 96%")).to_be_visible()
    check(screen)
    screen.get_by_role("link", name="缺口 1").first.click()
    check(screen)
    screen.get_by_role("link", name="王0").click()
    check(screen)
    screen.get_by_role("button", name="显示完整号码").click()
    expect(screen.locator(".full-number")).to_be_visible()
    check(screen)
    screen.get_by_role("link", name="户号").first.click()
    expect(screen.get_by_role("heading", name="现有成员")).to_be_visible()
    check(screen)


def test_a_clerk_loads_a_sheet_and_decides(screen, community):
    open_as(screen, Role.STATION_CLERK, community, "clerk")
    screen.goto("/sheets/")
    check(screen)
    sheet = dict_sheet(person(户号="900"), person(身份证号="1"))
    screen.get_by_label("文件").set_input_files({"name": "名册.csv", "mimeType": "text/csv", "buffer": sheet})
    screen.get_by_role("button", name="检查报表").click()
    expect(screen.get_by_text("1 处错误")).to_be_visible()
    check(screen)
    screen.get_by_role("button", name="写入合格的行").click()
    expect(screen.get_by_text("已写入")).to_be_visible()
    check(screen)
    screen.goto("/residents/?q=王芳")
    expect(screen.get_by_role("link", name="王芳")).to_be_visible()


@pytest.mark.parametrize(
    ("role", "level", "addresses"),
    [
        (Role.CITY_LEADER, AreaLevel.CITY, ["/quarter/", "/status/", "/status/{city}/", "/rulesets/", "/rules/"]),
        (Role.STREET_REVIEWER, AreaLevel.STREET, ["/status/?sort=gap", "/residents/?q=王", "/transfers/", "/sheets/"]),
        (Role.SYSTEM_ADMIN, AreaLevel.CITY, ["/runs/", "/sheets/"]),
        (Role.AUDIT_ADMIN, AreaLevel.CITY, ["/trail/", "/nothing/"]),
    ],
)
def test_pages_are_accessible_and_fit_the_screen(screen, community, role, level, addresses):
    open_as(screen, role, superior(community, level), "somebody")
    for address in addresses:
        screen.goto(address.format(city=superior(community, AreaLevel.CITY).code))
        check(screen)


def test_signing_in_and_searching_need_no_mouse(page, community):
    with acting(reason="test"):
        PostingFactory(area=community, staff=StaffFactory(number="clerk", password=PASSWORD))
    page.goto("/accounts/login/")
    page.keyboard.type("clerk")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="今日工作")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    while page.evaluate("document.activeElement.textContent.trim()") != "居民":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    box = page.get_by_role("searchbox")
    expect(box).to_be_visible()
    while not box.evaluate("box => box === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.insert_text("王3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="王3")).to_be_visible()


def test_the_language_is_switched_in_the_header(page, community):
    open_as(page, Role.STATION_CLERK, community, "clerk")
    page.locator(".account summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Residents")).to_be_visible()
    check(page)
