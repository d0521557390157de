"""Moving several posts at once, with what speaks for it."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from assistance.views.submitting import submit
from city.choices import AreaLevel
from city.models import Area
from config.endpoint import endpoint
from placements.balance import balance
from placements.forms.allocation import MovePostsForm
from placements.services import transfers as service


@endpoint(["GET", "POST"], "placements.transfer_posts")
def move_posts(request):
    """Where posts are and where people wait, district by district or community by community; then the move itself."""
    posting = request.posting
    asked = request.GET.get("in", "")
    area = Area.objects.visible_to(posting).divisions().filter(code=asked).first() if asked else None
    area = area or posting.area
    level = AreaLevel.DISTRICT if area.level == AreaLevel.CITY else AreaLevel.COMMUNITY
    chosen = {"to_area": request.GET.get("to"), "from_area": request.GET.get("from")}
    form = MovePostsForm(
        request.POST if request.method == "POST" else None,
        posting=posting,
        initial={name: value for name, value in chosen.items() if value},
    )

    def page():
        places = balance(area, level, timezone.localdate())
        context = {
            "form": form,
            "area": area,
            "places": places,
            "open_posts": sum(place.open_posts for place in places),
            "people": sum(place.people for place in places),
            "by_district": level == AreaLevel.DISTRICT,
        }
        return render(request, "placements/move_posts.html", context)

    if request.method != "POST":
        return page()

    def work(sent):
        number = sent.pop("posts")
        service.transfer_several(number=number, by=posting, request=request, **sent)

    return submit(request, form, work=work, page=page, back=reverse("placements:transfers"))
