"""What production refuses to start with. Pure, so that every bad value can be tried in a table."""

import base64
import binascii
import hmac
from urllib.parse import urlsplit

KEY_BYTES = 32
SECRET_MIN_LENGTH = 50
SECRET_MIN_DISTINCT = 5
WEAK_MARKERS = ("django-insecure", "change-me", "demo-only", "test-only")


def data_key(text):
    """The 32 bytes written as 64 hex digits or as base64; an empty text is no key."""
    text = text.strip()
    if not text:
        return b""
    try:
        key = bytes.fromhex(text) if len(text) == 2 * KEY_BYTES else base64.b64decode(text, "-_", validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("must be 32 bytes, written as 64 hex digits or as base64")
    return key


def derived_data_key(secret):
    """The data key of a site that names none: good as long as SECRET_KEY is never changed."""
    return hmac.digest(secret.encode(), b"data key", "sha256")


def secret_is_weak(secret):
    return (
        len(secret) < SECRET_MIN_LENGTH
        or len(set(secret)) < SECRET_MIN_DISTINCT
        or any(marker in secret for marker in WEAK_MARKERS)
    )


def refusals(*, secret_key, data_key, rotating, hash_key, debug, engine, allow_sqlite, redis_url, allowed_hosts):
    """Every reason at once: whoever sets a server up should not meet them one restart at a time."""
    reasons = {
        "SECRET_KEY is missing.": not secret_key,
        f"SECRET_KEY is a default or too short: it needs {SECRET_MIN_LENGTH} random characters.": (
            secret_key and secret_is_weak(secret_key)
        ),
        "DATA_KEY is missing: without it SECRET_KEY encrypts the data, and cannot be changed.": (
            secret_key and not data_key
        ),
        "HASH_KEY is missing: before DATA_KEY changes, give HASH_KEY the first DATA_KEY, or searches find nothing.": (
            rotating and not hash_key
        ),
        "DEBUG is on.": debug,
        "DATABASE_URL points to SQLite: use PostgreSQL, or say ALLOW_SQLITE=1 for a small single site.": (
            engine.endswith("sqlite3") and not allow_sqlite
        ),
        "REDIS_URL has no password: an open Redis lets anyone queue jobs.": (
            redis_url and not urlsplit(redis_url).password
        ),
        "ALLOWED_HOSTS is empty: name the site's hosts.": not allowed_hosts,
        "ALLOWED_HOSTS has a wildcard: name the site's hosts.": "*" in allowed_hosts,
    }
    return [reason for reason, holds in reasons.items() if holds]
