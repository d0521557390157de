"""A coordinator's morning: by thumb on a phone, and with the keyboard alone."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from city.choices import AreaLevel, Role
from city.models import Draft
from city.rules import add_months
from city.trail import acting
from households import ledger
from households.choices import LabourState
from households.models import Visit
from tests.city.factories import AreaFactory, PostingFactory, StaffFactory
from tests.desks import superior
from tests.households.factories import HouseholdFactory, ResidentFactory, ZeroEmploymentEpisodeFactory

PASSWORD = "correct horse battery"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture
def community(live_server, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    with acting(reason="test"):
        place = AreaFactory(community=True, name="枫桥社区")
        grid = AreaFactory(level=AreaLevel.GRID, code=None, parent=place, name="第1网格")
        for number in range(3):
            home = HouseholdFactory(community=place, grid=grid, address=f"枫桥社区{number + 1}幢101室")
            certified_on = add_months(timezone.localdate(), -3)
            ZeroEmploymentEpisodeFactory(household=home, certified_on=certified_on)
            for order in range(2):
                spell = {"state": LabourState.UNEMPLOYED, "started_on": certified_on - timedelta(days=9)}
                ResidentFactory(name=f"王{number}{order}", home=home, spell=spell)
        ledger.rebuild()
        PostingFactory(area=place, grid=grid, staff=StaffFactory(number="clerk", password=PASSWORD))
        street = superior(place, AreaLevel.STREET)
        PostingFactory(role=Role.STREET_REVIEWER, area=street, staff=StaffFactory(number="street", password=PASSWORD))
    return place


def open_as(page, number):
    page.goto("/accounts/login/")
    page.get_by_label("工号").fill(number)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator(".account")).to_be_visible()


def due(page):
    return page.locator(".work-do")


def check(page):
    """Accessible, and nothing wider than the screen."""
    assert Axe().run(page).response["violations"] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_two_taps_when_nothing_changed(page, community, size):
    page.set_viewport_size(size)
    open_as(page, "clerk")
    expect(page.get_by_role("heading", level=1, name="今日工作")).to_be_visible()
    expect(due(page)).to_have_count(3)
    check(page)
    button = page.locator(".work-do").first
    assert button.bounding_box()["height"] >= (44 if size == PHONE else 24)
    button.click()
    check(page)
    page.get_by_role("button", name="情况无变化").click()
    expect(page.get_by_role("heading", level=1, name="今日工作")).to_be_visible()
    expect(page.get_by_text("已记录走访")).to_be_visible()
    expect(due(page)).to_have_count(2)
    assert Visit.objects.get().unchanged
    check(page)


def test_what_a_member_told_is_asked_for_as_it_is_needed_and_kept_while_typed(page, community):
    page.set_viewport_size(PHONE)
    open_as(page, "clerk")
    page.locator(".work-do").first.click()
    page.locator(".more-visit > summary").click()
    expect(page.locator("[name$=-channel]").first).to_be_hidden()
    page.locator("[name$=-report]").first.select_option("found_work")
    expect(page.locator("[name$=-channel]").first).to_be_visible()
    page.locator("[name$=-employer_name]").first.fill("望江园林")
    expect(page.get_by_text("草稿已存")).to_be_visible()
    check(page)
    page.reload()
    expect(page.locator("[name$=-employer_name]").first).to_have_value("望江园林")
    page.get_by_role("button", name="保存走访").click()
    expect(page.get_by_text("请填写日期。")).to_be_visible()
    check(page)
    page.locator("[name$=-on]").first.fill(timezone.localdate().isoformat())
    page.locator("[name$=-channel]").first.select_option("employer")
    page.get_by_role("button", name="保存走访").click()
    expect(page.get_by_text("已记录走访")).to_be_visible()
    assert Visit.objects.get().members.filter(report="found_work").exists()
    assert not Draft.objects.exists()


def test_nobody_in_asks_for_nothing_about_members(page, community):
    open_as(page, "clerk")
    page.locator(".work-do").first.click()
    page.locator(".more-visit > summary").click()
    page.locator("[name=outcome][value=nobody_in]").check()
    expect(page.locator("[name$=-report]").first).to_be_hidden()
    page.locator("[name=follow_up]").select_option("visit_again")
    page.locator("[name=follow_up_on]").fill((timezone.localdate() + timedelta(days=2)).isoformat())
    page.get_by_role("button", name="保存走访").click()
    expect(page.get_by_role("heading", name="约定再访")).to_be_visible()
    check(page)


def test_a_visit_is_recorded_with_the_keyboard_alone(page, community):
    open_as(page, "clerk")
    press_until(page, "document.activeElement.matches('.work-do')")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="情况无变化")).to_be_visible()
    press_until(page, "document.activeElement.name === 'nothing_changed'")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已记录走访")).to_be_visible()


def press_until(page, reached):
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(reached):
            return
    pytest.fail(f"not reached by Tab: {reached}")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_lists_sheets_and_corrections_fit_the_screen(page, community, size):
    page.set_viewport_size(size)
    open_as(page, "clerk")
    for address in ("/visits/", f"/visits/at/{community.code}/list/", f"/visits/at/{community.code}/roster/"):
        page.goto(address)
        check(page)
    page.goto("/today/")
    page.locator(".work-do").first.click()
    page.get_by_role("button", name="情况无变化").click()
    visit = Visit.objects.get()
    for address in (f"/visits/{visit.pk}/", f"/visits/{visit.pk}/correct/", f"/households/{visit.household_id}/"):
        page.goto(address)
        check(page)


def test_a_street_sees_which_station_is_behind(page, community):
    page.set_viewport_size(PHONE)
    open_as(page, "street")
    expect(page.get_by_role("heading", level=1, name="待审")).to_be_visible()
    check(page)
    page.get_by_role("link", name="枫桥社区").first.click()
    expect(page.locator(".work")).to_have_count(3)
    check(page)
