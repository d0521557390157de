"""The imported sheets as plain records, read a second time without the project.

Nothing here may import the project or Django: the figures recomputed from these records are only worth
something while they share no line with the engine. Acceptance of rows follows the public contract, "Sheets".
"""

import csv
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import pairwise

EMPLOYED, UNEMPLOYED, INACTIVE = "就业", "失业", "不在业"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
REASONS = ("在校", "服役", "无劳动能力", "无就业意愿", "退休", "其他")
CHOICES = {
    "与户主关系": ("户主", "配偶", "子女", "父母", "其他"),
    "户籍性质": ("城镇", "农村"),
    "女性退休类别": ("50", "55"),
    "就业状态": (EMPLOYED, UNEMPLOYED, INACTIVE),
    "未就业原因": REASONS,
    "就业渠道": ("单位就业", "灵活就业", "自主创业", "公益性岗位", "劳务派遣", "劳务输出"),
    "信息来源": ("入户", "电话", "社保比对", "楼道", "名册"),
    "离开原因": ("迁出", "死亡", "失联", "其他"),
    "低保": ("是", "否"),
    "失地农民": ("是", "否"),
    "参保": ("是", "否"),
    "结果": ("完成", "无人", "拒访", "搬离"),
    "方式": ("入户", "电话", "窗口"),
    "情况无变化": ("是", "否"),
}
HARDSHIPS = ("4050", "残疾", "低保", "长期失业", "零就业家庭", "失地农民", "特困", "高校毕业生", "其他")


class Refused(Exception):
    """One row of a sheet is rejected; the message says why."""


@dataclass
class Spell:
    state: str
    started_on: date
    ended_on: date | None = None
    reason: str = ""
    contract_months: int | None = None
    monthly_income: Fraction | None = None
    insured: bool | None = None
    confirmed_on: date | None = None


@dataclass
class Registration:
    started_on: date
    ended_on: date | None = None
    reason: str = ""


@dataclass
class Membership:
    household: tuple[str, str]
    started_on: date
    ended_on: date | None = None


@dataclass
class Person:
    id_number: str
    name: str
    category: str = ""
    landless: bool = False
    acquired_on: date | None = None
    memberships: list[Membership] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    registered_on: list[date] = field(default_factory=list)
    hardship: dict[str, date] = field(default_factory=dict)

    @property
    def born_on(self):
        return date.fromisoformat(self.id_number[6:14])

    @property
    def is_man(self):
        return int(self.id_number[16]) % 2 == 1


@dataclass
class Episode:
    household: tuple[str, str]
    certified_on: date
    eliminated_on: date | None = None
    withdrawn_on: date | None = None

    @property
    def closed_on(self):
        return self.eliminated_on or self.withdrawn_on


@dataclass(frozen=True)
class Visit:
    household: tuple[str, str]
    visited_on: date
    outcome: str
    way: str
    visitor: str
    no_change: bool


class Row(dict):
    """One row by heading; a missing column or an empty cell reads as the empty string."""

    def text(self, column):
        value = re.sub(r"\s", "", unicodedata.normalize("NFKC", self.get(column) or ""))
        if value and column in CHOICES and value not in CHOICES[column]:
            raise Refused(f"{column}: {value}")
        return value

    def required(self, column):
        value = self.text(column)
        if not value:
            raise Refused(f"{column} is empty")
        return value

    def day(self, column):
        value = self.text(column)
        if not value:
            return None
        parts = re.fullmatch(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))", value)
        if not parts:
            raise Refused(f"{column}: {value} is no date")
        year, *rest = (int(part) for part in parts.groups() if part)
        try:
            return date(year, *rest)
        except ValueError as error:
            raise Refused(f"{column}: {value} is no date") from error

    def number(self, column):
        value = self.text(column)
        try:
            return Fraction(value) if value else None
        except ValueError as error:
            raise Refused(f"{column}: {value} is no number") from error

    def boolean(self, column):
        value = self.text(column)
        return value == "是" if value else None

    def household(self):
        return self.required("社区代码"), self.required("户号").lstrip("0")


