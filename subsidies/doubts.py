"""Doubts about lines of claims, as findings: looked for when a claim is handed in and every night, until it is paid.

An open one holds its claim: nobody approves or pays it. It goes when it is explained, when the line is taken off, or
when nothing speaks against the line any more. A line that is paid is looked at too, for what became known since.
"""

from django.db import connection, transaction
from django.db.models import Count

from city import findings
from city.bulk import make_room
from city.choices import FindingState
from city.models import Finding
from city.trail import acting
from subsidies import crossings, suspects
from subsidies.choices import Doubt, LineStanding
from subsidies.looking import Look
from subsidies.models import LineFinding

QUESTIONS = {
    Doubt.DIED: suspects.died,
    Doubt.PENSION: suspects.pension,
    Doubt.RETIRED: suspects.retired,
    Doubt.ELSEWHERE: suspects.insured_elsewhere,
    Doubt.BUSINESS: suspects.business,
    Doubt.PRISON: suspects.prison,
    Doubt.NOT_THERE: suspects.not_there,
    Doubt.EXCLUDED: crossings.excluded,
    Doubt.USED_UP: crossings.used_up,
    Doubt.DISTRICT: crossings.two_districts,
    Doubt.ACCOUNT: crossings.shared_account,
    Doubt.ATTENDANCE: crossings.attendance,
    Doubt.NOT_INSURED: suspects.not_insured,
    Doubt.INSIDER: crossings.insider,
}


def check(on, claim_ids=None):
    """Look at every live line, or at those of some claims. {kind: {what became of its findings: number}}

    A fixed number of statements, whatever the number of lines.
    """
    with transaction.atomic(), acting(reason="doubts"):
        _one_at_a_time()
        if claim_ids is None:
            make_room()
        look = Look(on, claim_ids)
        among = None if claim_ids is None else Finding.objects.filter(line_finding__line__claim__in=claim_ids)
        told, owners = {}, {}
        for kind, question in QUESTIONS.items():
            rows = question(look)
            told[kind.value] = findings.record(kind.value, rows, on, among)
            owners.update({(kind.value, row.key): row.owner for row in rows})
        _follow_lines_written_anew(owners, claim_ids)
    return {kind: counts for kind, counts in told.items() if counts}


def held(claim_ids):
    """{claim id: how many open findings hold it}, of those that are held."""
    rows = LineFinding.objects.filter(
        line__claim__in=claim_ids, line__standing=LineStanding.LIVE, finding__state=FindingState.OPEN
    )
    return dict(rows.order_by().values_list("line__claim").annotate(Count("pk")))


def _one_at_a_time():
    """Two looks at once would both open the same finding. The embedded database lets one write at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('subsidies.doubts'))")


def _follow_lines_written_anew(owners, claim_ids):
    """A line taken off and written again for the same person and month keeps what was said about it."""
    stale = LineFinding.objects.exclude(line__standing=LineStanding.LIVE).select_related("finding")
    if claim_ids is not None:
        stale = stale.filter(line__claim__in=claim_ids)
    links = []
    for link in stale:
        owner = owners.get((link.finding.kind, link.finding.key))
        if owner is not None:
            link.line_id = owner
            links.append(link)
    LineFinding.objects.bulk_update(links, ["line"])
