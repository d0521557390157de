"""The roster: who lives in which household, and what they do.

A row is checked whole before anything of it counts: all its errors come back at once, a refused row leaves nothing.
The rules of the row alone are in `entry`, those that meet the ledger in `roster_ledger`.
"""

import json
from collections import deque

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city.choices import AreaLevel
from city.ciphers import keyed_hexes
from city.rules import birth_date_of
from city.sheets.places import Places
from city.sheets.registry import CHANGED, NEW, SheetKind
from households import ledger
from households.choices import LabourState
from households.identity import identity_of
from households.models import Household, LowIncomeStatus, Resident
from households.rules import working_age_window
from households.sheets import known, roster_ledger
from households.sheets.columns import ROSTER
from households.sheets.entry import Entry
from households.sheets.states import Grid, Home, Person, Workplace
from households.sheets.staying import Staying
from households.sheets.undoing import touched_residents
from households.sheets.writes import Writes, resident_values


class RosterPlan:
    def __init__(self, terms):
        self.terms = terms
        self.places = Places(terms)
        self.writes = Writes(terms, self.places)
        self.staying = Staying()
        self._coming = deque()  # (entries, future of what is known about them)
        self._rows_by_hash = {}
        self._homes = {}
        self._grids = {}
        self._grids_by_id = {}
        self._grid_communities = set()
        self._workplaces = {}

    def look_up(self, rows):
        entries = [Entry(row) for row in rows]
        self._hash(entries)
        for entry in entries:
            self._place(entry)
        wanted = self._wanted(entries)
        known_then = self.terms.behind.do(known.look_up, wanted, self.terms.on, write=self.terms.write)
        self._coming.append((entries, known_then))

    def take(self, rows):
        entries, known_then = self._coming.popleft()
        found = known_then.result()
        self._learn(found)
        touched = []
        for entry in entries:
            if not entry.repeated:
                entry.person = found.persons.get(entry.id_hash)
            if person := self._decide(entry):
                touched.append(person)
        if self.terms.write:
            new = [person for person in touched if person.id is None]
            changed = [person.id for person in touched if person.id is not None]
            self.writes.hand_over(found.ids)
            # A person stands in one row of a file, so that no later chunk can touch these spans.
            self.terms.behind.do(ledger.build, [person.id for person in new])
            self.terms.behind.do(ledger.rebuild, changed)
        self.writes.clear()

    def finish(self):
        """Everything is written with its chunk."""

    @staticmethod
    def _hash(entries):
        numbered = [entry for entry in entries if entry.id_number]
        for entry, id_hash in zip(numbered, keyed_hexes([entry.id_number for entry in numbered]), strict=True):
            entry.id_hash = id_hash
        phoned = [entry for entry in entries if entry.phone]
        for entry, phone_hash in zip(phoned, keyed_hexes([entry.phone for entry in phoned]), strict=True):
            entry.phone_hash = phone_hash

    def _place(self, entry):
        """What can be told from the row and the file alone."""
        row = entry.row
        entry.community = self.places.named(row, "社区代码", entry.community_code, AreaLevel.COMMUNITY)
        if entry.community and entry.number:
            entry.home_key = (entry.community.id, entry.number)
        if entry.id_number:
            entry.birth_date = birth_date_of(entry.id_number)
            first = self._rows_by_hash.setdefault(entry.id_hash, row.number)
            if first != row.number:
                row.refuse("身份证号", _("This ID number stands in row %(row)d already.") % {"row": first})
                entry.repeated = True
            if entry.birth_date > self.terms.on:
                row.refuse("身份证号", _("The birth date in this ID number lies in the future."))
        entry.check()

    def _wanted(self, entries):
        keys = {entry.home_key for entry in entries if entry.home_key}
        communities = {community_id for community_id, _number in keys} - self._grid_communities
        self._grid_communities |= communities
        return known.Wanted(
            [entry.id_hash for entry in entries if entry.id_hash and not entry.repeated],
            keys - self._homes.keys(),
            {entry.credit_code for entry in entries if entry.credit_code} - self._workplaces.keys(),
            communities,
            {(entry.community.id, entry.grid) for entry in entries if entry.grid and entry.community}
            - self._grids.keys(),
        )

    def _learn(self, found):
        """A row of the chunk before may have made known what was asked for together with it: the first one stays."""
        for grid in found.grids:
            self._grids_by_id[grid.id] = self._grids.setdefault((grid.community_id, grid.name), grid)
        for key, home in found.homes.items():
            if key not in self._homes:
                home.grid = self._grids_by_id.get(home.grid)
                self._homes[key] = home
        self._workplaces = found.workplaces | self._workplaces

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
        if not row.errors and person:
            self.staying.check(entry, person, home, self.terms.on)
        if row.errors:
            return None
        touched = self._gather(entry, home)
        self.staying.note(entry, person or touched, home, self.terms.on)
        return touched

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
        identity = identity_of(
            entry.name, id_number=entry.id_number, id_hash=entry.id_hash, female_retirement_age=entry.category or None
        )
        person = Person(
            None,
            identity.name,
            identity.sex,
            identity.birth_date,
            identity.female_retirement_age,
            hukou=entry.hukou or "",
            education=entry.education or "",
            landless=bool(entry.landless),
            land_acquired_on=entry.land_acquired_on,
            community_id=entry.community.id,
        )
        values = resident_values(person, identity, phone=entry.phone, phone_hash=entry.phone_hash)
        self.writes.persons.append((person, values))
        return person

    def _gather_resident(self, entry, person):
        changes = roster_ledger.told_otherwise(("hukou", "education", "landless", "land_acquired_on"), entry, person)
        if entry.phone_hash and entry.phone_hash != person.phone_hash:
            changes |= {"phone": entry.phone, "phone_hash": entry.phone_hash}
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
    chunk=4_000,
    touched=touched_residents,
    settle=ledger.rebuild,
)
