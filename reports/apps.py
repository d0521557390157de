from django.apps import AppConfig
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Status and reports")

    def ready(self):
        import_string("reports.services.nightly.night")
        import_string("reports.services.exports.export_board")
        # Models can be imported from here on.
        from city import navigation, parts
        from city.choices import Role
        from reports import panels

        navigation.register(_("Quarter"), "reports:quarter", permission="reports.view_dashboard", order=10)
        navigation.register(
            _("Status"),
            "reports:board",
            permission="reports.view_status",
            order=20,
            also=["reports:area_status", "reports:listing", "reports:judge"],
        )
        navigation.register(
            _("Rules"), "reports:rulesets", permission="reports.view_rulesets", order=40, also=["reports:ruleset"]
        )
        parts.register_start([Role.FINANCE], panels.board_page)
        parts.register_start([Role.DISTRICT_OFFICER, Role.CITY_OFFICE, Role.CITY_LEADER], panels.quarter_page)
