import html
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from city.choices import AreaLevel, Role
from households import ledger, zero_totals
from households.choices import LabourState
from households.models import LowIncomeStatus
from tests.city.factories import AreaFactory
from tests.desks import elsewhere, sign_in
from tests.households.factories import (
    DeclarationFactory,
    HouseholdFactory,
    HouseholdTagFactory,
    LowIncomeStatusFactory,
    ResidentFactory,
    VisitFactory,
    ZeroEmploymentEpisodeFactory,
)
from tests.households.zero_desk import LONG_AGO, TODAY, moment, zero_desk

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LISTS = ["episodes", "may_be_eliminated", "detected", "declarations", "ended_episodes"]


@pytest.fixture
def desk(time_machine):
    time_machine.move_to(moment(TODAY), tick=False)
    return zero_desk()


def family(community, *states, **episode):
    """A household whose members are in these states since long ago, with an episode when one is told."""
    household = HouseholdFactory(community=community)
    for state in states:
        ResidentFactory(home=household, spell={"state": state})
    if episode:
        ZeroEmploymentEpisodeFactory(household=household, **episode)
    ledger.rebuild(list(household.memberships.values_list("resident", flat=True)))
    return household


OPEN = {"certified_on": TODAY - 10 * DAY}
ENDED = {"certified_on": date(2026, 9, 1), "eliminated_on": date(2026, 9, 20)}


def fill(desk, community, number):
    """Rows for every list, `number` in each."""
    for _turn in range(number):
        family(community, LabourState.UNEMPLOYED, **OPEN)
        family(community, LabourState.EMPLOYED, **OPEN)
        family(community, LabourState.UNEMPLOYED)
        family(community, LabourState.EMPLOYED, **ENDED)
        DeclarationFactory(household=family(community, LabourState.UNEMPLOYED), declared_on=TODAY)


def work_list(client, page, name):
    panels = client.get(reverse(f"city:{page}")).context["panels"]
    return next((panel.context for panel in panels if getattr(panel.context, "name", "") == name), None)


def rows_of(answer):
    page = answer.context["page"]
    return [one.household if hasattr(one, "household") else one for one in page]


@pytest.mark.parametrize("name", [*LISTS, "episode_totals"])
def test_who_may_open_the_lists(client, desk, name):
    address = reverse(f"households:{name}")
    assert client.get(address)["Location"].startswith("/accounts/login/")
    for role in Role:
        sign_in(client, role, desk.community)
        allowed = role in {"station_clerk", "station_head", "street_reviewer", "district_officer", "city_office"}
        assert client.get(address).status_code == (200 if allowed else 403)


@pytest.mark.parametrize("name", LISTS)
def test_each_list_holds_its_own_households_of_the_area(client, desk, name):
    fill(desk, desk.community, 2)
    fill(desk, elsewhere(desk.community), 1)
    expected = {"episodes": 4, "may_be_eliminated": 2, "detected": 3, "declarations": 2, "ended_episodes": 2}
    for role, factor in (("station_clerk", 0), ("street_reviewer", 0), ("city_office", 1)):
        sign_in(client, role, desk.community)
        rows = rows_of(client.get(reverse(f"households:{name}")))
        extra = {"episodes": 2}.get(name, 1) * factor
        assert len(rows) == expected[name] + extra
    assert len({row.community_id for row in rows}) == 2


@pytest.mark.parametrize("name", [*LISTS, "episode_totals"])
def test_a_list_costs_the_same_at_any_length(client, desk, name):
    posting = sign_in(client, "street_reviewer", desk.community)
    counts = []
    for number in (1, 29):
        fill(desk, desk.community, number)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(f"households:{name}")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert posting.area.level == AreaLevel.STREET


@pytest.mark.parametrize("name", ["today", "reviews"])
def test_the_desks_cost_the_same_at_any_length(client, desk, name):
    sign_in(client, "station_clerk" if name == "today" else "street_reviewer", desk.community)
    counts = []
    for number in (1, 29):
        fill(desk, desk.community, number)
        for _turn in range(number):
            declaration = DeclarationFactory(household=family(desk.community, LabourState.UNEMPLOYED))
            declaration.visit, declaration.state = VisitFactory(household=declaration.household), "verified"
            declaration.save()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(f"city:{name}")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("query", "certified"),
    [
        ("", [0, 20, 28, 40]),
        ("deadline=late", [40]),
        ("deadline=soon", [28]),
        ("deadline=later", [0, 20]),
        ("state=assisting", [20]),
        ("state=certified&deadline=late", [40]),
        ("state=nonsense", [0, 20, 28, 40]),
    ],
)
def test_the_register_is_narrowed_by_state_and_deadline(client, desk, query, certified):
    """The deadline is a month: certified 28 days ago it ends within the week, 40 days ago it has passed."""
    for back in (0, 20, 28, 40):
        extra = {"assisting_since": TODAY} if back == 20 else {}
        family(desk.community, LabourState.UNEMPLOYED, certified_on=TODAY - back * DAY, **extra)
    sign_in(client, "station_clerk", desk.community)
    found = [row.episode for row in client.get(f"{reverse('households:episodes')}?{query}").context["rows"]]
    assert [(TODAY - one.certified_on).days for one in found] == sorted(certified, reverse=True)


