from django.apps import AppConfig
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class AssistanceConfig(AppConfig):
    name = "assistance"
    verbose_name = _("Assistance")

    def ready(self):
        import_string("assistance.exports.export_cases")
        from assistance import forms_printed, panels, prevention, printed
        from assistance.services import told
        from assistance.sheets import attendance, layoffs
        from city import navigation, parts
        from city.sheets import registry

        navigation.register(
            _("Assistance"),
            "assistance:cases",
            permission="assistance.view_cases",
            order=33,
            also=[
                f"assistance:{name}"
                for name in (
                    "case",
                    "choose_person",
                    "open_case",
                    "take_step",
                    "set_details",
                    "place",
                    "refer",
                    "serve",
                    "answer_referral",
                    "correct_answer",
                    "record_follow_up",
                    "plans",
                    "save_plans",
                    "pairings",
                    "add_pairing",
                    "end_pairing",
                )
            ],
        )
        told.listen()
        for page, name, context, permission, order in (
            ("today", "promises", panels.promises, "assistance.work_cases", 20),
            ("today", "cases_to_decide", panels.to_decide, "assistance.work_cases", 25),
            ("today", "follow_ups", panels.follow_ups, "assistance.work_cases", 40),
            ("reviews", "escalated_promises", panels.escalated, "assistance.supervise_cases", 40),
            ("reviews", "stations_behind", panels.stations_behind, "assistance.supervise_cases", 45),
        ):
            parts.register_panel(page, name, "city/_worklist.html", context, permission=permission, order=order)
        parts.register_panel(
            "resident",
            "cases",
            "assistance/_cases_of.html",
            panels.cases_of,
            permission="assistance.view_cases",
            order=20,
        )
        parts.register_panel(
            "episode",
            "plans",
            "assistance/_plans_of.html",
            panels.plans_of,
            permission="assistance.view_cases",
            order=20,
        )
        parts.register_panel(
            "household",
            "pairings",
            "assistance/_pairings_of.html",
            panels.pairings_of,
            permission="assistance.view_cases",
            order=60,
        )
        navigation.register(
            _("Training"),
            "assistance:courses",
            permission="assistance.view_courses",
            order=34,
            also=[
                f"assistance:{name}"
                for name in (
                    "course",
                    "plan_course",
                    "correct_course",
                    "find_trainee",
                    "attendance",
                    "results",
                    "enrolment",
                )
            ],
        )
        navigation.register(
            _("Layoff warnings"),
            "assistance:layoffs",
            permission="assistance.view_layoffs",
            order=36,
            also=[
                f"assistance:{name}"
                for name in ("layoff", "draw_up_layoff", "layoff_step", "add_layoff_person", "early_warnings")
            ],
        )
        parts.register_panel(
            "resident",
            "training",
            "assistance/_training_of.html",
            prevention.training_panel,
            permission="assistance.view_courses",
            order=30,
        )
        for page, context in (("today", prevention.warnings_today), ("reviews", prevention.warnings_in_review)):
            parts.register_panel(
                page,
                "early_warnings",
                "city/_worklist.html",
                context,
                permission="assistance.view_layoffs",
                order=60,
            )
        printed.register_ledgers()
        forms_printed.register_forms()
        registry.register(layoffs.KIND)
        registry.register(attendance.KIND)
