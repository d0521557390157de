"""What speaks against calling a household one without work on a day: the ledger's word and that of other offices."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from city.choices import FindingState
from city.findings import kind_named
from households import matching
from households.choices import LabourState, VisitOutcome
from households.models import LedgerSpan, ResidentFinding, Visit

#: Differences that may mean a job or a business the ledger does not know.
_SAY_AT_WORK = (matching.INSURED_BUT_UNEMPLOYED, matching.INSURED_ELSEWHERE, matching.BUSINESS_BUT_UNEMPLOYED)


@dataclass(frozen=True)
class Obstacle:
    """`resident` is None for what is about the whole household; `finding_id` names what has to be decided first."""

    resident: object
    words: str
    finding_id: int | None = None

    def __str__(self):
        return f"{self.resident.name}: {self.words}" if self.resident else self.words


def obstacles(household_id, day):
    """Members not known or at work by anybody's word, and nobody able and willing: empty for one without work."""
    spans = LedgerSpan.objects.in_force_on(day).filter(household=household_id).select_related("resident")
    spans = list(spans.order_by("resident__name", "resident_id"))
    found = [_against(span, day) for span in spans if span.state in (LabourState.UNKNOWN, LabourState.EMPLOYED)]
    found += _told_otherwise([span.resident_id for span in spans])
    if not any(span.state == LabourState.UNEMPLOYED and span.works_from <= day < span.retires_on for span in spans):
        found.append(Obstacle(None, _("no member of working age is recorded as able and willing to work")))
    return found


def _against(span, day):
    if span.state == LabourState.UNKNOWN:
        return Obstacle(span.resident, _("state on %(day)s not known") % {"day": day.isoformat()})
    return Obstacle(span.resident, _("works since %(day)s") % {"day": span.state_since.isoformat()})


def _told_otherwise(resident_ids):
    """Differences nobody has decided: accepted they write the ledger, explained they stand in the way no more."""
    links = ResidentFinding.objects.filter(
        resident__in=resident_ids, finding__state=FindingState.OPEN, finding__kind__in=_SAY_AT_WORK
    )
    return [
        Obstacle(
            link.resident,
            _("%(difference)s: decide this difference first")
            % {"difference": kind_named(link.finding.kind).describe(link.finding.evidence).summary},
            link.finding_id,
        )
        for link in links.select_related("finding", "resident").order_by("resident__name", "finding_id")
    ]


def verifying_visit(household_id, declared_on, today):
    """The latest completed visit since the declaration, or None."""
    visits = Visit.objects.standing().filter(
        household=household_id, outcome=VisitOutcome.COMPLETED, visited_on__range=(declared_on, today)
    )
    return visits.order_by("visited_on", "pk").last()