def test_lists_are_narrowed_to_an_area_below_the_posting_only(client, desk):
    sibling = AreaFactory(level=AreaLevel.COMMUNITY, parent=desk.community.parent)
    foreign = elsewhere(desk.community)
    for community in (desk.community, sibling, foreign):
        family(community, LabourState.UNEMPLOYED, **OPEN)
    sign_in(client, "street_reviewer", desk.community)
    for code, number in ((sibling.code, 1), ("", 2), (foreign.code, 2)):
        answer = client.get(reverse("households:episodes"), {"area": code})
        assert len(answer.context["rows"]) == number
        assert foreign.name not in answer.content.decode()


def test_the_soonest_deadline_comes_first_on_the_desk(client, desk):
    late = family(desk.community, LabourState.UNEMPLOYED, certified_on=date(2026, 9, 1))
    soon = family(desk.community, LabourState.EMPLOYED, certified_on=date(2026, 10, 15))
    sign_in(client, "station_clerk", desk.community)
    work = work_list(client, "today", "episodes")
    assert [line.url for line in work.lines] == [
        reverse("households:episode", args=[one.episodes.get().pk]) for one in (late, soon)
    ]
    assert [line.late for line in work.lines] == [True, False]
    assert (work.total, work.late) == (2, 1)
    assert "·" in work.lines[1].sub


def test_the_desk_holds_what_lies_in_the_grid_chosen(client, desk):
    grids = [AreaFactory(level=AreaLevel.GRID, parent=desk.community, code=None, name=f"grid {n}") for n in (1, 2)]
    for grid in grids:
        homes = [
            family(desk.community, LabourState.UNEMPLOYED, **OPEN),
            family(desk.community, LabourState.UNEMPLOYED),
        ]
        homes.append(DeclarationFactory(household=family(desk.community, LabourState.UNEMPLOYED)).household)
        for home in homes:
            home.grid = grid
            home.save(update_fields=["grid"])
    sign_in(client, "station_clerk", desk.community)
    for query, extra in ((f"?grid={grids[0].pk}", 0), ("?grid=all", 1)):
        panels = client.get(reverse("city:today") + query).context["panels"]
        totals = {panel.context.name: panel.context.total for panel in panels if hasattr(panel.context, "total")}
        assert totals["episodes"] == totals["to-verify"] == 1 + extra
        assert totals["found"] == 1 + 2 * extra  # the desk's own household stands in no grid


