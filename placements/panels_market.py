"""What the labour market adds to the page of a person and to the day's work."""

from datetime import timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from city.desk import ON_THE_DESK, Line, WorkList
from placements.choices import VacancyState
from placements.models import JobSeeker, Vacancy

_DAYS_AHEAD = 7


def searches_of(request, resident):
    """The person's registrations as a job seeker, and the way to a new one."""
    searches = list(JobSeeker.objects.filter(resident=resident).order_by("-registered_on"))
    may_register = request.posting.may("placements.place_people") and not any(
        search.ended_on is None for search in searches
    )
    return {"resident": resident, "searches": searches, "may_register": may_register}


def vacancies_today(request, scope):
    """Vacancies of the station to be published, and those whose days run out."""
    own = Vacancy.objects.run_by(request.posting).filter(
        Q(state=VacancyState.GATHERED)
        | Q(state=VacancyState.PUBLISHED, valid_until__lte=scope.day + timedelta(days=_DAYS_AHEAD))
    )
    counts = own.aggregate(total=Count("pk"), late=Count("pk", filter=Q(valid_until__lt=scope.day)))
    if not counts["total"]:
        return None
    rows = own.select_related("employer").order_by("valid_until", "pk")[:ON_THE_DESK]
    return WorkList(
        name="vacancies",
        title=_("Vacancies to publish or to renew"),
        lines=[
            Line(
                title=row.title,
                url=reverse("placements:vacancy", args=[row.pk]),
                sub=f"{row.employer.name} · {row.get_state_display()}",
                due=row.valid_until.isoformat(),
                late=row.valid_until < scope.day,
                soon=row.state == VacancyState.PUBLISHED,
            )
            for row in rows
        ],
        total=counts["total"],
        late=counts["late"],
        more_url=f"{reverse('placements:vacancies')}?mine=mine",
        empty="",
    )
