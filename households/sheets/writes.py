"""Gathers what a roster decided and writes it table by table: a fixed number of statements a chunk."""

from collections import defaultdict

from city import bulk
from city.choices import AreaLevel
from city.models import Area, Employer
from households.models import (
    HardshipCertification,
    Household,
    LabourSpell,
    LowIncomeStatus,
    Membership,
    Resident,
    TransferRequest,
    UnemploymentRegistration,
)

RESIDENT_FIELDS = (
    "id_number",
    "id_hash",
    "no_id_reason",
    "name",
    "initials",
    "sex",
    "birth_date",
    "female_retirement_age",
    "works_from",
    "retires_on",
    "phone",
    "phone_hash",
    "bank_account",
    "health_notes",
    "hukou",
    "education",
    "landless",
    "land_acquired_on",
    "community_id",
)
SPELL_FIELDS = (
    "started_on",
    "state",
    "inactive_reason",
    "channel",
    "employer_id",
    "employer_name",
    "contract_months",
    "monthly_income",
    "insured",
    "confirmed_on",
    "source",
)
_GRID_FIELDS = ("level", "parent_id", "code", "name", "kind", "main_city", "has_station", "path")
STAY_FIELDS = ("started_on", "household_id", "relation", "leave_reason")


class Writes:
    """Rows name persons, households, grids and employers as objects, which get their ids when they are handed over."""

    def __init__(self, terms, places):
        self._on = terms.on
        self._behind = terms.behind
        self._places = places
        self.clear()

    def clear(self):
        self.grids = []
        self.workplaces = []
        self.homes = []
        self.persons = []  # (person, values of RESIDENT_FIELDS)
        self.stays = []  # (person, started_on, home or None, relation, leave_reason)
        self.spells = []  # (person, started_on, state, reason, channel, workplace or None, …)
        self.registrations = []  # (person, day)
        self.hardships = []  # (person, category, day)
        self.low_incomes = []  # (home, low_income)
        self.transfers = []  # (person, origin id, home, relation, row as JSON)
        self.changes = defaultdict(lambda: defaultdict(dict))  # model: id or object: {field: value}

    def hand_over(self, ids):
        """Have everything gathered written, in the order the foreign keys ask for, while the next rows are read.

        `ids`: those reserved for what is new, by model.
        """
        self._give_ids(ids)
        self._insert(Area, ("id", *_GRID_FIELDS), map(self._grid, self.grids))
        self._insert(Employer, ("id", "credit_code", "name", "kind"), map(self._employer, self.workplaces))
        self._insert(
            Household, ("id", "community_id", "number", "grid_id", "address"), map(self._household, self.homes)
        )
        self._insert(Resident, ("id", *RESIDENT_FIELDS), ((person.id, *values) for person, values in self.persons))
        self._insert(
            Membership,
            ("resident_id", *STAY_FIELDS),
            ((person.id, day, home and home.id, *rest) for person, day, home, *rest in self.stays),
        )
        self._insert(
            LabourSpell,
            ("resident_id", *SPELL_FIELDS),
            ((person.id, *first, workplace and workplace.id, *rest) for person, first, workplace, rest in self.spells),
        )
        self._insert(
            UnemploymentRegistration,
            ("resident_id", "registered_on"),
            ((person.id, day) for person, day in self.registrations),
        )
        self._insert(
            HardshipCertification,
            ("resident_id", "category", "certified_on"),
            ((person.id, category, day) for person, category, day in self.hardships),
        )
        self._insert(
            LowIncomeStatus,
            ("household_id", "started_on", "low_income"),
            ((home.id, self._on, low_income) for home, low_income in self.low_incomes),
        )
        self._write_changes()
        self._ask_transfers()
        self._behind.do(bulk.check_references)
        self.clear()

    def _give_ids(self, ids):
        persons = (person for person, _values in self.persons)
        for model, new in (
            (Area, self.grids),
            (Employer, self.workplaces),
            (Household, self.homes),
            (Resident, persons),
        ):
            keys = iter(ids.get(model, ()))
            for each in new:
                each.id = next(keys)

    def _insert(self, model, names, rows):
        bulk.insert(model, names, rows, self._behind.do)

    def _grid(self, grid):
        path = f"{self._places.by_id[grid.community_id].path}{grid.id}/"
        return grid.id, AreaLevel.GRID.value, grid.community_id, None, grid.name, "", False, False, path

    @staticmethod
    def _employer(workplace):
        return workplace.id, workplace.credit_code, workplace.name, "company"

    @staticmethod
    def _household(home):
        return home.id, home.community_id, home.number, home.grid and home.grid.id, home.address

    def _write_changes(self):
        for model, changed in self.changes.items():
            alike = defaultdict(list)
            for thing, values in changed.items():
                key = thing if isinstance(thing, int) else thing.id
                alike[tuple(values)].append((key, *(getattr(value, "id", value) for value in values.values())))
            for names, rows in alike.items():
                self._behind.do(bulk.update, model, names, rows)

    def _ask_transfers(self):
        asked = [(person.id, origin_id, home.id, *rest) for person, origin_id, home, *rest in self.transfers]
        if asked:
            self._behind.do(_ask_transfers, asked, self._on)


def _ask_transfers(asked, on):
    for resident_id, origin_id, household_id, relation, row in asked:
        TransferRequest.objects.get_or_create(
            resident_id=resident_id,
            household_id=household_id,
            state="asked",
            defaults={"origin_id": origin_id, "relation": relation, "moves_on": on, "row": row},
        )


def resident_values(person, identity, *, phone, phone_hash):
    """Values of RESIDENT_FIELDS for a person the sheet makes known."""
    return (
        *identity.values().values(),
        phone or "",
        phone_hash,
        "",
        "",
        person.hukou,
        person.education,
        person.landless,
        person.land_acquired_on,
        person.community_id,
    )
