"""One way from a file to the ledger, for every sheet: read, parse every cell, let the kind decide and write, tell.

A dry run goes the same way and writes nothing; a real one runs inside the caller's transaction and `acting()`.
"""

import gc
from collections import Counter
from contextlib import contextmanager

from django.utils.translation import gettext as _

from city.sheets.columns import Bad, CellError, shown
from city.sheets.reader import opened
from city.sheets.registry import CHANGED, NEW, REFUSED, UNCHANGED, Row

#: What one column may remember of texts already parsed: words and dates repeat, names and numbers do not.
_MEMORY = 20_000
_MISSING = object()


class Result:
    """What became of a sheet. `as_json` is the contract's document; `summary` is what the page shows."""

    def __init__(self, kind, unknown_columns):
        self.kind = kind
        self.unknown_columns = unknown_columns
        self.counts = Counter()
        self.errors = []

    @property
    def rows(self):
        return self.counts.total()

    @property
    def accepted(self):
        return self.counts[NEW] + self.counts[CHANGED]

    def as_json(self):
        return {
            "kind": self.kind.name,
            "rows": self.rows,
            "accepted": self.accepted,
            "unchanged": self.counts[UNCHANGED],
            "rejected": self.counts[REFUSED],
            "unknown_columns": self.unknown_columns,
            "errors": self.errors,
        }

    def summary(self, errors=50):
        """Counts and the first errors, without the cells' values: they are personal and stand in the error sheet."""
        return {
            "rows": self.rows,
            **{outcome: self.counts[outcome] for outcome in (NEW, CHANGED, UNCHANGED, REFUSED)},
            "unknown_columns": self.unknown_columns,
            "errors": [{key: error[key] for key in ("row", "column", "message")} for error in self.errors[:errors]],
            "errors_total": len(self.errors),
        }


def run(kind, data, terms, *, error_sheet=None, progress=None):
    """Take the sheet in `data` (bytes) under `terms`; raises SheetRefused when it cannot be read at all.

    `error_sheet` gets every refused row with its reasons. `progress(done)` is called with the rows done so far.
    """
    with opened(kind, data) as sheet, _no_collector():
        result = Result(kind, sheet.unknown)
        plan = kind.plan(terms)
        parse = Parser(kind, sheet.places, len(sheet.headings))
        if error_sheet is not None:
            error_sheet.begin(sheet.headings)
        for piece in _chunks(sheet.pieces(), kind.chunk):
            rows = parse(piece)
            plan.take(rows)
            _tally(rows, result, sheet.places, error_sheet)
            if progress:
                progress(result.rows)
        plan.finish()
    return result


@contextmanager
def _no_collector():
    """Rows make no cycles, and looking for some among millions of cells takes a fifth of the time of an import."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def run_row(kind, named_cells, terms):
    """One row by headings, as a sheet of one row: for a row that waited for a decision. Returns its Row."""
    parse = Parser(kind, range(len(kind.columns)), len(kind.columns))
    (row,) = parse([(1, [named_cells.get(heading, "") for heading in kind.headings], None)])
    plan = kind.plan(terms)
    plan.take([row])
    plan.finish()
    return row


def _chunks(pieces, size):
    """Pieces put together until they reach `size` rows; None: everything."""
    waiting = []
    for piece in pieces:
        waiting += piece
        if size and len(waiting) >= size:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _tally(rows, result, places, error_sheet):
    heading_order = {heading: order for order, heading in enumerate(result.kind.headings)}
    place_of = dict(zip(result.kind.headings, places, strict=True))
    for row in rows:
        if not row.errors:
            result.counts[row.outcome] += 1
            continue
        result.counts[REFUSED] += 1
        row.errors.sort(key=lambda error: heading_order.get(error[0], -1))
        for heading, message in row.errors:
            value = shown(row.cell(place_of.get(heading)))
            result.errors.append({"row": row.number, "column": heading, "value": value, "message": message})
        if error_sheet is not None:
            error_sheet.add(row.cells, row.errors)


class Parser:
    """Turns the cells of rows into values in the order of the kind's columns, with every error at once.

    Column by column: words, dates and amounts repeat down a column, so most cells are one look into a dictionary.
    """

    def __init__(self, kind, places, width):
        self.places = places
        self.width = width
        self.columns = []
        for column, place in zip(kind.columns, places, strict=True):
            empty = Bad(_("This column must be filled in.")) if column.required else None
            self.columns.append((column, place, empty, {"": empty}))

    def __call__(self, piece):
        """Rows of the (row number, cells, marks) given, without those that hold nothing but spaces."""
        reach = max((place for place in self.places if place is not None), default=0) + 1
        table = [cells if len(cells) >= reach else [*cells, *[""] * (reach - len(cells))] for _no, cells, _m in piece]
        parsed = [self._parsed_column(table, *column) for column in self.columns]
        rows = []
        for (number, cells, marks), values in zip(piece, zip(*parsed, strict=True), strict=True):
            row = Row(number, values, cells, self.places)
            if marks:
                row.values = self._marked(values, cells, marks)
            if Bad in map(type, row.values):
                row.errors = [
                    (column[0].heading, value.message)
                    for column, value in zip(self.columns, row.values, strict=True)
                    if value.__class__ is Bad
                ]
                if self._is_blank(cells):
                    continue
            if len(cells) > self.width and any(cells[self.width :]):
                row.refuse("", _("The row has more cells than the heading row."))
            rows.append(row)
        return rows

    def _parsed_column(self, table, column, place, empty, known):
        if place is None:
            return [None] * len(table)
        get = known.get
        values = [get(cells[place], _MISSING) for cells in table]
        if _MISSING in values:
            for at, value in enumerate(values):
                if value is _MISSING:
                    values[at] = self._parsed(table[at][place], column, known, empty)
        return values

    @staticmethod
    def _parsed(cell, column, known, empty):
        stripped = cell.strip() if cell.__class__ is str else cell
        if stripped == "":
            value = empty
        else:
            try:
                value = column.parse(stripped)
            except CellError as error:
                value = Bad(str(error))
        if len(known) < _MEMORY:
            known[cell] = value
        return value

    def _marked(self, values, cells, marks):
        values = list(values)
        for at, (column, place, _empty, _known) in enumerate(self.columns):
            mark = marks.get(place)
            if mark == "error":
                values[at] = Bad(_("The cell holds an Excel error."))
            elif mark and (place >= len(cells) or cells[place] == ""):
                values[at] = Bad(_("The formula in this cell has no stored value; write the value itself."))
            elif mark and column.number_refused:
                values[at] = Bad(_("The cell holds a formula; write the number itself as text."))
        return values

    @staticmethod
    def _is_blank(cells):
        return not any(cell.strip() if cell.__class__ is str else True for cell in cells)
