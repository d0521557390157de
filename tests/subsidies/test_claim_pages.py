"""Claims through their pages: entered, put right, handed in, read in one view, appealed."""

from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from city import ledgers, paper
from city.choices import Role
from city.models import Finding
from households.choices import Channel, OutsideKind
from households.models import OutsideFact
from subsidies import doubts
from subsidies.choices import ClaimReason, ClaimState, LineReason, Scheme
from subsidies.models import Claim, ClaimDocument, PayeeAccount
from subsidies.services import deciding
from tests.assistance.factories import EnrolmentFactory
from tests.assistance.test_layoffs_sheet import good_code
from tests.city.factories import PostingFactory
from tests.desks import elsewhere, sign_in
from tests.placements.factories_placements import PlacementFactory
from tests.subsidies.claim_desk import complete, enter, insure, make_claim_desk, put_to_work, submit
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory, PayeeAccountFactory
from tests.subsidies.factories_payments import BatchItemFactory

pytestmark = pytest.mark.django_db
ACCOUNT = {"holder": "丝厂", "bank": "工商银行", "account": "6222 0000 1111 2222"}


@pytest.fixture
def desk():
    desk = make_claim_desk()
    desk.employer.credit_code = good_code("91330100MA0000088")
    desk.employer.save()
    return desk


@pytest.fixture
def clerk(desk, client):
    client.force_login(desk.clerk.staff)
    return client


def asked(desk, **told):
    known = {
        "scheme": Scheme.POST,
        "credit_code": desk.employer.credit_code,
        "period_from": "2026-07",
        "period_to": "2026-09",
    }
    return known | told


def page_of(client, claim):
    return client.get(reverse("subsidies:claim", args=[claim.pk]))


def send(client, name, claim, **data):
    version = Claim.objects.values_list("version", flat=True).get(pk=claim.pk)
    return client.post(reverse(f"subsidies:{name}", args=[claim.pk]), {"version": version, **data})


def test_a_claim_from_three_fields_to_the_station_head(desk, clerk):
    """Nobody types a person or an amount."""
    person = put_to_work(desk)
    address = reverse("subsidies:enter_claim")
    preview = clerk.get(address, asked(desk)).context["preview"]
    (row,) = preview.entitled
    assert (row.resident, len(row.months), row.amount) == (person, 3, Decimal("3735.00"))
    answer = clerk.post(address, asked(desk))
    claim = Claim.objects.get()
    assert answer["Location"] == reverse("subsidies:claim", args=[claim.pk])
    refused = send(clerk, "take_step", claim, action="submit")
    assert refused.status_code == 422
    assert "payroll" in refused.text.lower()
    assert send(clerk, "set_account", claim, **ACCOUNT).status_code == 302
    paper = SimpleUploadedFile("x.exe", b"%PDF-1.7 payroll")
    assert send(clerk, "attach", claim, kind="payroll", file=paper).status_code == 302
    assert send(clerk, "take_step", claim, action="submit").status_code == 302
    claim.refresh_from_db()
    assert (claim.state, claim.total) == (ClaimState.SUBMITTED, Decimal("3735.00"))
    page = page_of(clerk, claim).text
    assert "3,735.00" in page
    assert "**** 2222" in page
    assert "6222000011112222" not in page


def test_one_form_tells_everything_that_is_wrong_at_once(desk, clerk):
    told = {"scheme": "", "credit_code": "123", "period_from": "2026-13", "period_to": ""}
    answer = clerk.post(reverse("subsidies:enter_claim"), told)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"scheme", "credit_code", "period_from", "period_to"}


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"period_from": "2026-09", "period_to": "2026-07"}, "period_to"),
        ({"period_from": "2024-07"}, "period_to"),
        ({"period_to": "2099-12"}, "period_to"),
        ({"credit_code": ""}, "credit_code"),
        ({"scheme": Scheme.FLEXIBLE}, "credit_code"),
        ({"credit_code": "91330100MA00001234"}, "credit_code"),
        ({"credit_code": good_code("91330100MA0000444")}, "employer_name"),
        ({"period_from": "2026-01", "period_to": "2026-02"}, "period_from"),
    ],
)
def test_what_cannot_be_claimed_is_told_at_its_field(desk, clerk, told, field):
    put_to_work(desk)
    answer = clerk.post(reverse("subsidies:enter_claim"), asked(desk, **told))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Claim.objects.exists()


