"""Households of every shape and the persons in them, with numbers that are valid and nobody's."""

from datetime import timedelta
from functools import lru_cache

from city.choices import AreaKind
from city.ciphers import keyed_hash
from city.rules import add_months, id_check_digit
from households.choices import Education, Hukou, Relation
from households.models import Household as HouseholdRow
from households.models import LowIncomeStatus, Resident
from households.names import initials
from households.rules import working_age_window
from reports.synthetic import names

MAN, WOMAN = "male", "female"
HEAD, SPOUSE, CHILD, PARENT, OTHER = (relation.value for relation in Relation)
_DAYS_A_YEAR = 365.2425
_HOMES_OF_NUMBERS = [f"3301{number:02d}" for number in range(21, 100)]
_SEATS = 500
#: No operator has been given numbers that start so.
_UNUSED_MOBILE = "154"

window = lru_cache(maxsize=None)(working_age_window)


class Person:
    __slots__ = (
        "birth", "category", "community", "episode", "household", "landless_since", "left_on", "name", "number", "pk",
        "relation", "retires_on", "sex", "standing", "works_from",
    )  # fmt: skip

    def age_on(self, day):
        return (day - self.birth).days / _DAYS_A_YEAR


class Household:
    __slots__ = ("community", "confirmed_on", "episode", "grid", "low_income", "members", "number", "pk")

    def workers(self):
        return [person for person in self.members if person.standing == "force" and not person.left_on]


def _pair(draw, youngest, oldest):
    age = draw.uniform(youngest, oldest)
    return (HEAD, MAN, age), (SPOUSE, WOMAN, max(21, age + draw.uniform(-4, 2)))


def _either(draw):
    return MAN if draw.random() < 0.5 else WOMAN


def _single(draw):
    return [(HEAD, _either(draw), draw.uniform(22, 58))]


def _old_single(draw):
    return [(HEAD, WOMAN if draw.chance(0.65) else MAN, draw.uniform(62, 92))]


def _couple(draw):
    return [*_pair(draw, 23, 58)]


def _old_couple(draw):
    return [*_pair(draw, 62, 86)]


def _couple_one_child(draw):
    return [*_pair(draw, 26, 46), (CHILD, _either(draw), draw.uniform(0.1, 18))]


def _couple_two_children(draw):
    age = draw.uniform(2, 17)
    return [*_pair(draw, 29, 46), (CHILD, _either(draw), age), (CHILD, _either(draw), draw.uniform(0.1, age - 0.9))]


def _couple_grown_child(draw):
    return [*_pair(draw, 46, 61), (CHILD, _either(draw), draw.uniform(17, 29))]


def _single_parent(draw):
    return [
        (HEAD, WOMAN if draw.chance(0.7) else MAN, draw.uniform(30, 50)),
        (CHILD, _either(draw), draw.uniform(3, 24)),
    ]


def _three_generations(draw):
    members = [*_pair(draw, 29, 48), (CHILD, _either(draw), draw.uniform(0.2, 19))]
    members.append((PARENT, WOMAN, draw.uniform(57, 82)))
    if draw.chance(0.5):
        members.append((PARENT, MAN, draw.uniform(60, 84)))
    if draw.chance(0.3):
        members.append((CHILD, _either(draw), draw.uniform(0.1, 12)))
    return members


def _relatives(draw):
    return [(HEAD, _either(draw), draw.uniform(24, 50)), (OTHER, _either(draw), draw.uniform(20, 50))]


_SHAPES = (
    (_couple_one_child, 0.25), (_couple, 0.13), (_couple_grown_child, 0.15), (_three_generations, 0.09),
    (_couple_two_children, 0.07), (_single, 0.11), (_old_couple, 0.09), (_old_single, 0.04), (_single_parent, 0.04),
    (_relatives, 0.03),
)  # fmt: skip


class Edges:
    """Birth dates whose 16th birthday or retirement falls within three weeks of the city's day."""

    def __init__(self, on):
        near = [on + timedelta(days=shift) for shift in range(-21, 22)]
        self.turning_16 = [add_months(day, -16 * 12) for day in near]
        self.retiring = {}
        for sex, category, oldest in ((MAN, None, 64), (WOMAN, None, 56), (WOMAN, 50, 56), (WOMAN, 55, 59)):
            first = add_months(on, -oldest * 12)
            births = (first + timedelta(days=shift) for shift in range(7 * 366))
            self.retiring[sex, category] = [
                day for day in births if near[0] <= window(day, sex, category)[1] <= near[-1]
            ]

    def move(self, draw, birth, age, sex, category):
        if 14 < age < 19 and draw.chance(0.12):
            return draw.one_of(self.turning_16)
        if 49 < age < 66 and draw.chance(0.06):
            return draw.one_of(self.retiring[sex, category])
        return birth


