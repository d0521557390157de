from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from city import drafts
from city.idempotency import was_sent
from config.endpoint import endpoint


def _named(request, form, key):
    """Any form of any name: a draft lies in a drawer of the posting's own."""
    if max(len(form), len(key)) > drafts.LONGEST_NAME:
        raise Http404
    return {"form": form, "key": key}


@endpoint(["POST"], lookup=_named)
def save_draft(request, form, key):
    """Keeps a form while it is typed, for the posting that types it. A form that was sent meanwhile is not kept."""
    if was_sent(request):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    kept = drafts.save(request.posting, form, key, request.POST)
    return render(request, "city/_draft_saved.html", {"at": timezone.now() if kept else None})


@endpoint(["POST"], lookup=_named)
def drop_draft(request, form, key):
    """The form starts afresh; what had been typed is gone."""
    drafts.drop(request.posting, form, key)
    messages.success(request, _("The draft was dropped."))
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(iri_to_uri(back)) if safe and back.startswith("/") else redirect("city:home")
