import re
import uuid

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import Client

from city.trail import nobody, standing_in

READS = re.compile(
    r"\s*\(*\s*(SELECT|WITH|EXPLAIN|PRAGMA \w+(\(|$)|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|SET|SHOW)\b", re.I
)
WRITES = re.compile(r"\b(INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\b", re.I)
ACCESS_LOG = re.compile(
    r"\s*(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(django_session|axes_\w+|city_trail\w+)\b", re.I
)

TRANSACTIONAL = {"transactional_db", "live_server", "django_db_reset_sequences", "django_db_serialized_rollback"}


def refuse_writes(execute, sql, params, many, context):
    """Session and access log apart, a page that is only looked at leaves the database as it was."""
    if not ACCESS_LOG.match(sql) and (not READS.match(sql) or WRITES.search(sql)):
        pytest.fail(f"a GET wrote: {sql[:200]}")
    return execute(sql, params, many, context)


class ReadingClient(Client):
    """The test client whose GET and HEAD fail the test when they write, and all else when it writes without an act."""

    def request(self, **request):
        with nobody():
            return super().request(**request)

    def get(self, *args, **kwargs):
        with connection.execute_wrapper(refuse_writes):
            return super().get(*args, **kwargs)

    def head(self, *args, **kwargs):
        with connection.execute_wrapper(refuse_writes):
            return super().head(*args, **kwargs)


@pytest.fixture
def client():
    return ReadingClient()


@pytest.fixture(autouse=True)
def own_cache():
    """Test processes share one Redis; each test has its own keys there."""
    caches["default"].key_prefix = uuid.uuid4().hex


@pytest.fixture(autouse=True)
def act_of_the_test(request):
    """Factories may write anywhere in a test. A test with `transaction=True` opens `acting` itself."""
    marker = request.node.get_closest_marker("django_db")
    transactional = (marker and marker.kwargs.get("transaction")) or TRANSACTIONAL & set(request.fixturenames)
    if transactional or not (marker or "db" in request.fixturenames):
        yield
        return
    request.getfixturevalue("db")
    with standing_in("test"):
        yield


def pytest_collection_modifyitems(config, items):
    """What needs the services is not among the tests of a run without them."""
    if settings.REDIS_URL and connection.vendor == "postgresql":
        return
    out = [item for item in items if item.get_closest_marker("services")]
    items[:] = [item for item in items if item not in out]
    config.hook.pytest_deselected(items=out)
