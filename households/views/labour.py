"""The labour timeline of one person, edited by what happened."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from config.endpoint import endpoint
from households.forms import labour as forms
from households.forms.fields import DeskForm
from households.models import LabourSpell, Resident
from households.services import labour
from households.views.events import EVENTS
from households.views.filling import Page, fill, posted
from households.views.residents import find_resident


def find_event(request, resident_id, event):
    found = find_resident(request, resident_id)
    if event not in EVENTS:
        raise Http404
    return found | {"event": EVENTS[event]}


def find_spell(request, spell_id):
    visible = Resident.objects.visible_to(request.posting)
    spells = LabourSpell.objects.filter(resident__in=visible).select_related("resident", "employer")
    return {"spell": get_object_or_404(spells, pk=spell_id)}


def file_of(resident):
    """The page everything about a person goes back to."""
    return reverse("households:resident", args=[resident.pk]), resident.name


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_event)
def labour_event(request, resident, event):
    form = event.form(posted(request))
    page = Page(title=event.label, lead=event.lead, back=file_of(resident), send=event.label)

    def save(form):
        event.take(resident_id=resident.pk, by=request.posting, request=request, **form.terms())

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_spell)
def correct_spell(request, spell):
    """Details put right; the state itself is changed by an event, or taken back."""
    form = forms.SpellForm(posted(request), spell=spell, initial=forms.SpellForm.initial_of(spell))
    page = Page(
        title=_("Correct the details"),
        lead=_("Only what was written down wrongly. What has changed since is a new event."),
        back=file_of(spell.resident),
        send=_("Save"),
        context={"spell": spell},
    )

    def save(form):
        labour.correct(spell_id=spell.pk, values=form.cleaned_data, by=request.posting, request=request)

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_spell)
def cancel_spell(request, spell):
    page = Page(
        title=_("Did not come true"),
        lead=_("The state before goes on as if this had never been recorded; the trail keeps it."),
        back=file_of(spell.resident),
        send=_("It did not come true"),
        danger=True,
        context={"spell": spell},
    )

    def save(_form):
        labour.cancel(spell_id=spell.pk, by=request.posting, request=request)

    return fill(request, DeskForm(posted(request)), page, save)


@endpoint(["GET", "POST"], "households.edit_register", lookup=find_spell)
def take_back_spell(request, spell):
    page = Page(
        title=_("Entered by mistake"),
        lead=_("The state before goes on as if this had never been entered; the trail keeps it."),
        back=file_of(spell.resident),
        send=_("Take it back"),
        danger=True,
        context={"spell": spell},
    )

    def save(_form):
        labour.take_back(spell_id=spell.pk, by=request.posting, request=request)

    return fill(request, DeskForm(posted(request)), page, save)
