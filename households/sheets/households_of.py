"""Households that a ledger of a station names by community and number; they must be known."""

from django.utils.translation import gettext as _

from city.choices import AreaLevel
from city.sheets.places import Places
from households.sheets import known


class KnownHouseholds:
    """Ids of the households of a file, looked up a chunk at a time."""

    def __init__(self, terms):
        self._places = Places(terms)
        self._ids = {}

    def of(self, rows):
        """The id for every row, None (with the error noted) where there is none. The first two values are the key."""
        keys = []
        for row in rows:
            code, number = row.values[:2]
            place = self._places.named(row, "社区代码", code, AreaLevel.COMMUNITY)
            keys.append((place.id, number) if place and number else None)
        fresh = {key for key in keys if key and key not in self._ids}
        self._ids |= dict.fromkeys(fresh)
        for key, community_id, number, *_rest in known.household_rows(fresh):
            self._ids[community_id, number] = key
        for row, key in zip(rows, keys, strict=True):
            if key and self._ids[key] is None:
                row.refuse("户号", _("There is no household of this number in this community."))
        return [self._ids[key] if key else None for key in keys]
