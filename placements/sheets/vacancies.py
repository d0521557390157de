"""Vacancies as a sheet: one row a vacancy, gathered until somebody publishes it."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk, parameters
from city.choices import AreaLevel, EmployerKind
from city.models import Area, Employer, Move
from city.numbers import next_numbers
from city.sheets.columns import (
    Column,
    choice_column,
    credit_code_column,
    day,
    division_code,
    money,
    text,
    whole_number,
)
from city.sheets.places import Places
from city.sheets.registry import CHANGED, NEW, SheetKind
from households.sheets.known import among
from placements.choices import Hours, VacancyState
from placements.models import Vacancy
from placements.rules import pays_too_little
from placements.services.vacancies import number_of
from placements.workflow import VACANCY

HOURS = {"全日制": Hours.FULL_TIME, "非全日制": Hours.PART_TIME, "轮班": Hours.SHIFTS, "不限": Hours.ANY}
COLUMNS = (
    credit_code_column(required=True, help=gettext_lazy("of the employer; as text")),
    Column("单位名称", text(120), help=gettext_lazy("required for an employer not known yet")),
    Column("岗位名称", text(60), required=True),
    Column("招聘人数", whole_number(32_767), required=True),
    Column("月工资起", money, required=True),
    Column("月工资止", money),
    Column("有效期起", day, required=True),
    Column("有效期止", day, required=True),
    Column(
        "工作区划代码",
        division_code,
        help=gettext_lazy("where the work is; empty: the area of whoever loads the sheet"),
    ),
    Column("工种", text(60)),
    Column("技能要求", text(120)),
    Column("其他要求", text(200)),
    choice_column(
        "用工形式", {word: hours.value for word, hours in HOURS.items()}, help=gettext_lazy("empty: 全日制")
    ),
)
#: What a row tells of a vacancy, beside its employer, job, first day and place, by which it is known.
_TOLD = ("headcount", "wage_from", "wage_to", "valid_until", "occupation", "skills", "requirements", "hours")
_HEADINGS = dict(
    zip(
        _TOLD,
        ("招聘人数", "月工资起", "月工资止", "有效期止", "工种", "技能要求", "其他要求", "用工形式"),
        strict=True,
    )
)


@dataclass(slots=True, eq=False)
class Known:
    """A vacancy as it stands, or as the file makes it stand."""

    told: dict
    area_id: int | None = None
    state: str = VacancyState.GATHERED.value
    id: int | None = None
    employer: object = None
    title: str = ""
    valid_from: object = None
    is_told: bool = False
    is_changed: bool = False


@dataclass(slots=True, eq=False)
class Workplace:
    credit_code: str
    name: str
    id: int | None = None


class VacanciesPlan:
    def __init__(self, terms):
        self.terms = terms
        self._places = Places(terms)
        self._wages = parameters.minimum_wages()
        self._employers = {}  # credit code: Workplace
        self._known = {}  # (credit code, job, first day, area): Known

    def take(self, rows):
        self._load(rows)
        for row in rows:
            self._take(row)
        if self.terms.write:
            self._write()

    def finish(self):
        """Nothing else hangs on a vacancy that nobody published."""

    def _load(self, rows):
        codes = {row.values[0] for row in rows if row.values[0]}
        by_id = {}
        employers = Employer.objects.filter(credit_code__in=among(codes))
        for key, code, name in employers.values_list("id", "credit_code", "name"):
            self._employers[code] = by_id[key] = Workplace(code, name, key)
        names = ("id", "employer_id", "title", "valid_from", "area_id", "state", *_TOLD)
        known = Vacancy.objects.filter(employer__in=among(by_id)).order_by("pk")
        for key, employer_id, title, first, area_id, state, *told in known.values_list(*names):
            found = Known(dict(zip(_TOLD, told, strict=True)), area_id, state, key)
            self._known[by_id[employer_id].credit_code, title, first, area_id] = found

    def _take(self, row):
        code, name, title, count, low, high, first, last, area_code, trade, skills, wants, hours = row.values
        area_id = self._area(row, area_code)
        told = dict(
            zip(
                _TOLD,
                (count, low, high, last, trade or "", skills or "", wants or "", hours or Hours.FULL_TIME.value),
                strict=True,
            )
        )
        self._check(row, told, first)
        self._check_employer(row, code, name)
        self._check_wage(row, told, area_id)
        if row.errors:
            return
        known = self._known.get((code, title, first, area_id))
        if known is None:
            self._add(row, (code, title, first, area_id), name, told)
        else:
            self._compare(row, known, told)

    def _area(self, row, code):
        place = self._places.named(row, "工作区划代码", code)
        if place is not None:
            return place.id
        posting = self.terms.posting
        if code is None and posting is not None and posting.area.level != AreaLevel.CITY:
            return posting.area_id
        if code is None:
            row.refuse("工作区划代码", _("Write where the work is: nobody's own area stands for it."))
        return None

    @staticmethod
    def _check(row, told, first):
        if told["headcount"] == 0:
            row.refuse("招聘人数", _("At least one place is needed."))
        if told["wage_to"] and told["wage_from"] and told["wage_to"] < told["wage_from"]:
            row.refuse("月工资止", _("The upper wage lies below the lower one."))
        if first and told["valid_until"] and told["valid_until"] < first:
            row.refuse("有效期止", _("A vacancy cannot end before it begins."))

    def _check_wage(self, row, told, area_id):
        if area_id is None or not isinstance(told["wage_from"], Decimal):
            return
        path_ids = [int(part) for part in self._places.by_id[area_id].path.split("/") if part]
        least = self._wages.of(path_ids, timezone.localdate())
        if pays_too_little(told["wage_from"], told["hours"], least):
            row.refuse(
                _HEADINGS["wage_from"],
                _("Below the minimum wage of %(wage)s yuan a month for full-time work.") % {"wage": least},
            )

    def _check_employer(self, row, code, name):
        known = self._employers.get(code)
        if code and known is None and not name:
            row.refuse("单位名称", _("The name is required: this employer is not known yet."))
        if known is not None and name and name != known.name:
            row.refuse("单位名称", _("This code belongs to %(name)s.") % {"name": known.name})

    def _add(self, row, key, name, told):
        code, title, first, area_id = key
        employer = self._employers.setdefault(code, Workplace(code, name or ""))
        self._known[key] = Known(told, area_id, employer=employer, title=title, valid_from=first, is_told=True)
        row.outcome = NEW

    @staticmethod
    def _compare(row, known, told):
        differs = [name for name in _TOLD if known.told[name] != told[name]]
        if differs and known.is_told:
            for name in differs:
                row.refuse(_HEADINGS[name], _("An earlier row of this vacancy says otherwise."))
        elif differs and known.state == VacancyState.CLOSED:
            row.refuse("岗位名称", _("This vacancy is closed: a new one needs a new first day."))
        elif differs:
            known.told, known.is_changed = told, True
            row.outcome = CHANGED
        known.is_told = True

    def _write(self):
        fresh = [one for one in self._known.values() if one.id is None]
        self._write_employers({one.employer for one in fresh if one.employer.id is None})
        self._write_vacancies(fresh)
        changed = [one for one in self._known.values() if one.is_changed]
        for one in changed:
            one.is_changed = False
        bulk.update(Vacancy, _TOLD, [(one.id, *(one.told[name] for name in _TOLD)) for one in changed])
        Vacancy.objects.filter(pk__in=among(one.id for one in changed)).update(version=F("version") + 1)

    @staticmethod
    def _write_employers(workplaces):
        workplaces = sorted(workplaces, key=lambda one: one.credit_code)
        rows = [(one.credit_code, one.name, EmployerKind.COMPANY.value) for one in workplaces]
        keys = bulk.insert_returning_ids(Employer, ("credit_code", "name", "kind"), rows)
        for workplace, key in zip(workplaces, keys, strict=True):
            workplace.id = key

    def _write_vacancies(self, fresh):
        today = timezone.localdate()
        fresh = sorted(fresh, key=lambda one: one.area_id)
        numbers = _numbers_for(fresh, today.year)
        names = ("number", "area_id", "employer_id", "title", "valid_from", "gathered_on", "state", *_TOLD)
        rows = [
            (
                number, one.area_id, one.employer.id, one.title, one.valid_from, today, one.state,
                *(one.told[name] for name in _TOLD), "", 0,
            )
            for number, one in zip(numbers, fresh, strict=True)
        ]  # fmt: skip
        keys = bulk.insert_returning_ids(Vacancy, (*names, "end_reason", "version"), rows)
        for one, key in zip(fresh, keys, strict=True):
            one.id = key
        self._note(keys)

    def _note(self, keys):
        """The first row of each history: who loaded the sheet."""
        posting = self.terms.posting
        staff_id, posting_id = (posting.staff_id, posting.pk) if posting else (None, None)
        now = timezone.now()
        names = (
            "workflow", "key", "action", "from_state", "to_state", "reason", "words", "staff_id", "posting_id", "at",
        )  # fmt: skip
        gathered = VacancyState.GATHERED.value
        bulk.insert(
            Move,
            names,
            [(VACANCY.name, key, "gather", "", gathered, "", "", staff_id, posting_id, now) for key in keys],
        )


def _numbers_for(vacancies, year):
    """A number for each, in their order, which is that of their areas."""
    counts = Counter(one.area_id for one in vacancies)
    for area_id, area in sorted(Area.objects.in_bulk(counts).items()):
        for order in next_numbers("vacancy", area, year, counts[area_id]):
            yield number_of(area, year, order)


KIND = SheetKind(
    name="vacancies",
    title=gettext_lazy("Vacancies"),
    columns=COLUMNS,
    key="岗位名称",
    permission="placements.gather_vacancies",
    plan=VacanciesPlan,
    chunk=None,
)
