import re
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from city import notices
from city.choices import FindingState, Role
from city.models import Finding, Move, Run
from subsidies.choices import ClaimReason, ClaimState, Doubt, LineReason, Scheme
from subsidies.models import Approval, Claim, Fund, LineFinding
from subsidies.services import deciding, publicity
from tests.city.factories import AreaFactory, PostingFactory
from tests.subsidies.claim_desk import enter, make_claim_desk, put_to_work, submit
from tests.subsidies.deciding_desk import AMOUNT, approved, decide, make_claim, make_deciding_desk

pytestmark = pytest.mark.django_db
QUEUE = "/subsidies/queue/"


@pytest.fixture(autouse=True)
def nothing_differs(monkeypatch):
    """The lines of these claims are made up: no ledger stands behind them."""
    monkeypatch.setattr(deciding.computing, "differing", lambda _lines: {})
    monkeypatch.setattr("subsidies.overview.differing", lambda _lines: {})


@pytest.fixture
def desk():
    return make_deciding_desk()


@pytest.fixture
def officer(client, desk):
    client.force_login(desk.district.staff)
    return client


def doubt(claim):
    today = timezone.localdate()
    line = claim.lines.first()
    finding = Finding.objects.create(
        kind=Doubt.DIED, key=str(line.pk), area=claim.area, found_on=today, seen_on=today, state=FindingState.OPEN,
        evidence={
            "facts": [{"from": "2026-06-01", "to": "", "place": "", "source": "民政"}], "month": "2026-07",
            "claim": claim.number, "scheme": claim.scheme, "claimant": "",
        },
    )  # fmt: skip
    LineFinding.objects.create(finding=finding, line=line)


def ticks(*claims):
    return [f"{claim.pk}:{claim.version}" for claim in claims]


def send(client, action, query="", **data):
    return client.post(f"{QUEUE}decide/{query}", {"action": action, **data})


def results_of(client, answer):
    assert answer.status_code == 302
    return client.get(answer["Location"]).context


def test_the_queue_shows_the_oldest_first_with_the_money_left(officer, desk):
    young, old = make_claim(desk, days_ago=2), make_claim(desk, days_ago=40, lines=2)
    make_claim(desk, ClaimState.SUBMITTED)
    make_claim(make_deciding_desk())
    page = officer.get(QUEUE)
    assert [(claim.pk, days) for claim, days in page.context["rows"]] == [(old.pk, 40), (young.pk, 2)]
    text = page.content.decode()
    assert "1,000,000.00" in text
    assert f"{3 * AMOUNT:,.2f}" in text


@pytest.mark.parametrize(
    ("who", "actions"), [("head", ["check"]), ("street", ["review", "check"]), ("district", ["approve"])]
)
def test_everybody_finds_the_steps_that_are_theirs(client, desk, who, actions):
    for state in (ClaimState.SUBMITTED, ClaimState.STATION_CHECKED, ClaimState.STREET_REVIEWED):
        make_claim(desk, state)
    client.force_login(getattr(desk, who).staff)
    page = client.get(QUEUE)
    assert [step.action for step in page.context["steps"]] == actions
    for action in actions:
        page = client.get(QUEUE, {"step": action})
        assert (page.context["step"].action, len(page.context["rows"])) == (action, 1)


@pytest.mark.parametrize("who", ["clerk", "finance", "office"])
def test_who_takes_no_step_has_no_queue(client, desk, who):
    client.force_login(getattr(desk, who).staff)
    assert client.get(QUEUE).status_code == 403


def test_doubtful_claims_are_marked_and_can_be_listed_apart(officer, desk):
    clean, doubtful = make_claim(desk), make_claim(desk)
    doubt(doubtful)
    page = officer.get(QUEUE)
    assert {claim.pk: claim.doubts for claim, _days in page.context["rows"]} == {clean.pk: 0, doubtful.pk: 1}
    assert page.context["matching"].doubtful == 1
    for value, claim in (("open", doubtful), ("none", clean)):
        page = officer.get(QUEUE, {"doubts": value})
        assert [row.pk for row, _days in page.context["rows"]] == [claim.pk]
        assert page.context["form"].active == 1


def test_filters_stay_with_the_steps_and_the_results(officer, desk):
    post, other = make_claim(desk), make_claim(desk, scheme=Scheme.TRAINING)
    page = officer.get(QUEUE, {"scheme": "post", "q": post.number})
    assert [row.pk for row, _days in page.context["rows"]] == [post.pk]
    answer = send(officer, "approve", f"?scheme=post&q={post.number}&step=approve", claim=ticks(post))
    told = results_of(officer, answer)
    assert "scheme=post" in told["query"]
    assert Claim.objects.get(pk=other.pk).state == ClaimState.STREET_REVIEWED


