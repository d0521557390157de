"""Money in a browser: the queue with the keyboard alone, and its pages at a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from city.trail import acting
from tests.e2e.test_pages import DESK, PHONE, check, open_as
from tests.subsidies.deciding_desk import make_claim, make_deciding_desk

PAGES = [
    "/subsidies/claims/",
    "/subsidies/claims/{claim}/",
    "/subsidies/queue/",
    "/subsidies/publicity/",
    "/subsidies/payments/",
    "/subsidies/batches/",
    "/subsidies/clawbacks/",
    "/subsidies/funds/",
    "/subsidies/rates/",
    "/subsidies/figures/",
]


@pytest.fixture
def desk(live_server, settings, tmp_path, monkeypatch):
    """Claims whose lines are made up: no ledger stands behind them."""
    monkeypatch.setattr("subsidies.computing.differing", lambda _lines: {})
    monkeypatch.setattr("subsidies.overview.differing", lambda _lines: {})
    settings.FILES_ROOT = tmp_path
    with acting(reason="test"):
        desk = make_deciding_desk()
        desk.claims = [make_claim(desk) for _number in range(3)]
    return desk


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_pages_of_money_are_accessible_and_fit_the_screen(page, desk, size):
    page.set_viewport_size(size)
    open_as(page, desk.district.role, desk.district_area, "officer")
    for address in PAGES:
        page.goto(address.format(claim=desk.claims[0].pk))
        check(page)


def test_claims_are_decided_with_the_keyboard_and_enter_on_a_tick_decides_nothing(page, desk):
    page.set_viewport_size(DESK)
    open_as(page, desk.district.role, desk.district_area, "officer")
    page.goto("/subsidies/queue/")
    claims = page.locator("input[name=claim]")
    expect(claims).to_have_count(3)
    claims.first.focus()
    page.keyboard.press("Space")
    expect(claims.first).to_be_checked()
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/decide/**")
    page.goto("/subsidies/queue/")
    expect(claims).to_have_count(3)
    claims.first.focus()
    page.keyboard.press("Space")
    for _stop in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "approve":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/results/**")
    page.goto("/subsidies/queue/")
    expect(claims).to_have_count(2)
