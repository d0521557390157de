"""One way from a file to the ledger, for every sheet: read, parse every cell, let the kind decide and write, tell.

A dry run goes the same way and writes nothing; a real one runs inside the caller's transaction and `acting()`.
"""

import gc
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

from django.utils.translation import gettext as _

from city.behind import Behind
from city.sheets.columns import Bad, CellError, shown
from city.sheets.reader import opened
from city.sheets.registry import CHANGED, LATER, NEW, REFUSED, UNCHANGED, Row

#: What one column may remember of texts already parsed, before it begins anew.
_MEMORY = 20_000


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
    with opened(kind, data) as sheet, _no_collector(), Behind() as behind:
        result = Result(kind, sheet.unknown)
        plan = kind.plan(replace(terms, behind=behind))
        parse = Parser(kind, sheet.places, len(sheet.headings))
        if error_sheet is not None:
            error_sheet.begin(sheet.headings)
        for rows in _looked_up(plan, map(parse, _chunks(sheet.pieces(), kind.chunk))):
            plan.take(rows)
            _tally(rows, result, sheet.places, error_sheet)
            if progress:
                progress(result.rows)
        told = plan.finish()
        if told:
            del result.counts[LATER]
            result.counts.update(told)
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
    rows = parse([(1, [named_cells.get(heading, "") for heading in kind.headings], None)])
    with Behind() as behind:
        plan = kind.plan(replace(terms, behind=behind))
        for chunk in _looked_up(plan, [rows]):
            plan.take(chunk)
        plan.finish()
    return rows[0]


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


def _looked_up(plan, chunks):
    """The chunks. A plan with `look_up(rows)` asks the database for a chunk while the one before is being taken."""
    if not hasattr(plan, "look_up"):
        yield from chunks
        return
    waiting = None
    for rows in chunks:
        plan.look_up(rows)
        if waiting is not None:
            yield waiting
        waiting = rows
    if waiting is not None:
        yield waiting


def _tally(rows, result, places, error_sheet):
    heading_order = {heading: order for order, heading in enumerate(result.kind.headings)}
    place_of = dict(zip(result.kind.headings, places, strict=True))
    result.counts.update([REFUSED if row.errors else row.outcome for row in rows])
    for row in rows:
        if not row.errors:
            continue
        row.errors.sort(key=lambda error: heading_order.get(error[0], -1))
        for heading, message in row.errors:
            value = shown(row.cell(place_of.get(heading)))
            result.errors.append({"row": row.number, "column": heading, "value": value, "message": message})
        if error_sheet is not None:
            error_sheet.add(row.cells, row.errors)


class _Parsed(dict):
    """The cells of a column by what they read as: where cells repeat, most are one look into this."""

    def __init__(self, column):
        self._column = column
        self.empty = Bad(_("This column must be filled in.")) if column.required else None
        #: Whether any cell so far may have been no good: of a clean column nobody needs to ask.
        self.spoiled = column.required
        super().__init__({"": self.empty})

    def values_of(self, cells):
        return list(map(self.__getitem__ if self._column.repeats else self._read, cells))

    def __missing__(self, cell):
        if len(self) >= _MEMORY:
            # What repeats stands near each other; what came long ago will hardly come again.
            self.clear()
            self[""] = self.empty
        self[cell] = value = self._read(cell)
        return value

    def _read(self, cell):
        stripped = cell.strip() if cell.__class__ is str else cell
        if stripped == "":
            return self.empty
        try:
            return self._column.parse(stripped)
        except CellError as error:
            self.spoiled = True
            return Bad(str(error))


class Parser:
    """Turns the cells of rows into values in the order of the kind's columns, with every error at once.

    Column by column, for a table of many rows is read much quicker so than cell by cell.
    """

    def __init__(self, kind, places, width):
        self.kind = kind
        self.places = places
        self.width = width
        self.known = [_Parsed(column) for column in kind.columns]

    def __call__(self, piece):
        """Rows of the (row number, cells, marks) given, without those that hold nothing but spaces."""
        table = list(zip(*self._even([cells for _number, cells, _marks in piece]), strict=True))
        columns = [self._column(table, place, known) for place, known in zip(self.places, self.known, strict=True)]
        spoiled = any(
            known.spoiled and Bad in map(type, column) for known, column in zip(self.known, columns, strict=True)
        )
        rows = []
        for (number, cells, marks), values in zip(piece, zip(*columns, strict=True), strict=True):
            row = Row(number, values, cells, self.places)
            if marks:
                row.values = self._marked(values, cells, marks)
            if (spoiled or marks) and Bad in map(type, row.values):
                row.errors = [
                    (column.heading, value.message)
                    for column, value in zip(self.kind.columns, row.values, strict=True)
                    if value.__class__ is Bad
                ]
                if self._is_blank(cells):
                    continue
            if len(cells) > self.width and any(cells[self.width :]):
                row.refuse("", _("The row has more cells than the heading row."))
            rows.append(row)
        return rows

    def _even(self, rows):
        """Rows of one length, at least up to the last column of the kind."""
        lengths = set(map(len, rows))
        reach = max(*lengths, *(place + 1 for place in self.places if place is not None))
        return rows if lengths == {reach} else [[*cells, *[""] * (reach - len(cells))] for cells in rows]

    @staticmethod
    def _column(table, place, known):
        return [None] * len(table[0]) if place is None else known.values_of(table[place])

    def _marked(self, values, cells, marks):
        values = list(values)
        for at, (column, place) in enumerate(zip(self.kind.columns, self.places, strict=True)):
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
