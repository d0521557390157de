"""Who may hold a public-welfare post now, and with what place in the order: for one person or for thousands."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from city import parameters
from city.moves import StepRefused
from households.models import HardshipCertification, LedgerSpan, ZeroEmploymentEpisode
from placements.choices import PlacementState
from placements.models import Placement, Post
from placements.rules import MOST_TURNS, post_term, priority_of


@dataclass
class Standing:
    """A person before a post, on a day. `refusals` are words for the page; empty: may hold one."""

    resident_id: int
    retires_on: date
    household_id: int | None
    community_id: int | None
    priority: str
    hardship_id: int | None
    turn: int
    nears_at_first: bool | None
    landless: bool
    refusals: list

    def term(self, area, starts_on):
        """`(months, until_retirement)` by the parameters in force in the area on that day."""
        return post_term(
            starts_on,
            self.retires_on,
            most_months=parameters.value("welfare_post_max_months", area, starts_on),
            near_retirement_years=parameters.value("near_retirement_years", area, starts_on),
            nears_at_first=self.nears_at_first,
        )


def standing_of(resident, day):
    """Raises StepRefused when the ledger knows of no home of theirs on the day."""
    found = standings({resident.pk}, day).get(resident.pk)
    if found is None:
        raise StepRefused("resident", _("This person lives in no community of the city."))
    return found


def standings(resident_ids, day):
    """`{resident id: Standing}` for ids or a query of ids: five queries. Who is not in the ledger is absent."""
    certified = {}
    hardship = HardshipCertification.objects.in_force_on(day).filter(resident__in=resident_ids)
    for key, resident_id, category in hardship.order_by("certified_on").values_list("pk", "resident_id", "category"):
        certified.setdefault(resident_id, {})[category] = key
    in_need = set(ZeroEmploymentEpisode.objects.open_on(day).values_list("household_id", flat=True))
    turns, living = {}, set()
    earlier = Placement.objects.on_posts().exclude(state=PlacementState.DROPPED).filter(resident__in=resident_ids)
    for resident_id, turn, until, state in earlier.order_by("turn").values_list(
        "resident_id", "turn", "until_retirement", "state"
    ):
        turns.setdefault(resident_id, (turn, until))
        turns[resident_id] = (turn, turns[resident_id][1])
        if state in PlacementState.LIVE:
            living.add(resident_id)
    living |= set(Post.objects.filter(holder__in=resident_ids, state="filled").values_list("holder_id", flat=True))
    found = {}
    spans = LedgerSpan.objects.in_force_on(day).filter(resident__in=resident_ids)
    for span in spans.values(
        "resident_id", "state", "household_id", "community_id", "works_from", "retires_on", "landless_since"
    ):
        resident_id = span["resident_id"]
        categories = certified.get(resident_id, {})
        last_turn, nears = turns.get(resident_id, (0, None))
        in_zero = span["household_id"] in in_need
        found[resident_id] = Standing(
            resident_id=resident_id,
            retires_on=span["retires_on"],
            household_id=span["household_id"],
            community_id=span["community_id"],
            priority=priority_of(categories, in_zero),
            hardship_id=next(iter(categories.values()), None),
            turn=last_turn + 1,
            nears_at_first=nears,
            landless=span["landless_since"] is not None and span["landless_since"] <= day,
            refusals=_refusals(span, day, categories, last_turn, resident_id in living),
        )
    return found


def _refusals(span, day, categories, turns, has_post):
    told = []
    if not categories:
        told.append(_("No hardship certification in force: propose it on the person's page."))
    if not span["works_from"] <= day < span["retires_on"]:
        told.append(_("Not of working age on this day."))
    if has_post:
        told.append(_("Holds a public-welfare post already."))
    elif turns >= MOST_TURNS:
        told.append(_("Was placed on public-welfare posts twice already."))
    return told