def test_what_is_ticked_is_decided_with_a_result_for_each(officer, desk):
    fine, doubtful, stale = make_claim(desk), make_claim(desk), make_claim(desk)
    doubt(doubtful)
    seen = ticks(fine, doubtful, stale)
    decide("send_back", [stale], desk.district, reason=ClaimReason.PAPERS)
    told = results_of(officer, send(officer, "approve", claim=seen))
    assert (told["result"]["decided"], told["result"]["refused"], told["result"]["overtaken"]) == (1, 1, 1)
    assert [row["number"] for row in told["done"]] == [fine.number]
    overtaken = next(row for row in told["left"] if row["outcome"] == "conflict")
    assert (overtaken["number"], overtaken["by"]) == (stale.number, desk.district.staff.name)
    assert abs(timezone.now() - overtaken["at"]) < timedelta(minutes=1)


def test_all_that_matched_are_those_the_page_was_made_with(officer, desk):
    claims = [make_claim(desk) for _number in range(60)]
    page = officer.get(QUEUE)
    assert len(page.context["rows"]) == 50
    seen = page.context["matching"]
    assert (len(seen.claims), seen.amount) == (60, 60 * AMOUNT)
    later, changed = make_claim(desk), claims[7]
    decide("reject", [changed], desk.district, reason=ClaimReason.PERSONS, words="x")
    told = results_of(officer, send(officer, "approve", everything="on", matching=seen.as_text))
    assert (told["result"]["decided"], told["result"]["overtaken"]) == (59, 1)
    assert Claim.objects.get(pk=later.pk).state == ClaimState.STREET_REVIEWED


def test_the_results_can_be_come_back_to_and_belong_to_who_decided(client, officer, desk):
    answer = send(officer, "approve", claim=ticks(make_claim(desk)))
    run = Run.objects.latest("pk")
    assert officer.get(f"/runs/{run.pk}/").context["made"] == answer["Location"]
    client.force_login(make_deciding_desk().district.staff)
    assert client.get(answer["Location"]).status_code == 404


def test_claims_go_back_or_are_rejected_together(officer, desk):
    claims = [make_claim(desk) for _number in range(3)]
    answer = send(
        officer, "reject", claim=ticks(*claims[:2]), reject_reason=ClaimReason.TWICE, reject_words="paid in May"
    )
    assert results_of(officer, answer)["result"]["decided"] == 2
    answer = send(officer, "send_back", claim=ticks(claims[2]), send_back_reason=ClaimReason.PAPERS)
    assert results_of(officer, answer)["result"]["decided"] == 1
    assert list(Claim.objects.order_by("pk").values_list("state", flat=True)) == ["rejected", "rejected", "draft"]


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("reject", {"reject_reason": "twice"}),
        ("reject", {"reject_words": "x"}),
        ("send_back", {"reject_reason": "twice"}),
        ("nothing", {}),
        ("submit", {}),
    ],
)
def test_what_lacks_something_is_refused_beside_what_was_typed(officer, desk, action, data):
    claim = make_claim(desk)
    answer = send(officer, action, claim=ticks(claim), **data)
    assert answer.status_code == 422
    assert f'value="{claim.pk}:{claim.version}"' in answer.content.decode()
    assert answer.context["sent"].errors
    assert not Run.objects.exists()


@pytest.mark.parametrize("chosen", [[], ["x"], ["1:x"], ["1"], ["1:2:3"], ["9" * 40 + ":1"]])
def test_a_choice_that_is_none_is_refused(officer, desk, chosen):
    make_claim(desk)
    assert send(officer, "approve", claim=chosen).status_code == 422


