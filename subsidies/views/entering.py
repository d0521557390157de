"""A claim is drawn up: what it is for, who is on it by the ledger, and what is still told of the draft."""

from io import BytesIO

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from assistance.views.submitting import submit
from city import files
from city.moves import StepRefused
from city.trail import acting, record_event
from config.endpoint import endpoint
from placements.services.employers import known_or_new
from subsidies import computing
from subsidies.forms.claims import AccountForm, DraftForm, EntryForm, FeesForm, PaperForm, TakeOffForm
from subsidies.models import Claim, ClaimDocument
from subsidies.preview import preview
from subsidies.services import claims as service
from subsidies.views.claims import claim_page, find_claim


@endpoint(["GET", "POST"], "subsidies.enter_claims")
def enter_claim(request):
    """Scheme, claimant and months first; then everybody the ledger knows for it, and why others are not entitled."""
    sent = request.POST if request.method == "POST" else request.GET
    form = EntryForm(sent or None, posting=request.posting)
    made = []

    def page():
        return render(request, "subsidies/enter_claim.html", {"form": form, "preview": _preview(request, form)})

    if request.method != "POST":
        return page()
    return submit(
        request,
        form,
        work=lambda _told: made.append(_enter(request, form)),
        page=page,
        back=lambda: reverse("subsidies:claim", args=[made[0].pk]),
    )


def _preview(request, form):
    """None as long as it is not told, or cannot be claimed."""
    if not (form.is_bound and form.is_valid()):
        return None
    try:
        service.check_enterable(**form.asked, by=request.posting)
    except StepRefused as refused:
        form.refuse(refused)
        return None
    return preview(computing.candidates(**form.asked))


def _enter(request, form):
    asked = form.asked
    with acting(posting=request.posting, reason="enter_claim", request=request):
        if asked["employer"]:
            known = asked["employer"]
            asked["employer"] = known_or_new(credit_code=known.credit_code, name=known.name)
        return service.enter(**asked, by=request.posting, request=request).claim


def _answer(request, claim, name, form, work):
    """One of the draft's entries; refused, its page again with what was sent."""
    return submit(
        request,
        form,
        work=work,
        page=lambda: claim_page(request, claim, sent={name: form}),
        back=reverse("subsidies:claim", args=[claim.pk]),
    )


@endpoint(["POST"], "subsidies.enter_claims", lookup=find_claim)
def refresh_claim(request, claim):
    """Compute all lines anew, by what is known today."""
    form = DraftForm(request.POST, claim=claim)
    return _answer(request, claim, "refresh", form, lambda told: service.refresh(**_given(request, claim, told)))


@endpoint(["POST"], "subsidies.enter_claims", lookup=find_claim)
def take_off(request, claim):
    form = TakeOffForm(request.POST, claim=claim, auto_id="off_%s")

    def work(told):
        if form.line:
            service.drop_line(line_id=form.line.pk, version=told["version"], by=request.posting, request=request)
        else:
            service.drop_person(resident_id=told["resident"].pk, **_given(request, claim, told))

    return _answer(request, claim, "off", form, work)


@endpoint(["POST"], "subsidies.enter_claims", lookup=find_claim)
def add_fees(request, claim):
    form = FeesForm(request.POST, claim=claim, auto_id="fees_%s")
    return _answer(
        request, claim, "fees", form, lambda told: service.add_fees(fees=form.fees, **_given(request, claim, told))
    )


@endpoint(["POST"], "subsidies.enter_claims", lookup=find_claim)
def set_account(request, claim):
    form = AccountForm(request.POST, claim=claim, auto_id="account_%s")

    def work(told):
        account = {name: told[name] for name in ("holder", "bank", "account")}
        resident = told.get("resident")
        service.set_account(resident_id=resident and resident.pk, **account, **_given(request, claim, told))

    return _answer(request, claim, "account", form, work)


@endpoint(["POST"], "subsidies.enter_claims", lookup=find_claim)
def attach(request, claim):
    form = PaperForm(request.POST, request.FILES, claim=claim, auto_id="paper_%s")

    def work(told):
        service.attach(
            claim_id=claim.pk,
            kind=told["kind"],
            upload=told["file"],
            resident_id=told["resident"] and told["resident"].pk,
            by=request.posting,
            request=request,
        )

    return _answer(request, claim, "paper", form, work)


def _given(request, claim, told):
    """What every service on a draft is called with."""
    return {"claim_id": claim.pk, "version": told["version"], "by": request.posting, "request": request}


def find_document(request, document_id):
    claims = Claim.objects.visible_to(request.posting)
    documents = ClaimDocument.objects.filter(claim__in=claims).select_related("file")
    return {"document": get_object_or_404(documents, pk=document_id)}


@endpoint(["GET"], "subsidies.view_claims", lookup=find_document)
def document(request, document):
    """A paper of a claim, always as an attachment; who opened it stands in the trail."""
    stored = document.file
    try:
        content = files.read(stored)
    except files.FileGone:
        raise Http404 from None
    if request.method == "GET":
        record_event(
            "download", request=request, key=stored.pk, details={"sha256": stored.sha256, "size": stored.size}
        )
    return FileResponse(BytesIO(content), as_attachment=True, filename=stored.name, content_type=stored.content_type)
