"""The hash chain over the trail: a finished stretch is sealed, and whatever is changed in it later shows."""

import hashlib
import json
import logging
from itertools import islice

from django.db import connection, transaction
from django.db.models import Max, TextField
from django.db.models.functions import Cast

from city.models import TrailBlock, TrailEntry
from city.trail.acts import OPEN_ACTS

logger = logging.getLogger(__name__)

BLOCK_ENTRIES = 1000
_FIELDS = (
    "id",
    "table",
    "key",
    "operation",
    "text",
    "at",
    "act_id",
    "act__staff_id",
    "act__posting_id",
    "act__reason",
    "act__request_id",
    "act__address",
    "act__at",
    "last_key",
)


def seal():
    """Seals what is finished in blocks of a thousand entries, the last one smaller; returns how many were sealed.

    Entries numbered after the start of an act that is still open wait: the act may yet write among them. The digest
    of the newest block goes to the log, and with it out of the reach of who could rewrite the tables.
    """
    end = _last_finished_entry()
    sealed = 0
    with transaction.atomic():
        previous = _newest_block()
        start, digest = (previous.last_entry, previous.digest) if previous else (0, "")
        rows = _rows(TrailEntry.objects.filter(id__gt=start, id__lte=end))
        while block := list(islice(rows, BLOCK_ENTRIES)):
            start, digest = block[-1][0], _digest(block, digest)
            TrailBlock.objects.create(first_entry=block[0][0], last_entry=start, entries=len(block), digest=digest)
            sealed += len(block)
    if sealed:
        logger.info("trail sealed entry=%d digest=%s", start, digest)
    return sealed


def _newest_block():
    """The block to go on from; two sealers at once would fork the chain, so the second waits for the first."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE city_trailblock IN SHARE ROW EXCLUSIVE MODE")
    return TrailBlock.objects.order_by("last_entry").last()


def _last_finished_entry():
    """The number up to which no entry can appear any more.

    SQLite has one writer at a time. On PostgreSQL each open act holds a lock numbered by the last entry drawn
    before it; the sequence is read first, so that an act which begins in between draws later numbers anyway.
    """
    if connection.vendor != "postgresql":
        return TrailEntry.objects.aggregate(last=Max("id"))["last"] or 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM city_trailentry_id_seq")
        last = cursor.fetchone()[0]
        cursor.execute(
            """SELECT min(((classid::bigint & 65535) << 32) + objid::bigint) FROM pg_locks
               WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = %s
                 AND pid <> pg_backend_pid()
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
            [OPEN_ACTS],
        )
        before_open_acts = cursor.fetchone()[0]
    return last if before_open_acts is None else min(last, before_open_acts)


def _rows(entries):
    rows = entries.order_by("id").annotate(text=Cast("before", TextField())).values_list(*_FIELDS)
    return rows.iterator(chunk_size=5000)


def _digest(rows, before):
    chain = hashlib.sha256(before.encode())
    for row in rows:
        # An entry of one row is sealed without the key it does not have.
        chain.update(json.dumps(row if row[-1] is not None else row[:-1], default=str).encode())
    return chain.hexdigest()


def verify():
    """Walks the whole chain: the number of entries, sealed or not yet, and every block that does not hold."""
    broken, start, digest = [], 0, ""
    for block in TrailBlock.objects.order_by("last_entry").iterator():
        rows = list(_rows(TrailEntry.objects.filter(id__gt=start, id__lte=block.last_entry)))
        if _digest(rows, digest) != block.digest:
            broken.append(
                {"first": block.first_entry, "last": block.last_entry, "sealed": block.entries, "found": len(rows)}
            )
        start, digest = block.last_entry, block.digest
    return {"entries": TrailEntry.objects.count(), "broken": broken}
