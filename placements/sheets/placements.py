"""Placements as a list (就业安置台账): one row a person and a first day; the earlier ones are taken first.

Every row goes the way the pages go, inside one transaction that a dry run takes back; so what is told is what happens.
"""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city.ciphers import keyed_hash
from city.moves import NotAllowed, StepRefused
from city.sheets.columns import (
    Column,
    choice_column,
    credit_code_column,
    day,
    id_number_column,
    money,
    text,
    whole_number,
    yes_no_column,
)
from city.sheets.registry import CHANGED, NEW, UNCHANGED, SheetKind
from config.conflict import Conflict
from households import ledger
from households.choices import Channel
from households.models import Resident
from households.sheets.columns import CHANNELS
from households.sheets.known import among
from households.sheets.undoing import touched_residents
from placements.choices import Destination, PlacementEnd
from placements.models import Post
from placements.services import history
from placements.services.reporting import employer_of

_REASONS = {
    "期满": PlacementEnd.TERM, "退休": PlacementEnd.RETIRED, "死亡": PlacementEnd.DIED,
    "自行就业": PlacementEnd.OWN_JOB, "不适应": PlacementEnd.UNFIT, "违纪": PlacementEnd.DISCIPLINE,
    "单位终止": PlacementEnd.EMPLOYER, "辞职": PlacementEnd.RESIGNED, "迁出": PlacementEnd.MOVED,
    "其他": PlacementEnd.OTHER,
}  # fmt: skip
_DESTINATIONS = {
    "主城区": Destination.MAIN_CITY, "省内": Destination.PROVINCE, "省外": Destination.OUTSIDE,
}  # fmt: skip

COLUMNS = (
    id_number_column(required=True, help=gettext_lazy("as text; finds the resident")),
    choice_column("就业渠道", CHANNELS, required=True),
    credit_code_column(help=gettext_lazy("of the employer; required for labour dispatch")),
    Column("单位名称", text(120)),
    Column("岗位", text(60)),
    Column("上岗日期", day, required=True),
    Column("合同月数", whole_number(600)),
    Column("月收入", money, help=gettext_lazy("yuan")),
    yes_no_column("是否参保"),
    Column("岗位编号", text(34), help=gettext_lazy("of the public-welfare post; required with 公益性岗位")),
    choice_column(
        "输出去向",
        {word: member.value for word, member in _DESTINATIONS.items()},
        help=gettext_lazy("required with 劳务输出"),
    ),
    Column("离岗日期", day, help=gettext_lazy("the last day of work; empty: still at work")),
    choice_column(
        "离岗原因",
        {word: member.value for word, member in _REASONS.items()},
        help=gettext_lazy("required with a last day, and where the ledger knows of an end"),
    ),
)
_AT = {
    "post": "岗位编号", "channel": "就业渠道", "reason": "离岗原因", "last_day": "离岗日期",
    "resident": "身份证号", "action": "上岗日期", "credit_code": "统一社会信用代码",
}  # fmt: skip
_OUTCOMES = {history.NEW: NEW, history.CHANGED: CHANGED, history.SAME: UNCHANGED}


class PlacementsPlan:
    def __init__(self, terms):
        self.terms = terms
        self._people, self._posts = {}, {}

    def take(self, rows):
        self._load(rows)
        readable = [row for row in rows if not row.errors]
        with transaction.atomic():
            for row in sorted(readable, key=lambda row: (row.values[5], row.number)):
                self._take(row)
            if not self.terms.write:
                transaction.set_rollback(True)

    def finish(self):
        """Every row was decided when it was taken."""

    def _load(self, rows):
        hashes = {keyed_hash(row.values[0]) for row in rows if row.values[0]}
        people = Resident.objects.filter(id_hash__in=among(hashes))
        if self.terms.posting is not None:
            people = people.visible_to(self.terms.posting)
        self._people = dict(people.values_list("id_hash", "pk"))
        numbers = {row.values[9] for row in rows if row.values[9]}
        posts = Post.objects.filter(number__in=numbers).select_related("plan__employer", "area")
        self._posts = {post.number: post for post in posts}

    def _take(self, row):
        (number, channel, code, name, job, starts_on, months, income, insured, post_number, destination, last_day,
         reason) = row.values  # fmt: skip
        resident_id = self._people.get(keyed_hash(number))
        post = self._posts.get(post_number) if post_number else None
        self._check(row, resident_id, post)
        if row.errors:
            return
        values = {
            "employer_name": name,
            "job": job,
            "contract_months": months,
            "monthly_income": income,
            "insured": insured,
            "destination": destination,
        }
        values = {key: value for key, value in values.items() if value is not None}
        if channel == Channel.WELFARE_POST:
            values = {key: values[key] for key in ("contract_months", "insured") if key in values}
        try:
            with transaction.atomic():
                if code and channel != Channel.WELFARE_POST:
                    employer = employer_of(code, name, channel)
                    values |= {"employer": employer, "employer_name": name or employer.name}
                outcome = history.record(
                    resident_id=resident_id,
                    channel=channel,
                    starts_on=starts_on,
                    post=post,
                    values=values,
                    last_day=last_day,
                    end_reason=reason or "",
                    by=self.terms.posting,
                )
        except StepRefused as refused:
            row.refuse(_AT.get(refused.field, "上岗日期"), refused.message)
        except Conflict as conflict:
            row.refuse("岗位编号" if post_number else "上岗日期", conflict.message)
        except NotAllowed:
            row.refuse("身份证号", _("You may not confirm the work of this person."))
        else:
            row.outcome = _OUTCOMES[outcome]

    def _check(self, row, resident_id, post):
        channel, code, name, starts_on = row.values[1], row.values[2], row.values[3], row.values[5]
        post_number, destination, last_day, reason = row.values[9:13]
        if self.terms.posting is None:
            row.refuse("", _("Placements are loaded by somebody with the right to confirm work."))
        elif resident_id is None:
            row.refuse("身份证号", _("Nobody with this number lives in your area."))
        if (channel == Channel.WELFARE_POST) != bool(post_number):
            row.refuse("岗位编号", _("A post number goes with a public-welfare post, and only with one."))
        elif post_number and post is None:
            row.refuse("岗位编号", _("There is no post of this number."))
        if channel == Channel.DISPATCH and not code:
            row.refuse("统一社会信用代码", _("Say which company dispatches the person."))
        if channel in (Channel.EMPLOYER, Channel.DISPATCH) and not name and not code:
            row.refuse("单位名称", _("Say who the employer is."))
        if (channel == Channel.EXPORT) != bool(destination):
            row.refuse("输出去向", _("A destination goes with labour export, and only with it."))
        if last_day and last_day < starts_on:
            row.refuse("离岗日期", _("The last day lies before the first."))
        if last_day and not reason:
            row.refuse("离岗原因", _("Say why the work ended."))


KIND = SheetKind(
    name="placements",
    title=gettext_lazy("List of placements"),
    columns=COLUMNS,
    key="上岗日期",
    permission="households.confirm_employment",
    plan=PlacementsPlan,
    chunk=None,
    touched=touched_residents,
    settle=ledger.rebuild,
)
