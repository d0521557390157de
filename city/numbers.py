"""Running numbers of cards and cases: one series for an area and a year, never given out twice."""

from django.db.models import F

from city.models import NumberSeries


def next_number(name, area, year):
    """The next number of the series; inside the caller's transaction the series is held until it commits."""
    return next_numbers(name, area, year, 1)[0]


def next_numbers(name, area, year, count):
    """So many numbers of the series at once."""
    series, _created = NumberSeries.objects.get_or_create(name=name, area=area, year=year)
    NumberSeries.objects.filter(pk=series.pk).update(last=F("last") + count)
    series.refresh_from_db()
    return range(series.last - count + 1, series.last + 1)
