"""How often something may be done from one place: counted in the cache, which all processes share in production."""

import hashlib

from django.core.cache import cache


def _key(name, *parts):
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]
    return f"rate-{name}-{digest}"


def take_turn(name, *parts, limit, seconds):
    """Whether one more is allowed for these parts (an address, what it is about) within the stretch of time."""
    key = _key(name, *parts)
    if cache.add(key, 1, seconds):
        return True
    try:
        return cache.incr(key) <= limit
    except ValueError:  # it ran out between the two
        cache.add(key, 1, seconds)
        return True


def first_time(name, *parts, seconds):
    """Whether this has not been seen yet: the second send of a form that nobody signed in for."""
    return cache.add(_key(name, *parts), 1, seconds)