def test_looking_who_is_entitled_says_why_others_are_not_and_writes_nothing(desk, clerk):
    put_to_work(desk)
    short = put_to_work(desk, contract_months=6)
    page = clerk.get(reverse("subsidies:enter_claim"), asked(desk))
    (row,) = page.context["preview"].refused
    assert (row.resident, len(row.left_out[0].months)) == (short, 3)
    assert not Claim.objects.exists()


def test_a_training_institution_nobody_knows_yet_is_named(desk, clerk):
    told = asked(desk, scheme=Scheme.TRAINING, credit_code=good_code("91330100MA0000555"), employer_name="新学校")
    assert clerk.get(reverse("subsidies:enter_claim"), told).context["preview"].entitled == []
    assert not type(desk.employer).objects.filter(name="新学校").exists()


def test_a_street_enters_for_one_of_its_communities(desk, client):
    put_to_work(desk)
    client.force_login(desk.street.staff)
    foreign = elsewhere(desk.community)
    assert client.post(reverse("subsidies:enter_claim"), asked(desk, area=foreign.pk)).status_code == 422
    client.post(reverse("subsidies:enter_claim"), asked(desk, area=desk.community.pk))
    assert Claim.objects.get().area == desk.community


@pytest.mark.parametrize(
    ("role", "view", "edit"),
    [
        (Role.STATION_CLERK, 200, 422),
        (Role.STATION_HEAD, 200, 422),
        (Role.STREET_REVIEWER, 200, 422),
        (Role.DISTRICT_OFFICER, 200, 403),
        (Role.FINANCE, 200, 403),
        (Role.CITY_OFFICE, 200, 403),
        (Role.CITY_LEADER, 403, 403),
        (Role.AUDIT_ADMIN, 403, 403),
    ],
)
def test_rights(desk, client, role, view, edit):
    put_to_work(desk)
    claim = enter(desk)
    sign_in(client, role, desk.community)
    assert page_of(client, claim).status_code == view
    assert client.get(reverse("subsidies:claims")).status_code == view
    assert send(client, "set_account", claim).status_code == edit


def test_a_claim_of_another_community_and_its_papers_are_not_there(desk, client):
    put_to_work(desk)
    claim = complete(desk, enter(desk))
    paper = reverse("subsidies:document", args=[claim.documents.get().pk])
    sign_in(client, Role.STATION_CLERK, elsewhere(desk.community))
    assert page_of(client, claim).status_code == 404
    assert client.get(paper).status_code == 404
    assert send(client, "take_step", claim, action="submit").status_code == 404
    assert client.get(reverse("subsidies:claims")).context["page"].rows == []


@pytest.mark.parametrize(
    ("name", "content", "told"), [("x.pdf", b"MZ program", "PDF"), ("x.pdf", b"%PDF" + b"0" * 11_000_000, "10 MB")]
)
def test_a_paper_is_judged_by_content_and_size(desk, clerk, name, content, told):
    put_to_work(desk)
    claim = enter(desk)
    answer = send(clerk, "attach", claim, kind="payroll", file=SimpleUploadedFile(name, content))
    assert answer.status_code == 422
    assert told in answer.text
    assert not ClaimDocument.objects.exists()


