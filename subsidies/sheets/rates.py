"""Rates of the schemes, as the papers give them: a row is one rate proposed, which somebody else signs on its page."""

from fractions import Fraction

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk
from city.models import Move, PolicyDocument
from city.moves import StepRefused
from city.sheets.columns import (
    CellError,
    Column,
    choice_column,
    day,
    division_code,
    money,
    plain,
    text,
    whole_number,
    yes_no_column,
)
from city.sheets.places import Places
from city.sheets.registry import NEW, SheetKind
from subsidies.choices import Basis, Favoured, RateState, Scheme
from subsidies.models import Rate
from subsidies.services import rates
from subsidies.workflow import RATE

MOST_CONTRACT_MONTHS = 600
_SCHEMES = {
    "岗位补贴": Scheme.POST, "单位社保补贴": Scheme.INSURANCE, "灵活就业社保补贴": Scheme.FLEXIBLE,
    "职业介绍补贴": Scheme.INTRODUCTION, "培训补贴": Scheme.TRAINING, "技能鉴定补贴": Scheme.APPRAISAL,
    "培训交通补贴": Scheme.TRANSPORT, "学费补贴": Scheme.TUITION, "岗位开发补贴": Scheme.POST_CREATION,
    "差额购买岗位补贴": Scheme.POST_PURCHASE,
}  # fmt: skip
_FAVOURED = {"全部": Favoured.ANYBODY, "就业困难人员": Favoured.HARDSHIP}
_BASES = {
    "最低工资": Basis.MINIMUM_WAGE, "缴费": Basis.CONTRIBUTION, "费用": Basis.FEE, "天": Basis.DAYS,
    "人": Basis.PERSON,
}  # fmt: skip


def share(value):
    """A share as it stands in a document: 1/2, 0.5 or 50%."""
    written = plain(value)
    try:
        found = Fraction(written[:-1]) / 100 if written.endswith("%") else Fraction(written)
    except (ValueError, ZeroDivisionError):
        raise CellError(_("Write a share as 1/2 or 0.5.")) from None
    if not 0 < found <= 1:
        raise CellError(_("A share lies between 0 and 1."))
    return str(found)


def positive(value):
    amount = money(value)
    if not amount:
        raise CellError(_("An amount is more than nothing."))
    return amount


def _values(choices):
    return {word: choice.value for word, choice in choices.items()}


COLUMNS = (
    choice_column("补贴项目", _values(_SCHEMES), required=True),
    Column("区划代码", division_code, required=True, help=gettext_lazy("the area and everything below it")),
    Column("生效日期", day, required=True),
    Column("截止日期", day, help=gettext_lazy("empty: until another follows")),
    choice_column("对象", _values(_FAVOURED), help=gettext_lazy("empty: everybody entitled")),
    Column("合同月数", whole_number(MOST_CONTRACT_MONTHS), help=gettext_lazy("at least; empty: any contract")),
    choice_column("计发基数", _values(_BASES), required=True),
    Column("比例", share, help=gettext_lazy("of the basis: 1/2 or 50%; empty with an amount")),
    Column("缴费比例", share, help=gettext_lazy("of the contribution base, as far as it counts")),
    Column("标准", positive, help=gettext_lazy("yuan a person or a day; empty with a share")),
    Column("上限", positive, help=gettext_lazy("yuan a line at most")),
    Column("第二次拨付月数", whole_number(60), help=gettext_lazy("paid in halves: insured months until the second")),
    Column("文件号", text(60), required=True),
    yes_no_column("暂行", help=gettext_lazy("empty: no")),
)
_KEY = ("scheme", "area_id", "in_force_from", "favoured", "contract_months")
_WRITTEN = (*_KEY, "in_force_to", "basis", "share", "contribution", "amount", "ceiling", "second_half_after",
            "provisional")  # fmt: skip


class RatesPlan:
    def __init__(self, terms):
        self.terms = terms
        self._places = Places(terms)
        self._documents = dict(PolicyDocument.objects.values_list("number", "id"))
        standing = Rate.objects.exclude(state=RateState.REFUSED)
        rows = standing.values_list(*_KEY, *_WRITTEN, "document__number")
        self._known = {row[: len(_KEY)]: row[len(_KEY) :] for row in rows}
        self._fresh = []

    def take(self, rows):
        for row in rows:
            values = self._read(row)
            if row.errors:
                continue
            document = row.values[12]
            key = tuple(values[name] for name in _KEY)
            told = (*(values[name] for name in _WRITTEN), document)
            if key not in self._known:
                self._known[key] = told
                self._fresh.append((document, values))
                row.outcome = NEW
            elif self._known[key] != told:
                row.refuse("生效日期", _("Another rate of this day stands already: a new one follows on a later day."))
        if self.terms.write:
            self._write()

    def finish(self):
        """Everything is written with the one chunk."""

    def _read(self, row):
        scheme, code, first, last, favoured, months, basis, part, paid, amount, ceiling, half, _number, trial = (
            row.values
        )
        place = self._places.named(row, "区划代码", code)
        values = {
            "scheme": scheme,
            "area_id": place.id if place else None,
            "in_force_from": first,
            "in_force_to": last,
            "favoured": favoured or Favoured.ANYBODY.value,
            "contract_months": months or 0,
            "basis": basis,
            "share": part or "",
            "contribution": paid or "",
            "amount": amount,
            "ceiling": ceiling,
            "second_half_after": half,
            "provisional": bool(trial),
        }
        if not row.errors:
            _check(row, values)
        return values

    def _write(self):
        unknown = sorted({number for number, _values in self._fresh} - set(self._documents))
        keys = bulk.insert_returning_ids(
            PolicyDocument, ("number", "title", "status"), [(number, "", "in_force") for number in unknown]
        )
        self._documents.update(zip(unknown, keys, strict=True))
        rows = [
            (*(values[name] for name in _WRITTEN), self._documents[number], RateState.PROPOSED.value, 0)
            for number, values in self._fresh
        ]
        keys = bulk.insert_returning_ids(Rate, (*_WRITTEN, "document_id", "state", "version"), rows)
        self._note(keys)
        self._fresh = []

    def _note(self, keys):
        """The first row of each history: whoever loaded the sheet cannot sign what it holds."""
        posting = self.terms.posting
        who = (posting.staff_id, posting.pk) if posting else (None, None)
        names = (
            "workflow",
            "key",
            "action",
            "from_state",
            "to_state",
            "reason",
            "words",
            "staff_id",
            "posting_id",
            "at",
        )
        now = timezone.now()
        told = [(RATE.name, key, "propose", "", RateState.PROPOSED.value, "", "", *who, now) for key in keys]
        bulk.insert(Move, names, told)


_HEADINGS = {
    "basis": "计发基数", "contract_months": "合同月数", "second_half_after": "第二次拨付月数", "amount": "标准",
    "contribution": "缴费比例", "in_force_to": "截止日期",
}  # fmt: skip


def _check(row, values):
    try:
        rates.check(Rate(**values))
    except StepRefused as refused:
        row.refuse(_HEADINGS[refused.field], refused.message)


KIND = SheetKind(
    name="subsidy_rates",
    title=gettext_lazy("Subsidy rates"),
    columns=COLUMNS,
    key="补贴项目",
    permission=rates.SET,
    plan=RatesPlan,
    chunk=None,
)