class IdNumbers:
    """ID numbers of one community: its seat keeps them apart from every other community's."""

    def __init__(self, community, communities):
        self.community, self.communities, self.taken = community, communities, {}

    def draw(self, birth, sex):
        turn = self.taken.get((birth, sex), 0)
        self.taken[birth, sex] = turn + 1
        if turn == 0 and self.community.seat < _SEATS:
            home, seat = self.community.code[:6], self.community.seat
        else:
            # A district has seats for 500 communities; further turns and communities take the unused home codes.
            slot = self.community.index + self.communities * (turn - (self.community.seat < _SEATS))
            seat, home = divmod(slot, len(_HOMES_OF_NUMBERS))
            if seat >= _SEATS:
                raise ValueError(f"No ID number is left for {birth}.")
            home = _HOMES_OF_NUMBERS[home]
        body = f"{home}{birth.isoformat().replace('-', '')}{2 * seat + (sex == MAN):03d}"
        return body + id_check_digit(body)


def _education(draw, age):
    if age < 13:
        return Education.PRIMARY.value if age > 6 else ""
    if age < 16:
        return Education.JUNIOR.value
    if age < 40:
        levels = (("university", 0.3), ("college", 0.27), ("vocational", 0.15), ("senior", 0.15), ("junior", 0.13))
    elif age < 60:
        levels = (("junior", 0.34), ("senior", 0.26), ("college", 0.16), ("vocational", 0.12), ("university", 0.12))
    else:
        levels = (("primary", 0.45), ("junior", 0.35), ("senior", 0.15), ("college", 0.05))
    return draw.weighted(levels)


class Settlers:
    """Fills one community with its households."""

    def __init__(self, community, communities, draw, tables, edges, on):
        self.community, self.draw, self.tables, self.edges, self.on = community, draw, tables, edges, on
        self.numbers = IdNumbers(community, communities)
        self.rural_share = 0.08 if community.kind in (AreaKind.URBAN, AreaKind.RETURN) else 0.55
        self.landless_share = {AreaKind.SETTLEMENT: 0.6, AreaKind.VILLAGE_TURNED: 0.25}.get(community.kind, 0.01)

    def households(self):
        found, left = [], self.community.residents
        while left:
            shape = self.draw.weighted(_SHAPES)(self.draw)[:left]
            left -= len(shape)
            found.append(self._household(len(found) + 1, shape))
        return found

    def _household(self, number, shape):
        draw, community = self.draw, self.community
        household = Household()
        household.community, household.number = community, str(number)
        household.grid = community.grids[number % len(community.grids)]
        household.episode = None
        address = (
            f"{community.parent.name}{community.name}{1 + number // 24}幢{1 + number // 12 % 2}单元"
            f"{1 + number // 2 % 6}0{1 + number % 2}室"
        )
        household.pk = self.tables.add(HouseholdRow, community.pk, household.number, household.grid.pk, address)
        family = names.surname(draw)
        household.members = [self._person(household, family, *member) for member in shape]
        household.low_income = draw.chance(0.03)
        if household.low_income:
            since = draw.day(add_months(self.on, -40), self.on)
            self.tables.add(LowIncomeStatus, household.pk, since, True)
            until = since + timedelta(days=draw.whole(90, 700))
            if draw.chance(0.35) and until < self.on:
                self.tables.add(LowIncomeStatus, household.pk, until, False)
        return household

    def _person(self, household, family, relation, sex, age):
        draw, person = self.draw, Person()
        category = None if sex == MAN or draw.chance(0.25) else 55 if draw.chance(0.45) else 50
        birth = self.on - timedelta(days=int(age * _DAYS_A_YEAR) + 1)
        birth = self.edges.move(draw, birth, age, sex, category)
        own_name = relation in (HEAD, CHILD) or (relation == PARENT and sex == MAN)
        name = (family if own_name else names.surname(draw)) + names.given_name(draw, sex)
        works_from, retires_on = window(birth, sex, category)
        landless = age > 16 and draw.chance(self.landless_share)
        acquired = draw.day(add_months(self.on, -150), add_months(self.on, -20)) if landless else None
        number = self.numbers.draw(birth, sex)
        phone = f"{_UNUSED_MOBILE}{draw.whole(0, 99_999_999):08d}" if age > 14 and draw.chance(0.7) else ""
        person.pk = self.tables.add(
            Resident, number, keyed_hash(number), "", name, initials(name), sex, birth, category, works_from,
            retires_on, phone, keyed_hash(phone) if phone else None, "", None, "",
            (Hukou.RURAL if draw.chance(self.rural_share) else Hukou.URBAN).value, _education(draw, age), landless,
            acquired if acquired and draw.chance(0.9) else None, self.community.pk,
        )  # fmt: skip
        person.household, person.community, person.relation = household, self.community, relation
        person.name, person.number = name, number
        person.sex, person.birth, person.category = sex, birth, category
        person.works_from, person.retires_on = works_from, retires_on
        person.landless_since, person.left_on, person.standing, person.episode = acquired, None, None, None
        return person
