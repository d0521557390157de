from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city import parts
from city.moves import StepRefused, history
from city.steps import answer_step
from config.endpoint import endpoint
from households.choices import EpisodeState, LabourState
from households.forms.zero_households import ConfirmForm
from households.models import ZeroEmploymentEpisode
from households.profiles import members_of
from households.services import episodes as service
from households.views.filling import Page, fill, posted
from households.workflow import EPISODE
from households.zero_households import episode_rows

VISITS_SHOWN = 20
_OPEN = (EpisodeState.CERTIFIED, EpisodeState.ASSISTING)


def find_episode(request, episode_id):
    visible = ZeroEmploymentEpisode.objects.visible_to(request.posting)
    related = visible.select_related(
        "household__community__parent", "household__grid", "responsible", "worker", "declaration"
    )
    return {"episode": get_object_or_404(related, pk=episode_id)}


def _address(episode):
    return reverse("households:episode", args=[episode.pk])


@endpoint(["GET", "POST"], "households.view_episodes", lookup=find_episode)
def episode(request, episode):
    """One episode: members with their states, deadline, plans, visits, history, and how it may end."""
    if request.method != "POST":
        return _episode_page(request, episode, None)

    def take(action, version, reason, words):
        if action != "withdraw":
            raise StepRefused("action", _("This step has a form of its own."))
        service.withdraw(
            episode_id=episode.pk, by=request.posting, version=version, reason=reason, words=words, request=request
        )

    return answer_step(
        request,
        EPISODE,
        take=take,
        page=lambda refused: _episode_page(request, episode, refused),
        back=_address(episode),
    )


def _episode_page(request, episode, refused):
    today = timezone.localdate()
    (row,) = episode_rows([episode], today)
    members, _past = members_of(episode.household, today)
    others = episode.household.episodes.exclude(pk=episode.pk).order_by("-certified_on")
    is_open = episode.state in _OPEN
    return render(
        request,
        "households/episode.html",
        {
            "episode": episode,
            "declaration": getattr(episode, "declaration", None),
            "household": episode.household,
            "row": row,
            "members": members,
            "others": list(others),
            "is_open": is_open,
            "visits": list(episode.household.visits.standing().order_by("-visited_on", "-pk")[:VISITS_SHOWN]),
            "may_confirm": is_open and request.posting.may("households.confirm_employment"),
            "steps": EPISODE.steps_for(episode, request.posting),
            "steps_url": _address(episode),
            "refused": refused,
            "panels": parts.panels_for("episode", request, episode),
            "moves": history(episode, EPISODE),
            "today": today,
        },
    )


@endpoint(["GET", "POST"], "households.confirm_employment", lookup=find_episode)
def confirm_employment(request, episode):
    """Ends an episode by confirming that a member works; the evidence of the ledger stands beside the form."""
    today = timezone.localdate()
    (row,) = episode_rows([episode], today)
    page = Page(
        title=_("Confirm work: eliminate"),
        back=(_address(episode), row.head or episode.household.number),
        send=_("Confirm"),
        template="households/confirm_employment.html",
        context={"episode": episode, "household": episode.household, "row": row, "today": today},
    )

    def save(form):
        sent = dict(form.cleaned_data)
        service.confirm_employment(
            episode_id=episode.pk, resident_id=sent.pop("resident"), by=request.posting, request=request, **sent
        )

    form = ConfirmForm(posted(request), members=_choices(row.members), initial=_offered(episode, row))
    return fill(request, form, page, save)


def _choices(members):
    """Every member with what the ledger says of them, so that nobody is looked for in vain."""
    return [
        (
            one.resident_id,
            f"{one.resident.name} · {one.spell.get_state_display() if one.spell else LabourState.UNKNOWN.label}",
        )
        for one in members
    ]


def _offered(episode, row):
    """Who works by the ledger, from the first day of the episode on which they did."""
    if not row.work.workers:
        return {"version": episode.version}
    first = row.work.workers[0]
    return {
        "version": episode.version,
        "resident": first.resident_id,
        "on": max(first.state_since, episode.certified_on),
    }
