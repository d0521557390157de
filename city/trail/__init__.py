"""The audit trail: who wrote what, when, why and from where, kept by triggers so that bulk writes count too."""

from city.trail.acts import acting, current_act, nobody, record_event, standing_in
from city.trail.restoring import BuiltOn, keys_written, undo_act
from city.trail.seals import seal, verify

__all__ = [
    "BuiltOn",
    "acting",
    "current_act",
    "keys_written",
    "nobody",
    "record_event",
    "seal",
    "standing_in",
    "undo_act",
    "verify",
]
