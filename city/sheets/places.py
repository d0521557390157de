"""The divisions a sheet names by code: present and former codes alike find the lasting area."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from city.choices import AreaLevel
from city.models import Area, AreaCode


@dataclass(frozen=True, slots=True)
class Place:
    id: int
    level: str
    path: str
    name: str


class Places:
    """All divisions at once (a city has a few thousand), in two queries."""

    def __init__(self, terms):
        self._scope = terms.posting.area.path if terms.posting else ""
        rows = Area.objects.divisions().values_list("id", "level", "path", "name", "code")
        self.by_id = {row[0]: Place(*row[:4]) for row in rows}
        self._by_code = {row[4]: self.by_id[row[0]] for row in rows}
        for area_id, code in AreaCode.objects.values_list("area_id", "code"):
            self._by_code.setdefault(code, self.by_id[area_id])

    def inside(self, place):
        """Whether the posting (the command: the city) may change what lies there."""
        return place.path.startswith(self._scope)

    def named(self, row, heading, code, level=None):
        """The place of a code; None, with the row's error noted, when it is unknown, of another level or outside."""
        if not code:
            return None
        place = self._by_code.get(code)
        if place is None:
            row.refuse(heading, _("There is no area of this code."))
        elif level and place.level != level:
            row.refuse(
                heading,
                _("This is the code of another level; the code of %(level)s is expected.")
                % {"level": AreaLevel(level).label},
            )
        elif not self.inside(place):
            row.refuse(heading, _("This area lies outside yours."))
        else:
            return place
        return None