def rows_of(path, key):
    """`(row number as a spreadsheet counts it, Row)` of the sheet below the heading row, blank rows left out."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        lines = list(enumerate(csv.reader(file), start=1))
    top = next(at for at, (_, cells) in enumerate(lines) if key in cells)
    headings = [heading.strip() for heading in lines[top][1]]
    for number, cells in lines[top + 1 :]:
        if any(cell.strip() for cell in cells):
            yield number, Row(zip(headings, cells, strict=False))


def checked_id_number(value, on):
    """The ID number with an upper-case X; GB 11643-1999, and nobody is born after the day of the sheet."""
    value = value.upper()
    if not re.fullmatch(r"\d{17}[\dX]", value):
        raise Refused("身份证号: not 18 characters")
    total = sum(int(digit) * weight for digit, weight in zip(value, WEIGHTS, strict=False))
    if "10X98765432"[total % 11] != value[17]:
        raise Refused("身份证号: check digit")
    try:
        born_on = date.fromisoformat(value[6:14])
    except ValueError as error:
        raise Refused("身份证号: no such birth date") from error
    if born_on > on:
        raise Refused("身份证号: born after the day of the sheet")
    return value


class Sheets:
    """Everything the sheets leave behind, and which rows they lost (`rejected`: sheet to `{row: reason}`)."""

    def __init__(self):
        self.areas = {}
        self.wages = []
        self.people = {}
        self.households = set()
        self.episodes = []
        self.visits = {}
        self.rejected = {}

    def _each(self, path, key, take):
        lost = self.rejected.setdefault(str(path).rpartition("/")[2], {})
        for number, row in rows_of(path, key):
            try:
                take(row)
            except Refused as refused:
                lost[number] = str(refused)

    def _take_area(self, row):
        code = row.required("区划代码")
        self.areas[code] = {
            "name": row.required("名称"),
            "level": row.required("级别"),
            "station": row.boolean("设有工作站") is not False,
        }

    def load_areas(self, path):
        self._each(path, "区划代码", self._take_area)

    def _take_wage(self, row):
        code = row.required("区划代码")
        if code not in self.areas:
            raise Refused("区划代码: unknown")
        self.wages.append((code, row.day("生效日期"), row.number("月最低工资")))

    def load_wages(self, path):
        self._each(path, "区划代码", self._take_wage)

    def load_roster(self, path, on):
        """A roster of the day `on`: rows in the order of the sheet, each seeing what the rows above it did."""
        seen = set()

        def take(row):
            id_number = checked_id_number(row.required("身份证号"), on)
            if id_number in seen:
                raise Refused("身份证号: twice in the file")
            seen.add(id_number)
            self._take_resident(row, id_number, on)

        self._each(path, "身份证号", take)

    def _take_resident(self, row, id_number, on):
        """Refuses first and writes after: a rejected row leaves nothing, a move least of all."""
        name, household = row.required("姓名"), row.household()
        row.required("与户主关系")
        for column in CHOICES:
            row.text(column)
        if household[0] not in self.areas or self.areas[household[0]]["level"] != "社区":
            raise Refused("社区代码: unknown")
        person = self.people.get(id_number) or Person(id_number, name)
        if person.name != name:
            raise Refused("姓名: known under another name")
        hardship = self._hardship(row)
        registered_on = self._registration(row, person)
        confirmed_on = row.day("核实日期")
        spell = self._spell(row, person)
        acquired_on, left_on = row.day("征地日期"), row.day("离开日期")

        self.people[id_number] = person
        self.households.add(household)
        self._join(person, household, on)
        if left_on:
            person.memberships[-1].ended_on = date.fromordinal(left_on.toordinal() - 1)
        if spell:
            self._open(person, spell, confirmed_on or spell.started_on)
        if registered_on and registered_on not in person.registered_on:
            person.registered_on.append(registered_on)
        for category, day in hardship.items():
            person.hardship[category] = min(day, person.hardship.get(category, day))
        person.category = row.text("女性退休类别") or person.category
        person.acquired_on = acquired_on or person.acquired_on
        if row.boolean("失地农民") is not None:
            person.landless = row.boolean("失地农民")

    @staticmethod
    def _hardship(row):
        categories, day = [part for part in row.text("困难类型").split("、") if part], row.day("困难认定日期")
        if any(category not in HARDSHIPS for category in categories):
            raise Refused("困难类型: unknown")
        if categories and not day:
            raise Refused("困难认定日期 is required with 困难类型")
        return dict.fromkeys(categories, day)

    @staticmethod
    def _registration(row, person):
        registered_on, state, started_on = row.day("失业登记日期"), row.text("就业状态"), row.day("状态起始日期")
        if registered_on:
            if state in (EMPLOYED, INACTIVE) and started_on and registered_on >= started_on:
                raise Refused("失业登记日期: not before 状态起始日期")
            if person.registered_on and registered_on < max(person.registered_on):
                raise Refused("失业登记日期: before the latest known registration")
        return registered_on

    @staticmethod
    def _spell(row, person):
        """What the row says of the labour spell; None where it says nothing or repeats an earlier spell."""
        state, started_on = row.text("就业状态"), row.day("状态起始日期")
        if not state:
            return None
        if not started_on:
            raise Refused("状态起始日期 is required with 就业状态")
        known = [(spell.state, spell.started_on) for spell in person.spells]
        if (state, started_on) in known[:-1]:
            return None
        if known and (state, started_on) != known[-1] and started_on <= known[-1][1]:
            raise Refused("状态起始日期: contradicts the latest spell")
        months = row.number("合同月数")
        return Spell(
            state,
            started_on,
            reason=row.text("未就业原因") if state == INACTIVE else "",
            contract_months=None if months is None else int(months),
            monthly_income=row.number("月收入"),
            insured=row.boolean("参保"),
        )

    @staticmethod
    def _open(person, spell, confirmed_on):
        """Opens the spell or, for the latest one named again, takes the cells that are filled."""
        latest = person.spells[-1] if person.spells else None
        if latest and latest.started_on == spell.started_on:
            latest.reason = spell.reason or latest.reason
            for detail in ("contract_months", "monthly_income", "insured"):
                if getattr(spell, detail) is not None:
                    setattr(latest, detail, getattr(spell, detail))
            latest.confirmed_on = max(latest.confirmed_on, confirmed_on)
            return
        if spell.state == INACTIVE:
            spell.reason = spell.reason or "其他"
        spell.confirmed_on = confirmed_on
        if latest:
            latest.ended_on = date.fromordinal(spell.started_on.toordinal() - 1)
        person.spells.append(spell)

    @staticmethod
    def _join(person, household, on):
        if not person.memberships:
            person.memberships.append(Membership(household, person.born_on))
            return
        latest = person.memberships[-1]
        if latest.household == household and latest.ended_on is None:
            return
        if latest.ended_on is None:
            latest.ended_on = date.fromordinal(on.toordinal() - 1)
        person.memberships.append(Membership(household, on))

    def _take_episode(self, row):
        episode = Episode(row.household(), row.day("认定日期"), row.day("消除日期"), row.day("退出日期"))
        if episode.household not in self.households:
            raise Refused("户号: unknown household")
        if episode.eliminated_on and episode.withdrawn_on:
            raise Refused("both 消除日期 and 退出日期")
        if episode.closed_on and episode.closed_on < episode.certified_on:
            raise Refused("ends before 认定日期")
        own = [known for known in self.episodes if known.household == episode.household]
        same = [known for known in own if known.certified_on == episode.certified_on]
        if same:
            if same[0].closed_on and episode.closed_on and same[0] != episode:
                raise Refused("another end than known")
            same[0].eliminated_on = same[0].eliminated_on or episode.eliminated_on
            same[0].withdrawn_on = same[0].withdrawn_on or episode.withdrawn_on
            return
        line = sorted([*own, episode], key=lambda each: each.certified_on)
        if any((first.closed_on or date.max) > second.certified_on for first, second in pairwise(line)):
            raise Refused("overlaps another episode")
        self.episodes.append(episode)

    def load_episodes(self, path):
        self._each(path, "认定日期", self._take_episode)

    def _take_visit(self, row):
        visit = Visit(
            row.household(),
            row.day("走访日期"),
            row.required("结果"),
            row.text("方式"),
            row.text("走访人"),
            row.boolean("情况无变化") is True,
        )
        if visit.household not in self.households:
            raise Refused("户号: unknown household")
        self.visits.setdefault((visit.household, visit.visited_on, visit.way, visit.visitor), visit)

    def load_visits(self, path):
        self._each(path, "走访日期", self._take_visit)
