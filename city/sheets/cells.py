"""Reads the bytes of a sheet into rows of cells. No Django here: workbooks are read in a small guarded process.

Both readers give the same events: `("heading", row number, cells)` once, then `("rows", [(row number, cells, marks)])`
in pieces without blank rows. Row numbers are Excel's. `marks` is None or `{place: "error" | "formula"}`.
What cannot be read raises Refused with a key of `city.sheets.reader.REFUSALS`.
"""

import codecs
import csv
import gc
import io
import os
import re
import resource
import struct
import sys
import zipfile
import zlib
from itertools import islice
from multiprocessing.connection import Connection

from python_calamine import CalamineError, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

from city.rules import half_width

PIECE = 2_000
MAX_ENTRIES = 1_000
MAX_RATIO = 100
MAX_COLUMNS = 500
MAX_FORMULAS = 500_000
#: Small entries may well shrink a hundredfold (a column of equal words); the ratio only tells of bombs above this.
RATIO_COUNTS_FROM = 20 * 1024 * 1024
#: What the reading process may take: the programs themselves, and a table some times its unpacked size.
PROCESS_MEMORY = 600 * 1024 * 1024
MEMORY_PER_BYTE = 5
PROCESS_SECONDS = 120
CELLS_WORTH_MEASURING = 200_000

