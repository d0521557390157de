"""Staff and their postings: one row is one posting, and a person may stand in several."""

from datetime import date

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city.choices import ADMINISTRATORS, ROLE_LEVELS, AreaLevel, Role
from city.ciphers import keyed_hash
from city.models import Area, Posting, Staff
from city.rules import FAR_FUTURE
from city.sheets.columns import CellError, Column, day, division_code, id_number_column, person_name, plain, text
from city.sheets.places import Places
from city.sheets.registry import CHANGED, NEW, SheetKind


def role(value):
    """A role by its name in the contract or as the pages call it."""
    written = plain(value)
    for each in Role:
        if written in (each.value, plain(str(each.label))):
            return each.value
    raise CellError(_("Choose one of: %(words)s.") % {"words": "、".join(Role.values)})


def _overlap(one, other):
    return one.started_on <= (other.ended_on or FAR_FUTURE) and other.started_on <= (one.ended_on or FAR_FUTURE)


class StaffPlan:
    def __init__(self, terms):
        self.terms = terms
        self._places = Places(terms)
        self._staff = {person.number: person for person in Staff.objects.all()}
        self._numbers = {person.id_hash: person.number for person in self._staff.values() if person.id_hash}
        self._postings = {}
        for posting in Posting.objects.select_related("staff", "grid"):
            self._postings.setdefault(posting.staff.number, []).append(posting)
        self._grids = {(grid.parent_id, grid.name): grid for grid in Area.objects.filter(level=AreaLevel.GRID)}
        self._told = {}  # employee number: (name, hash) as the file says first

    def take(self, rows):
        for row in rows:
            self._take(row)

    def finish(self):
        """Every row is written as it comes: a city has some hundreds of postings."""

    def _take(self, row):
        number, name, id_number, role, code, grid_name, started_on, ended_on = row.values
        place = self._places.named(row, "区划代码", code)
        id_hash = keyed_hash(id_number) if id_number else None
        self._check_person(row, number, name, id_hash)
        if place and role and place.level not in ROLE_LEVELS[Role(role)]:
            row.refuse("角色", _("This role does not work at an area of this level."))
        if place and grid_name and place.level != AreaLevel.COMMUNITY:
            row.refuse("网格", _("Only a community has grids."))
        if started_on and ended_on and ended_on < started_on:
            row.refuse("终止日期", _("The end lies before the beginning."))
        if row.errors:
            return
        posting, known = self._posting(number, role, place, started_on)
        posting.ended_on = ended_on or posting.ended_on
        self._check_posting(row, number, posting, known)
        grid = self._grid(row, place, grid_name, posting)
        if row.errors:
            posting.ended_on = known[0] if known else None
            return
        self._write(row, number, name, id_hash, posting, known, grid)

    def _check_person(self, row, number, name, id_hash):
        if not number:
            return
        known = self._staff.get(number)
        if id_hash:
            if self._numbers.get(id_hash, number) != number:
                row.refuse("身份证号", _("This person is known under another employee number."))
            if known and known.id_hash and known.id_hash != id_hash:
                row.refuse("身份证号", _("This employee number belongs to another ID number."))
        if name and id_hash:
            told = self._told.setdefault(number, (name, id_hash))
            if told != (name, id_hash):
                row.refuse("工号", _("An earlier row gives this employee number to somebody else."))

    def _posting(self, number, role, place, started_on):
        """The posting of the row and, when it is stored or of an earlier row, its end and grid before.

        Without 起始日期 it is the one in force on the day of the sheet, else it starts on that day.
        """
        for posting in self._postings.get(number, []):
            same = posting.role == role and posting.area_id == place.id
            if same and (posting.started_on == started_on if started_on else self._in_force(posting)):
                return posting, (posting.ended_on, posting.grid)
        return Posting(role=role, area_id=place.id, started_on=started_on or self.terms.on), None

    def _in_force(self, posting):
        return posting.started_on <= self.terms.on <= (posting.ended_on or date.max)

    def _check_posting(self, row, number, posting, known):
        if posting.ended_on and posting.ended_on < posting.started_on:
            row.refuse("终止日期", _("The end lies before the beginning."))
            return
        for other in self._postings.get(number, []):
            if other is posting or not _overlap(other, posting):
                continue
            if other.role == posting.role and other.area_id == posting.area_id:
                row.refuse("起始日期", _("This person holds this role here already on a day of these."))
            if other.role != posting.role and {other.role, posting.role} & ADMINISTRATORS:
                row.refuse("角色", _("One of the three administrators holds no other role."))

    def _grid(self, row, place, name, posting):
        if not name:
            return posting.grid
        grid = self._grids.get((place.id, name)) or Area(
            level=AreaLevel.GRID, parent_id=place.id, name=name, has_station=False
        )
        holders = (other for postings in self._postings.values() for other in postings if other.grid == grid)
        if posting.ended_on is None and any(other is not posting and other.ended_on is None for other in holders):
            row.refuse("网格", _("This grid already has a coordinator."))
        return grid

    def _write(self, row, number, name, id_hash, posting, known, grid):
        person = self._staff.get(number)
        if person is None:
            person = self._staff[number] = Staff(number=number, password=make_password(None))
        person_changed = (person.name, person.id_hash) != (name, id_hash)
        person.name, person.id_hash = name, id_hash
        self._numbers[id_hash] = number
        if grid is not None:
            self._grids[posting.area_id, grid.name] = grid
        posting.grid = grid
        posting_changed = known != (posting.ended_on, grid)
        if known is None:
            self._postings.setdefault(number, []).append(posting)
            row.outcome = NEW
        elif person_changed or posting_changed:
            row.outcome = CHANGED
        if self.terms.write:
            if person_changed:
                person.save()
            if grid is not None and grid.pk is None:
                self._save_grid(grid)
            if posting_changed:
                posting.staff, posting.grid = person, grid
                posting.save()

    def _save_grid(self, grid):
        grid.save()
        grid.path = f"{self._places.by_id[grid.parent_id].path}{grid.pk}/"
        grid.save(update_fields=["path"])


KIND = SheetKind(
    name="staff",
    title=gettext_lazy("Staff"),
    columns=(
        Column("工号", text(30), required=True),
        Column("姓名", person_name, required=True),
        id_number_column(required=True, help=gettext_lazy("as text")),
        Column("角色", role, required=True, choices=tuple(Role.values)),
        Column("区划代码", division_code, required=True, help=gettext_lazy("of the area the person is posted to")),
        Column("网格", text(60), help=gettext_lazy("the grid this person co-ordinates")),
        Column("起始日期", day, help=gettext_lazy("empty: the day of the sheet")),
        Column("终止日期", day),
    ),
    key="工号",
    permission="city.import_staff",
    plan=StaffPlan,
    chunk=None,
)
