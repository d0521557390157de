"""The queue of claims that wait for a posting: which step it takes with them, which are there, what money is left."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q
from django.utils import timezone

from subsidies.choices import ClaimState, LineStanding
from subsidies.models import Claim, Fund
from subsidies.rules import ZERO
from subsidies.workflow import CLAIM, MOST

#: The step that passes a claim on, by the state it waits in; the highest first.
STEPS = {
    "approve": ClaimState.STREET_REVIEWED,
    "review": ClaimState.STATION_CHECKED,
    "check": ClaimState.SUBMITTED,
}


def steps_of(posting):
    """The steps the posting takes, the highest first."""
    return [step for action in STEPS for step in CLAIM.steps[action] if step.is_open_to(posting)]


def waiting(posting, action):
    """The claims of the posting's area that wait for this step; `mine`: the posting's person took an earlier one."""
    return Claim.objects.visible_to(posting).filter(state=STEPS[action]).with_mine(posting)


def with_what_the_list_shows(claims):
    live = Q(lines__standing=LineStanding.LIVE)
    claims = claims.with_doubts().annotate(persons=Count("lines__resident", filter=live, distinct=True))
    return claims.select_related("area__parent", "employer")


@dataclass(frozen=True)
class Matching:
    """All that match the filters, at most `MOST`, as they were when the page was made: [(claim id, version)].

    `own`: claims left out of them, because the posting's person took an earlier step.
    """

    claims: list
    amount: Decimal
    doubtful: int
    own: int
    oldest_on: object
    more: bool

    @property
    def as_text(self):
        return ",".join(f"{pk}:{version}" for pk, version in self.claims)


def matching(claims):
    rows = claims.with_doubts().order_by("submitted_at", "pk")
    rows = list(rows.values_list("pk", "version", "total", "doubts", "mine", "submitted_at")[: MOST + 1])
    more, rows = len(rows) > MOST, rows[:MOST]
    others = [row for row in rows if not row[4]]
    return Matching(
        claims=[row[:2] for row in others],
        amount=sum((row[2] for row in others), ZERO),
        doubtful=sum(row[3] > 0 for row in others),
        own=len(rows) - len(others),
        oldest_on=timezone.localdate(rows[0][5]) if rows else None,
        more=more,
    )


def next_of(posting, claim):
    """The claim after this one in the posting's own queue, and how many wait there; none where it takes no step."""
    steps = steps_of(posting)
    if not steps:
        return None
    others = waiting(posting, steps[0].action).filter(mine=False).exclude(pk=claim.pk).oldest_first()
    if claim.submitted_at is None:
        return others.first()
    later = others.filter(Q(submitted_at__gt=claim.submitted_at) | Q(submitted_at=claim.submitted_at, pk__gt=claim.pk))
    return later.first() or others.first()


def money_left(posting):
    """This year's funds of the area and those above it, with what is left and the share that is spoken for."""
    funds = Fund.objects.visible_to(posting).with_left().filter(year=timezone.localdate().year)
    funds = funds.filter(area__in=posting.area.path_ids).annotate(used=F("reserved") + F("spent"))
    return funds.select_related("area").order_by("-area__path", "purpose", "source")
