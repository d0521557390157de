from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from assistance.forms.plans import EndPairingForm, PairingForm, PlanForm, ResponsibleForm
from assistance.models import Pairing
from assistance.services import pairings as pairing_service
from assistance.services import plans as service
from assistance.views.submitting import submit
from config.endpoint import endpoint
from config.paging import paginate
from households.choices import EpisodeState
from households.models import Household, ZeroEmploymentEpisode


def find_episode(request, episode_id):
    seen = ZeroEmploymentEpisode.objects.visible_to(request.posting).select_related("household__community")
    return {"episode": get_object_or_404(seen, pk=episode_id)}


@endpoint(["GET"], "assistance.view_cases", lookup=find_episode)
def plans(request, episode):
    """The plan of the household and of each able member, to read or to make."""
    return _plans_page(request, episode, _PlanForms(episode))


@endpoint(["POST"], "assistance.work_cases", lookup=find_episode)
def save_plans(request, episode):
    forms = _PlanForms(episode, request.POST)
    return submit(
        request,
        forms.responsible,
        work=lambda sent: service.save_plans(
            episode_id=episode.pk,
            version=sent["version"],
            responsible=sent["responsible"],
            household_plan=forms.household.cleaned_data,
            member_plans={resident.pk: form.cleaned_data for resident, form in forms.members},
            by=request.posting,
            request=request,
        ),
        page=lambda: _plans_page(request, episode, forms),
        back=reverse("assistance:plans", args=[episode.pk]),
        ready=forms.are_valid(),
    )


class _PlanForms:
    """One form for the household, one for each able member, and who answers for all of them."""

    def __init__(self, episode, data=None):
        today = timezone.localdate()
        known = {plan.resident_id: plan for plan in episode.plans.select_related("resident")}
        able = service.able_members(episode.household, today)
        responsible = next((plan.responsible_id for plan in known.values()), episode.responsible_id)
        self.responsible = ResponsibleForm(
            data,
            initial={"version": episode.version, "responsible": responsible},
            community=episode.household.community,
            day=today,
        )
        self.household = _plan_form(data, "household", known.get(None))
        self.members = [(one, _plan_form(data, f"member-{one.pk}", known.get(one.pk))) for one in able]
        shown = {one.pk for one in able}
        self.past = [plan for plan in known.values() if plan.resident_id and plan.resident_id not in shown]
        self.known = known

    def are_valid(self):
        """All are checked, so that every error is told at once."""
        return all([self.household.is_valid(), *[form.is_valid() for _resident, form in self.members]])


def _plan_form(data, prefix, plan):
    initial = {"measure": plan.measure, "goal": plan.goal, "by_when": plan.by_when} if plan else None
    return PlanForm(data, prefix=prefix, initial=initial)


def _plans_page(request, episode, forms):
    may_plan = request.posting.may("assistance.work_cases")
    open_now = episode.state in (EpisodeState.CERTIFIED, EpisodeState.ASSISTING)
    leaders = Pairing.objects.in_force_on(timezone.localdate()).filter(household=episode.household)
    context = {
        "episode": episode,
        "state": EpisodeState(episode.state).label,
        "forms": forms,
        "may_plan": may_plan and open_now,
        "pairings": leaders,
    }
    return render(request, "assistance/plans.html", context)


def find_pairing(request, pairing_id):
    return {"pairing": get_object_or_404(Pairing.objects.visible_to(request.posting), pk=pairing_id)}


@endpoint(["GET"], "assistance.view_cases")
def pairings(request):
    """Who stands by whom, those of today or those of the past."""
    return _pairings_page(request, _new_pairing(request))


@endpoint(["POST"], "assistance.pair_helpers")
def add_pairing(request):
    form = PairingForm(request.POST, posting=request.posting)
    return submit(
        request,
        form,
        work=lambda sent: pairing_service.pair(by=request.posting, request=request, **sent),
        page=lambda: _pairings_page(request, form),
        back=reverse("assistance:pairings"),
    )


@endpoint(["POST"], "assistance.pair_helpers", lookup=find_pairing)
def end_pairing(request, pairing):
    form = EndPairingForm(request.POST)
    return submit(
        request,
        form,
        work=lambda sent: pairing_service.end(pairing_id=pairing.pk, by=request.posting, request=request, **sent),
        page=lambda: _pairings_page(request, _new_pairing(request), ending=(pairing, form)),
        back=reverse("assistance:pairings"),
    )


def _new_pairing(request):
    """Opened from a household's page, the form names the household."""
    initial = {"started_on": timezone.localdate()}
    household = request.GET.get("household", "")
    if household.isdecimal():
        visible = Household.objects.visible_to(request.posting).filter(pk=int(household[:18])).first()
        if visible:
            initial |= {"community": visible.community_id, "household": visible.number}
    return PairingForm(initial=initial, posting=request.posting)


def _pairings_page(request, form, ending=(None, None)):
    today = timezone.localdate()
    past = "past" in request.GET
    rows = Pairing.objects.visible_to(request.posting).select_related("household__community", "area")
    rows = rows.filter(ended_on__lt=today) if past else rows.in_force_on(today)
    page = paginate(rows, by=("-pk",), cursor=request.GET.get("cursor", ""))
    may_pair = request.posting.may("assistance.pair_helpers")
    for row in page.rows:
        if may_pair and row.ended_on is None:
            mine = ending[0] is not None and ending[0].pk == row.pk
            row.form = ending[1] if mine else EndPairingForm(auto_id=f"end_{row.pk}_%s", initial={"ended_on": today})
    context = {"page": page, "past": past, "form": form if may_pair else None}
    return render(request, "assistance/pairings.html", context)
