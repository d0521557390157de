"""Hardship applications: proposed by the station, decided by the street, put right when sent back."""

from io import BytesIO

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from city import drafts, files
from city.moves import history
from city.steps import answer_step
from city.trail import record_event
from config.conflict import Conflict
from config.endpoint import endpoint
from config.paging import paginate
from households.choices import HardshipApplicationState
from households.forms.hardship import ApplicationFilter, CorrectHardshipForm, HardshipForm
from households.hardship import evidence, terms_of
from households.models import HardshipApplication
from households.services import hardship
from households.views.filling import Page, fill, posted
from households.views.labour import file_of
from households.views.residents import find_resident
from households.workflow import HARDSHIP

DRAFT = "hardship"


def find_application(request, application_id):
    visible = HardshipApplication.objects.visible_to(request.posting)
    related = visible.select_related("resident__community", "proof_file", "proposed_by", "certification")
    return {"application": get_object_or_404(related, pk=application_id)}


@endpoint(["GET"], "households.view_residents")
def hardship_applications(request):
    """All applications of the area, those to be decided first when asked for, each with its state."""
    form = ApplicationFilter(request.GET)
    rows = HardshipApplication.objects.visible_to(request.posting).select_related("resident__community")
    page = paginate(form.apply(rows), by=("-proposed_on", "-pk"), cursor=request.GET.get("cursor", ""))
    return render(request, "households/hardship_applications.html", {"form": form, "page": page})


@endpoint(["GET", "POST"], "households.propose_hardship", lookup=find_resident)
def propose_hardship(request, resident):
    terms = terms_of(resident.community, timezone.localdate())
    form = HardshipForm(posted(request), request.FILES or None, terms=terms)
    page = Page(
        title=_("Propose for hardship certification"),
        lead=_("The street decides; the proof goes along."),
        back=file_of(resident),
        send=_("Propose"),
        draft=drafts.load(request.posting, DRAFT, resident.pk),
    )

    def save(form):
        made = hardship.propose(resident_id=resident.pk, proposal=form.proposal(), by=request.posting, request=request)
        return reverse("households:hardship_application", args=[made.pk])

    return fill(request, form, page, save)


@endpoint(["GET", "POST"], "households.view_residents", lookup=find_application)
def hardship_application(request, application):
    """The evidence beside the decision, and how the application came here."""
    if request.method != "POST":
        return _application_page(request, application)

    def take(action, version, reason, words):
        hardship.decide(
            application_id=application.pk,
            action=action,
            by=request.posting,
            version=version,
            reason=reason,
            words=words,
            request=request,
        )

    return answer_step(
        request,
        HARDSHIP,
        take=take,
        page=lambda refused: _application_page(request, application, refused),
        back=reverse("households:hardship_application", args=[application.pk]),
    )


def _application_page(request, application, refused=None):
    today, resident = timezone.localdate(), application.resident
    correctable = HARDSHIP.step_from(application.state, "correct")
    facts = evidence(resident, application.category, terms_of(resident.community, today), today)
    context = {
        "application": application,
        "facts": facts,
        "moves": history(application, HARDSHIP),
        "steps": HARDSHIP.steps_for(application, request.posting),
        "steps_url": reverse("households:hardship_application", args=[application.pk]),
        "refused": refused,
        "may_correct": bool(correctable and correctable.is_open_to(request.posting)),
    }
    return render(request, "households/hardship_application.html", context)


@endpoint(["GET", "POST"], "households.propose_hardship", lookup=find_application)
def correct_hardship(request, application):
    """What the street sent back, put right and sent again."""
    terms = terms_of(application.resident.community, timezone.localdate())
    names = ("proof", "proof_words", "valid_until", "version")
    form = CorrectHardshipForm(
        posted(request),
        request.FILES or None,
        terms=terms,
        category=application.category,
        initial={name: getattr(application, name) for name in names},
    )
    if request.method != "POST" and application.state != HardshipApplicationState.RETURNED:
        raise Conflict(_("This application is not with the station now."))
    returned = history(application, HARDSHIP)[-1:]
    page = Page(
        title=_("Put right and send again"),
        lead=f"{application.resident.name} · {application.get_category_display()}",
        back=(reverse("households:hardship_application", args=[application.pk]), _("Application")),
        send=_("Send again"),
        context={"warning": _words_of(returned)},
    )

    def save(form):
        version = form.cleaned_data.pop("version")
        hardship.correct(
            application_id=application.pk,
            proposal=form.proposal(),
            by=request.posting,
            version=version,
            request=request,
        )

    return fill(request, form, page, save)


def _words_of(returned):
    """Why the street sent it back, to be seen while one mends it."""
    return "：".join(part for one in returned for part in (str(one.reason_label), one.words) if part)


@endpoint(["GET"], "households.view_residents", lookup=find_application)
def hardship_proof(request, application):
    """The scanned proof, always as an attachment; who opened it stands in the trail."""
    stored = application.proof_file
    if stored is None:
        raise Http404
    try:
        content = files.read(stored)
    except files.FileGone:
        raise Http404 from None
    if request.method == "GET":
        record_event(
            "download", request=request, key=stored.pk, details={"sha256": stored.sha256, "size": stored.size}
        )
    return FileResponse(BytesIO(content), as_attachment=True, filename=stored.name, content_type=stored.content_type)
