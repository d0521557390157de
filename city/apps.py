from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class CityConfig(AppConfig):
    name = "city"
    verbose_name = _("City frame")

    def ready(self):
        # Models can be imported from here on.
        from city import navigation, panels, parts, sign_ins
        from city.choices import Role
        from city.sheets import areas, calendar, minimum_wages, registry, staff
        from city.trail.acts import register_city_act
        from city.trail.triggers import install_triggers
        from city.workdays import calendar_warning

        connection_created.connect(register_city_act)
        post_migrate.connect(install_triggers, sender=self)
        user_logged_in.connect(sign_ins.signed_in)
        user_logged_out.connect(sign_ins.signed_out)
        user_login_failed.connect(sign_ins.failed)

        navigation.register(_("Today's work"), "city:today", permission="city.open_today", order=5)
        navigation.register(_("To review"), "city:reviews", permission="city.open_reviews", order=6)
        navigation.register(_("Ledgers"), "city:ledgers", permission="city.make_ledgers", order=38)
        navigation.register(_("Sheets"), "city:sheets", permission="city.open_sheets", order=50, also=["city:sheet"])
        navigation.register(_("Runs"), "city:runs", permission="city.view_all_runs", order=60, also=["city:run"])
        navigation.register(_("Trail"), "city:trail", permission="city.read_trail", order=70)
        parts.register_start([Role.STATION_CLERK, Role.STATION_HEAD], lambda posting: reverse("city:today"))
        parts.register_start([Role.STREET_REVIEWER], lambda posting: reverse("city:reviews"))
        parts.register_start([Role.SYSTEM_ADMIN], lambda posting: reverse("city:runs"))
        parts.register_start([Role.SECURITY_ADMIN], lambda posting: reverse("city:sheets"))
        parts.register_start([Role.AUDIT_ADMIN], lambda posting: reverse("city:trail"))
        parts.register_panel(
            "reviews",
            "objections",
            "city/_worklist.html",
            panels.objections,
            permission="city.answer_objections",
            order=10,
        )
        parts.register_warning("calendar", calendar_warning, permission="city.view_all_runs")
        for sheet in (areas, minimum_wages, staff, calendar):
            registry.register(sheet.KIND)