def test_a_paper_is_handed_out_as_an_attachment(desk, clerk):
    put_to_work(desk)
    claim = complete(desk, enter(desk))
    answer = clerk.get(reverse("subsidies:document", args=[claim.documents.get().pk]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content).startswith(b"%PDF")


@pytest.mark.parametrize("account", ["", "12ab5678", "123", "1" * 31])
def test_an_account_is_digits(desk, clerk, account):
    put_to_work(desk)
    answer = send(clerk, "set_account", enter(desk), **ACCOUNT | {"account": account, "bank": ""})
    assert answer.status_code == 422
    (entry,) = [one for one in answer.context["entries"] if one.name == "account"]
    assert set(entry.form.errors) == {"account", "bank"}
    assert not PayeeAccount.objects.exists()


def test_a_month_or_a_person_comes_off(desk, clerk):
    first, second = put_to_work(desk), put_to_work(desk)
    claim = enter(desk)
    answer = send(clerk, "take_off", claim, resident=first.pk, month="2026-05")
    assert answer.status_code == 422
    assert send(clerk, "take_off", claim, resident=first.pk, month="2026-09").status_code == 302
    assert send(clerk, "take_off", claim, resident=second.pk).status_code == 302
    claim.refresh_from_db()
    assert claim.total == Decimal("2490.00")
    assert set(claim.lines.live().values_list("resident", flat=True)) == {first.pk}
    assert len(page_of(clerk, claim).context["overview"].left_off) == 4


def test_a_page_that_is_behind_changes_nothing(desk, clerk):
    put_to_work(desk)
    claim = enter(desk)
    old = claim.version
    send(clerk, "set_account", claim, **ACCOUNT)
    for name, told in (("refresh_claim", {}), ("set_account", ACCOUNT), ("take_step", {"action": "submit"})):
        answer = clerk.post(reverse(f"subsidies:{name}", args=[claim.pk]), {"version": old, **told})
        assert answer.status_code == 409, name


def test_computing_anew_keeps_what_is_right(desk, clerk):
    put_to_work(desk)
    claim = enter(desk)
    before = set(claim.lines.live().values_list("pk", flat=True))
    assert send(clerk, "refresh_claim", claim).status_code == 302
    assert set(claim.lines.live().values_list("pk", flat=True)) == before


def test_a_fee_is_told_for_each_person(desk, clerk):
    claim = ClaimFactory(scheme=Scheme.APPRAISAL, area=desk.community, employer=None)
    line = ClaimLineFactory(claim=claim)
    answer = send(clerk, "add_fees", claim, **{f"fee_{line.resident_id}": "-1"})
    assert answer.status_code == 422
    (entry,) = [one for one in answer.context["entries"] if one.name == "fees"]
    assert list(entry.form.errors) == [f"fee_{line.resident_id}"]


def reviewed(desk):
    claim = submit(desk, enter(desk))
    Claim.objects.filter(pk=claim.pk).update(state=ClaimState.STREET_REVIEWED)
    return claim


def test_months_alike_stand_together_and_doubts_come_first(desk, client):
    clean, dead = put_to_work(desk), put_to_work(desk)
    claim = reviewed(desk)
    client.force_login(desk.district.staff)
    overview = page_of(client, claim).context["overview"]
    assert [[len(run.lines) for run in person.runs] for person in overview.persons] == [[3], [3]]
    assert (overview.doubtful, len(overview.said_of_all)) == ([], 5)
    OutsideFact.objects.create(
        id_hash=dead.id_hash, kind=OutsideKind.DEATH, started_on=date(2026, 8, 3), source="公安"
    )
    doubts.check(timezone.localdate())
    page = page_of(client, claim)
    overview = page.context["overview"]
    assert [person.resident for person in overview.persons] == [dead, clean]
    assert [len(run.lines) for run in overview.persons[0].runs] == [1, 2]
    assert (overview.doubts, overview.changed) == (2, 0)
    assert f"#person-{dead.pk}" in page.text
    for finding in Finding.objects.all():
        assert reverse("city:finding", args=[finding.pk]) in page.text


def test_what_would_be_computed_otherwise_today_is_told(desk, client):
    person = put_to_work(desk)
    claim = reviewed(desk)
    person.hardship_certifications.update(certified_on=date(2026, 7, 1))
    client.force_login(desk.district.staff)
    page = page_of(client, claim)
    assert page.context["overview"].changed == 3
    assert "2026-06-15" in page.text


def test_another_account_given_since_is_told(desk, client):
    put_to_work(desk)
    claim = reviewed(desk)
    client.force_login(desk.district.staff)
    assert not page_of(client, claim).context["overview"].account_changed
    PayeeAccountFactory(employer=desk.employer)
    assert page_of(client, claim).context["overview"].account_changed


def against(claim, action, by, words="no payroll"):
    version = Claim.objects.values_list("version", flat=True).get(pk=claim.pk)
    (result,) = deciding.decide(action, [(claim.pk, version)], by=by, reason=ClaimReason.PAPERS, words=words)
    assert result.outcome == deciding.DONE, result


def test_what_was_sent_back_says_why_and_goes_its_way_again(desk, clerk):
    put_to_work(desk)
    claim = submit(desk, enter(desk))
    against(claim, "send_back", desk.head)
    page = page_of(clerk, claim)
    assert page.context["why"].words == "no payroll"
    assert "no payroll" in page.text
    assert "no payroll" in clerk.get(reverse("city:today")).text
    assert send(clerk, "take_step", claim, action="submit").status_code == 302
    claim.refresh_from_db()
    assert (claim.state, claim.round) == (ClaimState.SUBMITTED, 2)
    assert page_of(clerk, claim).context["why"] is None


def test_a_rejection_is_appealed_and_answered_by_somebody_else(desk, clerk):
    put_to_work(desk)
    claim = reviewed(desk)
    against(claim, "reject", desk.district)
    assert page_of(clerk, claim).context["overview"].persons == []
    assert send(clerk, "take_step", claim, action="appeal").status_code == 422
    assert send(clerk, "take_step", claim, action="appeal", words="the payroll was there").status_code == 302
    clerk.force_login(desk.district.staff)
    assert send(clerk, "take_step", claim, action="reopen", words="yes").status_code == 422
    other = PostingFactory(area=desk.district.area, role=Role.DISTRICT_OFFICER)
    clerk.force_login(other.staff)
    assert send(clerk, "take_step", claim, action="reopen", words="yes").status_code == 302
    claim.refresh_from_db()
    assert (claim.state, claim.round, claim.total) == (ClaimState.DRAFT, 2, Decimal("3735.00"))


@pytest.mark.parametrize("action", ["check", "approve", "pay", "nothing"])
def test_the_steps_of_others_are_not_taken_here(desk, clerk, action):
    put_to_work(desk)
    claim = submit(desk, enter(desk))
    clerk.force_login(desk.head.staff)
    assert send(clerk, "take_step", claim, action=action).status_code == 422


def printed(client, form, claim):
    return client.post(reverse("city:print_form", args=[form, claim.pk]))


@pytest.mark.parametrize("scheme", [Scheme.POST, Scheme.FLEXIBLE])
def test_the_claim_form_and_the_answer_are_printed(desk, clerk, scheme):
    channel = Channel.FLEXIBLE if scheme == Scheme.FLEXIBLE else Channel.EMPLOYER
    person = put_to_work(desk, channel=channel)
    insure(person, date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
    claim = submit(desk, enter(desk, scheme))
    assert printed(clerk, "claim", claim).content.startswith(b"%PDF")
    assert printed(clerk, "claim_answer", claim).status_code == 404
    against(claim, "send_back", desk.head)
    assert printed(clerk, "claim_answer", claim).content.startswith(b"%PDF")


def answer_to(claim, by):
    form = paper.form_named("claim_answer")
    return form.values(form.find(by, claim.pk), by)


def test_the_answer_tells_line_by_line_why(desk):
    person = put_to_work(desk)
    claim = reviewed(desk)
    line = claim.lines.live().get(month=date(2026, 8, 1))
    less = {line.pk: (Decimal("1000.00"), LineReason.NOT_THERE, "three days")}
    (result,) = deciding.decide("approve", [(claim.pk, claim.version)], by=desk.district, lines=less)
    assert result.outcome == deciding.DONE, result
    told = answer_to(claim, desk.clerk)
    assert (told["asked"], told["approved"]) == ("3,735.00", "3,490.00")
    assert [row[2:5] for row in told["lines"]] == [
        ["2026-07", "1,245.00", "1,245.00"],
        ["2026-08", "1,245.00", "1,000.00"],
        ["2026-09", "1,245.00", "1,245.00"],
    ]
    assert "three days" in told["lines"][1][5]
    assert person.id_number not in str(told)
    against(claim, "reject", desk.district, words="left in June")
    told = answer_to(claim, desk.clerk)
    assert (told["decision"], len(told["lines"]), told["approved"]) == ("不予批准", 3, "—")
    assert "left in June" in told["words"]


def test_the_roster_names_contract_months_and_amount(desk):
    person = put_to_work(desk)
    claim = submit(desk, enter(desk))
    form = paper.form_named("claim")
    told = form.values(form.find(desk.clerk, claim.pk), desk.clerk)
    contract = "2026-06-15 至 2027-06-14"
    assert told["roster"] == [[1, person.name, person.id_number, "", contract, 3, "3,735.00"]]
    assert told["account"] == "6222000011112222"


def test_ledgers_tell_the_months_and_the_money(desk):
    person = put_to_work(desk)
    placement = PlacementFactory(
        resident=person,
        community=desk.community,
        state="confirmed",
        agreed_from=None,
        spell=person.labour_spells.get(started_on=date(2026, 6, 15)),
    )
    enrolment = EnrolmentFactory(resident=person)
    account = PayeeAccountFactory()

    def paid(scheme):
        claim = ClaimFactory(
            state=ClaimState.PAID, paid_on=date(2026, 10, 20), area=desk.community, fund=desk.fund, scheme=scheme
        )
        BatchItemFactory(claim=claim, account=account, state="paid", answered_on=claim.paid_on)
        return {"claim": claim, "account": account, "resident": person}

    posts = paid(Scheme.POST)
    for month, amount in ((5, 1245), (7, 1245), (8, 1245), (9, 0)):
        less = {"approved": Decimal(amount), "approved_reason": "" if amount else "less"}
        ClaimLineFactory(month=date(2026, month, 1), **posts, **less)
    for scheme, amount in ((Scheme.TRAINING, 1500), (Scheme.TRANSPORT, 50)):
        amounts = dict.fromkeys(("asked", "computed", "approved"), Decimal(amount))
        ClaimLineFactory(enrolment=enrolment, **paid(scheme), **amounts)
    before, after = date(2026, 10, 19), date(2026, 10, 20)
    assert ledgers.column("L7", "补贴月数", [placement], after) == {placement.pk: 2}
    assert ledgers.column("L7", "补贴月数", [placement], before) == {placement.pk: 0}
    assert ledgers.column("L9", "补贴", [enrolment], after) == {enrolment.pk: "1,500.00"}
    assert ledgers.column("L9", "交通补贴", [enrolment], after) == {enrolment.pk: "50.00"}
    assert ledgers.column("L9", "补贴", [enrolment], before) == {}


def test_the_list_filters(desk, clerk):
    here = {"area": desk.community, "employer": desk.employer}
    draft = ClaimFactory(**here)
    other = ClaimFactory(state=ClaimState.SUBMITTED, scheme=Scheme.TRAINING, area=desk.community, employer=None)
    gone = ClaimFactory(state=ClaimState.WITHDRAWN, **here)
    ClaimFactory(area=elsewhere(desk.community))

    def listed(**told):
        return {row.pk for row in clerk.get(reverse("subsidies:claims"), told).context["page"].rows}

    assert listed() == {draft.pk, other.pk}
    assert listed(state="withdrawn") == {gone.pk}
    assert listed(scheme=Scheme.TRAINING) == {other.pk}
    assert listed(q=draft.number) == {draft.pk}
    assert listed(q=desk.employer.credit_code) == {draft.pk}
    assert listed(q=desk.employer.name) == {draft.pk}
    assert listed(month="2026-08") == {draft.pk, other.pk}
    assert listed(month="2026-10") == set()
    assert listed(month="x", state="x") == {draft.pk, other.pk}


def queries(client, address):
    with CaptureQueriesContext(connection) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


def test_pages_cost_the_same_for_one_line_and_thirty(desk, client):
    client.force_login(desk.district.staff)
    claim = ClaimFactory(area=desk.community, employer=desk.employer, state=ClaimState.STREET_REVIEWED)
    pages = [reverse("subsidies:claim", args=[claim.pk]), reverse("subsidies:claims")]
    ClaimLineFactory(claim=claim)
    doubts.check(timezone.localdate())
    before = [queries(client, page) for page in pages]
    for _number in range(29):
        ClaimLineFactory(claim=ClaimFactory(area=desk.community))
        ClaimLineFactory(claim=claim)
    doubts.check(timezone.localdate())
    assert [queries(client, page) for page in pages] == before


def test_entering_costs_the_same_for_one_person_and_thirty(desk, clerk):
    address = f"{reverse('subsidies:enter_claim')}?{urlencode(asked(desk))}"
    put_to_work(desk)
    before = queries(clerk, address)
    for _number in range(29):
        put_to_work(desk)
    assert queries(clerk, address) == before


def test_a_persons_page_and_an_employers_tell_what_was_claimed(desk, clerk):
    person = put_to_work(desk)
    claim = enter(desk)
    other = ClaimFactory(area=elsewhere(desk.community), employer=desk.employer)
    ClaimLineFactory(claim=other, resident=person, month=date(2026, 1, 1))
    page = clerk.get(reverse("households:resident", args=[person.pk])).text
    assert claim.number in page
    assert other.number not in page
    page = clerk.get(reverse("placements:employer", args=[desk.employer.pk])).text
    assert claim.number in page
    assert other.number not in page


def test_the_same_doubt_about_months_that_follow_stands_once(desk, client):
    persons = [put_to_work(desk, channel=Channel.FLEXIBLE, contract_months=None) for _number in range(2)]
    for person in persons:
        insure(person, date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
    claim = submit(desk, enter(desk, Scheme.FLEXIBLE))
    doubts.check(timezone.localdate())
    client.force_login(desk.district.staff)
    overview = page_of(client, claim).context["overview"]
    (run,) = overview.persons[0].runs
    assert [len(same) for same in run.doubts_by_kind] == [3]
    assert overview.doubts == Finding.objects.count() == 6


def test_another_account_of_one_person_is_told_of_that_one(desk, client):
    person, other = [put_to_work(desk, channel=Channel.FLEXIBLE, contract_months=None) for _number in range(2)]
    claim = ClaimFactory(scheme=Scheme.FLEXIBLE, area=desk.community, employer=None, state=ClaimState.SUBMITTED)
    for one in (person, other):
        ClaimLineFactory(claim=claim, resident=one, account=PayeeAccountFactory(employer=None, resident=one))
    PayeeAccountFactory(employer=None, resident=person)
    client.force_login(desk.district.staff)
    overview = page_of(client, claim).context["overview"]
    marked = {one.resident: one.account_changed for one in overview.persons}
    assert (marked, overview.account_changed) == ({person: True, other: False}, False)
