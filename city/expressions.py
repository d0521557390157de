"""Days in SQL that both databases count alike."""

from django.db.models import DateField, Func


class AddMonths(Func):
    """`AddMonths(day, months)`: like `city.rules.add_months`, 31 January and a month is the last day of February."""

    output_field = DateField()
    arity = 2

    def as_postgresql(self, compiler, connection, **context):
        template = "(%(expressions)s)::date"
        return self._joined(compiler, connection, template, "{0} + make_interval(months => ({1})::int)", context)

    def as_sqlite(self, compiler, connection, **context):
        """SQLite runs over into the next month; the last day of the right month comes sooner then."""
        moved = "date({0}, ({1}) || ' months')"
        last = "date({0}, 'start of month', (({1}) + 1) || ' months', '-1 day')"
        return self._joined(compiler, connection, "%(expressions)s", f"MIN({moved}, {last})", context)

    def _joined(self, compiler, connection, template, form, context):
        (day, day_values), (months, months_values) = (compiler.compile(part) for part in self.source_expressions)
        sql = template % {"expressions": form.format(day, months)}
        return sql, (*day_values, *months_values) * form.count("{0}")


class DayAfter(Func):
    output_field = DateField()
    arity = 1

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="(%(expressions)s + 1)", **context)

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="date(%(expressions)s, '+1 day')", **context)
