"""Differences with other offices where people work: on the desk of a station, and on a person's page."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city.choices import FindingState
from city.desk import ON_THE_DESK, Line, WorkList
from city.findings import kind_named
from households.models import LedgerSpan, ResidentFinding


def open_findings(request, scope):
    """Open differences of the community or the grid chosen, the oldest first."""
    links = ResidentFinding.objects.filter(finding__state=FindingState.OPEN, finding__area=scope.posting.area_id)
    if scope.grid:
        there = LedgerSpan.objects.in_force_on(timezone.localdate()).filter(household__grid=scope.grid)
        links = links.filter(resident__in=there.values("resident_id"))
    return _work_list(links)


def findings_below(request, _subject):
    """The same for a street: of all its stations."""
    return _work_list(
        ResidentFinding.objects.filter(
            finding__state=FindingState.OPEN, finding__area__path__startswith=request.posting.area.path
        )
    )


def _work_list(links):
    rows = list(links.select_related("finding__area", "resident").order_by("finding_id")[:ON_THE_DESK])
    lines = [
        Line(
            title=link.resident.name,
            url=reverse("city:finding", args=[link.finding_id]),
            sub=kind_named(link.finding.kind).describe(link.finding.evidence).summary,
            due=_("since %(day)s") % {"day": link.finding.found_on.isoformat()},
        )
        for link in rows
    ]
    return WorkList(
        name="findings",
        title=_("Differences"),
        lines=lines,
        total=links.count(),
        more_url=reverse("city:findings"),
        empty=_("The ledger and the other offices agree."),
    )


def findings_of(request, resident):
    """What other offices say otherwise of a person: what is open, and how it was explained before."""
    links = resident.findings.exclude(finding__state=FindingState.DROPPED).select_related("finding")
    rows = [
        (link.finding, kind_named(link.finding.kind), kind_named(link.finding.kind).describe(link.finding.evidence))
        for link in links.order_by("-finding_id")
    ]
    return rows or None
