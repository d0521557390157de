"""Pages of payment and of money asked back: who sees what, what is sent once, what stands on them, the queries."""

import hashlib
import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from city import paper
from city.choices import Role
from city.ledgers import ledger_named
from city.models import TrailEntry
from subsidies.choices import ClaimState, Scheme
from subsidies.models import Claim, Clawback, Instalment, PaymentBatch
from subsidies.services import clawbacks, payments
from tests.desks import elsewhere, sign_in
from tests.subsidies.payment_desk import (
    MONTHLY,
    account_of,
    chosen,
    claim_to_pay,
    fresh,
    items_of,
    make_payment_desk,
    pay,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"


@pytest.fixture
def desk(monkeypatch):
    monkeypatch.setattr(payments.computing, "differing", lambda lines: {})
    with translation.override("en"):
        yield make_payment_desk()


def url(name, *args):
    return reverse(f"subsidies:{name}", args=args)


def sent(**values):
    return {"idempotency_key": str(uuid.uuid4()), **values}


def as_(client, posting):
    client.force_login(posting.staff)
    return client


def ticked(*claims):
    return sent(claim=[f"{pk}:{version}" for pk, version in chosen(*claims)])


def answer(batch, *states, by):
    failures = {"paid": "", "failed": "account closed"}
    pairs = zip(items_of(batch), states, strict=False)
    day = timezone.localdate()
    payments.record_results([payments.Answer(item, state, failures[state], day) for item, state in pairs], by=by)


def paid_line(desk):
    claim = claim_to_pay(desk)
    answer(pay(desk, claim).batch, "paid", by=desk.finance)
    return claim.lines.order_by("pk").first()


def text(answer):
    return answer.content.decode()


def test_the_chosen_claims_go_into_one_batch_once(client, desk):
    first, second, third = (claim_to_pay(desk) for _number in range(3))
    as_(client, desk.finance)
    page = text(client.get(url("payments")))
    assert all(claim.number in page for claim in (first, second, third))
    form = ticked(first, second)
    answer = client.post(url("make_batch"), form)
    batch = PaymentBatch.objects.get()
    assert answer["Location"] == url("batch", batch.pk)
    assert client.post(url("make_batch"), form)["Location"] == url("batch", batch.pk)
    assert PaymentBatch.objects.count() == 1
    assert {fresh(claim).state for claim in (first, second)} == {ClaimState.PAYING}
    assert fresh(third).state == ClaimState.PUBLICISED


def test_all_that_match_the_filters(client, desk):
    company, person = claim_to_pay(desk), claim_to_pay(desk, scheme=Scheme.FLEXIBLE)
    as_(client, desk.finance)
    client.post(f"{url('make_batch')}?scheme=flexible", sent(everything="on"))
    assert fresh(person).state == ClaimState.PAYING
    assert fresh(company).state == ClaimState.PUBLICISED


def test_what_stands_against_a_claim_is_told_beside_it_and_it_cannot_be_ticked(client, desk):
    claim = claim_to_pay(desk)
    account_of(desk, employer=claim.employer)
    as_(client, desk.finance)
    page = text(client.get(url("payments")))
    assert "The bank account was changed" in page
    assert f'value="{claim.pk}:' not in page
    answer = client.post(url("make_batch"), ticked(claim))
    assert answer.status_code == 422
    assert "The bank account was changed" in text(answer)
    assert not PaymentBatch.objects.exists()


@pytest.mark.parametrize("form", [{}, {"claim": "x"}, {"claim": "1:-1"}, {"claim": "1"}, {"claim": "9" * 40}])
def test_nothing_chosen_or_nonsense_is_refused_in_words(client, desk, form):
    claim_to_pay(desk)
    as_(client, desk.finance)
    assert client.post(url("make_batch"), sent(**form)).status_code == 422


def test_some_are_left_out_and_say_why(client, desk):
    good, changed = claim_to_pay(desk), claim_to_pay(desk)
    account_of(desk, employer=changed.employer)
    as_(client, desk.finance)
    page = text(client.post(url("make_batch"), ticked(good, changed), follow=True))
    assert f"{changed.number} was not paid" in page


def test_the_page_of_a_batch_says_what_was_paid_refused_and_not_answered(client, desk):
    claim = claim_to_pay(desk, 4, scheme=Scheme.FLEXIBLE)
    batch = pay(desk, claim).batch
    as_(client, desk.finance)
    assert "has not answered yet" in text(client.get(url("batch", batch.pk)))
    answer(batch, "paid", "failed", by=desk.finance)
    page = text(client.get(url("batch", batch.pk)))
    assert "answered 2 of 4 payments" in page
    assert "2,490.00 yuan go on waiting" in page
    assert "account closed" in page
    assert "Send to the bank again" in page
    items = items_of(batch)
    assert not any(item.account.account in page for item in items)
    assert all(item.account.account[-4:] in page for item in items)
    only = text(client.get(url("batch", batch.pk), {"state": "failed"}))
    assert items[1].account.holder in only
    assert items[0].account.holder not in only
    client.post(url("make_batch"), ticked(claim))
    second = PaymentBatch.objects.latest("pk")
    assert (second.items_count, second.total) == (1, MONTHLY)
    listed = text(client.get(url("batches")))
    assert batch.number in listed
    assert second.number in listed


def test_the_file_is_the_same_bytes_each_time_and_leaves_a_line_in_the_trail(client, desk):
    batch = pay(desk, claim_to_pay(desk)).batch
    as_(client, desk.finance)
    downloads = [client.get(url("batch_file", batch.pk)) for _time in range(2)]
    contents = [b"".join(answer.streaming_content) for answer in downloads]
    assert contents[0] == contents[1]
    assert hashlib.sha256(contents[0]).hexdigest() == batch.sha256
    assert downloads[0]["Content-Disposition"] == f'attachment; filename="{batch.number}.xlsx"'
    assert TrailEntry.objects.filter(table="download", before__batch=batch.number).count() == 2


def test_who_may_see_and_who_may_pay(client, desk):
    batch = pay(desk, claim_to_pay(desk)).batch
    as_(client, desk.district)
    for address in (url("payments"), url("batches"), url("batch", batch.pk), url("clawbacks")):
        assert client.get(address).status_code == 200
    assert client.get(url("batch_file", batch.pk)).status_code == 403
    assert client.post(url("make_batch"), sent()).status_code == 403
    sign_in(client, Role.STATION_CLERK, desk.community)
    assert client.get(url("payments")).status_code == 403
    sign_in(client, Role.FINANCE, elsewhere(desk.community))
    assert client.get(url("batch", batch.pk)).status_code == 404
    assert client.get(url("batch_file", batch.pk)).status_code == 404


def test_the_embedded_database_is_not_for_paying(client, desk):
    as_(client, desk.finance)
    told = "not for paying" in text(client.get(url("payments")))
    assert told == (connection.vendor == "sqlite")


def test_what_the_bank_refused_is_left_out_on_its_page(client, desk):
    claim = claim_to_pay(desk, 2, scheme=Scheme.FLEXIBLE)
    answer(pay(desk, claim).batch, "paid", "failed", by=desk.finance)
    as_(client, desk.finance)
    assert "account closed" in text(client.get(url("leave_out", claim.pk)))
    form = sent(version=fresh(claim).version, words="")
    assert client.post(url("leave_out", claim.pk), form).status_code == 422
    client.post(url("leave_out", claim.pk), sent(version=fresh(claim).version, words="account closed"))
    assert (fresh(claim).state, fresh(claim).total) == (ClaimState.PAID, MONTHLY)


def test_money_is_asked_back_received_and_written_off(client, desk):
    line = paid_line(desk)
    as_(client, desk.district)
    assert url("open_clawback", line.pk) in text(client.get(url("paid_lines", line.claim_id)))
    assert client.get(url("open_clawback", line.pk)).status_code == 200
    too_much = sent(amount="1245.01", cause="left", explanation="left in June")
    refused = client.post(url("open_clawback", line.pk), too_much)
    assert refused.status_code == 422
    assert "Between 0.01 and 1,245.00" in text(refused)
    client.post(url("open_clawback", line.pk), sent(amount="1245", cause="left", explanation="left in June"))
    clawback = Clawback.objects.get()
    page = text(client.get(url("clawback", clawback.pk)))
    assert "left in June" in page
    assert "Enter it" not in page
    as_(client, desk.finance)
    form = sent(version=0, amount="45", received_on=f"{timezone.localdate()}", voucher="V1")
    assert client.post(url("receive", clawback.pk), form).status_code == 302
    assert client.post(url("receive", clawback.pk), form).status_code == 302
    assert Instalment.objects.count() == 1
    stale = client.post(url("receive", clawback.pk), form | sent(voucher="V2"))
    assert stale.status_code == 409
    page = text(client.get(url("clawback", clawback.pk)))
    assert "1,200.00" in page
    as_(client, desk.district)
    step = sent(action="write_off", version=1, reason="closed", words="nothing left")
    assert client.post(url("clawback_step", clawback.pk), step).status_code == 422
    sign_in(client, Role.DISTRICT_OFFICER, desk.community)
    assert client.post(url("clawback_step", clawback.pk), step | sent()).status_code == 302
    listed = text(client.get(url("clawbacks")))
    assert "Written off" in listed
    assert "1,200.00" in listed


def test_the_desk_of_finance_holds_what_is_to_be_paid_and_what_waits(client, desk):
    batch = pay(desk, claim_to_pay(desk)).batch
    waiting = claim_to_pay(desk)
    line = paid_line(desk)
    clawback = clawbacks.open_clawback(
        line_id=line.pk, amount=MONTHLY, cause="left", explanation="w", by=desk.district
    )
    as_(client, desk.finance)
    page = text(client.get(reverse("city:reviews")))
    assert waiting.number in page
    assert batch.number in page
    assert clawback.number in page


@pytest.mark.parametrize("name", ["payments", "batches", "batch", "clawbacks", "reviews"])
def test_lists_cost_the_same_at_one_and_thirty_rows(client, desk, name):
    def more(number):
        claims = [claim_to_pay(desk, 1, scheme=Scheme.FLEXIBLE) for _number in range(number)]
        for claim in claims:
            batch = pay(desk, claim).batch
            answer(batch, "paid", by=desk.finance)
            line = claim.lines.get()
            clawbacks.open_clawback(line_id=line.pk, amount=MONTHLY, cause="left", explanation="w", by=desk.district)
        waiting = [claim_to_pay(desk, 1, scheme=Scheme.FLEXIBLE) for _number in range(number)]
        batch = pay(desk, *waiting).batch
        for _number in range(number):
            claim_to_pay(desk)
        return batch

    def cost(batch):
        address = {"batch": url("batch", batch.pk), "reviews": reverse("city:reviews")}.get(name)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address or url(name)).status_code == 200
        return len(queries)

    as_(client, desk.finance)
    client.get(url("payments"))
    few = cost(more(1))
    assert cost(more(29)) == few


