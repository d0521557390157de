"""Pages by row comparison: page 2,000 costs what page 1 costs, and nothing is counted."""

import base64
import hashlib
import json
from dataclasses import dataclass
from operator import attrgetter

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan, TupleLookupMixin

PAGE_SIZE = 50
AFTER, BEFORE = "after", "before"


@dataclass(frozen=True)
class Page:
    rows: list
    next: str | None
    previous: str | None

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)


class _RowComparison:
    """Django writes a chain of ORs on SQLite, which no index serves; SQLite compares rows since 3.15."""

    def as_sqlite(self, compiler, connection):
        return super(TupleLookupMixin, self).as_sql(compiler, connection)


class _RowAfter(_RowComparison, TupleGreaterThan):
    pass


class _RowBefore(_RowComparison, TupleLessThan):
    pass


def _cipher():
    digest = hashlib.sha256(b"paging" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def encode_cursor(listing, side, values):
    """Encrypted, because the sorting columns may be names and an address ends up in logs and histories."""
    return _cipher().encrypt(json.dumps([listing, side, values], cls=DjangoJSONEncoder).encode()).decode()


def decode_cursor(listing, cursor):
    """A cursor of another list, of nobody here, or from before a change of key starts the list again."""
    try:
        origin, side, values = json.loads(_cipher().decrypt(cursor.encode()))
    except (InvalidToken, UnicodeError):
        return AFTER, None
    return (side, values) if origin == listing else (AFTER, None)


def paginate(queryset, *, by, cursor="", size=PAGE_SIZE):
    """
    `by` names non-null columns, the last of them unique, all ascending or all with a minus: a row comparison has one
    direction.
    """
    descending = by[0].startswith("-")
    if any(name.startswith("-") != descending for name in by):
        raise ValueError("a keyset has one direction")
    columns = [name.removeprefix("-") for name in by]
    listing = [queryset.model._meta.label, *by]
    side, values = decode_cursor(listing, cursor) if cursor else (AFTER, None)
    down = descending != (side == BEFORE)
    rows = queryset.order_by(*[F(name).desc() if down else F(name).asc() for name in columns])
    if values is not None:
        compare = _RowBefore if down else _RowAfter
        rows = rows.filter(compare(Tuple(*map(F, columns)), tuple(values)))
    rows = list(rows[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if side == BEFORE:
        rows.reverse()

    def cursor_at(side, edge):
        return encode_cursor(listing, side, [attrgetter(name.replace("__", "."))(edge) for name in columns])

    return Page(
        rows=rows,
        next=cursor_at(AFTER, rows[-1]) if rows and (more or side == BEFORE) else None,
        previous=cursor_at(BEFORE, rows[0]) if rows and values and (more or side == AFTER) else None,
    )
