"""What the reports put on pages of lower apps, and the pages the day of a role opens on."""

from django.urls import reverse
from django.utils import timezone

from city.parameters import dated_all
from city.workdays import Calendar
from reports.terms import elimination_deadline


def episodes(request, household):
    """Zero-employment episodes of a household, newest first, each with the last day to eliminate it in time."""
    rows = list(household.episodes.order_by("-certified_on"))
    if not rows:
        return None
    rules, calendar, today = dated_all()["elimination_deadline"], Calendar(), timezone.localdate()
    shown = []
    for episode in rows:
        rule = rules.of(household.community.path_ids, episode.certified_on)
        deadline = elimination_deadline(episode.certified_on, rule, calendar)
        is_open = not (episode.eliminated_on or episode.withdrawn_on)
        shown.append(
            {
                "episode": episode,
                "deadline": deadline,
                "clock": next(iter(rule)),
                "days_left": (deadline - today).days if is_open else None,
                "is_late": is_open and deadline < today,
            }
        )
    return {"episodes": shown}


def own_area_page(posting):
    return reverse("reports:area_status", args=[posting.area.code])


def board_page(posting):
    return reverse("reports:board")


def quarter_page(posting):
    return reverse("reports:quarter")
