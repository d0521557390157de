"""Putting the city together, community by community, with memory bounded by a batch of them."""

from django.db import connection

from city import trail
from city.models import Area, AreaCode, Employer, MinimumWage, Posting
from city.rules import add_months
from households import ledger
from households.models import Household, Resident, Visit, ZeroEmploymentEpisode
from reports.synthetic import casework, desk, money, names, people, posts, standing
from reports.synthetic.accounts import Personnel, showcase
from reports.synthetic.areas import MOST_COMMUNITIES, Network
from reports.synthetic.development import Development
from reports.synthetic.episodes import Caseworker
from reports.synthetic.history import Biographer
from reports.synthetic.streams import Stream
from reports.synthetic.tables import Tables

_BATCH = 20_000
_SAMPLES = 5
_SHOWN = {"resident": Resident, "household": Household, "visit": Visit, "episode": ZeroEmploymentEpisode}
_CREDIT_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class NoSuchCity(Exception):
    """The numbers make no city: no residents, no history, or more communities than residents."""


class CityExists(Exception):
    """The database already has a city; a made-up one goes only into an empty one."""


def default_communities(residents):
    return max(8, round(residents / 2500))


def credit_code(number):
    """A unified social credit code (GB 32100-2015) with a valid check character, in a range nobody was given."""
    body = f"91330100M9{number:07d}"
    total = sum(_CREDIT_DIGITS.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return body + _CREDIT_DIGITS[-total % 31]


class Founder:
    """Makes one city of `residents` as of the end of the day `on`; the same arguments make the same city."""

    def __init__(self, *, residents, communities, seed, history_months, on):
        self.seed, self.on, self.residents = seed, on, residents
        self.history_start = add_months(on, -history_months)
        self.network = Network(seed, residents, communities)
        self.tables = Tables()
        self.edges = people.Edges(on)
        self.employers = []
        self.objects = {name: {} for name in (*_SHOWN, "transferrequest", "sheetimport", "run")}
        self.personnel = Personnel(self.network, Stream(seed, "staff"), self.tables, seed, on)
        self.shown = self._communities_shown()
        self.homes = {}

    def _communities_shown(self):
        """Where sample objects are taken from: the accounts' communities, their neighbours, one of each district."""
        one, two = showcase(self.network)
        shown = {one.pk: one, two.pk: two}
        for community in self.network.communities:
            nearby = community.parent in (one.parent, two.parent)
            first_of_district = community.seat == 0
            if nearby or first_of_district:
                shown[community.pk] = community
        return shown

    # Frame

    def found(self):
        """Areas, wages, employers and staff."""
        for place in self.network.all():
            parent = place.parent.pk if place.parent else None
            self.tables.add(
                Area, place.level, parent, place.code, place.name, place.kind, place.main_city, place.has_station,
                place.path,
            )  # fmt: skip
            if place.code:
                self.tables.add(AreaCode, place.pk, place.code, None)
        self._set_wages()
        self._open_employers()
        self.personnel.hire()

    def _set_wages(self):
        city, last = self.network.city, self.network.districts[-1]
        raised_on = self.on.replace(month=1, day=1)
        for place, day, monthly in (
            (city, raised_on.replace(year=self.on.year - 4), 2280),
            (city, raised_on, 2490),
            (last, raised_on.replace(year=self.on.year - 4), 2010),
            (last, raised_on, 2260),
        ):
            self.tables.add(MinimumWage, place.pk, day, monthly)

    def _open_employers(self):
        draw = Stream(self.seed, "employers")
        for number in range(min(20_000, max(40, self.residents // 250))):
            name = names.employer_name(draw, draw.one_of(self.network.districts).name[:2])
            kind = draw.weighted((("company", 0.8), ("labour_service", 0.07), ("dispatch", 0.07), ("public", 0.06)))
            key = self.tables.add(Employer, credit_code(number), name, kind)
            self.employers.append((key, name))

    # People

    def settle(self, community, neighbours):
        """One community with everything in it; its households."""
        draw = Stream(self.seed, "community", community.index)
        first = {name: self._next_id(model) for name, model in _SHOWN.items()}
        settlers = people.Settlers(community, len(self.network.communities), draw, self.tables, self.edges, self.on)
        households = settlers.households()
        profile = standing.profile_of(community, draw)
        standing.decide(households, profile, draw, self.on, self.history_start)
        development = Development(community, profile, draw, self.on, self.history_start)
        writer = Biographer(draw, self.tables, self.employers, profile, development, self.on, self.history_start)
        casework = Caseworker(
            community, writer, draw, self.tables, self.on, self.history_start, community in showcase(self.network)
        )
        casework.choose(households)
        standing.choose_jobless(households, profile, draw)
        standing.choose_returned(households, development.share, draw)
        writer.tell(households)
        casework.write(households)
        writer.house(households, neighbours)
        if community.pk in self.shown:
            self._show(community, first, households)
        return households

    def _next_id(self, model):
        return self.tables.written[model] + self.tables.waiting(model) + 1

    def _show(self, community, first, households):
        for name, model in _SHOWN.items():
            ids = range(first[name], min(first[name] + _SAMPLES, self._next_id(model)))
            self.objects[name][community.code] = list(ids)
        self.homes[community.pk] = [home for home in households if home.episode is None][:_SAMPLES]

    def fill_desks(self):
        """Transfer requests between the communities shown, and the work of those who can sign in there."""
        shown = [self.shown[key] for key in sorted(self.homes)]
        claims = []
        for destination, origin in zip(shown, [*shown[1:], shown[0]], strict=True):
            if destination is not origin and self.homes[destination.pk]:
                claims += [(home, self.homes[destination.pk][0]) for home in self.homes[origin.pk][:3]]
        staff = self.personnel.staff_ids
        desk.judge(self.tables, self.network, staff["office1"], self.on, self.history_start)
        one, two = showcase(self.network)
        reviewers = {one.parent.pk: staff["street1"], two.parent.pk: staff["street2"]}
        self.objects["transferrequest"] = desk.ask_transfers(self.tables, claims, reviewers, self.on)
        postings = self.personnel.posting_ids
        desks = [(postings["clerk1"], one), (postings["clerk2"], two), (postings["office1"], self.network.city)]
        self.objects["sheetimport"] = desk.load_sheets(self.tables, desks, self.on)
        self.objects["run"] = desk.run_jobs(self.tables, desks, self.on)

    def work_at_desks(self):
        """Casework in every state where somebody can sign in to look at it."""
        desks, seen = [], set()
        for number, place in enumerate(showcase(self.network), start=1):
            if place.pk not in seen:
                seen.add(place.pk)
                desks.append(self._desk(place, number))
        offices = [self._posting(f"office{number}") for number in (1, 2)]
        employers = [name for _key, name in self.employers]
        casework.fill(desks, self.on, employers, Stream(self.seed, "casework"), offices)
        self.objects |= casework.ids_shown(desks) | posts.ids_shown(desks) | money.ids_shown(desks)

    def _desk(self, place, number):
        roles = ("clerk", "head", "street", "district", "finance")
        found = {role: self._posting(f"{role}{number}") for role in roles}
        return casework.Desk(community=Area.objects.get(pk=place.pk), **found)

    def _posting(self, username):
        postings = Posting.objects.select_related("staff", "area", "grid")
        return postings.get(pk=self.personnel.posting_ids[username])

    def report(self):
        return {
            "areas": self.network.codes(),
            "accounts": self.personnel.accounts,
            "objects": self.objects,
        }


def make_city(*, residents, on, communities=None, seed=1, history_months=24, progress=None):
    """Write a made-up city into the empty database and return its areas, accounts and sample objects.

    `on` is the day the city is as of. `progress(done, total)` is told the residents written. Raises CityExists
    when the database has an area, NoSuchCity for numbers that make none.
    """
    communities = communities or default_communities(residents)
    if residents < 1 or history_months < 1 or not 1 <= communities <= min(residents, MOST_COMMUNITIES):
        raise NoSuchCity
    if Area.objects.exists():
        raise CityExists
    founder = Founder(residents=residents, communities=communities, seed=seed, history_months=history_months, on=on)
    with trail.acting(reason="make_city"):
        founder.found()
        founder.tables.write()
    neighbours, done, waiting = [], 0, []
    for community in founder.network.communities:
        waiting.append(community)
        if sum(place.residents for place in waiting) >= _BATCH or community is founder.network.communities[-1]:
            with trail.acting(reason="make_city"):
                for place in waiting:
                    neighbours = founder.settle(place, neighbours)[:40]
                founder.tables.write()
            done += sum(place.residents for place in waiting)
            waiting = []
            if progress:
                progress(done, residents)
    with trail.acting(reason="make_city"):
        founder.fill_desks()
        founder.tables.write()
        founder.tables.follow_on()
    with trail.acting(reason="make_city"), connection.cursor() as cursor:
        ledger.rebuild()
        # A database that was empty a moment ago plans its queries for empty tables.
        cursor.execute("ANALYZE")
    with trail.acting(reason="make_city"):
        founder.work_at_desks()
    return founder.report()
