"""Registering: first who it is, then a household with its members, or one more member of a household."""

from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city import drafts
from city.idempotency import once, remember
from config.endpoint import endpoint
from households.forms.register import (
    MOST_MEMBERS,
    FindForm,
    HouseholdForm,
    MemberForm,
    TransferForm,
    members_formset,
)
from households.models import Household
from households.profiles import profiles_on
from households.services import register, transfers
from households.services.register import RegisterRefused
from households.views.filling import Page, fill, posted
from households.views.households import find_household, home_of

DRAFT = "register-household"
MEMBER_DRAFT = "add-member"
CARDS = 3
PREFIX = "members"


def _status(request):
    return HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK


def number_free(community):
    """What follows the highest number there is: a proposal, the office may number otherwise."""
    numbers = Household.objects.filter(community=community).values_list("number", flat=True)
    return str(max((int(number) for number in numbers if number.isdecimal()), default=0) + 1)


@endpoint(["GET", "POST"], "households.edit_register")
def find_person(request):
    """Search before create: is this person in the register already?"""
    return _find(request, None)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_household)
def find_member(request, household):
    """The same for one more member of a household."""
    return _find(request, household)


def _find(request, household):
    form = FindForm(posted(request))
    known, alike = None, []
    if form.is_valid():
        told = form.cleaned_data
        if told["id_number"]:
            known = register.known_by_number(told["id_number"], request.posting)
        elif "nobody" not in request.POST:
            alike = register.known_by_name(told["name"], told["birth_date"], request.posting)
        if not known and not alike:
            return _open(request, household, told)
    context = {
        "form": form,
        "household": household,
        "known": known,
        "profiles": profiles_on([known.resident] if known and known.here else alike, timezone.localdate()),
        "transfer": _transfer_form(form.cleaned_data, household) if known and not known.here else None,
        **_begun(request, household),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "households/find_person.html", context, status=status)


def _begun(request, household):
    """The registration typed before and not sent, to be gone on with."""
    if household is None:
        return {"draft": drafts.load(request.posting, DRAFT), "draft_url": reverse("households:register_household")}
    draft = drafts.load(request.posting, MEMBER_DRAFT, household.pk)
    return {"draft": draft, "draft_url": reverse("households:add_member", args=[household.pk])}


def _transfer_form(told, household):
    number = household.number if household else ""
    return TransferForm(initial={**told, "number": number, "moves_on": timezone.localdate()})


def _open(request, household, told):
    """Nobody of this number or name is known: the form of registration, with what was told."""
    if household is None:
        number = number_free(request.posting.area)
        form = HouseholdForm(
            community=request.posting.area, initial={"number": number, "grid": request.posting.grid_id}
        )
        cards = members_formset(CARDS - 1)(prefix=PREFIX, initial=[{**told, "relation": "head"}])
        return _household_page(request, form, cards, drafts.fresh(DRAFT))
    draft = drafts.fresh(MEMBER_DRAFT, household.pk)
    return _member_page(request, household, MemberForm(initial=told), draft)


@endpoint(["GET", "POST"], "households.edit_register")
def register_household(request):
    """A household with up to ten members in one form; all that is wrong comes back at once, at its place."""
    if request.method != "POST":
        return _unsent(request)
    answered = once(request)
    if answered:
        return redirect(answered)
    form = HouseholdForm(request.POST, community=request.posting.area)
    cards = members_formset()(request.POST, prefix=PREFIX)
    draft = drafts.load(request.posting, DRAFT)
    if "more" in request.POST:
        return _household_page(request, form, _one_more(request), draft)
    if all([form.is_valid(), cards.is_valid()]):
        household = _register(request, form, cards)
        if household:
            messages.success(request, _("The household is registered."))
            return redirect("households:household", household.pk)
    return _household_page(request, form, cards, draft, status=_status(request))


def _unsent(request):
    """The form as far as it was typed; without a draft the search comes first."""
    draft = drafts.load(request.posting, DRAFT)
    if not draft:
        return redirect("households:find_person")
    form = drafts.fill(HouseholdForm(community=request.posting.area), draft)
    cards = members_formset(max(draft.forms(PREFIX), CARDS) - 1)(prefix=PREFIX)
    for card in cards:
        drafts.fill(card, draft)
    return _household_page(request, form, cards, draft)


def _one_more(request):
    """The same cards and an empty one; nothing is judged yet."""
    data = request.POST.copy()
    number = data.get(f"{PREFIX}-TOTAL_FORMS", "")
    number = int(number) if number.isdecimal() and len(number) < 3 else CARDS
    cards = members_formset(min(number + 1, MOST_MEMBERS) - 1)(prefix=PREFIX)
    for card in cards:
        drafts.fill(card, drafts.Typed(DRAFT, drafts.NEW, timezone.now(), data))
    return cards


def _register(request, form, cards):
    told = cards.told()
    try:
        with transaction.atomic():
            household = register.register_household(
                community=request.posting.area,
                members=[card.member() for card in told],
                by=request.posting,
                request=request,
                **form.cleaned_data,
            )
            remember(request, reverse("households:household", args=[household.pk]))
            drafts.drop(request.posting, DRAFT)
    except RegisterRefused as refused:
        for place, field, message in refused.errors:
            (form if place is None else told[place]).add_error(field, message)
        return None
    return household


def _household_page(request, form, cards, draft, status=HTTPStatus.OK):
    context = {"form": form, "cards": cards, "draft": draft, "may_add": len(cards.forms) < MOST_MEMBERS}
    return render(request, "households/register_household.html", context, status=status)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_household)
def add_member(request, household):
    draft = drafts.load(request.posting, MEMBER_DRAFT, household.pk)
    if request.method != "POST":
        if not draft:
            return redirect("households:find_member", household.pk)
        return _member_page(request, household, MemberForm(), draft)
    return _member_page(request, household, MemberForm(request.POST), draft, save=True)


def _member_page(request, household, form, draft, save=False):
    page = Page(
        title=_("Add a member"),
        lead=home_of(household)[1],
        back=home_of(household),
        send=_("Register"),
        draft=draft,
        template="households/add_member.html",
        context={"household": household},
    )

    def write(form):
        try:
            register.add_member(household_id=household.pk, member=form.member(), by=request.posting, request=request)
        except RegisterRefused as refused:
            raise _first_of(form, refused) from refused

    if not save:
        drafts.fill(form, page.draft)
        context = {"form": form, "page": page, "draft": page.draft, "household": household}
        return render(request, page.template, context)
    return fill(request, form, page, write)


def _first_of(form, refused):
    """All errors but the last go to their fields here, the last travels on to undo what was written."""
    *others, (_place, field, message) = refused.errors
    for _place_of_it, name, words in others:
        form.add_error(name, words)
    return register.LedgerRefused(field, message)


@endpoint(["GET", "POST"], "households.edit_register")
def ask_transfer(request):
    """A person known elsewhere is asked for; both streets answer on the page of transfers."""
    form = TransferForm(posted(request))
    page = Page(
        title=_("Ask for a transfer"),
        lead=_("The person moves once the streets of both sides, or a superior of both, have agreed."),
        back=(reverse("households:find_person"), _("Register")),
        send=_("Ask for the transfer"),
    )

    def save(form):
        told = form.cleaned_data
        transfers.ask(community=request.posting.area, by=request.posting, request=request, **told)
        return reverse("households:residents")

    return fill(request, form, page, save)
