from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SubsidiesConfig(AppConfig):
    name = "subsidies"
    verbose_name = _("Subsidies")

    def ready(self):
        from city import navigation, nightly, parts
        from city.sheets import registry
        from subsidies import (
            doubt_kinds,
            doubts,
            panels,
            panels_deciding,
            panels_doubts,
            panels_payments,
            printed_claims,
            printed_payments,
            reconciling,
        )
        from subsidies.services import publicity
        from subsidies.sheets import bank_results, rates

        navigation.register(
            _("Subsidies"),
            "subsidies:claims",
            permission="subsidies.view_claims",
            order=38,
            also=[
                f"subsidies:{name}"
                for name in (
                    "claim",
                    "enter_claim",
                    "claim_step",
                    "take_step",
                    "refresh_claim",
                    "take_off",
                    "add_fees",
                    "set_account",
                    "attach",
                    "queue",
                    "decide_claims",
                    "decided_claims",
                    "publicity",
                    "publicise",
                    "payments",
                    "batches",
                    "batch",
                    "make_batch",
                    "leave_out",
                    "clawbacks",
                    "clawback",
                    "open_clawback",
                    "paid_lines",
                    "receive",
                    "funds",
                    "fund",
                    "allot",
                    "rates",
                    "rate",
                    "propose_rate",
                    "figures",
                    "figure_rows",
                )
            ],
        )
        navigation.register(
            _("Figures of subsidies"),
            "subsidies:figures",
            permission="subsidies.view_money",
            unless="subsidies.view_claims",
            order=39,
        )
        registry.register(rates.KIND)
        panels.register_panels(parts.register_panel)
        printed_claims.register_printed()
        doubt_kinds.register_kinds()
        reconciling.register_kinds()
        panels_doubts.register_panels(parts.register_panel)
        nightly.register_step("claim_doubts", doubts.check)
        nightly.register_step("reconcile", reconciling.reconcile)
        panels_deciding.register_panels(parts.register_panel)
        nightly.register_step("publicise_claims", publicity.publicise_claims)
        panels_payments.register_panels(parts.register_panel)
        printed_payments.register_printed()
        registry.register(bank_results.KIND)
