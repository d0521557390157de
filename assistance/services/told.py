"""What lower apps tell, and what it means for cases. Subscribed in `apps.py`; runs inside the teller's transaction."""

from assistance.choices import CaseReason
from assistance.models import Case
from assistance.services import cases
from city.facts import CaseWanted, JobConfirmed, JobEnded, PersonLeft, subscribe
from households.choices import LeaveReason
from households.models import Resident

_WHY = {
    LeaveReason.MOVED: CaseReason.MOVED,
    LeaveReason.DIED: CaseReason.DIED,
    LeaveReason.LOST: CaseReason.UNREACHABLE,
}


def place_confirmed(fact):
    cases.confirmed(resident_id=fact.resident_id, spell_id=fact.spell_id, on=fact.on, by=fact.by)


def note_job_ended(fact):
    cases.job_ended(resident_id=fact.resident_id, on=fact.on, by=fact.by)


def lapse_left(fact):
    cases.left(resident_id=fact.resident_id, reason=_WHY.get(fact.reason, CaseReason.OTHER), by=fact.by)


def open_wanted(fact):
    """A case that is open already serves; who left the city has none opened."""
    if Case.objects.filter(resident=fact.resident_id).open().exists():
        return
    if Resident.objects.filter(pk=fact.resident_id, community__isnull=False).exists():
        cases.open_case(
            resident_id=fact.resident_id,
            intake=fact.intake,
            words=fact.words,
            preventive=fact.preventive,
            by=fact.by,
        )


def listen():
    subscribe(JobConfirmed, place_confirmed)
    subscribe(JobEnded, note_job_ended)
    subscribe(PersonLeft, lapse_left)
    subscribe(CaseWanted, open_wanted)
