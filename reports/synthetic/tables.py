"""Rows on their way into the database: collected by table under ids given here, written many at once."""

from city import bulk
from city.models import Area, AreaCode, Employer, MinimumWage, Posting, Run, SheetImport, Staff
from households.models import (
    HardshipCertification,
    Household,
    LabourSpell,
    LowIncomeStatus,
    Membership,
    Resident,
    TransferRequest,
    UnemploymentRegistration,
    Visit,
    ZeroEmploymentEpisode,
)
from reports.models import ManualJudgement

#: Every table the city fills, superiors first, with the fields given after `id`.
FIELDS = {
    Area: ("level", "parent_id", "code", "name", "kind", "main_city", "has_station", "path"),
    AreaCode: ("area_id", "code", "started_on"),
    MinimumWage: ("area_id", "in_force_from", "monthly"),
    Employer: ("credit_code", "name", "kind"),
    Staff: ("number", "name", "id_hash", "is_active", "password"),
    Posting: ("staff_id", "role", "area_id", "grid_id", "started_on", "ended_on"),
    Household: ("community_id", "number", "grid_id", "address"),
    LowIncomeStatus: ("household_id", "started_on", "low_income"),
    Resident: (
        "id_number", "id_hash", "no_id_reason", "name", "initials", "sex", "birth_date", "female_retirement_age",
        "works_from", "retires_on", "phone", "phone_hash", "bank_account", "bank_account_hash", "health_notes",
        "hukou", "education", "landless", "land_acquired_on", "community_id",
    ),
    Membership: ("resident_id", "started_on", "household_id", "relation", "leave_reason"),
    LabourSpell: (
        "resident_id", "started_on", "state", "inactive_reason", "channel", "employer_id", "employer_name",
        "contract_months", "monthly_income", "insured", "confirmed_on", "source",
    ),
    UnemploymentRegistration: ("resident_id", "registered_on"),
    HardshipCertification: ("resident_id", "category", "certified_on", "ended_on"),
    ZeroEmploymentEpisode: (
        "household_id", "certified_on", "card_number", "eliminated_on", "withdrawn_on", "withdrawal_reason",
    ),
    Visit: ("household_id", "visited_on", "way", "visitor", "outcome", "unchanged", "note", "entered_at"),
    TransferRequest: (
        "resident_id", "origin_id", "household_id", "relation", "moves_on", "state", "origin_agreed_id",
        "destination_agreed_id", "asked_at", "decided_at", "row",
    ),
    SheetImport: (
        "kind", "on", "state", "posting_id", "file_id", "errors_file_id", "run_id", "act_id", "summary", "created_at",
        "decided_at",
    ),
    ManualJudgement: ("area_id", "manual", "judged_on", "verdict", "note", "by_id"),
    Run: (
        "job", "business_day", "parameters", "state", "attempts", "posting_id", "queued_at", "started_at",
        "heartbeat_at", "finished_at", "rows_done", "rows_total", "result", "error",
    ),
}  # fmt: skip


class Tables:
    """Holds rows until `write`; ids rise from 1, the city being the first thing in its database."""

    def __init__(self):
        self.rows = {model: [] for model in FIELDS}
        self.written = dict.fromkeys(FIELDS, 0)

    def add(self, model, *values):
        """Keep one row, values in the order of `FIELDS`; its id."""
        rows = self.rows[model]
        key = self.written[model] + len(rows) + 1
        rows.append((key, *values))
        return key

    def waiting(self, model):
        return len(self.rows[model])

    def write(self):
        for model, names in FIELDS.items():
            rows = self.rows[model]
            if rows:
                bulk.insert(model, ["id", *names], rows)
                self.written[model] += len(rows)
                rows.clear()

    def follow_on(self):
        """Rows written later by others get the ids after these."""
        for model in FIELDS:
            bulk.reset_sequence(model)