class TestPages:
    def test_an_episode_shows_its_members_deadline_and_history(self, client, desk):
        household = family(desk.community, LabourState.UNEMPLOYED, certified_on=date(2026, 10, 31), card_number="K-1")
        address = reverse("households:episode", args=[household.episodes.get().pk])
        sign_in(client, "station_head", desk.community)
        body = client.get(address).content.decode()
        for part in ("2026-11-30", "K-1", household.memberships.get().resident.name):
            assert part in body
        assert reverse("households:confirm_employment", args=[household.episodes.get().pk]) in body
        assert 'value="withdraw"' not in body
        sign_in(client, "street_reviewer", desk.community)
        assert 'value="withdraw"' in client.get(address).content.decode()
        sign_in(client, "station_clerk", elsewhere(desk.community))
        assert client.get(address).status_code == 404

    @pytest.mark.parametrize("state", ["declared", "returned", "verified", "publicised", "rejected", "withdrawn"])
    @pytest.mark.parametrize("role", ["station_clerk", "street_reviewer", "district_officer"])
    def test_a_declaration_can_be_looked_at_in_every_state(self, client, desk, state, role):
        declaration = desk.declaration("publicised" if state == "publicised" else "verified")
        type(declaration).objects.filter(pk=declaration.pk).update(state=state)
        sign_in(client, role, desk.community)
        assert client.get(reverse("households:declaration", args=[declaration.pk])).status_code == 200

    def test_a_refused_step_says_why_beside_its_button_and_keeps_the_words(self, client, desk):
        declaration = desk.declaration("verified")
        sign_in(client, "street_reviewer", desk.community)
        data = {"action": "reject", "version": 0, "reason": "", "words": "typed at length"}
        answer = client.post(reverse("households:declaration", args=[declaration.pk]), data)
        assert answer.status_code == 422
        assert "typed at length" in answer.content.decode()

    def test_a_refused_confirmation_says_why_at_its_field(self, client, desk):
        household = family(desk.community, LabourState.UNEMPLOYED, **OPEN)
        episode = household.episodes.get()
        sign_in(client, "station_head", desk.community)
        resident = household.memberships.get().resident_id
        data = {"version": 0, "resident": resident, "on": TODAY.isoformat(), "proof": "post"}
        answer = client.post(reverse("households:confirm_employment", args=[episode.pk]), data)
        assert answer.status_code == 422
        assert answer.context["form"].errors["resident"]

    def test_a_confirmation_sent_twice_works_once(self, client, desk):
        household = family(desk.community, LabourState.EMPLOYED, **OPEN)
        address = reverse("households:confirm_employment", args=[household.episodes.get().pk])
        sign_in(client, "station_head", desk.community)
        form = client.get(address).context["form"]
        assert form.initial["resident"] == household.memberships.get().resident_id
        data = {name: form.initial[name] for name in ("version", "resident")} | {
            "on": OPEN["certified_on"].isoformat(),
            "proof": "contract",
            "idempotency_key": "0b7a6c3e-9a55-4c3c-8a39-6f9d1b1f2a13",
        }
        assert {client.post(address, data)["Location"] for _turn in range(2)} == {
            reverse("households:episode", args=[household.episodes.get().pk])
        }
        assert household.episodes.get().eliminated_on == OPEN["certified_on"]

    def test_the_households_page_offers_to_declare_while_nothing_runs(self, client, desk):
        sign_in(client, "station_clerk", desk.community)
        address = reverse("households:household", args=[desk.household.pk])
        offer = reverse("households:declare", args=[desk.household.pk])
        assert offer in client.get(address).content.decode()
        desk.declaration()
        assert offer not in client.get(address).content.decode()

    def test_the_street_sees_what_it_has_to_decide(self, client, desk, time_machine):
        declaration = desk.declaration("publicised")

        def listed():
            sign_in(client, "street_reviewer", desk.community)
            work = work_list(client, "reviews", "declarations")
            return [line.url for line in work.lines] if work else []

        assert listed() == [reverse("households:declaration", args=[declaration.pk])]
        declaration.notice = desk.notice(started_on=TODAY)
        declaration.save()
        assert listed() == []
        time_machine.move_to(moment(TODAY + 7 * DAY, 0, 1), tick=False)
        assert listed() == []
        time_machine.move_to(moment(TODAY + 8 * DAY, 0, 1), tick=False)
        assert len(listed()) == 1


