"""Days counted in SQL are the days counted in Python, on either database."""

from datetime import date, timedelta

import pytest
from django.db.models import DateField, IntegerField, Value

from city.expressions import AddMonths, DayAfter
from city.models import Area
from city.rules import add_months
from tests.city.factories import AreaFactory

pytestmark = pytest.mark.django_db
DAYS = [date(2024, 2, 29), date(2026, 1, 31), date(2026, 11, 30), date(2025, 12, 31), date(2026, 3, 1)]


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("months", [0, 1, 6, 11, 12, 13, 36, 1200])
def test_months_later_is_the_same_day_as_the_rule_says(day, months):
    AreaFactory()
    later = AddMonths(Value(day, DateField()), Value(months, IntegerField()))
    assert Area.objects.annotate(later=later).values_list("later", flat=True).get() == add_months(day, months)


@pytest.mark.parametrize("day", DAYS)
def test_the_day_after(day):
    AreaFactory()
    after = DayAfter(Value(day, DateField()))
    assert Area.objects.annotate(after=after).values_list("after", flat=True).get() == day + timedelta(days=1)
