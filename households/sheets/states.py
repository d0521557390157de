"""What a roster leans on while it is read: persons with their change points, and households; known or new alike."""

from dataclasses import dataclass, field
from datetime import date, timedelta


@dataclass(slots=True, eq=False)
class Home:
    """A household of the file. `id` None: not written yet. `told_…`: what an accepted row of this file said first."""

    community_id: int
    number: str
    id: int | None = None
    address: str = ""
    grid: object = None
    low_income: bool = False
    low_income_point: int | None = None  # the point that starts on the day of the sheet, if any
    told_address: str | None = None
    told_grid: object = None
    told_low_income: bool | None = None
    queued: bool = False


@dataclass(slots=True, eq=False)
class Grid:
    community_id: int
    name: str
    id: int | None = None


@dataclass(slots=True, eq=False)
class Workplace:
    """An employer by credit code."""

    credit_code: str
    name: str
    id: int | None = None


@dataclass(slots=True)
class Stay:
    """A membership point; `home_id` None: left."""

    started_on: date
    id: int
    home_id: int | None
    relation: str
    leave_reason: str


@dataclass(slots=True)
class Spell:
    started_on: date
    id: int
    state: int
    inactive_reason: str
    channel: str
    employer_id: int | None
    employer_name: str
    contract_months: int | None
    monthly_income: object
    insured: bool | None
    confirmed_on: date
    source: str


@dataclass(slots=True, eq=False)
class Person:
    """`id` None: not written yet."""

    id: int | None
    name: str
    sex: str
    birth_date: date
    category: int | None = None
    phone_hash: str | None = None  # as 32 digits
    hukou: str = ""
    education: str = ""
    landless: bool = False
    land_acquired_on: date | None = None
    community_id: int | None = None
    stays: list[Stay] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    registrations: list[date] = field(default_factory=list)
    hardships: set = field(default_factory=set)

    def stay_on(self, day):
        """The membership point in force on the day, or None."""
        found = None
        for stay in self.stays:
            if stay.started_on > day:
                break
            found = stay
        return found

    def stay_from(self, day):
        return next((stay for stay in self.stays if stay.started_on == day), None)


def day_before(day):
    return day - timedelta(days=1)
