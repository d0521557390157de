from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from config.endpoint import endpoint
from reports.models import RuleSet
from reports.rulebook import criteria_in_words
from subsidies.explaining import rate_in_words
from subsidies.rates import standing_on


def find_ruleset(request, ruleset_id):
    visible = RuleSet.objects.visible_to(request.posting).select_related("document", "area")
    return {"ruleset": get_object_or_404(visible, pk=ruleset_id)}


@endpoint(["GET"], "reports.view_rulesets")
def rulesets(request):
    """Every rule set that holds, held or will hold somewhere in the posting's area."""
    rows = RuleSet.objects.visible_to(request.posting).select_related("document", "area")
    today = timezone.localdate()
    in_force = {row.pk for row in RuleSet.objects.in_force_on(today)}
    return render(
        request,
        "reports/rulesets.html",
        {"rows": rows.order_by("level", "-in_force_from", "-pk"), "in_force": in_force, "today": today},
    )


@endpoint(["GET"], "reports.view_rulesets", lookup=find_ruleset)
def ruleset(request, ruleset):
    in_force = ruleset.pk in {row.pk for row in RuleSet.objects.in_force_on(timezone.localdate())}
    return render(
        request,
        "reports/ruleset.html",
        {"ruleset": ruleset, "criteria": criteria_in_words(ruleset), "in_force": in_force},
    )


@endpoint(["GET"], public=True)
def rules(request):
    """The plain-language rules in force today, open to everyone: of communities, and of public money."""
    today = timezone.localdate()
    books = [(row, criteria_in_words(row)) for row in RuleSet.objects.in_force_on(today)]
    rates = [(rate, rate_in_words(rate)) for rate in standing_on(today)]
    return render(request, "reports/rules.html", {"books": books, "rates": rates, "today": today})
