"""The staff of the city: accounts to sign in with for every role, and a coordinator for every grid."""

import base64
from collections import Counter
from datetime import timedelta

from django.contrib.auth.hashers import get_hasher
from django.utils.crypto import salted_hmac

from city.choices import AreaLevel, Role
from city.ciphers import keyed_hash
from city.models import Posting, Staff
from city.rules import id_check_digit
from reports.synthetic import names

_SALT = "reports.synthetic.accounts"
#: Not a district: no resident of the city has a number from here.
_HOME_OF_STAFF = "330101"
_CANNOT_SIGN_IN = "!"


def _secret(seed, username, purpose):
    """Eighty bits that follow from the seed and this installation's own key: nobody guesses them from the seed."""
    digest = salted_hmac(_SALT, f"{seed}/{username}/{purpose}", algorithm="sha256").digest()
    return base64.b32encode(digest[:10]).decode().lower()


def password(seed, username):
    secret = _secret(seed, username, "password")
    return "-".join(secret[i : i + 4] for i in range(0, 16, 4))


def showcase(network):
    """Communities the accounts work in, told apart by district where there are several; with a station each."""
    staffed = [community for community in network.communities if community.has_station] or network.communities
    first = staffed[0]
    elsewhere = [c for c in staffed if c.parent.parent is not first.parent.parent] or staffed
    return first, elsewhere[len(elsewhere) // 2]


def _desks(network):
    """(role, username, place) of every account; the second of a role works in another place where it can."""
    one, two = showcase(network)
    city = network.city
    street, district = AreaLevel.STREET, AreaLevel.DISTRICT
    return [
        (Role.STATION_CLERK, "clerk1", one),
        (Role.STATION_CLERK, "clerk2", two),
        (Role.STATION_CLERK, "clerk3", one),
        (Role.STATION_HEAD, "head1", one),
        (Role.STATION_HEAD, "head2", two),
        (Role.STREET_REVIEWER, "street1", one.above(street)),
        (Role.STREET_REVIEWER, "street2", two.above(street)),
        (Role.DISTRICT_OFFICER, "district1", one.above(district)),
        (Role.DISTRICT_OFFICER, "district2", two.above(district)),
        (Role.DISTRICT_OFFICER, "district3", one.above(district)),
        (Role.FINANCE, "finance1", one.above(district)),
        (Role.FINANCE, "finance2", city),
        (Role.CITY_OFFICE, "office1", city),
        (Role.CITY_OFFICE, "office2", city),
        (Role.CITY_LEADER, "leader1", city),
        (Role.CITY_LEADER, "leader2", city),
        (Role.SYSTEM_ADMIN, "system1", city),
        (Role.SECURITY_ADMIN, "security1", city),
        (Role.AUDIT_ADMIN, "audit1", city),
    ]


class Personnel:
    """Writes staff and postings; `accounts` lists those that can sign in."""

    def __init__(self, network, draw, tables, seed, on):
        self.network, self.draw, self.tables, self.seed = network, draw, tables, seed
        self.since = on - timedelta(days=1000)
        self.accounts, self.staff_ids, self.posting_ids = [], {}, {}
        self.numbers_taken = Counter()

    def _staff(self, number, stored_password):
        draw = self.draw
        sex = "male" if draw.chance(0.4) else "female"
        name = names.surname(draw) + names.given_name(draw, sex)
        birth = self.since - timedelta(days=draw.whole(24 * 365, 50 * 365))
        turn = self.numbers_taken[birth, sex]
        self.numbers_taken[birth, sex] += 1
        body = f"{_HOME_OF_STAFF}{birth:%Y%m%d}{2 * turn + (sex == 'male'):03d}"
        id_hash = keyed_hash(body + id_check_digit(body))
        return self.tables.add(Staff, number, name, id_hash, True, stored_password)

    def _post(self, staff_id, role, place, grid=None):
        return self.tables.add(Posting, staff_id, role.value, place.pk, grid.pk if grid else None, self.since, None)

    def hire(self):
        hasher = get_hasher()
        held = set()
        for role, username, place in _desks(self.network):
            secret = password(self.seed, username)
            stored = hasher.encode(secret, _secret(self.seed, username, "salt"))
            staff_id = self._staff(username, stored)
            grid = None
            if role == Role.STATION_CLERK:
                grid = next((grid for grid in place.grids if grid.pk not in held), None)
                held.add(grid.pk if grid else None)
            self.staff_ids[username] = staff_id
            self.posting_ids[username] = self._post(staff_id, role, place, grid)
            self.accounts.append({"role": role.value, "area": place.code, "username": username, "password": secret})
        for community in self.network.communities:
            self._station(community, held)

    def _station(self, community, held):
        """A head and a coordinator per grid, known by name but without an account to sign in with."""
        if not community.has_station:
            return
        self._post(self._staff(f"Z{community.code[4:]}", _CANNOT_SIGN_IN), Role.STATION_HEAD, community)
        for number, grid in enumerate(community.grids, start=1):
            if grid.pk not in held:
                staff_id = self._staff(f"X{community.code[4:]}{number:02d}", _CANNOT_SIGN_IN)
                self._post(staff_id, Role.STATION_CLERK, community, grid)
