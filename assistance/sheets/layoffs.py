"""The list of staff to be laid off (裁减人员名单): one row a person, the notice in the same columns of each."""

from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistance.choices import LayoffState
from assistance.models import LayoffNotice, LayoffPerson
from assistance.workflow import LAYOFF
from city import bulk
from city.choices import AreaLevel, EmployerKind
from city.ciphers import keyed_hash
from city.models import Employer, Move
from city.sheets.columns import (
    Column,
    credit_code_column,
    day,
    division_code,
    id_number_column,
    person_name,
    text,
    whole_number,
)
from city.sheets.places import Places
from city.sheets.registry import CHANGED, NEW, SheetKind
from households.models import Resident
from households.sheets.known import among

COLUMNS = (
    credit_code_column(required=True, help=gettext_lazy("of the employer; as text")),
    Column("单位名称", text(120), help=gettext_lazy("required for an employer not known yet")),
    Column(
        "所在区划代码",
        division_code,
        help=gettext_lazy("where the employer is; empty: the area of whoever loads the sheet"),
    ),
    Column("职工总数", whole_number(10_000_000), help=gettext_lazy("required for a new notice")),
    Column("计划裁员人数", whole_number(10_000_000), help=gettext_lazy("empty: as many as are listed")),
    Column("计划实施日期", day, required=True),
    Column("姓名", person_name, required=True),
    id_number_column(required=True, help=gettext_lazy("as text; finds the resident")),
    Column("岗位", text(60)),
)
_TOTALS = {"area_id": "所在区划代码", "staff_total": "职工总数", "planned": "计划裁员人数"}


@dataclass(slots=True, eq=False)
class Notice:
    """A notice as it is known, or as the file makes it known; `told` is what rows of this file said."""

    employer: object
    planned_on: object
    id: int | None = None
    area_id: int | None = None
    staff_total: int | None = None
    planned: int | None = None
    state: str = LayoffState.DRAFTED.value
    told: dict = field(default_factory=dict)
    persons: dict = field(default_factory=dict)  # hash: Listed
    changed: bool = False


@dataclass(slots=True, eq=False)
class Workplace:
    credit_code: str
    name: str
    id: int | None = None


@dataclass(slots=True, eq=False)
class Listed:
    id_hash: object
    name: str
    job: str
    id: int | None = None
    id_number: str = ""
    told: bool = False
    changed: bool = False


