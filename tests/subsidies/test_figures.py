"""The figures of money: each equals the lines it opens to, and costs the same for any number of them."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from city.choices import Role
from city.models import Finding
from placements.figures import Period
from subsidies import figures
from subsidies.choices import ClaimState, ItemState, Scheme, Stage
from subsidies.models import Approval, LineFinding
from tests.city.factories import AreaFactory, PostingFactory
from tests.households.factories import ResidentFactory
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory, FundFactory, PayeeAccountFactory
from tests.subsidies.factories_payments import BatchItemFactory

pytestmark = pytest.mark.django_db
PAID_ON = date(2026, 10, 20)


@pytest.fixture
def community(db):
    return AreaFactory(community=True)


@pytest.fixture
def officer(community):
    return PostingFactory(role=Role.DISTRICT_OFFICER, area=community.parent.parent)


@pytest.fixture
def fund(community):
    return FundFactory(area=community.parent.parent, allotted=Decimal("10000"), spent=Decimal("2490"))


def paid(community, fund, scheme=Scheme.POST, person=None, paid_on=PAID_ON, approved="1245.00", **values):
    claim = ClaimFactory(
        area=community, scheme=scheme, state=ClaimState.PAID, paid_on=paid_on, fund=fund, period_from=date(2026, 7, 1)
    )
    person = person or ResidentFactory()
    account = PayeeAccountFactory(employer=claim.employer)
    BatchItemFactory(claim=claim, account=account, state=ItemState.PAID, answered_on=paid_on)
    return ClaimLineFactory(
        claim=claim, resident=person, account=account, approved=Decimal(approved), month=paid_on.replace(day=1),
        approved_reason="" if Decimal(approved) == Decimal("1245.00") else "less", **values,
    )  # fmt: skip


def rows(officer, last=date(2026, 11, 22)):
    return figures.Rows(officer, officer.area, Period.to(last, "year"), last)


def test_what_was_paid_stands_beside_a_year_before(community, officer, fund):
    paid(community, fund)
    paid(community, fund, approved="1000.00")
    paid(community, fund, scheme=Scheme.INSURANCE, paid_on=date(2025, 10, 20))
    told = figures.paid_by_scheme(rows(officer))
    post, insurance = told["schemes"]
    assert (post.now, post.before, post.persons, post.change_in_words) == (Decimal("2245.00"), 0, 2, "–")
    assert (insurance.now, insurance.before, insurance.change_in_words) == (0, Decimal("1245.00"), "-100.00%")
    assert (told["total"].now, told["total"].before, told["total"].persons) == (
        Decimal("2245.00"), Decimal("1245.00"), 2,
    )  # fmt: skip


def test_money_of_a_neighbour_or_not_yet_paid_is_not_counted(community, officer, fund):
    paid(AreaFactory(community=True), fund)
    waiting = ClaimFactory(area=community, state=ClaimState.PAYING, fund=fund)
    ClaimLineFactory(claim=waiting, approved=Decimal("1245.00"))
    assert figures.paid_by_scheme(rows(officer))["total"].now == 0


def test_persons_with_both_subsidies_are_counted_once(community, officer, fund):
    person = ResidentFactory()
    for scheme in (Scheme.POST, Scheme.INSURANCE):
        paid(community, fund, scheme, person)
        paid(community, fund, scheme, person, paid_on=date(2026, 11, 20))
    paid(community, fund, Scheme.POST)
    assert figures.persons_with_both(rows(officer)) == 1
    assert rows(officer).both().count() == 4


def test_the_days_between_two_steps_are_averaged(community, officer, fund):
    moment = datetime(2026, 9, 1, 9, tzinfo=timezone.get_current_timezone())
    for days in (1, 2):
        claim = paid(community, fund).claim
        for number, stage in enumerate(Stage):
            by = PostingFactory(role=Role.STATION_CLERK, area=community)
            Approval.objects.create(
                claim=claim, round=1, stage=stage, staff=by.staff, posting=by, amount=1,
                at=moment + timedelta(days=number * days),
            )  # fmt: skip
    told = figures.days_by_step(rows(officer))
    assert [(days, claims) for _label, days, claims in told] == [(Decimal("1.5"), 2)] * 4


def doubt(line):
    finding = Finding.objects.create(
        kind="subsidies.died", key=str(line.pk), area=line.claim.area, found_on=PAID_ON, seen_on=PAID_ON
    )
    LineFinding.objects.create(finding=finding, line=line)


def test_what_doubts_kept_is_what_was_computed_and_not_approved(community, officer, fund):
    less, all_of_it, dropped = paid(community, fund, approved="1000.00"), paid(community, fund), paid(community, fund)
    dropped_line = ClaimLineFactory(claim=dropped.claim, standing="dropped")
    for line in (less, all_of_it, dropped_line):
        doubt(line)
    told = figures.kept(rows(officer))
    assert told == {"doubted": 3, "kept_lines": 2, "kept": Decimal("1490.00"), "back": Decimal("0.00")}


def test_a_figure_equals_the_lines_it_opens_to(client, community, officer, fund):
    for _number in range(3):
        paid(community, fund)
    client.force_login(officer.staff)
    answer = client.get(reverse("subsidies:figures"), {"on": "2026-11-22"})
    assert answer.context["total"].now == Decimal("3735.00")
    opened = client.get(reverse("subsidies:figure_rows", args=["paid"]), {"on": "2026-11-22", "scheme": "post"})
    assert sum(line.approved for line in opened.context["page"].rows) == Decimal("3735.00")
    assert client.get(reverse("subsidies:figure_rows", args=["nothing"])).status_code == 404


def test_the_leader_reads_figures_but_opens_no_names(client, community, officer, fund):
    paid(community, fund, person=ResidentFactory(name="王小明"))
    leader = PostingFactory(role=Role.CITY_LEADER, area=officer.area.parent)
    client.force_login(leader.staff)
    answer = client.get(reverse("subsidies:figures"), {"on": "2026-11-22"})
    assert "1,245.00" in answer.content.decode()
    assert "/subsidies/figures/paid/" not in answer.content.decode()
    assert client.get(reverse("subsidies:figure_rows", args=["paid"])).status_code == 403


def test_the_figures_cost_the_same_for_any_number_of_lines(client, community, officer, fund):
    client.force_login(officer.staff)

    def questions():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(reverse("subsidies:figures"), {"on": "2026-11-22"})
        return len(asked)

    paid(community, fund)
    few = questions()
    for _number in range(30):
        paid(community, fund)
    assert questions() == few