def rows_of_l10(area, day=None):
    ledger = ledger_named("L10")
    return [dict(zip(ledger.headings, cells, strict=True)) for cells in ledger.rows(area, day or timezone.localdate())]


def test_the_ledger_tells_what_was_paid_and_what_came_back(desk):
    line = paid_line(desk)
    clawback = clawbacks.open_clawback(
        line_id=line.pk, amount=MONTHLY, cause="left", explanation="w", by=desk.district
    )
    clawbacks.receive(
        clawback_id=clawback.pk, version=0, amount=MONTHLY, received_on=timezone.localdate(), voucher="V1",
        by=desk.finance,
    )  # fmt: skip
    waiting = claim_to_pay(desk)
    pay(desk, waiting)
    first, second = rows_of_l10(desk.community)
    assert first["单位或个人"] == line.claim.employer.name
    assert (first["人员"], first["月份"], first["金额"]) == (line.resident.name, f"{line.month:%Y-%m}", "1245.00")
    assert (first["拨付日期"], first["追回"], second["追回"]) == (timezone.localdate(), "1245.00", "")
    assert first["审核人"] == desk.steps[3].staff.name
    assert rows_of_l10(elsewhere(desk.community)) == []
    assert rows_of_l10(desk.community, timezone.localdate().replace(year=2001)) == []


def test_the_list_of_a_batch_prints_with_masked_accounts(desk):
    batch = pay(desk, claim_to_pay(desk, 3, scheme=Scheme.FLEXIBLE)).batch
    form = paper.form_named("payment_batch")
    values = form.values(form.find(desk.finance, batch.pk), desk.finance)
    assert (values["total"], len(values["items"])) == ("3,735.00", 3)
    assert not any(item.account.account in json.dumps(values, default=str) for item in items_of(batch))
    assert paper.pdf(form.layout, values).startswith(b"%PDF")
    with pytest.raises(PaymentBatch.DoesNotExist):
        form.find(sign_in_posting(desk), batch.pk)


def sign_in_posting(desk):
    """Of another district."""
    away = elsewhere(desk.community)
    return type(desk.finance)(role=Role.FINANCE, area=away.parent.parent, staff=desk.finance.staff)


def test_no_claim_is_shown_for_payment_before_its_notice_has_ended(client, desk):
    claim = claim_to_pay(desk)
    Claim.objects.filter(pk=claim.pk).update(state="district_approved")
    as_(client, desk.finance)
    assert claim.number not in text(client.get(url("payments")))
