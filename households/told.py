"""What is told at a visit, as plain values between the form and the service."""

from dataclasses import dataclass, field
from datetime import date

from households.choices import FollowUpNeed


@dataclass(frozen=True)
class Told:
    """What was told about one member. `on` None: the day of the visit; `job` holds the details of work found.

    `afterwards` is what comes after lost work: "unemployed", or why the person does not look for work; nothing: nobody
    said, so it is assumed and asked again.
    """

    resident_id: int
    report: str
    on: date | None = None
    words: str = ""
    reason: str = ""
    afterwards: str = ""
    job: dict = field(default_factory=dict)


@dataclass(frozen=True)
class FollowUp:
    """What the visit leaves to do. `resident_id` names who a case is to be opened for."""

    need: str = FollowUpNeed.NONE
    on: date | None = None
    resident_id: int | None = None
