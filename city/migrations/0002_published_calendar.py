"""The public calendar with its make-up days, as published, for 2004 to the last year the package knows."""

from datetime import date

import chinese_calendar
from django.db import migrations


def forwards(apps, schema_editor):
    names = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    years = {day.year for day in chinese_calendar.holidays}
    days = chinese_calendar.get_dates(date(min(years), 1, 1), date(max(years), 12, 31))
    calendar_day = apps.get_model("city", "CalendarDay")
    calendar_day.objects.bulk_create(
        (
            calendar_day(
                day=day,
                is_working=chinese_calendar.is_workday(day),
                name=names.get(chinese_calendar.get_holiday_detail(day)[1], ""),
            )
            for day in days
        ),
        batch_size=500,
    )


def backwards(apps, schema_editor):
    apps.get_model("city", "CalendarDay").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("city", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
