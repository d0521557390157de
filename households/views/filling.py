"""One form on one page: shown, taken, sent twice works once, refused at its fields with what was typed."""

from dataclasses import dataclass, field
from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from city import drafts
from city.idempotency import once, remember
from city.moves import StepRefused
from households.ledger import LedgerRefused


def posted(request):
    """What a form is bound to: a form sent empty is sent all the same."""
    return request.POST if request.method == "POST" else None


@dataclass
class Page:
    """What stands around the form. `back` is (address, words) of the page it belongs to; `send` is on the button."""

    title: str
    back: tuple
    send: str
    lead: str = ""
    danger: bool = False
    draft: object = None
    template: str = "households/form.html"
    context: dict = field(default_factory=dict)


def fill(request, form, page, save):
    """`save(form)` calls the service, in the transaction that remembers the send; it may return another address."""
    if request.method == "POST":
        answered = once(request)
        if answered:
            return redirect(answered)
        if form.is_valid():
            sent = _sent(request, form, page, save)
            if sent:
                messages.success(request, _("Done."))
                return redirect(sent)
    elif page.draft:
        drafts.fill(form, page.draft)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    context = {
        "form": form,
        "page": page,
        "draft": page.draft,
        "spell": None,
        "stay": None,
        "warning": "",
        **page.context,
    }
    return render(request, page.template, context, status=status)


def _sent(request, form, page, save):
    try:
        with transaction.atomic():
            address = save(form) or page.back[0]
            remember(request, address)
            if page.draft is not None:
                drafts.drop(request.posting, page.draft.form, page.draft.key)
    except (LedgerRefused, StepRefused) as refused:
        form.refuse(refused)
        return None
    return address
