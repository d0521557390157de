"""Gathers what a roster decided and writes it table by table: a fixed number of statements a chunk."""

from collections import defaultdict

from city import bulk
from city.choices import AreaLevel
from city.ciphers import keyed_hash
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
STAY_FIELDS = ("started_on", "household_id", "relation", "leave_reason")


class Writes:
    """Rows name persons, households, grids and employers as objects: their ids are known when they are written."""

    def __init__(self, terms, places):
        self._on = terms.on
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

    def flush(self):
        """Write everything gathered, in the order the foreign keys ask for."""
        self._write_grids()
        self._give_ids(Employer, ("credit_code", "name", "kind"), self.workplaces, self._employer)
        self._give_ids(Household, ("community_id", "number", "grid_id", "address"), self.homes, self._household)
        persons = [person for person, _values in self.persons]
        keys = bulk.insert_returning_ids(Resident, RESIDENT_FIELDS, [values for _person, values in self.persons])
        for person, key in zip(persons, keys, strict=True):
            person.id = key
        bulk.insert(
            Membership,
            ("resident_id", *STAY_FIELDS),
            ((person.id, day, home and home.id, *rest) for person, day, home, *rest in self.stays),
        )
        bulk.insert(
            LabourSpell,
            ("resident_id", *SPELL_FIELDS),
            ((person.id, *first, workplace and workplace.id, *rest) for person, first, workplace, rest in self.spells),
        )
        bulk.insert(
            UnemploymentRegistration,
            ("resident_id", "registered_on"),
            ((person.id, day) for person, day in self.registrations),
        )
        bulk.insert(
            HardshipCertification,
            ("resident_id", "category", "certified_on"),
            ((person.id, category, day) for person, category, day in self.hardships),
        )
        bulk.insert(
            LowIncomeStatus,
            ("household_id", "started_on", "low_income"),
            ((home.id, self._on, low_income) for home, low_income in self.low_incomes),
        )
        self._write_changes()
        self._ask_transfers()

    @staticmethod
    def _employer(workplace):
        return workplace.credit_code, workplace.name, "company"

    @staticmethod
    def _household(home):
        return home.community_id, home.number, home.grid and home.grid.id, home.address

    @staticmethod
    def _give_ids(model, names, things, values):
        keys = bulk.insert_returning_ids(model, names, [values(thing) for thing in things])
        for thing, key in zip(things, keys, strict=True):
            thing.id = key

    def _write_grids(self):
        names = ("level", "parent_id", "code", "name", "kind", "main_city", "has_station", "path")
        keys = bulk.reserve_ids(Area, len(self.grids)) if self.grids else []
        rows = []
        for grid, key in zip(self.grids, keys, strict=True):
            grid.id = key
            path = f"{self._places.by_id[grid.community_id].path}{key}/"
            rows.append((key, AreaLevel.GRID.value, grid.community_id, None, grid.name, "", False, False, path))
        bulk.insert(Area, ("id", *names), rows)

    def _write_changes(self):
        for model, changed in self.changes.items():
            alike = defaultdict(list)
            for thing, values in changed.items():
                key = thing if isinstance(thing, int) else thing.id
                alike[tuple(values)].append((key, *(getattr(value, "id", value) for value in values.values())))
            for names, rows in alike.items():
                bulk.update(model, names, rows)

    def _ask_transfers(self):
        for person, origin_id, home, relation, row in self.transfers:
            TransferRequest.objects.get_or_create(
                resident_id=person.id,
                household_id=home.id,
                state="asked",
                defaults={"origin_id": origin_id, "relation": relation, "moves_on": self._on, "row": row},
            )


def resident_values(person, *, id_number, id_hash, initials, window, phone):
    """Values of RESIDENT_FIELDS for a person the sheet makes known."""
    return (
        id_number,
        id_hash,
        "",
        person.name,
        initials,
        person.sex,
        person.birth_date,
        person.category,
        *window,
        phone or "",
        keyed_hash(phone) if phone else None,
        "",
        "",
        person.hukou,
        person.education,
        person.landless,
        person.land_acquired_on,
        person.community_id,
    )
