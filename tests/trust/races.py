"""A server that answers with sixteen threads, and many who send it their forms at the same moment."""

import http.client
import os
import socket
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Barrier
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client

from tests.trust.scratch import ROOT, wait_until

WORKERS, THREADS = 2, 8
_TOKEN = "a" * 32
_PATIENCE = 300


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _database_url():
    """Of the database this process works on: a test's own has another name than the one that was told."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return parts._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@contextmanager
def serving(*, guarded=True):
    """The port of a running server."""
    port = _free_port()
    environment = os.environ | {"DATABASE_URL": _database_url(), "SECRET_KEY": settings.SECRET_KEY}
    command = [
        *(sys.executable, "-m", "gunicorn", f"tests.trust.race_site:site(guarded={guarded})"),
        *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--log-level", "critical"),
        *("--workers", str(WORKERS), "--threads", str(THREADS), "--timeout", "120"),
    ]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as server:
        try:
            wait_until(lambda: _answers(port))
            yield port
        finally:
            server.terminate()
            server.wait()


def _answers(port):
    with suppress(OSError, http.client.HTTPException):
        return _ask(port, "GET", "/healthz", None, {})[0] == http.HTTPStatus.OK
    return False


def _ask(port, method, path, body, headers):
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        asked.request(method, path, body, headers)
        answer = asked.getresponse()
        return answer.status, answer.getheader("Location", ""), answer.read().decode(errors="replace")
    finally:
        asked.close()


class Sender:
    """Somebody signed in, in a browser of their own."""

    def __init__(self, port, posting):
        client = Client()
        client.force_login(posting.staff)
        self._port = port
        self._cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"

    def send(self, path, data, **more):
        """(status, address, text) of a form sent; `key` is that of its page."""
        form = {"csrfmiddlewaretoken": _TOKEN, "idempotency_key": more.pop("key", uuid.uuid4())} | data
        headers = {
            "Cookie": f"{self._cookie}; {settings.CSRF_COOKIE_NAME}={_TOKEN}",
            "Content-Type": "application/x-www-form-urlencoded",
            **more,
        }
        return _ask(self._port, "POST", path, urlencode(form, doseq=True), headers)


def at_once(works):
    """What each of them answers; they begin at the same moment."""
    together = Barrier(len(works))

    def begin(work):
        together.wait(timeout=_PATIENCE)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def until_served(work):
    """Once more until a server answers: one that died is being replaced."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return work()
        except (OSError, http.client.HTTPException):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
