"""The line of one figure over the stored nights of an area, as numbers and as the points of a small drawing."""

from dataclasses import dataclass
from fractions import Fraction

from reports.indicators import INDICATORS
from reports.models import AreaStatus

NIGHTS = 90
WIDTH, HEIGHT = 380, 130
LEFT, RIGHT, TOP, BOTTOM = 6, 66, 14, 26


@dataclass
class Trend:
    key: str
    label: str
    is_ratio: bool
    nights: list
    line: str = ""
    dots: tuple = ()
    first: object = None
    last: object = None
    choices: tuple = ()

    width, height = WIDTH, HEIGHT


def trend_of(area, on, key=""):
    """The last 90 stored nights up to the day; oldest first. An unknown key shows the employment rate."""
    key = key if key in INDICATORS else "employment_rate"
    indicator = INDICATORS[key]
    rows = AreaStatus.objects.filter(area=area, on__lte=on).order_by("-on").values_list("on", "figures")[:NIGHTS]
    nights = [(day, *figures[key]) for day, figures in reversed(rows) if figures.get(key)]
    trend = Trend(
        key=key,
        label=indicator.label,
        is_ratio=indicator.is_ratio,
        nights=nights,
        choices=[(name, row.label) for name, row in INDICATORS.items()],
    )
    _draw(trend)
    return trend


def _draw(trend):
    values = [
        (day, Fraction(numerator, denominator) if trend.is_ratio else Fraction(numerator))
        for day, numerator, denominator in trend.nights
        if not trend.is_ratio or denominator
    ]
    if len(values) < 2:
        return
    lowest, highest = min(value for _day, value in values), max(value for _day, value in values)
    spread = highest - lowest or Fraction(1)
    first_day = values[0][0]
    days = (values[-1][0] - first_day).days
    points = [
        (
            round(LEFT + (WIDTH - LEFT - RIGHT) * (day - first_day).days / days, 1),
            round(HEIGHT - BOTTOM - float((HEIGHT - TOP - BOTTOM) * (value - lowest) / spread), 1),
        )
        for day, value in values
    ]
    trend.line = " ".join(f"{x},{y}" for x, y in points)
    trend.dots = (points[0], points[-1])
    trend.first, trend.last = _end(trend, values[0]), _end(trend, values[-1])


def _end(trend, value):
    return next(night for night in trend.nights if night[0] == value[0])