class LayoffsPlan:
    def __init__(self, terms):
        self.terms = terms
        self._places = Places(terms)
        self._employers = {}  # credit code: Workplace
        self._notices = {}  # (credit code, day): Notice

    def take(self, rows):
        self._load(rows)
        for row in rows:
            self._take(row)
        if self.terms.write:
            self._write()

    def finish(self):
        """Nobody's state changes by being on a list."""

    def _load(self, rows):
        codes = {row.values[0] for row in rows if row.values[0]}
        by_id, known = {}, {}
        employers = Employer.objects.filter(credit_code__in=among(codes))
        for key, code, name in employers.values_list("id", "credit_code", "name"):
            self._employers[code] = by_id[key] = Workplace(code, name, key)
        names = ("employer_id", "planned_on", "id", "area_id", "staff_total", "planned", "state")
        notices = LayoffNotice.objects.filter(employer__in=among(by_id))
        for employer_id, *values in notices.values_list(*names):
            notice = Notice(by_id[employer_id], *values)
            self._notices[notice.employer.credit_code, notice.planned_on] = known[notice.id] = notice
        listed = LayoffPerson.objects.filter(notice__in=among(known))
        for notice_id, *values in listed.values_list("notice_id", "id_hash", "name", "job", "id"):
            known[notice_id].persons[values[0]] = Listed(*values)

    def _take(self, row):
        code, name, area_code, staff_total, planned, planned_on, person, id_number, job = row.values
        area_id = self._area(row, area_code)
        if row.errors:
            return
        notice = self._notices.get((code, planned_on))
        is_new = notice is None
        if is_new:
            notice = Notice(self._employers.get(code) or Workplace(code, name or ""), planned_on)
        told = {"area_id": area_id, "staff_total": staff_total, "planned": planned}
        number = keyed_hash(id_number)
        self._check(row, notice, is_new, told, number)
        if row.errors:
            return
        if is_new:
            notice.area_id = area_id or self.terms.posting.area_id
            self._notices[code, planned_on] = notice
            self._employers.setdefault(code, notice.employer)
        self._keep_totals(row, notice, is_new, told)
        self._keep_person(row, notice, Listed(number, person, job or "", id_number=id_number))

    def _area(self, row, code):
        place = self._places.named(row, "所在区划代码", code)
        return place.id if place else None

    def _check(self, row, notice, is_new, told, number):
        if is_new:
            self._check_new(row, notice, told)
        elif not self._places.inside(self._places.by_id[notice.area_id]):
            row.refuse("统一社会信用代码", _("The notice of this employer for that day lies outside your area."))
        elif notice.state not in LayoffState.OPEN and number not in notice.persons:
            row.refuse("计划实施日期", _("The list is closed once the layoff was carried out or withdrawn."))
        for name, value in told.items():
            if value is not None and notice.told.get(name, value) != value:
                row.refuse(_TOTALS[name], _("An earlier row of this notice says otherwise."))
        listed = notice.persons.get(number)
        staff = told["staff_total"] or notice.staff_total
        if staff is not None and len(notice.persons) + (listed is None) > staff:
            row.refuse("职工总数", _("More are to go than work there."))
        planned = told["planned"] if told["planned"] is not None else notice.told.get("planned", notice.planned)
        if staff is not None and planned is not None and not 0 < planned <= staff:
            row.refuse(
                "计划裁员人数", _("More are to go than work there.") if planned else _("At least one is to go.")
            )

    def _check_new(self, row, notice, told):
        if not notice.employer.name:
            row.refuse("单位名称", _("The name is required: this employer is not known yet."))
        if not told["staff_total"]:
            row.refuse("职工总数", _("Required for a new notice."))
        if told["area_id"] is None and not self._has_own_place():
            row.refuse("所在区划代码", _("Write where the employer is: nobody's own area stands for it."))

    def _has_own_place(self):
        posting = self.terms.posting
        return posting is not None and posting.area.level != AreaLevel.CITY

    def _keep_totals(self, row, notice, is_new, told):
        given = {name: value for name, value in told.items() if value is not None}
        notice.told |= given
        changes = {name: value for name, value in given.items() if getattr(notice, name) != value}
        for name, value in changes.items():
            setattr(notice, name, value)
        if changes and not is_new and notice.id:
            notice.changed = True
            row.outcome = CHANGED

    @staticmethod
    def _keep_person(row, notice, told):
        known = notice.persons.get(told.id_hash)
        if known is None:
            told.told = True
            notice.persons[told.id_hash] = told
            row.outcome = NEW
        elif (known.name, known.job) != (told.name, told.job or known.job):
            if known.told:
                row.refuse("姓名", _("An earlier row tells this person otherwise."))
                return
            known.name, known.job = told.name, told.job or known.job
            known.changed = True
            row.outcome = CHANGED
        known = notice.persons[told.id_hash]
        known.told = True

    def _write(self):
        notices = [notice for notice in self._notices.values() if notice.persons]
        self._write_employers({notice.employer for notice in notices if notice.employer.id is None})
        self._write_notices(notices)
        fresh = [(notice, one) for notice in notices for one in notice.persons.values() if one.id is None]
        residents = Resident.objects.filter(id_hash__in=among({one.id_hash for _notice, one in fresh}))
        ids = dict(residents.values_list("id_hash", "id"))
        bulk.insert(
            LayoffPerson,
            ("notice_id", "name", "id_number", "id_hash", "resident_id", "job"),
            [
                (notice.id, one.name, one.id_number, one.id_hash, ids.get(one.id_hash), one.job)
                for notice, one in fresh
            ],
        )
        changed = [one for notice in notices for one in notice.persons.values() if one.changed and one.id]
        bulk.update(LayoffPerson, ("name", "job"), [(one.id, one.name, one.job) for one in changed])

    @staticmethod
    def _write_employers(workplaces):
        workplaces = sorted(workplaces, key=lambda one: one.credit_code)
        rows = [(one.credit_code, one.name, EmployerKind.COMPANY.value) for one in workplaces]
        keys = bulk.insert_returning_ids(Employer, ("credit_code", "name", "kind"), rows)
        for workplace, key in zip(workplaces, keys, strict=True):
            workplace.id = key

    def _write_notices(self, notices):
        fresh = [notice for notice in notices if notice.id is None]
        names = ("employer_id", "area_id", "staff_total", "planned", "planned_on", "state", "words", "union_heard")
        rows = [
            (
                one.employer.id,
                one.area_id,
                one.staff_total,
                one.planned or len(one.persons),
                one.planned_on,
                one.state,
                "",
                False,
            )
            for one in fresh
        ]
        keys = bulk.insert_returning_ids(LayoffNotice, (*names, "version"), [(*row, 0) for row in rows])
        for notice, key in zip(fresh, keys, strict=True):
            notice.id = key
        self._note(fresh)
        changed = [one for one in notices if one.changed]
        bulk.update(
            LayoffNotice,
            ("area_id", "staff_total", "planned"),
            [(one.id, one.area_id, one.staff_total, one.planned) for one in changed],
        )

    def _note(self, notices):
        """The first row of each notice's history: who loaded the list."""
        posting = self.terms.posting
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
        staff_id, posting_id = (posting.staff_id, posting.pk) if posting else (None, None)
        now = timezone.now()
        bulk.insert(
            Move,
            names,
            [(LAYOFF.name, one.id, "draw_up", "", one.state, "", "", staff_id, posting_id, now) for one in notices],
        )


KIND = SheetKind(
    name="layoffs",
    title=gettext_lazy("Layoff lists"),
    columns=COLUMNS,
    key="计划实施日期",
    permission="assistance.report_layoffs",
    plan=LayoffsPlan,
    chunk=None,
)
