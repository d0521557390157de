"""Rows of the board and of the tables of lower areas: statuses with what stands in their way."""

from dataclasses import dataclass

from django.db.models import Count, Prefetch, prefetch_related_objects

from city.choices import AreaLevel
from reports.choices import Verdict
from reports.indicators import AREA_INDICATORS, INDICATORS
from reports.models import AreaStatus, CriterionResult
from reports.templatetags.figures import threshold
from reports.wording import MANUAL, missing_sentence

#: The keyset of each way to sort a board.
ORDER = {"code": ("area__code", "id"), "name": ("area__name", "id"), "gap": ("-gap", "-id")}
#: From a community up to the areas right below a city or a district.
ROAD_TO_COMMUNITIES = {AreaLevel.CITY: "area__parent__parent", AreaLevel.DISTRICT: "area__parent"}
KEY_FIGURES = ("employment_rate", "zero_households_open")


@dataclass
class BoardRow:
    status: AreaStatus
    area: object
    figures: list
    obstacles: list
    counts: dict | None = None

    @property
    def communities(self):
        return sum(self.counts.values())


def statuses_of(posting, on, *, area=None, verdict=None, indicator=None):
    """Statuses of the communities a board shows, with their gap; a filter left out lets everything through."""
    statuses = AreaStatus.objects.visible_to(posting).communities().filter(on=on)
    if area:
        statuses = statuses.within(area)
    if verdict:
        statuses = statuses.filter(verdict=verdict)
    if indicator:
        statuses = statuses.failing(indicator)
    return statuses.with_gap(indicator)


def criterion_label(criterion):
    if criterion.label:
        return criterion.label
    if criterion.manual:
        return MANUAL.get(criterion.manual, criterion.manual)
    indicator = INDICATORS.get(criterion.indicator)
    return indicator.label if indicator else AREA_INDICATORS.get(criterion.indicator, criterion.indicator)


def _obstacle(result):
    """(label, what is missing, verdict) of one criterion that is not met or not proven."""
    criterion = result.criterion
    indicator = INDICATORS.get(criterion.indicator)
    is_ratio = indicator is None or indicator.is_ratio
    words = ""
    if result.verdict == Verdict.NOT_MET and criterion.threshold:
        limit = threshold(criterion.threshold, is_ratio)
        words = missing_sentence(criterion.indicator, is_ratio, criterion.comparator, result.missing, limit)
    return criterion_label(criterion), words, result.verdict


def board_rows(statuses, indicator=None):
    """Rows of a page of statuses: two key figures, or the one asked for, and the criteria in the way."""
    obstacles = CriterionResult.objects.obstacles().select_related("criterion").order_by("criterion__position")
    prefetch_related_objects(statuses, "area__parent__parent", Prefetch("results", obstacles, to_attr="failed"))
    keys = (indicator,) if indicator else KEY_FIGURES
    return [
        BoardRow(
            status=status,
            area=status.area,
            figures=[tuple(status.figures.get(key) or (None, None)) for key in keys],
            obstacles=[_obstacle(result) for result in status.failed],
        )
        for status in statuses
    ]


def children_of(area, on):
    """Rows of the areas right below, as stored for the day; `counts`: their communities by verdict."""
    statuses = list(AreaStatus.objects.filter(area__parent=area, on=on).order_by("area__code"))
    rows = board_rows(statuses)
    if area.level in ROAD_TO_COMMUNITIES:
        road = ROAD_TO_COMMUNITIES[area.level]
        counts = AreaStatus.objects.within(area).communities().filter(on=on)
        found = {}
        for child, verdict, number in counts.values_list(road, "verdict").annotate(number=Count("pk")):
            found.setdefault(child, dict.fromkeys(Verdict.values, 0))[verdict] = number
        for row in rows:
            row.counts = found.get(row.area.pk, dict.fromkeys(Verdict.values, 0))
    return rows
