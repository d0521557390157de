"""Placements: reported, confirmed, in doubt, ended. The ledger has their dates."""

from datetime import timedelta

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.views.submitting import submit
from city.moves import StepRefused, history
from city.steps import answer_step
from config.endpoint import endpoint
from config.paging import paginate
from households.choices import Channel
from households.models import Resident
from households.profiles import profiles_on
from placements.choices import PlacementState
from placements.forms.placements import ConfirmForm, EndForm, LeavingForm, PlacementFilter, ReportForm
from placements.models import Offer, Placement
from placements.rules import is_reported_late
from placements.services import placements as service
from placements.services import reporting
from placements.workflow import PLACEMENT


def find_person(request, resident_id):
    people = Resident.objects.visible_to(request.posting).select_related("community")
    return {"resident": get_object_or_404(people, pk=resident_id)}


def find_placement(request, placement_id):
    seen = Placement.objects.visible_to(request.posting).with_next_on()
    seen = seen.select_related(
        "resident",
        "community",
        "spell",
        "employer",
        "business",
        "vacancy",
        "event",
        "post__plan",
        "post__area",
        "staff",
    )
    return {"placement": get_object_or_404(seen, pk=placement_id)}


@endpoint(["GET"], "placements.view_placements")
def placements(request):
    """Placements of the posting's residents."""
    form = PlacementFilter(request.GET, posting=request.posting)
    found = form.apply(Placement.objects.visible_to(request.posting)).with_next_on()
    found = found.select_related("resident", "community", "spell")
    context = {
        "form": form,
        "page": paginate(found, by=("-pk",), cursor=request.GET.get("cursor", "")),
        "of_one_station": request.posting.works_at_a_community,
    }
    return render(request, "placements/placements.html", context)


@endpoint(["GET", "POST"], "placements.place_people", lookup=find_person)
def report_placement(request, resident):
    """A person is to work: told at the desk, or as what came of an offer."""
    offer = _offer(request, resident)
    made = []
    form = ReportForm(request.POST or None, resident=resident, initial=_known(resident, offer))

    def page():
        context = {"form": form, "resident": resident, "profile": profiles_on([resident], timezone.localdate())[0]}
        return render(request, "placements/report.html", context)

    if request.method != "POST":
        return page()
    return submit(
        request,
        form,
        work=lambda told: made.append(
            reporting.report(resident_id=resident.pk, told=told, by=request.posting, request=request)
        ),
        page=page,
        back=lambda: reverse("placements:placement", args=[made[0].pk]),
    )


def _offer(request, resident):
    """The offer the address names, when it is one to this person."""
    key = request.GET.get("offer", "")
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    offers = Offer.objects.visible_to(request.posting).filter(referral__resident=resident)
    return offers.select_related("referral", "vacancy__employer", "post").filter(pk=key).first()


def _known(resident, offer):
    today = timezone.localdate()
    reserved = resident.posts.filter(state="reserved").first()
    if offer is not None and offer.vacancy:
        vacancy = offer.vacancy
        return {
            "channel": Channel.EMPLOYER,
            "agreed_from": today,
            "vacancy": vacancy.pk,
            "employer_name": vacancy.employer.name,
            "credit_code": vacancy.employer.credit_code,
            "job": vacancy.title,
            "monthly_income": vacancy.wage_from,
        }
    channel = Channel.WELFARE_POST if reserved else ""
    return {"channel": channel, "agreed_from": today, "post": reserved and reserved.pk}


@endpoint(["GET"], "placements.view_placements", lookup=find_placement)
def placement(request, placement):
    return _page(request, placement)


@endpoint(["POST"], "placements.view_placements", lookup=find_placement)
def placement_step(request, placement):
    """Drop what did not come about, settle what was in doubt."""
    takers = {"drop": _drop, "settle": _settle}

    def take(action, version, reason, words):
        if action not in takers:
            raise StepRefused("action", _("This step has a form of its own."))
        takers[action](placement, version, reason, words, request)

    return answer_step(
        request,
        PLACEMENT,
        take=take,
        page=lambda refused: _page(request, placement, refused=refused),
        back=reverse("placements:placement", args=[placement.pk]),
    )


def _drop(placement, version, reason, words, request):
    service.drop(
        placement_id=placement.pk, version=version, reason=reason, words=words, by=request.posting, request=request
    )


def _settle(placement, version, _reason, words, request):
    service.settle(placement_id=placement.pk, version=version, words=words, by=request.posting, request=request)


@endpoint(["POST"], "households.confirm_employment", lookup=find_placement)
def confirm_placement(request, placement):
    """The person works: the ledger says so from here on."""
    form = ConfirmForm(request.POST, auto_id="confirm_%s")
    return _answer(
        request,
        placement,
        "confirm",
        form,
        lambda told: service.confirm(placement_id=placement.pk, by=request.posting, request=request, **told),
    )


@endpoint(["POST"], "placements.place_people", lookup=find_placement)
def end_placement(request, placement):
    form = EndForm(request.POST, auto_id="end_%s")
    return _answer(
        request,
        placement,
        "end",
        form,
        lambda told: service.end(placement_id=placement.pk, by=request.posting, request=request, **told),
    )


@endpoint(["POST"], "placements.place_people", lookup=find_placement)
def report_leaving(request, placement):
    """The day on which the employer told that the person had left a post."""
    form = LeavingForm(request.POST, auto_id="leaving_%s")
    return _answer(
        request,
        placement,
        "leaving",
        form,
        lambda told: service.report_leaving(placement_id=placement.pk, by=request.posting, request=request, **told),
    )


def _answer(request, placement, name, form, work):
    return submit(
        request,
        form,
        work=work,
        page=lambda: _page(request, placement, sent={name: form}),
        back=reverse("placements:placement", args=[placement.pk]),
    )


def _page(request, placement, *, refused=None, sent=None):
    """`sent`: {name of a form: the form as it was sent}."""
    today = timezone.localdate()
    context = {
        "placement": placement,
        "last_day": _last_day(placement),
        "steps": PLACEMENT.steps_for(placement, request.posting),
        "steps_url": reverse("placements:placement_step", args=[placement.pk]),
        "refused": refused,
        "moves": history(placement, PLACEMENT),
        "forms": _forms(request, placement, today) | (sent or {}),
        "today": today,
        "leaving_is_late": _leaving_is_late(placement, today),
        "case": placement.resident.cases.open().first(),
    }
    return render(request, "placements/placement.html", context)


def _last_day(placement):
    """By the ledger, where a later state is known."""
    return placement.next_on - timedelta(days=1) if placement.next_on else None


def _forms(request, placement, today):
    found, posting = {}, request.posting
    if placement.state == PlacementState.REPORTED and posting.may("households.confirm_employment"):
        found["confirm"] = ConfirmForm(auto_id="confirm_%s", initial={"version": placement.version})
    if placement.state in PlacementState.AT_WORK and posting.may("placements.place_people"):
        initial = {"version": placement.version, "last_day": _last_day(placement) or today}
        found["end"] = EndForm(auto_id="end_%s", initial=initial)
    leaves_a_post = placement.state == PlacementState.ENDED and placement.post_id
    if leaves_a_post and placement.left_reported_on is None and posting.may("placements.place_people"):
        found["leaving"] = LeavingForm(auto_id="leaving_%s", initial={"reported_on": today})
    return found


def _leaving_is_late(placement, today):
    last_day = _last_day(placement)
    if placement.post_id is None or placement.state != PlacementState.ENDED or last_day is None:
        return False
    days = service.days_to_report_leaving(placement, last_day)
    return is_reported_late(last_day, placement.left_reported_on, days, today)
