from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.views.defaults import bad_request


def too_large():
    response = HttpResponse(render_to_string("413.html"), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    add_never_cache_headers(response)
    return response


def refuse_oversized(get_response):
    """Answers before a byte of the body is read, so that a gigabyte sent to any page costs nothing."""

    def middleware(request):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.REQUEST_MAX_BYTES:
            return too_large()
        return get_response(request)

    return middleware


def refuse_nul(get_response):
    """No address of ours holds a NUL, and PostgreSQL stores none: neither a look-up nor a line of the trail."""

    def middleware(request):
        if "\0" in request.path:
            raise Http404
        return get_response(request)

    return middleware


def unreadable_request(request, exception):
    """Django counts a form that is too large among the bad requests; the sender should hear which it was."""
    return too_large() if isinstance(exception, RequestDataTooBig) else bad_request(request, exception)
