"""The quarter board of the city and of each district: how many communities meet the rules, quarter by quarter."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count

from city.choices import AreaLevel
from city.models import Area
from city.rules import add_months, quarter_end, quarter_start
from reports.charts import draw, specification
from reports.choices import Verdict
from reports.models import AreaStatus, Chart, Dashboard

QUARTERS = 8


@dataclass
class Point:
    """One quarter of one area: its last stored night (None: none) and the communities by verdict on that day."""

    start: object
    on: object
    running: bool
    counts: dict = field(default_factory=dict)

    @property
    def quarter(self):
        return f"{self.start.year} Q{(self.start.month + 2) // 3}"

    @property
    def met(self):
        return self.counts.get(Verdict.MET, 0)

    @property
    def not_met(self):
        return self.counts.get(Verdict.NOT_MET, 0)

    @property
    def not_proven(self):
        return self.counts.get(Verdict.NOT_PROVEN, 0)

    @property
    def communities(self):
        return sum(self.counts.values())

    @property
    def gap(self):
        """Communities that do not meet the rules yet, or have not proven it."""
        return self.communities - self.met


def quarters(on):
    """[(first day, last stored night up to `on` or None, still running)] of the last eight quarters, oldest first."""
    starts = [quarter_start(add_months(on, -3 * back)) for back in range(QUARTERS - 1, -1, -1)]
    nights = AreaStatus.objects.filter(area__level=AreaLevel.CITY, on__gte=starts[0], on__lte=on)
    last = {quarter_start(day): day for day in nights.order_by("on").values_list("on", flat=True)}
    return [
        (start, last.get(start), last.get(start) != quarter_end(start) and start == quarter_start(on))
        for start in starts
    ]


def measure_quarters(on, area=None):
    """`{area_id: [Point]}` for the city and every district, or for `area` and the districts in it: two queries."""
    spans = quarters(on)
    statuses = AreaStatus.objects.communities().filter(on__in=[night for _start, night, _running in spans if night])
    if area:
        statuses = statuses.within(area)
    found = {}
    place = {night: number for number, (_start, night, _running) in enumerate(spans) if night}
    district = "area__parent__parent"
    rows = statuses.values(district, f"{district}__parent", "on", "verdict").annotate(number=Count("pk"))
    for row in rows:
        for area_id in (row[district], row[f"{district}__parent"]):
            points = found.setdefault(area_id, [Point(*span) for span in spans])
            counts = points[place[row["on"]]].counts
            counts[row["verdict"]] = counts.get(row["verdict"], 0) + row["number"]
    return found


def refresh(on):
    """Draw the boards as of the night `on`, for the city and each district; a picture known already is kept."""
    for area_id, points in measure_quarters(on).items():
        spec = specification(
            [
                {
                    "quarter": point.quarter,
                    "met": point.met,
                    "communities": point.communities,
                    "running": point.running,
                }
                for point in points
            ]
        )
        digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()
        chart = Chart.objects.filter(digest=digest).first() or Chart.objects.create(
            digest=digest, specification=spec, svg=draw(spec)
        )
        Dashboard.objects.update_or_create(area_id=area_id, on=on, defaults={"chart": chart})


@dataclass
class Board:
    """What the quarter board of an area shows for a night."""

    area: object
    on: object
    points: list
    districts: list
    chart: Chart | None

    @property
    def now(self):
        return self.points[-1]

    @property
    def before(self):
        return self.points[-2]

    @property
    def year_before(self):
        return self.points[-5]


def board(area, on):
    """The board of the city or a district: its quarters, its districts ranked by gap, its picture."""
    found = measure_quarters(on, area)
    empty = [Point(*span) for span in quarters(on)]
    districts = Area.objects.within(area).filter(level=AreaLevel.DISTRICT)
    ranked = sorted(
        ((district, found.get(district.pk, empty)) for district in districts),
        key=lambda pair: (-pair[1][-1].gap, pair[0].code),
    )
    drawn = Dashboard.objects.filter(area=area, on__lte=on, on__gt=on - timedelta(days=92)).order_by("-on")
    latest = drawn.select_related("chart").first()
    return Board(area, on, found.get(area.pk, empty), ranked, latest.chart if latest else None)
