"""Job seekers as a sheet: one row a registration of a person the register knows."""

from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk, parameters
from city.ciphers import keyed_hash
from city.models import Area
from city.sheets.columns import (
    Column,
    choice_column,
    day,
    division_code,
    id_number_column,
    money,
    person_name,
    text,
)
from city.sheets.registry import CHANGED, NEW, SheetKind
from households.models import Resident
from households.sheets.known import among
from placements.choices import Hours, PostCategory
from placements.models import JobSeeker
from placements.services.seekers import last_day
from placements.sheets.vacancies import HOURS

CATEGORIES = {
    "保安": PostCategory.SECURITY,
    "保洁": PostCategory.CLEANING,
    "保绿": PostCategory.GREENING,
    "助老助残": PostCategory.CARE,
    "公共设施": PostCategory.FACILITIES,
    "其他": PostCategory.OTHER,
}
COLUMNS = (
    id_number_column(required=True, help=gettext_lazy("as text; finds the resident")),
    Column("姓名", person_name, required=True),
    Column("登记日期", day, help=gettext_lazy("empty: the day the sheet is loaded for")),
    Column("求职工种", text(60)),
    Column("专业技能", text(120)),
    Column("期望月薪", money),
    choice_column("用工形式", {word: hours.value for word, hours in HOURS.items()}, help=gettext_lazy("empty: 不限")),
    Column("求职地区代码", division_code, help=gettext_lazy("a division code; empty: near home")),
    choice_column("公益性岗位意向", {word: kind.value for word, kind in CATEGORIES.items()}),
    Column("备注", text(200)),
)
_TOLD = ("occupation", "skills", "wage_wished", "hours", "area_id", "post_category", "words")
_HEADINGS = dict(
    zip(_TOLD, ("求职工种", "专业技能", "期望月薪", "用工形式", "求职地区代码", "公益性岗位意向", "备注"), strict=True)
)


@dataclass(slots=True, eq=False)
class Person:
    id: int
    name: str
    path_ids: list
    works_from: object
    retires_on: object
    open: object = None


@dataclass(slots=True, eq=False)
class Search:
    registered_on: object
    told: dict
    person: object
    id: int | None = None
    has_ended: bool = False
    is_told: bool = False
    is_changed: bool = False


class JobSeekersPlan:
    def __init__(self, terms):
        self.terms = terms
        self._months = parameters.dated_all()["job_search_months"]
        divisions = Area.objects.divisions().values_list("code", "id")
        self._places = dict(divisions)
        self._persons = {}  # hash: Person
        self._searches = {}  # (resident id, day): Search

    def take(self, rows):
        self._load(rows)
        for row in rows:
            self._take(row)
        if self.terms.write:
            self._write()

    def finish(self):
        """Nobody's state changes by looking for work."""

    def _load(self, rows):
        hashes = {keyed_hash(row.values[0]) for row in rows if row.values[0]}
        scope = self.terms.posting.area.path if self.terms.posting else ""
        people = Resident.objects.filter(id_hash__in=among(hashes), community__path__startswith=scope)
        by_id = {}
        names = ("id_hash", "id", "name", "works_from", "retires_on", "community__path")
        for digest, key, name, works_from, retires_on, path in people.values_list(*names):
            path_ids = [int(part) for part in path.split("/") if part]
            self._persons[digest] = by_id[key] = Person(key, name, path_ids, works_from, retires_on)
        searches = JobSeeker.objects.filter(resident__in=among(by_id)).order_by("registered_on")
        names = ("id", "resident_id", "registered_on", "ended_on", *_TOLD)
        for key, resident_id, registered_on, ended_on, *told in searches.values_list(*names):
            person = by_id[resident_id]
            search = Search(registered_on, dict(zip(_TOLD, told, strict=True)), person, key, ended_on is not None)
            self._searches[resident_id, registered_on] = search
            if ended_on is None:
                person.open = search

    def _take(self, row):
        number, name, registered_on, trade, skills, wage, hours, area_code, category, words = row.values
        person = self._persons.get(keyed_hash(number)) if number else None
        day = self.terms.on if registered_on is None else registered_on
        area_id = self._area(row, area_code)
        self._check(row, number, person, name, day)
        if row.errors:
            return
        told = dict(
            zip(
                _TOLD,
                (trade or "", skills or "", wage, hours or Hours.ANY.value, area_id, category or "", words or ""),
                strict=True,
            )
        )
        known = self._searches.get((person.id, day)) or (person.open if registered_on is None else None)
        if known is not None:
            self._compare(row, known, told)
        else:
            self._add(row, person, day, told)

    def _area(self, row, code):
        if not code:
            return None
        if code not in self._places:
            row.refuse("求职地区代码", _("There is no area of this code."))
            return None
        return self._places[code]

    def _check(self, row, number, person, name, day):
        if number and person is None:
            row.refuse("身份证号", _("Nobody of this number lives in your area: register the person first."))
        if person is not None and name and name != person.name:
            row.refuse("姓名", _("The register knows this number under another name."))
        if day and day > self.terms.on:
            row.refuse("登记日期", _("This day still lies ahead."))
        if day and person is not None and not person.works_from <= day < person.retires_on:
            row.refuse("登记日期", _("Not of working age on this day."))

    def _compare(self, row, known, told):
        differs = [name for name in _TOLD if known.told[name] != told[name]]
        if differs and known.is_told:
            for name in differs:
                row.refuse(_HEADINGS[name], _("An earlier row of this person says otherwise."))
        elif differs and known.has_ended:
            row.refuse("登记日期", _("This registration has ended."))
        elif differs:
            known.told, known.is_changed = told, True
            row.outcome = CHANGED
        known.is_told = True

    def _add(self, row, person, day, told):
        if person.open is not None:
            since = person.open.registered_on.isoformat()
            row.refuse(
                "登记日期", _("Registered already since %(day)s: end that registration first.") % {"day": since}
            )
            return
        person.open = self._searches[person.id, day] = Search(day, told, person, is_told=True)
        row.outcome = NEW

    def _write(self):
        fresh = [one for one in self._searches.values() if one.id is None]
        staff_id = self.terms.posting.staff_id if self.terms.posting else None
        names = ("resident_id", "registered_on", "valid_until", "staff_id", "end_reason", *_TOLD)
        rows = [
            (
                one.person.id,
                one.registered_on,
                last_day(one.registered_on, self._months.of(one.person.path_ids, one.registered_on)),
                staff_id,
                "",
                *(one.told[name] for name in _TOLD),
            )
            for one in fresh
        ]
        keys = bulk.insert_returning_ids(JobSeeker, names, rows)
        for one, key in zip(fresh, keys, strict=True):
            one.id = key
        changed = [one for one in self._searches.values() if one.is_changed]
        bulk.update(JobSeeker, _TOLD, [(one.id, *(one.told[name] for name in _TOLD)) for one in changed])
        JobSeeker.objects.filter(pk__in=among(one.id for one in changed)).update(version=F("version") + 1)


KIND = SheetKind(
    name="job_seekers",
    title=gettext_lazy("Job seekers"),
    columns=COLUMNS,
    key="身份证号",
    permission="placements.place_people",
    plan=JobSeekersPlan,
    chunk=None,
)
