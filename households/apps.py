from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

#: Pages below the menu's entry of the zero-employment households.
_ZERO_PAGES = (
    "declarations",
    "declaration",
    "certify_declaration",
    "declare",
    "detected",
    "may_be_eliminated",
    "ended_episodes",
    "episode_totals",
    "episode",
    "confirm_employment",
)

#: Pages below the menu's entry of the residents.
_REGISTER_PAGES = tuple(
    f"households:{page}"
    for page in (
        "find_person",
        "register_household",
        "ask_transfer",
        "find_member",
        "add_member",
        "household_details",
        "household_tag",
        "split_household",
        "merge_households",
        "labour_event",
        "correct_spell",
        "cancel_spell",
        "take_back_spell",
        "move_member",
        "leave",
        "cancel_move",
        "take_back_move",
        "four_clear",
        "contact",
        "person_details",
        "correct_identity",
        "add_certificate",
        "check_certificate",
        "end_certificate",
        "retired_residents",
        "hardship_applications",
        "hardship_application",
        "propose_hardship",
        "correct_hardship",
        "find_duplicate",
        "merge_residents",
    )
)


#: What hangs below 今日工作 and 待审.
_VISIT_PAGES = (
    "visits",
    "community_visits",
    "visit_list",
    "blank_roster",
    "record_visit",
    "visit",
    "correct_visit",
)


class HouseholdsConfig(AppConfig):
    name = "households"
    verbose_name = _("Households and residents")

    def ready(self):
        from city import navigation, parts
        from city.nightly import register_step
        from city.sheets import registry
        from households import desk, finding_panels, forms_printed, person_panels, printed, zero_desk
        from households.findings import register_kinds
        from households.services.matching import match
        from households.sheets import insurance, outside_facts, roster, visits, zero_households

        navigation.register(
            _("Residents"),
            "households:residents",
            permission="households.view_residents",
            order=30,
            also=[
                "households:resident",
                "households:household",
                "households:reveal_number",
                "households:reveal_phones",
                *_REGISTER_PAGES,
            ],
        )
        for entry in ("city:today", "city:reviews"):
            navigation.hang_below(entry, *(f"households:{page}" for page in _VISIT_PAGES))
        navigation.register(_("Transfers"), "households:transfers", permission="households.accept_transfers", order=35)
        navigation.register(
            _("Zero-employment households"),
            "households:episodes",
            permission="households.view_episodes",
            order=32,
            also=[f"households:{name}" for name in _ZERO_PAGES],
        )
        for page, name, context, permission, order in (
            ("today", "episodes", zero_desk.open_episodes, "households.view_episodes", 20),
            ("today", "found", zero_desk.found_households, "households.view_episodes", 22),
            ("today", "declarations", zero_desk.to_verify, "households.declare_households", 24),
            ("reviews", "declarations", zero_desk.to_decide, "households.certify_episodes", 5),
        ):
            parts.register_panel(page, name, "city/_worklist.html", context, permission=permission, order=order)
        parts.register_panel(
            "objection",
            "declaration",
            "households/_objected.html",
            zero_desk.objected_to,
            permission="households.view_episodes",
        )
        parts.register_panel(
            "household",
            "episodes",
            "households/_zero_panel.html",
            zero_desk.household_panel,
            permission="households.view_households",
            order=5,
        )
        for page, name, context, order in (
            ("today", "visits", desk.visits_due, 10),
            ("today", "visits_again", desk.visits_again, 15),
            ("reviews", "reported", desk.reported, 50),
            ("reviews", "stations", desk.stations_behind, 60),
        ):
            parts.register_panel(
                page, name, "city/_worklist.html", context, permission="households.view_households", order=order
            )
        parts.register_panel(
            "household",
            "visits",
            "households/_visits.html",
            desk.household_visits,
            permission="households.view_households",
            order=10,
        )
        person_panels.register()
        printed.register_ledgers()
        forms_printed.register_forms()
        register_kinds()
        register_step("match", match)
        navigation.register(
            _("Differences"), "city:findings", permission="households.view_findings", order=37, also=["city:finding"]
        )
        for page, context, template, order in (
            ("today", finding_panels.open_findings, "city/_worklist.html", 40),
            ("reviews", finding_panels.findings_below, "city/_worklist.html", 70),
            ("resident", finding_panels.findings_of, "households/_findings.html", 5),
        ):
            parts.register_panel(
                page, "findings", template, context, permission="households.view_findings", order=order
            )
        for sheet in (roster, zero_households, visits, insurance, outside_facts):
            registry.register(sheet.KIND)
