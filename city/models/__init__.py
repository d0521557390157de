from city.models.areas import Area, AreaCode
from city.models.clocks import Clock, ClockPause
from city.models.desk import Draft, NumberSeries
from city.models.files import StoredFile
from city.models.findings import Finding
from city.models.jobs import Lease, Run
from city.models.notices import Notice, Objection
from city.models.policy import CalendarDay, Employer, MinimumWage, Parameter, PolicyDocument
from city.models.sheets import IdempotencyKey, SheetImport
from city.models.staff import Posting, Staff
from city.models.trail import TrailAct, TrailBlock, TrailEntry
from city.models.workflow import Flowing, Move

__all__ = [
    "Area",
    "AreaCode",
    "CalendarDay",
    "Clock",
    "ClockPause",
    "Draft",
    "Employer",
    "Finding",
    "Flowing",
    "IdempotencyKey",
    "Lease",
    "MinimumWage",
    "Move",
    "Notice",
    "NumberSeries",
    "Objection",
    "Parameter",
    "PolicyDocument",
    "Posting",
    "Run",
    "SheetImport",
    "Staff",
    "StoredFile",
    "TrailAct",
    "TrailBlock",
    "TrailEntry",
]
