"""Public money: the funds with how much of them is used, one fund's entries, and allotting."""

from django.db.models import Exists, F, OuterRef, Q
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from assistance.views.submitting import submit
from city.choices import AreaLevel
from city.models import Area
from config.endpoint import endpoint
from config.paging import paginate
from subsidies.forms.deciding import AllotForm, FundFilter
from subsidies.models import Claim, Fund
from subsidies.services import funds as service

_SUMS = ("allotted", "reserved", "spent", "left", "used")


def find_fund(request, fund_id):
    funds = Fund.objects.visible_to(request.posting).with_left().annotate(used=F("reserved") + F("spent"))
    return {"fund": get_object_or_404(funds.select_related("area"), pk=fund_id)}


@endpoint(["GET"], "subsidies.view_funds")
def funds(request):
    """The funds of the area, and of those above that pay for it: allotted, reserved, paid out, left."""
    form = FundFilter(request.GET)
    found = form.apply(Fund.objects.visible_to(request.posting), timezone.localdate().year)
    found = found.with_left().annotate(used=F("reserved") + F("spent")).select_related("area")
    rows = list(found.order_by("area__path", "purpose", "source"))
    sums = {name: sum(getattr(row, name) for row in rows) for name in _SUMS}
    context = {
        "form": form,
        "rows": rows,
        "sums": sums,
        "year": (form.is_valid() and form.cleaned_data["year"]) or timezone.localdate().year,
        "may_allot": request.posting.may(service.ALLOT),
    }
    return render(request, "subsidies/funds.html", context)


@endpoint(["GET"], "subsidies.view_funds", lookup=find_fund)
def fund(request, fund):
    """One fund: its sums, and every entry that makes them; whose claim it is and who decided, of the own area only."""
    own = Claim.objects.visible_to(request.posting).filter(pk=OuterRef("claim"))
    entries = fund.entries.annotate(own=Q(claim=None) | Exists(own)).select_related("claim", "posting__staff")
    page = paginate(entries, by=("-pk",), cursor=request.GET.get("cursor", ""))
    return render(request, "subsidies/fund.html", {"fund": fund, "page": page})


@endpoint(["GET", "POST"], "subsidies.allot_funds")
def allot(request):
    """Money for a level, source, scheme and year; a fund that is there already gets it on top."""
    initial = {"year": timezone.localdate().year}
    places = Area.objects.visible_to(request.posting).filter(level__in=[AreaLevel.CITY, AreaLevel.DISTRICT])
    form = AllotForm(request.POST if request.method == "POST" else None, initial=initial, places=places)
    made = []

    def page():
        return render(request, "subsidies/allot.html", {"form": form})

    if request.method != "POST":
        return page()
    return submit(
        request,
        form,
        work=lambda sent: made.append(service.allot(**sent, by=request.posting, request=request)),
        page=page,
        back=lambda: reverse("subsidies:fund", args=[made[0].pk]),
    )
