"""Who somebody new is: what follows from a name and an ID number, for sheets and forms, and what else was told."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from city.ciphers import keyed_hash
from city.rules import birth_date_of, sex_of
from households.choices import Sex
from households.names import initials
from households.rules import working_age_window


@dataclass(frozen=True, slots=True)
class Identity:
    """Named as the fields of a Resident."""

    id_number: str
    id_hash: UUID | str | None
    no_id_reason: str
    name: str
    initials: str
    sex: str
    birth_date: date
    female_retirement_age: int | None
    works_from: date
    retires_on: date

    def values(self):
        return {name: getattr(self, name) for name in self.__slots__}


def identity_of(
    name, *, id_number="", id_hash=None, no_id_reason="", birth_date=None, sex="", female_retirement_age=None
):
    """A number decides birth date and sex; without one both are told, with the reason why there is none.

    `id_hash`: of the number, where it was asked for already.
    """
    if id_number:
        birth_date, sex, no_id_reason = birth_date_of(id_number), sex_of(id_number), ""
    category = female_retirement_age if sex == Sex.FEMALE else None
    works_from, retires_on = working_age_window(birth_date, sex, category)
    return Identity(
        id_number=id_number,
        id_hash=id_hash or (keyed_hash(id_number) if id_number else None),
        no_id_reason=no_id_reason,
        name=name,
        initials=initials(name),
        sex=str(sex),
        birth_date=birth_date,
        female_retirement_age=category,
        works_from=works_from,
        retires_on=retires_on,
    )


@dataclass(frozen=True)
class FirstState:
    """What a person does when they become known; `channel` for work, `reason` for who does not look for any."""

    state: int
    on: date
    channel: str = ""
    reason: str = ""


@dataclass(frozen=True)
class NewMember:
    """A person to become known, with what else was told. `since` None: counts from birth, as on a roster."""

    identity: Identity
    relation: str
    phone: str = ""
    hukou: str = ""
    education: str = ""
    landless: bool = False
    land_acquired_on: date | None = None
    since: date | None = None
    first_state: FirstState | None = None
