"""Encryption and keyed hashes of personal numbers, behind one interface so that a city can put SM4 and SM3 here."""

import hashlib
import hmac
import os
import uuid
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.functional import SimpleLazyObject


def _derive(key, purpose):
    return hmac.new(key, purpose, hashlib.sha256).digest()


_boxes = SimpleLazyObject(
    lambda: [AESGCM(_derive(key, b"encrypt")) for key in (settings.DATA_KEY, *settings.DATA_KEYS_OLD)]
)


@cache
def _keyed_mac():
    return hmac.new(_derive(settings.HASH_KEY, b"search"), b"", hashlib.sha256)


def encrypt_bytes(plain):
    """AES-GCM with a random nonce: nonce (12 bytes), cipher text, tag (16 bytes)."""
    nonce = os.urandom(12)
    return nonce + _boxes[0].encrypt(nonce, plain, None)


def decrypt_bytes(sealed):
    """Opens with the present key, else with a retired one; raises InvalidTag when none fits."""
    sealed = bytes(sealed)
    for box in _boxes:
        try:
            return box.decrypt(sealed[:12], sealed[12:], None)
        except InvalidTag:
            continue
    raise InvalidTag


def keyed_hash(text):
    """128 bits of HMAC-SHA256 as a UUID: equal for equal text, useless without the key, 16 bytes in an index."""
    mac = _keyed_mac().copy()
    mac.update(text.encode())
    return uuid.UUID(bytes=mac.digest()[:16])


def mask_number(number):
    """The one mask of an ID number: the first six digits and twelve stars."""
    return f"{number[:6]}{'*' * 12}" if number else ""
