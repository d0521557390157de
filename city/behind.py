"""The database works while Python reads and decides: statements done behind the caller, on the caller's connection."""

import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

from django.db import DEFAULT_DB_ALIAS, connections

#: So many pieces of work may wait: enough that the database never does, few enough to hold in memory.
_MOST_WAITING = 16
#: Seconds until a thread that computes lets another one on; Python's five times as many a server would idle away.
_TURN = 0.001


class Behind:
    """Does one piece of work after another, in the order given, within the transaction of whoever opened it.

    PostgreSQL only, where a statement is time spent waiting: SQLite works in this very process, so there all is done
    at once. On leaving nothing is under way any more, and what failed is raised.
    """

    def __enter__(self):
        self._given = deque()
        self._thread = None
        self._connection = connections[DEFAULT_DB_ALIAS]
        if self._connection.vendor == "postgresql":
            self._connection.inc_thread_sharing()
            self._turn = sys.getswitchinterval()
            sys.setswitchinterval(_TURN)
            self._thread = ThreadPoolExecutor(1, "behind", self._lend)
        return self

    def __exit__(self, error, *_rest):
        if self._thread:
            self._thread.shutdown(cancel_futures=error is not None)
            self._connection.dec_thread_sharing()
            sys.setswitchinterval(self._turn)
        for given in self._given:
            if not given.cancelled():
                given.result()

    def _lend(self):
        connections[DEFAULT_DB_ALIAS] = self._connection

    def do(self, work, *arguments, **options):
        """The future of this work. Raises what failed of the work given before."""
        if self._thread is None:
            done = Future()
            done.set_result(work(*arguments, **options))
            return done
        while self._given and (self._given[0].done() or len(self._given) >= _MOST_WAITING):
            self._given.popleft().result()
        self._given.append(self._thread.submit(copy_context().run, work, *arguments, **options))
        return self._given[-1]