_STEP = 1 << 20
_OVERLAP = 400
_ARCHIVE = re.compile(r"\.(zip|xlsx|xlsm|xlsb|xls|ods|docx|7z|rar|gz|tgz|bz2|xz|exe|bin)$", re.I)
_FORMULA_CELL = re.compile(rb'<c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*<f[\s>/]')
_ERROR_CELL = re.compile(rb'<c\s(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_ANY_CELL = re.compile(rb'<c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_SHEET = re.compile(rb'<sheet\b[^>]*?\br:id="([^"]+)"')
_RELATION = re.compile(rb"<Relationship\b[^>]*>")


class Refused(Exception):
    """The file as a whole cannot be taken; `key` says why, `values` fill in the message."""

    def __init__(self, key, **values):
        super().__init__(key)
        self.key = key
        self.values = values


def normal_heading(cell):
    """A heading as it is compared: without spaces, line breaks and the star of a required column."""
    return re.sub(r"[\s*\u200b\ufeff]", "", half_width(cell)) if isinstance(cell, str) else ""


def holds(cells, key):
    return any(normal_heading(cell) == key for cell in cells)


def kind_of_file(data):
    """Told by content, never by name: `zip` (xlsx), `ole` (xls, WPS) or `text`."""
    if data.startswith(b"PK\x03\x04"):
        return "zip"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise Refused("empty")
    if b"\x00" in data or start.startswith((b"<", b"%PDF", b"MZ", b"\x7fELF", b"{\\rtf", b"GIF8", b"\x89PNG")):
        raise Refused("type")
    return "text"


def _place(letters):
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column - 1


def _inflate(data, entry):
    """The real content of an entry, whatever size its directory claims."""
    lengths = struct.unpack_from("<HH", data, entry.header_offset + 26)
    start = entry.header_offset + 30 + sum(lengths)
    raw = memoryview(data)[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        yield from (bytes(raw[at : at + _STEP]) for at in range(0, len(raw), _STEP))
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise Refused("unreadable")
    inflater = zlib.decompressobj(-15)
    for at in range(0, len(raw), _STEP):
        piece = raw[at : at + _STEP]
        while piece:
            yield inflater.decompress(piece, _STEP)
            piece = inflater.unconsumed_tail
    yield inflater.flush()


class _Archive:
    """One pass over all that is packed in an xlsx: refuses bombs, macros and links, notes formula and error cells."""

    def __init__(self, data, max_unpacked):
        self.data = data
        self.left = max_unpacked
        self.marks = {}
        self.small = {}
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
        self._check_directory(entries, max_unpacked)
        for entry in entries:
            self._check(entry)
        self.unpacked = max_unpacked - self.left
        if b"macroEnabled" in self.small.get("[Content_Types].xml", b""):
            raise Refused("macros")

    def _check_directory(self, entries, max_unpacked):
        names = [entry.filename for entry in entries]
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > max_unpacked:
            raise Refused("bomb")
        if any("vbaProject" in name for name in names):
            raise Refused("macros")
        if "xl/workbook.xml" not in names or len(set(names)) != len(names):
            raise Refused("type")
        if any(name.startswith("xl/externalLinks/") for name in names):
            raise Refused("links")
        if any(_ARCHIVE.search(name) and "printerSettings" not in name for name in names):
            raise Refused("nested")

    def _check(self, entry):
        if entry.flag_bits & 1:
            raise Refused("password")
        ratio_counts = entry.file_size > RATIO_COUNTS_FROM
        if ratio_counts and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise Refused("bomb")
        sheet = _SheetScan() if entry.filename.startswith("xl/worksheets/") else None
        size, tail = 0, b""
        for piece in _inflate(self.data, entry):
            if not size and (piece.startswith(b"PK\x03\x04") or b"<!DOCTYPE" in piece[:2048] or b"<!ENTITY" in piece):
                raise Refused("nested" if piece.startswith(b"PK") else "type")
            size += len(piece)
            if size > entry.file_size or size > self.left:
                raise Refused("bomb")
            if sheet:
                sheet.look(tail + piece)
                tail = piece[-_OVERLAP:]
            elif entry.filename in {"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"}:
                self.small[entry.filename] = self.small.get(entry.filename, b"") + piece
        self.left -= size
        if sheet:
            sheet.judge()
            self.marks[entry.filename] = sheet.marks

    def marks_of_sheet(self, index):
        """`{row: {place: mark}}` of the sheet that stands `index`-th in the workbook."""
        targets = {}
        for relation in _RELATION.findall(self.small.get("xl/_rels/workbook.xml.rels", b"")):
            found = {key: re.search(rb'\b%s="([^"]*)"' % key, relation) for key in (b"Id", b"Target")}
            if all(found.values()):
                path = found[b"Target"].group(1).decode().lstrip("/")
                targets[found[b"Id"].group(1)] = path if path.startswith("xl/") else f"xl/{path}"
        sheets = _SHEET.findall(self.small["xl/workbook.xml"])
        return self.marks.get(targets.get(sheets[index], ""), {}) if index < len(sheets) else {}


class _SheetScan:
    def __init__(self):
        self.marks = {}
        self.marked = 0
        self.cells = 0
        self.columns = set()
        self.rows = 0

    def look(self, piece):
        if b"<f" in piece:
            self._mark(_FORMULA_CELL.findall(piece), "formula")
        if b't="e"' in piece:
            self._mark(_ERROR_CELL.findall(piece), "error")
        if self.cells < CELLS_WORTH_MEASURING:
            places = _ANY_CELL.findall(piece)
            self.columns.update({letters for letters, _number in places})
            self.rows = max(self.rows, *map(int, {number for _letters, number in places}), 0)
        self.cells += piece.count(b"<c ")

    def _mark(self, cells, mark):
        self.marked += len(cells)
        if self.marked > MAX_FORMULAS:
            raise Refused("formulas")
        for letters, number in cells:
            self.marks.setdefault(int(number), {})[_place(letters)] = mark

    def judge(self):
        """A reader lays a full table from A1 to the last cell: a few scattered cells must not make it gigabytes."""
        width = max(map(_place, self.columns), default=0) + 1
        if width > MAX_COLUMNS or self.rows * width > max(40 * self.cells, 1_000_000):
            raise Refused("scattered")


def read_workbook(data, key, *, max_unpacked, max_rows, guarded=False):
    archive = _opened_archive(data, max_unpacked)
    if guarded:
        memory = PROCESS_MEMORY + MEMORY_PER_BYTE * (archive.unpacked if archive else 4 * len(data))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        yield from _first_sheet_with(load_workbook(io.BytesIO(data)), key, archive, max_rows)
    except PasswordError:
        raise Refused("password") from None
    except CalamineError:
        raise Refused("unreadable") from None


def _opened_archive(data, max_unpacked):
    """The packed parts of an xlsx, looked through; None for the old .xls."""
    if kind_of_file(data) == "zip":
        try:
            return _Archive(data, max_unpacked)
        except (zipfile.BadZipFile, zlib.error, struct.error, OSError):
            raise Refused("unreadable") from None
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        raise Refused("macros")
    return None


def _first_sheet_with(book, key, archive, max_rows):
    for index, meta in enumerate(book.sheets_metadata):
        if meta.visible != SheetVisibleEnum.Visible or meta.typ != SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_index(index)
        if (sheet.total_width or 0) > MAX_COLUMNS:
            raise Refused("scattered")
        # Leading empty rows are given by `iter_rows`, leading empty columns are not.
        shift = sheet.start[1] if sheet.start else 0
        rows = enumerate(sheet.iter_rows(), 1)
        heading = next(((number, cells) for number, cells in rows if holds(cells, key)), None)
        if heading:
            yield ("heading", *heading)
            marks = archive.marks_of_sheet(index) if archive else {}
            yield from _each_once(_pieces(_marked(rows, marks, shift), max_rows))
            return
    raise Refused("heading", column=key)


def _marked(rows, marks, shift):
    for number, cells in rows:
        if number in marks:
            yield number, _told(cells), {place - shift: mark for place, mark in marks[number].items()}
        elif cells.count("") != len(cells):
            yield number, _told(cells), None


def _told(cells):
    """TRUE and FALSE as words: in a dictionary of cells, True and 1.0 would be one."""
    if bool in map(type, cells):
        return [str(cell).upper() if cell.__class__ is bool else cell for cell in cells]
    return cells


def _each_once(pieces):
    """Cells that are alike become one object: they are sent once a piece, and looked up with their hash at hand."""
    for name, rows in pieces:
        same = {}.setdefault
        yield name, [(number, [same(cell, cell) for cell in cells], marks) for number, cells, marks in rows]


def _pieces(rows, max_rows):
    count = 0
    while piece := list(islice(rows, PIECE)):
        count += len(piece)
        if count > max_rows:
            raise Refused("rows", limit=max_rows)
        yield ("rows", piece)


def _encoding_of(data):
    """Told piece by piece: a file of a million rows as one text would take several times its size."""
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for at in range(0, len(data), _STEP):
                decoder.decode(data[at : at + _STEP])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Refused("encoding")


def read_text(data, key, *, max_rows):
    encoding = _encoding_of(data)
    try:
        for separator in (",", "\t", ";", "，"):
            text = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
            rows = enumerate(csv.reader(text, delimiter=separator), 1)
            heading = next(((number, cells) for number, cells in rows if holds(cells, key)), None)
            if heading and len(heading[1]) <= MAX_COLUMNS:
                yield ("heading", *heading)
                yield from _pieces(((number, cells, None) for number, cells in rows if any(cells)), max_rows)
                return
    except csv.Error:
        raise Refused("unreadable") from None
    raise Refused("heading", column=key)


def serve(key, max_unpacked, max_rows):
    """The guarded process: the workbook on standard input, events on standard output.

    Whatever a hostile workbook does, it does it here, within these limits and without the parent's environment.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESS_SECONDS, PROCESS_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    gc.disable()
    with Connection(os.dup(sys.stdout.fileno()), readable=False) as parent:
        try:
            for event in read_workbook(data, key, max_unpacked=max_unpacked, max_rows=max_rows, guarded=True):
                parent.send(event)
            parent.send(("end",))
        except Refused as refused:
            parent.send(("refused", refused.key, refused.values))
        except MemoryError:
            parent.send(("refused", "scattered", {}))
        except BrokenPipeError:
            return


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
