"""Uploads and generated files: encrypted on disk under random names, outside of the web root, gone in time."""

import hashlib
import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from city.ciphers import decrypt_bytes, encrypt_bytes
from city.models import StoredFile

ORPHANS_KEPT = timedelta(days=1)


class FileGone(Exception):
    """The file's time is over."""


PROOF_MAX_BYTES = 10 * 1024 * 1024
#: What a scan or a photo of a paper may be, told by its first bytes and never by its name.
_PROOF_TYPES = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


def proof_type(content):
    """The content type of a scanned paper by its first bytes, or None for anything else."""
    return next((name for start, name in _PROOF_TYPES if content.startswith(start)), None)


def path_of(stored):
    name = stored.stored_as.hex
    return Path(settings.FILES_ROOT) / name[:2] / name


def store(name, content, *, content_type, posting=None, keep_days=None):
    """Keeps bytes, or the file at a path, up to 200 MB in memory. `keep_days` None: kept."""
    plain = content if isinstance(content, bytes) else Path(content).read_bytes()
    stored = StoredFile(
        name=Path(name).name[:200],
        content_type=content_type,
        size=len(plain),
        sha256=hashlib.sha256(plain).hexdigest(),
        stored_as=uuid.uuid4(),
        posting=posting,
        expires_at=timezone.now() + timedelta(days=keep_days) if keep_days is not None else None,
    )
    path = path_of(stored)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encrypt_bytes(plain))
    stored.save()
    return stored


def read(stored):
    """The plain bytes. Raises FileGone when its time is over, InvalidTag when somebody changed it on disk."""
    if stored.expires_at and stored.expires_at <= timezone.now():
        raise FileGone(stored.name)
    try:
        return decrypt_bytes(path_of(stored).read_bytes())
    except FileNotFoundError:
        raise FileGone(stored.name) from None


def expire_files():
    """Deletes from the disk what is past its time, and what a rolled back transaction left; returns how many.

    The rows stay: they tell what was uploaded and handed out.
    """
    now = timezone.now()
    gone = 0
    for stored in StoredFile.objects.filter(expires_at__lte=now).order_by("-expires_at").iterator():
        gone += _delete(path_of(stored))
    for path in Path(settings.FILES_ROOT).glob("??/*"):
        if path.stat().st_mtime < (now - ORPHANS_KEPT).timestamp() and not _is_known(path):
            gone += _delete(path)
    return gone


def _is_known(path):
    return StoredFile.objects.filter(stored_as=path.name).exists()


def _delete(path):
    try:
        path.unlink()
    except FileNotFoundError:
        return 0
    return 1


def discard(stored):
    """Takes a file away before its time, once that is committed."""
    StoredFile.objects.filter(pk=stored.pk).update(expires_at=timezone.now())
    transaction.on_commit(lambda: _delete(path_of(stored)))
