"""The desk of a station and of a street: of which grid and day, and the lists of work that apps lay on it."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from city.choices import AreaLevel
from city.models import Area, Posting

#: How many lines of a list lie on the desk; the rest stand on its full page.
ON_THE_DESK = 20


@dataclass(frozen=True)
class TodayScope:
    """What 今日工作 is about: the posting's community, or one grid of it, on a day. The subject of page "today"."""

    posting: Posting
    grid: Area | None
    day: date

    @property
    def area(self):
        return self.grid or self.posting.area

    @property
    def grid_query(self):
        """What an address carries to stay in the grid."""
        return f"?grid={self.grid.pk if self.grid else 'all'}"


def grids_of(community):
    return list(Area.objects.filter(parent=community, level=AreaLevel.GRID).order_by("name", "pk"))


def scope_of(request, grids, day=None):
    """The grid asked for; not asked, the posting's own, else the whole community. An unknown one is no grid."""
    asked = request.GET.get("grid", "")
    own = request.posting.grid_id
    wanted = asked or (str(own) if own else "")
    grid = next((grid for grid in grids if str(grid.pk) == wanted), None)
    return TodayScope(request.posting, grid, day or timezone.localdate())


@dataclass(frozen=True)
class Line:
    """One thing to do. `due` says what time is left; `group` is a heading shared with the lines beside it.

    `does` and `does_url` are the one button of the line (record the visit), for who may press it.
    """

    title: str
    url: str
    sub: str = ""
    due: str = ""
    late: bool = False
    soon: bool = False
    group: str = ""
    does: str = ""
    does_url: str = ""


@dataclass(frozen=True)
class WorkList:
    """The context of a panel on `city/_worklist.html`: at most `ON_THE_DESK` lines, the most pressing first.

    `total` and `late` count all there are (`late` None: nothing in it can be late). `name` is the anchor. A list
    without lines says `empty`, what to do first.
    """

    name: str
    title: str
    lines: list
    total: int
    late: int | None = 0
    note: str = ""
    more_url: str = ""
    empty: str = ""

    @property
    def has_more(self):
        return self.total > len(self.lines)
