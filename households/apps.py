from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HouseholdsConfig(AppConfig):
    name = "households"
    verbose_name = _("Households and residents")

    def ready(self):
        from city import navigation
        from city.sheets import registry
        from households.sheets import roster, visits, zero_households

        navigation.register(
            _("Residents"),
            "households:residents",
            permission="households.view_residents",
            order=30,
            also=["households:resident", "households:household", "households:reveal_number"],
        )
        navigation.register(_("Transfers"), "households:transfers", permission="households.accept_transfers", order=35)
        for sheet in (roster, zero_households, visits):
            registry.register(sheet.KIND)
