from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city import parts
from config.endpoint import endpoint
from households.models import Household
from households.profiles import members_of


def find_household(request, household_id):
    visible = Household.objects.visible_to(request.posting).select_related("community__parent", "grid")
    return {"household": get_object_or_404(visible, pk=household_id)}


def home_of(household):
    """The page everything about a household goes back to, and its name."""
    number = {"number": household.number}
    return reverse("households:household", args=[household.pk]), _("Household %(number)s") % number


def _is_at_home(profile, posting):
    """Whether the person's file lies in the posting's area: where somebody who left lives now is not shown."""
    community = profile.resident.community
    return community is not None and community.path.startswith(posting.area.path)


@endpoint(["GET"], "households.view_households", lookup=find_household)
def household(request, household):
    """A household with its members' states today, who once lived there, its episodes and visits."""
    today = timezone.localdate()
    members, past_members = members_of(household, today)
    return render(
        request,
        "households/household.html",
        {
            "household": household,
            "members": members,
            "past_members": [(one, _is_at_home(one, request.posting)) for one in past_members],
            "may_edit": request.posting.may("households.edit_register"),
            "low_income": household.low_income_points.order_by("-started_on"),
            "panels": parts.panels_for("household", request, household),
            "today": today,
        },
    )
