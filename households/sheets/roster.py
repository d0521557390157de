"""The roster: who lives in which household, and what they do.

A row is checked whole before anything of it counts: all its errors come back at once, a refused row leaves nothing.
The rules of the row alone are in `entry`, those that meet the ledger in `roster_ledger`.
"""

import json

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city.choices import AreaLevel
from city.ciphers import keyed_hash
from city.rules import birth_date_of, sex_of
from city.sheets.places import Places
from city.sheets.registry import CHANGED, NEW, SheetKind
from households import ledger
from households.choices import LabourState
from households.models import Household, LowIncomeStatus, Resident
from households.names import initials
from households.rules import working_age_window
from households.sheets import known, roster_ledger
from households.sheets.columns import ROSTER
from households.sheets.entry import Entry
from households.sheets.states import Grid, Home, Person, Workplace
from households.sheets.undoing import touched_residents
from households.sheets.writes import Writes, resident_values


class RosterPlan:
    def __init__(self, terms):
        self.terms = terms
        self.places = Places(terms)
        self.writes = Writes(terms, self.places)
        self.affected = set()
        self._rows_by_hash = {}
        self._homes = {}
        self._grids = {}
        self._grid_communities = set()
        self._workplaces = {}

    def take(self, rows):
        entries = [Entry(row) for row in rows]
        for entry in entries:
            self._place(entry)
        self._load(entries)
        moved = [person for entry in entries if (person := self._decide(entry))]
        if self.terms.write:
            self.writes.flush()
            self.affected.update(person.id for person in moved)
        self.writes.clear()

    def finish(self):
        if self.terms.write:
            ledger.rebuild(self.affected)

    def _place(self, entry):
        """What can be told from the row and the file alone."""
        row = entry.row
        entry.community = self.places.named(row, "社区代码", entry.community_code, AreaLevel.COMMUNITY)
        if entry.id_number:
            entry.id_hash = keyed_hash(entry.id_number)
            entry.birth_date = birth_date_of(entry.id_number)
            first = self._rows_by_hash.setdefault(entry.id_hash, row.number)
            if first != row.number:
                row.refuse("身份证号", _("This ID number stands in row %(row)d already.") % {"row": first})
                entry.repeated = True
            if entry.birth_date > self.terms.on:
                row.refuse("身份证号", _("The birth date in this ID number lies in the future."))
        entry.check()

    def _load(self, entries):
        keys = {entry.home_key for entry in entries if entry.home_key}
        self._load_grids({community_id for community_id, _number in keys})
        grids = {grid.id: grid for grid in self._grids.values() if grid.id}
        self._homes |= known.homes(keys - self._homes.keys(), self.terms.on, grids)
        codes = {entry.credit_code for entry in entries if entry.credit_code} - self._workplaces.keys()
        self._workplaces |= known.workplaces(codes)
        hashes = [entry.id_hash for entry in entries if entry.id_hash and not entry.repeated]
        persons = known.persons(hashes, lock=self.terms.write)
        for entry in entries:
            if not entry.repeated:
                entry.person = persons.get(entry.id_hash)

    def _load_grids(self, community_ids):
        fresh = community_ids - self._grid_communities
        self._grid_communities |= fresh
        for grid in known.grids(fresh):
            self._grids[grid.community_id, grid.name] = grid

    def _decide(self, entry):
        """Check a row against the ledger and, when nothing stands against it, gather what it writes.

        The person when their spans must be built again, else None.
        """
        row, person = entry.row, entry.person
        home = self._home(entry)
        if person:
            if entry.name and person.name != entry.name:
                row.refuse("姓名", _("This ID number is known under another name."))
            roster_ledger.check(entry, person, home, self.terms.on)
        if home and entry.low_income is not None and home.told_low_income not in (None, entry.low_income):
            row.refuse("低保", _("An earlier row of this household says otherwise."))
        if not row.errors and person:
            self._stop_at_the_border(entry, home)
        if row.errors:
            return None
        return self._gather(entry, home)

    def _home(self, entry):
        """The household of the row; an unknown one counts from the first row of it that is accepted."""
        if not entry.home_key:
            return None
        return self._homes.get(entry.home_key) or Home(*entry.home_key)

    def _stop_at_the_border(self, entry, home):
        """On a page, a person whose file lies elsewhere is asked for, not taken."""
        person = entry.person
        origin = self.places.by_id.get(person.community_id)
        if origin is None or self.places.inside(origin):
            return
        entry.row.refuse(
            "身份证号", _("This person is known in another area: a transfer is requested when the sheet is written.")
        )
        self._keep(home)
        cells = json.dumps(entry.row.named_cells(KIND.headings), ensure_ascii=False)
        self.writes.transfers.append((person, origin.id, home, entry.relation, cells))

    def _keep(self, home):
        if home.id is None and not home.queued:
            home.queued = True
            self._homes[home.community_id, home.number] = home
            self.writes.homes.append(home)

    def _gather(self, entry, home):
        row, writes, person = entry.row, self.writes, entry.person
        before = len(writes.stays), len(writes.spells), len(writes.registrations)
        changed = self._gather_household(entry, home)
        if person is None:
            row.outcome = NEW
            person = self._new_person(entry)
            roster_ledger.gather(entry, person, home, self._workplace(entry), writes, self.terms.on)
            return person
        category = person.category
        changed |= self._gather_resident(entry, person)
        changed |= roster_ledger.gather(entry, person, home, self._workplace(entry), writes, self.terms.on)
        if changed:
            row.outcome = CHANGED
        moved = before != (len(writes.stays), len(writes.spells), len(writes.registrations))
        return person if moved or entry.touches_spans or category != person.category else None

    def _gather_household(self, entry, home):
        """Address and grid are the household's: the first accepted row of the file that gives one decides."""
        new = home.id is None and not home.queued
        self._keep(home)
        changes = {}
        if entry.address and home.told_address is None:
            home.told_address = entry.address
            if home.address != entry.address:
                home.address = changes["address"] = entry.address
        if entry.grid and home.told_grid is None:
            home.told_grid = grid = self._grid(home.community_id, entry.grid)
            if home.grid is not grid:
                home.grid = changes["grid_id"] = grid
        if changes and home.id is not None:
            self.writes.changes[Household][home].update(changes)
        return bool(self._gather_low_income(entry, home) or changes or new)

    def _gather_low_income(self, entry, home):
        if entry.low_income is None or home.told_low_income is not None:
            return False
        home.told_low_income = entry.low_income
        if home.low_income == entry.low_income:
            return False
        home.low_income = entry.low_income
        if home.low_income_point:
            self.writes.changes[LowIncomeStatus][home.low_income_point]["low_income"] = entry.low_income
        else:
            self.writes.low_incomes.append((home, entry.low_income))
        return True

    def _grid(self, community_id, name):
        grid = self._grids.get((community_id, name))
        if grid is None:
            grid = self._grids[community_id, name] = Grid(community_id, name)
            self.writes.grids.append(grid)
        return grid

    def _workplace(self, entry):
        code = entry.credit_code
        if not code or entry.state != LabourState.EMPLOYED:
            return None
        if code not in self._workplaces:
            self._workplaces[code] = Workplace(code, entry.employer_name or code)
            self.writes.workplaces.append(self._workplaces[code])
        return self._workplaces[code]

    def _new_person(self, entry):
        sex = sex_of(entry.id_number)
        person = Person(
            None,
            entry.name,
            sex,
            entry.birth_date,
            entry.category if sex == "female" else None,
            hukou=entry.hukou or "",
            education=entry.education or "",
            landless=bool(entry.landless),
            land_acquired_on=entry.land_acquired_on,
            community_id=entry.community.id,
        )
        values = resident_values(
            person,
            id_number=entry.id_number,
            id_hash=entry.id_hash,
            initials=initials(entry.name),
            window=working_age_window(person.birth_date, sex, person.category),
            phone=entry.phone,
        )
        self.writes.persons.append((person, values))
        return person

    def _gather_resident(self, entry, person):
        changes = {}
        for name in ("hukou", "education", "landless", "land_acquired_on"):
            told = getattr(entry, name)
            if told is not None and told != getattr(person, name):
                changes[name] = told
        if entry.phone and (phone_hash := keyed_hash(entry.phone)) != person.phone_hash:
            changes |= {"phone": entry.phone, "phone_hash": phone_hash}
        if entry.category and person.sex == "female" and entry.category != person.category:
            person.category = entry.category
            works_from, retires_on = working_age_window(person.birth_date, person.sex, entry.category)
            changes |= {"female_retirement_age": entry.category, "works_from": works_from, "retires_on": retires_on}
        if changes:
            self.writes.changes[Resident][person.id].update(changes)
        entry.touches_spans |= bool(changes.keys() & {"landless", "land_acquired_on"})
        return bool(changes)


KIND = SheetKind(
    name="roster",
    title=gettext_lazy("Roster"),
    columns=ROSTER,
    key="身份证号",
    permission="city.import_sheets",
    plan=RosterPlan,
    touched=touched_residents,
    settle=ledger.rebuild,
)
