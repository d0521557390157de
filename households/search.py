"""One box: what was typed decides how it is searched. ID numbers and phones exactly, names from their beginning."""

import re

from django.db import connection

from city.ciphers import keyed_hash
from city.rules import IdNumberError, half_width, normalise_id_number
from households.models import Resident

_PHONE = re.compile(r"\+?\d{7,20}")
LONGEST = 60
_DIGITS_OF_A_NUMBER = 7


BY_NAME, BY_INITIALS = ("name", "id"), ("initials", "id")


def _starting_with(residents, field, prefix):
    """SQLite's LIKE uses no index: a range beside it does, in the order of code points."""
    residents = residents.filter(**{f"{field}__startswith": prefix})
    if connection.vendor == "sqlite":
        residents = residents.filter(**{f"{field}__gte": prefix, f"{field}__lt": f"{prefix}\U0010ffff"})
    return residents


def is_number(query):
    """Whether an ID number or a phone was typed: such a search belongs in no address, history or proxy log."""
    return sum(letter.isdigit() for letter in half_width(query)) >= _DIGITS_OF_A_NUMBER


def search(query, posting):
    """(residents in the posting's area, keyset) for what was typed; an empty query finds nobody."""
    typed = half_width(query).replace("\0", "").strip()[:LONGEST]
    residents = Resident.objects.visible_to(posting)
    if not typed:
        return residents.none(), BY_NAME
    try:
        return residents.filter(id_hash=keyed_hash(normalise_id_number(typed))), BY_NAME
    except IdNumberError:
        pass
    bare = re.sub(r"[\s-]", "", typed)
    if _PHONE.fullmatch(bare):
        return residents.filter(phone_hash__in={keyed_hash(bare), keyed_hash(typed)}), BY_NAME
    if typed.isascii() and typed.replace(" ", "").isalpha():
        return _starting_with(residents, "initials", typed.replace(" ", "").upper()), BY_INITIALS
    return _starting_with(residents, "name", typed), BY_NAME
