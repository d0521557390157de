"""What the city may set: every parameter with its default. Values are dated rows; the nearest ancestor wins."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from city.models import Area, MinimumWage, Parameter


@dataclass(frozen=True)
class Declared:
    label: str
    default: object


PARAMETERS = {
    "assessment_year_starts": Declared(_("Assessment year starts (month-day)"), "01-01"),
    "elimination_deadline": Declared(_("Deadline to eliminate a zero-employment episode"), {"months": 1}),
    "long_term_unemployed_months": Declared(_("Months after which unemployment is long-term"), 6),
    "stable_contract_months": Declared(_("Contract months of stable employment"), 12),
    "dual_employment_min": Declared(_("Working members that make a household dual-employed"), 2),
    "visited_after_elimination_months": Declared(_("Months a household is visited after elimination"), 12),
    "visit_interval_months": Declared(_("Months between visits"), 1),
    "judgement_months": Declared(_("Months a judgement by hand stays good"), 12),
}


class Dated:
    """Dated values of one thing by area, looked up without queries: nearest ancestor in force on the day."""

    def __init__(self, rows, default, overlay=()):
        self.default = default
        self.by_area = {}
        for area_id, day, value in sorted(rows, key=lambda row: row[1], reverse=True):
            self.by_area.setdefault(area_id, []).append((day, value))
        for area_id, day, value in overlay:
            self.by_area.setdefault(area_id, []).insert(0, (day, value))

    def of(self, path_ids, day):
        """The value for an area given by the ids from the city down to itself."""
        for area_id in reversed(path_ids):
            for started_on, value in self.by_area.get(area_id, ()):
                if started_on <= day:
                    return value
        return self.default


def dated_all(overlay=()):
    """`{name: Dated}` of every declared parameter in one query.

    `overlay` rows (name, area_id, day, value) are those of a policy that is only tried out: they win in their area.
    """
    stored = Parameter.objects.filter(name__in=PARAMETERS).values_list("name", "area_id", "in_force_from", "value")
    rows, tried = {name: [] for name in PARAMETERS}, {name: [] for name in PARAMETERS}
    for name, *row in stored:
        rows[name].append(row)
    for name, *row in overlay:
        tried[name].append(row)
    return {name: Dated(rows[name], declared.default, tried[name]) for name, declared in PARAMETERS.items()}


def minimum_wages():
    """Dated monthly minimum wages; None where no superior has one."""
    return Dated(MinimumWage.objects.values_list("area_id", "in_force_from", "monthly"), None)


def value(name, area, day):
    """One parameter for one area on a day."""
    return dated_all()[name].of(area.path_ids, day)


def resolve(name, day):
    """`{area_id: value}` for every division on the day."""
    values = dated_all()[name]
    return {area.pk: values.of(area.path_ids, day) for area in Area.objects.divisions()}
