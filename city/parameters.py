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
    "commitment_deadline": Declared(_("Time to keep a promise of work"), {"working_days": 2}),
    "certification_publicity_workdays": Declared(_("Working days a certification is shown to the public"), 5),
    "declaration_verify_workdays": Declared(_("Working days to verify a declaration by a visit"), 7),
    "refusals_until_exit": Declared(_("Unjustified refusals that make a promise void"), 3),
    "unreachable_months_until_exit": Declared(_("Months out of reach until a household may be withdrawn"), 3),
    "follow_up_days": Declared(_("Days after placement to follow up"), [7, 30, 90]),
    "training_job_months": Declared(_("Months after a course in which a job counts as its result"), 6),
    "layoff_threshold": Declared(
        _("Layoffs to be reported: persons, or share of the staff"), {"persons": 20, "share": "0.10"}
    ),
    "layoff_notice_days": Declared(_("Days before a layoff by which it is reported"), 30),
    "layoff_rehire_months": Declared(_("Months in which those laid off are hired first"), 6),
    "early_warning_days": Declared(_("Days ahead of an early warning"), [30, 60, 90]),
    "insurance_coverage_share": Declared(
        _("Share of those recorded as insured that a month must hold before absent ones are asked about"), "0.50"
    ),
    "insurance_confirms": Declared(_("Insured months confirm the employment they agree with"), False),
    "hardship_categories": Declared(
        _("Categories of hardship persons"),
        [
            "age_4050",
            "disabled",
            "low_income",
            "long_term",
            "zero_household",
            "landless",
            "special",
            "graduate",
            "other",
        ],
    ),
    "hardship_proofs": Declared(
        _("Proofs a category of hardship persons asks for, any one of them"),
        {
            "age_4050": ["id_card"],
            "disabled": ["disability"],
            "low_income": ["low_income"],
            "long_term": ["registration"],
            "zero_household": ["registration", "other"],
            "landless": ["land"],
            "special": ["low_income", "other"],
            "graduate": ["graduation"],
            "other": ["other"],
        },
    ),
    "hardship_ages": Declared(_("Age from which 4050 counts, by sex"), {"female": 40, "male": 50}),
    "welfare_post_max_months": Declared(_("Months a public-welfare post is held at most"), 36),
    "near_retirement_years": Declared(_("Years before retirement in which a post may be held until retirement"), 5),
    "post_reservation_days": Declared(_("Days a post stays reserved for a person"), 10),
    "post_expiry_warning_days": Declared(_("Days before the end of a term on a post to warn"), [90, 30]),
    "post_vacancy_report_days": Declared(_("Days in which an employer reports that a post is empty"), 5),
    "job_search_months": Declared(_("Months a registration as a job seeker stays valid"), 6),
    "labour_export_plan": Declared(_("Labour export planned for the year, persons by destination"), {}),
    "subsidy_max_months": Declared(_("Months a person is subsidised at most"), 36),
    "graduate_flexible_months": Declared(_("Months flexible work of graduates is subsidised at most"), 24),
    "subsidy_month_min_days": Declared(_("Days at work from which a month is subsidised"), 15),
    "stacking_allowed": Declared(
        _("Pairs of schemes that may pay for the same person and month"),
        [["post", "insurance"], ["post_creation", "post_purchase"], ["post_creation", "insurance"]],
    ),
    "claim_publicity_workdays": Declared(_("Working days approved claims are shown to the public"), 5),
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
