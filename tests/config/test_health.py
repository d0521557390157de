import pytest
from django.db import DatabaseError

pytestmark = pytest.mark.django_db


def broken():
    raise DatabaseError("connection refused for user city")


def late():
    return False


def test_the_process_answers_that_it_is_up(client):
    assert client.get("/healthz").content == b"ok\n"


def test_ready_names_what_is_not_and_nothing_more(client, settings):
    settings.READINESS_CHECKS = {
        "database": "config.health.database",
        "broker": "tests.config.test_health.broken",
        "nightly": "tests.config.test_health.late",
    }
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content == b"not ready: broker, nightly\n"


def test_ready_when_database_and_broker_answer(client, settings):
    settings.READINESS_CHECKS = {"database": "config.health.database", "broker": "config.health.broker"}
    assert client.get("/readyz").status_code == 200


def test_a_broker_that_is_away_is_named(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.READINESS_CHECKS = {"broker": "config.health.broker"}
    assert client.get("/readyz").content == b"not ready: broker\n"
