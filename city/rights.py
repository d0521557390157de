"""Who may do what: one table of rights per role; the `@endpoint` header of each page names the right it asks for."""

from city.choices import Role

_READ_PEOPLE = {"households.view_residents", "households.view_households"}
_READ_STATUS = {"reports.view_status", "reports.view_rulesets"}
_SHEETS = {"city.open_sheets", "city.import_sheets"}
_CASEWORK = (
    _READ_PEOPLE
    | _READ_STATUS
    | _SHEETS
    | {
        "households.reveal_numbers",
        "reports.open_figures",
        "households.view_episodes",
        "households.view_findings",
        "assistance.view_cases",
        "assistance.view_courses",
        "assistance.view_layoffs",
        "city.print_forms",
        "city.make_ledgers",
        "placements.view_posts",
        "placements.view_market",
        "placements.view_placements",
    }
)
_STATION = _CASEWORK | {
    "city.open_today",
    "households.edit_register",
    "households.record_visits",
    "households.propose_hardship",
    "households.declare_households",
    "households.decide_findings",
    "assistance.work_cases",
    "assistance.enrol_residents",
    "placements.plan_posts",
    "placements.place_people",
    "placements.gather_vacancies",
    "placements.run_events",
}

PERMISSIONS = {
    Role.STATION_CLERK: _STATION,
    Role.STATION_HEAD: _STATION | {"households.confirm_employment", "households.correct_identity"},
    Role.STREET_REVIEWER: _CASEWORK
    | {
        "city.open_reviews",
        "city.answer_objections",
        "households.accept_transfers",
        "households.correct_identity",
        "households.decide_hardship",
        "households.certify_episodes",
        "households.confirm_employment",
        "households.decide_findings",
        "assistance.supervise_cases",
        "assistance.pair_helpers",
        "assistance.run_courses",
        "assistance.report_layoffs",
        "placements.plan_posts",
        "placements.place_people",
        "placements.gather_vacancies",
        "placements.run_events",
        "placements.run_bases",
    },
    Role.DISTRICT_OFFICER: _CASEWORK
    | {
        "city.open_reviews",
        "households.accept_transfers",
        "reports.view_dashboard",
        "reports.try_policies",
        "assistance.supervise_cases",
        "assistance.pair_helpers",
        "assistance.run_courses",
        "assistance.report_layoffs",
        "households.import_outside",
        "placements.plan_posts",
        "placements.approve_posts",
        "placements.transfer_posts",
        "placements.allocate_posts",
        "placements.gather_vacancies",
        "placements.run_events",
        "placements.run_bases",
        "placements.view_figures",
    },
    Role.FINANCE: _READ_STATUS,
    Role.CITY_OFFICE: _CASEWORK
    | {
        "households.accept_transfers",
        "reports.view_dashboard",
        "reports.try_policies",
        "reports.judge_by_hand",
        "assistance.pair_helpers",
        "assistance.run_courses",
        "city.view_all_runs",
        "city.import_frame",
        "households.import_outside",
        "placements.approve_posts",
        "placements.transfer_posts",
        "placements.allocate_posts",
        "placements.gather_vacancies",
        "placements.run_events",
        "placements.run_bases",
        "placements.view_figures",
    },
    Role.CITY_LEADER: _READ_STATUS | {"reports.view_dashboard", "reports.try_policies", "placements.view_figures"},
    Role.SYSTEM_ADMIN: {"city.open_sheets", "city.view_all_runs", "city.edit_calendar"},
    Role.SECURITY_ADMIN: {"city.open_sheets", "city.import_staff"},
    Role.AUDIT_ADMIN: {"city.read_trail"},
}
