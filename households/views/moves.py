"""Who lives where: every move has its day and writes a change point."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from config.endpoint import endpoint
from households.choices import Relation
from households.forms.fields import DeskForm
from households.forms.register import LeaveForm, MergeForm, MoveForm, SplitForm
from households.models import Membership, Resident
from households.profiles import members_of, profiles_on
from households.services import register
from households.views.filling import Page, fill, posted
from households.views.households import find_household, home_of
from households.views.labour import file_of
from households.views.register import number_free
from households.views.residents import find_resident


def find_membership(request, membership_id):
    visible = Resident.objects.visible_to(request.posting)
    points = Membership.objects.filter(resident__in=visible).select_related("resident", "household__community")
    return {"membership": get_object_or_404(points, pk=membership_id)}


def _others(profile):
    """Those who would stay without a head if this person went."""
    if profile.membership is None or profile.membership.relation != Relation.HEAD:
        return []
    members, _past = members_of(profile.household, timezone.localdate())
    return [one.resident for one in members if one.resident.pk != profile.resident.pk]


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_resident)
def move_member(request, resident):
    """To another household of the community, or back into one after having left."""
    (profile,) = profiles_on([resident], timezone.localdate())
    returns = profile.household is None
    form = MoveForm(
        posted(request),
        community=request.posting.area,
        others=_others(profile),
        initial={"household": request.GET.get("to", "")[:30]},
    )
    page = Page(
        title=_("Come back") if returns else _("Move to another household"),
        lead=_("The day may lie in the past or ahead; what was before stays as it was."),
        back=file_of(resident),
        send=_("Come back") if returns else _("Move"),
    )

    def save(form):
        told = form.cleaned_data
        register.move_member(
            resident_id=resident.pk,
            household_id=told["household"].pk,
            relation=told["relation"],
            on=told["on"],
            new_head_id=form.new_head_id,
            by=request.posting,
            request=request,
        )

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_resident)
def leave(request, resident):
    (profile,) = profiles_on([resident], timezone.localdate())
    form = LeaveForm(posted(request), others=_others(profile))
    page = Page(
        title=_("Leaves the community"),
        lead=_("Not a resident from this day on; everything before stays in the file."),
        back=file_of(resident),
        send=_("Record the leaving"),
        danger=True,
    )

    def save(form):
        register.leave(
            resident_id=resident.pk,
            on=form.cleaned_data["on"],
            reason=form.cleaned_data["reason"],
            new_head_id=form.new_head_id,
            by=request.posting,
            request=request,
        )

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_membership)
def cancel_move(request, membership):
    page = Page(
        title=_("Did not come true"),
        lead=_("The person goes on living where they live; the trail keeps what was recorded."),
        back=file_of(membership.resident),
        send=_("It did not come true"),
        danger=True,
        context={"stay": membership},
    )

    def save(_form):
        register.cancel_move(membership_id=membership.pk, by=request.posting, request=request)

    return fill(request, DeskForm(posted(request)), page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_membership)
def take_back_move(request, membership):
    page = Page(
        title=_("Entered by mistake"),
        lead=_(
            "The person lives where they lived before, as if this had never been entered; the trail keeps it. "
            "A case or a placement that ended when they left is not opened again."
        ),
        back=file_of(membership.resident),
        send=_("Take it back"),
        danger=True,
        context={"stay": membership},
    )

    def save(_form):
        register.take_back_move(membership_id=membership.pk, by=request.posting, request=request)

    return fill(request, DeskForm(posted(request)), page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_household)
def split_household(request, household):
    """Some members found a household of their own."""
    members, _past = members_of(household, timezone.localdate())
    initial = {"number": number_free(household.community)}
    form = SplitForm(posted(request), members=members, initial=initial)
    page = Page(
        title=_("Split the household"),
        lead=_("Choose who goes, and what each is to the head of the new household."),
        back=home_of(household),
        send=_("Split"),
    )

    def save(form):
        told = form.cleaned_data
        new = register.split_household(
            household_id=household.pk,
            members=form.relations,
            number=told["number"],
            address=told["address"],
            on=told["on"],
            new_head_id=form.new_head_id,
            by=request.posting,
            request=request,
        )
        return home_of(new)[0]

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_household)
def merge_households(request, household):
    """All members join another household of the community."""
    members, _past = members_of(household, timezone.localdate())
    form = MergeForm(posted(request), community=household.community, members=members)
    page = Page(
        title=_("Join another household"),
        lead=_("All who live here join the other household; this one stays, empty, with its history."),
        back=home_of(household),
        send=_("Join"),
    )

    def save(form):
        into = form.cleaned_data["into"]
        register.merge_households(
            household_id=household.pk,
            into_id=into.pk,
            relations=form.relations,
            on=form.cleaned_data["on"],
            by=request.posting,
            request=request,
        )
        return home_of(into)[0]

    return fill(request, form, page, save)
