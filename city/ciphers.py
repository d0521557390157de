"""Encryption and keyed hashes of personal numbers, behind one interface so that a city can put SM4 and SM3 here."""

import hashlib
import hmac
import os
import uuid
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings


def _derive(key, purpose):
    return hmac.new(key, purpose, hashlib.sha256).digest()


@cache
def _boxes():
    return [AESGCM(_derive(key, b"encrypt")) for key in (settings.DATA_KEY, *settings.DATA_KEYS_OLD)]


@cache
def _keyed_pads():
    """HMAC-SHA256 begun with the key: the hashes of its two pads. Copying them costs a quarter of `hmac.new`."""
    key = _derive(settings.HASH_KEY, b"search").ljust(64, b"\0")
    return [hashlib.sha256(bytes(byte ^ pad for byte in key)) for pad in (0x36, 0x5C)]


def encrypt_bytes(plain):
    """AES-GCM with a random nonce: nonce (12 bytes), cipher text, tag (16 bytes)."""
    nonce = os.urandom(12)
    return nonce + _boxes()[0].encrypt(nonce, plain, None)


def decrypt_bytes(sealed):
    """Opens with the present key, else with a retired one; raises InvalidTag when none fits."""
    sealed = bytes(sealed)
    for box in _boxes():
        try:
            return box.decrypt(sealed[:12], sealed[12:], None)
        except InvalidTag:
            continue
    raise InvalidTag


def keyed_hash(text):
    """128 bits of HMAC-SHA256 as a UUID: equal for equal text, useless without the key, 16 bytes in an index."""
    return uuid.UUID(keyed_hexes([text])[0])


def keyed_hexes(texts):
    """The same of many texts, as 32 hexadecimal digits each, the way both databases read a UUID."""
    inner, outer = _keyed_pads()
    found = []
    for text in texts:
        own, rest = inner.copy(), outer.copy()
        own.update(text.encode())
        rest.update(own.digest())
        found.append(rest.hexdigest()[:32])
    return found


def mask_number(number):
    """The one mask of an ID number: the first six digits and twelve stars."""
    return f"{number[:6]}{'*' * 12}" if number else ""


def mask_phone(number):
    """A phone number with its middle hidden."""
    return f"{number[:3]}****{number[-4:]}" if number else ""
