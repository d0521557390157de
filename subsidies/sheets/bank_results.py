"""The bank's answer to payment batches (支付结果): one row a payment. What it does not name goes on waiting."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city.ciphers import keyed_hash
from city.sheets.columns import CellError, Column, choice_column, day, money, plain, text, whole_number
from city.sheets.registry import CHANGED, UNCHANGED, SheetKind
from subsidies.choices import ItemState
from subsidies.models import BatchItem, PaymentBatch
from subsidies.services import payments

_RESULTS = {"成功": ItemState.PAID.value, "失败": ItemState.FAILED.value}
_LONGEST_FAILURE = BatchItem._meta.get_field("failure").max_length


def bank_account(value):
    digits = plain(value).replace("-", "")
    if not (digits.isascii() and digits.isdecimal()):
        raise CellError(_("A bank account has digits alone."))
    return digits


COLUMNS = (
    Column("批次号", text(40), required=True, help=gettext_lazy("of the payment batch")),
    Column("序号", whole_number(1_000_000), required=True, help=gettext_lazy("of the payment in the batch")),
    Column("户名", text(120), help=gettext_lazy("compared when filled in")),
    Column(
        "账号",
        bank_account,
        required=True,
        number_refused=True,
        help=gettext_lazy("as text; must be that of the payment"),
    ),
    Column("金额", money, required=True, help=gettext_lazy("must be that of the payment")),
    choice_column("结果", _RESULTS, required=True),
    Column("失败原因", text(_LONGEST_FAILURE), help=gettext_lazy("required with 失败")),
    Column("交易日期", day, required=True),
)


class BankResultsPlan:
    def __init__(self, terms):
        self.terms = terms
        self._batches, self._items, self._told = {}, {}, {}

    def take(self, rows):
        self._load(rows)
        answers = [answer for answer in map(self._answer, rows) if answer]
        if self.terms.write and answers:
            payments.record_results(answers, by=self.terms.posting)

    def finish(self):
        """Every row was decided when it was taken; payments no row names go on waiting."""

    def _load(self, rows):
        batches = PaymentBatch.objects.filter(number__in={row.values[0] for row in rows if row.values[0]})
        if self.terms.posting is not None:
            batches = batches.visible_to(self.terms.posting)
        self._batches = {batch.number: batch for batch in batches}
        items = BatchItem.objects.filter(batch__in=batches).select_related("account", "batch")
        for item in items:
            self._items[item.batch.number, item.sequence] = item

    def _answer(self, row):
        """What a row newly tells of a payment, or None with its outcome or its errors noted."""
        if self.terms.posting is None:
            row.refuse("", _("Results of the bank are loaded by somebody with the right to pay."))
        if row.errors:
            return None
        number, sequence, _holder, _account, _amount, state, failure, on = row.values
        item = self._item(row, number, sequence)
        if item is None:
            return None
        self._compare(row, item)
        self._check_result(row, item, state, failure, on)
        if row.errors:
            return None
        answer = payments.Answer(item, state, failure or "", on)
        return self._newly(row, item, answer)

    def _item(self, row, number, sequence):
        if number not in self._batches:
            row.refuse("批次号", _("There is no payment batch of this number in your area."))
        elif (number, sequence) not in self._items:
            row.refuse("序号", _("There is no such payment in this batch."))
        return self._items.get((number, sequence))

    @staticmethod
    def _compare(row, item):
        _number, _sequence, holder, account, amount = row.values[:5]
        if holder and holder != item.account.holder:
            row.refuse("户名", _("This payment went to another holder."))
        if keyed_hash(account) != item.account.account_hash:
            row.refuse("账号", _("This payment went to another account."))
        if amount != item.amount:
            row.refuse("金额", _("This payment was of %(amount)s yuan.") % {"amount": f"{item.amount:,.2f}"})

    @staticmethod
    def _check_result(row, item, state, failure, on):
        if (state == ItemState.FAILED) != bool(failure):
            row.refuse("失败原因", _("A reason goes with a refused payment, and only with one."))
        if not timezone.localdate(item.batch.made_at) <= on <= timezone.localdate():
            row.refuse("交易日期", _("Not before the batch was made, nor on a day to come."))

    def _newly(self, row, item, answer):
        """The answer, unless it was known; a payment is answered once."""
        known = self._told.get(item.pk)
        if known is None and item.state != ItemState.SENT:
            known = payments.Answer(item, item.state, item.failure, item.answered_on)
        if known is None:
            self._told[item.pk] = answer
            row.outcome = CHANGED
            return answer
        if known == answer:
            row.outcome = UNCHANGED
        else:
            told = _("The bank has answered this payment otherwise on %(day)s: %(state)s. Nothing is changed.")
            row.refuse("结果", told % {"day": known.on, "state": ItemState(known.state).label})
        return None


KIND = SheetKind(
    name="bank_results",
    title=gettext_lazy("Results of the bank"),
    columns=COLUMNS,
    key="批次号",
    permission="subsidies.pay_claims",
    plan=BankResultsPlan,
    chunk=None,
)
