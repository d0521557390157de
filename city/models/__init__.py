from city.models.areas import Area, AreaCode
from city.models.files import StoredFile
from city.models.jobs import Lease, Run
from city.models.policy import CalendarDay, Employer, MinimumWage, Parameter, PolicyDocument
from city.models.sheets import IdempotencyKey, SheetImport
from city.models.staff import Posting, Staff
from city.models.trail import TrailAct, TrailBlock, TrailEntry

__all__ = [
    "Area",
    "AreaCode",
    "CalendarDay",
    "Employer",
    "IdempotencyKey",
    "Lease",
    "MinimumWage",
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