class TestTotals:
    """Events beside households, low income on the day that counts, and the curve of the first cohort."""

    def test_events_households_and_low_income_then(self, desk):
        back = family(
            desk.community, LabourState.EMPLOYED, certified_on=date(2025, 1, 1), eliminated_on=date(2025, 2, 1)
        )
        ZeroEmploymentEpisodeFactory(household=back, certified_on=date(2026, 1, 1), eliminated_on=date(2026, 3, 1))
        LowIncomeStatusFactory(household=back, started_on=date(2025, 6, 1))
        LowIncomeStatusFactory(household=back, started_on=date(2026, 2, 1), low_income=False)
        poor = family(desk.community, LabourState.UNEMPLOYED, certified_on=date(2026, 9, 1))
        LowIncomeStatusFactory(household=poor, started_on=date(2026, 9, 1))
        gone = family(
            desk.community, LabourState.UNEMPLOYED, certified_on=date(2026, 9, 1), withdrawn_on=date(2026, 10, 1)
        )
        LowIncomeStatusFactory(household=gone, started_on=date(2026, 9, 2))
        family(elsewhere(desk.community), LabourState.UNEMPLOYED, **OPEN)
        assert zero_totals.totals(desk.community, TODAY) == {
            "certified": 4,
            "certified_households": 3,
            "certified_low_income": 2,
            "eliminated": 2,
            "eliminated_households": 1,
            "eliminated_low_income_then": 1,
            "eliminated_low_income": 0,
            "withdrawn": 1,
            "open": 1,
        }
        assert LowIncomeStatus.objects.count() == 4

    def test_at_work_and_dual_today(self, desk):
        states = [LabourState.EMPLOYED]
        for members in (states, states * 2, [LabourState.UNEMPLOYED]):
            family(desk.community, *members, **ENDED)
        family(desk.community, *states * 2, **OPEN)
        eliminated = zero_totals.ever_eliminated(desk.community, TODAY)
        assert zero_totals.at_work(eliminated, desk.community, TODAY) == (2, 1)
        assert zero_totals.at_work(eliminated, elsewhere(desk.community), TODAY) == (0, 0)

    def test_the_first_cohort_leaves_month_by_month(self, desk):
        ends = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), None]
        for ended in ends:
            household = family(desk.community, LabourState.EMPLOYED)
            HouseholdTagFactory(household=household, started_on=date(2026, 1, 10))
            if ended:
                ZeroEmploymentEpisodeFactory(household=household, certified_on=date(2026, 1, 10), eliminated_on=ended)
                ZeroEmploymentEpisodeFactory(household=household, certified_on=date(2026, 5, 1), eliminated_on=TODAY)
        early = family(
            desk.community, LabourState.EMPLOYED, certified_on=date(2025, 1, 1), eliminated_on=date(2025, 2, 1)
        )
        HouseholdTagFactory(household=early, started_on=date(2026, 1, 10))
        curve = zero_totals.baseline_curve(desk.community, TODAY)
        assert (curve.households, curve.eliminated) == (5, 3)
        assert curve.months[:4] == [
            (date(2026, 1, 31), 0), (date(2026, 2, 28), 1), (date(2026, 3, 31), 3), (date(2026, 4, 30), 3),
        ]  # fmt: skip
        assert curve.months[-1] == (TODAY, 3)
        assert zero_totals.baseline_curve(elsewhere(desk.community), TODAY) is None

    def test_the_curve_ends_when_everybody_has_left(self, desk):
        household = family(desk.community, LabourState.EMPLOYED, certified_on=LONG_AGO, eliminated_on=date(2020, 3, 5))
        HouseholdTagFactory(household=household, started_on=LONG_AGO)
        curve = zero_totals.baseline_curve(desk.community, TODAY)
        assert curve.months == [(date(2020, 1, 31), 0), (date(2020, 2, 29), 0), (date(2020, 3, 31), 1)]

    def test_programmes_are_counted_with_work_and_dual(self, desk):
        for members in ([LabourState.EMPLOYED] * 2, [LabourState.EMPLOYED] * 2, [LabourState.UNEMPLOYED]):
            household = family(desk.community, *members)
            HouseholdTagFactory(household=household, kind="shanty_return", started_on=date(2026, 1, 1))
        LowIncomeStatusFactory(household=household)
        (row,) = zero_totals.programmes(desk.community, TODAY)
        assert (row.kind, row.households, row.low_income, row.working, row.dual) == ("shanty_return", 3, 1, 2, 2)

    def test_every_figure_opens_the_episodes_behind_it(self, client, desk):
        sibling = AreaFactory(level=AreaLevel.COMMUNITY, parent=desk.community.parent)
        for community, number in ((desk.community, 1), (sibling, 2)):
            for states in ([LabourState.EMPLOYED], [LabourState.EMPLOYED] * 2, [LabourState.UNEMPLOYED]):
                for _turn in range(number):
                    poor = family(community, *states, **ENDED)
                    LowIncomeStatusFactory(household=poor, started_on=date(2026, 1, 1))
            again = family(community, LabourState.EMPLOYED, **ENDED)
            ZeroEmploymentEpisodeFactory(household=again, certified_on=LONG_AGO, eliminated_on=LONG_AGO + DAY)
            family(community, LabourState.UNEMPLOYED, certified_on=LONG_AGO, withdrawn_on=TODAY)
            family(community, LabourState.UNEMPLOYED, **OPEN)
        sign_in(client, "street_reviewer", desk.community)
        for query, eliminated in (("", 13), (f"?area={sibling.code}", 8)):
            body = client.get(reverse("households:episode_totals") + query).content.decode()
            figures = re.findall(r'href="([^"]*zero-households/[^"]*\?[^"]*)">(\d+)</a>', body)
            assert [int(figure) for _address, figure in figures][1] == eliminated
            assert len(figures) == 9
            for address, figure in figures:
                assert len(client.get(html.unescape(address)).context["rows"]) == int(figure), address

    def test_the_page_shows_them_for_any_area_of_the_posting(self, client, desk):
        HouseholdTagFactory(household=family(desk.community, LabourState.EMPLOYED, **ENDED), started_on=LONG_AGO)
        sign_in(client, "city_office", desk.community)
        for area, certified in ((desk.community.parent, 1), (elsewhere(desk.community).parent, 0)):
            answer = client.get(reverse("households:episode_totals"), {"area": area.code})
            assert answer.context["totals"]["certified"] == certified
        assert answer.context["curve"] is None
