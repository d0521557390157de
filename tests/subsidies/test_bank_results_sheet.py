"""The bank's answer as a sheet: imported once, out of order, cut short, of another batch, changed."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from city.models import SheetImport
from city.services import sheet_imports
from subsidies.choices import ClaimState, ItemState, Scheme
from subsidies.models import BatchItem, Claim, FundEntry
from subsidies.services import payments
from tests.city.factories import AreaFactory, PostingFactory
from tests.households.sheet_runs import refused_columns, run, told
from tests.subsidies.payment_desk import (
    MONTHLY,
    answer_row,
    balances,
    bank_sheet,
    claim_to_pay,
    fresh,
    items_of,
    make_payment_desk,
    pay,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(monkeypatch):
    monkeypatch.setattr(payments.computing, "differing", lambda lines: {})
    with translation.override("en"):
        yield make_payment_desk()


def sent(desk, persons=4):
    claim = claim_to_pay(desk, persons, scheme=Scheme.FLEXIBLE)
    batch = pay(desk, claim).batch
    return claim, batch, items_of(batch)


def load(desk, *rows, **options):
    return run("bank_results", data=bank_sheet(*rows), posting=options.pop("posting", desk.finance), **options)


def stored():
    rows = BatchItem.objects.order_by("pk").values_list("state", "failure", "answered_on")
    return list(rows), list(Claim.objects.values_list("pk", "state", "paid_on", "version")), FundEntry.objects.count()


def test_the_same_file_again_changes_nothing(desk):
    claim, _batch, items = sent(desk)
    rows = [answer_row(item) for item in items]
    assert told(load(desk, *rows)) == (4, 0, 0)
    assert fresh(claim).state == ClaimState.PAID
    before = stored()
    assert told(load(desk, *rows)) == (0, 4, 0)
    assert stored() == before
    assert balances(desk) == (0, 4 * MONTHLY)


def test_rows_come_in_any_order_and_twice_in_one_file(desk):
    claim, _batch, items = sent(desk)
    rows = [answer_row(item) for item in reversed(items)]
    assert told(load(desk, *rows, rows[0])) == (4, 1, 0)
    assert fresh(claim).state == ClaimState.PAID
    assert balances(desk) == (0, 4 * MONTHLY)


def test_a_file_cut_short_leaves_the_rest_waiting(desk):
    claim, _batch, items = sent(desk)
    rows = [answer_row(item) for item in items]
    whole = bank_sheet(*rows)
    cut = whole[: whole.rindex("成功".encode())]
    result = run("bank_results", data=cut, posting=desk.finance)
    assert told(result) == (3, 0, 1)
    assert fresh(claim).state == ClaimState.PAYING
    assert list(BatchItem.objects.filter(state=ItemState.SENT).values_list("sequence", flat=True)) == [4]
    assert balances(desk) == (MONTHLY, 3 * MONTHLY)
    assert told(load(desk, *rows)) == (1, 3, 0)
    assert fresh(claim).state == ClaimState.PAID


def test_a_refused_payment_keeps_its_reason(desk):
    claim, batch, items = sent(desk, 2)
    assert told(load(desk, answer_row(items[0]), answer_row(items[1], "失败"))) == (2, 0, 0)
    refused = items_of(batch)[1]
    assert (refused.state, refused.failure) == (ItemState.FAILED, "账户已销户")
    assert fresh(claim).state == ClaimState.PAYING


def test_another_answer_to_an_answered_payment_is_refused(desk):
    _claim, _batch, items = sent(desk, 2)
    load(desk, answer_row(items[0]), answer_row(items[1], "失败"))
    before = stored()
    changed = [
        answer_row(items[0], "失败"),
        answer_row(items[1]),
        answer_row(items[1], "失败", 失败原因="户名不符"),
    ]
    assert refused_columns(load(desk, *changed)) == {(2, "结果"), (3, "结果"), (4, "结果")}
    assert stored() == before


def test_two_answers_in_one_file_are_refused(desk):
    _claim, _batch, items = sent(desk, 2)
    assert refused_columns(load(desk, answer_row(items[0]), answer_row(items[0], "失败"))) == {(3, "结果")}


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"批次号": "ZF000000-2026-9999"}, "批次号"),
        ({"序号": "9"}, "序号"),
        ({"金额": "1245.01"}, "金额"),
        ({"账号": "6222000000000001"}, "账号"),
        ({"账号": "6222****0001"}, "账号"),
        ({"户名": "别人"}, "户名"),
        ({"结果": "处理中"}, "结果"),
        ({"失败原因": "余额不足"}, "失败原因"),
        ({"结果": "失败"}, "失败原因"),
        ({"交易日期": "2001-01-01"}, "交易日期"),
        ({"交易日期": f"{timezone.localdate() + timedelta(days=1)}"}, "交易日期"),
    ],
)
def test_what_is_not_of_the_payment_is_refused(desk, cells, column):
    _claim, _batch, items = sent(desk, 2)
    before = stored()
    result = load(desk, answer_row(items[0], **cells))
    assert refused_columns(result) == {(2, column)}
    assert stored() == before


def test_the_rows_of_another_batch_do_not_fit_this_one(desk):
    _claim, _batch, items = sent(desk, 2)
    _other, other_batch, _items = sent(desk, 2)
    rows = [answer_row(item, 批次号=other_batch.number) for item in items]
    assert {column for _row, column in refused_columns(load(desk, *rows))} == {"户名", "账号"}
    assert BatchItem.objects.filter(state=ItemState.SENT).count() == 4


def test_a_batch_of_another_area_is_not_there_and_the_command_loads_none(desk):
    _claim, _batch, items = sent(desk, 2)
    stranger = PostingFactory(role="finance", area=AreaFactory(district=True))
    assert refused_columns(load(desk, answer_row(items[0]), posting=stranger)) == {(2, "批次号")}
    assert refused_columns(run("bank_results", data=bank_sheet(answer_row(items[0])))) == {(2, "")}


def test_a_dry_run_says_the_same_and_writes_nothing(desk):
    _claim, _batch, items = sent(desk, 3)
    rows = [answer_row(items[0]), answer_row(items[1], "失败"), answer_row(items[2], 金额="1")]
    before = stored()
    dry = load(desk, *rows, write=False)
    assert stored() == before
    assert told(dry) == told(load(desk, *rows)) == (2, 0, 1)


def test_a_late_answer_to_the_first_batch_does_not_touch_the_second(desk):
    claim, batch, items = sent(desk, 2)
    first = [answer_row(items[0]), answer_row(items[1], "失败")]
    load(desk, *first)
    second = pay(desk, claim).batch
    assert told(load(desk, *first)) == (0, 2, 0)
    assert [item.state for item in items_of(second)] == [ItemState.SENT]
    assert refused_columns(load(desk, answer_row(items_of(batch)[1]))) == {(2, "结果")}
    assert told(load(desk, answer_row(items_of(second)[0]))) == (1, 0, 0)
    assert fresh(claim).state == ClaimState.PAID
    assert balances(desk) == (0, 2 * MONTHLY)


def test_money_paid_is_not_taken_back_by_undoing_the_sheet(desk, django_capture_on_commit_callbacks):
    claim, _batch, items = sent(desk, 2)
    with django_capture_on_commit_callbacks(execute=True):
        sheet = sheet_imports.upload(
            posting=desk.finance,
            kind_name="bank_results",
            name="results.csv",
            content=bank_sheet(*map(answer_row, items)),
        )
    with django_capture_on_commit_callbacks(execute=True):
        sheet_imports.commit(sheet_id=sheet.pk, posting=desk.finance)
    assert fresh(claim).state == ClaimState.PAID
    with django_capture_on_commit_callbacks(execute=True):
        sheet_imports.undo(sheet_id=sheet.pk, posting=desk.finance)
    sheet = SheetImport.objects.get(pk=sheet.pk)
    assert sheet.summary["undo_refused"]
    assert fresh(claim).state == ClaimState.PAID
