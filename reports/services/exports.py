"""Lists behind figures and boards as files. Numbers stay masked."""

from datetime import date

from django.utils import translation
from django.utils.translation import gettext as _

from assistance.models import Commitment
from city.choices import AreaLevel
from city.ciphers import mask_number
from city.exports import CHUNK, finish
from city.jobs import job
from city.models import Area
from households.models import LedgerSpan
from reports.board import ORDER, board_rows, statuses_of
from reports.indicators import INDICATORS
from reports.services import explain
from reports.templatetags.figures import percent


@job("export_listing")
def export_listing(run):
    """The persons, households or episodes behind one part of one figure, as the ledger has them now."""
    asked = run.parameters
    area = Area.objects.visible_to(run.posting).get(code=asked["area"])
    with translation.override(asked.get("language")):
        return finish(run, _listing_rows(area, asked), f"{asked['indicator']}-{asked['part']}-{asked['on']}")


_PERSON = (
    "resident__name", "resident__id_number", "household__number", "community__name", "community__code",
    "state", "state_since", "spell__inactive_reason", "confirmed_on",
)  # fmt: skip


def _listing_rows(area, asked):
    key, part, on = asked["indicator"], asked["part"], date.fromisoformat(asked["on"])
    rows = explain.listing(area, on, key, part)
    place = [_("Household"), _("Community"), _("Community code"), _("Reason")]
    if rows.model is LedgerSpan:
        yield [_("Name"), _("ID number"), *place]
        # Plain values: a list may hold every person of a city.
        why = explain.person_reasons(part)
        for name, number, household, community, code, *span in rows.values_list(*_PERSON).iterator(CHUNK):
            yield [name, mask_number(number), household, community, code, why(*span)]
        return
    of_persons = rows.model is Commitment
    yield [_("Name"), _("ID number"), *place] if of_persons else place
    for row in rows.iterator(chunk_size=CHUNK):
        one = explain.shown(row)
        person = [one.resident.name, one.resident.masked_number] if of_persons else []
        yield [*person, one.household_number, one.community.name, one.community.code, explain.reason(row, part)]


@job("export_board")
def export_board(run):
    """What the board showed, all pages of it."""
    asked = run.parameters
    with translation.override(asked.get("language")):
        return finish(run, _board_rows(run.posting, asked), f"status-{asked['on']}")


def _board_rows(posting, asked):
    area = Area.objects.visible_to(posting).get(code=asked["area"]) if asked.get("area") else None
    indicator = asked.get("indicator")
    statuses = statuses_of(
        posting, date.fromisoformat(asked["on"]), area=area, verdict=asked.get("verdict"), indicator=indicator
    )
    figures = [indicator] if indicator else list(INDICATORS)
    yield [
        _("District"), _("Street"), _("Community"), _("Community code"), _("Day"), _("Verdict"),
        *[heading for key in figures for heading in _figure_headings(key)], _("What stands in the way"),
    ]  # fmt: skip
    for row in board_rows(list(statuses.order_by(*ORDER[asked["sort"]]))):
        street = row.area.parent
        yield [
            street.parent.name if street.parent.level == AreaLevel.DISTRICT else "",
            street.name,
            row.area.name,
            row.area.code,
            row.status.on,
            row.status.get_verdict_display() if row.status.verdict else "",
            *[cell for key in figures for cell in _figure_cells(key, row.status.figures.get(key))],
            "; ".join(str(words or label) for label, words, _verdict in row.obstacles),
        ]


def _figure_headings(key):
    label = str(INDICATORS[key].label)
    return [label, _("%(figure)s, percent") % {"figure": label}] if INDICATORS[key].is_ratio else [label]


def _figure_cells(key, figure):
    numerator, denominator = figure or (None, None)
    if not INDICATORS[key].is_ratio:
        return [numerator]
    return ["" if numerator is None else f"{numerator}/{denominator}", percent(numerator, denominator)]
