"""Opens an uploaded sheet: the heading row becomes places of columns, the rest a stream of rows."""

import os
import subprocess
import sys
from contextlib import closing, suppress
from multiprocessing.connection import Connection

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from city.sheets import cells

#: The column the error sheet adds; it may stand in a corrected sheet and is not read.
REASON_HEADING = "错误原因"

#: Room for two pieces between the reading process and us: it reads on while we are busy with what it read.
_PIPE = 1 << 20

REFUSALS = {
    "size": _("The file is larger than %(limit)d MB."),
    "empty": _("The file is empty."),
    "type": _("This is no sheet: only .xlsx, .xls and .csv files are read."),
    "bomb": _("The file unpacks to more than a sheet may hold."),
    "macros": _("The file holds macros; save it as a plain .xlsx file."),
    "links": _("The file links to other files; save it with values only."),
    "nested": _("The file holds other files; save it as a plain .xlsx file."),
    "password": _("The file is protected by a password."),
    "unreadable": _("The file is damaged or no sheet."),
    "formulas": _("The sheet holds too many formulas; save it with values only."),
    "scattered": _("The sheet is too large: its last cell lies too far out. Delete what stands outside the table."),
    "rows": _("The sheet has more than %(limit)d rows."),
    "encoding": _("The text is neither UTF-8 nor GB18030."),
    "heading": _("The required column %(column)s is missing: no row holds it."),
    "column": _("The required column %(column)s is missing."),
    "twice": _("The column %(column)s stands in the sheet twice."),
}


class SheetRefused(Exception):
    """The file as a whole cannot be taken. `key` names the reason, the text tells it to the person."""

    def __init__(self, key, **values):
        super().__init__(str(REFUSALS[key]) % values)
        self.key = key


def _events(data, kind):
    if cells.kind_of_file(data) == "text":
        yield from cells.read_text(data, kind.key, max_rows=kind.max_rows or settings.SHEET_MAX_ROWS)
        return
    # A process of its own, started afresh: a hostile workbook ends there, and what it took is given back.
    limits = (str(settings.SHEET_MAX_UNPACKED), str(settings.SHEET_MAX_ROWS))
    command = [sys.executable, "-m", "city.sheets.cells", kind.key, *limits]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pipesize=_PIPE, cwd=settings.BASE_DIR, env={}
    ) as process:
        try:
            with suppress(BrokenPipeError), process.stdin:
                process.stdin.write(data)
            yield from _received(process.stdout)
        finally:
            process.kill()


def _received(stream):
    """Events of the reading process until its end; one that died without a word met a table too large for it."""
    with Connection(os.dup(stream.fileno()), writable=False) as connection:
        while True:
            try:
                event = connection.recv()
            except EOFError:
                raise cells.Refused("scattered") from None
            if event[0] == "end":
                return
            if event[0] == "refused":
                raise cells.Refused(event[1], **event[2])
            yield event


class OpenSheet:
    """`places`: where each column of the kind stands in a row, None where it does not. `headings`: all as written."""

    def __init__(self, kind, events):
        self._events = events
        _event, self.heading_row, found = next(events)
        self.headings = [cell.strip() if isinstance(cell, str) else str(cell) for cell in found]
        standing = {}
        for place, cell in enumerate(found):
            heading = cells.normal_heading(cell)
            if heading in standing and heading in kind.headings:
                raise SheetRefused("twice", column=heading)
            if heading:
                standing.setdefault(heading, place)
        self.places = [standing.get(heading) for heading in kind.headings]
        for column, place in zip(kind.columns, self.places, strict=True):
            if column.required and place is None:
                raise SheetRefused("column", column=column.heading)
        known = {*kind.headings, REASON_HEADING}
        self.unknown = [self.headings[place] for heading, place in standing.items() if heading not in known]

    def pieces(self):
        """Lists of (row number, cells, marks) without blank rows."""
        try:
            for _event, rows in self._events:
                yield rows
        except cells.Refused as refused:
            raise SheetRefused(refused.key, **refused.values) from None


def check_size(size, kind=None):
    """`kind`: a file at hand may be as large as its kind allows; what is sent to a page may not."""
    limit = (kind and kind.max_bytes) or settings.SHEET_MAX_BYTES
    if size > limit:
        raise SheetRefused("size", limit=limit // 1024 // 1024)


class opened:
    """Context manager: the sheet in these bytes, its reading process ended on leaving. Raises SheetRefused."""

    def __init__(self, kind, data):
        check_size(len(data), kind)
        self._kind = kind
        self._events = closing(_events(data, kind))

    def __enter__(self):
        events = self._events.__enter__()
        try:
            return OpenSheet(self._kind, events)
        except cells.Refused as refused:
            events.close()
            raise SheetRefused(refused.key, **refused.values) from None
        except SheetRefused:
            events.close()
            raise

    def __exit__(self, *error):
        self._events.__exit__(*error)


def glance(kind, data):
    """What can be told while the sender waits: that these bytes are a sheet and, of a text, that its heading fits.

    Raises SheetRefused. What only reading a workbook shows is found by the check.
    """
    check_size(len(data))
    try:
        is_text = cells.kind_of_file(data) == "text"
    except cells.Refused as refused:
        raise SheetRefused(refused.key, **refused.values) from None
    if is_text:
        with opened(kind, data):
            return
