"""The four-level network: districts, streets, communities of all four kinds, and their grids."""

from collections import Counter
from dataclasses import dataclass, field

from city.choices import AreaKind, AreaLevel
from reports.synthetic import names
from reports.synthetic.streams import Stream

CITY_CODE = "330100000000"
#: What the ledger of a community proves: enough work and fresh, enough work but not shown, too little work.
GOOD, UNPROVEN, POOR = "good", "unproven", "poor"
#: How it came to that: always so; not surveyed before; too little work before; a household left waiting past its
#: deadline last year; enough work before.
STEADY, SURVEYED, RECOVERED, SETBACK, FALLEN = "steady", "surveyed", "recovered", "setback", "fallen"
#: Taken in turn by the communities: what each is, how it came to that, and after what share of the history.
_STORIES = (
    (GOOD, STEADY, 0), (UNPROVEN, STEADY, 0), (GOOD, SURVEYED, 0.3), (POOR, STEADY, 0), (GOOD, RECOVERED, 0.5),
    (GOOD, STEADY, 0), (UNPROVEN, RECOVERED, 0.4), (GOOD, SETBACK, 0), (POOR, FALLEN, 0.45), (GOOD, STEADY, 0),
    (GOOD, STEADY, 0), (UNPROVEN, STEADY, 0), (GOOD, SURVEYED, 0.7), (POOR, STEADY, 0), (GOOD, STEADY, 0),
    (GOOD, RECOVERED, 0.2), (UNPROVEN, STEADY, 0), (GOOD, RECOVERED, 0.8), (POOR, STEADY, 0), (GOOD, SURVEYED, 0.58),
)  # fmt: skip
_KINDS = (
    AreaKind.URBAN, AreaKind.SETTLEMENT, AreaKind.URBAN, AreaKind.VILLAGE_TURNED, AreaKind.RETURN, AreaKind.URBAN,
    AreaKind.URBAN, AreaKind.VILLAGE_TURNED, AreaKind.URBAN, AreaKind.URBAN, AreaKind.URBAN,
)  # fmt: skip
_RESIDENTS_PER_GRID = 700
MOST_COMMUNITIES = 40_000


@dataclass
class Place:
    """A row of the area table before and after it is written."""

    pk: int
    level: str
    name: str
    code: str | None
    parent: "Place | None"
    kind: str = ""
    main_city: bool = False
    has_station: bool = True

    @property
    def path(self):
        return f"{self.parent.path if self.parent else '/'}{self.pk}/"

    def above(self, level):
        place = self
        while place.level != level:
            place = place.parent
        return place


@dataclass
class Community(Place):
    index: int = 0
    residents: int = 0
    profile: str = GOOD
    past: str = STEADY
    #: Share of the history after which the past became the present.
    turned_after: float = 0
    grids: list = field(default_factory=list)
    #: Position among its district's communities: told apart by it, ID numbers of two communities never meet.
    seat: int = 0


def _shares(total, parts, stream):
    """`total` cut into `parts` of uneven but similar size."""
    weights = [0.6 + 0.8 * stream.random() for _ in range(parts)]
    scale = total / sum(weights)
    sizes = [max(1, int(weight * scale)) for weight in weights]
    sizes[0] += total - sum(sizes)
    return sizes


def _spread(count, parts):
    """Which part each of `count` things in a row belongs to, as evenly as can be."""
    return [index * parts // count for index in range(count)]


def numbers_of_places(communities):
    """(districts, streets) for a number of communities: about eight communities a street, at most ten districts."""
    districts = min(10, max(-(-communities // 64), 3 if communities >= 12 else 2 if communities > 1 else 1))
    streets = min(communities, max(-(-communities // 8), 2 * districts))
    return districts, streets


class Network:
    """The places of the city by level; `communities` in the order of their codes."""

    def __init__(self, seed, residents, communities):
        self._next_id = 1
        self._children, self._seats = Counter(), Counter()
        stream = Stream(seed, "areas")
        districts, streets = numbers_of_places(communities)
        self.city = self._place(AreaLevel.CITY, names.CITY, CITY_CODE, None)
        self.districts = [
            self._place(
                AreaLevel.DISTRICT,
                names.DISTRICTS[i],
                f"3301{i + 2:02d}000000",
                self.city,
                main_city=i < max(1, districts // 2),
            )
            for i in range(districts)
        ]
        words = names.place_names()
        self.streets = [
            self._street(number, self.districts[part], words)
            for number, part in enumerate(_spread(streets, districts))
        ]
        sizes = _shares(residents, communities, stream)
        self.communities = [
            self._community(number, self.streets[part], sizes[number], words)
            for number, part in enumerate(_spread(communities, streets))
        ]
        self.grids = [grid for community in self.communities for grid in community.grids]

    def _place(self, level, name, code, parent, **facts):
        place = Place(self._next_id, level, name, code, parent, **facts)
        self._next_id += 1
        return place

    def _street(self, number, district, words):
        self._children[district.pk] += 1
        name = words[(number * 3 + 1) % len(words)] + "街道"
        code = f"{district.code[:6]}{self._children[district.pk]:03d}000"
        return self._place(AreaLevel.STREET, name, code, district, main_city=district.main_city)

    def _community(self, index, street, residents, words):
        self._children[street.pk] += 1
        seat = self._seats[street.parent.pk]
        self._seats[street.parent.pk] += 1
        kind = _KINDS[index % len(_KINDS)]
        profile, past, turned_after = _STORIES[index % len(_STORIES)]
        word = words[(index * 11 + 4) % len(words)]
        suffix = {AreaKind.VILLAGE_TURNED: "村社区", AreaKind.SETTLEMENT: "家园社区"}.get(kind, "社区")
        code = f"{street.code[:9]}{self._children[street.pk]:03d}"
        community = Community(
            self._next_id, AreaLevel.COMMUNITY, word + suffix, code, street,
            kind=kind, main_city=street.main_city, has_station=index % 25 != 7, index=index, residents=residents,
            profile=profile, past=past, turned_after=turned_after, seat=seat,
        )  # fmt: skip
        self._next_id += 1
        for number in range(1, max(2, residents // _RESIDENTS_PER_GRID) + 1):
            community.grids.append(self._place(AreaLevel.GRID, f"第{number}网格", None, community))
        return community

    def all(self):
        """Every place in the order of the ids, which is how they are written."""
        places = [self.city, *self.districts, *self.streets, *self.communities, *self.grids]
        return sorted(places, key=lambda place: place.pk)

    def codes(self):
        return {
            AreaLevel.CITY.value: [self.city.code],
            AreaLevel.DISTRICT.value: [place.code for place in self.districts],
            AreaLevel.STREET.value: [place.code for place in self.streets],
            AreaLevel.COMMUNITY.value: [place.code for place in self.communities],
        }
