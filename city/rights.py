"""Who may do what: one table of rights per role; the `@endpoint` header of each page names the right it asks for."""

from city.choices import Role

_READ_PEOPLE = {"households.view_residents", "households.view_households"}
_READ_STATUS = {"reports.view_status", "reports.view_rulesets"}
_SHEETS = {"city.open_sheets", "city.import_sheets"}
_CASEWORK = _READ_PEOPLE | _READ_STATUS | _SHEETS | {"households.reveal_numbers", "reports.open_figures"}

PERMISSIONS = {
    Role.STATION_CLERK: _CASEWORK,
    Role.STATION_HEAD: _CASEWORK,
    Role.STREET_REVIEWER: _CASEWORK | {"households.accept_transfers"},
    Role.DISTRICT_OFFICER: _CASEWORK
    | {"households.accept_transfers", "reports.view_dashboard", "reports.try_policies"},
    Role.FINANCE: _READ_STATUS,
    Role.CITY_OFFICE: _CASEWORK
    | {
        "households.accept_transfers",
        "reports.view_dashboard",
        "reports.try_policies",
        "reports.judge_by_hand",
        "city.view_all_runs",
        "city.import_frame",
    },
    Role.CITY_LEADER: _READ_STATUS | {"reports.view_dashboard", "reports.try_policies"},
    Role.SYSTEM_ADMIN: {"city.open_sheets", "city.view_all_runs", "city.edit_calendar"},
    Role.SECURITY_ADMIN: {"city.open_sheets", "city.import_staff"},
    Role.AUDIT_ADMIN: {"city.read_trail"},
}
