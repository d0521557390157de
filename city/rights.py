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
        "subsidies.view_claims",
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
    "subsidies.enter_claims",
}

PERMISSIONS = {
    Role.STATION_CLERK: _STATION,
    Role.STATION_HEAD: _STATION
    | {"households.confirm_employment", "households.correct_identity", "subsidies.check_claims"},
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
        "subsidies.enter_claims",
        "subsidies.check_claims",
        "subsidies.review_claims",
        "subsidies.decide_doubts",
    },
    Role.DISTRICT_OFFICER: _CASEWORK
    | {
        "city.open_reviews",
        "city.answer_objections",
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
        "subsidies.approve_claims",
        "subsidies.decide_doubts",
        "subsidies.reclaim_money",
        "subsidies.view_rates",
        "subsidies.view_funds",
        "subsidies.view_money",
    },
    Role.FINANCE: _READ_STATUS
    | {
        "city.open_reviews",
        "city.open_sheets",
        "city.make_ledgers",
        "city.print_forms",
        "subsidies.view_claims",
        "subsidies.pay_claims",
        "subsidies.view_rates",
        "subsidies.view_funds",
        "subsidies.view_money",
    },
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
        "subsidies.set_rates",
        "subsidies.allot_funds",
        "subsidies.view_rates",
        "subsidies.view_funds",
        "subsidies.view_money",
    },
    Role.CITY_LEADER: _READ_STATUS
    | {"reports.view_dashboard", "reports.try_policies", "placements.view_figures", "subsidies.view_money"},
    Role.SYSTEM_ADMIN: {"city.open_sheets", "city.view_all_runs", "city.edit_calendar"},
    Role.SECURITY_ADMIN: {"city.open_sheets", "city.import_staff"},
    Role.AUDIT_ADMIN: {"city.read_trail"},
}
