from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from config.endpoint import endpoint
from config.paging import paginate
from placements.forms.market import PublicFilter
from placements.models import Vacancy
from placements.printed_market import bulletin

PAGE_SIZE = 30


def _open_vacancies():
    return Vacancy.objects.open_on(timezone.localdate()).select_related("employer", "area__parent__parent")


def find_open(request, number):
    """To everybody alike: a vacancy that is closed or over is as good as never published."""
    return {"vacancy": get_object_or_404(_open_vacancies(), number=number)}


@endpoint(["GET"], public=True, pace="search")
def public_vacancies(request):
    """The vacancies of the city that are valid today, open to everybody."""
    form = PublicFilter(request.GET)
    page = paginate(form.apply(_open_vacancies()), by=("-pk",), cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    context = {"form": form, "page": page, "today": timezone.localdate()}
    return render(request, "placements/public_vacancies.html", context)


@endpoint(["GET"], public=True, pace="bulletin")
def public_bulletin(request):
    """What the public list shows, to print and hang up."""
    form = PublicFilter(request.GET)
    return bulletin(request, form.apply(_open_vacancies()), form.chosen("area"))


@endpoint(["GET"], lookup=find_open, public=True)
def public_vacancy(request, vacancy):
    return render(request, "placements/public_vacancy.html", {"vacancy": vacancy, "today": timezone.localdate()})
