"""What happened, told upwards: a lower app tells a fact, higher apps that subscribed act on it, in one transaction.

Handlers run in the order in which the apps subscribed, which is the order of the arrow.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class JobConfirmed:
    """A person with the right confirmed that a resident works."""

    resident_id: int
    spell_id: int | None
    on: date
    by: Any


@dataclass(frozen=True)
class JobEnded:
    resident_id: int
    on: date
    by: Any


@dataclass(frozen=True)
class PersonLeft:
    """Moved away, died or lost: no longer a resident from `on`."""

    resident_id: int
    household_id: int
    on: date
    reason: str
    by: Any


@dataclass(frozen=True)
class EpisodeCertified:
    episode_id: int
    by: Any


@dataclass(frozen=True)
class EpisodeEnded:
    episode_id: int
    by: Any


@dataclass(frozen=True)
class CaseWanted:
    """A visit or a layoff warning found somebody who needs help with work."""

    resident_id: int
    intake: str
    words: str
    preventive: bool
    by: Any


@dataclass(frozen=True)
class ReferralAnswered:
    """Somebody to whom a job was introduced took it, or did not."""

    referral_id: int
    by: Any


_handlers = {}


def subscribe(fact_class, handler):
    """`handler(fact)` is called inside the teller's transaction. Subscribing again changes nothing."""
    handlers = _handlers.setdefault(fact_class, [])
    if handler not in handlers:
        handlers.append(handler)


def tell(fact):
    for handler in _handlers.get(type(fact), ()):
        handler(fact)


def table():
    """`{fact: [handlers]}` by name, for the test that prints who listens to what."""
    return {
        fact.__name__: [f"{handler.__module__}.{handler.__qualname__}" for handler in handlers]
        for fact, handlers in _handlers.items()
    }
