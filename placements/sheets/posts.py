"""Posts that exist already (公益性岗位): a row is an approved application, and its places are open posts."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk, parameters
from city.choices import AreaLevel, EmployerKind
from city.models import Employer, Move
from city.sheets.columns import (
    CellError,
    Column,
    choice_column,
    credit_code_column,
    day,
    division_code,
    money,
    plain,
    text,
    whole_number,
    yes_no_column,
)
from city.sheets.places import Places
from city.sheets.registry import CHANGED, NEW, SheetKind
from households.sheets.known import among
from placements.choices import FundingLevel, PlanState, PostCategory, PostField, PostState
from placements.forms.posts import MOST_PLACES
from placements.models import Post, PostPlan
from placements.models.posts import FULL_TIME_HOURS
from placements.rules import needed_wage
from placements.workflow import POST, POST_PLAN

_CATEGORIES = {
    "保安": PostCategory.SECURITY, "保洁": PostCategory.CLEANING, "保绿": PostCategory.GREENING,
    "助老助残": PostCategory.CARE, "公共设施": PostCategory.FACILITIES, "其他": PostCategory.OTHER,
}  # fmt: skip
_FIELDS = {
    "社区管理": PostField.COMMUNITY, "福利服务": PostField.WELFARE_SERVICE, "便民服务": PostField.CONVENIENCE,
    "单位后勤": PostField.LOGISTICS, "治安秩序": PostField.ORDER, "文化文明": PostField.CULTURE,
    "社会福利": PostField.SOCIAL_WELFARE, "社会救助": PostField.SOCIAL_RELIEF, "社会保障": PostField.SOCIAL_SECURITY,
    "退休人员服务": PostField.RETIREES,
}  # fmt: skip
_FUNDING = {
    "市财政": FundingLevel.CITY, "区财政": FundingLevel.DISTRICT, "街道财政": FundingLevel.STREET,
    "用人单位": FundingLevel.EMPLOYER,
}  # fmt: skip


def plan_number(value):
    number = plain(value)
    if not number.isprintable() or len(number) > 30:
        raise CellError(_("The text is longer than %(length)d characters.") % {"length": 30})
    return number


def _values(words):
    return {word: member.value for word, member in words.items()}


COLUMNS = (
    Column("批复编号", plan_number, required=True, help=gettext_lazy("the same number is the same posts")),
    Column("社区代码", division_code, required=True),
    credit_code_column(required=True, help=gettext_lazy("of the employer; as text")),
    Column("单位名称", text(120), help=gettext_lazy("required for an employer not known yet")),
    Column("岗位名称", text(60), required=True),
    choice_column("类别", _values(_CATEGORIES), required=True),
    choice_column("领域", _values(_FIELDS), required=True),
    Column("工作地点", text(120), required=True),
    Column("月工资", money, required=True, help=gettext_lazy("yuan; not below the minimum wage for these hours")),
    Column("每周工时", whole_number(FULL_TIME_HOURS), help=gettext_lazy("empty: 40")),
    choice_column("资金来源", _values(_FUNDING), required=True),
    Column("岗位数", whole_number(MOST_PLACES), required=True, help=gettext_lazy("more than before: posts are added")),
    yes_no_column("仅限失地农民", help=gettext_lazy("empty: no")),
    Column("批复日期", day, required=True),
)  # fmt: skip
_WRITTEN = ("title", "category", "field", "place", "monthly_wage", "minimum_wage", "weekly_hours", "funding",
            "headcount", "landless_only")  # fmt: skip


@dataclass(slots=True, eq=False)
class Workplace:
    credit_code: str
    name: str
    id: int | None = None


@dataclass(slots=True, eq=False)
class Approved:
    """An application as it is known, or as the file makes it known."""

    number: str
    area_id: int
    employer: Workplace
    planned_on: date
    values: dict = field(default_factory=dict)
    state: str = PlanState.OPENED.value
    id: int | None = None
    told: bool = False
    changed: bool = False
    had: int = 0


class PostsPlan:
    def __init__(self, terms):
        self.terms = terms
        self._places = Places(terms)
        self._wages = parameters.minimum_wages()
        self._employers = {}  # credit code: Workplace
        self._plans = {}  # number: Approved

    def take(self, rows):
        self._load(rows)
        for row in rows:
            self._take(row)
        if self.terms.write:
            self._write()

    def finish(self):
        """Nobody's state changes by a post."""

    def _load(self, rows):
        numbers = {row.values[0] for row in rows if row.values[0]}
        codes = {row.values[2] for row in rows if row.values[2]}
        plans = PostPlan.objects.filter(number__in=among(numbers))
        known = list(plans.values_list("employer__credit_code", "employer__name", "employer_id", "number", "area_id",
                                       "planned_on", "state", "id", *_WRITTEN))  # fmt: skip
        employers = Employer.objects.filter(credit_code__in=among(codes))
        for key, code, name in employers.values_list("id", "credit_code", "name"):
            self._employers[code] = Workplace(code, name, key)
        for code, name, employer_id, number, area_id, planned_on, state, key, *values in known:
            employer = self._employers.setdefault(code, Workplace(code, name, employer_id))
            values = dict(zip(_WRITTEN, values, strict=True))
            self._plans[number] = Approved(
                number, area_id, employer, planned_on, values, state, key, had=values["headcount"]
            )

    def _take(self, row):
        number, area_code, code, name, *work, planned_on = row.values
        title, category, kind, place, wage, hours, funding, count, landless = work
        area = self._places.named(row, "社区代码", area_code, AreaLevel.COMMUNITY)
        plan = self._plans.get(number)
        hours = FULL_TIME_HOURS if hours is None else hours
        self._check(row, plan, area, code, name, hours, count, planned_on)
        minimum = (
            self._minimum(row, area, wage, hours, planned_on or self.terms.on) if area and wage and hours else None
        )
        if row.errors:
            return
        values = {
            "title": title, "category": category, "field": kind, "place": place, "monthly_wage": wage,
            "minimum_wage": minimum, "weekly_hours": hours, "funding": funding, "headcount": count,
            "landless_only": bool(landless),
        }  # fmt: skip
        if plan is None:
            employer = self._employers.setdefault(code, Workplace(code, name or ""))
            self._plans[number] = Approved(number, area.id, employer, planned_on, values, told=True)
            row.outcome = NEW
        elif plan.values != values:
            if plan.told:
                row.refuse("批复编号", _("An earlier row of this number says otherwise."))
                return
            plan.values, plan.told, plan.changed = values, True, True
            row.outcome = CHANGED

    def _check(self, row, plan, area, code, name, hours, count, planned_on):
        if hours == 0:
            row.refuse("每周工时", _("Between 1 and 40 hours a week."))
        if count == 0:
            row.refuse("岗位数", _("At least one place."))
        if planned_on and planned_on > timezone.localdate():
            row.refuse("批复日期", _("This day lies in the future."))
        if plan is None:
            if code and code not in self._employers and not name:
                row.refuse("单位名称", _("The name is required: this employer is not known yet."))
            return
        if area and plan.area_id != area.id:
            row.refuse("社区代码", _("This number belongs to posts of another community."))
        if code and plan.employer.credit_code != code:
            row.refuse("统一社会信用代码", _("This number belongs to posts of another employer."))
        if plan.state != PlanState.OPENED:
            row.refuse("批复编号", _("This number belongs to an application that goes its own way."))
        if count and count < plan.values["headcount"]:
            row.refuse("岗位数", _("Posts end one by one, each on its page."))

    def _minimum(self, row, area, wage, hours, planned_on):
        """The minimum wage in force there on the day; None, with the row's error noted, when it is not reached."""
        path = [int(part) for part in area.path.split("/") if part]
        minimum = self._wages.of(path, planned_on)
        if minimum is None:
            row.refuse("月工资", _("No minimum wage is known here: the city office loads the sheet of minimum wages."))
        elif wage < needed_wage(Decimal(minimum), hours, FULL_TIME_HOURS):
            row.refuse(
                "月工资", _("Below the minimum wage of %(wage)s yuan a month for full-time work.") % {"wage": minimum}
            )
        return minimum

    def _write(self):
        told = [plan for plan in self._plans.values() if plan.told]
        self._write_employers([plan.employer for plan in told if plan.employer.id is None])
        fresh = [plan for plan in told if plan.id is None]
        names = ("number", "area_id", "employer_id", "planned_on", "state", "version", *_WRITTEN)
        rows = [
            (one.number, one.area_id, one.employer.id, one.planned_on, one.state, 0, *map(one.values.get, _WRITTEN))
            for one in fresh
        ]
        for plan, key in zip(fresh, bulk.insert_returning_ids(PostPlan, names, rows), strict=True):
            plan.id = key
        changed = [plan for plan in told if plan.changed]
        bulk.update(PostPlan, _WRITTEN, [(one.id, *map(one.values.get, _WRITTEN)) for one in changed])
        self._note(POST_PLAN.name, "load", PlanState.OPENED.value, [plan.id for plan in fresh])
        self._make_posts([plan for plan in told if plan.values["headcount"] > plan.had])
        for plan in told:
            plan.told = plan.changed = False
            plan.had = plan.values["headcount"]

    @staticmethod
    def _write_employers(workplaces):
        unique = sorted(set(workplaces), key=lambda one: one.credit_code)
        rows = [(one.credit_code, one.name, EmployerKind.COMPANY.value) for one in unique]
        keys = bulk.insert_returning_ids(Employer, ("credit_code", "name", "kind"), rows)
        for workplace, key in zip(unique, keys, strict=True):
            workplace.id = key

    def _make_posts(self, plans):
        rows = [
            (f"{plan.number}-{turn:03}", plan.id, plan.area_id, PostState.OPEN.value, plan.planned_on, 0)
            for plan in plans
            for turn in range(plan.had + 1, plan.values["headcount"] + 1)
        ]
        keys = bulk.insert_returning_ids(Post, ("number", "plan_id", "area_id", "state", "opened_on", "version"), rows)
        self._note(POST.name, "open", PostState.OPEN.value, keys)

    def _note(self, workflow, action, state, keys):
        """The first row of each history: who loaded the sheet."""
        posting = self.terms.posting
        staff_id, posting_id = (posting.staff_id, posting.pk) if posting else (None, None)
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
        bulk.insert(
            Move, names, [(workflow, key, action, "", state, "", "", staff_id, posting_id, now) for key in keys]
        )


KIND = SheetKind(
    name="posts",
    title=gettext_lazy("Public-welfare posts"),
    columns=COLUMNS,
    key="批复编号",
    permission="placements.approve_posts",
    plan=PostsPlan,
    chunk=None,
)
