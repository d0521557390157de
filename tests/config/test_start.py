import os
import subprocess
import sys

import pytest
from django.conf import settings

from config import start

GOOD = {
    "APP_ENV": "production",
    "SECRET_KEY": "kJ3f9-Qz_7pLm2Xv8Rt5Wn1Bc6Yd4Hs0GaUeIoTiNrEwSqZxCvBnMlKj",
    "DATA_KEY": "0f" * 32,
    "ALLOWED_HOSTS": "city.example",
    "DATABASE_URL": "postgres://city:secret@127.0.0.1:5432/city",
    "REDIS_URL": "redis://:secret@127.0.0.1:6379/0",
}
BAD = [
    ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY is a default or too short"),
    ({"SECRET_KEY": "django-insecure-" + "abcdefgh" * 8}, "SECRET_KEY is a default or too short"),
    ({"DATA_KEY": "", "SECRET_KEY_OLD": "an older secret of this site"}, "DATA_KEY is missing"),
    ({"DATA_KEY": "0f0f"}, "32 bytes"),
    ({"DATA_KEY_OLD": "0e" * 32}, "HASH_KEY is missing"),
    ({"DEBUG": "1"}, "DEBUG is on"),
    ({"DATABASE_URL": ""}, "SQLite"),
    ({"DATABASE_URL": "sqlite:////tmp/city.sqlite3"}, "SQLite"),
    ({"REDIS_URL": "redis://127.0.0.1:6379/0"}, "REDIS_URL has no password"),
    ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is empty"),
    ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS has a wildcard"),
    ({"APP_ENV": "staging"}, "must be production, demo or test"),
]


def start_with(**changes):
    machine = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=settings.BASE_DIR,
        env=machine | GOOD | changes,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_good_values():
    assert start_with().returncode == 0


def test_a_small_site_may_say_that_it_wants_sqlite_and_no_broker():
    assert start_with(DATABASE_URL="", ALLOW_SQLITE="1", REDIS_URL="").returncode == 0


@pytest.mark.parametrize(("changes", "reason"), BAD)
def test_production_refuses_to_start_and_says_why(changes, reason):
    result = start_with(**changes)
    assert result.returncode != 0
    assert reason in result.stderr.splitlines()[-1]


def test_every_reason_is_told_at_once():
    result = start_with(SECRET_KEY="", DEBUG="1", ALLOWED_HOSTS="*")
    assert all(reason in result.stderr for reason in ["SECRET_KEY", "DEBUG", "ALLOWED_HOSTS"])


@pytest.mark.parametrize("text", ["0f" * 32, "Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8="])
def test_a_data_key_is_hex_or_base64(text):
    assert start.data_key(text) == b"\x0f" * 32
