from django.apps import AppConfig
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class PlacementsConfig(AppConfig):
    name = "placements"
    verbose_name = _("Placements")

    def ready(self):
        from city import facts, navigation, nightly, parts
        from city.sheets import registry
        from placements import (
            panels_market,
            panels_placements,
            panels_posts,
            printed_market,
            printed_placements,
            printed_posts,
        )
        from placements.services import offers, placements, posts, seekers, vacancies
        from placements.sheets import job_seekers
        from placements.sheets import placements as placements_sheet
        from placements.sheets import posts as posts_sheet
        from placements.sheets import vacancies as vacancies_sheet

        import_string("placements.services.allocation.propose_in_background")
        facts.subscribe(facts.JobEnded, placements.note_job_ended)
        facts.subscribe(facts.PersonLeft, placements.note_person_left)
        facts.subscribe(facts.ReferralAnswered, offers.release_refused)
        nightly.register_step("post_reservations", posts.release_overdue)
        nightly.register_step("vacancies_over", vacancies.close_expired)
        nightly.register_step("job_searches_over", seekers.end_expired)

        navigation.register(
            _("Posts"),
            "placements:posts",
            permission="placements.view_posts",
            order=37,
            also=[
                f"placements:{name}"
                for name in (
                    "post",
                    "plans",
                    "plan_posts",
                    "plan",
                    "transfers",
                    "move_posts",
                    "proposals",
                    "propose",
                    "proposal",
                    "change_pair",
                    "employers",
                    "employer",
                    "bases",
                    "base",
                    "add_base",
                    "edit_base",
                    "projects",
                    "project",
                    "add_project",
                    "edit_project",
                    "find_holder",
                    "reserve_post",
                    "transfer_post",
                    "post_step",
                    "plan_step",
                    "plan_again",
                    "save_employer",
                    "placements",
                    "placement",
                    "report_placement",
                    "suggestions",
                    "figures",
                    "figure_rows",
                )
            ],
        )
        navigation.register(
            _("Figures of posts"),
            "placements:figures",
            permission="placements.view_figures",
            unless="placements.view_posts",
            order=39,
            also=["placements:figure_rows"],
        )
        for page, name, context, permission, order in (
            ("reviews", "plans_to_decide", panels_posts.plans_to_decide, "placements.approve_posts", 50),
            ("today", "plans_to_go_on", panels_posts.plans_to_go_on, "placements.plan_posts", 50),
            ("reviews", "plans_to_go_on", panels_posts.plans_to_go_on, "placements.plan_posts", 51),
            ("today", "terms_ending", panels_posts.terms_ending, "placements.view_posts", 52),
            ("reviews", "terms_ending", panels_posts.terms_ending, "placements.view_posts", 52),
            ("today", "leavings", panels_posts.leavings, "placements.view_posts", 53),
            ("reviews", "leavings", panels_posts.leavings, "placements.view_posts", 53),
        ):
            parts.register_panel(page, name, "city/_worklist.html", context, permission=permission, order=order)
        printed_posts.register_printed()
        registry.register(posts_sheet.KIND)
        panels_placements.register_panels(parts.register_panel)
        printed_placements.register_printed()
        registry.register(placements_sheet.KIND)

        navigation.register(
            _("Recruiting"),
            "placements:vacancies",
            permission="placements.view_market",
            order=37,
            also=[
                f"placements:{name}"
                for name in (
                    "vacancy",
                    "gather_vacancy",
                    "correct_vacancy",
                    "suitable_seekers",
                    "seekers",
                    "seeker",
                    "choose_seeker",
                    "register_seeker",
                    "events",
                    "event",
                    "add_event",
                    "correct_event",
                    "points",
                    "point",
                    "add_point",
                    "correct_point",
                )
            ],
        )
        parts.register_panel(
            "resident",
            "job_searches",
            "placements/_searches_of.html",
            panels_market.searches_of,
            permission="placements.view_market",
            order=26,
        )
        parts.register_panel(
            "today",
            "vacancies",
            "city/_worklist.html",
            panels_market.vacancies_today,
            permission="placements.gather_vacancies",
            order=56,
        )
        printed_market.register_ledgers()
        registry.register(vacancies_sheet.KIND)
        registry.register(job_seekers.KIND)
