"""The printed ledgers (台账): each app registers its own, one page offers them, one job writes them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils import translation

from city import exports
from city.jobs import job
from city.models import Area


@dataclass(frozen=True)
class Ledger:
    """`headings` are those of the printed ledger, without 序号. `rows(area, day)` yields their cells in that order.

    Cells are text or whole numbers; ID numbers come masked from `masked_number`. `permission`: who may have it made.
    """

    code: str
    title: str
    headings: tuple
    rows: Callable
    permission: str = "households.view_residents"


_ledgers = {}
_columns = {}


def register(ledger):
    _ledgers[ledger.code] = ledger


def register_column(code, heading, values):
    """A column that a higher app knows: `values(things, day)` returns {id of the row's thing: its cell}."""
    _columns[code, heading] = values


def column(code, heading, things, day):
    """{id: cell} of what a ledger's rows are about; what nobody knows is absent."""
    values = _columns.get((code, heading))
    return values(things, day) if values else {}


def all_ledgers():
    """In the order of their numbers."""
    return sorted(_ledgers.values(), key=lambda ledger: int(ledger.code.removeprefix("L")))


def ledgers_for(posting):
    """Those the posting may have made, in the order of their numbers."""
    return [ledger for ledger in all_ledgers() if posting.may(ledger.permission)]


def ledger_named(code):
    """The ledger, or KeyError."""
    return _ledgers[code]


@job("make_ledger")
def make_ledger(run):
    """One ledger of one area on a day, as a file."""
    asked = run.parameters
    ledger = ledger_named(asked["ledger"])
    area = Area.objects.visible_to(run.posting).get(pk=asked["area"])
    day = date.fromisoformat(asked["on"])
    with translation.override("zh-hans"):
        return exports.finish(run, _numbered(ledger, area, day), f"{ledger.code} {ledger.title} {area.name} {day}")


def _numbered(ledger, area, day):
    yield ["序号", *ledger.headings]
    for number, cells in enumerate(ledger.rows(area, day), start=1):
        yield [number, *cells]