def test_the_same_form_twice_has_the_same_answer_and_another_body_none(officer, desk):
    first, second = make_claim(desk), make_claim(desk)
    key = str(uuid.uuid4())
    answers = [send(officer, "approve", claim=ticks(first), idempotency_key=key) for _turn in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Approval.objects.filter(claim=first, stage="district_approved").count() == 1
    assert send(officer, "approve", claim=ticks(second), idempotency_key=key).status_code == 422
    assert Claim.objects.get(pk=second.pk).state == ClaimState.STREET_REVIEWED


def test_a_claim_of_which_somebody_took_an_earlier_step_is_not_offered(client, desk):
    claim = make_claim(desk, ClaimState.STATION_CHECKED)
    Approval.objects.create(
        claim=make_claim(desk, ClaimState.SUBMITTED), round=1, stage="station_checked", staff=desk.street.staff,
        posting=desk.street, amount=1, at=timezone.now(),
    )  # fmt: skip
    Claim.objects.update(state=ClaimState.STATION_CHECKED)
    client.force_login(desk.street.staff)
    page = client.get(QUEUE)
    assert {row.pk: row.mine for row, _days in page.context["rows"]}[claim.pk] is False
    assert page.context["matching"].own == 1
    assert [pk for pk, _version in page.context["matching"].claims] == [claim.pk]


@pytest.mark.parametrize("rows", [1, 30])
def test_the_queue_asks_as_much_for_one_claim_as_for_thirty(officer, desk, rows, django_assert_max_num_queries):
    for _number in range(rows):
        make_claim(desk)
    with django_assert_max_num_queries(22):
        officer.get(QUEUE)


def step(client, claim, action, **data):
    return client.post(f"/subsidies/claims/{claim.pk}/decide/", {"action": action, "version": claim.version, **data})


def test_one_claim_is_decided_on_its_page(officer, desk):
    claim, following = make_claim(desk, days_ago=9), make_claim(desk, days_ago=8)
    address = f"/subsidies/claims/{claim.pk}/"
    page = officer.get(address).content.decode()
    assert reverse("subsidies:claim_step", args=[claim.pk]) in page
    assert reverse("subsidies:claim", args=[following.pk]) in page
    assert step(officer, claim, "approve")["Location"] == address
    page = officer.get(address).content.decode()
    assert Claim.objects.get(pk=claim.pk).state == ClaimState.DISTRICT_APPROVED
    assert 'value="send_back"' in page
    assert 'value="approve"' not in page


def test_less_is_approved_line_by_line_on_the_page(officer, desk):
    claim = make_claim(desk, lines=2)
    line, other = claim.lines.order_by("pk")
    data = {f"approved_{line.pk}": "1000", f"because_{line.pk}": LineReason.NOT_THERE, f"approved_{other.pk}": AMOUNT}
    refused = step(officer, claim, "approve", **data | {f"because_{line.pk}": ""})
    assert refused.status_code == 422
    assert refused.context["form"].errors == {f"because_{line.pk}": ["请选择核减原因。"]}
    for amount in ("abc", "-1", "0.001", "9999999"):
        refused = step(officer, claim, "approve", **data | {f"approved_{line.pk}": amount})
        assert refused.status_code == 422
        assert list(refused.context["form"].errors) == [f"approved_{line.pk}"]
    assert step(officer, claim, "approve", **data).status_code == 302
    assert Claim.objects.get(pk=claim.pk).total == Decimal(1000) + AMOUNT


def test_a_stale_page_of_a_claim_is_told_who_and_when(officer, desk):
    claim = make_claim(desk)
    decide("approve", [claim], desk.district)
    answer = step(officer, claim, "reject", reject_reason="other", reject_words="x")
    assert answer.status_code == 409
    assert desk.district.staff.name in answer.content.decode()


def test_a_claim_in_doubt_does_not_invite_its_approval(officer, desk):
    claim = make_claim(desk)
    passing = re.compile(r'<button[^>]*value="approve"[^>]*>')
    page = officer.get(f"/subsidies/claims/{claim.pk}/").content.decode()
    assert "disabled" not in passing.search(page)[0]
    assert f'name="approved_{claim.lines.get().pk}"' in page
    doubt(claim)
    page = officer.get(f"/subsidies/claims/{claim.pk}/").content.decode()
    assert 'disabled aria-describedby="held"' in passing.search(page)[0]
    assert 'id="held"' in page
    assert 'name="approved_' not in page
    assert 'value="reject"' in page


def test_a_doubtful_claim_is_refused_on_its_page_and_says_why(officer, desk):
    claim = make_claim(desk)
    doubt(claim)
    answer = step(officer, claim, "approve")
    assert answer.status_code == 422
    assert Claim.objects.get(pk=claim.pk).state == ClaimState.STREET_REVIEWED
    assert Move.objects.filter(key=claim.pk, action="approve").count() == 0


@pytest.mark.parametrize(("who", "status"), [("clerk", 403), ("finance", 403), ("street", 403), ("office", 403)])
def test_nobody_else_approves(client, desk, who, status):
    client.force_login(getattr(desk, who).staff)
    claim = make_claim(desk)
    assert step(client, claim, "approve").status_code == status
    client.force_login(make_deciding_desk().district.staff)
    assert step(client, claim, "approve").status_code == 404


def test_funds_are_listed_with_how_much_is_used(officer, desk):
    approved(desk, lines=100)
    page = officer.get("/subsidies/funds/")
    assert page.context["sums"]["left"] == 1_000_000 - 100 * AMOUNT
    assert "12.45%" in page.content.decode()
    assert officer.get("/subsidies/funds/", {"year": desk.fund.year - 1}).context["rows"] == []
    page = officer.get(f"/subsidies/funds/{desk.fund.pk}/")
    assert [entry.kind for entry in page.context["page"]] == ["reserve", "allot"]


def test_the_entries_of_a_fund_above_do_not_tell_of_the_claims_of_other_districts(client, desk):
    claim = approved(desk)
    Fund.objects.update(area=desk.city_area)
    other = AreaFactory(level=desk.district_area.level, parent=desk.city_area)
    neighbour = PostingFactory(role=Role.DISTRICT_OFFICER, area=other)
    for posting, is_told in ((desk.district, True), (neighbour, False)):
        client.force_login(posting.staff)
        page = client.get(f"/subsidies/funds/{desk.fund.pk}/")
        assert [entry.kind for entry in page.context["page"]] == ["reserve", "allot"]
        assert (claim.number in page.content.decode()) is is_told


def test_the_city_office_allots_and_adds(client, desk):
    client.force_login(desk.office.staff)
    told = {"area": desk.district_area.pk, "source": "finance", "purpose": "post", "year": 2026, "words": "1号"}
    for amount in ("100.50", "-20"):
        answer = client.post("/subsidies/funds/allot/", told | {"amount": amount})
        assert answer.status_code == 302
    fund = Fund.objects.get(purpose="post")
    assert (fund.allotted, answer["Location"]) == (Decimal("80.50"), f"/subsidies/funds/{fund.pk}/")
    assert client.post("/subsidies/funds/allot/", told | {"amount": "-80.51"}).status_code == 422
    assert client.post("/subsidies/funds/allot/", told | {"amount": "x"}).status_code == 422


def test_the_district_shows_approved_claims_to_the_public(officer, desk):
    claim = approved(desk)
    page = officer.get("/subsidies/publicity/")
    assert [(group.claims, group.amount) for group in page.context["groups"]] == [(1, AMOUNT)]
    assert officer.post("/subsidies/publicity/show/", {"scheme": "tuition"}).status_code == 422
    assert officer.post("/subsidies/publicity/show/", {"scheme": "x"}).status_code == 422
    assert officer.post("/subsidies/publicity/show/", {"scheme": "post"}).status_code == 302
    assert Claim.objects.get(pk=claim.pk).state == ClaimState.PUBLICISED
    page = officer.get("/subsidies/publicity/")
    assert page.context["groups"] == []
    ((notice, _standing),) = page.context["notices"]
    assert officer.get(f"/notices/{notice.pk}/").status_code == 200


def test_the_district_answers_an_objection_against_its_notice(officer, desk):
    approved(desk)
    notice = publicity.publicise(desk.district_area, Scheme.POST, by=desk.district)
    objection = notices.object_to(notice, "she left in May", "王芳 1")
    assert f"/objections/{objection.pk}/" in officer.get("/reviews/").content.decode()
    answer = officer.post(f"/objections/{objection.pk}/", {"upheld": "yes", "words": "she left indeed"})
    assert answer.status_code == 302
    assert "/subsidies/publicity/" in officer.get("/reviews/").content.decode()
    (group,) = officer.get("/subsidies/publicity/").context["groups"]
    assert group.upheld == 1


@pytest.mark.parametrize(
    ("who", "address", "state"),
    [
        ("head", "/today/", ClaimState.SUBMITTED),
        ("street", "/reviews/", ClaimState.STATION_CHECKED),
        ("district", "/reviews/", ClaimState.STREET_REVIEWED),
    ],
)
def test_claims_lie_on_the_desk_of_who_decides(client, desk, who, address, state):
    claim = make_claim(desk, state)
    client.force_login(getattr(desk, who).staff)
    page = client.get(address)
    assert claim.number in page.content.decode()
    assert QUEUE in page.content.decode()


def test_a_claim_drawn_up_from_the_ledger_goes_its_way_through_the_queues(client, monkeypatch):
    """With everything computed anew at its approval, by whoever sits at the desks."""
    monkeypatch.undo()
    desk = make_claim_desk()
    put_to_work(desk)
    claim = submit(desk, enter(desk))
    for by, action in ((desk.head, "check"), (desk.street, "review"), (desk.district, "approve")):
        client.force_login(by.staff)
        ((row, _days),) = client.get(QUEUE).context["rows"]
        told = results_of(client, send(client, action, claim=ticks(row)))
        assert told["result"]["decided"] == 1, told["left"]
    claim.refresh_from_db()
    assert (claim.state, claim.total) == (ClaimState.DISTRICT_APPROVED, 3 * AMOUNT)
    assert Approval.objects.filter(claim=claim).count() == 4
