"""The sheets the city knows: each app registers its kinds in `AppConfig.ready()`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from django.utils.functional import Promise

from city.behind import Behind
from city.models import Posting
from city.sheets.columns import Column, shown

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
#: The plan decides about all such rows at once when the file has been read, and `finish` counts them by outcome.
LATER = "later"


@dataclass(frozen=True)
class Terms:
    """What a sheet is read under. Without a posting (the command) it acts for the city; `write` False: a dry run.

    `behind` does a plan's statements behind its back; the pipeline gives it.
    """

    on: date
    posting: Posting | None = None
    write: bool = False
    behind: Behind | None = None


class Row:
    """One row on its way: parsed values in the order of the kind's columns, its errors, and what became of it.

    A cell that could not be read stands as `Bad` among the values and has its error already.
    """

    __slots__ = ("cells", "errors", "number", "outcome", "places", "values")

    def __init__(self, number, values, cells, places):
        self.number = number
        self.values = values
        self.cells = cells
        self.places = places
        self.errors = []
        self.outcome = UNCHANGED

    def refuse(self, heading, message):
        """Note an error of this row; `heading` is the column it is shown at, or empty for the whole row."""
        self.errors.append((heading, str(message)))

    def cell(self, place):
        return self.cells[place] if place is not None and place < len(self.cells) else ""

    def named_cells(self, headings):
        """The row as it was written, as text: `{heading: cell}`, to be read again later."""
        return {heading: shown(self.cell(place)) for heading, place in zip(headings, self.places, strict=True)}


def _nothing_to_settle(keys):
    return None


@dataclass(frozen=True)
class SheetKind:
    """One sheet: its columns make the import, the template, the help and the error sheet.

    `plan(terms)` returns an object with `take(rows)`, which decides and (when `terms.write`) writes a chunk of rows,
    and `finish()`, which returns the outcomes of rows left for LATER (or None).
    `chunk` None: all rows of the file at once, for sheets whose rows lean on each other.
    `max_rows` and `max_bytes`: what a text file of this kind may hold where that is more than of others.
    `touched(act)` tells before an undo what the sheet had touched, `settle(that)` brings derived rows up to date.
    """

    name: str
    title: str | Promise
    columns: tuple[Column, ...]
    key: str
    permission: str
    plan: Callable
    chunk: int | None = 5_000
    touched: Callable = field(default=lambda act: None)
    settle: Callable = _nothing_to_settle
    max_rows: int | None = None
    max_bytes: int | None = None

    @property
    def headings(self):
        return [column.heading for column in self.columns]


_kinds = {}


def register(kind):
    _kinds[kind.name] = kind
    return kind


def kind_named(name):
    """The kind, or KeyError."""
    return _kinds[name]


def all_kinds():
    return list(_kinds.values())


def kinds_for(posting):
    """The sheets a posting may import."""
    return [kind for kind in _kinds.values() if posting.may(kind.permission)]
